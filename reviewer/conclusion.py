"""What was found and what was said of it in, a review out: findings are judged, selected, and freed of secrets; what is missing is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.answers import Answer
from reviewer.collect.files import path_bytes
from reviewer.collect.hidden import told_of, told_of_lines
from reviewer.collect.search import Search, TextSearch
from reviewer.collect.secrets import mask
from reviewer.collect.subject import Subject, Texts
from reviewer.collect.unread import named
from reviewer.findings import Confidence, Finding, Severity
from reviewer.gathering import Found, parsed, shortcomings, unusual_end
from reviewer.outcome import Coverage, Making, Redaction, Review, ReviewedChange, SkippedFile, SkipReason
from reviewer.reply.masking import Masking
from reviewer.reply.merge import unite
from reviewer.reply.select import select, worst_first
from reviewer.reply.sources import Sources
from reviewer.reply.verifying import judge, one_defect, pending
from reviewer.report.amounts import counted

_STEERING = frozenset(
    {".reviewer.toml", "pyproject.toml", ".reviewerignore", ".gitattributes", "CLAUDE.md", "AGENTS.md", "REVIEW.md"}
)
"""Names of files that decide how a review is done."""
_REMEDY = "A line `!PATTERN` in .reviewerignore, or --include, has such files read; PATTERN there, or --exclude, says that they need no review."
"""Only what somebody chose to leave out leaves a review complete."""
_PLACES = 10
"""Places that are named in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Which findings are shown."""

    min_severity: Severity
    min_confidence: Confidence
    max_findings: int
    pre_existing: bool = False
    """Whether also those are shown that are older than the change."""


def conclude(
    subject: Subject,
    texts: Texts,
    unread: tuple[SkippedFile, ...],
    found: Found,
    looks: Sequence[Answer],
    checks: Sequence[Answer],
    limits: Limits,
    making: Making,
    search: Search | None,
) -> Review:
    """Turn what the `looks` found and what the verifications (`checks`) say of it into a review."""
    verdicts = [verdict for check in checks for reply in check.replies for verdict in parsed(reply).verdicts]
    findings, refuted = judge(found.findings, verdicts, texts.current.get, Sources(TextSearch(texts.current)).are_related)
    findings = unite(findings, one_defect(verdicts))
    masking = Masking(texts.current.get, subject.change)
    # Ours first: however many a model makes, it crowds none of them out.
    own, mild = select(map(masking.finding, found.own), limits.min_severity, limits.min_confidence, None)
    shown, others = select(map(masking.finding, findings), limits.min_severity, limits.min_confidence, limits.max_findings)
    coverage = _coverage(subject, unread)
    answers = (*looks, *checks)
    notes = [*_notes(subject), *_kept_in_sight(subject, texts, found.own, own), *found.notes, *_said_of(answers, search)]
    if checks and (left := pending(found.findings, verdicts)):
        notes.append(f"{counted(len(left), 'finding')} left without a ruling by the verification.")
    return Review(
        subject=subject.title,
        commit=subject.commit,
        findings=worst_first((*own, *shown)),
        withheld=mild + others,
        pre_existing=found.pre_existing,
        ungrounded=tuple(map(masking.ungrounded, found.ungrounded)),
        refuted=tuple(map(masking.refuted, (*found.refuted, *refuted))),
        coverage=coverage,
        summary=mask(found.summary),
        problems=tuple(
            filter(None, (*shortcomings(answers), *_problems(subject, coverage, checked=_is_checked(making)), making.broken_cap))
        ),
        notes=tuple(dict.fromkeys(note for note in notes if note)),
        making=making,
        change=_reviewed(subject, checked=_is_checked(making)),
        redacted=told_redactions(subject, texts) if making.model else (),
        nothing=subject.why_nothing(checked=_is_checked(making)),
    )


def _said_of(answers: Iterable[Answer], search: Search | None) -> Iterator[str]:
    """What the reader should know of the requests, and of the search for what is said to be missing; may be empty sentences."""
    for answer in answers:
        for reply in answer.replies:
            yield from (*reply.notes, unusual_end(reply))
    yield search.problem if search else ""


def _kept_in_sight(subject: Subject, texts: Texts, own: Sequence[Finding], shown: Sequence[Finding]) -> Iterator[str]:
    """What fixed rules found and no finding shows: what the reviewed repository itself sets as thresholds, and large files, must not hide it."""
    if subject.change:
        hidden = subject.hidden
        seen = (file for file in subject.change.files if file.path not in hidden and file.path not in texts.current)
        yield from told_of_lines(seen)
    told = {finding.fingerprint for finding in shown}
    left = sorted(f"`{finding.path}`:{finding.start_line}" for finding in own if finding.fingerprint not in told)
    if left:
        listed = ", ".join(left[:_PLACES]) + (" and more" if len(left) > _PLACES else "")
        yield f"{counted(len(left), 'finding')} of the built-in checks not shown, being below a threshold: {listed}."


def told_redactions(subject: Subject, texts: Texts) -> tuple[Redaction, ...]:
    """The secrets that were taken out of what was sent of `subject`, in the order of its paths, each place once."""
    found = dict.fromkeys((*_taken_out(subject, texts), *(subject.change.redacted if subject.change else ())))
    return tuple(sorted(found, key=lambda each: (path_bytes(each.path), each.line)))


def _taken_out(subject: Subject, texts: Texts) -> Iterator[Redaction]:
    replaced, hidden = subject.replaced, subject.hidden
    for path, secrets in texts.secrets.items():
        whole = path in texts.head or (path in texts.base and path not in replaced)
        shown = {line.partition(" ")[0] for line in subject.outlines.get(path, "").split("\n")}
        for secret in secrets:
            if whole or str(secret.start_line) in shown:
                yield Redaction(path, secret.start_line, secret.kind)
    for file in subject.change.files if subject.change else ():
        if file.path not in hidden:
            yield from file.redacted
    earlier = subject.earlier
    for path, secrets in earlier.secrets.items() if earlier else ():
        if earlier and earlier.texts[path] != texts.base.get(path):
            yield from (Redaction(path, secret.start_line, secret.kind, removed=True) for secret in secrets)


def unexamined(subject: Subject, making: Making) -> Review:
    """The review of a change that leaves nothing to look at (see `Subject.why_nothing`)."""
    assert subject.change is not None, "a repository as it is always has something to look at, or is refused"  # noqa: S101
    checked = _is_checked(making)
    coverage = _coverage(dataclasses.replace(subject, snapshot=dataclasses.replace(subject.snapshot, files=())), ())
    return Review(
        subject=subject.title,
        commit=subject.commit,
        findings=(),
        withheld=0,
        ungrounded=(),
        coverage=coverage,
        summary="",
        problems=_problems(subject, coverage, checked=checked),
        notes=_notes(subject),
        making=making,
        change=_reviewed(subject, checked=checked),
        nothing=subject.why_nothing(checked=checked),
    )


def _is_checked(making: Making) -> bool:
    """Whether the built-in checks alone looked, which read whole files where a model reads the lines of the change."""
    return making.engine == "static"


def _reviewed(subject: Subject, *, checked: bool) -> ReviewedChange | None:
    change = subject.change
    if change is None:
        return None
    unread = subject.unread(checked=checked)
    paths = {path for file in change.files for path in (file.path, file.old_path) if path}
    return ReviewedChange(
        label=change.label,
        base=change.base.commit,
        head=change.head.commit,
        files=len(change.files),
        added=sum(file.added for file in change.files),
        removed=sum(file.removed for file in change.files),
        steering=tuple(sorted(path for path in paths if path.rpartition("/")[2] in _STEERING)),
        unread=len(unread),
        unread_why=named([file for file in unread if not file.is_code]),
    )


def _notes(subject: Subject) -> tuple[str, ...]:
    """Of both sides, each once; an empty one is none."""
    change = subject.change
    earlier = subject.earlier
    told = (
        f"The prompt began with the files of commit {earlier.commit[:12]}; what differs from them was told after them."
        if earlier
        else ""
    )
    hidden = told_of(change) if change else ()
    in_parts = [file for file in subject.head.skipped if file.reason is SkipReason.NO_ROOM] if subject.head else []
    by_diff = (
        f"{counted(len(in_parts), 'changed file')} did not fit the window whole; the diff of each was read." if in_parts else ""
    )
    notes = (
        "" if subject.snapshot.redacts else "Secrets were sent to the model as they stand, for --no-redact was typed.",
        *hidden,
        *subject.snapshot.notes,
        *(change.notes if change else ()),
        *(subject.head.notes if subject.head else ()),
        told,
        by_diff,
    )
    return tuple(dict.fromkeys(note for note in notes if note))


def _coverage(subject: Subject, unread: tuple[SkippedFile, ...]) -> Coverage:
    lost = {file.path for file in unread}
    read = [file for file in subject.files if file.path not in lost]
    skipped = [file for file in subject.skipped if file.path not in lost]
    return Coverage(
        read=tuple(file.path for file in read),
        skipped=tuple(sorted((*skipped, *unread), key=lambda file: path_bytes(file.path))),
        read_bytes=sum(file.size for file in read),
        read_lines=sum(file.lines for file in read),
        # Of a changed file that did not fit there may be signatures at the base: what it is now was not read.
        outlined=tuple(sorted(subject.outlines.keys() - {file.path for file in subject.skipped}, key=path_bytes)),
    )


def _problems(subject: Subject, coverage: Coverage, *, checked: bool) -> tuple[str, ...]:
    """Why the review is incomplete as far as the files go, a sentence each."""
    problems: list[str] = []
    lost = [file for file in coverage.skipped if file.reason.is_failure]
    if lost:
        problems.append(f"{counted(len(lost), 'file')} that should have been read could not be.")
    code = [file for file in subject.unread(checked=checked) if file.is_code]
    if code:
        problems.append(
            f"{counted(len(code), 'changed file')} with code {'was' if len(code) == 1 else 'were'} skipped by default: "
            f"{named(code)}. {_REMEDY}"
        )
    return tuple(problems)
