#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Opens Wireshark on captures, uses its menus, and holds what its windows say against what they should; run says with
what.
"""
import sys

from desktop import EXTCAP, NOTHING_OPEN, Failure, Wireshark, expect, names, press, text_of, wait_for, widgets

STALLS = "37-containerization-head-of-line.pcapng"
CREDIT = "cap-7.2.13.pcapng.gz"


def look_at_packet_list(wireshark):
    expect("the main window", ["This stream", "All problems", "Stalls", "Zero window", "Resets", "Refused", "Malformed"], names(wireshark.main))
    wireshark.shot(wireshark.main, "packet-list", (1270, 700))


def look_at_conversations(wireshark):
    wireshark.choose("Statistics", "Conversations")
    window = wireshark.window("Conversations")
    wait_for("row of a conversation",  # in quotes before 4.4, for filters
             lambda: "3:3000001" in (name.strip('"') for name in names(window)))
    wireshark.shot(window, "conversations", (1250, 420))


def look_at_flow_graph(wireshark):
    wireshark.choose("Statistics", "Flow Graph")
    window = wireshark.window("Flow")
    wireshark.pick(window, "vsock Flows")
    wireshark.shot(window, "flow-graph", (1250, 520))


def diagnoses_of(window):
    return next((text for text in map(text_of, widgets(window)) if "head-of-line" in text), "")


def look_at_diagnoses(wireshark):
    """In the size that it opens with."""
    wireshark.choose("Statistics", "vsock Diagnoses")
    window = wireshark.window("vsock Diagnoses")
    text = wait_for("diagnosis", lambda: diagnoses_of(window))
    expect("the diagnoses", ["vsock: "], [text[:7]])
    press(window, "Next packet")
    wait_for("packet that the button went to", lambda: diagnoses_of(window).startswith("Went to packet 6, "))
    wireshark.shot(window, "diagnoses")
    press(window, "Only its packets")
    wait_for("filter that the button applied",
             lambda: "vsock.cid == 2 && vsock.cid == 3" in map(text_of, widgets(wireshark.main)))


def look_at_streams(wireshark):
    wireshark.choose("Statistics", "vsock Streams")
    window = wireshark.window("vsock Streams")
    wait_for("row of a stream", lambda: "vsock.stream == 3" in names(window))
    expect("the streams", ["Total stall (s)", "98304"], names(window))
    wireshark.shot(window, "streams", (1250, 300))


def look_at_io_graph(wireshark):
    wireshark.choose("Statistics", "I/O Graphs")
    window = wireshark.window("I/O Graphs")
    wait_for("graph of the profile", lambda: "vsock.credit.peer_effective_window" in names(window))
    expect("the I/O graphs", ["Lowest window", "Most in flight", "vsock.credit.effective_window"], names(window))
    wireshark.pick(window, "100 ms")
    wireshark.shot(window, "io-graph", (1270, 640))


def look_at_plots(wireshark):
    """Of the stream that is selected. Wireshark 4.6 is the first that has them."""
    if "Plots" not in names(wireshark.main):
        print("plots: this Wireshark has none", flush=True)
        return
    wireshark.choose("Statistics", "Plots")
    window = wireshark.window("Plots")
    wait_for("plot of the profile", lambda: "vsock.credit.edge" in names(window))
    expect("the plots", ["Allowed", "Sent", "Consumed", "vsock.credit.consumed"], names(window))
    wireshark.shot(window, "plots", (1000, 760))


def look_at_form(wireshark):
    """What vsockmon is asked."""
    window = wireshark.open_form(EXTCAP)
    expect("the form", ["CIDs", "Ports", "Leave out ports", "Operations", "credit-update", "Headers only", "Buffer (MiB)"],
           [name.rstrip(":") for name in names(window)])
    wireshark.shot(window, "form")


def main():
    with Wireshark(NOTHING_OPEN) as wireshark:
        look_at_form(wireshark)
    with Wireshark(STALLS, "-r", STALLS, "-g", "27") as wireshark:
        look_at_packet_list(wireshark)
        look_at_conversations(wireshark)
        look_at_flow_graph(wireshark)
        look_at_streams(wireshark)
        look_at_diagnoses(wireshark)
    with Wireshark(CREDIT, "-r", CREDIT, "-g", "44") as wireshark:
        look_at_io_graph(wireshark)
        look_at_plots(wireshark)


try:
    main()
except Failure as failure:
    sys.exit(f"look.py: {failure}")
