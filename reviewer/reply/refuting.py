"""Findings that say something does not exist, held against the repository: when it is there, the finding is not shown.

Two mistakes are possible, and neither can be ruled out without running the code. A false finding that stays costs its reader a minute; a
true one that is dropped is found only by who looks through the refuted ones. So what is found must be what the finding speaks of:

- *undefined*: a definition, not only a mention, that the file can see. The file itself has it, or imports the name, or speaks of the
  module, class or folder that has it. A name that stands alone in Python, JavaScript or TypeScript is seen only in the file itself, at
  its outermost level, or by an import: a forgotten import makes an existing function undefined. A member is held against its owner where
  the finding names one. Names taken from strings may be keys in files of settings.
- *unused*: a use in code outside tests, imports, comments, its own definition and its own body, in a file that knows the one that
  defines it. Only what is defined in the quoted lines, and not inside a function, can be looked for: the name of a local variable or of
  a parameter stands in other places and is another.
- *unimported*: an import of the name in the file itself, outside functions, and not for type checkers alone. A file that imports
  everything of a module is not judged.
- *untested*: a test mentions it, not only in an import, and the title does not speak of a case or branch of it.

A finding with several missing names is dropped when all of them are found. What a finding says is taken from its `absent`, else from a few
forms of English sentences (`absences.py`).

Limits. Names that are made at run time, inherited through several files, handed on by `export *`, or defined by a dependency are not
found: such a finding stays, even when it is false. Of a member whose owner the finding does not name, one of the same name in a file that
the finding's file speaks of is taken for it, and so is one in a comment of a form that is not known: such a finding is dropped, even
when it is true. Whoever writes a change can add a definition nobody uses, so what is dropped is counted and told, with the place.
"""

from __future__ import annotations

from collections.abc import Iterable

from reviewer.collect.search import MOST_MENTIONS, Mentions, Search
from reviewer.findings import Absence, Finding, Refuted
from reviewer.reply.absences import Name, absences, name_of
from reviewer.reply.evidence import Evidence

_WORDS = {
    Absence.UNDEFINED: "is defined in",
    Absence.UNUSED: "is used in",
    Absence.UNIMPORTED: "is imported in",
    Absence.UNTESTED: "is mentioned by the test",
}


def refute(findings: Iterable[Finding], search: Search | None) -> tuple[tuple[Finding, ...], tuple[Refuted, ...]]:
    """Divides findings into those that stand and those whose missing names were all found by `search`, each in their order.

    Without a search nothing is refuted: for finders that know what is defined, as a linter does. When `search.problem` is not empty
    afterwards, not everything was searched, and findings may stand that should not.
    """
    findings = tuple(findings)
    claimed = {number: names for number, finding in enumerate(findings) if (names := _names(finding))}
    if search is None or not claimed:
        return findings, ()
    mentions = search.find({name.last for names in claimed.values() for _, name in names})
    evidence = Evidence(search)
    kept: list[Finding] = []
    refuted: list[Refuted] = []
    for number, finding in enumerate(findings):
        reason = _reason(finding, claimed.get(number, ()), mentions, evidence)
        if reason:
            refuted.append(Refuted.of(finding, reason))
        else:
            kept.append(finding)
    return tuple(kept), tuple(refuted)


def _names(finding: Finding) -> tuple[tuple[Absence, Name], ...]:
    """What is to be looked for; nothing when one of the names cannot be."""
    named = [(absent.how, name_of(absent.name)) for absent in absences(finding)]
    return tuple((how, name) for how, name in named if name is not None) if all(name for _, name in named) else ()


def _reason(finding: Finding, names: Iterable[tuple[Absence, Name]], mentions: Mentions, evidence: Evidence) -> str:
    """Where each name was found; empty unless all were."""
    reasons: list[str] = []
    for how, name in names:
        places = mentions.get(name.last, ())
        # What stands on so many lines is too common for one of them to prove anything, and the list is not whole.
        place = evidence.against(how, name, finding, places) if len(places) < MOST_MENTIONS else None
        if place is None:
            return ""
        reasons.append(f"{name.last} {_WORDS[how]} {place.path}:{place.line}")
    return "; ".join(reasons)
