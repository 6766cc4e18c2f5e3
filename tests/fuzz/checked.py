# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark, which has no sanitizer, with the plugin that is built with AddressSanitizer and UndefinedBehaviorSanitizer
(BUILD/checked_plugins): the environment it runs in, and what is wrong with what it said."""
import re
import shlex

from lib import runner

# What Wireshark's own dissectors say of themselves, and why that is not the plugin's fault.
BUGS_OF_WIRESHARK = (
    # HTTP2 hands it a body where the headers named the content but no :path, or were lost; over TCP, too.
    re.compile(r"Dissector bug, protocol GRPC: .*packet-grpc\.c:\d+: failed assertion .{1,6}grpc_ctx "),
    # A block of headers that has table size updates alone.
    re.compile(r"Dissector bug, protocol HTTP2: .*tvbuff_composite\.c:\d+: failed assertion .{1,6}num_members"),
    # RTSP hands it a body, by its content type; it knows HTTP and HTTP2 alone.
    re.compile(r"Dissector bug, protocol GRPC: .*packet-grpc\.c:\d+: failed assertion .{1,6}DISSECTOR_ASSERT_NOT_REACHED"),
    # A part of a handshake's message that a snaplen cut: the first pass keeps nothing of it, the next expects it. 4.0 only.
    re.compile(r"Dissector bug, protocol TLS: .*packet-tls\.c:\d+: failed assertion .{1,6}frag_info && frag_info->offset == 0"),
)

# Who called for what leaks, where that is not the plugin's to free: the function it called, and why.
LEAKS_OF_WIRESHARK = {
    "stats_tree_": "tshark never frees the statistics tree of -z NAME,tree, whoever's it is",
    "add_conversation_table_data": "nor the table of -z conv,NAME",
    "add_endpoint_table_data": "nor that of -z endpoints,NAME",
    "init_srt_table": "nor those of -z NAME,srt",
    "call_dissector": "what another protocol's dissector keeps is its own",
    "dissector_try_": "the same",
    "try_chosen": "the same: ours, which calls it",
}


def environment(options, base):
    """`base` with the sanitizers' libraries, if options.preload has any."""
    checked = {**base,
               "WIRESHARK_DEBUG_WMEM_OVERRIDE": "simple",  # malloc() for each: so that red zones are around them
               "G_SLICE": "always-malloc",
               "ASAN_OPTIONS": "detect_leaks=1:malloc_context_size=25:allocator_may_return_null=1",
               "LSAN_OPTIONS": "exitcode=0:print_suppressions=0",
               "UBSAN_OPTIONS": "print_stacktrace=1"}
    return {**checked, "LD_PRELOAD": options.preload} if options.preload else checked


def with_asan(environment, *settings):
    return {**environment, "ASAN_OPTIONS": ":".join((environment["ASAN_OPTIONS"], *settings))}


def with_whole_stacks(environment):
    """Leaks are known by who asked for the memory, also where GLib's functions, which have no frame pointers, are in
    between. That makes each allocation slow."""
    return with_asan(environment, "fast_unwind_on_malloc=0")


def again(command, environment, plugins):
    """What to type to run a command again, with the plugins that are still there."""
    variables = [f"{name}={value}" for name, value in (environment | {"WIRESHARK_PLUGIN_DIR": plugins}).items()
                 if name != "PATH"]
    return shlex.join(runner.unprivileged(["env", *variables, *map(str, command)]))


LEAK = re.compile(r"^(?:Direct|Indirect) leak of .*?(?=^$|\Z)", re.M | re.S)
FRAME = re.compile(r"^ +#\d+ 0x[0-9a-f]+ (?:in )?(.*)$", re.M)
REPORT = re.compile(r"^=+\n==\d+==ERROR: LeakSanitizer: .*\Z", re.M | re.S)


def is_ours(frame):
    return "vsock.so" in frame or "/plugin/" in frame


def leaks_of_ours(report):
    """tshark itself leaks: what counts is that the plugin asked for it."""
    found = []
    for leak in LEAK.findall(report):
        frames = FRAME.findall(leak)
        ours = next((at for at, frame in enumerate(frames) if is_ours(frame)), None)
        if ours is not None and not any(frame.startswith(name) for frame in frames[:ours + 1]
                                        for name in LEAKS_OF_WIRESHARK):
            found.append(leak)
    return found


def complaints(status, output, errors):
    """All that is wrong with what tshark said, as text."""
    report = REPORT.search(errors)
    said = errors[:report.start()] if report else errors
    found = leaks_of_ours(report[0]) if report else []
    if status != 0:
        found.append(f"exit status {status}")
    found += [line for line in said.splitlines() if line]
    return found + [line for line in output.splitlines()
                    if "Dissector bug" in line and not any(bug.search(line) for bug in BUGS_OF_WIRESHARK)]
