#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A capture that lost 1 % of its records must say that data is missing, and invent no violation.

Several captures, each with several fixed seeds. Takes runner.py's options.
"""
import json
import pathlib
import random
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import pcapng, runner

INVENTED = ["vsock.analysis.credit_exceeded", "vsock.analysis.credit_exceeded_reset", "vsock.analysis.fwd_cnt_backwards",
            "vsock.analysis.fwd_cnt_at_start", "vsock.analysis.data_after_shutdown", "vsock.analysis.message_too_big",
            "vsock.analysis.message_truncated", "vsock.analysis.stall_long", "vsock.analysis.stall_open",
            "vsock.analysis.credit_request_repeated", "vsock.analysis.queue_overflow_suspected"]

# What a lost record may look like: the data that a peer read, a RESPONSE, or the SHUTDOWN before a RST is missing.
LOSS_CODES = {"capture-loss", "credit-counter-ahead", "connect-unanswered", "reset-aborted", "peer-gone"}
# What the captures themselves show.
TRUE_CODES = {"connect-refused", "buffer-shrunk", "close-timeout"}


def count(capture, display_filter):
    return runner.tshark(capture, ["-2", "-Y", display_filter], options).count("\n")


def invented_codes(capture):
    told = runner.tshark(capture, ["-q", "-z", "vsock,diagnose,json"], options)
    return {json.loads(line)["code"] for line in told.splitlines()} - LOSS_CODES - TRUE_CODES


def main():
    unseen = 0
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        for name in ("vsock_test-6.12-snap160.pcapng.gz", "cap-6.1.0.pcapng.gz", "cap-7.2.13.pcapng.gz"):
            whole = list(pcapng.blocks(pcapng.read(runner.CAPTURES / name)))
            for seed in range(4):
                chance = random.Random(seed)
                kept = b"".join(data for kind, data in whole if kind != pcapng.PACKET or chance.random() >= 0.01)
                lossy = pathlib.Path(folder, f"{seed}-{name}".removesuffix(".gz"))
                lossy.write_bytes(kept)
                invented = count(lossy, " || ".join(INVENTED))
                found = count(lossy, "vsock.analysis.unseen_data")
                print(f"{name}, seed {seed}: unseen data said {found} times, {invented} violations invented")
                codes = invented_codes(lossy)
                if invented or codes:
                    sys.exit(f"invented: {codes}")
                unseen += found
    sys.exit(0 if unseen else "no unseen data was found at all")


options = runner.parse_arguments()
main()
