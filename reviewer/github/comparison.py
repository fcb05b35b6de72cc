"""What a review says that earlier pushes did not, and what became of what they said.

A model finds a part of what is there, each time another part: that a finding is missing today proves nothing. So an earlier finding
counts as fixed only when the code it quoted is gone; else it was not reproduced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reviewer.collect.secrets import mask
from reviewer.findings import Finding
from reviewer.github.comments import Posted
from reviewer.github.memory import Memory, Place, Remembered, kept_quote, remembered
from reviewer.github.telling_apart import alike, as_told
from reviewer.outcome import Coverage
from reviewer.reply.fingerprint import squeeze

_UNIQUE = 60
"""Characters without white space from which on code that stands in another file was moved there, rather than being alike."""
_MASKED = "[secret:"
"""What stands in a quote for a secret."""
_TELLING = 12
"""Characters without white space from which on a quote within another one is taken to mean the same code."""
_SMALL = 3
"""A quote of less than a third of another one may be of something else that is wrong there."""


class Standing(StrEnum):
    """What became of a finding. The value is the word in the summary comment."""

    NEW = "new"
    STILL = "still there"
    UNSEEN = "not reproduced"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The files at the reviewed commit."""

    texts: Mapping[str, str]
    """Of those that were read."""
    unread: frozenset[str]
    """Those that are there and were not read: nothing can be said of what stands in them."""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of this push or an earlier one."""

    memory: Remembered
    standing: Standing
    finding: Finding | None = None
    """None when this push's review does not hold it."""
    copies: tuple[Finding, ...] = ()
    """The same mistake in the same words elsewhere in the file: one comment speaks of all."""


def head_of(texts: Mapping[str, str], coverage: Coverage) -> Head:
    """The files at the reviewed commit, by the texts that were read and by what the review says of the rest."""
    listed = {*coverage.read, *coverage.outlined, *(file.path for file in coverage.skipped)}
    return Head(texts=texts, unread=frozenset(listed - texts.keys()))


def compare(
    findings: Iterable[Finding], memory: Memory, posted: Mapping[str, Posted], head: Head, commit: str
) -> tuple[Told, ...]:
    """Every finding of this push, worst first, then those of earlier pushes that it does not hold.

    `posted` is what stands on GitHub, by fingerprint: a finding among it is not new, whatever the memory says. A new finding's `place`
    is `LISTED` until it is known better.
    """
    groups: dict[str, list[Finding]] = {}
    for finding in as_told(findings, memory.findings):
        groups.setdefault(finding.fingerprint, []).append(finding)
    earlier = {item.fingerprint: item for item in memory.findings}
    same = {name: earlier.pop(name) for name in groups if name in earlier}
    again = [item for item in earlier.values() if item.posted_as in groups and item.posted_as not in same]
    same |= {item.posted_as: earlier.pop(item.fingerprint) for item in again}
    told: list[Told] = []
    for name, (first, *copies) in groups.items():
        before = same.get(name) or (None if name in posted else _under_another_name(first, earlier, head))
        item = _item(first, before, posted.get(before.posted_as if before else name), commit, head)
        if before is None and name in memory.names and name not in posted:
            item = replace(item, since=memory.head, place=Place.OVER)
        told.append(Told(item, Standing.NEW if item.since == commit else Standing.STILL, first, tuple(copies)))
    return (*told, *_left(earlier.values(), head))


def _item(finding: Finding, before: Remembered | None, posted: Posted | None, commit: str, head: Head) -> Remembered:
    quote, removed = _watched(finding, head)
    if before is None:
        since = posted.commit if posted and posted.commit else commit
        place = posted.place if posted else Place.LISTED
        return remembered(finding, since=since, place=place, quote=quote, removed=removed)
    place = posted.place if posted else before.place
    item = remembered(finding, since=before.since, place=place, posted_as=before.posted_as, quote=quote, removed=removed)
    return replace(item, hidden=before.hidden)


def _watched(finding: Finding, head: Head) -> tuple[str | None, bool]:
    """The quote by which it will be seen that a finding is fixed (None: its own), and whether that is so once the quote is *back*.

    The lines of a finding on removed lines are gone from the start. Where the same lines stand elsewhere in the file as well, nothing
    can tell later, so there is no such quote.
    """
    if not finding.removed:
        return None, False
    is_gone = not _holds(kept_quote(finding.quote), head.texts.get(finding.path, ""))
    return (None, True) if is_gone and finding.path not in head.unread else ("", False)


def _under_another_name(finding: Finding, earlier: dict[str, Remembered], head: Head) -> Remembered | None:
    """The same finding as an earlier push named it. Taken out of `earlier`.

    The file was renamed, or more or less of the same lines was quoted, or all of them under another category: finders differ so from run
    to run.
    """
    quote = kept_quote(finding.quote)
    same = [
        item
        for item in earlier.values()
        if _is_same_code(item.quote, quote, alike=item.category is finding.category)
        and (item.path == finding.path or not _exists(item.path, head))
    ]
    if not same:
        return None
    return earlier.pop(max(same, key=lambda item: alike(item.title, finding.title)).fingerprint)  # of equals the first


def _is_same_code(one: str, other: str, *, alike: bool) -> bool:
    """Whether two quotes are of the same code: equal, or the shorter within the longer.

    The shorter must tell enough; and where the two are not `alike` (of one category) be no small part of the longer.
    """
    shorter, longer = sorted((one.replace("\n", ""), other.replace("\n", "")), key=len)
    if not shorter or shorter == longer:
        return bool(shorter)
    return len(shorter) >= _TELLING and (alike or len(shorter) * _SMALL >= len(longer)) and shorter in longer


def _left(items: Iterable[Remembered], head: Head) -> Iterable[Told]:
    """What became of the findings that this push's review does not hold."""
    items = tuple(items)
    gone = [item for item in items if not item.removed and _quote_is_gone(item, head)]
    moved = _elsewhere(gone, head)
    fixed = {item.fingerprint for item in gone if item.fingerprint not in moved}
    fixed |= {item.fingerprint for item in items if item.removed and _is_back(item, head)}
    return [Told(item, Standing.FIXED if item.fingerprint in fixed else Standing.UNSEEN) for item in items]


def _exists(path: str, head: Head) -> bool:
    return path in head.texts or path in head.unread


def _quote_is_gone(item: Remembered, head: Head) -> bool:
    """Whether the file, as it was read, no longer holds the quoted code, or is itself gone."""
    if not item.quote or item.path in head.unread:
        return False
    text = head.texts.get(item.path)
    return text is None or not _holds(item.quote, text)


def _is_back(item: Remembered, head: Head) -> bool:
    """Whether lines that the change removed are in their file again, one after the other."""
    text = head.texts.get(item.path, "")
    return bool(item.quote) and any(item.quote.replace("\n", "") in squeeze(each) for each in (text, mask(text)))


def _holds(quote: str, text: str) -> bool:
    """Whether a file holds quoted code. What is quoted had its secrets masked; a secret that is still there must not count as fixed."""
    return _stands(quote, squeeze(text)) or _stands(quote, squeeze(mask(text)))


def _stands(quote: str, plain: str) -> bool:
    """Whether a quote stands in a text, both without white space: wrapped otherwise, or with other lines between its own, too."""
    return quote.replace("\n", "") in plain or all(line in plain for line in quote.split("\n"))


def _elsewhere(items: Iterable[Remembered], head: Head) -> frozenset[str]:
    """The fingerprints of those whose code stands in another file now."""
    sought = [item for item in items if len(item.quote) >= _UNIQUE or item.path not in head.texts]
    if not sought:
        return frozenset()
    found: set[str] = set()
    masked = any(_MASKED in item.quote for item in sought)
    for text in head.texts.values():
        plain = squeeze(text) + (squeeze(mask(text)) if masked else "")
        found |= {item.fingerprint for item in sought if item.quote.replace("\n", "") in plain}
    return frozenset(found)
