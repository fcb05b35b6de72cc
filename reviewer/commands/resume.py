"""`reviewer resume`: a run that was interrupted goes on, and nothing is paid for twice."""

from __future__ import annotations

from pathlib import Path

from reviewer.collect.gitdir import top_of
from reviewer.commands.call import Call
from reviewer.commands.first_request import print_request
from reviewer.commands.places import judge_places
from reviewer.commands.posting import post, require_postable
from reviewer.commands.reopening import reopen
from reviewer.commands.reviewing import Reviewing
from reviewer.commands.setup import state_of
from reviewer.commands.tracing import traced
from reviewer.errors import IncompleteError, UsageError
from reviewer.run_list import Standing, find_run, list_runs, of_repository, require_unfinished
from reviewer.runs import RunStore
from reviewer.settings import resolve
from reviewer.state_layout import check_layout
from reviewer.terminal import Terminal


def run(call: Call, given: str | None, *, print_prompt: str | None = None) -> int:
    """Go on with the run whose id begins with `given`, else the newest that can; returns as `reviewer review` does.

    With `print_prompt`, its next request is written there instead, and the run stays as it is.

    Raises UsageError when there is no such run, IncompleteError with the reason when one cannot go on, and what a review raises.
    """
    config = resolve(None, call.environ, call.flags).config
    judge_places(config, top_of(Path.cwd()))
    state = state_of(config)
    check_layout(state)
    store = RunStore(state)
    run_id = find_run(store.folder, given).name if given is not None else _newest(store.folder)
    with store.resume(run_id, require_unfinished) as going_on:
        if given is None:
            record = going_on.record
            Terminal(config, call.environ).say(f"going on with run {record.id} of {record.subject}, begun {record.started[:16]}Z")
        with reopen(going_on.record, call.environ, flags=call.flags, run=going_on) as target:
            if target.subject.nothing:
                raise IncompleteError(
                    f"run {run_id} cannot go on: {target.subject.nothing}", hint="The change it was about is not there any more."
                )
            if print_prompt is not None:
                return print_request(target, call, print_prompt)
            require_postable(target, call.environ)
            with traced(target.setup.config, call.environ) as trace:
                reviewing = Reviewing(target, call.environ, trace)
                review = reviewing.review()
                post(review, reviewing, call.environ)
                return reviewing.outcome(review)


def _newest(folder: Path) -> str:
    """The id of the newest run that can go on, of this repository first. Raises UsageError when there is none."""
    runs = of_repository(list_runs(folder), top_of(Path.cwd()))
    for each in runs:
        if each.standing is not Standing.RUNNING and not each.obstacle:
            return each.record.id
    at_work = "Another process is at work on one. " if any(each.standing is Standing.RUNNING for each in runs) else ""
    raise UsageError("there is no run to go on with", hint=f"{at_work}`reviewer runs` lists the kept runs and how they stand.")
