"""`reviewer` and `python -m reviewer`."""

from __future__ import annotations

import os
import sys

from reviewer.errors import InterruptedByUser
from reviewer.interruption import heed_signals, ignore_signals
from reviewer.live_secrets import learn_from
from reviewer.stream_guard import guard


def entry() -> None:
    """Run the command line and exit with its code. From here to Python's own last words no stream shows a secret of the environment."""
    try:
        heed_signals()
        learn_from(os.environ)
        guard()
        from reviewer.cli import main  # a tenth of a second, in which somebody may think better of it

        code = main(sys.argv[1:])
    except KeyboardInterrupt:
        code = InterruptedByUser.exit_code
    ignore_signals()
    sys.exit(code)


if __name__ == "__main__":
    entry()
