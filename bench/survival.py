"""What becomes of quotes: of lines of real commits, quoted as models quote them, how many findings are kept, and at the right lines.

    python bench/survival.py [CLONE ...] [--commits N] [--seed N]

Without a clone, this repository's own commits are taken. Of each commit some added and removed lines are quoted in every variant. *kept*
counts the findings whose quote was found, *right* those at the lines that were meant, *anchor* those with a place in the diff where the
meant lines have one, *warned* those that say the file reads otherwise. Of altered and invented quotes, *silent* is what counts: shown
without a word. *refutes* counts the altered and unrelated quotes that, as evidence, remove a true finding.

A finding names the line that opens the block around its own, as it is asked to; rows marked *no name* leave that out.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, Hunk, Side
from reviewer.collect.comparison import of_commit
from reviewer.collect.decoding import decode
from reviewer.collect.repository import open_repository
from reviewer.documents import file_diff
from reviewer.findings import Category, Claim, Confidence, Finding, Ruling, Severity
from reviewer.questions import finding_key
from reviewer.reply.ground import ground
from reviewer.reply.placing import place
from reviewer.reply.statements import Verdict
from reviewer.reply.verifying import judge

_OF_A_COMMIT = 6
"""Places of one commit that are quoted, and as many removed ones."""
_TALLEST = 4
_TELLING = 8
_LARGEST = 1_000_000
_CODE = frozenset(
    [
        ".py",
        ".js",
        ".mjs",
        ".ts",
        ".tsx",
        ".go",
        ".rs",
        ".java",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".rb",
        ".php",
        ".cs",
        ".sh",
        ".toml",
        ".yml",
        ".yaml",
        ".json",
        ".md",
        ".rst",
        ".txt",
        ".j2",
    ]
)
_SWAPS = {
    "==": "!=",
    "!=": "==",
    "<=": ">",
    ">=": "<",
    " < ": " >= ",
    " > ": " <= ",
    " and ": " or ",
    " or ": " and ",
    "&&": "||",
}
_SWAPS |= {"||": "&&", " + ": " - ", " - ": " + ", "True": "False", "False": "True", "true": "false", "false": "true"}
_SWAPS |= {" not in ": " in ", " is not ": " is ", " in ": " not in ", " is ": " is not ", ":=": "=", "+=": "-="}
_NAME = re.compile(r"[^\W\d]\w{3,}")
_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")
_WORDS = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """Lines that a finding is about."""

    path: str
    first: int
    last: int
    removed: bool = False
    inside: str = ""
    """The line that opens the block around them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One quote in one variant."""

    variant: str
    claim: Claim
    meant: Meant | None
    """None for lines that are nowhere."""
    honest: bool = True


@dataclass(slots=True)
class Row:
    """What became of a variant's quotes."""

    honest: bool = True
    tried: int = 0
    kept: int = 0
    right: int = 0
    anchored: int = 0
    warned: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's change, and the texts of its whole tree."""

    change: Change
    texts: Mapping[str, str]


class Blobs:
    """The contents that git has, asked of one process."""

    def __init__(self, clone: Path) -> None:
        command = ["git", "-C", str(clone), "cat-file", "--batch"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._texts: dict[str, str | None] = {}

    def text(self, blob: str) -> str | None:
        """A blob as text; None for what is binary or very large."""
        if blob not in self._texts:
            assert self._process.stdin is not None  # noqa: S101 - it was started with pipes
            assert self._process.stdout is not None  # noqa: S101 - it was started with pipes
            self._process.stdin.write(f"{blob}\n".encode())
            self._process.stdin.flush()
            size = int(self._process.stdout.readline().split()[2])
            content = self._process.stdout.read(size + 1)[:-1]
            decoded = decode(content) if size <= _LARGEST else None
            self._texts[blob] = decoded.text if decoded else None
        return self._texts[blob]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def git(clone: Path, *arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", str(clone), *arguments], check=True, capture_output=True, text=True).stdout


def commits_of(clone: Path, wanted: int) -> Iterator[Commit]:
    """Commits at equal distances over the history of a clone."""
    listed = git(clone, "rev-list", "--no-merges", "HEAD").split()
    repository = open_repository(clone.resolve())
    assert repository is not None, f"{clone} is no repository"  # noqa: S101 - an operator's mistake
    blobs = Blobs(clone)
    with repository:
        for commit in listed[:: max(1, len(listed) // wanted)][:wanted]:
            yield Commit(of_commit(repository, commit, redacts=False), tree(clone, commit, blobs))
    blobs.close()


def tree(clone: Path, commit: str, blobs: Blobs) -> dict[str, str]:
    """Path → text of every file of a commit."""
    found = {}
    for entry in git(clone, "ls-tree", "-r", "-z", commit).split("\0"):
        words, _, path = entry.partition("\t")
        if words.startswith("100"):
            text = blobs.text(words.split()[2])
            if text is not None:
                found[path] = text
    return found


def claim_of(meant: Meant, quote: str, line: int, *, path: str = "", words: str = "", inside: str = "") -> Claim:
    """A finding as a model states it."""
    return Claim(
        title="It goes wrong here",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path=path or meant.path,
        start_line=max(line, 1),
        end_line=max(line, 1) + quote.count("\n"),
        quote=quote,
        explanation=words or "These lines do something else than they should.",
        suggestion="",
        inside=inside,
    )


def grounded(commit: Commit, claim: Claim) -> Finding | None:
    """The finding that the claim becomes, placed in the change."""
    found, _ = ground([claim], commit.texts.get, commit.change, commit.texts)
    return place(found, commit.change)[0] if found else None


def tells(text: str) -> bool:
    """Whether a line says something."""
    return len("".join(re.findall(r"\w", text))) >= _TELLING


def around(text: str, line: int) -> str:
    """The lines that open the blocks around one, the outermost first, then the line above.

    A line that opens a block has less indentation than the block, and is no `} else {`. Lines without a word, as `}`, are passed over.
    """
    lines = text.split("\n")
    above = [each for each in lines[: line - 1] if re.search(r"\w", each)]
    least = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    found: list[str] = []
    for each in reversed(above):
        indent = len(each) - len(each.lstrip())
        if indent < least:
            closes = each.lstrip()[0] in ")]}"
            found += [] if closes else [each.strip()]
            least = indent + closes
    return "\n".join([*reversed(found), *(each.strip() for each in above[-1:])])


def added_places(commit: Commit, chance: random.Random) -> list[Meant]:
    """Some of the lines that the commit added."""
    every = [
        (file.path, line)
        for file in commit.change.files
        if file.path in commit.texts and PurePosixPath(file.path).suffix in _CODE
        for hunk in file.hunks
        for line in sorted(hunk.added)
        if tells(commit.texts[file.path].split("\n")[line - 1])
    ]
    places = []
    for path, line in chance.sample(every, min(_OF_A_COMMIT, len(every))):
        lines = commit.texts[path].split("\n")
        last = min(line + chance.choice((0, 0, 1, 2, _TALLEST - 1)), len(lines))
        while not lines[last - 1].strip():
            last -= 1
        places.append(Meant(path=path, first=line, last=last, inside=around(commit.texts[path], line)))
    return places


def repeated_places(commit: Commit, chance: random.Random) -> list[Meant]:
    """Some of the lines that the commit added and that their file has more than once."""
    every = []
    for file in commit.change.files:
        if file.path not in commit.texts or PurePosixPath(file.path).suffix not in _CODE:
            continue
        lines = [line.strip() for line in commit.texts[file.path].split("\n")]
        times = Counter(lines)
        added = sorted(frozenset().union(*(hunk.added for hunk in file.hunks)))
        every += [(file.path, line) for line in added if tells(lines[line - 1]) and times[lines[line - 1]] > 1]
    return [
        Meant(path=path, first=line, last=line, inside=around(commit.texts[path], line))
        for path, line in chance.sample(every, min(_OF_A_COMMIT, len(every)))
    ]


def removed_places(commit: Commit, chance: random.Random) -> list[tuple[Meant, str]]:
    """Some of the lines that the commit removed and that the file no longer has, with their text."""
    every = []
    for file in commit.change.files:
        if file.kind is ChangeKind.COPIED or PurePosixPath(file.path).suffix not in _CODE:
            continue
        left = {line.strip() for line in commit.texts.get(file.path, "").split("\n")}
        every += [
            (Meant(path=file.old_path or file.path, first=line.old, last=line.old, removed=True), line.text)
            for hunk in file.hunks
            for line in hunk.lines
            if line.side is Side.REMOVED and tells(line.text) and line.text.strip() not in left
        ]
    return chance.sample(every, min(_OF_A_COMMIT, len(every)))


def altered(quote: str, chance: random.Random, commit: Commit) -> Iterator[tuple[str, str]]:
    """The quote with one name replaced, one operator inverted, one constant changed; where it has any."""
    names = sorted(set(_NAME.findall(quote)))
    others = sorted(set(_NAME.findall(chance.choice(sorted(commit.texts.values()))[:20_000])) - set(names))
    if names and others:
        old = chance.choice(names)
        yield "one name replaced", re.sub(rf"\b{old}\b", chance.choice(others), quote, count=1)
    swaps = [old for old in _SWAPS if old in quote]
    if swaps:
        old = chance.choice(swaps)
        yield "one operator inverted", quote.replace(old, _SWAPS[old], 1)
    numbers = sorted(set(_NUMBER.findall(quote)))
    if numbers:
        old = chance.choice(numbers)
        yield "one constant changed", re.sub(rf"(?<![\w.]){old}(?![\w.])", str(int(old[:9]) + 1), quote, count=1)


def invented(lines: Sequence[str], quote: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Lines that are nowhere: the file's own words in another order, and a line of the file with half of its names replaced."""
    words = sorted({word for line in lines for word in _NAME.findall(line)})
    if len(words) > 8:
        one, two, three, four = chance.sample(words, 4)
        yield "invented: the file's words", f"{one} = {two}.{three}({four})"
        names = sorted(set(_WORDS.findall(quote)))
        swapped = dict(zip(chance.sample(names, len(names) // 2), chance.sample(words, len(words)), strict=False))
        if swapped:
            yield "invented: half of the names", _WORDS.sub(lambda match: swapped.get(match[0], match[0]), quote)


def in_diff(file: ChangedFile, meant: Meant) -> str:
    """The lines as our diff shows them."""
    shown = {line: text for line, text in numbered(file) if line[1] != "-"}
    return "\n".join(
        shown[number, side] for number in range(meant.first, meant.last + 1) for side in "+ " if (number, side) in shown
    )


def numbered(file: ChangedFile) -> Iterator[tuple[tuple[int, str], str]]:
    """Number and side → line of our diff."""
    for text in file_diff(file).text.split("\n"):
        match = re.match(r" *(\d+) ([+ -])", text)
        if match:
            yield (int(match[1]), match[2]), text


def excerpt(hunk: Hunk, file: ChangedFile, meant: Meant) -> str:
    """The lines with those before them that they replaced, as our diff shows them; empty where they replaced none."""
    lines = list(hunk.lines)
    at = next((number for number, line in enumerate(lines) if line.new == meant.first), 0)
    begin = at
    while begin and lines[begin - 1].side is Side.REMOVED:
        begin -= 1
    end = next((number for number, line in enumerate(lines) if line.new == meant.last), at)
    shown = dict(numbered(file))
    part = [shown[line.old if line.side is Side.REMOVED else line.new, line.side.value] for line in lines[begin : end + 1]]
    return "\n".join(part) if begin < at else ""


def tries(commit: Commit, chance: random.Random) -> Iterator[Try]:
    """Every variant of every place of a commit."""
    files = {file.path: file for file in commit.change.files}
    for meant in added_places(commit, chance):
        lines = commit.texts[meant.path].split("\n")
        quote = "\n".join(line.rstrip("\r") for line in lines[meant.first - 1 : meant.last])
        yield from of_place(commit, meant, quote, lines, files[meant.path], chance)
    for meant in repeated_places(commit, chance):
        quote = commit.texts[meant.path].split("\n")[meant.first - 1].rstrip("\r")
        said = f"This is in {meant.inside}." if meant.inside else ""
        for variant, off, words, inside in (
            ("repeated lines, 20 off", 20, "", meant.inside),
            ("repeated lines, 20 off, named in the words", 20, said, ""),
            ("repeated lines, 20 off, no name", 20, "", ""),
            ("repeated lines, 5 off", 5, "", meant.inside),
            ("repeated lines, 5 off, no name", 5, "", ""),
        ):
            line = meant.first + off * chance.choice((-1, 1))
            yield Try(variant=variant, claim=claim_of(meant, quote, line, words=words, inside=inside), meant=meant)
    for meant, text in removed_places(commit, chance):
        for variant, quote, line in (
            ("removed: as it was", text, meant.first),
            ("removed: 20 lines off", text, meant.first + 20),
            ("removed: NN -text", f"{meant.first} -{text}", meant.first),
            ("removed: -text", f"-{text}", meant.first),
        ):
            yield Try(variant=variant, claim=claim_of(meant, quote, line), meant=meant)


def of_place(
    commit: Commit, meant: Meant, quote: str, lines: Sequence[str], file: ChangedFile, chance: random.Random
) -> Iterator[Try]:
    """Every variant of one quote of added lines."""

    def made(
        variant: str, text: str, line: int = meant.first, path: str = "", words: str = "", inside: str = meant.inside
    ) -> Try:
        return Try(variant=variant, claim=claim_of(meant, text, line, path=path, words=words, inside=inside), meant=meant)

    yield made("exact", quote)
    yield made("white space", "\n".join("  " + re.sub(r" +", "  ", line.strip()) for line in quote.split("\n")))
    for off in (1, 5, 10, 20):
        yield made(f"{off} lines off", quote, meant.first + off * chance.choice((-1, 1)))
    cut = re.sub(r"(?<=\S) +\S+$", "", quote)
    if cut != quote and tells(cut):
        yield made("partial", cut.strip())
    yield made("fence", f"```\n{quote}\n```")
    yield made("NN| text", "\n".join(f"{meant.first + at}| {line}" for at, line in enumerate(quote.split("\n"))))
    yield made("our signatures: NN text", "\n".join(f"{meant.first + at} {line}" for at, line in enumerate(quote.split("\n"))))
    yield made("leading +", "\n".join(f"+{line}" for line in quote.split("\n")))
    shown = in_diff(file, meant)
    if shown.count("\n") == quote.count("\n"):
        yield made("our diff: NN +text", shown)
    hunk = next(hunk for hunk in file.hunks if meant.first in hunk.added)
    if hunk.covers(meant.last) and (part := excerpt(hunk, file, meant)):
        yield made("our diff: with removed lines", part)
    yield from of_path(meant, quote, made)
    text = commit.texts[meant.path]
    for variant, other in altered(quote, chance, commit):
        if other not in text:
            yield replace(made(variant, other), honest=False)
    for variant, other in invented(lines, quote, chance):
        if other not in text:
            yield replace(made(variant, other), honest=False, meant=None)


def of_path(meant: Meant, quote: str, made: object) -> Iterator[Try]:
    """The variants of a path."""
    assert callable(made)  # noqa: S101 - a function of this module
    pure = PurePosixPath(meant.path)
    for name, path in (
        ("a/", f"a/{meant.path}"),
        ("b/", f"b/{meant.path}"),
        ("./", f"./{meant.path}"),
        ("shortened", pure.name),
        ("wrong folder", f"elsewhere/{pure.name}"),
        ("wrong file", f"{pure.parent}/no_such_file{pure.suffix}"),
    ):
        if path != meant.path:
            yield made(f"path: {name}", quote, path=path)


def is_right(finding: Finding, meant: Meant) -> bool:
    """Whether a finding is at the lines that were meant."""
    same = finding.path == meant.path and finding.removed == meant.removed
    return same and (finding.start_line, finding.end_line) == (meant.first, meant.last)


def is_anchored(finding: Finding, change: Change) -> bool:
    """Whether a finding's anchor lies in one hunk of its side."""
    anchor = finding.anchor
    if anchor is None:
        return False
    files = [file for file in change.files if finding.path in {file.path, file.old_path}]
    for hunk in (hunk for file in files for hunk in file.hunks):
        here = {line.old for line in hunk.lines if line.old} if anchor.left else {line.new for line in hunk.lines if line.new}
        if anchor.start_line in here and anchor.end_line in here:
            return True
    return False


def refutes(commit: Commit, meant: Meant, quote: str, true: Finding) -> bool:
    """Whether a verification that quotes this removes a true finding."""
    verdict = Verdict(
        finding=finding_key(true),
        path=meant.path,
        quote=quote,
        start_line=meant.first,
        end_line=meant.last,
        ruling=Ruling.REFUTED,
        explanation="It does not.",
    )
    return bool(judge([true], [verdict], commit.texts.get, lambda _one, _other: True)[1])


def measure(clone: Path, wanted: int, seed: int, rows: dict[str, Row], refuted: dict[str, list[int]]) -> None:
    """Try every variant on a clone's commits."""
    for number, commit in enumerate(commits_of(clone, wanted)):
        chance = random.Random(f"{seed} {number} {commit.change.head.commit}")  # noqa: S311 - a sample
        for each in tries(commit, chance):
            row = rows[each.variant]
            row.honest = each.honest
            finding = grounded(commit, each.claim)
            row.tried += 1
            if finding is not None:
                row.kept += 1
                row.right += each.meant is not None and is_right(finding, each.meant)
                row.anchored += is_anchored(finding, commit.change)
                row.warned += bool(finding.as_quoted)
            if not each.honest and each.meant is not None:
                quote = "\n".join(commit.texts[each.meant.path].split("\n")[each.meant.first - 1 : each.meant.last])
                true = grounded(commit, claim_of(each.meant, quote, each.meant.first))
                assert true is not None, "an exact quote is found"  # noqa: S101 - nothing to measure otherwise
                count = refuted[each.variant]
                count[0] += 1
                count[1] += refutes(commit, each.meant, each.claim.quote, true)


def share(part: int, whole: int) -> str:
    """A part in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="*", type=Path, default=[Path(__file__).resolve().parent.parent])
    parser.add_argument("--commits", type=int, default=60, help="of each clone, at most")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    rows: dict[str, Row] = defaultdict(Row)
    refuted: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for clone in given.clones:
        measure(clone, given.commits, given.seed, rows, refuted)
    print("| quote | tried | kept | right lines | valid anchor | warned |\n|---|--:|--:|--:|--:|--:|")
    for name, row in rows.items():
        if row.honest:
            shares = (share(part, row.tried) for part in (row.kept, row.right, row.anchored, row.warned))
            print(f"| {name} | {row.tried:,} | {' | '.join(shares)} |")
    print("\n| altered or invented | tried | kept | shown without a warning | refutes, as evidence |\n|---|--:|--:|--:|--:|")
    for name, row in rows.items():
        if not row.honest:
            tried, times = refuted[name]
            print(
                f"| {name} | {row.tried:,} | {share(row.kept, row.tried)} | {share(row.kept - row.warned, row.tried)} "
                f"| {share(times, tried)} |"
            )


if __name__ == "__main__":
    main()
