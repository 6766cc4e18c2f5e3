#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scripts/doctor: each finding on a made-up machine, which has that one fault; and the real tshark with the plugin.

A made-up machine is a folder with /sys, /proc, /lib and /etc in it, and programs that say what they are told to.
Takes runner.py's options.
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

DOCTOR, SHARED, RECORDED = (runner.TOP / "scripts" / script for script in ("doctor", "tools.sh", "recorded.sh"))
PERSONAL, GLOBAL = "home/anna/.local/lib/wireshark/plugins", "usr/lib/wireshark/plugins"
SYSTEM_COPY = f"{GLOBAL}/4.4/epan/vsock.so"
PERSONAL_COPY = f"{PERSONAL}/4.4/epan/vsock.so"
EXTCAP = "usr/lib/wireshark/extcap"
MISSING_LIBRARY = "tshark: Couldn't load plugin 'vsock.so': libwireshark.so.16: cannot open shared object file: " \
                  "No such file or directory"

# All that the script may rely on.
TOOLS = ("awk", "cat", "cut", "dirname", "grep", "gzip", "head", "ls", "sed", "setpriv", "sh", "sort", "tail", "tr", "wc")

FAKE_TSHARK = """
case "$*" in
--version) cat {folder}/version ;;
"-G folders")
    printf 'Personal configuration:\\t%s\\n' "{folder}/{home}/.config/wireshark"
    printf 'Global configuration:\\t%s\\n' {folder}/usr/share/wireshark
    printf 'Personal Plugins:    \\t%s\\n' "{folder}/{home}/.local/lib/wireshark/plugins/4.4"
    printf 'Global Plugins:      \\t%s\\n' {folder}/{global_}/4.4
    printf 'Personal Extcap path:\\t%s\\n' "{folder}/{home}/.local/lib/wireshark/extcap"
    printf 'Global Extcap path:  \\t%s\\n' {folder}/usr/lib/wireshark/extcap ;;
"-G plugins") cat {folder}/plugins; cat {folder}/messages >&2 ;;
*"-O frame"*) echo '    Encapsulation type: Ethernet (1)' ;;
*) cat {folder}/packets; [ ! -e {folder}/broken ] ;;
esac
"""


def link(tools, folder):
    folder.mkdir()
    folder.chmod(0o755)
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool))


class Machine:
    """A host that is as it should be, of an ordinary user named anna; then the test spoils something."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="vsock-doctor-", dir=runner.open_place())
        self.folder = pathlib.Path(self.directory.name)
        self.environment = {"PATH": f"{self.folder}/bin", "VSOCK_DOCTOR_ROOT": str(self.folder)}
        self.executables = set()
        link(TOOLS, self.folder / "bin")
        self.tshark("4.4.7")
        self.fake_tshark()
        self.program("capinfos", f"cat {self.folder}/capinfos.txt")
        self.program("wireshark", "echo 'Wireshark 4.4.7.'")
        self.program("dumpcap", "echo 'Data link types of interface any:'")
        self.program("uname", "echo 6.12.1-test")
        self.program("apt-get", "")
        self.program("dpkg-reconfigure", "")
        self.user("anna", 1000, 1000)
        self.modules()
        self.write("lib/modules/6.12.1-test/modules.dep", "")
        self.write("etc/group", "wireshark:x:120:bert\n")
        self.write("etc/passwd", f"anna:x:1000:1000::{self.folder}/home/anna:/bin/sh\n")
        self.write("packets", "")
        self.write("capinfos.txt", "")
        self.plugin(SYSTEM_COPY)
        self.device("vsockmon0")
        self.module("vhost_vsock")
        self.process(17, "systemd")
        self.write("proc/modules", "")
        self.write("quickstart", "")
        self.program("vsockmon", "[ \"$*\" = --may-record ]", EXTCAP)

    def write(self, path, text):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def program(self, name, body, folder="bin"):
        self.executables.add(self.write(f"{folder}/{name}", f"#!/bin/sh\n{body}\n"))

    def tshark(self, version):
        self.write("version", f"TShark (Wireshark) {version} (Git v{version} packaged as {version}-0+deb12u3).\n")

    def fake_tshark(self, home="home/anna"):
        self.program("tshark", FAKE_TSHARK.format(folder=self.folder, home=home, global_=GLOBAL))

    def user(self, name, uid, gid):
        self.program("id", f'case $1 in -u) echo {uid} ;; -g) echo {gid} ;; -un) echo {name} ;; esac')

    def modules(self, **files):
        """What modinfo says is the file of each module."""
        cases = "".join(f"{name}) echo '{file}' ;; " for name, file in files.items())
        self.program("modinfo", f"case $3 in {cases} *) echo 'ERROR: Module not found.' >&2; exit 1 ;; esac")

    def module(self, name):
        self.write(f"sys/module/{name}/refcnt", "0\n")

    def plugin(self, *files, loaded=True, messages=""):
        """Where it is installed; tshark loads the first of them, or says why not."""
        for file in files:
            self.write(file, "")
        row = f"vsock.so        \t0.1.0\tdissector\t{self.folder}/{files[0]}\n" if files and loaded else ""
        self.write("plugins", f"usbdump.so \t0.0.1\tfile type\t/usr/lib/usbdump.so\n{row}")
        self.write("messages", messages + "\n" if messages else "")

    def device(self, name, type=826, flags="0x80c1", count=12):
        for file, text in (("type", type), ("flags", flags), ("statistics/rx_packets", count)):
            self.write(f"sys/class/net/{name}/{file}", f"{text}\n")

    def process(self, number, comm, cmdline="", maps="", files=()):
        for file, text in (("comm", comm + "\n"), ("cmdline", cmdline), ("maps", maps)):
            self.write(f"proc/{number}/{file}", text)
        (self.folder / f"proc/{number}/fd").mkdir()
        for descriptor, target in enumerate(files):
            (self.folder / f"proc/{number}/fd/{descriptor}").symlink_to(target)

    def config(self, *lines):
        """What the kernel says that it was built with."""
        self.write("proc/config.gz", "")
        with gzip.open(self.folder / "proc/config.gz", "wt") as file:
            file.writelines(f"{line}\n" for line in lines)

    def remove(self, path):
        path = self.folder / path
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def run(self, *arguments, script="doctor"):
        for source in (DOCTOR, SHARED, RECORDED):
            shutil.copy(source, self.folder)
        for path in (self.folder, *self.folder.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path in self.executables else 0o644)
        command = runner.as_nobody(["sh", str(self.folder / script), *arguments])
        result = subprocess.run(command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                                capture_output=True, text=True)
        return result.returncode, (result.stdout + result.stderr).replace(f"{self.folder}/", "/")


def healthy(machine):
    return []


def tshark_missing(machine):
    machine.environment["TSHARK"] = "/nonexistent/tshark"
    return ["problem  /nonexistent/tshark is not there. Fix: sudo apt-get install tshark"]


def tshark_broken(machine):
    machine.program("tshark", "echo 'tshark: error while loading shared libraries: libwiretap.so.13' >&2; exit 127")
    return ["problem  /bin/tshark does not start: tshark: error while loading shared libraries: libwiretap.so.13. "
            "Fix: install it again"]


def tshark_old(machine):
    machine.tshark("3.6.2")
    return ["problem  tshark is 3.6.2 (/bin/tshark), and the plugin is for 4.0 and later. Fix: install a newer Wireshark"]


def another_tshark(machine):
    machine.program("tshark", "echo 'TShark (Wireshark) 4.6.0.'", "opt")
    machine.program("tshark", "echo 'TShark (Wireshark) 4.4.0.'", "usr/local/bin")  # of the same series: fine
    machine.environment["PATH"] += f":{machine.folder}/usr/local/bin:{machine.folder}/opt:{machine.folder}/opt"
    return ["warning  /opt/tshark is another tshark, of series 4.6, which needs a plugin of its own. "
            "Fix: TSHARK=/opt/tshark /doctor, to see what that one needs"]


def wireshark_missing(machine):
    machine.environment["WIRESHARK"] = "/nonexistent/wireshark"
    return []


def wireshark_of_another_series(machine):
    machine.program("wireshark", "echo 'Wireshark 4.6.9 (Git v4.6.9).'")
    return ["problem  Wireshark is of series 4.6 (/bin/wireshark) and tshark of 4.4: each needs its own plugin. "
            "Fix: build it for both, with cmake -DWireshark_DIR=... (docs/installing.md, Building by hand), or remove one"]


def wireshark_broken(machine):
    machine.program("wireshark", "echo 'wireshark: no Qt' >&2; exit 1")
    return ["warning  /bin/wireshark does not start: wireshark: no Qt. Fix: install it again"]


def plugin_missing(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin()
    return [f"problem  The plugin is not installed: it is neither in /{GLOBAL}/4.4/epan nor in /{PERSONAL}/4.4/epan. "
            "Fix: /quickstart"]


def plugin_missing_for_root(machine):
    machine.user("root", 0, 0)
    plugin_missing(machine)
    return [f"problem  The plugin is not installed: it is neither in /{GLOBAL}/4.4/epan nor in /{PERSONAL}/4.4/epan. "
            "Fix: /quickstart (for all users)"]


def plugin_built_for_another_series(machine):
    machine.plugin(SYSTEM_COPY, loaded=False, messages=MISSING_LIBRARY)
    return [f"problem  The plugin that is installed was built for another series than 4.4 ({MISSING_LIBRARY}). "
            "Fix: /quickstart"]


def plugin_compiled_for_another_series(machine):
    message = "The plugin 'vsock.so' was compiled for Wireshark version 4.3"
    machine.plugin(SYSTEM_COPY, loaded=False, messages=message)
    return [f"problem  The plugin that is installed was built for another series than 4.4 ({message}). Fix: /quickstart"]


def plugin_cut(machine):
    message = "tshark: Couldn't load plugin 'vsock.so': /vsock.so: file too short"
    machine.plugin(SYSTEM_COPY, loaded=False, messages=message)
    return [f"problem  tshark cannot load the plugin ({message}). Fix: /quickstart"]


def plugin_unreadable(machine):
    message = "tshark: Couldn't load plugin 'vsock.so': /vsock.so: cannot open shared object file: Permission denied"
    machine.plugin(SYSTEM_COPY, loaded=False, messages=message)
    return [f"problem  You may not read the plugin ({message}). Fix: sudo chmod a+r /{SYSTEM_COPY}"]


def plugin_of_the_series_before(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin(f"{PERSONAL}/4.0/epan/vsock.so", loaded=False)
    return [f"problem  The plugin is there for another series than 4.4 only (/{PERSONAL}/4.0/epan/vsock.so). "
            "Fix: /quickstart"]


def plugin_in_the_wrong_folder(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin(f"{PERSONAL}/vsock.so", loaded=False)
    return [f"problem  /{PERSONAL}/vsock.so is in a folder where no plugin is looked for. "
            f"Fix: mkdir -p /{PERSONAL}/4.4/epan && mv /{PERSONAL}/vsock.so /{PERSONAL}/4.4/epan"]


def plugin_in_the_wrong_system_folder(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin(f"{GLOBAL}/4.4/vsock.so", loaded=False)
    return [f"problem  /{GLOBAL}/4.4/vsock.so is in a folder where no plugin is looked for. "
            f"Fix: mkdir -p /{GLOBAL}/4.4/epan && mv /{GLOBAL}/4.4/vsock.so /{GLOBAL}/4.4/epan"]


def plugin_ignored_for_root(machine):
    machine.user("root", 0, 0)
    machine.remove(SYSTEM_COPY)
    machine.plugin(PERSONAL_COPY, loaded=False)
    return [f"problem  As root, tshark ignores /{PERSONAL_COPY} without a word. Fix: install it for all users "
            "(/quickstart as root), or run tshark as yourself"]


def plugin_ignored_for_sudo(machine):
    machine.user("root", 0, 0)
    machine.environment["SUDO_USER"] = "carla"
    machine.write("etc/passwd", f"root:x:0:0::/root:/bin/sh\ncarla:x:1001:1001::{machine.folder}/home/carla:/bin/sh\n")
    machine.remove(SYSTEM_COPY)
    machine.plugin("home/carla/.local/lib/wireshark/plugins/4.4/epan/vsock.so", loaded=False)
    return ["problem  As root, tshark ignores /home/carla/.local/lib/wireshark/plugins/4.4/epan/vsock.so without a word. "
            "Fix: install it for all users (/quickstart as root), or run tshark as yourself"]


def plugin_folder_ignored_for_group_0(machine):
    machine.user("anna", 1000, 0)
    machine.environment["WIRESHARK_PLUGIN_DIR"] = f"{machine.folder}/build/plugins"
    machine.remove(SYSTEM_COPY)
    machine.plugin("build/plugins/4.4/epan/vsock.so", loaded=False)
    return ["problem  As root, tshark ignores /build/plugins/4.4/epan/vsock.so without a word. Fix: install it for all "
            "users (/quickstart as root), or run tshark as yourself"]


def plugins_not_supported(machine):
    machine.plugin(SYSTEM_COPY, loaded=False)
    return [f"problem  tshark does not load /{SYSTEM_COPY}, nor say why: it may be built without plugins. "
            "Fix: install your distribution's tshark"]


def personal_plugins_not_supported(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin(PERSONAL_COPY, loaded=False)
    return [f"problem  tshark does not load /{PERSONAL_COPY}, nor say why: it may be built without plugins. "
            "Fix: install your distribution's tshark"]


def plugin_in_both_folders(machine):
    machine.plugin(SYSTEM_COPY, PERSONAL_COPY, messages="tshark: The plugin 'vsock.so' was found in multiple directories")
    return [f"warning  There is a second copy, which is not used (/{PERSONAL_COPY}). Fix: rm /{PERSONAL_COPY}"]


def plugin_in_the_personal_folder(machine):
    machine.remove(SYSTEM_COPY)
    machine.plugin(PERSONAL_COPY)
    return []


def plugin_stepped_back(machine):
    message = 'The vsock plugin is not used: the name "vsock.cid" is already taken'
    machine.plugin(SYSTEM_COPY, messages=message)
    return [f"problem  The plugin is loaded and stepped back ({message}). "
            "Fix: remove the other one: tshark -G plugins | grep -i vsock"]


def second_copy_in_an_odd_folder(machine):
    machine.fake_tshark("home/an na's")
    copy = "home/an na's/.local/lib/wireshark/plugins/4.4/epan/vsock.so"
    machine.plugin(SYSTEM_COPY, copy, messages="tshark: The plugin 'vsock.so' was found in multiple directories")
    return [f"warning  There is a second copy, which is not used (/{copy}). "
            "Fix: rm '/home/an na'\\''s/.local/lib/wireshark/plugins/4.4/epan/vsock.so'"]


def protocol_disabled_in_an_odd_folder(machine):
    machine.fake_tshark("home/an na;x")
    machine.write("home/an na;x/.config/wireshark/disabled_protos", "vsock\n")
    return ["problem  vsock is turned off in Enabled Protocols (/home/an na;x/.config/wireshark/disabled_protos). "
            "Fix: sed -i '/^vsock$/d' '/home/an na;x/.config/wireshark/disabled_protos'"]


def wrong_folder_with_an_odd_name(machine):
    machine.fake_tshark("home/a & b")
    plugins = "home/a & b/.local/lib/wireshark/plugins"
    machine.remove(SYSTEM_COPY)
    machine.plugin(f"{plugins}/vsock.so", loaded=False)
    return [f"problem  /{plugins}/vsock.so is in a folder where no plugin is looked for. "
            f"Fix: mkdir -p '/{plugins}/4.4/epan' && mv '/{plugins}/vsock.so' '/{plugins}/4.4/epan'"]


def protocol_disabled(machine):
    machine.write("home/anna/.config/wireshark/disabled_protos", "http\nvsock\n")
    return ["problem  vsock is turned off in Enabled Protocols (/home/anna/.config/wireshark/disabled_protos). "
            "Fix: sed -i '/^vsock$/d' /home/anna/.config/wireshark/disabled_protos"]


def other_protocol_disabled(machine):
    machine.write("home/anna/.config/wireshark/disabled_protos", "http\nvsockx\n")
    return []


def dumpcap_missing(machine):
    machine.environment["DUMPCAP"] = "/nonexistent/dumpcap"
    return ["problem  /nonexistent/dumpcap is not there. Fix: sudo apt-get install wireshark-common"]


def forbid(machine, program):
    """Nobody may run it now; its group, as `ls` has it."""
    machine.executables.remove(program)
    try:
        return program.group()
    except KeyError:  # a container's users need not have names
        return str(program.stat().st_gid)


def forbid_dumpcap(machine):
    return forbid(machine, machine.folder / "bin/dumpcap")


def not_in_the_group(machine):
    group = forbid_dumpcap(machine)
    machine.write("etc/group", f"{group}:x:120:bert,annabel\n")
    return [f"problem  You may not record: only the group {group} may run /bin/dumpcap. "
            f"Fix: sudo usermod -aG {group} anna, and log in again; or sudo dumpcap -w - > FILE"]


def not_in_the_group_yet(machine):
    group = forbid_dumpcap(machine)
    machine.write("etc/group", f"{group}:x:120:bert,anna\n")
    return [f"problem  You may not record with /bin/dumpcap yet: you are in the group {group} since you logged in. "
            "Fix: log in again"]


DENIED = "echo 'dumpcap: The capabilities of the capture device \"any\" could not be obtained (socket: Operation not " \
         "permitted).' >&2; exit 2"


def no_capabilities(machine):
    machine.program("dumpcap", DENIED)
    return ["problem  You may not record: /bin/dumpcap has no capabilities. Fix: sudo dpkg-reconfigure wireshark-common, "
            "sudo usermod -aG wireshark anna, log in again; or sudo dumpcap -w - > FILE"]


def no_capabilities_of_root(machine):
    machine.user("root", 0, 0)
    machine.program("dumpcap", DENIED)
    return ["problem  Even root may not record here: CAP_NET_RAW is missing, as in a container. Fix: record on the host, "
            "or start the container with --cap-add NET_RAW --cap-add NET_ADMIN"]


def dumpcap_cannot(machine):
    machine.program("dumpcap", "printf 'Running.\\ndumpcap: no such device any\\n' >&2; exit 2")
    return ["problem  dumpcap cannot open a device (no such device any). Fix: /bin/dumpcap -D"]


NO_DEVICE = "problem  There is no vsockmon device. Fix: sudo ip link add vsockmon0 type vsockmon && " \
            "sudo ip link set vsockmon0 up"


def no_extcap(machine):
    machine.executables.remove(machine.folder / EXTCAP / "vsockmon")
    machine.remove(f"{EXTCAP}/vsockmon")


def extcap_missing(machine):
    no_extcap(machine)
    return []


def extcap_without_capabilities(machine):
    mend = "run this as root, or let the group wireshark do it, and be in it:\\n    sudo chgrp wireshark /extcap"
    machine.program("vsockmon", f"printf '{mend}.\\n'; exit 1", EXTCAP)
    return [f"warning  The extcap may not record (/{EXTCAP}/vsockmon). Fix: run this as root, or let the group wireshark "
            "do it, and be in it: sudo chgrp wireshark /extcap"]


def extcap_without_capabilities_nor_device(machine):
    machine.remove("sys/class/net/vsockmon0")
    machine.module("vsockmon")
    return [*extcap_without_capabilities(machine), NO_DEVICE]


def extcap_of_a_group(machine):
    extcap = machine.folder / EXTCAP / "vsockmon"
    group = forbid(machine, extcap)
    return [f"warning  You may not record: only the group {group} may run /{EXTCAP}/vsockmon. "
            f"Fix: sudo usermod -aG {group} anna, and log in again"]


def extcap_of_the_user(machine):
    """It is asked before the system's."""
    extcap_without_capabilities(machine)
    machine.program("vsockmon", "exit 0", "home/anna/.local/lib/wireshark/extcap")
    return []


def extcap_of_the_user_with_4_0(machine):
    extcap_without_capabilities(machine)
    machine.program("vsockmon", "exit 0", "home/anna/.config/wireshark/extcap")
    return []


def no_device_but_the_extcap(machine):
    machine.remove("sys/class/net/vsockmon0")
    machine.modules(vsockmon="/lib/modules/6.12.1-test/kernel/drivers/net/vsockmon.ko")
    return []


def no_device(machine):
    no_extcap(machine)
    machine.remove("sys/class/net/vsockmon0")
    machine.device("eth0", type=1)
    machine.module("vsockmon")
    return [NO_DEVICE]


def no_device_builtin(machine):
    no_extcap(machine)
    machine.remove("sys/class/net/vsockmon0")
    machine.modules(vsockmon="(builtin)")
    return [NO_DEVICE]


def no_modules(machine):
    """As kernels of micro-VMs are."""
    machine.remove("sys/class/net/vsockmon0")
    machine.remove("lib/modules/6.12.1-test")
    machine.remove("proc/modules")


def kernel_without_the_option(machine):
    no_modules(machine)
    machine.config("# CONFIG_MODULES is not set", "# CONFIG_VSOCKMON is not set", "CONFIG_VIRTIO_VSOCKETS=y",
                   "CONFIG_VHOST_VSOCK=y")
    return ["problem  This kernel (6.12.1-test) was built without CONFIG_VSOCKMON (/proc/config.gz). Fix: start one that "
            "has it (docs/recording.md, The guest's kernel)"]


def kernel_without_both_options(machine):
    no_modules(machine)
    machine.config("# CONFIG_MODULES is not set", "CONFIG_VIRTIO_VSOCKETS=y", "# CONFIG_VHOST_VSOCK is not set")
    return ["problem  This kernel (6.12.1-test) was built without CONFIG_VSOCKMON and CONFIG_VHOST_VSOCK, which that depends "
            "on (/proc/config.gz). Fix: start one that has it (docs/recording.md, The guest's kernel)"]


def kernel_without_the_option_in_boot(machine):
    """With modules, of which this is none."""
    machine.remove("sys/class/net/vsockmon0")
    machine.write("boot/config-6.12.1-test", "CONFIG_MODULES=y\nCONFIG_VHOST_VSOCK=m\n")
    return ["problem  This kernel (6.12.1-test) was built without CONFIG_VSOCKMON (/boot/config-6.12.1-test). Fix: start one "
            "that has it (docs/recording.md, The guest's kernel)"]


def kernel_with_the_option_built_in(machine):
    no_modules(machine)
    no_extcap(machine)
    machine.config("CONFIG_VSOCKMON=y")
    return [NO_DEVICE]


def kernel_with_the_option_and_the_extcap(machine):
    no_modules(machine)
    machine.config("CONFIG_VSOCKMON=y")
    return []


def kernel_that_does_not_tell(machine):
    no_modules(machine)
    return ["problem  This kernel (6.12.1-test) takes no modules, and does not say whether vsockmon is built in. Fix: sudo "
            "ip link add type vsockmon tells; if not, start one that has it (docs/recording.md, The guest's kernel)"]


def kernel_upgraded_with_its_options(machine):
    machine.config("CONFIG_MODULES=y", "CONFIG_VSOCKMON=m")
    return kernel_upgraded(machine)


def no_device_of_root(machine):
    no_device(machine)
    machine.user("root", 0, 0)
    return [NO_DEVICE.replace("sudo ", "")]


def module_not_loaded(machine):
    no_extcap(machine)
    machine.remove("sys/class/net/vsockmon0")
    machine.modules(vsockmon="/lib/modules/6.12.1-test/kernel/drivers/net/vsockmon.ko")
    return ["problem  The module vsockmon is not loaded. Fix: sudo modprobe vsockmon", NO_DEVICE]


def module_missing(machine):
    machine.remove("sys/class/net/vsockmon0")
    return ["problem  This kernel (6.12.1-test) has no module vsockmon (CONFIG_VSOCKMON). Fix: install the rest of its "
            "modules (Ubuntu: linux-modules-extra-6.12.1-test), or another kernel"]


def kernel_upgraded(machine):
    machine.remove("sys/class/net/vsockmon0")
    machine.remove("lib/modules/6.12.1-test")
    return ["problem  The modules of this kernel (6.12.1-test) are not here: after an upgrade, or in a "
            "container. Fix: reboot, or record on the host"]


def device_down(machine):
    machine.device("vsockmon0", flags="0x80")
    return ["problem  vsockmon0 is down. Fix: sudo ip link set vsockmon0 up"]


def device_with_one_packet(machine):
    machine.device("vsockmon0", flags="0x81", count=1)
    return []


def device_of_another_name(machine):
    machine.remove("sys/class/net/vsockmon0")
    machine.device("mon", flags="0x80")
    return ["problem  mon is down. Fix: sudo ip link set mon up"]


def two_devices(machine):
    machine.device("vsockmon1")
    return ["warning  2 vsockmon devices are up: -i any records every packet 2 times. Fix: sudo ip link del vsockmon1"]


def no_transport(machine):
    machine.remove("sys/module/vhost_vsock")
    machine.device("vsockmon0", count=0)
    return ["problem  No vsock transport is loaded: nobody can speak. Fix: sudo modprobe vhost_vsock on a host, or "
            "sudo modprobe vsock_loopback to try it"]


def transport_that_only_shows_by_packets(machine):
    machine.remove("sys/module/vhost_vsock")
    return []


def transport_built_in(machine):
    no_transport(machine)
    machine.modules(vsock_loopback="(builtin)")
    return []


def transport_with_a_device_only(machine):
    no_transport(machine)
    machine.write("sys/class/misc/vhost-vsock/dev", "10:241\n")
    return []


def guest(machine):
    no_transport(machine)
    machine.module("vmw_vsock_virtio_transport")
    machine.write("sys/bus/virtio/drivers/vmw_vsock_virtio_transport/virtio3/device", "")
    return []


def guest_without_a_device(machine):
    no_transport(machine)
    machine.module("vmw_vsock_virtio_transport")
    return ["problem  This machine has no vsock device (vmw_vsock_virtio_transport is loaded, without one). Fix: give "
            "the guest one, as with QEMU's -device vhost-vsock-pci,guest-cid=3"]


def guest_of_other_kinds(machine):
    no_transport(machine)
    machine.module("hv_sock")
    machine.module("vmw_vsock_vmci_transport")
    return ["warning  What is spoken over hv_sock vmw_vsock_vmci_transport does not pass vsockmon, which has virtio's transports only. "
            "Fix: nothing does; trace the programs instead, as with strace -f -e trace=network"]


def seen_from_the_guest_only(who):
    return [f"warning  {who} runs here: its guests' vsock ends there, and does not pass this kernel. "
            "Fix: record inside the guest (docs/recording.md)"]


def firecracker(machine):
    machine.process(4711, "firecracker")
    return seen_from_the_guest_only("firecracker (process 4711)")


def cloud_hypervisor(machine):
    machine.process(4711, "cloud-hyperviso")
    machine.process(4712, "firecracker")
    return seen_from_the_guest_only("cloud-hypervisor (process 4711) and 1 more")


def vhost_device_vsock(machine):
    machine.process(4711, "vhost-device-vs")
    return seen_from_the_guest_only("vhost-device-vsock (process 4711)")


def libkrun(machine):
    machine.process(4711, "krunvm", maps="7f00-7f01 r-xp 00000000 fe:00 1 /usr/lib64/libkrun.so.1.9.0\n")
    return seen_from_the_guest_only("libkrun (process 4711)")


def qemu_with_a_user_space_vsock(machine):
    machine.process(4711, "qemu-system-x86", cmdline="qemu-system-x86_64\0-device\0vhost-user-vsock-pci,chardev=c\0")
    return seen_from_the_guest_only("QEMU with vhost-user-vsock (process 4711)")


def qemu_with_the_kernels(machine):
    machine.process(4711, "qemu-system-x86", cmdline="qemu-system-x86_64\0-device\0vhost-vsock-pci,guest-cid=3\0")
    return []


def vhost_without_a_cid(machine):
    machine.process(4711, "crosvm", cmdline="crosvm\0run\0", files=("/dev/kvm", "/dev/vhost-vsock"))
    return []


# A finding each; the machine is to have no other.
FAULTS = (
    healthy, tshark_missing, tshark_broken, tshark_old, another_tshark, wireshark_missing,
    wireshark_of_another_series, wireshark_broken, plugin_missing, plugin_missing_for_root,
    plugin_built_for_another_series, plugin_compiled_for_another_series, plugin_cut, plugin_unreadable,
    plugin_of_the_series_before, plugin_in_the_wrong_folder, plugin_in_the_wrong_system_folder,
    plugin_ignored_for_root, plugin_ignored_for_sudo, plugin_folder_ignored_for_group_0,
    plugins_not_supported, personal_plugins_not_supported, plugin_in_both_folders,
    second_copy_in_an_odd_folder, protocol_disabled_in_an_odd_folder, wrong_folder_with_an_odd_name,
    plugin_in_the_personal_folder, plugin_stepped_back, protocol_disabled, other_protocol_disabled,
    dumpcap_missing, not_in_the_group, not_in_the_group_yet, no_capabilities, no_capabilities_of_root,
    dumpcap_cannot, no_device, no_device_builtin, no_device_of_root, module_not_loaded, module_missing,
    kernel_upgraded, device_down, device_with_one_packet, device_of_another_name, two_devices, no_transport,
    transport_that_only_shows_by_packets, transport_built_in, transport_with_a_device_only, guest,
    guest_without_a_device, guest_of_other_kinds, firecracker, cloud_hypervisor, vhost_device_vsock, libkrun,
    qemu_with_a_user_space_vsock, qemu_with_the_kernels, vhost_without_a_cid, extcap_missing,
    extcap_without_capabilities, extcap_without_capabilities_nor_device, extcap_of_a_group, extcap_of_the_user,
    extcap_of_the_user_with_4_0, no_device_but_the_extcap, kernel_without_the_option, kernel_without_both_options,
    kernel_without_the_option_in_boot, kernel_with_the_option_built_in, kernel_with_the_option_and_the_extcap,
    kernel_that_does_not_tell, kernel_upgraded_with_its_options,
)

# What is said where nothing is wrong, of the machine that `healthy` leaves as it is.
ALL_WELL = f"""\
ok       tshark is 4.4.7, of series 4.4 (/bin/tshark)
ok       Wireshark is 4.4.7, of the same series (/bin/wireshark)
ok       The plugin is loaded: version 0.1.0 (/{SYSTEM_COPY})
ok       You may record (dumpcap is /bin/dumpcap)
ok       The extcap may record (/{EXTCAP}/vsockmon)
ok       vsockmon0 is up, and has seen 12 packets
ok       vhost_vsock is loaded: guests whose vsock is vhost's are seen
All is well.
"""


def fail(what, status, output):
    sys.exit(f"{what}: exit status {status} and:\n{output}")


def check_fault(fault):
    machine = Machine()
    expected = fault(machine)
    status, output = machine.run()
    found = [line for line in output.splitlines()[:-1] if not line.startswith("ok ")]
    wanted = 1 if any(line.startswith("problem ") for line in expected) else 0
    if (status, found) != (wanted, expected):
        fail(f"{fault.__name__}, which should be {wanted} and {expected}", status, output)
    if fault is healthy and output != ALL_WELL:
        fail("healthy", status, output)


def row(encapsulation=185, hatype="", src=3, dst=2, length=76, captured=76, protocols="vsock"):
    """What tshark says of a packet."""
    return "\t".join(map(str, (encapsulation, hatype, src, dst, length, captured, protocols))) + "\n"


ANY = {"encapsulation": 25, "hatype": 826, "length": 92, "captured": 92, "protocols": "sll:vsock"}

# What a capture's packets are, the exit status, and what is said of it.
CAPTURES = (
    (row() + row(src=2, dst=3), 0, [
        "ok       vsock.pcapng: recorded from vsockmon's device, with 2 of 2 packets from vsockmon",
        "ok       vsock.pcapng: recorded in the guest with CID 3, or on its host while no other spoke"]),
    (row(src=42) + row(src=2) + row(src=3), 0, [
        "ok       vsock.pcapng: recorded from vsockmon's device, with 3 of 3 packets from vsockmon",
        "ok       vsock.pcapng: recorded on a host: 2 guests speak"]),
    (row(src=1, dst=1) + row(src=1, dst=2) + row(src=42, dst=1), 0, [
        "ok       vsock.pcapng: recorded from vsockmon's device, with 3 of 3 packets from vsockmon",
        "ok       vsock.pcapng: of loopback alone, which every machine has of its own"]),
    (row(src=2, dst=9) + row(src=4294967295) + row(src=4294967338), 0, [
        "ok       vsock.pcapng: recorded from vsockmon's device, with 3 of 3 packets from vsockmon",
        "ok       vsock.pcapng: of no guest"]),
    (row(**ANY) + row(encapsulation=25, hatype=1, src="", dst="", length=500, captured=60, protocols="sll:arp"), 0, [
        "ok       vsock.pcapng: recorded from -i any, with 1 of 2 packets from vsockmon",
        "ok       vsock.pcapng: recorded in the guest with CID 3, or on its host while no other spoke"]),
    (row(**ANY | {"protocols": "sll:data"}), 1, [
        "ok       vsock.pcapng: recorded from -i any, with 1 of 1 packet from vsockmon",
        "problem  vsock.pcapng: tshark does not decode 1 packet of vsockmon. Fix: see above"]),
    (row(encapsulation=1, src="", dst="", protocols="eth:arp"), 1, [
        "problem  vsock.pcapng: none of its packets is from vsockmon: they are of Ethernet (1). "
        "Fix: record from vsockmon0 (docs/recording.md)"]),
    ("", 1, ["problem  vsock.pcapng: there is no packet in it. Fix: record while something speaks; see /doctor on that "
             "machine"]),
    (row(length=500, captured=75) + row(length=500, captured=76) + row(length=31, captured=31), 0, [
        "ok       vsock.pcapng: recorded from vsockmon's device, with 3 of 3 packets from vsockmon",
        "ok       vsock.pcapng: recorded in the guest with CID 3, or on its host while no other spoke",
        "warning  vsock.pcapng: a snaplen cut 1 packet within the headers. Fix: record with a snaplen of 96 or more"]),
    (row(**ANY | {"length": 500, "captured": 95}) + row(**ANY | {"length": 500, "captured": 96}), 0, [
        "ok       vsock.pcapng: recorded from -i any, with 2 of 2 packets from vsockmon",
        "ok       vsock.pcapng: recorded in the guest with CID 3, or on its host while no other spoke",
        "warning  vsock.pcapng: a snaplen cut 1 packet within the headers. Fix: record with a snaplen of 96 or more"]),
)
UNNAMED = "ok       vsock.pcapng: the file does not say which kernel recorded it"
TORN = "warning  vsock.pcapng: tshark does not read it to the end. Fix: record it again, and let dumpcap end with Ctrl+C"


def check_installed():
    """Under its own name, without the folder that it comes from."""
    machine = Machine()
    machine.fake_tshark()
    machine.remove(SYSTEM_COPY)
    machine.plugin()
    for script, place in ((DOCTOR, "usr/bin/vsock-doctor"),
                          *((shared, f"usr/share/wireshark-vsock/{shared.name}") for shared in (SHARED, RECORDED))):
        (machine.folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(script, machine.folder / place)
    for arguments, wanted, words in (
            (["--help"], 0, "vsock-doctor --decode "), (["x"], 2, "vsock-doctor: x: no such file"),
            (["--record"], 2, "vsock-doctor: usage: vsock-doctor"),
            (["--decode"], 1, "Fix: build it for this Wireshark, with scripts/quickstart or scripts/package of its sources")):
        status, output = machine.run(*arguments, script="usr/bin/vsock-doctor")
        if status != wanted or words not in output or " doctor" in output:
            fail(f"installed, with {arguments}, which should be {wanted} and say {words}", status, output)


def check_captures():
    for torn in (False, True):
        for packets, wanted, expected in CAPTURES:
            machine = Machine()
            machine.write("vsock.pcapng", "")
            machine.write("packets", packets)
            if expected[0].startswith("ok "):
                expected = [*expected, UNNAMED]
            if torn:
                machine.write("broken", "")
                expected = [TORN, *expected]
            status, output = machine.run("vsock.pcapng")
            if (status, output.splitlines()[3:-1]) != (wanted, expected):
                fail(f"{packets}, which should be {wanted} and {expected}", status, output)
    print(f"{len(CAPTURES)} captures, whole and torn")


# What capinfos says of a capture, and what is said of the kernel.
LINUX = "Linux 6.12.117+deb13-amd64"
KERNELS = (
    (f"Capture oper-sys:    {LINUX}\n", [f"ok       vsock.pcapng: recorded by {LINUX}, of whose tap no bug is known"]),
    ("Capture oper-sys:    Linux 6.12.88+deb12-amd64\n", [
        "warning  vsock.pcapng: recorded by Linux 6.12.88+deb12-amd64; known bugs of its tap: payload above 32404 bytes is "
        "not recorded; what MSG_ZEROCOPY sends is not recorded; packets that vhost splits are recorded with too much. "
        "Fix: record with Linux 7.1, 7.0.9, 6.18.32, 6.12.90 or later"]),
    ("Capture oper-sys:    Linux 6.1.0-56-amd64\n", [
        "warning  vsock.pcapng: recorded by Linux 6.1.0-56-amd64; bugs that its tap may have (the name does not tell which "
        "release it is): packets that vhost splits are recorded with too much. "
        "Fix: record with Linux 7.1, 7.0.9, 6.18.32, 6.12.90 or later"]),
    # An interface knows better than a file that others were merged into, and only those of vsock matter.
    ("Capture oper-sys:    Linux 6.1.63\nInterface #0 info:\n  Encapsulation = Ethernet (1 - ether)\n"
     "  Operating system = Linux 6.1.64\nInterface #1 info:\n  Encapsulation = Linux vsock (185 - vsock)\n"
     f"  Operating system = {LINUX}\nInterface #2 info:\n"
     "  Encapsulation = Linux cooked-mode capture v1 (25 - linux-sll)\n  Operating system = Linux 6.2.9\n", [
         f"ok       vsock.pcapng: recorded by {LINUX}, of whose tap no bug is known",
         "ok       vsock.pcapng: recorded by Linux 6.2.9, of whose tap no bug is known"]),
    ("Capture oper-sys:    Linux 7.1\033[2J\n", [
        "ok       vsock.pcapng: recorded by Linux 7.1?[2J, of whose tap no bug is known"]),
)


def check_kernels():
    for capinfos, expected in KERNELS:
        machine = Machine()
        machine.write("vsock.pcapng", "")
        machine.write("packets", row())
        machine.write("capinfos.txt", capinfos)
        status, output = machine.run("vsock.pcapng")
        if (status, output.splitlines()[5:-1]) != (0, expected):
            fail(f"{capinfos}, which should be {expected}", status, output)
    print(f"{len(KERNELS)} kernels")


def check_names():
    """What a terminal would take for a command is not printed."""
    machine = Machine()
    machine.write("packets", row())
    for name, shown in (("x\033[31m.pcapng", "x?[31m.pcapng"), ("x\n\u009b2J.pcapng", "x??2J.pcapng")):
        machine.write(name, "")
        for argument, wanted in ((name, 0), (f"no {name}", 2)):
            status, output = machine.run(argument)
            if status != wanted or shown not in output or "\033" in output or "\u009b" in output:
                fail(f"{argument!r}, which should be shown as {shown}", status, repr(output))


# Arguments of QEMU's, and the CIDs and names in them. The processes are numbered from 100 on.
QEMU = "/usr/bin/qemu-system-x86_64"
MACHINES = (
    ((QEMU, "-name", "web-vm", "-device", "vhost-vsock-pci,guest-cid=42"), [(42, "web-vm")]),
    # as libvirt starts it
    (("/usr/bin/qemu-system-x86_64", "-name", "guest=db,debug-threads=on", "-device",
      '{"driver":"vhost-vsock-pci","id":"vsock0","guest-cid":7,"vhostfd":"30","bus":"pci.7","addr":"0x0"}'), [(7, "db")]),
    # as Kata does
    (("/opt/kata/bin/qemu-system-x86_64", "-name", "sandbox-1f2e,debug-threads=on", "-device",
      "vhost-vsock-pci,disable-modern=false,vhostfd=3,id=vsock-27945,guest-cid=2794582612"), [(2794582612, "sandbox-1f2e")]),
    ((QEMU, "--device", "driver=vhost-vsock-ccw,id=v,guest-cid=0x10", "--name", "a,,b,process=x"), [(16, "a,b")]),
    (("/usr/libexec/qemu-kvm", "-device", "vhost-vsock-device,guest-cid=010"), [(8, "")]),
    (("kvm", "-device", "vhost-vsock-pci-non-transitional,guest-cid=4294967294"), [(4294967294, "")]),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=5", "-device", "vhost-vsock-pci,guest-cid=6", "-name", "two"),
     [(5, "two"), (6, "two")]),
    ((QEMU, "-name", 'x"\\ü\n\t$(id)', "-device", "vhost-vsock-pci,guest-cid=9"), [(9, 'x"\\ü  $(id)')]),
    ((QEMU, "-device", '{ "guest-cid" : "11", "driver" : "vhost-vsock-pci" }'), [(11, "")]),
    # what is none, and what QEMU refuses
    ((QEMU, "-device", "vhost-user-vsock-pci,chardev=c,guest-cid=12"), []),
    ((QEMU, "-device", "virtio-net-pci,id=vhost-vsock-pci,guest-cid=12"), []),
    ((QEMU, "-append", "vhost-vsock-pci,guest-cid=12"), []),
    ((QEMU, "-device", "vhost-vsock-pci"), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid="), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=2"), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=4294967295"), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=1" + 400 * "0"), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=12x"), []),
    ((QEMU, "-device", "vhost-vsock-pci,guest-cid=0x"), []),
    (("sudo", QEMU, "-device", "vhost-vsock-pci,guest-cid=12"), []),
    (("grep", "-device", "vhost-vsock-pci,guest-cid=12"), []),
    ((QEMU, "vhost-vsock-pci,guest-cid=12", "-device"), []),
)


def row_of(cid, name):
    """As Wireshark writes one of vsock_cids."""
    plain = "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in name.encode())
    return f'"{cid}","{plain}"'


def check_machines():
    found, machine = [], Machine()
    for number, (arguments, expected) in enumerate(MACHINES, 100):
        machine.process(number, "qemu-system-x86", "".join(f"{argument}\0" for argument in arguments),
                        files=("/dev/vhost-vsock",) if expected else ())
        found += [(cid, number, name) for cid, name in expected]
    found.sort()
    status, output = machine.run()
    shown = [f"ok       CID {cid} is {name or 'without a name'} (QEMU, process {number})"
             for cid, number, name in found]
    if status != 0 or [line for line in output.splitlines() if line.startswith("ok       CID")] != shown:
        fail(f"virtual machines, which should be {shown}", status, output)
    status, output = machine.run("--names")
    rows = [row_of(cid, name or f"qemu-{number}") for cid, number, name in found]
    if (status, output.splitlines()) != (0, rows):
        fail(f"--names, which should be {rows}", status, output)
    return rows


def check_shared_names():
    """One CID, two machines: in network namespaces of their own."""
    machine = Machine()
    for number, name in ((30, "a"), (31, "b")):
        machine.process(number, "qemu-kvm", f"qemu-kvm\0-name\0{name}\0-device\0vhost-vsock-pci,guest-cid=3\0")
    machine.process(40, "crosvm", "crosvm\0run\0--vsock\0cid=3\0", files=("/dev/kvm", "/dev/vhost-vsock", "/dev/vhost-vsock"))
    machine.process(41, "bash", "bash\0", files=("/dev/pts/0", "/dev/vhost-vsock-not"))
    status, output = machine.run("--names")
    if (status, output) != (0, '"3","a or b"\n'):
        fail("two machines with one CID", status, output)
    status, output = machine.run()
    held = [line for line in output.splitlines() if "its arguments do not tell" in line]
    if held != ["ok       crosvm (process 40) uses vhost-vsock; its arguments do not tell with which CID"]:
        fail("one that is no QEMU", status, output)
    status, output = Machine().run("--names")
    if (status, output) != (1, "doctor: no QEMU here has a CID on its command line\n"):
        fail("no machine", status, output)


def check_usage():
    machine = Machine()
    no_device(machine)
    for arguments, wanted, words in (([], 1, "1 problem, 0 warnings."), (["--decode"], 0, "All is well."),
                                     (["--help"], 0, "why is it not working?"), (["--record"], 2, "usage: doctor"),
                                     (["--names", "x"], 2, "usage: doctor"),
                                     (["--decode", "x"], 2, "usage: doctor"), (["nothing.pcapng"], 2, "no such file")):
        status, output = machine.run(*arguments)
        if status != wanted or words not in output:
            fail(f"{arguments}, which should be {wanted} and say {words}", status, output)
    tshark_missing(machine)
    machine.write("vsock.pcapng", "")
    status, output = machine.run("vsock.pcapng")
    if status != 1 or len(output.splitlines()) != 2:
        fail("a capture without tshark", status, output)


class Reality:
    """The tshark that is installed, with the plugin that was built; whatever else is installed beside them."""

    def __init__(self, folder, environment):
        self.folder, self.environment = pathlib.Path(folder), environment | {"TSHARK": shutil.which(options.tshark),
                                                                             "WIRESHARK": "/nonexistent",
                                                                             "CAPINFOS": shutil.which("capinfos"),
                                                                             "PATH": f"{folder}/bin"}
        link((*TOOLS, "id"), self.folder / "bin")
        for script in (DOCTOR, SHARED, RECORDED, DOCTOR.with_name("quickstart")):
            runner.let_read(shutil.copy(script, self.folder))
        self.plugin = self.folder / "plugins" / options.series / "epan" / "vsock.so"
        self.home = self.folder / "home"
        self.personal = self.home / ".local/lib/wireshark/plugins" / options.series / "epan" / "vsock.so"
        self.environment["HOME"] = str(self.home)

    def expect(self, wanted, words, *arguments, as_is=False):
        for path in (self.home, *self.home.rglob("*")):
            path.chmod(0o755)
        command = ["sh", str(self.folder / "doctor"), *(arguments or ["--decode"])]
        result = subprocess.run(command if as_is else runner.unprivileged(command), env=self.environment,
                                cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if result.returncode != wanted or words not in result.stdout:
            fail(f"really, this should be {wanted} and \"{words}\"", result.returncode, result.stdout + result.stderr)
        print(f"{wanted}: {words}")


def check_rows_are_read(real, rows):
    """Wireshark takes what --names prints, and shows that name."""
    table = real.home / ".config/wireshark/vsock_cids"
    table.parent.mkdir(parents=True)
    table.write_text("\n".join([*rows, row_of(1, 'it is"\\ü')]) + "\n")
    for path in (real.home, *real.home.rglob("*")):
        path.chmod(0o755)
    capture = runner.readable("hello.pcapng", real.folder)
    result = subprocess.run(runner.unprivileged([options.tshark, "-r", capture, "-N", "m", "-c", "1"]),
                            env=real.environment, cwd=real.folder, capture_output=True, text=True)
    if result.stderr or 'it is"\\ü' not in result.stdout:
        fail("a table of names", result.returncode, result.stdout + result.stderr)
    shutil.rmtree(real.home / ".config")


def answer_to_root(real):
    """Root's tshark does load the plugin where one is installed for all users."""
    loaded = subprocess.run([options.tshark, "-G", "plugins"], env=real.environment, capture_output=True, text=True).stdout
    if re.search(r"^vsock\.so\s", loaded, re.M):
        return 0, f"There is a second copy, which is not used ({real.personal})"
    return 1, f"As root, tshark ignores {real.personal} without a word"


def check_reality(rows):
    with runner.bench(options) as (folder, environment):
        real = Reality(folder, environment)
        check_rows_are_read(real, rows)
        real.personal.parent.mkdir(parents=True)
        real.expect(0, f"ok       The plugin is loaded: version 0.1.0 ({real.plugin})\nAll is well.")
        for capture, words in (("hello.pcapng", "recorded from vsockmon's device, with 9 of 9 packets from vsockmon"),
                               ("any.pcapng", "recorded from -i any, with 9 of 9 packets from vsockmon"),
                               ("any-sll2.pcap", "recorded from -i any, with 11 of 11 packets from vsockmon"),
                               ("seqpacket.pcapng", "of loopback alone"),
                               ("vhost-7.2.13.pcapng.gz", "recorded in the guest with CID 42, or on its host")):
            real.expect(0, words, runner.readable(capture, folder))
        real.expect(0, "recorded by Linux 6.17.13+deb13-amd64; known bugs of its tap: payload above 32404 bytes",
                    runner.readable("tap-zero-6.17.13.pcapng.gz", folder))
        real.expect(0, "recorded by Linux 7.2.13+deb14-amd64, of whose tap no bug is known",
                    runner.readable("vhost-7.2.13.pcapng.gz", folder))
        (real.folder / "text.pcapng").write_text("no capture\n")
        (real.folder / "text.pcapng").chmod(0o644)
        real.expect(1, "there is no packet in it", "text.pcapng")
        shutil.copy(real.plugin, real.personal)
        real.expect(0, f"There is a second copy, which is not used ({real.personal})")
        if os.getuid() == 0:
            real.expect(*answer_to_root(real), as_is=True)
        disabled = real.home / ".config/wireshark/disabled_protos"
        disabled.parent.mkdir(parents=True)
        disabled.write_text("vsock\n")
        real.expect(1, f"vsock is turned off in Enabled Protocols ({disabled})")
        disabled.unlink()
        shutil.copy(real.plugin, real.plugin.with_name("vsock-copy.so"))
        real.expect(1, "The plugin is loaded and stepped back")
        real.plugin.with_name("vsock-copy.so").unlink()
        real.personal.unlink()
        real.plugin.write_bytes(b"")
        real.expect(1, "tshark cannot load the plugin")
        real.plugin.unlink()
        real.expect(1, "The plugin is not installed")
        other = real.home / ".local/lib/wireshark/plugins/3.6/epan/vsock.so"
        other.parent.mkdir(parents=True)
        other.write_bytes(b"")
        real.expect(1, f"The plugin is there for another series than {options.series} only ({other})")


def main():
    check_usage()
    for fault in FAULTS:
        check_fault(fault)
    print(f"{len(FAULTS)} machines")
    check_installed()
    check_captures()
    check_kernels()
    check_names()
    rows = check_machines()
    check_shared_names()
    check_reality(rows)


options = runner.parse_arguments()
main()
