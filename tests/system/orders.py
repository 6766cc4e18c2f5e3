#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is shown must not depend on the order in which packets, filters, tables and graphs are asked for.

Every stored capture is opened in sharkd, as a GUI would, and everything that there is to see is asked for, in order,
in reverse and shuffled; before each order, the capture is read anew. All answers to the same request must be equal:
every item of every packet's tree, with links, expert infos and what is known of the future, columns, bytes, tables.
--long: more shuffles. Takes runner.py's options; names are captures, below tests/captures.
"""
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import known, runner, sharkd

SHUFFLES = {False: 1, True: 12}  # not long, and long


def other_orders(requests, shuffles):
    """(name, requests in that order)."""
    yield "in reverse", requests[::-1]
    for seed in range(1, shuffles + 1):
        shuffled = requests[:]
        random.Random(seed).shuffle(shuffled)
        yield f"shuffled by seed {seed}", shuffled


def compare(capture, server, asked, shuffles):
    """Returns how many packets and items there are, and the differences."""
    packets = [sharkd.look_at(number) for number in range(1, server.load(capture) + 1)]
    first, different = dict(server.answers(packets + asked)), []
    for name, ordered in other_orders(packets + asked, shuffles):
        server.load(capture)
        for line, answer in server.answers(ordered):
            found = sharkd.differences(first[line], answer)
            if found:
                different.append(f"{capture}, {name}: {line}\n  in order only: {found[0]}\n  now only: {found[1]}")
    return len(packets), sum(first[line].count('"l":') for line in packets), different


def main():
    options = runner.parse_arguments("--long")
    captures = runner.chosen_captures(options.names)
    asked = sharkd.questions(known.fields(options))
    packets, items, different = 0, 0, []
    with runner.bench(options) as (folder, environment), sharkd.Sharkd(options, folder, environment) as server:
        for capture in captures:
            count, shown, found = compare(capture, server, asked, SHUFFLES[options.long])
            packets, items = packets + count, items + shown
            different += found
    print("\n".join(different))
    print(f"{len(captures)} captures, {packets} packets with {items} items, {len(asked)} lists and tables each, "
          f"in {2 + SHUFFLES[options.long]} orders: {len(different)} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
