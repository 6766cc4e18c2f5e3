# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin has: its fields, preferences, and diagnoses."""
import re
import sys

import golden

PROTOCOLS = ["vsock", "ttrpc", "sd_notify", "gcs", "nitro_heartbeat"]
ANY = "|".join(PROTOCOLS)
DIAGNOSES = golden.TESTS.parent / "plugin" / "core" / "diagnose.c"


def fields(options):
    listed = golden.run(golden.Case(rf"fields - -G fields | ^F\t[^\t]*\t({ANY})\."), options)
    names = sorted({line.split("\t")[2] for line in listed.splitlines()})
    if "vsock.stream" not in names or len(names) < 90:
        sys.exit(f"is the plugin loaded? Its fields are not there: {listed}")
    return names


def preferences(options):
    listed = golden.run(golden.Case(rf"preferences - -G defaultprefs | ^#?({ANY})\."), options)
    return re.findall(r"^#?([\w.]+):", listed, re.M)


def codes():
    """Of diagnoses."""
    return set(re.findall(r'\[VSOCK_CODE_\w+\] = \{"([a-z-]+)"', DIAGNOSES.read_text()))
