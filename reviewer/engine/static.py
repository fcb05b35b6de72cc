"""The built-in checks: what can be said of a repository with no account, no network and no model.

Of a change they are run on both sides, and the difference is reported (`points.py`). Some of them run beside a model too
(`check_beside`): a leaked credential, a merge conflict, a file that does not parse and hidden text are facts, which nothing that a model
says takes away.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from reviewer.collect.changes import LINK, Change, ChangedFile, ChangeKind
from reviewer.collect.history import History
from reviewer.collect.secrets import Redacted, redact
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Subject, Texts
from reviewer.collect.texts import FileTexts, read_whole
from reviewer.engine.entries import changed_entries
from reviewer.engine.hidden_text import hidden_text
from reviewer.engine.hotspots import hotspots
from reviewer.engine.leaks import leaks
from reviewer.engine.lint import SYNTAX, Linted, is_python, lint, one_syntax_error_each
from reviewer.engine.places import holds_program_text, is_rehearsal
from reviewer.engine.points import Base, Point, base_paths, compared, findings
from reviewer.findings import Category, Claim, Confidence, Finding, Severity
from reviewer.outcome import SkipReason

_LARGEST = 8 * 1024 * 1024
"""Bytes of a file that is searched though it is not sent: of a larger one git shows no lines either."""
_UNSENT = frozenset({SkipReason.HOLDS_SECRETS, SkipReason.TOO_LARGE})
"""Files that no model reads, though what they bring is part of the repository or the change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the built-in checks found."""

    findings: tuple[Finding, ...]
    """Each with its origin, where a change is reviewed; pre-existing ones among them."""
    notes: tuple[str, ...] = ()
    summary: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    """Texts that are checked, by path."""

    open: Mapping[str, Redacted]
    closed: Mapping[str, Redacted] = field(default_factory=dict)
    """Of those that usually hold secrets: searched for secrets, and no line of them is shown."""
    unread: frozenset[str] = frozenset()

    @property
    def texts(self) -> dict[str, str]:
        """Those that may be shown."""
        return {path: each.text for path, each in self.open.items()}


def check_all(subject: Subject, texts: Texts, history: History) -> Checked:
    """Run every built-in check over the texts of a repository, or the changed ones of a change."""
    started = time.perf_counter()
    head = _head(subject, texts)
    points, notes = _points(subject, texts, head, lambda _: True)
    if subject.change is None:
        points += hotspots(subject.snapshot.files, head.texts, history)
    return Checked(
        findings=findings(points, head.texts, subject.change),
        notes=(*notes, *_of_history(history)),
        summary=_summary(len(head.open), history),
        seconds=time.perf_counter() - started,
    )


def check_beside(subject: Subject, texts: Texts) -> Checked:
    """Run the checks whose findings stand whoever reviews: secrets, hidden text, merge conflicts and syntax errors."""
    head = _head(subject, texts)
    points, notes = _points(subject, texts, head, lambda point: point.check == SYNTAX)
    return Checked(findings=findings(points, head.texts, subject.change), notes=tuple(notes))


def _points(subject: Subject, texts: Texts, head: _Files, wanted: Callable[[Point], bool]) -> tuple[list[Point], list[str]]:
    """Every point of the files, those of ruff only as `wanted`, each with its origin where a change is reviewed; and what to know of them.

    The links and submodules of a change, and what still imports what it removes, know their origin by themselves.
    """
    change, base, note = subject.change, None, ""
    if change is None:
        linted = lint(head.texts)
    elif change.base.tree is None:
        linted, base, note = _of_patch(change, head)
    else:
        linted, base, note = _of_trees(subject, change, head)
    every = [*_in_files(head), *filter(wanted, linted.points)]
    placed = list(compared(every, base, change)) if base and change else every
    placed += changed_entries(subject, texts)
    return list(one_syntax_error_each(placed)), list(dict.fromkeys(filter(None, (linted.note, note))))


def _of_trees(subject: Subject, change: Change, head: _Files) -> tuple[Linted, Base, str]:
    """What ruff says of the head, what all checks say of the base, and why ruff did not run there."""
    before = _base(subject, change)
    linted = lint(before.texts)
    unparsed = frozenset(before.texts) if linted.note else linted.unparsed
    valid = [path for path, name in base_paths(change).items() if _was_valid(name, before, unparsed)]
    base = Base(points=[*_in_files(before), *linted.points], unread=before.unread, unparsed=unparsed)
    return lint(head.texts, valid), base, linted.note


def _of_patch(change: Change, head: _Files) -> tuple[Linted, Base, str]:
    """The same of a patch without its repository: its files are known in part, which no parser can judge, and its base is not known."""
    whole = {file.path for file in change.files if file.kind is ChangeKind.ADDED}
    linted = lint({path: text for path, text in head.texts.items() if path in whole})
    parts = any(path not in whole and is_python(path, text) for path, text in head.texts.items())
    note = "Python files of which the patch shows only parts were not checked with ruff." if parts else ""
    return linted, Base(points=(), unread=frozenset(base_paths(change).values())), note


def _was_valid(path: str, before: _Files, unparsed: frozenset[str]) -> bool:
    text = before.open[path].text if path in before.open else ""
    return path in before.open and path not in unparsed and is_python(path, text)


def _head(subject: Subject, texts: Texts) -> _Files:
    """What is checked as it is now: everything that was read of a repository, the changed files of a change."""
    state = subject.head or subject.snapshot
    wanted = None if subject.change is None else {file.path for file in subject.change.files if _is_text(file)}
    shown = {path: text for path, text in texts.current.items() if wanted is None or path in wanted}
    unsent = [file for file in state.skipped if file.reason in _UNSENT and file.path not in shown]
    closed = [file.path for file in unsent if file.reason is SkipReason.HOLDS_SECRETS]
    large = [file.path for file in unsent if file.reason is SkipReason.TOO_LARGE] if subject.change else []
    return _Files(
        open={**_redacted(FileTexts(texts=shown, secrets=dict(texts.secrets)), state), **_read(state, large)},
        closed=_read(state, closed),
    )


def _is_text(file: ChangedFile) -> bool:
    """Whether it is a file now: the target of a link is no program text, whatever the link is called."""
    return file.kind is not ChangeKind.DELETED and file.new_mode != LINK


def _base(subject: Subject, change: Change) -> _Files:
    """The changed files at the base, removed ones among them."""
    gone = {file.path for file in change.files if file.kind is ChangeKind.DELETED}
    paths = {*base_paths(change).values(), *gone}
    secret = {file.path for file in subject.snapshot.skipped if file.reason is SkipReason.HOLDS_SECRETS}
    texts = _read(subject.snapshot, paths)
    return _Files(
        open={path: text for path, text in texts.items() if path not in secret},
        closed={path: text for path, text in texts.items() if path in secret},
        unread=frozenset(paths - texts.keys()),
    )


def _read(snapshot: Snapshot, paths: Collection[str]) -> dict[str, Redacted]:
    return _redacted(read_whole(snapshot, paths, _LARGEST), snapshot) if paths else {}


def _redacted(read: FileTexts, snapshot: Snapshot) -> dict[str, Redacted]:
    """The texts without their secrets, which --no-redact leaves in what is sent, but not in what is reported."""
    if not snapshot.redacts:
        return {path: redact(text) for path, text in read.texts.items()}
    return {path: Redacted(text, tuple(read.secrets.get(path, ()))) for path, text in read.texts.items()}


def _in_files(files: _Files) -> Iterator[Point]:
    for path, each in files.open.items():
        yield from leaks(path, each.text, each.secrets)
        yield from hidden_text(path, each.text)
        yield from _conflicts(path, each.text)
    for path, each in files.closed.items():
        yield from leaks(path, each.text, each.secrets, shows_lines=False)


def _conflicts(path: str, text: str) -> Iterator[Point]:
    """The markers git leaves in a file that could not be merged, all three and in their order; prose and tests may quote them."""
    if "\n>>>>>>> " not in text or not holds_program_text(path) or is_rehearsal(path):
        return
    lines = text.split("\n")
    first = middle = 0
    for number, line in enumerate(lines, 1):
        if line.startswith("<<<<<<< "):
            first, middle = number, 0
        elif first and line.rstrip("\r") == "=======":
            middle = number
        elif middle and line.startswith(">>>>>>> "):
            content = "\n".join(lines[first - 1 : number])
            yield Point(check="conflict", claim=_conflict(path, first, lines[first - 1], number), last=number, content=content)
            first = middle = 0


def _conflict(path: str, first: int, line: str, last: int) -> Claim:
    return Claim(
        title="Unresolved merge conflict",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path=path,
        start_line=first,
        end_line=first,
        quote=line.strip(),
        explanation=f"Both sides of a merge are in the file, up to the marker on line {last}.",
        suggestion="Choose one side, or write what both meant, and remove the markers.",
    )


def _summary(files: int, history: History) -> str:
    """What was done; not how many points were found, for the report joins some and leaves others out."""
    searched = "1 file was" if files == 1 else f"{files:,} files were"
    past = ", and the history searched for hot spots" if history.examined else ""
    return (
        f"{searched} searched for secrets, hidden text and merge conflicts, {'' if past else 'and '}Python files checked with ruff{past}. "
        "Such checks see patterns, not meaning: that they are silent about a file does not say that it is right."
    )


def _of_history(history: History) -> Iterator[str]:
    if history.problem:
        yield f"No hot spots, since the history could not be read: {history.problem}"
    elif history.shallow:
        yield f"The clone is shallow: hot spots rest on {history.examined:,} commits."
