#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Export PDU: what tshark -U writes must be read back as what it was. Takes runner.py's options.

"VSOCK frames" turns a capture of `-i any` into one of LINKTYPE_VSOCK, which shows what one from vsockmon0 would;
"VSOCK" has what was handed to other dissectors, which then need neither the plugin nor vsock to decode it.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

def export(name, capture, options):
    """The exported capture's bytes."""
    with runner.bench(options) as (folder, environment):
        command = [options.tshark, "-r", runner.readable(capture, folder), "-U", name, "-w", "-"]
        return runner.call(command, environment, text=False, check=True).stdout


def read(capture, arguments, options):
    """What tshark prints of a capture's bytes."""
    with runner.bench(options) as (_, environment):
        return runner.call([options.tshark, "-r", "-", *arguments], environment, input=capture, text=False,
                           check=True).stdout.decode()


def compare(what, expected, found):
    if expected == found:
        return True
    print(f"{what}: expected\n{expected}found\n{found}")
    return False


def main():
    options = runner.parse_arguments()
    fields = ["-T", "fields", "-E", "separator=,", "-e"]
    vsock = [*fields, "frame.encap_type", *"-e vsock.src -e vsock.dst -e vsock.virtio.op -e vsock.stream".split()]
    http = "-Y http -T fields -e http.request.method -e http.response.code -e http.content_length".split()
    records = export("VSOCK frames", "any.pcapng", options)
    payload = export("VSOCK", "http.pcapng.gz", options)
    return all([
        compare("frames of -i any", read((runner.CAPTURES / "hello.pcapng").read_bytes(), vsock, options),
                read(records, vsock, options)),
        compare("HTTP", read((runner.CAPTURES / "http.pcapng.gz").read_bytes(), http, options), read(payload, http, options)),
        compare("ports", "3420981558,8080\n",
                read(payload, "-Y frame.number==1 -T fields -E separator=, -e exported_pdu.src_port "
                     "-e exported_pdu.dst_port".split(), options))])


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
