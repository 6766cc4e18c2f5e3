# SPDX-License-Identifier: GPL-2.0-or-later
"""The golden cases: what cases.txt says, and where each one's golden is."""
import re
import shlex

from lib import runner

CASES = runner.TESTS / "cases.txt"
EXPECTED = runner.TESTS / "expected"


class Case:
    """A line of cases.txt: NAME CAPTURE ARGUMENTS [| REGEX], the regex choosing the lines to keep."""

    def __init__(self, line, area):
        command, _, self.keep = line.partition(" | ")
        self.name, capture, *self.arguments = shlex.split(command)
        self.capture = None if capture == "-" else capture
        self.area, self.keep = area, self.keep.strip()

    def golden(self, series=None):
        """The golden for all series, or that of one."""
        suffix = f"-{series}" if series else ""
        return EXPECTED / self.area / f"{self.name}{suffix}.txt"


def read():
    found, area = {}, None
    for line in CASES.read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            area = heading[1]
        elif line and not line.startswith("#"):
            case = Case(line, area)
            found[case.name] = case
    return found


def orphans(cases):
    """Files of EXPECTED that no case asks for: of no case's name, or in another area's folder."""
    known = re.compile("|".join(rf"{case.area}/{re.escape(case.name)}(-\d+\.\d+)?\.txt" for case in cases.values()))
    files = [path for path in sorted(EXPECTED.rglob("*")) if path.is_file()]
    return [path for path in files if not known.fullmatch(str(path.relative_to(EXPECTED)))]
