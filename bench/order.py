"""How much of a prompt's documents the next commit finds in the provider's cache: the project's order against the order of paths.

    python bench/order.py CLONE [CLONE ...] [--commits 30] [--fives 20] [--skip 0]

Each of the newest commits of the main line (first parents) that change a document is reviewed as a repository as it is, and so is the commit
before it. The documents are collected, ordered and cut as for a real prompt. What the second prompt reads from the cache ends at the last
place where the first had a breakpoint, if all blocks up to there are the same; what follows is *uncached*. Nothing older is taken to be in
the cache. Counted are characters, which the provider bills about in proportion.

First table: paths with the same cuts and breakpoints; *at best* is a request by path that could have a breakpoint at every cut.
Second: other orders that were tried, and other breakpoints: fixed shares (what is done), or those fitted to where the 30 commits before
would have begun. Each cell is the median and the mean uncached share; *first* is the share that follows the first changed character.
Third: commits that change exactly five documents, the newest so many of the last 1,500.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, islice, pairwise
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from reviewer.collect.cache import MeasureCache  # noqa: E402 - the checkout this script stands in is measured
from reviewer.collect.changes import Revision  # noqa: E402
from reviewer.collect.collector import Selection, collect_tree  # noqa: E402
from reviewer.collect.files import path_bytes  # noqa: E402
from reviewer.collect.past import NO_PAST, Past, read_past  # noqa: E402
from reviewer.collect.repository import Repository, open_repository  # noqa: E402
from reviewer.collect.texts import read_texts  # noqa: E402
from reviewer.documents import Document, document  # noqa: E402
from reviewer.layout import Layout, in_order  # noqa: E402
from reviewer.plan.order import HALF_LIFE, arrange, breakpoints  # noqa: E402
from reviewer.templating import Templates  # noqa: E402

Order = Callable[[Mapping[str, int], Past], Sequence[str]]
FIVE = 5
AMONG = 1_500
FITTED_TO = 30


@dataclass(frozen=True)
class State:
    """The documents of one commit, and what led there."""

    commit: str
    documents: Mapping[str, Document]
    sizes: Mapping[str, int]
    past: Past


@dataclass
class Main:
    """The main line of one clone, newest first; documents are made once for each blob."""

    repository: Repository
    cache: MeasureCache
    known: dict[tuple[str, str | None], Document] = field(default_factory=dict)

    def commits(self, number: int, skip: int) -> list[str]:
        """Ids, newest first."""
        chosen = ("--first-parent", f"--max-count={number}", f"--skip={skip}")
        listed = self.repository.run("rev-list", *chosen, str(self.repository.head))
        return listed.decode().split()

    def state(self, commit: str) -> State:
        """What a review of the commit would have before it."""
        tree = self.repository.run("rev-parse", f"{commit}^{{tree}}").decode().strip()
        snapshot = collect_tree(self.repository, Revision(tree=tree, commit=commit), Selection(), self.cache)
        missing = [file.path for file in snapshot.files if (file.path, file.blob) not in self.known]
        texts, _ = read_texts(snapshot, missing)
        blobs = {file.path: file.blob for file in snapshot.files}
        self.known |= {(path, blobs[path]): document(path, text) for path, text in texts.items()}
        documents = {path: self.known[path, blob] for path, blob in blobs.items() if (path, blob) in self.known}
        sizes = {path: len(each.text) for path, each in documents.items()}
        return State(commit, documents, sizes, read_past(self.repository, commit))

    def pairs(self, commits: Sequence[str]) -> Iterator[tuple[State, State]]:
        """Each commit with the one before it, oldest first, where they have different documents."""
        before = None
        for older, newer in pairwise(reversed(commits)):
            before = before if before is not None and before.commit == older else self.state(older)
            after = self.state(newer)
            if before.documents != after.documents:
                yield before, after
            before = after


def by_path(sizes: Mapping[str, int], past: Past) -> Sequence[str]:  # noqa: ARG001 - an Order
    """As it would be without a history."""
    return arrange(sizes, NO_PAST)


def by_last_change(sizes: Mapping[str, int], past: Past) -> Sequence[str]:
    """What was touched last stands last."""
    last = {path: step.time for step in reversed(past.steps) for path in step.paths}
    return sorted(sizes, key=lambda path: (last.get(path, 0), path_bytes(path)))


def by_number(sizes: Mapping[str, int], past: Past) -> Sequence[str]:
    """As often as it was changed in the steps that are seen."""
    times = _times(past)
    return sorted(sizes, key=lambda path: (len(times.get(path, ())), path_bytes(path)))


def by_frequency(sizes: Mapping[str, int], past: Past) -> Sequence[str]:
    """The chosen order, had all files one size."""
    return arrange(dict.fromkeys(sizes, 1), past)


def in_buckets(sizes: Mapping[str, int], past: Past) -> Sequence[str]:
    """Frequency as seen from today, in powers of two, ties by path."""
    today = past.steps[0].time if past.steps else 0
    counts = {path: sum(2.0 ** ((time - today) / HALF_LIFE) for time in found) for path, found in _times(past).items()}
    return sorted(sizes, key=lambda path: (math.floor(math.log2(counts[path])) if path in counts else -99, path_bytes(path)))


def _times(past: Past) -> dict[str, list[int]]:
    times: dict[str, list[int]] = {}
    for step in past.steps:
        for path in step.paths:
            times.setdefault(path, []).append(step.time)
    return times


ORDERS: Mapping[str, Order] = {
    "path": by_path,
    "last change": by_last_change,
    "number of changes": by_number,
    "frequency in buckets": in_buckets,
    "frequency": by_frequency,
    "frequency for its size (chosen)": arrange,
}


def laid(state: State, order: Order, templates: Templates) -> Layout:
    """The documents as they stand in the prompt of a repository as it is."""
    return in_order([state.documents[path] for path in order(state.sizes, state.past)], templates, inner=3)


def reused(before: Layout, after: Layout, entries: Sequence[int]) -> int:
    """Characters of `after` up to the last of `entries` of `before` that it finds."""
    found = start = 0
    for ends in zip((*before.cuts, len(before.documents)), (*after.cuts, len(after.documents)), strict=False):
        end = ends[0]
        if ends[0] != ends[1] or before.documents[start:end] != after.documents[start:end]:
            break
        found = end if end in entries else found
        start = end
    return found


def same(before: Layout, after: Layout) -> int:
    """How many characters the two begin with in common."""
    one, other = before.documents, after.documents
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def begun(state: State) -> list[int]:
    """About where the commits before would have begun to change the documents, had each file had its size of today."""
    places = []
    for at, step in enumerate(state.past.steps[:FITTED_TO]):
        place = 0
        for path in arrange(state.sizes, replace(state.past, steps=state.past.steps[at + 1 :])):
            if path in step.paths:
                places.append(place)
                break
            place += state.sizes[path] + 2 * len(path) + 60
    return places


def fitted(places: Sequence[int], cuts: Sequence[int], number: int) -> tuple[int, ...]:
    """The cuts that would have left the least uncached on the mean."""
    choices = combinations(cuts, min(number, len(cuts)))
    return max(choices, key=lambda chosen: sum(max((cut for cut in chosen if cut <= place), default=0) for place in places))


def share(uncached: Sequence[float]) -> str:
    """Median and mean, as a cell shows them."""
    return f"{statistics.median(uncached):.2f} / {statistics.mean(uncached):.2f}"


class Tally:
    """Uncached shares, and characters, of each way."""

    def __init__(self) -> None:
        self.shares: dict[str, list[float]] = {}
        self.left: dict[str, list[int]] = {}

    def add(self, way: str, after: Layout, found: int) -> None:
        """Note one prompt, of which the first `found` characters were in the cache."""
        length = len(after.documents)
        self.shares.setdefault(way, []).append(1 - found / length)
        self.left.setdefault(way, []).append(length - found)


def measure(pairs: Iterable[tuple[State, State]], templates: Templates, *, others: bool) -> Tally:
    """What each way leaves uncached of the second state of each pair; without `others`, paths and the chosen order alone."""
    tally = Tally()
    for name, order in ORDERS.items():
        if not others and order not in (by_path, arrange):
            continue
        known = ("", Layout("", (), ()))
        for before, after in pairs:
            one = known[1] if known[0] == before.commit else laid(before, order, templates)
            other = laid(after, order, templates)
            known = (after.commit, other)
            tally.add(f"{name}, first", other, same(one, other))
            places = begun(before) if others and order is arrange else []
            for number in (2, 3):
                tally.add(f"{name}, {number}", other, reused(one, other, breakpoints(one.cuts, len(one.documents), number)))
                if places:
                    tally.add(f"{name}, {number} fitted", other, reused(one, other, fitted(places, one.cuts, number)))
            tally.add(f"{name}, every cut", other, reused(one, other, one.cuts))
    return tally


def fives(main: Main, skip: int, number: int) -> Iterator[tuple[State, State]]:
    """Commits that change five documents, by git's count of changed paths first."""
    listed = main.repository.run(
        *("log", "--first-parent", "--diff-merges=first-parent", f"--max-count={AMONG}", f"--skip={skip}", "--min-parents=1"),
        *("--format=%x01%H %P", "--name-only", "-z", "--no-renames", str(main.repository.head)),
    )
    steps = (step.split(b"\0") for step in listed.removesuffix(b"\0").split(b"\1")[1:])
    candidates = (head.decode().split()[:2] for head, *names in steps if len(list(filter(None, names))) == FIVE)
    exact = ((main.state(older), main.state(newer)) for newer, older in candidates)
    return islice(((one, other) for one, other in exact if _different(one, other) == FIVE), number)


def _different(before: State, after: State) -> int:
    paths = before.documents.keys() | after.documents.keys()
    return sum(before.documents.get(path) != after.documents.get(path) for path in paths)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path, metavar="CLONE")
    parser.add_argument("--commits", type=int, default=30)
    parser.add_argument("--fives", type=int, default=20)
    parser.add_argument("--skip", type=int, default=0, help="newest commits to leave out")
    asked = parser.parse_args()
    mine = f"{list(ORDERS)[-1]}, "
    templates, rows, other_rows, five_rows = Templates(), [], [], []
    for clone in asked.clones:
        repository = open_repository(clone.resolve())
        if repository is None:
            sys.exit(f"{clone} is no git repository")
        with repository, tempfile.TemporaryDirectory() as folder:
            line = Main(repository, MeasureCache(Path(folder)))
            # Some change no document: so more are walked than are counted.
            pairs = line.pairs(line.commits(asked.commits * 2 + 1, asked.skip))
            tally = measure(list(pairs)[-asked.commits :], templates, others=True)
            five = measure(list(fives(line, asked.skip, asked.fives)), templates, others=False)
        left, shares = tally.left, tally.shares
        path, best, ours = (statistics.median(left[way]) for way in ("path, 3", "path, every cut", mine + "3"))
        rows.append(
            f"| {clone.name} | {len(left['path, 3'])} | {1 - statistics.mean(shares['path, 3']):.0%} "
            f"| {1 - statistics.mean(shares['path, every cut']):.0%} | {1 - statistics.mean(shares[mine + '3']):.0%} "
            f"| {path:,.0f} | {best:,.0f} | {ours:,.0f} | {path / ours:.1f} | {best / ours:.1f} |"
        )
        other_rows += [f"| {clone.name} | {way} | {share(found)} |" for way, found in shares.items()]
        if five.left:
            cells = (f"{1 - statistics.median(five.shares[way]):.0%}" for way in ("path, 3", "path, every cut", mine + "3"))
            warm = sum(uncached <= 0.1 for uncached in five.shares[mine + "3"])
            five_rows.append(f"| {clone.name} | {len(five.left['path, 3'])} | {' | '.join(cells)} | {warm} |")
    print(
        "| repository | commits | cached: path | path at best | ours | uncached: path | path at best | ours | ratio | at best |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|", *rows, sep="\n")
    print("\n| repository | order, breakpoints | uncached: median / mean |\n|---|---|---|", *other_rows, sep="\n")
    print("\n| repository | commits of 5 files | cached, median: path | path at best | ours | of them ours >= 90% |")
    print("|---|---|---|---|---|---|", *five_rows, sep="\n")


if __name__ == "__main__":
    main()
