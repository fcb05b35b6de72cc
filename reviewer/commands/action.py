"""`reviewer action`: what `action.yml` runs. It reviews what the event is about, and takes the review where the job's owner wants it.

It stands outside the checkout, and takes nothing from a pull request but git objects. What is known of a run becomes the step's outputs,
also when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.commands.access import refuse_recording
from reviewer.commands.inputs import Inputs, read_inputs
from reviewer.commands.job import Job
from reviewer.commands.task import Parse, Task
from reviewer.commands.verdict import Ended, Verdict, failed, outputs_of, skipped
from reviewer.errors import EXIT_BUG, ReviewerError
from reviewer.github.access import read_access
from reviewer.github.api import GitHub
from reviewer.github.event import NothingToDo, ReviewPullRequest, load_event, read_event
from reviewer.live_secrets import known

_SECRET = (
    "INPUT_ANTHROPIC_API_KEY",
    "INPUT_GITHUB_TOKEN",
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
)
"""Variables whose values no log may show, however short they are; others are told by their looks."""


def run(environ: Mapping[str, str], parse: Parse) -> int:
    """Review what the event is about and publish it; the exit code, see `errors.py`."""
    job = Job(environ)
    job.mask(*dict.fromkeys((*(environ.get(name, "").strip() for name in _SECRET), *known())))
    ended = Ended(verdict=Verdict.ERROR, code=EXIT_BUG)
    try:
        with job.hushed():
            ended = _attempted(environ, parse, job)
        for message in ended.messages:
            job.say(message.level, message.text)
        job.print_annotations(ended.annotations)
    finally:
        job.output(outputs_of(ended))
    return ended.code


def _attempted(environ: Mapping[str, str], parse: Parse, job: Job) -> Ended:
    """An expected failure is an end like any other."""
    try:
        refuse_recording(environ)
        inputs = read_inputs(environ)
        return _done({**environ, **_secrets(inputs)}, inputs, parse, job)
    except ReviewerError as error:
        return failed(error)


def _done(environ: Mapping[str, str], inputs: Inputs, parse: Parse, job: Job) -> Ended:
    access = read_access(environ)
    event = load_event(environ, access.server_url)
    with GitHub(access.token, access.api_url, graphql_url=access.graphql_url) as github:
        trigger = read_event(event, github, drafts=inputs.drafts, bots=inputs.bots)
        if isinstance(trigger, NothingToDo):
            return skipped(trigger.reason)
        pull = trigger.pull_request if isinstance(trigger, ReviewPullRequest) else None
        task = Task(environ=environ, inputs=inputs, access=access, event=event, pull=pull, github=github, job=job)
        return task.done(parse)


def _secrets(inputs: Inputs) -> Mapping[str, str]:
    """The secrets under the names that the rest of the program knows; an input that was not given takes no variable's place."""
    given = {"ANTHROPIC_API_KEY": inputs.api_key, "GITHUB_TOKEN": inputs.github_token}
    return {name: value for name, value in given.items() if value}
