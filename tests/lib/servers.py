# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers on loopback, at free ports, for as long as a test wants them. Where a program is missing the test is skipped, which
is exit status 77 for CTest.
"""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SKIPPED = 77
PATIENCE = 60  # seconds until a server answers, or does what is waited for, on a machine that is busy


def require(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        print(f"skipped: {', '.join(missing)} missing")
        sys.exit(SKIPPED)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path, **query):
    """The answer of a server on loopback; None while there is none."""
    asked = f"?{urllib.parse.urlencode(query)}" if query else ""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}{asked}", timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def wait_for(what, ask):
    """What `ask` returns, once that is something."""
    end = time.monotonic() + PATIENCE
    while not (answer := ask()):
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {PATIENCE} s")
        time.sleep(0.1)
    return answer


@contextlib.contextmanager
def server(folder, command, port, alive="/metrics"):
    """A process that lasts as long as what is done with it, once it answers there."""
    with open(folder / f"{pathlib.Path(command[0]).name}.log", "w+", encoding="utf-8") as log:
        with subprocess.Popen(command, stdout=log, stderr=log, cwd=folder) as process:
            try:
                wait_for(command[0], lambda: get(port, alive) or process.poll() is not None)
                if process.poll() is not None:
                    log.seek(0)
                    sys.exit(f"{command[0]} did not start:\n{log.read()}")
                yield
            finally:
                process.terminate()
                process.wait()
