"""`reviewer` and `python -m reviewer`."""

from __future__ import annotations

import sys

from reviewer.cli import main


def entry() -> None:
    """Run the command line and exit with its code."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
