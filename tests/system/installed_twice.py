#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A second copy of the plugin, under another name, must step back with one message; Wireshark must go on with the first.

The same path is taken when a future Wireshark has fields of our names itself. Takes runner.py's options.
"""
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

options = runner.parse_arguments()
with tempfile.TemporaryDirectory() as folder:
    plugins = pathlib.Path(folder, "plugins")
    shutil.copytree(options.plugins, plugins)
    plugin = plugins / options.series / "epan" / "vsock.so"
    shutil.copy(plugin, plugin.with_name("vsock-copy.so"))
    options.plugins = plugins
    output = runner.run("hello.pcapng", [], options)

print(output)
messages = output.count("The vsock plugin is not used: the name \"vsock.cid\" is already taken")
packets = output.count(" VSOCK ")
sys.exit(0 if (messages, packets) == (1, 9) else f"{messages} messages instead of 1, {packets} packets instead of 9")
