#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is said inside must be read the same however packets cut it. Takes runner.py's options.

Of each dialogue of generators/inside.py, a capture has as many connections as there are bytes: in the first, packets are
as the programs write them; in each of the others, one side's first bytes are cut in two at one place more, and in the
last, every 4 bytes. What is shown of each must be what is shown of the first, with one pass and with two.
"""
import collections
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from generators import inside
from lib import runner


def shown(capture, fields, arguments, options):
    """By stream: the values of each field, in their order."""
    wanted = [argument for field in fields for argument in ("-e", field)]
    output = runner.tshark(capture, [*arguments, "-Y", "vsock.virtio.len > 0", "-T", "fields", "-e", "vsock.stream",
                                     *wanted], options)
    streams = collections.defaultdict(lambda: [[] for _ in fields])
    for line in output.splitlines():
        stream, *values = line.split("\t")
        for all_values, value in zip(streams[int(stream)], values):
            all_values += value.split(",") if value else []
    return streams


def compare(name, dialogue, options, folder):
    capture = pathlib.Path(folder) / f"{name}.pcapng"
    capture.write_bytes(inside.cuts(dialogue))
    capture.chmod(0o644)
    different = []
    for arguments in ([], ["-2"]):
        streams = shown(str(capture), dialogue.fields, arguments, options)
        if not any(streams[0]):
            different.append(f"{name}: nothing is shown")
        different += [f"{name} {' '.join(arguments)}, stream {number}: {found}, not {streams[0]}"
                      for number, found in streams.items() if found != streams[0]]
    print(f"{name}: {len(streams)} connections")
    return different


def main():
    options = runner.parse_arguments()
    with runner.open_folder() as folder:
        different = [line for name, dialogue in inside.DIALOGUES.items()
                     for line in compare(name, dialogue, options, folder)]
    print("\n".join(different[:20]))
    print(f"{len(inside.DIALOGUES)} dialogues: {len(different)} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
