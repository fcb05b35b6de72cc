"""`reviewer` and `python -m reviewer`."""

from __future__ import annotations

import sys

from reviewer.errors import InterruptedByUser
from reviewer.interruption import heed_signals, ignore_signals


def entry() -> None:
    """Run the command line and exit with its code."""
    try:
        heed_signals()
        from reviewer.cli import main  # a tenth of a second, in which somebody may think better of it

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = InterruptedByUser.exit_code
    ignore_signals()
    sys.exit(code)


if __name__ == "__main__":
    entry()
