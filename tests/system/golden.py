#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tshark as cases.txt says and compares what it prints with tests/expected.

golden [NAME...]                    compares; no name means every case
golden --update NAME...             writes tests/expected/AREA/NAME.txt: review it, it is a claim about reality
golden --update --by-series NAME... writes NAME-4.4.txt, for what Wireshark words differently by series
golden --orphans                    fails on an expected file that no case asks for

AREA is the heading in cases.txt that the case is under. A golden of the running series wins over the one for all. A
missing golden fails. The build leaves this script as BUILD/golden, with its tshark, plugin folder and series filled in.
"""
import difflib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import cases, runner


def print_of(case, options):
    return runner.run(case.capture, case.arguments, options, case.keep)


def compare(case, options):
    path, output = case.golden(options.series), print_of(case, options)
    if not path.exists():
        path = case.golden()
    if not path.exists():
        print(f"{case.name}: no golden {path}. If this is what it should be, --update writes it:\n{output}")
        return False
    expected = path.read_text()
    if output == expected:
        return True
    diff = difflib.unified_diff(expected.splitlines(True), output.splitlines(True), str(path), "this run")
    print(f"{case.name}: not as expected")
    sys.stdout.writelines(diff)
    return False


def update(case, options):
    path = case.golden(options.series if options.by_series else None)
    path.parent.mkdir(exist_ok=True)
    path.write_text(print_of(case, options))
    print(f"wrote {path}")
    return True


def main():
    options = runner.parse_arguments("--update", "--by-series", "--orphans")
    known = cases.read()
    if options.orphans:
        found = cases.orphans(known)
        for path in found:
            print(f"{path}: no case in cases.txt asks for it")
        return not found
    unknown = [name for name in options.names if name not in known]
    if unknown:
        sys.exit(f"no such case in cases.txt: {', '.join(unknown)}")
    if options.update and not options.names:
        sys.exit("--update wants the names of the cases to write")
    handle = update if options.update else compare
    return all([handle(known[name], options) for name in options.names or known])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
