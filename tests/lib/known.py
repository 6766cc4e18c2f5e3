# SPDX-License-Identifier: GPL-2.0-or-later
"""What the plugin has: its fields, preferences, and diagnoses."""
import re
import sys

from lib import runner

PROTOCOLS = ["vsock", "ttrpc", "ethframe", "jsonframe", "qga", "varlink", "nbdframe", "p11rpc", "sd_notify", "gcs", "nitro_heartbeat"]
ANY = "|".join(PROTOCOLS)
DIAGNOSES = runner.TOP / "plugin" / "core" / "diagnosis_codes.c"


def fields(options):
    return fields_in(runner.run(None, ["-G", "fields"], options))


def fields_in(listed):
    """Of what tshark -G fields says."""
    names = sorted(set(re.findall(rf"^F\t[^\t]*\t((?:{ANY})\.[^\t]*)", listed, re.M)))
    if "vsock.stream" not in names or len(names) < 90:
        sys.exit(f"is the plugin loaded? Its fields are not there: {names}")
    return names


def preferences(options):
    listed = runner.run(None, ["-G", "defaultprefs"], options, rf"^#?({ANY})\.")
    return re.findall(r"^#?([\w.]+):", listed, re.M)


def codes():
    """Of diagnoses."""
    return set(re.findall(r'\.name = "([a-z-]+)"', DIAGNOSES.read_text()))
