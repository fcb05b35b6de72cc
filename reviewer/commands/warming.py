"""A review soon after another one: what the provider still has of the first one's files is not sent anew.

No order of the files keeps a prefix whole when one that rarely changes does change. So while an earlier run's prompt should still be in the
provider's cache, a review of the whole repository begins with the same documents, and tells afterwards which of them are other ones now.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime

from reviewer.collect.subject import Earlier, Subject
from reviewer.commands.access import endpoint
from reviewer.commands.target import Target
from reviewer.outcome import SkipReason
from reviewer.plan.decision import Plan
from reviewer.plan.lifetime import is_warm
from reviewer.planning import Wishes, plan_over
from reviewer.review import prepare
from reviewer.run_list import list_runs
from reviewer.run_passes import uses
from reviewer.run_prefix import prefix_of
from reviewer.run_record import RunRecord
from reviewer.templating import Templates
from reviewer.terminal import Terminal

_MOST_NEW = 0.25
"""Share of the documents that may be told a second time: beyond it there is more of what is gone in the prompt than is worth a cheaper one."""


def warmed(
    subject: Subject, plan: Plan, wishes: Wishes, templates: Templates, target: Target, terminal: Terminal
) -> tuple[Subject, Plan]:
    """`subject` over the documents of an earlier run, where that is the cheaper prompt, and its plan.

    A run that goes on has the documents it began with.
    """
    if subject.change is not None or subject.commit is None:
        return subject, plan
    plain = prefix_of(prepare(subject, plan, wishes, templates)[0])
    going_on = target.setup.call.run
    if going_on is not None:
        # Not by the commit: where the work tree is not as it has it, a run may begin with the files of that very commit.
        record = going_on.record
        is_plain = record.prefix is None or record.prefix.sha256 == plain.sha256
        return (not is_plain and over_documents_of(record, subject, plan, wishes, templates, target)) or (subject, plan)
    for record in _warm(target, wishes):
        if record.prefix is not None and record.prefix.documents == plain.documents:
            return subject, plan
        over = over_documents_of(record, subject, plan, wishes, templates, target)
        if over is not None:
            terminal.say(
                f"The prompt begins as that of run {record.id}: the provider should still have it; what changed since is told after it."
            )
            return over
    return subject, plan


def over_documents_of(
    record: RunRecord, subject: Subject, plan: Plan, wishes: Wishes, templates: Templates, target: Target
) -> tuple[Subject, Plan] | None:
    """`subject` over the documents of a run, and its plan.

    None when they cannot be had as they were, when one of them may not be sent by now, and when too much has changed since.
    """
    if record.documents is None or record.prefix is None or subject.change is not None:
        return None
    earlier = target.earlier(record.documents)
    if earlier is None or _leaves_out(subject, earlier):
        return None
    over = dataclasses.replace(subject, earlier=earlier)
    prompt, _, unread = prepare(over, plan, wishes, templates)
    prefix, old = prefix_of(prompt), record.prefix
    same = (prefix.frame, prefix.system, prefix.documents) == (old.frame, old.system, old.documents)
    if not same or unread or len(prompt.change) > len(prompt.documents) * _MOST_NEW:
        return None
    longer = plan_over(plan, earlier, prompt.texts, prompt.change, wishes)
    fits = longer.window is plan.window and longer.needs_exact == plan.needs_exact
    return (over, longer) if fits else None


def _leaves_out(subject: Subject, earlier: Earlier) -> bool:
    """Whether a file of the earlier documents is there and not read today: a rule leaves it out by now, or nobody can say what it is."""
    return any(file.path in earlier.texts for file in subject.skipped if file.reason is not SkipReason.DELETED)


def documents_of(subject: Subject) -> str | None:
    """The commit whose files a prompt about `subject` begins with, as a run's record has it."""
    return subject.earlier.commit if subject.earlier is not None else subject.snapshot.commit


def _warm(target: Target, wishes: Wishes) -> Iterator[RunRecord]:
    """Runs over the whole of the same folder by the same model that the same endpoint should still have in its cache, newest first."""
    path, where = str(target.setup.call.path.absolute()), endpoint(target.setup)
    for run in list_runs(target.setup.state / "runs"):
        asked = run.record.asked
        if asked is None or asked.path != path or asked.against or asked.pull_request or run.record.model != wishes.model.id:
            continue
        if asked.config.base_url != where:
            continue
        if run.record.prefix is not None and is_warm(uses(run.folder, run.record), run.record.prefix.sha256, datetime.now(UTC)):
            yield run.record
