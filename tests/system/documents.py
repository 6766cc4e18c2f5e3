#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What README.md and its like tell a reader is so, and can be done. Takes runner.py's options.

Links lead somewhere, to headings as well. Every display filter of a command is one. Every field, and every code of a
diagnosis, that is named is there. What is shown of a stored capture is what tshark prints of it.
"""
import collections
import pathlib
import re
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import known, runner, sharkd

ROOT = runner.TOP
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*/README.md")})
BLOCK, CODE = re.compile(r"^```.*?^```", re.S | re.M), re.compile(r"`[^`]*`")
# A paragraph that names a command, and below it, indented, some of what tshark prints.
COMMAND = re.compile(r"`tshark -r tests/captures/([^`]+)`")

wrong = []


def complain(document, what):
    wrong.append(f"{document.relative_to(ROOT)}: {what}")


def anchors(document):
    """What GitHub and GitLab make of headings."""
    seen, found = collections.Counter(), set()
    for heading in re.findall(r"^#+ (.*)$", BLOCK.sub("", document.read_text()), re.M):
        name = re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        found.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', document.read_text()))


def check_links(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", BLOCK.sub("", document.read_text()))):
        path, _, anchor = target.partition("#")
        there = document.parent / path if path else document
        if re.match(r"[a-z]+:", target):
            continue
        if not there.exists():
            complain(document, f"{target} is not there")
        elif anchor and anchor not in anchors(there):
            complain(document, f"{target}: no such heading")


def check_filters(document, server):
    for quoted, word in re.findall(r"-Y (?:'([^']+)'|([\w.]+))", document.read_text()):
        server.ask("check", filter=(quoted or word).replace("\\|", "|"))  # which ends the test if it is none


def check_names(document, names, codes):
    first_words = {code.split("-")[0] for code in codes}
    for name in re.findall(r"`([\w.-]+)`", document.read_text()):
        if re.match(rf"({known.ANY})\.\w", name) and name not in names:
            complain(document, f"{name} is no field, and no preference")
        if "-" in name and name.split("-")[0] in first_words and name not in codes:
            complain(document, f"{name} is no diagnosis")


def paragraphs(document):
    """Each paragraph, with what is indented below it."""
    blocks = re.split(r"\n\n+", BLOCK.sub("", document.read_text()))
    for prose, below in zip(blocks, [*blocks[1:], ""]):
        if below.startswith("    "):
            yield prose, below


def check_shown(document, options):
    for prose, below in paragraphs(document):
        commands = [shlex.split(text) for text in COMMAND.findall(prose)]
        if "without the plugin" in prose:
            continue
        for capture, *arguments in commands:
            printed = " ".join(runner.tshark(capture, arguments, options).split())
            for line in below.splitlines():
                if line.strip() != "..." and " ".join(line.split()) not in printed:
                    complain(document, f"tshark -r {capture} {shlex.join(arguments)} does not print:\n{line}")
            yield capture


def main():
    options = runner.parse_arguments()
    names, codes = {*known.fields(options), *known.preferences(options)}, known.codes()
    shown = []
    with runner.bench(options) as (folder, environment), sharkd.Sharkd(options, folder, environment) as server:
        for document in DOCUMENTS:
            check_links(document)
            check_filters(document, server)
            check_names(document, names, codes)
            shown += check_shown(document, options)
    print(f"{len(DOCUMENTS)} documents, {len(shown)} outputs")
    sys.exit("\n".join(wrong) or 0)


main()
