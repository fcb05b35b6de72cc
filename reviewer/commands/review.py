"""`reviewer review`: the story with its real parts, its report written and, where asked, posted; its outcome as an exit code."""

from __future__ import annotations

from reviewer.commands.call import Call
from reviewer.commands.first_request import print_request
from reviewer.commands.opening import opened
from reviewer.commands.posting import post, require_postable
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.tracing import traced


def run(call: Call, *, print_prompt: str | None) -> int:
    """Review, write the report, post it where asked, and return 0, 1 or 3 (see `errors.py`). Raises ReviewerError for everything else."""
    with opened(call) as target:
        if print_prompt is not None:
            return print_request(target, call, print_prompt)
        require_postable(target, call.environ)
        with traced(target.setup.config, call.environ) as trace:
            reviewing = Reviewing(target, call.environ, trace)
            review = reviewing.review()
            post(review, reviewing, call.environ)
            return reviewing.outcome(review)
