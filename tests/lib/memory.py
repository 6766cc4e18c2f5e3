#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""memory.py TOOL COMMAND... - runs a command whose tests run tshark under TOOL, and fails on whatever that found.

valgrind   reads of what was never written, reads and writes where nothing is; leaks that the plugin is part of
sanitizer  AddressSanitizer and UBSan, in a plugin that CC (default: gcc) built with VSOCK_SANITIZE

runner.py puts what is in VSOCK_UNDER before every tshark and sharkd. Reports go to files, never into the output
that the tests compare: goldens have to be equal under both tools. Every process has a file, so that none is lost.
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

# One call of malloc() a block: in wmem's and GLib's pools, no tool sees where a block ends. And none of extcap's
# programs, which -G plugins asks for their versions: with a sanitizer before them, androiddump waits for ever.
ENVIRONMENT = ["env", "WIRESHARK_DEBUG_WMEM_OVERRIDE=simple", "G_SLICE=always-malloc",
               "WIRESHARK_EXTCAP_DIR=/nonexistent"]

# The exit status after a report: UBSan's goes to stderr, of which a test may look at little. Signals are above it.
ENDED = 99

VALGRIND = ["valgrind", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=50", "--keep-debuginfo=yes",
            '--suppressions="$folder/valgrind.supp"', "--xml=yes", '--xml-file="$report"']


def sanitizer():
    """Tshark itself has no sanitizer, so that their libraries must be there before the plugin is."""
    compiler = os.environ.get("CC", "gcc")
    names = [f"libclang_rt.asan-{os.uname().machine}.so"] if "clang" in compiler else ["libasan.so", "libubsan.so"]
    libraries = [subprocess.run([compiler, f"-print-file-name={name}"], stdout=subprocess.PIPE, text=True,
                                check=True).stdout.strip() for name in names]
    missing = [path for path in libraries if not pathlib.Path(path).exists()]
    if missing:
        sys.exit(f"{compiler} has no {' and no '.join(missing)}")
    # What tshark leaks at its end is not looked at: that is valgrind's part. strstr() is not, since Wireshark looks for
    # a check mark in a custom column that has no text yet, nor an end (proto_custom_set() of 4.0; a finding's column).
    return ["env", f"LD_PRELOAD='{' '.join(libraries)}'",
            f'ASAN_OPTIONS="log_path=$report:exitcode={ENDED}:detect_leaks=0:detect_stack_use_after_return=1:'
            'strict_string_checks=1:intercept_strstr=0"', f'UBSAN_OPTIONS="exitcode={ENDED}:print_stacktrace=1"']


def under(tool, folder):
    """What goes before a command, as words for a shell."""
    words = [*ENVIRONMENT, *(VALGRIND if tool == "valgrind" else sanitizer())]
    script = f"""folder={shlex.quote(str(folder))}
report=$(mktemp "$folder/reports/XXXXXXXX") || exit
{" ".join(words)} "$@"
status=$?
[ $status -lt {ENDED} ] || echo "exit status $status: $*" >"$report.status"
exit $status"""
    return shlex.join(["sh", "-c", script, "under"])


def is_ours(frame):
    name = pathlib.PurePath(frame.findtext("obj", "")).name
    return name.startswith("vsock") or name.startswith("test_")


def frame_text(frame):
    function, file, line = (frame.findtext(key, "?") for key in ("fn", "file", "line"))
    return f"  {function} ({file}:{line})" if file != "?" else f"  {function} (in {frame.findtext('obj', '?')})"


def valgrind_findings(path):
    """The errors in a report: leaks only if the plugin is in their stack, as tshark never frees some of its own."""
    try:
        errors = xml.etree.ElementTree.parse(path).getroot().iter("error")
    except xml.etree.ElementTree.ParseError:
        return [f"valgrind was killed: {path.read_text()[-2000:]}"]
    found = []
    for error in errors:
        frames = list(error.iter("frame"))
        if not error.findtext("kind").startswith("Leak_") or any(map(is_ours, frames)):
            what = error.findtext("what") or error.findtext("xwhat/text")
            found.append("\n".join([what, *map(frame_text, frames)]))
    return found


def findings(tool, reports):
    """How many processes ran, and what was found in all."""
    files = sorted(reports.iterdir())
    processes = [path for path in files if not path.suffix]
    found = [path.read_text(errors="replace") for path in files if path.suffix]
    if tool == "valgrind":
        found += [text for path in processes for text in valgrind_findings(path)]
    return len(processes), found


def main():
    tool, *command = sys.argv[1:]
    if tool not in ("valgrind", "sanitizer") or not command:
        sys.exit(__doc__)
    if tool == "valgrind" and not shutil.which("valgrind"):
        sys.exit("valgrind: not found; install valgrind")
    with runner.open_folder() as folder:
        shutil.copy(runner.TESTS / "lib" / "valgrind.supp", folder)
        reports = folder / "reports"
        reports.mkdir()
        runner.let_read(folder)
        reports.chmod(0o1777)
        status = subprocess.run(command, env=os.environ | {"VSOCK_UNDER": under(tool, folder)}).returncode
        processes, found = findings(tool, reports)
    for text in found:
        print(text, end="\n\n")
    print(f"{tool}: {processes} processes, {len(found)} findings, exit status {status} of {command[0]}")
    return status == 0 and not found and processes > 0


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
