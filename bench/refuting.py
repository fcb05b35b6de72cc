"""How well missing names are told from present ones: `python bench/refuting.py CLONE…`.

From each clone's HEAD, names are drawn that one file defines and another calls. Four findings are put to the rules for each of them:

- *undefined*, about the call: false in the repository as it is, and to be refuted; true when the definition has another name, and to stand.
- *unused*, about the definition: false as it is, and to be refuted; true when only tests, comments, imports and
  lists of exports speak of it, and to stand.

A declaration in a header counts as a definition, so of C and C++ only names are drawn that no other header speaks of.
"""

from __future__ import annotations

import dataclasses
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from reviewer.collect.closeness import is_test
from reviewer.collect.collector import Selection, collect
from reviewer.collect.search import Mentions, TextSearch
from reviewer.collect.symbols import definitions
from reviewer.collect.texts import read_texts
from reviewer.findings import Absence, Absent, Category, Confidence, Finding, QuoteMatch, Severity
from reviewer.reply.definitions import defines, suffix_of, without_comment
from reviewer.reply.refuting import refute

_SAMPLE = 200
"""Names drawn from one clone."""
_LONGEST = 200
"""Characters of a line that a finding quotes."""
_SUFFIXES = (".py", ".js", ".ts", ".tsx", ".go", ".java", ".c", ".h", ".cc", ".cpp", ".rs", ".rb", ".php", ".cs")
_NO_USE = ("#", "*", "//", "/*", '"', "'", "import ", "from ", "export {", "use ", "using ")
"""How lines begin that mention a name without using it."""
_HEADERS = (".h", ".hh", ".hpp")
_C = (".c", ".cc", ".cpp")
_WORD = re.compile(r"[^\W\d]\w{3,}")


@dataclasses.dataclass(frozen=True, slots=True)
class Use:
    """A name, the file and line of its only definition, and those of a call in another file, with its text."""

    name: str
    home: str
    defined_at: int
    path: str
    line: int
    text: str


class Kept:
    """A search that remembers what it found, since the same names are asked for again and again."""

    def __init__(self, texts: Mapping[str, str], names: Collection[str]) -> None:
        self.problem = ""
        self._search = TextSearch(texts)
        self._mentions = self._search.find(names)

    def find(self, names: Collection[str]) -> Mentions:
        """The mentions found at the beginning."""
        return {name: self._mentions.get(name, ()) for name in names}

    def read(self, path: str) -> str | None:
        """The text as it is."""
        return self._search.read(path)


class Without:
    """A search in which some lines of some files have another name."""

    def __init__(self, search: Kept, name: str, lines: Collection[tuple[str, int]]) -> None:
        self.problem = ""
        self._search, self._name, self._lines = search, name, frozenset(lines)

    def find(self, names: Collection[str]) -> Mentions:
        """All mentions but those on the changed lines."""
        return {
            name: tuple(one for one in mentions if (one.path, one.line) not in self._lines)
            for name, mentions in self._search.find(names).items()
        }

    def read(self, path: str) -> str | None:
        """The text, with the name replaced on the changed lines."""
        text = self._search.read(path)
        if text is None or path not in {changed for changed, _ in self._lines}:
            return text
        lines = text.split("\n")
        for number in (number for changed, number in self._lines if changed == path):
            lines[number - 1] = lines[number - 1].replace(self._name, f"{self._name}_elsewhere")
        return "\n".join(lines)


def uses(texts: Mapping[str, str]) -> Iterator[Use]:
    """Calls of names that one other file defines."""
    defined: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, text in texts.items():
        lines = text.split("\n")
        for one in definitions(path, text):
            if one.kind in {"function", "class", "type"} and _WORD.fullmatch(one.name) and not is_test(path):
                head = next((n for n in range(one.first, one.signature_end + 1) if one.name in lines[n - 1]), one.first)
                defined[one.name].append((path, head))
    declared = {word for path, text in texts.items() if path.endswith(_HEADERS) for word in _WORD.findall(text)}
    single = {
        name: places[0]
        for name, places in defined.items()
        if len(places) == 1 and not (name in declared and places[0][0].endswith(_C))
    }
    for path, text in texts.items():
        if is_test(path):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for name in set(_WORD.findall(line)) & single.keys():
                # A member's name alone does not say whose it is: only plain calls are put to the rules.
                called = re.search(rf"(?<![\w.'\"`$>:@#]){name}\(", without_comment(line, suffix_of(path)))
                if called and single[name][0] != path and len(line) < _LONGEST and not defines(name, line, path):
                    yield Use(name, *single[name], path, number, line)


def finding(how: Absence, name: str, path: str, line: int, text: str) -> Finding:
    """The claim that `name` is missing."""
    return Finding(
        title=f"{name} is missing",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path=path,
        start_line=line,
        end_line=line,
        quote=text,
        explanation="",
        suggestion="",
        absent=(Absent(how, name),),
        match=QuoteMatch.EXACT,
        fingerprint="",
    )


def refuted(use: Use, search: Kept, texts: Mapping[str, str]) -> list[bool]:
    """Whether each of the four findings is refuted, in the order of the columns."""
    undefined = finding(Absence.UNDEFINED, use.name, use.path, use.line, use.text)
    head = texts[use.home].split("\n")[use.defined_at - 1]
    unused = finding(Absence.UNUSED, use.name, use.home, use.defined_at, head)
    used = {
        (one.path, one.line)
        for one in search.find([use.name])[use.name]
        if not is_test(one.path)
        and not one.text.lstrip().startswith(_NO_USE)
        and (one.path, one.line) != (use.home, use.defined_at)
    }
    return [
        bool(refute([claim], among)[1])
        for claim, among in (
            (undefined, search),
            (undefined, Without(search, use.name, {(use.home, use.defined_at)})),
            (unused, search),
            (unused, Without(search, use.name, used)),
        )
    ]


def main() -> None:
    """Print a row for each clone."""
    print("| clone | names | undefined, false: refuted | true: refuted | unused, false: refuted | true: refuted | ms a finding |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for clone in sys.argv[1:]:
        snapshot = collect(Path(clone).absolute(), Selection(), None)
        files = tuple(file for file in snapshot.files if file.path.endswith(_SUFFIXES))
        texts, _ = read_texts(dataclasses.replace(snapshot, files=files))
        by_name: dict[str, Use] = {}
        for use in uses(texts):
            by_name.setdefault(use.name, use)
        drawn = random.Random(1).sample(sorted(by_name), min(_SAMPLE, len(by_name)))  # noqa: S311 - the same names each time
        search = Kept(texts, drawn)
        started = time.perf_counter()
        outcomes = [refuted(by_name[name], search, texts) for name in drawn]
        each = (time.perf_counter() - started) * 1000 / max(len(drawn) * 4, 1)
        shares = [f"{sum(column) / max(len(drawn), 1):.0%}" for column in zip(*outcomes, strict=True)]
        print(f"| {Path(clone).name} | {len(drawn)} | {' | '.join(shares)} | {each:.0f} |", flush=True)


if __name__ == "__main__":
    main()
