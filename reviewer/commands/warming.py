"""A review soon after another one: what the provider still has of the first one's files is not sent anew.

No order of the files keeps a prefix whole when one that rarely changes does change. So while an earlier run's prompt should still be in the
provider's cache, a review of the whole repository begins with the same documents, and tells afterwards which of them are other ones now.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reviewer.collect.subject import Subject
from reviewer.commands.target import Target
from reviewer.engine.interface import Lifetime, Prompt
from reviewer.plan.decision import Plan
from reviewer.planning import Wishes
from reviewer.review import prepare
from reviewer.run_list import list_runs
from reviewer.run_passes import read_passes
from reviewer.run_prefix import prefix_of
from reviewer.run_record import RunRecord
from reviewer.templating import Templates
from reviewer.terminal import Terminal

_MOST_NEW = 0.25
"""Share of the documents that may be told a second time: beyond it there is more of what is gone in the prompt than is worth a cheaper one."""
_MARGIN = timedelta(seconds=20)
"""Between looking for a run and the beginning of the first request: for counting, and for a person's yes."""


def warmed(subject: Subject, plan: Plan, wishes: Wishes, templates: Templates, target: Target, terminal: Terminal) -> Subject:
    """`subject` over the documents of an earlier run, where that is the cheaper prompt; a run that goes on has those it began with."""
    if subject.change is not None or subject.commit is None:
        return subject
    going_on = target.setup.call.run
    if going_on is not None:
        record = going_on.record
        return _over(subject, target, record.documents) if record.documents not in {None, record.commit} else subject
    plain = prefix_of(prepare(subject, plan, wishes, templates)[0])
    for record in _warm(target, wishes):
        if record.prefix is not None and record.prefix.documents == plain.documents:
            return subject
        over = over_documents_of(record, subject, plan, wishes, templates, target)
        if over is not None:
            terminal.say(
                f"The prompt begins as that of run {record.id}: the provider should still have it; what changed since is told after it."
            )
            return over
    return subject


def over_documents_of(
    record: RunRecord, subject: Subject, plan: Plan, wishes: Wishes, templates: Templates, target: Target
) -> Subject | None:
    """`subject` over the documents of a run; None when they cannot be had as they were, or too much has changed since."""
    if record.documents is None or record.prefix is None or subject.change is not None:
        return None
    over = _over(subject, target, record.documents)
    if over.earlier is None:
        return None
    prompt, _, unread = prepare(over, plan, wishes, templates)
    prefix, old = prefix_of(prompt), record.prefix
    same = (prefix.frame, prefix.system, prefix.documents) == (old.frame, old.system, old.documents)
    return over if same and not unread and _fits(prompt, plan) else None


def documents_of(subject: Subject) -> str | None:
    """The commit whose files a prompt about `subject` begins with, as a run's record has it."""
    return subject.earlier.commit if subject.earlier is not None else subject.snapshot.commit


def _over(subject: Subject, target: Target, commit: str | None) -> Subject:
    return subject if commit is None else dataclasses.replace(subject, earlier=target.earlier(commit))


def _fits(prompt: Prompt, plan: Plan) -> bool:
    """Whether what is told a second time is little, and surely fits the window besides."""
    share = len(prompt.change) / max(1, len(prompt.documents))
    return share <= _MOST_NEW and plan.tokens.high * (1 + share) + plan.max_output <= plan.window_tokens


def _warm(target: Target, wishes: Wishes) -> Iterator[RunRecord]:
    """Runs over the whole of the same folder by the same model that the provider should still have in its cache, newest first."""
    path = str(target.setup.call.path.absolute())
    for run in list_runs(target.setup.state / "runs"):
        asked = run.record.asked
        if asked is None or asked.path != path or asked.against or asked.pull_request or run.record.model != wishes.model.id:
            continue
        if _until(run.folder, run.record) > datetime.now(UTC) + _MARGIN:
            yield run.record


def _until(folder: Path, record: RunRecord) -> datetime:
    """Until when the provider keeps a run's prefix: its lifetime begins anew with each request that reads it."""
    used = [
        attempt.began
        for each in read_passes(folder)
        for attempt in each.attempts
        if attempt.usage.cache_read_input_tokens or attempt.usage.cache_creation_input_tokens
    ]
    if not used or record.lifetime not in set(Lifetime):
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromisoformat(max(used)) + timedelta(seconds=Lifetime(record.lifetime).seconds)
