#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/fleet: what vsockwatch says of captures of three hosts is loaded into a database that runs, and its questions are
asked. --clickhouse: of a server, on loopback; else of DuckDB. Both give the same answers. Takes runner.py's options.
"""
import contextlib
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import expectations, runner
from lib.servers import free_port, require, server

FLEET = runner.TOP / "packaging" / "fleet"
DAY = 86400
# host, days ago, captures
LOADED = (
    ("alpha", 1, ("gallery/33-kata-agent-refused.pcapng", "gallery/healthy-counter-wrap.pcapng")),
    ("alpha", 0, ("gallery/01-libkrun-own-cap.pcapng", "cap-7.2.13.pcapng.gz")),
    ("it's beta", 1, ("gallery/13-mvm-overrun.pcapng",)),
    ("it's beta", 0, ("gallery/13-mvm-overrun.pcapng", "gallery/26-viosock-refused.pcapng")),
    ("gamma", 9, ("gallery/07-firecracker-stall.pcapng",)),  # too long ago
)
ANSWERS = {
    "stalled": [["alpha", 3, 30.0, 30.606330617]],
    "refusing": [["alpha", "2794582612:1024", 37, 37], ["alpha", "1:10007", 2, 4], ["alpha", "1:10002", 1, 1],
                 ["alpha", "1:10008", 1, 1], ["alpha", "1:10009", 1, 1], ["it's beta", "2:5014", 1, 1]],
    # beta's overrun was there yesterday, too
    "changed": [["alpha", "buffer-shrunk", 0, 1], ["alpha", "close-timeout", 0, 1], ["alpha", "connect-refused", 1, 4],
                ["alpha", "stall-own-cap", 0, 1], ["it's beta", "connect-refused", 0, 1]],
}
CONFIGURATION = """
<yandex>
    <logger><level>warning</level><console>1</console></logger>
    <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
    <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
    <users_config>{folder}/users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
    <mark_cache_size>5368709</mark_cache_size><timezone>UTC</timezone>
</yandex>
"""
USERS = """
<yandex>
    <profiles><default></default></profiles><quotas><default></default></quotas>
    <users><default><password></password><networks><ip>127.0.0.1</ip></networks>
        <profile>default</profile><quota>default</quota></default></users>
</yandex>
"""


class ClickHouse:
    """A server of its own."""
    programs = ("clickhouse-server", "clickhouse-client", "jq")
    name = "clickhouse"

    def __init__(self, stack, folder):
        http, tcp = free_port(), free_port()
        (folder / "config.xml").write_text(CONFIGURATION.format(http=http, tcp=tcp, folder=folder))
        (folder / "users.xml").write_text(USERS)
        stack.enter_context(server(folder, ["clickhouse-server", f"--config-file={folder}/config.xml"], http, "/ping"))
        # A tree of debootstrap's has no /etc/hosts that would know of localhost.
        self.client = f"clickhouse-client --host 127.0.0.1 --port {tcp}"

    def run(self, *arguments, **more):
        return subprocess.run([*self.client.split(), *arguments], capture_output=True, text=True, check=False, **more)

    def make_tables(self):
        return self.run("--multiquery", stdin=open(FLEET / "clickhouse.sql", encoding="utf-8"))

    def ask(self, question):
        return self.run("--format=CSV", "--query", question)

    def environment(self):
        return {"CLICKHOUSE_CLIENT": self.client}


class DuckDB:
    """A file."""
    programs = ("duckdb", "jq")

    def __init__(self, _, folder):
        self.name = str(folder / "vsock.db")

    def run(self, *arguments, **more):
        return subprocess.run(["duckdb", "-bail", *arguments, self.name], capture_output=True, text=True, check=False, **more)

    def make_tables(self):
        return self.run(stdin=open(FLEET / "duckdb.sql", encoding="utf-8"))

    def ask(self, question):
        return self.run("-csv", "-noheader", input=question)

    def environment(self):
        return {}


def value(text):
    try:
        return float(text)
    except ValueError:
        return text


def rows(run):
    """What a question was answered."""
    if run.returncode != 0:
        sys.exit(f"a question failed: {run.stderr}")
    return [[value(cell) for cell in row] for row in csv.reader(run.stdout.splitlines())]


def run_load(database, options, host, captures):
    path = f"{pathlib.Path(options.plugins).parent}:{os.environ['PATH']}"
    return subprocess.run(["bash", FLEET / "load", database.name, *captures], capture_output=True, text=True, check=False,
                          env={**os.environ, **database.environment(), "PATH": path, "HOST": host})


def load(database, folder, options):
    """What is loaded again is not there twice."""
    for host, days, captures in LOADED:
        paths = [folder / f"{days} {capture.replace('/', ' ')}" for capture in captures]
        for capture, copy in zip(captures, paths):
            shutil.copy(runner.CAPTURES / capture, copy)
            os.utime(copy, 2 * (time.time() - days * DAY,))
        for _ in range(2 if host == LOADED[0][0] else 1):
            run = run_load(database, options, host, paths)
            expectations.expect(f"loading {host}'s", (0, "", ""), (run.returncode, run.stdout, run.stderr))


def not_loaded(database, folder, options):
    """What cannot be read is said, and the next one loaded."""
    cut, whole = folder / "cut", folder / "whole"
    content = (runner.CAPTURES / "hello.pcapng").read_bytes()
    cut.write_bytes(content[:-30]), whole.write_bytes(content)
    run = run_load(database, options, "delta", [folder / "none", cut, whole])
    expectations.expect("loading what cannot be read", (1, 3), (run.returncode, len(run.stderr.splitlines())))
    expectations.expect("what was loaded all the same", [["cut", 2], ["whole", 2]], [
        [pathlib.Path(name).name, number] for name, number in rows(database.ask(
            "SELECT capture, count(*) FROM vsock_streams_by_day WHERE host = 'delta' GROUP BY capture ORDER BY capture"))])


def main():
    options = runner.parse_arguments("--clickhouse")
    kind = ClickHouse if options.clickhouse else DuckDB
    require(*kind.programs)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(runner.open_folder())
        database = kind(stack, folder)
        made = database.make_tables()
        expectations.expect("making tables", (0, "", ""), (made.returncode, made.stdout, made.stderr))
        load(database, folder, options)
        for question, answer in ANSWERS.items():
            expectations.expect(question, answer, rows(database.ask((FLEET / f"{question}.sql").read_text())))
        not_loaded(database, folder, options)
    expectations.finish()


if __name__ == "__main__":
    main()
