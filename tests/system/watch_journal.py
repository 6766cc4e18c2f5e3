#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vsockwatch, where standard output leads to systemd's journal: each diagnosis is an entry with fields. A systemd-journald of
its own, in a mount namespace with its own /run, takes them, and journalctl finds them. Takes runner.py's options.

Exit status 77, for CTest: only root can have such a namespace, and none in a chroot; or there is no journald here, or no
libsystemd when vsockwatch was built.
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner
from lib.expectations import finish, hold
from lib.servers import SKIPPED, require

JOURNALD = pathlib.Path("/usr/lib/systemd/systemd-journald")
CAPTURE = "gallery/01-libkrun-own-cap.pcapng"
REFUSED = "gallery/33-kata-agent-refused.pcapng"
# What systemd does for a service: standard output is the journal's, and JOURNAL_STREAM says so.
SERVICE = """systemd-cat --identifier=vsockwatch \\
    sh -c 'exec 3>&1; JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/3) exec "$@"' sh"""
SCRIPT = """
set -e
mount -t tmpfs none /run
mkdir -p /run/systemd/journal /run/log/journal
echo {machine} >/run/machine-id
[ ! -e /etc/machine-id ] || mount --bind /run/machine-id /etc/machine-id
{journald} 2>/run/errors &
tries=0
until [ -S /run/systemd/journal/socket ] && [ -S /run/systemd/journal/stdout ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || {{ cat /run/errors >&2; exit 1; }}
    sleep 0.1
done
{runs}
kill $!
wait $! || true
cat /run/errors >&2
journalctl --directory=/run/log/journal --identifier=vsockwatch --output=json
"""
MACHINE = "0123456789abcdef0123456789abcdef"


def journal(*runs):
    """What journalctl has after these commands, with what they read."""
    lines = "\n".join(f"{SERVICE} {shlex.join(map(str, runner.as_nobody(command)))} <{shlex.quote(str(source))}"
                      for command, source in runs)
    script = SCRIPT.format(machine=MACHINE, journald=JOURNALD, runs=lines)
    run = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"no journal: {run.stderr}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def has_namespace():
    """In a chroot there is none, since its root is no mount."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


def exposure():
    """The unit is no more exposed than docs/automation.md says, by what systemd knows of; a later one may know more."""
    run = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager",
                          runner.TOP / "packaging" / "vsockwatch.service"], capture_output=True, text=True, check=False)
    hold("vsockwatch.service is not exposed to more than 1.5 of 10", run.returncode == 0, run.stdout, run.stderr)


def main():
    options = runner.parse_arguments()
    require("unshare", "systemd-cat", "journalctl", "systemd-analyze")
    program = pathlib.Path(options.plugins).with_name("vsockwatch")
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    if os.getuid() != 0 or not JOURNALD.exists() or "libsystemd" not in linked or not has_namespace():
        print("skipped: not root, in a chroot, no journald, or vsockwatch without libsystemd")
        sys.exit(SKIPPED)
    entries = journal(*(([program, *more, "-i", "-"], runner.CAPTURES / capture)
                        for more, capture in (((), CAPTURE), ((), REFUSED), (("--json",), CAPTURE))))
    told = [entry for entry in entries if "CODE" in entry]
    stall, refused = ([entry for entry in told if entry["CODE"] == code] for code in ("stall-own-cap", "connect-refused"))
    hold("a diagnosis is an entry, once", len(stall) == 1 and
         stall[0]["MESSAGE"].startswith("stall-own-cap (stream 1, frame 8"), *entries)
    hold("with fields", [stall[0].get(name) for name in ("PRIORITY", "SEVERITY", "STREAM", "CID", "PORT", "_TRANSPORT")] ==
         ["4", "warn", "1", ["3", "2"], ["3000001", "5000"], "journal"], *stall)
    hold("an end without a port, and no stream, have no such field", refused[-1].get("CID") == ["2", "2794582612"] and
         refused[-1].get("PORT") == "1024" and "STREAM" not in refused[-1], *refused)
    lines = [entry["MESSAGE"] for entry in entries if "CODE" not in entry]
    hold("summaries are lines, and so is all JSON", sum(line.startswith("vsock: ") for line in lines) == 2 and
         sum('"code":"stall-own-cap"' in line for line in lines) == 1, *lines)
    exposure()
    finish()


if __name__ == "__main__":
    main()
