# SPDX-License-Identifier: GPL-2.0-or-later
"""What was not as wanted, gathered, so that a script says all of it before it fails."""
import sys

failures = []


def expect(what, wanted, got):
    if got == wanted:
        print(f"{what}: as wanted")
    else:
        failures.append(f"{what}:\n  wanted {wanted!r}\n  got    {got!r}")


def finish():
    """Ends the script, with what failed."""
    sys.exit("\n".join(failures) or 0)
