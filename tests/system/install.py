#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`cmake --install` and the target `uninstall`: personal, for all users, for a Wireshark with a prefix of its own, beside
the plugin of another series. Takes runner.py's options.

Builds are configured anew, each in its place, and get the plugin and the programs that are there; nothing is compiled
again.
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

OTHER_SERIES = "3.99"


class Mismatch(Exception):
    pass


def expect(what, is_so):
    print(f"{'yes' if is_so else 'NO '}  {what}")
    if not is_so:
        raise Mismatch(what)


def cached(options, variable):
    """What the build under test has found."""
    cache = pathlib.Path(options.plugins).with_name("CMakeCache.txt").read_text()
    return re.search(rf"^{variable}:\w+=(.*)$", cache, re.M)[1]


def built_extcap(options):
    """Where libmnl's headers are."""
    return pathlib.Path(options.plugins).with_name("extcap_folder") / "vsockmon"


def tools(options):
    """vsockwatch is built where libpcap's headers are."""
    watch = [path.name for path in [pathlib.Path(options.plugins).with_name("vsockwatch")] if path.exists()]
    return ["vsock-both", "vsock-check", "vsock-doctor", "vsock-filter", "vsock-graph", *watch]


def installed_tools(options, unit):
    """What is installed of the tools, below the prefix."""
    return {*(f"bin/{tool}" for tool in tools(options)), *(f"share/man/man1/{tool}.1.gz" for tool in tools(options)),
            *(f"share/wireshark-vsock/{shared}" for shared in ("tools.sh", "recorded.sh")),
            *(["lib/systemd/system/vsockmon.service"] if unit else [])}


def look_at_tools(folder, options, unit):
    """They are there, know their own names, and have manual pages that are their --help."""
    missing = {file for file in installed_tools(options, unit) if not (folder / file).is_file()}
    expect(f"the tools are in {folder.name}, but for {missing or 'none'}", not missing)
    for tool in tools(options):
        result = subprocess.run([folder / "bin" / tool, "--help"], capture_output=True, text=True)
        expect(f"{tool} has its own name", result.returncode == 0 and re.search(rf"^(usage: )?{tool} ", result.stdout))
        page = gzip.decompress((folder / f"share/man/man1/{tool}.1.gz").read_bytes()).decode()
        said = re.sub(r"^\.\w+.*\n|\\&", "", page, flags=re.M).replace("\\-", "-").replace("\\e", "\\")
        lines = [line for line in result.stdout.splitlines() if line and not line.startswith("usage: ")]
        expect(f"{tool}(1) has all of its help, once", page.startswith(f".TH {tool.upper()} 1 ") and
               all(said.splitlines().count(line) == lines.count(line) for line in lines))
    check = subprocess.run([folder / "bin/vsock-check"], capture_output=True, text=True)
    expect("vsock-check finds what it needs",
           (check.returncode, check.stderr) == (2, "vsock-check: usage: vsock-check [--strict] CAPTURE...\n"))


def listed(home, options):
    """tshark lists the extcap, of that home."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)}
    return "vsockmon (vsock" in runner.call([options.tshark, "-D"], environment).stdout


def cmake(home, *arguments, destdir=""):
    environment = dict(os.environ, HOME=str(home), DESTDIR=str(destdir))
    environment.pop("XDG_CONFIG_HOME", None)  # where the profile would go, out of that home
    return subprocess.run(["cmake", *map(str, arguments)], env=environment, capture_output=True, text=True)


def configure(build, home, options, *arguments):
    result = cmake(home, "-S", runner.TOP, "-B", build, "-DBUILD_TESTING=OFF",
                   f"-DCMAKE_C_COMPILER={cached(options, 'CMAKE_C_COMPILER')}", *arguments)
    if result.returncode != 0:
        raise Mismatch(f"cmake could not configure {build}:\n{result.stderr}")
    shutil.copytree(options.plugins, build / "plugins", dirs_exist_ok=True)
    built = pathlib.Path(options.plugins).parent
    shutil.copytree(built / "man", build / "man", dirs_exist_ok=True)
    shutil.copy(built / "vsock-filter", build)
    if built_extcap(options).exists():
        shutil.copytree(built_extcap(options).parent, build / "extcap_folder", dirs_exist_ok=True)
    if "vsockwatch" in tools(options):
        shutil.copy(built / "vsockwatch", build)


def install(build, home, *arguments, destdir=""):
    result = cmake(home, "--install", build, *arguments, destdir=destdir)
    expect("cmake --install succeeds", result.returncode == 0)


def uninstall(build, home, destdir=""):
    return cmake(home, "--build", build, "--target", "uninstall", destdir=destdir)


def loaded(home, options):
    """The paths that tshark loads the plugin from, where all but the personal folder is empty; and what it complains of."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home),
                   "WIRESHARK_PLUGIN_DIR": str(home / "none")}
    result = runner.call([options.tshark, "-G", "plugins"], environment)
    # 4.4 and later list extcaps there, too, and say so where one is installed for all users as well.
    complaints = "".join(line for line in result.stderr.splitlines(True) if "already loaded as personal" not in line)
    return re.findall(r"^vsock\.so\s.*\t(\S+)$", result.stdout, re.M), complaints.strip()


def personal(folder, options):
    build, home = folder / "personal", folder / "home"
    configure(build, home, options, "-DVSOCK_PERSONAL=ON", f"-DWireshark_DIR={cached(options, 'Wireshark_DIR')}")
    for_all = listed(home, options)  # by quickstart, as root
    refused = uninstall(build, home)
    expect("nothing is uninstalled before it is installed",
           refused.returncode != 0 and "Nothing to uninstall" in refused.stderr)

    install(build, home)
    install(build, home, "--component", "profile")
    profile = home / ".config/wireshark/profiles/vsock"
    expect("the profile is there", (profile / "colorfilters").is_file())
    plugins = home / ".local/lib/wireshark/plugins"
    plugin = plugins / options.series / "epan/vsock.so"
    expect("quickstart knows where it is", (build / "plugin_path.txt").read_text() == f"{plugin}\n")
    expect("tshark loads it from the personal folder", loaded(home, options) == ([str(plugin)], ""))

    extcap = home / (".config/wireshark/extcap" if options.series == "4.0" else ".local/lib/wireshark/extcap") / "vsockmon"
    expect("the extcap is there, and tshark lists it, if it was built",
           [extcap.exists(), listed(home, options)] == 2 * [built_extcap(options).exists()])

    look_at_tools(home / ".local", options, False)
    expect("and quickstart knows where", (build / "tools_path.txt").read_text() == f"{home}/.local/bin\n")

    other = plugins / OTHER_SERIES / "epan/vsock.so"
    other.parent.mkdir(parents=True)
    shutil.copy(plugin, other)
    expect("another series' plugin beside it disturbs nobody", loaded(home, options) == ([str(plugin)], ""))

    expect("it is uninstalled", uninstall(build, home).returncode == 0 and not plugin.exists())
    expect("and so are the extcaps", not list(extcap.parent.glob("*")) and listed(home, options) == for_all)
    expect("and so are the tools", not [path for path in (home / ".local").rglob("*")
                                        if path.is_file() and OTHER_SERIES not in path.parts] and
           not (home / ".local/share/wireshark-vsock").exists())
    expect("and so is the profile, which came by itself", profile.parent.is_dir() and not profile.exists())
    expect("the other series' is still there", other.exists())
    expect("tshark loads none", loaded(home, options) == ([], ""))
    expect("it is not uninstalled twice", uninstall(build, home).returncode != 0)


def for_all_users(folder, options):
    build, home, root = folder / "all", folder / "home", folder / "root"
    configure(build, home, options, f"-DWireshark_DIR={cached(options, 'Wireshark_DIR')}")
    install(build, home, destdir=root)
    found = sorted(path for path in root.rglob("*") if path.is_file())
    plugins = [path for path in found if path.match(f"wireshark/plugins/{options.series}/epan/vsock.so")]
    expect("one plugin is installed, in Wireshark's plugin folder", len(plugins) == 1)
    extcaps = [path for path in found if path.match("wireshark/extcap/vsock*")]
    expect("and the extcaps beside Wireshark's own, if it was built",
           len(extcaps) == 2 * built_extcap(options).exists())
    prefix = next(path for path in root.rglob("vsock-doctor")).parents[1]
    look_at_tools(prefix, options, True)
    expect("and quickstart knows where", f"{root}{(build / 'tools_path.txt').read_text()}" == f"{prefix}/bin\n")
    expect("and nothing else",
           set(found) == {*plugins, *extcaps, *(prefix / file for file in installed_tools(options, True))})
    found = plugins
    expect("quickstart knows where it is", f"{root}{(build / 'plugin_path.txt').read_text()}" == f"{found[0]}\n")
    expect("DESTDIR counts when uninstalling", uninstall(build, home, destdir=root).returncode == 0)
    expect("all files are gone", not [path for path in root.rglob("*") if path.is_file()])


def move_wireshark(prefix, options):
    """What looks like a Wireshark with that prefix: its libraries and headers, and CMake files that say where they are."""
    config = pathlib.Path(cached(options, "Wireshark_DIR"))
    variables = (config / "WiresharkConfig.cmake").read_text()
    libraries, headers = (pathlib.Path(re.search(rf'{name}\s+"\${{PACKAGE_PREFIX_DIR}}/([^"]+)"', variables)[1])
                          for name in ("Wireshark_LIB_DIR", "Wireshark_INCLUDE_DIR"))
    old = config
    while not (old / headers).is_dir():
        old = old.parent
    shutil.copytree(config, prefix / config.relative_to(old))
    (prefix / headers).parent.mkdir(parents=True)
    (prefix / headers).symlink_to(old / headers)
    for library in (old / libraries).glob("libw*.so*"):
        (prefix / libraries / library.name).symlink_to(library)


def with_a_prefix(folder, options):
    build, home, prefix = folder / "opt", folder / "home", folder / "wireshark"
    move_wireshark(prefix, options)
    configure(build, home, options, f"-DCMAKE_PREFIX_PATH={prefix}")
    install(build, home)
    found = list(prefix.rglob("vsock.so"))
    expect("a Wireshark under another prefix gets it there",
           len(found) == 1 and found[0].match(f"wireshark/plugins/{options.series}/epan/vsock.so"))
    expect("a Wireshark that is in no package gets none", not (build / "CPackConfig.cmake").exists())


def main():
    options = runner.parse_arguments()
    os.umask(0o022)  # tshark reads as nobody what root installs
    try:
        with runner.open_folder() as folder:
            for part in (personal, for_all_users, with_a_prefix):
                print(f"\n{part.__name__}")
                part(folder.resolve(), options)
    except Mismatch as mismatch:
        return str(mismatch)
    return 0


if __name__ == "__main__":
    sys.exit(main())
