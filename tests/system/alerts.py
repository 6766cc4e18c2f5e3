#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""packaging/prometheus: its rules as promtool tests them (--rules), or what they do where a gallery's capture is replayed:
vsockwatch's metrics go through node_exporter into Prometheus, whose alert fires, and on into VictoriaMetrics. All of these
are Debian's, and listen on loopback. Takes runner.py's options.
"""
import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import expectations, runner
from lib.servers import free_port, get, require, server, wait_for

RULES = runner.TOP / "packaging" / "prometheus"
CAPTURE = "gallery/01-libkrun-own-cap.pcapng"  # a stall of 30 s, to the end
ALERTS = ["VsockStalled"]  # of all, what it is to raise
CONFIGURATION = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - {{job_name: node, static_configs: [{{targets: ["127.0.0.1:{exporter}"]}}]}}
"""
REMOTE = """
remote_write:
  - {{url: "http://127.0.0.1:{victoria}/api/v1/write", queue_config: {{batch_send_deadline: 1s}}}}
"""


def test_rules():
    require("promtool")
    for command in (["check", "rules", "vsock.rules.yml"], ["test", "rules", "vsock.rules.test.yml"]):
        run = subprocess.run(["promtool", *command], cwd=RULES, capture_output=True, text=True)
        print(run.stdout)
        expectations.expect(f"promtool {' '.join(command)}", (0, ""), (run.returncode, run.stderr))


def replay(options, folder):
    """A run that lasts as long as the capture; it writes its metrics at its end, as every 15 s before."""
    program = pathlib.Path(options.plugins).with_name("vsockwatch")
    with open(runner.CAPTURES / CAPTURE, "rb") as file:
        subprocess.run(runner.as_nobody([program, "--metrics", folder / "vsock.prom", "-i", "-"]), stdin=file, check=True,
                       stdout=subprocess.DEVNULL)


def value(answer):
    """Of a query for one number, from either server."""
    result = json.loads(answer or '{"data": {"result": []}}')["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def firing(port):
    alerts = json.loads(get(port, "/api/v1/alerts") or '{"data": {"alerts": []}}')["data"]["alerts"]
    return sorted(alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing")


def start_exporter(stack, folder, textfiles, port):
    stack.enter_context(server(folder, [
        "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
        f"--collector.textfile.directory={textfiles}", f"--web.listen-address=127.0.0.1:{port}"], port))


def start_prometheus(stack, folder, configuration, port):
    (folder / "prometheus.yml").write_text(configuration)
    stack.enter_context(server(folder, [
        "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}"], port))


def start_victoria(stack, folder, port):
    stack.enter_context(server(folder, [
        "victoria-metrics", f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/victoria",
        "-search.latencyOffset=0s"], port))


def test_servers(options):
    require("prometheus", "prometheus-node-exporter", "victoria-metrics")
    exporter, prometheus, victoria = free_port(), free_port(), free_port()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(runner.open_folder())
        textfiles = folder / "textfiles"
        textfiles.mkdir()
        textfiles.chmod(0o777)
        start_victoria(stack, folder, victoria)
        start_exporter(stack, folder, textfiles, exporter)
        start_prometheus(stack, folder, (CONFIGURATION + REMOTE).format(
            rules=RULES / "vsock.rules.yml", exporter=exporter, victoria=victoria), prometheus)
        expectations.expect("nothing fires before", [], firing(prometheus))
        replay(options, textfiles)
        expectations.expect(f"alerts that {CAPTURE} raises", ALERTS, wait_for("an alert", lambda: firing(prometheus)))
        expectations.expect("in Prometheus, seconds of the stall", 30.0, value(
            get(prometheus, "/api/v1/query", query="vsock_stalled_seconds_max")))
        expectations.expect("in VictoriaMetrics, seconds of the stall", 30.0, wait_for("VictoriaMetrics' figure", lambda: value(
            get(victoria, "/api/v1/query", query="vsock_stalled_seconds_max"))))
        expectations.expect("in VictoriaMetrics, diagnoses of it", 1.0, wait_for("VictoriaMetrics' figure", lambda: value(
            get(victoria, "/api/v1/query", query='vsock_diagnoses{code="stall-own-cap"}'))))


def main():
    options = runner.parse_arguments("--rules")
    if options.rules:
        test_rules()
    else:
        test_servers(options)
    expectations.finish()


if __name__ == "__main__":
    main()
