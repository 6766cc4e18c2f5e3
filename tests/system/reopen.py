#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Nothing of a capture may show in the next one, nor anything of a setting that is taken back.

Captures are opened one after another in one sharkd, some looked at only in part, with the window of Statistics > vsock
Diagnoses left open; and opened again with preferences, Decode As and name resolution changed, and changed back. All
that there is to see must be what a process shows that never saw anything else. gui/fake_window.c and
gui/fake_decode_as.c play the GUI. --long: all stored captures, each setting with more of them, and how memory grows.
Takes runner.py's options; the build leaves the fakes in BUILD/fakes.
"""
import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import known, runner, sharkd

CAPTURES = ("any-two.pcapng", "connections.pcapng", "copies.pcapng", "gallery/healthy-reuse.pcapng", "hello.pcapng",
            "interfaces.pcapng", "payload-http.pcapng", "sd_notify.pcapng", "seqpacket.pcapng", "ttrpc.pcapng")

# (preference, value, a capture that shows it)
SETTINGS = (("vsock.stall_note", 1, "credit.pcapng"),
            ("vsock.stall_warning", 5, "credit.pcapng"),
            ("vsock.credit_request_timeout", 1, "credit.pcapng"),
            ("vsock.connect_timeout", 1, "connections.pcapng"),
            ("vsock.desegment_streams", "FALSE", "payload-http.pcapng"),
            ("vsock.reassembly_limit", 1, "payload-http.pcapng"),
            ("vsock.try_heuristic_first", "FALSE", "payload-heuristics.pcapng"),
            ("vsock.tcp_heuristics", "TRUE", "payload-heuristics.pcapng"),
            ("fake_decode_as.choice", "1234=http", "any-two.pcapng"),
            ("fake_decode_as.choice", "22=data-text-lines", "payload-heuristics.pcapng"),
            ("nameres.transport_name", "TRUE", "copies.pcapng"),
            ("nameres.mac_name", "FALSE", "copies.pcapng"))

MEMORY_LOADS, MEMORY_SETTLED, MEMORY_NOISE_KIB = 60, 20, 100
MEMORY_CAPTURES = ("connections.pcapng", "ttrpc.pcapng", "vhost-7.2.13.pcapng.gz")


class Bench:
    """Starts sharkd with the fakes beside the plugin, and knows what to ask."""

    def __init__(self, options, folder, environment):
        self.options, self.folder, self.environment = options, folder, environment
        self.asked = sharkd.questions(known.fields(options))
        self.loads = 0
        fakes = pathlib.Path(options.plugins).parent / "fakes"
        for fake in ("fake_decode_as.so", "fake_window.so"):
            runner.let_read(shutil.copy(fakes / fake, pathlib.Path(environment["WIRESHARK_PLUGIN_DIR"], options.series, "epan")))

    def start(self):
        server = sharkd.Sharkd(self.options, self.folder, self.environment)
        if server.ask("dumpconf", pref="vsock")["prefs"].get("vsock.stall_note") is None:
            sys.exit("the plugin has no preferences")
        server.stderr_since()
        return server

    def see(self, server, capture):
        """Loads the capture; returns all answers, with what the window said."""
        self.loads += 1
        count = server.load(capture)
        answers = dict(server.answers([sharkd.look_at(number) for number in range(1, count + 1)] + self.asked))
        return answers, server.stderr_since()

    def see_part(self, server, capture, rng):
        """Loads the capture and looks at a third of it, in any order."""
        self.loads += 1
        requests = [sharkd.look_at(number) for number in range(1, server.load(capture) + 1)] + self.asked
        for _ in server.answers(rng.sample(requests, len(requests) // 3)):
            pass
        server.stderr_since()

    def fresh(self, capture, settings=()):
        """What a process shows that sees nothing else."""
        with self.start() as server:
            for name, value in settings:
                server.ask("setconf", name=name, value=value)
            return self.see(server, capture)


def compare(what, fresh, seen):
    different = [f"{what}: the window says\n{seen[1]}and of a fresh process\n{fresh[1]}"] if seen[1] != fresh[1] else []
    for line, answer in seen[0].items():
        found = sharkd.differences(fresh[0][line], answer)
        if found:
            different.append(f"{what}: {line}\n  fresh only: {found[0]}\n  now only: {found[1]}")
    return different


def reopen(bench, captures, rng):
    """Each capture twice, in any order, and others in part before."""
    fresh = {capture: bench.fresh(capture) for capture in captures}
    order, different = list(captures) * 2, []
    rng.shuffle(order)
    with bench.start() as server:
        for capture in order:
            bench.see_part(server, rng.choice(captures), rng)
            different += compare(f"{capture} after others", fresh[capture], bench.see(server, capture))
    return different


def value_of(server, name):
    """A preference's value, as setconf takes it."""
    (kind, value), = server.ask("dumpconf", pref=name)["prefs"][name].items()
    return ("TRUE" if value else "FALSE") if kind == "b" else value


def change(bench, server, setting, captures, rng):
    """The setting is changed while another capture is open, and changed back."""
    name, value, shows = setting
    before, different = value_of(server, name), []
    for capture in captures:
        default, changed = bench.fresh(capture), bench.fresh(capture, [(name, value)])
        if capture == shows and default == changed:
            different.append(f"{capture} does not show {name}")
        bench.see(server, capture)
        server.ask("setconf", name=name, value=value)
        # What a GUI would read anew is now looked at as it is: whatever it shows.
        list(server.answers([sharkd.look_at(number) for number in range(1, server.ask("status")["frames"] + 1)]))
        bench.see_part(server, rng.choice(CAPTURES), rng)
        different += compare(f"{capture} with {name} {value}", changed, bench.see(server, capture))
        server.ask("setconf", name=name, value=before)
        different += compare(f"{capture} with {name} changed back", default, bench.see(server, capture))
    return different


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def growth_kib(bench, capture, environment):
    """What each load of a capture, with a look at each packet, leaves behind."""
    with sharkd.Sharkd(bench.options, bench.folder, environment) as server:
        for load in range(MEMORY_LOADS + 1):
            count = server.load(capture)
            for _ in server.answers([sharkd.look_at(number) for number in range(1, count + 1)]):
                pass
            if load == MEMORY_SETTLED:
                settled = resident_kib(server)
        return (resident_kib(server) - settled) / (MEMORY_LOADS - MEMORY_SETTLED)


def measure_memory(bench):
    """Beside what Wireshark itself leaves behind: 4.0 does, 11 MiB of any capture."""
    without = {name: value for name, value in bench.environment.items() if name != "WIRESHARK_PLUGIN_DIR"}
    different = []
    for capture in MEMORY_CAPTURES:
        ours, others = growth_kib(bench, capture, bench.environment), growth_kib(bench, capture, without)
        print(f"memory: {capture}: each of {MEMORY_LOADS - MEMORY_SETTLED} loads leaves {ours:.1f} KiB behind, "
              f"{others:.1f} KiB without the plugin")
        if ours > others + MEMORY_NOISE_KIB:
            different.append(f"{capture}: memory grows")
    return different


def main():
    options = runner.parse_arguments("--long")
    rng, different = random.Random(1), []
    captures = runner.stored_captures() if options.long else CAPTURES
    with runner.bench(options) as (folder, environment):
        bench = Bench(options, folder, environment)
        different += reopen(bench, captures, rng)
        with bench.start() as server:
            for setting in SETTINGS:
                shown_by = {setting[2], *(CAPTURES if options.long else ())}
                different += change(bench, server, setting, sorted(shown_by), rng)
        if options.long:
            different += measure_memory(bench)
    print("\n".join(different))
    print(f"{len(captures)} captures reopened, {len(SETTINGS)} settings changed and changed back, {bench.loads} loads: "
          f"{len(different)} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
