# SPDX-License-Identifier: GPL-2.0-or-later
"""A running Wireshark: what its windows say, and its menus.

Windows are read, and menus chosen, as a screen reader does: through AT-SPI, by their names. So a test depends on no
keys, places or pixels. Screenshots are for people, in shots/.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import warnings

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

warnings.filterwarnings("ignore", category=DeprecationWarning)  # the names that all of 2.46 to 2.62 have
SHOTS = pathlib.Path("shots")
COMPLAINT = re.compile("CRITICAL|GLib|Gtk|[Aa]ssertion|vsock")
NEWS = re.compile(r".*\[Capture MESSAGE\].*\n")  # of a live capture, on stderr as well
TIMEOUT = 30
NOTHING_OPEN = "The Wireshark Network Analyzer"
EXTCAP = "vsock of this machine and its guests"
BEFORE = 10  # pixels
LARGE = 1270, 790


class Failure(Exception):
    pass


def wait_for(what, question):
    """The first answer that is true: windows need their time."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        try:
            answer = question()
        except GLib.Error:  # a widget that has gone meanwhile
            answer = None
        if answer:
            return answer
        time.sleep(0.2)
    raise Failure(f"there is no {what} after {TIMEOUT} s")


def children(node):
    return filter(None, (node.get_child_at_index(i) for i in range(node.get_child_count())))


def widgets(node):
    """The widget and all below it; of a long table, the first cells."""
    yield node
    for _, child in zip(range(1000), children(node)):
        yield from widgets(child)


def names(node):
    return [widget.get_name() for widget in widgets(node)]


def find(node, role, name):
    return next((w for w in widgets(node) if w.get_role_name() == role and w.get_name() == name), None)


class Wireshark:
    """One running Wireshark with the profile. Leaving it ends it, and asks what it had to complain of."""

    def __init__(self, title, *arguments):
        """The title is its main window's, when it has begun to do what the arguments say."""
        self.title = title
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(["wireshark", "-C", "vsock", *arguments], stderr=self.errors,
                                        stdout=self.errors, stdin=subprocess.DEVNULL)
        self.known = []

    def __enter__(self):
        try:
            # AT-SPI, asked too soon, remembers what was not there.
            wait_for("window of X", lambda: self.numbers(self.title))
            self.main = self.window(self.title)
            wait_for("profile in the status bar", lambda: find(self.main, "label", "Profile: vsock"))
        except Failure:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, *failure):
        try:
            if failure[0]:
                self.tell()
            else:
                self.refuse_other_windows()
        finally:
            self.process.terminate()
            self.process.wait()
        self.errors.seek(0)
        said = self.errors.read()
        print(said, file=sys.stderr)
        if COMPLAINT.search(NEWS.sub("", said)) and not failure[0]:
            raise Failure(f"Wireshark complained: {said}")

    def tell(self):
        """What there is to see when something failed."""
        subprocess.run(["import", "-window", "root", SHOTS / "failure.png"], check=False)
        for window in self.windows():
            print(f"there is {[name for name in names(window) if name][:20]}", file=sys.stderr)

    def windows(self):
        for application in children(Atspi.get_desktop(0)):
            if application.get_process_id() == self.process.pid:
                yield from children(application)

    def window(self, title):
        """The window with this in its title, when it is there. It is known from then on."""
        found = wait_for(f"window {title}", lambda: next((w for w in self.windows() if title in w.get_name()), None))
        self.known.append(title)
        return found

    def refuse_other_windows(self):
        """A warning would be one that nobody asked for."""
        if self.process.poll() is not None:
            raise Failure("Wireshark is gone")
        for window in self.windows():
            if not any(title in window.get_name() for title in self.known):
                raise Failure(f"a window that nobody opened: {[name for name in names(window) if name]}")

    def numbers(self, title):
        """X's numbers of the windows of that title."""
        return subprocess.run(["xdotool", "search", "--onlyvisible", "--name", f"^{re.escape(title)}$"], check=False,
                              capture_output=True, text=True).stdout.split()

    def choose(self, menu, entry):
        item = wait_for(f"menu entry {entry}", lambda: find(find(self.main, "menu item", menu), "menu item", entry))
        item.do_action(0)

    def pick(self, window, item):
        """Picks an item of a box that has it: AT-SPI tells where the box is, then a click, and the item's name."""
        box = next(w for w in widgets(window) if w.get_role_name() == "combo box" and item in names(w))
        place = box.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
        subprocess.run(["xdotool", "mousemove", str(place.x + place.width // 2), str(place.y + place.height // 2),
                        "click", "1", "sleep", "1", "type", item], check=True)
        subprocess.run(["xdotool", "sleep", "0.5", "key", "Return"], check=True)
        wait_for(f"{item} in its box", lambda: box.get_name() == item)

    def place(self, title, size=None):
        """In the screen's corner, in front of others. X's number of the window."""
        number = self.numbers(title)[-1]
        subprocess.run(["xdotool", "windowmove", number, "0", "0", "windowraise", number]
                       + (["windowsize", number, *map(str, size)] if size else []), check=True)
        time.sleep(3)  # for what is drawn late
        return number

    def click_interface(self, name, *click, beside=BEFORE):
        """In the list, so many pixels from where its name begins. The whole list is seen in a large window."""
        self.place(self.title, LARGE)
        row = wait_for(f"interface {name}", lambda: next((w for w in widgets(self.main) if name in w.get_name()), None))
        place = row.get_component_iface().get_extents(Atspi.CoordType.SCREEN)
        subprocess.run(["xdotool", "mousemove", str(place.x + beside), str(place.y + place.height // 2), "sleep", "1",
                        "click", *click, "1"], check=True)

    def open_form(self, name):
        """By the wheel in front of the interface, which has no name."""
        self.click_interface(name, beside=-BEFORE)
        return self.window(name)

    def capture_from(self, name):
        self.click_interface(name, "--repeat", "2", "--delay", "100")
        self.window(f"Capturing from {name}")

    def shot(self, window, name, size=None):
        """A screenshot of the window, a small one: few colours, nothing but the picture."""
        self.refuse_other_windows()
        number = self.place(window.get_name(), size)
        path = SHOTS / f"{name}.png"
        subprocess.run(["import", "-window", number, "-strip", "+dither", "-colors", "32", f"PNG8:{path}"], check=True)
        if path.stat().st_size < 5000:
            raise Failure(f"{path} is empty")
        print(f"{name}: {window.get_name()}, {path.stat().st_size} bytes", flush=True)


def press(window, button):
    roles = "push button", "button"  # series of AT-SPI differ
    next(w for w in widgets(window) if w.get_role_name() in roles and w.get_name() == button).do_action(0)


def text_of(widget):
    text = widget.get_text_iface()
    return Atspi.Text.get_text(text, 0, -1) if text else ""


def expect(where, wanted, got):
    missing = [name for name in wanted if name not in got]
    if missing:
        raise Failure(f"{where} lacks {missing}; it has {sorted(set(filter(None, got)))}")


Atspi.init()
Atspi.set_timeout(60000, 60000)  # ms: an action is done when the window that it opens is there
Atspi.get_desktop(0).set_cache_mask(Atspi.Cache.NONE)  # what is asked is what is there
