#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/check: its exit status, and that it says why it could not look. Takes runner.py's options."""
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

CHECK = runner.TOP / "scripts" / "check"


def run(folder, captures, **environment):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "TSHARK": options.tshark,
                   "WIRESHARK_PLUGIN_DIR": str(folder / "plugins")} | environment
    return runner.call([folder / "check", *captures], environment, cwd=folder)


def expect(status, words, result):
    output = result.stdout + result.stderr
    if result.returncode != status or words not in output:
        sys.exit(f"wanted {status} and \"{words}\", got {result.returncode} and:\n{output}")
    print(f"{status}: {words}")


def main():
    with runner.open_folder() as folder:
        shutil.copytree(options.plugins, folder / "plugins")
        shutil.copy(CHECK, folder)
        for capture in ("hello.pcapng", "http.pcapng.gz", "cap-7.2.13.pcapng.gz", "vhost-7.2.13.pcapng.gz"):
            shutil.copy(runner.CAPTURES / capture, folder)
        hello = (folder / "hello.pcapng").read_bytes()
        (folder / "cut.pcapng").write_bytes(hello[:900])
        (folder / "empty.pcapng").write_bytes(hello[:28])  # pcapng's section header alone
        runner.let_read(folder)
        expect(0, "nothing is wrong in 3 streams", run(folder, ["http.pcapng.gz"]))
        expect(0, "connect-refused", run(folder, ["hello.pcapng"]))
        expect(1, "buffer-shrunk", run(folder, ["cap-7.2.13.pcapng.gz"]))
        expect(1, "reset-after-overrun", run(folder, ["vhost-7.2.13.pcapng.gz"]))
        expect(1, "==> http.pcapng.gz", run(folder, ["cap-7.2.13.pcapng.gz", "http.pcapng.gz"]))
        expect(2, "usage", run(folder, []))
        expect(2, "no such file", run(folder, ["nothing.pcapng"]))
        expect(2, "==> http.pcapng.gz\nvsock: nothing is wrong", run(folder, ["nothing.pcapng", "http.pcapng.gz"]))
        expect(2, "could not read it to the end", run(folder, ["cut.pcapng", "cap-7.2.13.pcapng.gz"]))
        expect(2, "could not read it to the end", run(folder, ["cut.pcapng"]))
        expect(2, "could not read it to the end", run(folder, ["check"]))
        expect(2, "there is no vsock packet in it", run(folder, ["empty.pcapng"]))
        expect(2, "does not load the vsock plugin", run(folder, ["hello.pcapng"], WIRESHARK_PLUGIN_DIR="/nonexistent"))
        expect(2, "is not there", run(folder, ["hello.pcapng"], TSHARK="/nonexistent/tshark"))


options = runner.parse_arguments()
options.tshark = shutil.which(options.tshark)
main()
