# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that capture while traffic.py runs. Only for the virtual machine."""
import pathlib
import signal
import subprocess
import sys
import time

import traffic

PATIENCE = 120  # seconds, on an emulated processor that may have to share a busy real one
# Its REQUEST and its RST have the port twice each: in vsockmon's header and in virtio's.
END = traffic.REFUSED.to_bytes(4, "little")
END_COUNT = 4
REPORTS = ("-z", "vsock,streams", "-z", "vsock,diagnose", "-z", "expert")


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"not within {PATIENCE} s: {what}")
        time.sleep(0.2)


class Capture:
    """A program that captures to a file."""

    def __init__(self, folder, name, command):
        self.name = name
        self.file, self.printed = folder / f"{name}.pcapng", folder / f"{name}.txt"
        with self.printed.open("wb") as output, (folder / f"{name}.log").open("wb") as errors:
            self.process = subprocess.Popen([*command, "-w", self.file], stdout=output, stderr=errors)

    def has_begun(self):
        """dumpcap makes the file when it has opened the device and set the filter."""
        if self.process.poll() is not None:
            sys.exit(f"{self.name} has ended with {self.process.returncode}; see {self.name}.log")
        return self.file.exists() and self.file.stat().st_size > 0

    def has_all(self):
        return self.file.read_bytes().count(END) >= END_COUNT

    def end(self):
        """As Ctrl+C does: tshark then prints its reports."""
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(PATIENCE) != 0:
            sys.exit(f"{self.name} has failed with {self.process.returncode}; see {self.name}.log")


class LiveWatch:
    """vsockwatch, which writes what it tells, and no capture."""

    def __init__(self, folder, interface):
        self.name = f"vsockwatch-{interface}"
        self.metrics = pathlib.Path(f"/tmp/{interface}.prom")  # written at once when it has opened the device
        self.metrics.unlink(missing_ok=True)
        command = ["/live/vsockwatch", "--json", "--metrics", self.metrics, "-i", interface]
        with (folder / f"{self.name}.txt").open("wb") as output, (folder / f"{self.name}.log").open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors)

    def has_begun(self):
        if self.process.poll() is not None:
            sys.exit(f"{self.name} has ended with {self.process.returncode}; see {self.name}.log")
        return self.metrics.exists()

    def has_all(self):
        """Once the others have: at its end it takes all that the kernel has shown."""
        return True

    end = Capture.end


class LiveTshark(Capture):
    def __init__(self, folder, interface):
        super().__init__(folder, interface, ["tshark", "-n", "-l", "-P", "-i", interface, *REPORTS])

    def has_all(self):
        return super().has_all() and f"{traffic.REFUSED} → " in self.printed.read_text()
