#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""plugin/ is a house of floors: a file includes what is in its own folder, and what is on the floors below.

And plugin.c registers the protocols that Wireshark's tools/make-plugin-reg.py would find.
"""
import pathlib
import re
import sys

PLUGIN = pathlib.Path(__file__).resolve().parents[2] / "plugin"
# From above. On one floor nothing includes its neighbours.
FLOORS = [{"plugin.c"}, {"packet-vsock.c"}, {"tap", "apps"}, {"payload"}, {"dissect"}, {"report"}, {"core", "compat.h"}]
WITHOUT_EPAN = {"core", "report"}  # so without compat.h, too
INCLUDE = re.compile(r'^#\s*include "(.+)"', re.M)
EPAN = re.compile(r'^#\s*include (<epan/.+>|"compat.h")', re.M)
REGISTERED = r"\b(proto_register_\w+|proto_reg_handoff_\w+)\s*"
DEFINED = re.compile(REGISTERED + r"\(\s*void\s*\)\s*{")  # as that tool has it
LISTED = re.compile(REGISTERED + r"[,}]")


def floor(room):
    """Its number from above; one that nobody knows is nowhere."""
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), None)


def included(file, name):
    """An include names a file of the same folder, or one from plugin/ on."""
    beside = file.parent / name
    return (beside if beside.exists() else PLUGIN / name).relative_to(PLUGIN)


wrong, arrows = [], 0
files = sorted(PLUGIN.rglob("*.[ch]"))
for file in files:
    here = file.relative_to(PLUGIN)
    if floor(here.parts[0]) is None:
        wrong.append(f"{here} is on no floor")
        continue
    if here.parts[0] in WITHOUT_EPAN:
        wrong += [f"{here} includes {name}, and is to do without epan" for name in EPAN.findall(file.read_text())]
    for name in INCLUDE.findall(file.read_text()):
        there = included(file, name)
        arrows += 1
        if not (PLUGIN / there).exists():
            wrong.append(f"{here} includes {name}, which is not in plugin/")
        elif there.parts[0] != here.parts[0] and floor(there.parts[0]) <= floor(here.parts[0]):
            wrong.append(f"{here} includes {there}, which is not below it")

defined = sorted(name for file in files for name in DEFINED.findall(file.read_text()))
listed = sorted(LISTED.findall((PLUGIN / "plugin.c").read_text()))
if defined != listed or not defined:
    wrong.append(f"plugin.c registers {listed}, there are {defined}")

print("\n".join(wrong) or f"{len(files)} files, {arrows} includes, {len(defined)} functions that register")
sys.exit(bool(wrong))
