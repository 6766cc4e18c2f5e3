#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark -T ek and -G elastic-mapping: what Elasticsearch would take, and what not. Takes runner.py's options.

The documents are JSON, in pairs of lines as the bulk API wants them; the mapping has every field of ours that
Wireshark maps, in the type that this series has for it; and each value fits its type, but for those that
docs/automation.md mends, which are listed here. Of documents made with -e, every value fits the mended mapping.

Types and their limits: https://www.elastic.co/docs/reference/elasticsearch/mapping-reference/field-data-types
"""
import collections
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import runner

CAPTURES = ("hello.pcapng", "cap-7.2.13.pcapng.gz", "vhost-6.1.0.pcapng.gz", "credit.pcapng", "connections.pcapng",
            "payload-http.pcapng", "payload-seqpacket.pcapng", "seqpacket.pcapng", "headers.pcapng", "malformed.pcapng")

# What proto_registrar_dump_elastic() makes of our fields' types. It leaves out those of strings, and of findings.
TYPES = {"FT_UINT8": "short", "FT_UINT16": "integer", "FT_UINT32": "long", "FT_FRAMENUM": "long", "FT_INT64": "long",
         "FT_UINT64": "long", "FT_BOOLEAN": "boolean", "FT_RELATIVE_TIME": "date", "FT_BYTES": "byte",
         "FT_STRING": None, "FT_NONE": None}
# Elasticsearch has no type of that name, with a space: it has unsigned_long.
TYPES_SINCE_4_6 = TYPES | {"FT_UINT64": "unsigned long", "FT_RELATIVE_TIME": "double", "FT_BYTES": None}

LIMITS = {"short": (-2**15, 2**15 - 1), "integer": (-2**31, 2**31 - 1), "long": (-2**63, 2**63 - 1),
          "unsigned long": (0, 2**64 - 1), "unsigned_long": (0, 2**64 - 1)}

# Fields with values that their type in the mapping does not hold: a time that has passed is no date, bytes are no
# number, flags are in hexadecimal, and some CIDs of malformed.pcapng are above 2^63.
TIMES = {"analysis.ack_rtt", "analysis.credit_request_rtt", "analysis.stall_time", "analysis.stalled_for",
         "connect.time", "time_delta", "time_relative"}
MISFITS = TIMES | {"payload", "reserved", "surplus", "trans_data", "virtio.flags", "cid", "dst_cid", "virtio.src_cid",
                   "virtio.dst_cid"}

# 4.0 repeats these names in an object, which Elasticsearch refuses. None of them is ours.
REPEATED_IN_4_0 = {"_ws_expert", "_ws_malformed", "text"}


class Names(dict):
    """A JSON object that knows which of its names were repeated."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.repeated = {name for name, times in collections.Counter(name for name, _ in pairs).items() if times > 1}


def tshark(arguments, options, capture=None):
    with runner.bench(options) as (folder, environment):
        read = ["-2", "-r", runner.readable(capture, folder)] if capture else []
        result = runner.call([options.tshark, *read, *arguments], environment)
    return result.stdout if result.returncode == 0 else sys.exit(result.stderr)


def our_fields(options):
    """The type of each field of ours."""
    rows = (line.split("\t") for line in tshark(["-G", "fields"], options).splitlines())
    return {row[2]: row[3] for row in rows if row[0] == "F" and row[4] == "vsock"}


def without_prefix(properties):
    """The type of each name, without the protocol that -T ek puts before it."""
    return {name.removeprefix("vsock_"): value["type"] for name, value in properties.items()}


def our_mapping(options):
    """The type of each name in the mapping of vsock alone."""
    mapping = json.loads(tshark(["-G", "elastic-mapping", "--elastic-mapping-filter", "vsock"], options),
                         object_pairs_hook=Names)
    names = mapping["mappings"]["properties"]["layers"]["properties"]["vsock"]["properties"]
    if repeated := repeated_names(mapping):
        sys.exit(f"the mapping repeats {repeated}")
    return without_prefix(names)


def whole_mapping(options):
    """The same from the mapping of all protocols, and in how many objects of one name it was."""
    parts = []

    def collect(pairs):
        if any(name.startswith("vsock_vsock_") for name, _ in pairs):
            parts.append(without_prefix(dict(pairs)))
        return dict(pairs)

    json.loads(tshark(["-G", "elastic-mapping"], options), object_pairs_hook=collect)
    return dict(collections.ChainMap(*parts)), len(parts)


def mended(mapping):
    """The mapping as docs/automation.md's jq program leaves it. What it takes out becomes a keyword."""
    types = {"unsigned long": "long", "date": "double"}
    return {name: "unsigned_long" if name.endswith("cid") else types.get(kind, kind)
            for name, kind in mapping.items() if kind not in ("byte", "boolean") and name != "vsock_virtio_flags"}


def fits(value, kind):
    """Whether Elasticsearch takes a value for a type."""
    if kind is None:
        return value is None or isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    try:
        if kind == "double":
            return float(value) >= 0
        return kind in LIMITS and LIMITS[kind][0] <= int(value) <= LIMITS[kind][1]
    except (TypeError, ValueError):
        return False


def documents(capture, arguments, options):
    """The documents of a capture, after a look at the lines around them."""
    lines = [json.loads(line, object_pairs_hook=Names)
             for line in tshark(["-T", "ek", *arguments], options, capture).splitlines()]
    if len(lines) < 2 or len(lines) % 2:
        sys.exit(f"{capture}: {len(lines)} lines are not pairs")
    # Elasticsearch 8 has no types any more.
    wanted = {"_index"} if series(options) >= (4, 6) else {"_index", "_type"}
    for index, document in zip(lines[::2], lines[1::2], strict=True):
        if list(index) != ["index"] or set(index["index"]) != wanted or set(document) != {"timestamp", "layers"}:
            sys.exit(f"{capture}: no index line and its document: {index} {document}")
    return lines[1::2]


def series(options):
    return tuple(int(number) for number in options.series.split("."))


def objects(value):
    """All objects within a value, itself included."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from objects(inner)


def repeated_names(value):
    return set().union(*(inner.repeated for inner in objects(value)))


def ours(document, prefix):
    """Each name of ours and each of its values, wherever it is in a document."""
    for inner in objects(document):
        for name, values in inner.items():
            if name.startswith(prefix):
                for value in values if isinstance(values, list) else [values]:
                    yield name.removeprefix(prefix.removesuffix("vsock_")), value


def check_mapping(fields, mapping, options):
    types = TYPES_SINCE_4_6 if series(options) >= (4, 6) else TYPES
    if new := set(fields.values()) - set(types):
        sys.exit(f"what does Elasticsearch make of {new}?")
    expected = {name.replace(".", "_"): types[kind] for name, kind in fields.items()}
    if len(expected) != len(fields):
        sys.exit("two fields have one name, once their dots are underscores")
    expected = {name: kind for name, kind in expected.items() if kind}
    if expected != mapping:
        sys.exit(f"the mapping differs in {sorted(expected.items() ^ mapping.items())}")
    print(f"{len(mapping)} of {len(fields)} fields are in the mapping")


def check_whole(fields, mapping, options):
    """Documents with all fields: names, and values that do not fit the mapping as it is."""
    known, seen, misfits = {name.replace(".", "_") for name in fields}, collections.defaultdict(set), set()
    for capture in CAPTURES:
        for document in documents(capture, [], options):
            repeated = repeated_names(document)
            if repeated - (REPEATED_IN_4_0 if series(options) == (4, 0) else set()):
                sys.exit(f"{capture}: repeats {repeated} in {document}")
            for name, value in ours(document, "vsock_vsock_"):
                if name not in known:
                    sys.exit(f"{capture}: {name} is no field of ours")
                seen[name].add(value)
                if not fits(value, mapping.get(name)):
                    misfits.add(name)
    # 4.6 has mended all of them, but for the name of unsigned_long.
    expected = set() if series(options) >= (4, 6) else {"vsock_" + name.replace(".", "_") for name in MISFITS}
    if misfits != expected:
        sys.exit(f"not as listed: {sorted(misfits ^ expected)}")
    print(f"{len(seen)} fields seen, {len(misfits)} with values that the mapping does not hold")
    return seen


def check_limits(seen):
    """That the captures reach what is worth checking."""
    numbers = {name: [int(value) for value in seen[f"vsock_{name}"]]
               for name in ("cid", "src_port", "credit_window", "response_in")}
    if (max(numbers["cid"]) != 2**64 - 1 or max(numbers["src_port"]) < 2**31 or min(numbers["credit_window"]) >= 0
            or not numbers["response_in"] or len(seen) < 120):
        sys.exit(f"the captures have become too tame: {len(seen)} fields, {numbers}")


def check_chosen(fields, mapping, options):
    """Documents with chosen fields: all that docs/automation.md says of -e."""
    arguments = [argument for field in fields for argument in ("-e", field)]
    findings = 0
    for capture in CAPTURES:
        for document in documents(capture, arguments, options):
            if repeated := repeated_names(document):
                sys.exit(f"{capture}: repeats {repeated} in {document}")
            for name, value in ours(document, "vsock_"):
                if not fits(value, mapping.get(name)):
                    sys.exit(f"{capture}: {value!r} of {name} is no {mapping.get(name, 'keyword')}")
                findings += name == "vsock_connection_refused" and value == "1"
    if not findings:
        sys.exit("no finding has a value that a query could ask for")
    print(f"with -e, all values fit; {findings} refused")


def main():
    options = runner.parse_arguments()
    fields, mapping = our_fields(options), our_mapping(options)
    # The built-in's fields come first, ours last: as with amqp and bfd, a name is repeated. Alone it is not.
    if whole_mapping(options) != (mapping, 2):
        sys.exit("the mapping of vsock alone differs from that of all protocols")
    check_mapping(fields, mapping, options)
    check_limits(check_whole(fields, mapping, options))
    check_chosen(fields, mended(mapping), options)


if __name__ == "__main__":
    main()
