# SPDX-License-Identifier: GPL-2.0-or-later
"""What was not as wanted, gathered, so that a script says all of it before it fails."""
import sys

failures = []


def expect(what, wanted, got):
    if got == wanted:
        print(f"{what}: as wanted")
    else:
        failures.append(f"{what}:\n  wanted {wanted!r}\n  got    {got!r}")


def hold(what, is_so, *why):
    """The same of what is so or not, with what shows why."""
    print(f"{'yes' if is_so else 'NO '}  {what}")
    if not is_so:
        failures.append("\n".join((what, *map(str, why))))


def finish():
    """Ends the script, with what failed."""
    sys.exit("\n".join(failures) or 0)
