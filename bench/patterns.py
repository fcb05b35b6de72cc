"""Every regular expression of the package on text made against it: processor time for 200 kB, the worst first.

    python bench/patterns.py [BYTES]

The texts are made from each pattern's own structure: each thing it repeats is repeated, after what it needs before that, and with an end that fits, that nearly fits, and that does not; so are each of its characters,
and a whole match. A pattern is used as the package uses it. Sizes grow step by step, so that one that needs exponential time is stopped early.
"""

from __future__ import annotations

import importlib
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from pattern_census import Found, census

Untyped = Any  # what the standard library's own parser gives, and re2, which has no types

_STEPS = (40, 400, 4_000, 40_000)
_WHOLE = 5
"""Texts of each pattern that are tried at the full size."""
_SLOW = 0.1
"""Seconds for 200 kB that are not to be passed."""
_STOP = 2
"""Seconds after which a single call is stopped."""
_SHOWN = 15
_TEXTS = 100
"""Texts tried for each pattern."""
_parser: Untyped = importlib.import_module("re._parser")


class StoppedError(Exception):
    """A call took too long."""


class Samples:
    """Texts that the parts of a parsed pattern match, and texts that repeat what a pattern repeats."""

    def __init__(self, parsed: Untyped) -> None:
        self._parsed = parsed
        self._choice = random.Random(1)  # noqa: S311 - the same texts each time
        self._groups: dict[int, str] = {}

    def texts(self) -> Iterator[tuple[str, str, str]]:
        """What stands before, what is repeated, and what stands after, for many ways of doing so."""
        whole = self._of(self._parsed)
        yield "", whole or "a", ""
        for character in sorted(self._characters(self._parsed)):
            yield "", character, ""
            yield "", character, "\0"
            yield "\n", character, ""
            yield whole[:-1], character, ""
        if whole:
            yield "", whole[:-1] or "a", ""
            yield "", whole[1:] or "a", ""
        for before, repeated in self._repeats(self._parsed, ""):
            for end in ("", "\0", "\n", "!", whole[-1:], "x\0", *self._refused(self._parsed)):
                yield before, repeated, end
            yield "", before + repeated, ""
            yield "", before + repeated * 50, ""

    def _repeats(self, nodes: Iterable[Untyped], before: str) -> Iterator[tuple[str, str]]:
        for operation, value in nodes:
            name = str(operation)
            if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
                for _ in range(2):
                    yield before, self._of(value[2]) or "a"
                yield from ((before, each) for each in sorted(self._characters(value[2]))[:12])
                yield from self._repeats(value[2], before)
            elif name == "SUBPATTERN":
                yield from self._repeats(value[3], before)
            elif name == "ATOMIC_GROUP":
                yield from self._repeats(value, before)
            elif name in {"ASSERT", "ASSERT_NOT"}:
                yield from self._repeats(value[1], before)
            elif name == "BRANCH":
                for branch in value[1]:
                    yield from self._repeats(branch, before)
            before += self._of([(operation, value)])

    def _refused(self, nodes: Iterable[Untyped]) -> set[str]:
        """The characters that classes of the pattern name as those they do not take: what ends a repeat so that nothing fits."""
        found: set[str] = set()
        for operation, value in nodes:
            match str(operation):
                case "NOT_LITERAL":
                    found.add(chr(value))
                case "IN" if str(value[0][0]) == "NEGATE":
                    found |= {chr(of) for kind, of in value[1:] if str(kind) == "LITERAL"}
                case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                    found |= self._refused(value[2])
                case "SUBPATTERN":
                    found |= self._refused(value[3])
                case "BRANCH":
                    for branch in value[1]:
                        found |= self._refused(branch)
                case _:
                    continue
        return found

    def _of(self, nodes: Iterable[Untyped]) -> str:
        """A text that the nodes match, as far as that can be told without looking at what stands around them."""
        return "".join(self._one(str(operation), value) for operation, value in nodes)

    def _one(self, name: str, value: Untyped) -> str:  # noqa: PLR0911 - a table
        match name:
            case "LITERAL":
                return chr(value)
            case "NOT_LITERAL":
                return "a" if value != ord("a") else "b"
            case "ANY":
                return "a"
            case "IN":
                return self._choice.choice(self._class(value))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                return "".join(self._of(inner) for _ in range(max(int(least), min(int(most), 1))))
            case "SUBPATTERN":
                self._groups[value[0]] = text = self._of(value[3])
                return text
            case "ATOMIC_GROUP":
                return self._of(value)
            case "BRANCH":
                return self._of(self._choice.choice(value[1]))
            case "GROUPREF":
                return self._groups.get(value, "")
            case _:
                return ""

    def _class(self, value: Untyped) -> list[str]:
        """Some characters of a class."""
        chosen = [each for each in "a \tA0_.-\n\"'`(){}[]<>:;,=/*#@é\0" if _in_class(each, value)]
        for operation, of in value:
            if str(operation) == "LITERAL":
                chosen.append(chr(of))
            if str(operation) == "RANGE":
                chosen += [chr(of[0]), chr(of[1])]
        return [each for each in chosen if _in_class(each, value)] or ["a"]

    def _characters(self, nodes: Iterable[Untyped]) -> set[str]:
        found: set[str] = set()
        for operation, value in nodes:
            match str(operation):
                case "LITERAL":
                    found.add(chr(value))
                case "IN":
                    found.update(self._class(value)[:8])
                case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                    found |= self._characters(value[2])
                case "SUBPATTERN":
                    found |= self._characters(value[3])
                case "ATOMIC_GROUP":
                    found |= self._characters(value)
                case "ASSERT" | "ASSERT_NOT":
                    found |= self._characters(value[1])
                case "BRANCH":
                    for branch in value[1]:
                        found |= self._characters(branch)
                case _:
                    continue
        return found


_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
    "CATEGORY_NOT_WORD": lambda one: not (one.isalnum() or one == "_"),
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_NOT_SPACE": lambda one: not one.isspace(),
    "CATEGORY_DIGIT": str.isdecimal,
    "CATEGORY_NOT_DIGIT": lambda one: not one.isdecimal(),
}


def _in_class(character: str, value: Untyped) -> bool:
    negated = str(value[0][0]) == "NEGATE"
    for operation, of in value:
        match str(operation):
            case "LITERAL":
                found = ord(character) == of
            case "RANGE":
                found = of[0] <= ord(character) <= of[1]
            case "CATEGORY":
                found = _CATEGORIES[str(of)](character)
            case _:
                found = False
        if found:
            return not negated
    return negated


def main(size: int) -> None:
    """Prints the table; exits with 1 when a pattern is slow."""
    signal.signal(signal.SIGPROF, _stop)
    rows = []
    patterns = census()
    for found in patterns:
        seconds, how, text = _worst(found, size)
        rows.append((seconds, found, how, text))
    rows.sort(key=lambda row: -row[0])
    slow = [row for row in rows if row[0] > _SLOW]
    engines = sum(found.linear_engine for found in patterns)
    print(
        f"{len(patterns)} patterns ({engines} of them re2's), {size:,} characters each, up to {_TEXTS} texts; {len(slow)} above {_SLOW * 1000:.0f} ms\n"
    )
    print("| ms | where | used by | text | pattern |\n|---:|---|---|---|---|")
    for seconds, found, how, text in rows[: max(_SHOWN, len(slow))]:
        shown = f"{seconds * 1000:.0f}" if seconds < _STOP else f"more than {_STOP * 1000}"
        print(f"| {shown} | {found.module}:{found.line} | {how} | {_short(text)} | {_short(repr(found.pattern))} |")
    sys.exit(1 if slow else 0)


def _short(text: str) -> str:
    return "`" + text[:70].replace("|", "\\|").replace("`", "'").encode("utf-8", "backslashreplace").decode() + "`"


def _worst(found: Found, size: int) -> tuple[float, str, str]:
    """The longest that any text took at the full size: every text is tried at a fifth of it, and the longest of those whole."""
    compiled = _compiled(found)
    source = found.pattern if isinstance(found.pattern, str) else found.pattern.decode("latin-1")
    texts = list(dict.fromkeys(_plain(source) if found.linear_engine else Samples(_parser.parse(source, found.flags)).texts()))
    tried = []
    for text in texts[:_TEXTS]:
        for method in sorted(found.methods):
            seconds, step = 0.0, 0
            for step in _STEPS:
                seconds = _measured(compiled, method, _grown(found, text, step))
                if seconds > _SLOW:  # re2 builds its automaton when it is first needed: that is paid once, not for each text
                    seconds = min(seconds, _measured(compiled, method, _grown(found, text, step)))
                if seconds > _SLOW:
                    break
            tried.append((seconds, step, method, text))
    tried.sort(key=lambda one: -one[0])
    whole = [
        one if one[0] > _SLOW else (_measured(compiled, one[2], _grown(found, one[3], size)), size, *one[2:])
        for one in tried[:_WHOLE]
    ]
    seconds, step, method, (before, repeated, after) = max(whole, key=lambda one: one[0])
    return seconds, f"{method}, {step:,}", f"{before!r} {repeated!r}… {after!r}"


def _grown(found: Found, text: tuple[str, str, str], size: int) -> str | bytes:
    before, repeated, after = text
    grown = before + repeated * max(size // len(repeated), 1) + after
    return grown if isinstance(found.pattern, str) else grown.encode("utf-8", "surrogatepass")


def _plain(source: str) -> Iterator[tuple[str, str, str]]:
    """Texts for re2, whose syntax the standard library does not read: its literals, one after the other."""
    words = re.findall(r"[A-Za-z0-9_.-]{2,}", source)
    for word in [*words[:3], "".join(words)[:100], "a", "-", "key: "]:
        yield "", word, ""
        yield word, "a", ""
        yield "", word + "a" * 40, "!"


def _compiled(found: Found) -> Untyped:
    if found.linear_engine:
        module: Untyped = importlib.import_module("reviewer.collect.secret_formats")
        return module._compiled(  # noqa: SLF001 - its own options decide how it works
            found.pattern.decode() if isinstance(found.pattern, bytes) else found.pattern
        )
    return re.compile(found.pattern, found.flags)


def _measured(compiled: Untyped, name: str, text: str | bytes) -> float:
    method: Callable[..., Untyped] = getattr(compiled, name)
    arguments: tuple[Untyped, ...] = (("" if isinstance(text, str) else b""), text) if name in {"sub", "subn"} else (text,)
    signal.setitimer(signal.ITIMER_PROF, _STOP)
    start = time.process_time()
    try:
        result = method(*arguments)
        if name == "finditer":
            for _ in result:
                pass
    except StoppedError:
        return float(_STOP)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def _stop(*_: object) -> None:
    raise StoppedError


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
