#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/reference.md: every filter, preference, table and diagnosis, as the plugin itself tells them.

reference             compares docs/reference.md with what it would be, and prints what differs
reference --update    writes it

docs/reference.in is the text around; a line there that begins with @ is a list to be filled in (see LISTS). Names,
types, values and blurbs are tshark's (-G, -z help), severities of findings and the columns of tables are read from
the tables that the plugin registers, diagnoses are asked of the plugin's functions (reference_codes.c). It fails on
whatever has no place, or has one and is not there. Takes runner.py's options; the build leaves it as BUILD/reference.
"""
import collections
import difflib
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import cases, known, runner

TOP = runner.TOP
PLUGIN = TOP / "plugin"
TEMPLATE = TOP / "docs" / "reference.in"
REFERENCE = TOP / "docs" / "reference.md"
OURS = known.PROTOCOLS

TYPES = {
    "FT_NONE": "label", "FT_BOOLEAN": "true or false", "FT_BYTES": "bytes", "FT_STRING": "text",
    "FT_FRAMENUM": "frame number", "FT_RELATIVE_TIME": "time, seconds",
    "FT_UINT8": "unsigned integer, 8 bits", "FT_UINT16": "unsigned integer, 16 bits",
    "FT_UINT32": "unsigned integer, 32 bits", "FT_UINT64": "unsigned integer, 64 bits",
    "FT_INT32": "signed integer, 32 bits", "FT_INT64": "signed integer, 64 bits",
}
PREFERENCE_TYPES = {"a decimal number": "number", "true or false (case-insensitive)": "true or false"}
# Description and type, as they are told.
PREFERENCE = re.compile(r"(.*) (A decimal number|(?i:true or false \(case-insensitive\))|One of: .*)")
# What Wireshark has to be, for a port's dissector to be there.
SINCE = {("5201", "iperf3"): "4.2"}
SHOWN_CAPTURES = 3

STRINGS = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'  # as C joins them
# A struct vsock_expert, as it is written.
EXPERT = re.compile(rf'\{{\s*(?:\.name = )?"([\w.]+)",\s*PI_(CHAT|NOTE|WARN|ERROR),\s*{STRINGS}[,}}]')
SAID = re.compile(r"^(note|warn|error) +([a-z-]+)  \(.*\n.*\n(?: +next: (?:as above|(.*?))\.?(?: Filter: .*)?$)?", re.M)  # in a golden

Field = collections.namedtuple("Field", "name filter type protocol base mask blurb")
What = collections.namedtuple("What", "argument lines")  # of a list in the template


# ---- what the plugin says ----

def glossary(options):
    """What tshark prints, a report a key."""
    reports = {}
    with runner.bench(options) as (_, environment):
        def ask(*arguments):
            result = runner.call([options.tshark, *arguments], environment)
            return (result.stdout + result.stderr).splitlines()

        for report in ("fields", "values", "decodes", "heuristic-decodes", "defaultprefs", "plugins", "protocols"):
            reports[report] = ask("-G", report)
        reports["taps"] = ask("-z", "help")
    return reports


def rows(report, first=None):
    """The report's lines as columns; with `first`, those alone that begin with it."""
    split = (line.split("\t") for line in report)
    return [columns for columns in split if first is None or columns[0] == first]


def read_version(reports):
    loaded = [columns[1] for columns in rows(reports["plugins"]) if columns[0].strip() == "vsock.so"]
    return loaded[0] if loaded else sys.exit(f"tshark has not loaded the plugin: {reports['plugins']}")


def read_fields(reports):
    fields = [Field(*(columns[1:] + [""])[:7]) for columns in rows(reports["fields"], "F")]
    return {field.filter: field for field in fields if field.protocol in OURS}


def read_values(reports):
    values = collections.defaultdict(dict)
    for columns in rows(reports["values"], "V"):
        if columns[1].split(".")[0] in OURS:
            values[columns[1]].setdefault(columns[2], columns[3])  # its name; others are for filters
    return values


def c_string(text):
    """What the compiler makes of adjacent literals."""
    return "".join(json.loads(literal) for literal in re.findall(r'"(?:[^"\\]|\\.)*"', text))


def read_severities(fields):
    """The findings' severities, which tshark -G does not tell: from the tables that the plugin registers."""
    severities = {}
    for path in sorted(PLUGIN.rglob("*.c")):
        text = path.read_text()
        found = EXPERT.findall(text)
        if len(found) != len(re.findall(r"\bPI_(?:CHAT|NOTE|WARN|ERROR)\b", text)):
            sys.exit(f"{path}: a finding is written as EXPERT in reference.py does not expect it")
        for name, severity, summary in found:
            if name not in fields or fields[name].name != c_string(summary):
                sys.exit(f"{path}: tshark -G fields does not have {name} as it is there")
            severities[name] = {"CHAT": "chat", "NOTE": "note", "WARN": "warning", "ERROR": "error"}[severity]
    return severities


def read_preferences(reports):
    """Name, type, default and description; those of lists of names are no line in the report."""
    found = []
    lines = reports["defaultprefs"]
    for number, line in enumerate(lines):
        preference = re.fullmatch(r"#((?:%s)\.\w+): (.*)" % known.ANY, line)
        if not preference:
            continue
        start = number
        while lines[start - 1].startswith("# "):
            start -= 1
        description, kind = PREFERENCE.fullmatch(" ".join(text[2:] for text in lines[start:number])).groups()
        kind = re.sub("^One of: .* Equivalently, one of: ", "One of: ", kind)  # 4.6 has the short names before
        kind = PREFERENCE_TYPES.get(kind.lower(), kind[:1].lower() + kind[1:].removesuffix(" (case-insensitive)."))
        found.append((preference[1], kind, preference[2].lower(), description))
    return found


def read_name_tables():
    """File, description and columns of the tables that users fill in."""
    text = (PLUGIN / "dissect" / "services.c").read_text()
    columns = [re.findall(rf"UAT_FLD_\w+\(\w+, \w+, {STRINGS},\s*{STRINGS}\)", block)
               for block in text.split("_columns[] = {")[1:]]
    registered = re.findall(rf'prefs_register_uat_preference\(\s*preferences, "\w+", "[^"]+",\s*{STRINGS},\s*'
                            r'uat_new\("[^"]+", sizeof\([^)]+\), "(\w+)"', text)  # in the same order
    tables = [(file, c_string(description), [tuple(map(c_string, column)) for column in block])
              for (description, file), block in zip(registered, columns)]
    sources = "".join(path.read_text() for path in PLUGIN.rglob("*.c"))
    columns = sum(len(columns) for *_, columns in tables)
    if (len(tables), columns) != (sources.count("uat_new("), sources.count("UAT_FLD_")):
        sys.exit("a table of the user's is written as read_name_tables() does not expect it")
    return tables


def read_codes(options):
    program = pathlib.Path(options.plugins).with_name("tests") / "reference_codes"
    output = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {code["code"]: code for code in map(json.loads, output.splitlines())}


def read_shown():
    """For each code, its severities, hints and captures, as the goldens have them; those of the gallery first."""
    shown = collections.defaultdict(set)
    for case in cases.read().values():
        if "vsock,diagnose" not in case.arguments:
            continue
        text = case.golden().read_text()
        for level, name, hint in SAID.findall(text):
            shown[name].add((not case.capture.startswith("gallery"), case.capture, level, hint))
    return {code: sorted(found) for code, found in shown.items()}


class Plugin:
    def __init__(self, options):
        self.series = tuple(map(int, options.series.split(".")))
        self.reports = glossary(options)
        self.version = read_version(self.reports)
        self.fields = read_fields(self.reports)
        self.values = read_values(self.reports)
        self.severities = read_severities(self.fields)
        self.codes = read_codes(options)
        self.shown = read_shown()
        self.placed = collections.Counter()
        self.explained = set()


# ---- as Markdown ----

def code(text):
    return f"`{text}`"


def words(text):
    """Prose: names of fields stand out, and nothing ends a table's cell."""
    text = re.sub(r"\b(?:%s)(?:\.\w+)+" % known.ANY, lambda name: code(name[0]), text)
    return text.replace("|", "\\|")


def sentence(text):
    if re.match(r"(?!vsock)[a-z]+(?![\w.])", text):  # no name
        text = text[0].upper() + text[1:]
    text = words(text)
    return text if text[-1] in ".?!" else text + "."


def table(heads, lines):
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *lines)]


def place(plugin, kind, name):
    plugin.placed[kind, name] += 1


def check_tells(plugin, field):
    """One word that the filter's name has already, and nothing else: who would be the wiser?"""
    parent = field.filter.rpartition(".")[0]
    if field.blurb or " " in field.name or field.filter in plugin.values or parent in plugin.fields:
        return
    sys.exit(f"{field.filter}: \"{field.name}\" does not tell what it is: give it a blurb")


def meaning(plugin, field):
    check_tells(plugin, field)
    return " ".join(sentence(text) for text in (field.name, field.blurb) if text)


def field_type(plugin, field):
    if field.type not in TYPES:
        sys.exit(f"{field.filter}: no words for {field.type}")
    text = TYPES[field.type]
    if field.filter in plugin.values:
        text += ", or name"
    if int(field.mask, 16):
        text += f"; mask {field.mask}"
    return text + ("; in hex" if field.base == "BASE_HEX" else "")


def chosen(plugin, pattern, are_findings):
    names = [name for name in plugin.fields
             if (name in plugin.severities) == are_findings and re.fullmatch(pattern, name)]
    if not names:
        sys.exit(f"{TEMPLATE}: no field matches {pattern}")
    for name in names:
        place(plugin, "field", name)
    return [plugin.fields[name] for name in names]


def values_of(plugin, field):
    if field.filter not in plugin.values:
        return ""
    if field.filter in plugin.explained:
        return " Values: below."
    return " Values: " + ", ".join(f"{number} {name}" for number, name in plugin.values[field.filter].items()) + "."


def list_fields(plugin, what):
    """@fields PATTERN: those that are no findings."""
    return table(("filter", "type", "meaning"),
                 [(code(field.filter), field_type(plugin, field),
                   meaning(plugin, field) + values_of(plugin, field))
                  for field in chosen(plugin, what.argument, False)])


def list_findings(plugin, what):
    """@findings PATTERN"""
    return table(("filter", "severity", "meaning"),
                 [(code(field.filter), plugin.severities[field.filter], meaning(plugin, field))
                  for field in chosen(plugin, what.argument, True)])


def explanations(what, there, lines):
    """KEY: TEXT a line, for exactly what is there."""
    told = dict(line.split(": ", 1) for line in lines)
    if set(told) != set(there):
        sys.exit(f"{TEMPLATE}: {what}: {sorted(set(told) ^ set(there))} are not explained, or are not there")
    return told


def list_values(plugin, what):
    """@values FIELD, a line a value, @end"""
    name = what.argument
    told = explanations(name, plugin.values[name], what.lines)
    return table((code(name), "name", "meaning"),
                 [(number, value, sentence(told[number])) for number, value in plugin.values[name].items()])


def list_preferences(plugin, _):
    return table(("preference", "type", "default", "meaning"),
                 [(code(name), kind, default, sentence(text))
                  for name, kind, default, text in read_preferences(plugin.reports)])


def list_name_tables(*_):
    return table(("table", "columns", "meaning"),
                 [(code(file), "; ".join(f"{title}: {text[0].lower() + text[1:]}" for title, text in columns),
                   sentence(description))
                  for file, description, columns in read_name_tables()])


def list_ports(plugin, _):
    """Decode As: what a port is by default. All series print the same."""
    found = {tuple(row[1:3]) for row in rows(plugin.reports["decodes"], "vsock.port")}
    for entry, series in SINCE.items():
        if (entry in found) != (plugin.series >= tuple(map(int, series.split(".")))):
            sys.exit(f"vsock.port {entry} is there, or is not, unlike SINCE says")
        found.add(entry)
    return table(("port", "protocol"),
                 [(port, code(name) + (f", from Wireshark {SINCE[port, name]} on" if (port, name) in SINCE else ""))
                  for port, name in sorted(found, key=lambda entry: int(entry[0]))])


def list_heuristics(plugin, _):
    names = sorted(row[1] for row in rows(plugin.reports["heuristic-decodes"], "vsock"))
    return [", ".join(map(code, names)) + "."]


def list_protocols(plugin, _):
    found = {row[2]: row[0] for row in rows(plugin.reports["protocols"]) if len(row) > 2 and row[2] in OURS}
    if set(found) != set(OURS):
        sys.exit(f"tshark -G protocols has {sorted(found)}")
    return table(("protocol", ""), [(code(name), found[name]) for name in OURS])


def list_taps(plugin, what):
    """@taps, a line a statistic, @end"""
    names = [line.strip() for line in plugin.reports["taps"] if re.search(r"\bvsock\b", line)]
    told = explanations("-z", names, what.lines)
    return table(("-z", "meaning"), [(code(name), sentence(told[name])) for name in told])


def list_figures(plugin, what):
    """@figures, a line a figure, @end"""
    names = {name for found in plugin.codes.values() for name in found["figures"]}
    told = explanations("figures", names, what.lines)
    return table(("figure", "meaning"), [(code(name), sentence(told[name])) for name in told])


def severity(found):
    text = found["usual"] if found["usual"] == found["worst"] else f"{found['usual']} or {found['worst']}"
    return text + (", likely" if found["likely"] else "")


def with_links(plugin, hint):
    return re.sub(r"\b(?:%s)\b" % "|".join(plugin.codes), lambda name: f"[{name[0]}](#{name[0]})", words(hint))


def check_goldens(name, found, shown):
    said, hints = {row[2] for row in shown}, {row[3] for row in shown if row[3]}
    if not said or not said <= {found["usual"], found["worst"]}:
        sys.exit(f"{name}: goldens have it as {sorted(said)}, the plugin as {severity(found)}")
    if not hints <= set(found["next"]):
        sys.exit(f"{name}: reference_codes.c does not make the plugin say {sorted(hints - set(found['next']))}")


def list_diagnoses(plugin, what):
    """@diagnoses CODE..."""
    lines = []
    for name in what.argument.split():
        if name not in plugin.codes:
            sys.exit(f"{TEMPLATE}: there is no diagnosis {name}")
        place(plugin, "diagnosis", name)
        found, shown = plugin.codes[name], plugin.shown.get(name, [])
        check_goldens(name, found, shown)
        captures = list(dict.fromkeys(row[1] for row in shown))[:SHOWN_CAPTURES]
        lines += [f"#### {name}", "", f"*{severity(found)}*: {sentence(found['meaning'])}", "",
                  *(f"- Next: {with_links(plugin, hint)}" for hint in found["next"]),
                  f"- Figures: {', '.join(map(code, found['figures']))}",
                  f"- Example{'s'[:len(captures) > 1]}: {', '.join(map(code, captures))}", ""]
    return lines[:-1]


def list_version(plugin, _):
    return [f"Generated by `scripts/reference` from what the plugin itself says, version {plugin.version};",
            "the text around is in `docs/reference.in`."]


def list_keys(_, what):
    """@keys GOLDEN: of the JSON in its first line."""
    found = json.loads(cases.read()[what.argument].golden().read_text().splitlines()[0])
    return [", ".join(code(key) + (f" ({', '.join(map(code, value))})" if key.startswith("from_") else "")
                      for key, value in found.items()) + "."]


LISTS = {
    "diagnoses": list_diagnoses, "fields": list_fields, "figures": list_figures, "findings": list_findings,
    "heuristics": list_heuristics, "keys": list_keys, "name-tables": list_name_tables, "ports": list_ports,
    "preferences": list_preferences, "protocols": list_protocols, "taps": list_taps, "values": list_values,
    "version": list_version,
}
WITH_LINES = ("figures", "taps", "values")  # up to @end


def fill_in(plugin):
    template = TEMPLATE.read_text().splitlines()
    plugin.explained = {line.split()[1] for line in template if line.startswith("@values ")}
    source = iter(template)
    output = []
    for line in source:
        if not line.startswith("@"):
            output.append(line)
            continue
        name, _, argument = line[1:].partition(" ")
        lines = list(iter(lambda: next(source), "@end")) if name in WITH_LINES else []
        output += LISTS[name](plugin, What(argument, lines))
    return "\n".join(output) + "\n"


def check_places(plugin):
    there = [("field", name) for name in plugin.fields] + [("diagnosis", name) for name in plugin.codes]
    for kind, name in there:
        if plugin.placed[kind, name] != 1:
            sys.exit(f"{TEMPLATE}: the {kind} {name} has {plugin.placed[kind, name]} places there; it needs one")


def main():
    options = runner.parse_arguments("--update")
    plugin = Plugin(options)
    text = fill_in(plugin)
    check_places(plugin)
    if options.update:
        REFERENCE.write_text(text)
        print(f"wrote {REFERENCE}")
        return 0
    stored = REFERENCE.read_text() if REFERENCE.exists() else ""
    sys.stdout.writelines(difflib.unified_diff(stored.splitlines(True), text.splitlines(True), str(REFERENCE),
                                               "what the plugin says"))
    if text != stored:
        return "docs/reference.md is not what the plugin says: scripts/reference writes it"
    print(f"{len(plugin.fields)} fields, {len(plugin.severities)} of them findings; {len(plugin.codes)} diagnoses")
    return 0


if __name__ == "__main__":
    sys.exit(main())
