#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The window of Statistics > vsock Diagnoses must hold what -z vsock,diagnose prints.

gui/fake_window.c plays the GUI. Takes runner.py's options; the build leaves the fake in BUILD/fakes.
"""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

options = runner.parse_arguments()
fake = pathlib.Path(options.plugins).parent / "fakes" / "fake_window.so"
failed = False
with tempfile.TemporaryDirectory() as folder:
    plugins = pathlib.Path(folder, "plugins")
    shutil.copytree(options.plugins, plugins)
    for name in ("hello.pcapng", "http.pcapng.gz", "vhost-7.2.13.pcapng.gz"):
        wanted = runner.run(name, ["-q", "-z", "vsock,diagnose"], options)
        shutil.copy(fake, plugins / options.series / "epan")
        whole, options.plugins = options.plugins, plugins
        shown = runner.run(name, ["-q"], options)
        options.plugins = whole
        print(shown)
        failed |= shown != "chosen: vsock Diagnoses, group 1\nopened: vsock Diagnoses\n" + wanted
sys.exit("not what -z vsock,diagnose prints" if failed else 0)
