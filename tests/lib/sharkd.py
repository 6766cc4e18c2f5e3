# SPDX-License-Identifier: GPL-2.0-or-later
"""Wireshark's dissection as a server, sharkd: looks at a capture as a GUI does, at any packet and table, in any order."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from lib import runner

TAPS = ("seqa:vsock", "conv:vsock", "endpt:vsock", "nstat:vsock,streams-table", "stat:vsock", "srt:vsock", "expert")
COLUMNS_MAX = 30  # of sharkd's 32
UNDER_WAY = 64  # requests: far less than a pipe holds

# sharkd keeps what a filter has matched, by its text, even if another capture is loaded. At the end of a filter: becomes
# blanks and tabs, as binary digits of how many captures have been loaded, so that each is asked about anew. sharkd reads
# no more than 2 KiB a line.
ANEW = "@"
BLANKS = str.maketrans({"0": " ", "1": r"\t"})

# What Wireshark's own dissectors show by what they looked at last, over TCP as well.
NOT_OURS = {"http.response_for.uri"}


def request(method, **parameters):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})


def look_at(number):
    """One packet: tree, with links, expert infos and generated items, columns, colours, bytes of every data source."""
    return request("frame", frame=number, proto=True, columns=True, bytes=True, color=True)


def questions(fields):
    """Of the whole capture: the packet list, filtered lists, each of `fields` as a column, also where it is hidden
    in trees, and every table and graph."""
    columns = [{f"column{i}": f"{name}:0" for i, name in enumerate(fields[start:start + COLUMNS_MAX])}
               for start in range(0, len(fields), COLUMNS_MAX)]
    return [request("frames"),
            request("frames", filter="vsock.stream == 0" + ANEW),
            request("frames", filter="_ws.expert.severity >= note || vsock.credit.window < 100" + ANEW),
            *(request("frames", **batch) for batch in columns),
            request("tap", **{f"tap{i}": tap for i, tap in enumerate(TAPS)}),
            request("follow", follow="vsock", filter="vsock.stream == 0" + ANEW),
            request("intervals", filter="vsock.credit.window" + ANEW),
            request("iograph", graph0="max:vsock.credit.window", filter0="vsock.credit.window" + ANEW)]


class Sharkd:
    """A process that holds one capture at a time. Ends the test if it does not answer."""

    def __init__(self, options, folder, environment):
        near = pathlib.Path(shutil.which(options.tshark)).parent
        sharkd = shutil.which("sharkd", path=f"{near}:{os.environ['PATH']}")
        if not sharkd:
            sys.exit("sharkd: not found; it comes with Wireshark (Debian: wireshark-common)")
        self.folder, self.loads = folder, 0
        errors, path = tempfile.mkstemp(dir=folder)
        self.stderr = open(path, encoding="utf-8")
        self.process = subprocess.Popen(runner.unprivileged([sharkd, "-"]), env=environment, cwd="/", text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        os.close(errors)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.stderr.close()

    def answers(self, requests):
        """(request, the line that answers it), in order. Some requests are always under way."""
        anew = f"{self.loads:b}".translate(BLANKS)
        for start in range(0, len(requests), UNDER_WAY):
            lines = requests[start:start + UNDER_WAY]
            self.process.stdin.write("".join(line.replace(ANEW, anew) + "\n" for line in lines))
            self.process.stdin.flush()
            for line in lines:
                answer = self.process.stdout.readline()
                if not answer.startswith('{"jsonrpc":"2.0","id":1,"result"'):
                    sys.exit(f"sharkd said {answer!r} to {line}, and ended with {self.process.poll()}")
                yield line, answer

    def ask(self, method, **parameters):
        [(_, answer)] = self.answers([request(method, **parameters)])
        return json.loads(answer)["result"]

    def stderr_since(self):
        """What was written there since this was asked last, but for what sharkd itself says."""
        return "".join(line for line in self.stderr.readlines() if not line.startswith(("load: ", "sharkd_", "Hello ")))

    def load(self, capture):
        """Opens a stored capture, whose first pass this is; returns the number of its packets."""
        self.loads += 1
        self.ask("load", file=runner.readable(capture, self.folder))
        return self.ask("status")["frames"]


def items(tree):
    """The items of an answer's tree, each by itself, but for those that are not ours."""
    for item in tree:
        if item.get("f", "").split(" ")[0] not in NOT_OURS:
            yield json.dumps({**item, "n": None})
        yield from items(item.get("n", ()))


def differences(one, other):
    """Two answers to the same request: what only the one has, and what only the other; nothing where that is not
    ours."""
    if one == other:
        return []
    parts = [], []
    for answer, into in zip((one, other), parts):
        result = json.loads(answer)["result"]
        if isinstance(result, list):  # of packets
            into += [json.dumps(entry) for entry in result]
        else:
            if "followers" in result:  # since 4.4; of a follower that has no stream here, the number is left unset
                result["followers"] = [follower for follower in result["followers"] if follower["filter"]]
            into += items(result.get("tree", ()))
            into += [f"{key}: {json.dumps(value)}" for key, value in result.items() if key != "tree"]
    if parts[0] == parts[1]:
        return []
    only = [[part for part in parts[i] if part not in parts[i ^ 1]] for i in (0, 1)]
    return only if any(only) else parts
