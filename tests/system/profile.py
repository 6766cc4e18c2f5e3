#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The profile must load without complaint, show its columns, and name only what exists. Takes runner.py's options.

It is tested as `cmake --install --component profile` installs it. tshark reads its columns, colour rules and buttons;
the I/O graphs are held against what io_graph_dialog.cpp of all three series takes, and opened by gui/run.
"""
import csv
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner
from lib.expectations import expect, finish

STALL = "cap-7.2.13.pcapng.gz"
COLUMNS = """\
43|3.218647760|local|→|local|3|VSOCK|10076|2144|260000||2256819987 → 10004 [RW] Len=10000 Win=2144
44|3.221893540|local|→|local|3|VSOCK|2220|0|262144|0.503012320|[Stalled 0.5 s, until 45] [Zero window] 2256819987 \
→ 10004 [RW] Len=2144 Win=0
45|3.724905860|local|→|local|3|VSOCK|76|262144|0|0.503012320|[Stall 0.5 s] 10004 → 2256819987 [CREDIT_UPDATE] \
Buf=262144 Fwd=200000 PeerWin=200000
"""
COLUMNS_OF = (STALL, "connections.pcapng", "credit.pcapng", "any.pcapng")
RULES = {STALL: {11: "Refused or unanswered", 44: "Stall", 45: "Stall", 48: "Credit update and request",
                 49: "Begin and end"}}
ALL_RULES_MATCH_IN = (STALL, "connections.pcapng", "credit.pcapng", "headers.pcapng")

# Rules of packets that may be well; and captures with the diagnoses that the gallery does not have.
FINE = ("", "Begin and end", "Credit update and request", "vsock")
DIAGNOSED_ELSEWHERE = ("connections.pcapng", "credit.pcapng", "payload-gap.pcapng", "tap-whole.pcapng")
DIAGNOSED_WITH = {"nested.pcapng": ("-o", "vsock.followed_connections:4")}

# Diagnoses of somebody who waits: the packet list says it on the packet that shut the window.
WAITS = ("stall-", "credit-leak", "head-of-line")
WAIT = re.compile(r"\[(Stalled|Peer stalled) \d+\.\d s, until (\d+|the end)\]")

STYLES = ("Line", "Impulse", "Bar", "Stacked Bar", "Dot", "Square", "Diamond", "Cross", "Circle", "Plus")
AXES = ("SUM(Y Field)", "MIN(Y Field)", "MAX(Y Field)", "AVG(Y Field)")

PLOT_STYLES = ("Line", "Dot Line", "Step Line", "Dot Step Line", "Impulse", "Dot", "Square", "Diamond", "Cross", "Circle",
               "Plus")


def install(folder):
    """What the build installs as the profile, below the folder; and the configuration folder around it."""
    root = pathlib.Path(folder, "root")
    build = pathlib.Path(options.plugins).parent
    subprocess.run(["cmake", "--install", build, "--component", "profile"], check=True, stdout=subprocess.DEVNULL,
                   env=os.environ | {"DESTDIR": str(root)})
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    profile = next(root.rglob("colorfilters")).parent
    expect("the profile's place", "wireshark/profiles/vsock", "/".join(profile.parts[-3:]))
    return profile, profile.parent.parent


def rows(path):
    """The rows of one of Wireshark's tables: comments left out, fields in quotes."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.reader(lines))


def colour_rules(profile):
    lines = (profile / "colorfilters").read_text().splitlines()
    colour = r"\[\d+,\d+,\d+\]"
    rule = re.compile(f"@([^@]+)@([^@]+)@{colour}{colour}")
    rules = [rule.fullmatch(line) for line in lines if not line.startswith("#")]
    expect("colour rules that are well-formed", True, all(rules))
    return {found[1]: found[2] for found in rules if found}


def column_titles(profile):
    return re.findall(r'^\t"([^"]+)", "%', (profile / "preferences").read_text(), re.M)


def check_packet_list(tshark):
    shown = tshark(STALL, "-C", "vsock", "-2", "-T", "tabs", "-Y", "frame.number in {43..45}")
    wanted = [line.split("|") for line in COLUMNS.splitlines()]
    expect("the packet list", wanted, cells(shown))


def cells(tabs):
    """Without tabs, tshark gives no room to a column without a value: what comes after it moves to the left."""
    return [[cell.strip() for cell in line.split("\t")] for line in tabs.splitlines()]


def check_columns(tshark, titles):
    """A column is empty only where its packet has no such figure, in both passes."""
    stream, window, in_flight, stall = (titles.index(title) + 1  # Source, an arrow, Destination
                                        for title in ("Stream", "Window", "In flight", "Stall"))
    fields = ("vsock.stream", "vsock.credit.effective_window", "vsock.credit.in_flight", "vsock.analysis.stalled_for",
              "vsock.analysis.stall_time")
    arguments = [part for field in fields for part in ("-e", field)]
    for capture in COLUMNS_OF:
        for passes in ([], ["-2"]):
            shown = cells(tshark(capture, *passes, "-C", "vsock", "-T", "tabs"))
            values = [line.split("\t") for line in tshark(capture, *passes, "-T", "fields", *arguments).splitlines()]
            expect(f"{capture} {passes}: columns", [[*value[:3], ",".join(filter(None, value[3:]))] for value in values],
                   [[row[place] for place in (stream, window, in_flight, stall)] for row in shown])


def check_stalls(tshark):
    """Who waits, since when and until when, in the packet list alone, wherever a diagnosis says that somebody does."""
    captures = [*runner.stored_captures("gallery/*"), *DIAGNOSED_ELSEWHERE]
    seen = set()
    for capture, said in zip(captures, runner.each(
            lambda capture: tshark(capture, "-C", "vsock", "-2", "-z", "vsock,diagnose,json").splitlines(), captures)):
        for each in (json.loads(line) for line in said if line.startswith("{")):
            if not each["code"].startswith(WAITS):
                continue
            line = next(line for line in said if line.split()[:1] == [str(each["first_frame"])])
            expect(f"{capture}: {each['code']} in the packet list", True, bool(WAIT.search(line)))
            seen.add((capture, each["code"]))
    expect("captures of stalls", True, len(seen) >= 20)
    expect("diagnoses of stalls", {code for code in codes() if code.startswith(WAITS)}, {code for _, code in seen})


def check_colours(tshark, rules):
    seen = set()
    for capture in ALL_RULES_MATCH_IN:
        shown = tshark(capture, "-C", "vsock", "--color", "-2", "-T", "fields", "-e", "frame.coloring_rule.name")
        names = shown.split("\n")
        seen.update(names)
        for number, name in RULES.get(capture, {}).items():
            expect(f"{capture}, frame {number}", name, names[number - 1])
    expect("colour rules that match nothing", set(), set(rules) - seen)


def codes():
    """Of all diagnoses, as the plugin's functions name them."""
    program = pathlib.Path(options.plugins).with_name("tests") / "reference_codes"
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {json.loads(line)["code"] for line in output.splitlines()}


def check_what_is_wrong_has_a_colour(tshark):
    """Each diagnosis, and data that nobody had read at the close: in no capture the colour of what is well."""
    seen, plain = set(), set()
    captures = [*runner.stored_captures("gallery/*"), *DIAGNOSED_ELSEWHERE, *DIAGNOSED_WITH]
    for shown in runner.each(
            lambda capture: tshark(capture, "-C", "vsock", "--color", "-2", *DIAGNOSED_WITH.get(capture, ()),
                                   "-Y", "vsock.diagnosis || vsock.connection.unconsumed_at_close",
                                   "-T", "fields", "-e", "vsock.diagnosis", "-e", "frame.coloring_rule.name"), captures):
        for said, rule in (line.split("\t") for line in shown.splitlines()):
            seen.update(said.split(",") if said else ["unconsumed_at_close"])
            if rule in FINE:
                plain.add((said, rule))
    expect("what is wrong, and coloured", codes() | {"unconsumed_at_close"}, seen)
    expect("what is wrong, and has the colour of what is well", set(), plain)


def check_filters(tshark, filters):
    """io,stat compiles each, and draws each graph's field as the I/O graph would."""
    tshark(STALL, "-C", "vsock", "-q", "-z", ",".join(["io,stat,0", *filters]))


def check_graphs(graphs):
    for graph in graphs:
        enabled, _name, _filter, colour, style, axis, _field, average, factor = graph
        well_formed = (enabled in ("Enabled", "Disabled") and re.fullmatch("#[0-9A-F]{6}", colour) and style in STYLES
                       and axis in AXES and average == "None" and factor == "1")
        expect(f"graph {graph[1]}", True, bool(well_formed))


def check_plots(plots):
    """As Wireshark 4.6's PlotDialog has it."""
    for enabled, group, name, _filter, colour, style, _field, factor in plots:
        well_formed = (enabled == "TRUE" and group.isdigit() and re.fullmatch("#[0-9A-F]{6}", colour)
                       and style in PLOT_STYLES and factor == "1")
        expect(f"plot {name}", True, bool(well_formed))


def of_one_stream(text):
    """A filter without a selected packet, as tshark has none."""
    return text.replace("${vsock.stream}", "3").replace("${vsock.src}", '"1-10004"')


def main():
    with runner.bench(options) as (folder, environment):
        profile, configuration = install(folder)
        environment["WIRESHARK_CONFIG_DIR"] = str(configuration)

        def tshark(capture, *arguments):
            path = runner.readable(capture, folder)
            result = runner.call([options.tshark, "-r", path, *arguments], environment)
            expect(f"{capture}: exit status and complaints", (0, ""), (result.returncode, result.stderr))
            return result.stdout

        rules, buttons, graphs = colour_rules(profile), rows(profile / "dfilter_buttons"), rows(profile / "io_graphs")
        check_packet_list(tshark)
        check_columns(tshark, column_titles(profile))
        check_colours(tshark, rules)
        check_stalls(tshark)
        check_what_is_wrong_has_a_colour(tshark)
        plots = rows(profile / "plots")
        check_graphs(graphs)
        check_plots(plots)
        calculated = [f"{axis[:3]}({field}){field} && ({where})" for _, _, where, _, _, axis, field, _, _ in graphs]
        calculated += [f"MAX({field}){field} && ({where})" for _, _, _, where, _, _, field, _ in plots]
        filters = [*rules.values(), *(button[2] for button in buttons), *calculated]
        check_filters(tshark, [of_one_stream(each) for each in filters])
    finish()


options = runner.parse_arguments()
main()
