# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs Wireshark's programs as the tests want them: unprivileged, with the plugin under test and no other settings.

A script of any folder here imports with its folder's name, after this line:

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
"""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parents[1]
TOP = TESTS.parent
CAPTURES = TESTS / "captures"
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


# ---- options ----

def argument_parser(description):
    """With what CTest hands to every script."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--tshark", default="tshark")
    parser.add_argument("--plugins", required=True, type=os.path.abspath, help="what WIRESHARK_PLUGIN_DIR would be")
    parser.add_argument("--series", required=True, help="Wireshark's major.minor")
    return parser


def parse_arguments(*flags):
    """The options of a script that also takes these flags, and names."""
    parser = argument_parser("Tests of what Wireshark's programs print")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    if not shutil.which(options.tshark):
        sys.exit(f"{options.tshark}: not found; install tshark")
    if os.getuid() != 0 and os.getgid() == 0:
        sys.exit("Wireshark takes a user whose group is root's for root, and loads no plugin that is not installed: "
                 "be root, or of another group")
    return options


# ---- running ----

def unprivileged(command):
    """Run as root, Wireshark silently loads no plugin from WIRESHARK_PLUGIN_DIR. VSOCK_UNDER: see memory.py."""
    return as_nobody([*shlex.split(os.environ.get("VSOCK_UNDER", "")), *command])


def as_nobody(command):
    if os.getuid() != 0:
        return command
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


def is_open(folder):
    """Whether anybody may enter a folder, and load a plugin from there."""
    path = pathlib.Path(folder).resolve()
    return all(os.stat(entered).st_mode & 0o001 for entered in (path, *path.parents)) and \
        not os.statvfs(path).f_flag & os.ST_NOEXEC


def open_place():
    """A folder for temporary ones that are open. TMPDIR may be its owner's alone, and /tmp forbid to load."""
    usual = tempfile.gettempdir()
    return next(filter(is_open, (usual, "/tmp", "/var/tmp")), usual)


@contextlib.contextmanager
def open_folder():
    """A folder that an unprivileged user can read."""
    with tempfile.TemporaryDirectory(prefix="vsock-test-", dir=open_place()) as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def let_read(path):
    """Whatever the umask was when it was written."""
    path = pathlib.Path(path)
    for each in (path, *path.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o755)


# Of Wireshark's own data, what takes half of its start to read, and is of no protocol that is spoken over vsock here.
NOT_NEEDED = {"diameter", "enterprises.tsv", "manuf", "radius", "tpncp", "wimaxasncp"}


def lighten(data, folder):
    """Wireshark's folder of data once more, with links to what is needed."""
    folder.mkdir()
    for path in data.iterdir():
        if path.name not in NOT_NEEDED:
            (folder / path.name).symlink_to(path)
    return {"WIRESHARK_DATA_DIR": str(folder)}


@contextlib.contextmanager
def bench(options):
    """A folder that an unprivileged user can read, with the plugins in it; and the environment to run there."""
    with open_folder() as folder:
        plugins = folder / "plugins"
        shutil.copytree(options.plugins, plugins)
        data = pathlib.Path(shutil.which(options.tshark)).resolve().parents[1] / "share" / "wireshark"
        lighter = lighten(data, folder / "data") if data.is_dir() else {}
        let_read(folder)
        yield str(folder), {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent",
                            "WIRESHARK_PLUGIN_DIR": str(plugins), **lighter,
                            "WIRESHARK_LOG_LEVEL": "critical"}  # 4.6's dissector of SSH warns of what it cannot decrypt


def call(command, environment, **more):
    """An unprivileged process that has ended, with what it printed as text. `more`: as for subprocess.run()."""
    usual = {"cwd": "/", "stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    if "input" in more:
        del usual["stdin"]
    return subprocess.run(unprivileged(command), env=environment, **usual | more)


def measure(command, environment, stdout=subprocess.DEVNULL):
    """Runs an unprivileged command to its end. What it said on stderr, and on stdout if that is a pipe; and what it
    used, as getrusage() has it. Ends the test where the command fails."""
    is_read = stdout == subprocess.PIPE
    with subprocess.Popen(unprivileged(command), env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=stdout,
                          stderr=subprocess.STDOUT if is_read else subprocess.PIPE, text=True) as child:
        output = (child.stdout if is_read else child.stderr).read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{shlex.join(map(str, command))}: exit status {child.returncode}\n{output[-2000:]}")
    return output, usage


def run(capture, arguments, options, keep=""):
    """What tshark prints of a capture, normalised; of none where that is None. `keep`: a regex that chooses lines."""
    with bench(options) as (folder, environment):
        read = ["-r", readable(capture, folder)] if capture else []
        result = call([options.tshark, *read, *arguments], environment)
    output = result.stdout + result.stderr
    if result.returncode != 0:
        output += f"exit status {result.returncode}\n"
    output = output.replace(f"{environment['WIRESHARK_PLUGIN_DIR']}/{options.series}/epan", "PLUGINS")
    for pattern, replacement in NORMALISE:
        output = pattern.sub(replacement, output)
    return "".join(line for line in output.splitlines(True) if re.search(keep, line)) if keep else output


def tshark(capture, arguments, options):
    """The same; ends the test where tshark fails."""
    output = run(capture, arguments, options)
    if "exit status" in output:
        sys.exit(f"{capture} {shlex.join(arguments)}: {output}")
    return output


def each(function, items):
    """What the function returns of each item, in order, with as many under way as there are cores for their tshark."""
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from pool.map(function, items)


# ---- captures ----

def stored_captures(pattern="**/*.pcap*"):
    """The stored captures, the gallery's too, or those that the pattern has: paths below CAPTURES."""
    return sorted(str(path.relative_to(CAPTURES)) for path in CAPTURES.glob(pattern))


def chosen_captures(names):
    """The stored captures that are named; all of them where none is."""
    stored = stored_captures()
    unknown = set(names) - set(stored)
    if unknown:
        sys.exit(f"no such capture: {', '.join(sorted(unknown))}")
    return [capture for capture in stored if not names or capture in names]


def readable(capture, folder):
    """The path of a copy of a stored capture, or of any, in a folder that anybody may read."""
    path = shutil.copy(CAPTURES / capture, folder)
    os.chmod(path, 0o644)
    return path
