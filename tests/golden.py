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
import argparse
import contextlib
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
EXPECTED = TESTS / "expected"
NOBODY = 65534

UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000, "nanoseconds": 1_000_000_000}


def in_seconds(match):
    return f" {float(match[1]) / UNITS[match[2]]:.9f} seconds]"


# What tshark words differently by series.
NORMALISE = (
    (re.compile(r"^(Frame \d+): .*$", re.M), r"\1"),
    (re.compile(r" (\d+\.\d+) (\w+seconds|seconds)\]"), in_seconds),  # 4.6 picks a unit
    (re.compile(r"(?<=\t)True(?=[\t\n])"), "1"),  # 4.0 prints numbers
    (re.compile(r"(?<=\t)False(?=[\t\n])"), "0"),
)


class Case:
    """A line of cases.txt: NAME CAPTURE ARGUMENTS [| REGEX], the regex choosing the lines to keep."""

    def __init__(self, line, area=None):
        self.area = area
        command, _, keep = line.partition(" | ")
        self.name, self.capture, *self.arguments = shlex.split(command)
        self.keep = re.compile(keep.strip()) if keep else None


def read_cases():
    cases, area = {}, None
    for line in (TESTS / "cases.txt").read_text().splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            area = heading[1]
        elif line and not line.startswith("#"):
            case = Case(line, area)
            cases[case.name] = case
    return cases


def unprivileged(command):
    """Run as root, Wireshark silently loads no plugin from WIRESHARK_PLUGIN_DIR. VSOCK_UNDER: see memory.py."""
    return as_nobody([*shlex.split(os.environ.get("VSOCK_UNDER", "")), *command])


def as_nobody(command):
    if os.getuid() != 0:
        return command
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


@contextlib.contextmanager
def bench(options):
    """A folder that an unprivileged user can read, with the plugins in it; and the environment to run there."""
    with tempfile.TemporaryDirectory(prefix="vsock-golden-") as folder:
        os.chmod(folder, 0o755)
        plugins = pathlib.Path(folder, "plugins")
        shutil.copytree(options.plugins, plugins)
        for path in (plugins, *plugins.rglob("*")):
            path.chmod(0o755)
        yield folder, {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
                       "WIRESHARK_PLUGIN_DIR": str(plugins),
                       "WIRESHARK_LOG_LEVEL": "critical"}  # 4.6's dissector of SSH warns of what it cannot decrypt


def readable(capture, folder):
    """The path of a copy of a stored capture, in a folder that anybody may read."""
    path = shutil.copy(TESTS / "captures" / capture, folder)
    os.chmod(path, 0o644)
    return path


def run(case, options):
    """What tshark prints for the case."""
    with bench(options) as (folder, environment):
        arguments = list(case.arguments)
        if case.capture != "-":
            arguments = ["-r", readable(case.capture, folder), *arguments]
        result = subprocess.run(unprivileged([options.tshark, *arguments]), env=environment, cwd="/",
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
    output = result.stdout + result.stderr
    if result.returncode != 0:
        output += f"exit status {result.returncode}\n"
    output = output.replace(f"{environment['WIRESHARK_PLUGIN_DIR']}/{options.series}/epan", "PLUGINS")
    for pattern, replacement in NORMALISE:
        output = pattern.sub(replacement, output)
    if case.keep:
        output = "".join(line for line in output.splitlines(True) if case.keep.search(line))
    return output


def tshark(capture, arguments, options):
    """What tshark prints of a stored capture, as run() has it; ends the test where tshark fails."""
    case = Case(shlex.join(["tshark", capture]))
    case.arguments += arguments
    output = run(case, options)
    if "exit status" in output:
        sys.exit(f"{capture} {shlex.join(arguments)}: {output}")
    return output


def golden_path(case, series=None):
    """The golden for all series, or that of one."""
    suffix = f"-{series}" if series else ""
    return EXPECTED / case.area / f"{case.name}{suffix}.txt"


def compare(case, options):
    path, output = golden_path(case, options.series), run(case, options)
    if not path.exists():
        path = golden_path(case)
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
    path = golden_path(case, options.series if options.by_series else None)
    path.parent.mkdir(exist_ok=True)
    path.write_text(run(case, options))
    print(f"wrote {path}")
    return True


def orphans(cases):
    """Expected files that no case asks for: of no name, or of another area's."""
    known = re.compile("|".join(rf"{case.area}/{re.escape(case.name)}(-\d+\.\d+)?\.txt" for case in cases.values()))
    files = [path for path in sorted(EXPECTED.rglob("*")) if path.is_file()]
    found = [path for path in files if not known.fullmatch(str(path.relative_to(EXPECTED)))]
    for path in found:
        print(f"{path}: no case in cases.txt asks for it")
    return not found


def parse_arguments(has_long=False):
    """What CTest hands to every script; with `has_long`, also whether to take the time to look at more."""
    parser = argparse.ArgumentParser(description="Tests of what Wireshark's programs print")
    parser.add_argument("--tshark", default="tshark")
    parser.add_argument("--plugins", required=True, help="what WIRESHARK_PLUGIN_DIR would be")
    parser.add_argument("--series", required=True, help="Wireshark's major.minor")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--by-series", action="store_true")
    parser.add_argument("--orphans", action="store_true")
    if has_long:
        parser.add_argument("--long", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not shutil.which(options.tshark):
        sys.exit(f"{options.tshark}: not found; install tshark")
    return options


def main():
    options = parse_arguments()
    cases = read_cases()
    if options.orphans:
        return orphans(cases)
    unknown = [name for name in options.names if name not in cases]
    if unknown:
        sys.exit(f"no such case in cases.txt: {', '.join(unknown)}")
    if options.update and not options.names:
        sys.exit("--update wants the names of the cases to write")
    handle = update if options.update else compare
    return all([handle(cases[name], options) for name in options.names or cases])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
