#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/quickstart where something is in its way: a checkout that was moved, one that is read-only, a file that a package
owns, a second copy. Each says what mends it. Takes runner.py's options.

What it calls are stand-ins that do what the real ones would, in a folder of their own; .ci/run calls the real ones.
"""
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

TOOLS = ("basename", "bash", "cat", "cp", "cut", "dirname", "env", "grep", "head", "mkdir", "nproc", "rm", "sed", "setpriv")

# A build is a cache and the path where the plugin goes; installing makes that file.
CMAKE = """
case "$*" in
"-S . -B "*) mkdir -p build && echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >build/CMakeCache.txt
    case "$*" in *VSOCK_PERSONAL=ON*) echo {personal} ;; *) echo {system} ;; esac >build/plugin_path.txt
    echo /the/bin >build/tools_path.txt ;;
"--build "*) ;;
"--install build") path=$(cat build/plugin_path.txt) && mkdir -p "$(dirname "$path")" && echo new >"$path" ;;
*) exit 1 ;;
esac
"""
TSHARK = """
case "$*" in
"-G folders") printf 'Personal Plugins:    \\t%s\\n' "$HOME/.local/lib/wireshark/plugins/4.4" ;;
"-G plugins")
    for path in {system} {personal}; do
        [ ! -e "$path" ] || {{ printf 'vsock.so    \\t0.1.0\\tdissector\\t%s\\n' "$path"; break; }}
    done ;;
*) echo decoded ;;
esac
"""
DPKG_QUERY = """
case "$*" in
--search*) [ -e {top}/owned ] && echo "wireshark-plugin-vsock:amd64: $2" ;;
*) printf installed ;;
esac
"""


class Machine:
    """A user named anna, or root, and a checkout."""

    def __init__(self, root=False, checkout="checkout"):
        self.directory = tempfile.TemporaryDirectory(prefix="vsock-quickstart-", dir=runner.open_place())
        self.top = pathlib.Path(self.directory.name)
        self.home = self.top / "home/an na"
        self.checkout = self.top / checkout
        self.personal = self.home / ".local/lib/wireshark/plugins/4.4/epan/vsock.so"
        self.system = self.top / "usr/lib/wireshark/plugins/4.4/epan/vsock.so"
        for folder in ("bin", "checkout/scripts", "checkout/tests/captures", "home/an na", "usr/lib"):
            (self.top / folder).mkdir(parents=True)
        for script in ("quickstart", "lib.sh"):
            shutil.copy(runner.TOP / "scripts" / script, self.top / "checkout/scripts")
        for tool in TOOLS:
            (self.top / "bin" / tool).symlink_to(shutil.which(tool))
        paths = {"personal": self.personal, "system": self.system, "top": self.top}
        names = {name: shlex.quote(str(path)) for name, path in paths.items()}
        for name, body in (("cmake", CMAKE), ("tshark", TSHARK), ("dpkg-query", DPKG_QUERY)):
            self.program(name, body.format(**names))
        self.program("apt-get", "exit 1")
        self.program("id", f"case $1 in -u) echo {0 if root else 1000} ;; *) echo anna ;; esac")
        self.program("getent", f"[ \"$2\" = anna ] && echo 'anna:x:1000:1000::{self.home}:/bin/sh'")
        self.environment = {"PATH": f"{self.top}/bin", "HOME": "/root" if root else str(self.home)}

    def program(self, name, body):
        (self.top / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")

    def make(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old\n")

    def run(self, locked=()):
        """`locked`: folders that may not be written to."""
        for path in (self.top, *self.top.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o777)
        for path in locked:
            path.chmod(0o555)
        result = subprocess.run(runner.as_nobody(["bash", str(self.checkout / "scripts/quickstart")]), text=True,
                                env=self.environment, cwd="/", stdin=subprocess.DEVNULL, capture_output=True)
        return result.returncode, (result.stdout + result.stderr).replace(f"{self.top}/", "/")


def expect(machine, wanted, *words, never="no such words", **more):
    status, output = machine.run(**more)
    missing = [text for text in words if text not in output]
    if status != wanted or missing or never in output:
        sys.exit(f"wanted {wanted}, {missing}, and not {never!r}; got {status} and:\n{output}")
    print(f"{wanted}: {words[0]}")


def as_it_should_be():
    machine = Machine()
    for _ in range(2):  # what is there is no reason to stop
        expect(machine, 0, "The plugin is /home/an na/.local/lib/wireshark/plugins/4.4/epan/vsock.so",
               "What to do next, in /checkout:\n", "cmake --install build --component profile ", "-z vsock,diagnose ",
               "scripts/doctor ", "are installed in /the/bin\n", "cmake --build build --target uninstall ", never="WARNING")
    machine = Machine(root=True)
    expect(machine, 0, "The plugin is /usr/lib/wireshark/plugins/4.4/epan/vsock.so", "What to do next", never="WARNING")


def moved():
    machine = Machine(checkout="elsewhere/check out")
    (machine.top / "elsewhere").mkdir()
    (machine.top / "checkout").rename(machine.checkout)
    expect(machine, 0, "What to do next")
    before = machine.checkout
    machine.checkout = machine.top / "renamed it"
    before.rename(machine.checkout)
    expect(machine, 1, "build was made when this checkout was /elsewhere/check out: it has been moved, renamed or copied",
           "Remove what was built: rm -r /renamed\\ it/build, and run this again")
    shutil.rmtree(machine.checkout / "build")
    expect(machine, 0, "What to do next")
    before.symlink_to(machine.checkout)  # by another path, it is where it was
    machine.checkout = before
    expect(machine, 0, "What to do next")


def read_only():
    machine = Machine()
    expect(machine, 1, "you may not write to this checkout. Make a copy: cp -r /checkout ~/wireshark-vsock, and run "
           "~/wireshark-vsock/scripts/quickstart", never="Checking for packages",
           locked=[machine.checkout])


def owned_by_a_package():
    machine = Machine(root=True)
    machine.make(machine.system)
    (machine.top / "owned").touch()
    expect(machine, 1, "vsock.so belongs to the package wireshark-plugin-vsock, and is left as it is",
           "apt-get remove wireshark-plugin-vsock, and run this again", never="sudo")
    if machine.system.read_text() != "old\n":
        sys.exit("the package's file was overwritten")


def second_copy():
    machine = Machine()
    machine.make(machine.system)
    system = [machine.system.parent]
    expect(machine, 0, "WARNING: there are two copies, /home/an na/.local/lib/wireshark/plugins/4.4/epan/vsock.so, which "
           "was just installed, and /usr/lib/wireshark/plugins/4.4/epan/vsock.so. To remove the latter:\n"
           "    sudo rm /usr/lib/wireshark/plugins/4.4/epan/vsock.so\n", locked=system)
    (machine.top / "owned").touch()
    machine.program("dpkg-query", "case \"$2\" in *usr/lib*) echo 'wireshark-plugin-vsock: '\"$2\" ;; --*) exit 1 ;; "
                    "*) printf installed ;; esac")
    expect(machine, 0, "To remove the latter:\n    sudo apt-get remove wireshark-plugin-vsock\n", locked=system)
    machine = Machine(root=True)
    machine.make(machine.personal)
    expect(machine, 0, "What to do next", never="WARNING")  # root's own folder is another one
    machine.environment["SUDO_USER"] = "anna"
    expect(machine, 0, "WARNING: there are two copies, /usr/lib/wireshark/plugins/4.4/epan/vsock.so, which was just "
           "installed, and /home/an na/.local/lib/wireshark/plugins/4.4/epan/vsock.so", "    rm /home/an\\ na/.local/lib/wireshark/plugins/4.4/epan/vsock.so\n")


runner.parse_arguments()
for part in (as_it_should_be, moved, read_only, owned_by_a_package, second_copy):
    print(f"\n{part.__name__}")
    part()
