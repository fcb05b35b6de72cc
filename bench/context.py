"""How much of what a change uses is before the model: held against what universal-ctags says is defined where.

    python bench/context.py CLONE [CLONE ...] [--commits 120] [--misses FILE]

For commits spread over each repository's newest history (no merges, 2 to 50 files, code among them): every identifier in an added or
removed line, comments and strings aside, that ctags knows as a definition of the same language at the base, in at most 3 files, all of them
files we would read, and not as a local variable, a parameter or an imported package of the changed file. A definition is a name and a file;
it is in view when each line that ctags names for it stands in the composed prompt, below that file's path: in the whole file, among its
signatures, in the changed file at the head, or in the diff. Columns: the diff alone (`--scope diff`), the changed files (`--scope files`),
`--context standard` and `--context 1m`, by local estimate, as a user gets it who counts nothing.

Needs universal-ctags on the PATH.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.definitions import FAMILIES, MOST_FILES, Definition, Tags, suffix, used  # noqa: E402 - beside this script
from reviewer.collect import symbols as symbols_room  # noqa: E402 - the checkout this script stands in is measured
from reviewer.collect.cache import MeasureCache  # noqa: E402
from reviewer.collect.changes import Change, ChangeKind  # noqa: E402
from reviewer.collect.collector import Selection, collect_tree  # noqa: E402
from reviewer.collect.comparison import of_commit  # noqa: E402
from reviewer.collect.related import Related, rank  # noqa: E402
from reviewer.collect.repository import Repository, open_repository  # noqa: E402
from reviewer.collect.subject import Subject, read_subject  # noqa: E402
from reviewer.collect.symbol_cache import SymbolCache  # noqa: E402
from reviewer.plan.catalog import load_catalogue  # noqa: E402
from reviewer.plan.decision import Context, Scope  # noqa: E402
from reviewer.planning import Wishes, plan_change  # noqa: E402
from reviewer.prompt import compose  # noqa: E402
from reviewer.templating import Templates  # noqa: E402

WIDEST = 150
"""Characters of a line that are looked for: signatures may cut it."""
AMONG = 2_000
"""The newest commits, of which the measured ones are taken at equal distances."""

OPENING = re.compile(r'<(document|diff) id="([0-9a-f]+)" path=("(?:[^"\\]|\\.)*")(.*)>')

VIEWS = {
    "diff only": (Scope.DIFF, Context.LONG),
    "changed files": (Scope.FILES, Context.LONG),
    "200K": (Scope.REPO, Context.STANDARD),
    "1M": (Scope.REPO, Context.LONG),
}


@dataclass
class Score:
    """Definitions in view, by view, over the commits of a repository; those whose name one file alone defines counted again."""

    commits: int = 0
    definitions: Counter[bool] = field(default_factory=Counter)
    """All (False), and those of one file alone (True)."""
    seen: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def add(self, view: str, definition: Definition) -> None:
        """Count a definition that is in view."""
        self.seen.update((view, alone) for alone in {False, definition.files == 1})

    def rows(self, name: str) -> Iterator[str]:
        """Its rows of the table."""
        for alone, rule in ((False, f"1 to {MOST_FILES}"), (True, "1")):
            number = self.definitions[alone]
            shares = " | ".join(f"{self.seen[view, alone] / max(1, number):.1%}" for view in VIEWS)
            yield f"| {name} | {self.commits:,} | {rule} | {number:,} | {shares} |"


def shown(prompt: str) -> dict[str, list[str]]:
    """Path → what stands of the file in a prompt."""
    parts: dict[str, list[str]] = defaultdict(list)
    at = 0
    while opening := OPENING.search(prompt, at):
        at = prompt.index(f'</{opening[1]} id="{opening[2]}">', opening.end())
        parts[json.loads(opening[3])].append(prompt[opening.end() : at])
    return parts


def in_view(definition: Definition, parts: Sequence[str]) -> bool:
    """Whether every line that defines it is there."""
    return all(any(tag.text[:WIDEST] in part for part in parts) for tag in definition.tags)


def subject_of(repository: Repository, change: Change, measures: MeasureCache) -> Subject:
    """The change before its base, as `reviewer review --commit` sees it."""
    there = {file.path for file in change.files if file.kind is not ChangeKind.DELETED}
    return Subject(
        snapshot=collect_tree(repository, change.base, Selection(), measures),
        change=change,
        head=collect_tree(repository, change.head, Selection(), measures, paths=there, rules=change.base),
    )


def commits(clone: Path, number: int) -> list[str]:
    """Multi-file commits, spread over the newest history."""
    command = ["git", "-C", str(clone), "log", "--no-merges", f"-n{AMONG}", "--format=%x00%H", "--name-only", "--no-renames"]
    records = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout.split("\0")[1:]
    chosen = []
    for record in records:
        commit, *paths = record.split("\n")
        paths = [path for path in paths if path]
        if 2 <= len(paths) <= 50 and any(suffix(path) in FAMILIES for path in paths):
            chosen.append(commit)
    step = max(1.0, len(chosen) / number)
    spread = [chosen[int(index * step)] for index in range(min(number, len(chosen)))]
    return sorted(spread)  # in no order of time, so that the first ones are a fair sample of all


class Bench:
    """One run over some repositories."""

    def __init__(self, state: Path, misses: Path | None) -> None:
        self.state = state
        self.misses = misses
        self.templates = Templates()
        catalogue = load_catalogue()
        self.wishes = Wishes(
            model=catalogue.find("opus"),
            catalogue=catalogue,
            context=Context.AUTO,
            effort=None,
            max_output=None,
            language="English",
            instructions="",
            correction=None,
            today=date(2026, 11, 23),
        )

    def measured(self, clone: Path, number: int) -> Score:
        """The score of one repository."""
        score, tags = Score(), Tags()
        repository = open_repository(clone)
        if repository is None:
            sys.exit(f"{clone} is no git repository")
        with repository:
            for commit in commits(clone, number):
                change = of_commit(repository, commit)
                subject = subject_of(repository, change, MeasureCache(self.state))
                definitions = used(subject, tags)
                if definitions:
                    self._view(clone.name, commit, repository, subject, definitions, score)
                    print(*score.rows(f"{clone.name} so far"), sep="\n", file=sys.stderr, flush=True)
        return score

    def _view(
        self, name: str, commit: str, repository: Repository, subject: Subject, definitions: list[Definition], score: Score
    ) -> None:
        symbols = SymbolCache(self.state)
        related = cache(lambda: rank(subject, repository, symbols))
        score.commits += 1
        score.definitions.update(alone for one in definitions for alone in {False, one.files == 1})
        for view, (scope, context) in VIEWS.items():
            wishes = replace(self.wishes, scope=scope, context=context)
            packed, plan = plan_change(subject, wishes, self.templates, related)
            texts, _ = read_subject(packed)
            prompt = compose(plan, packed, texts, self.templates, language="English", instructions="")
            parts = shown(prompt.documents + prompt.change)
            for file in subject.change.files if subject.change else ():
                if file.old_path:
                    parts[file.old_path] += parts[file.path]
            missed = [one for one in definitions if not in_view(one, parts.get(one.path, ()))]
            for one in definitions:
                if one not in missed:
                    score.add(view, one)
            if scope is Scope.REPO and self.misses is not None:
                with self.misses.open("a", encoding="utf-8", errors="replace") as out:
                    out.writelines(notes(f"{name} {commit[:12]} {view} {plan.tokens.estimate}", missed, packed, related()))


def notes(where: str, missed: list[Definition], packed: Subject, related: Sequence[Related]) -> Iterator[str]:
    """A line for each definition that is not in view: where it stands, in what form its file went in, its file's place and reason."""
    places = {file.path: (number, file) for number, file in enumerate(related)}
    for one in missed:
        form = "signatures" if one.path in packed.outlines else "no room"
        place, entry = places.get(one.path, (-1, None))
        yield f"{where}\t{one.name}\t{one.path}:{one.tags[0].line}\t{form}\t{place}\t{entry}\t{one.tags[0].text[:100]}\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", nargs="+", type=Path)
    parser.add_argument("--commits", type=int, default=120, help="over all repositories")
    parser.add_argument("--misses", type=Path, help="write each definition that is not in view here")
    parser.add_argument("--state", type=Path, help="keep the indexes here from run to run")
    options = parser.parse_args()
    if shutil.which("ctags") is None or b"Universal" not in subprocess.check_output(["ctags", "--version"]):
        sys.exit("universal-ctags is not installed: it is what the prompts are held against.")
    # The trees of one history hold the same files again and again, and the parser is asked anew for each.
    symbols_room.definitions = cache(symbols_room.definitions)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options.state or Path(folder), options.misses)
        print(f"| repository | commits | files that define the name | definitions | {' | '.join(VIEWS)} |")
        print(f"|---|--:|--:|--:|{'--:|' * len(VIEWS)}")
        total = Score()
        for clone in options.clones:
            score = bench.measured(clone.resolve(), -(-options.commits // len(options.clones)))
            print(*score.rows(clone.resolve().name), sep="\n", flush=True)
            total.commits += score.commits
            total.definitions += score.definitions
            total.seen += score.seen
        print(*total.rows("all"), sep="\n")


if __name__ == "__main__":
    main()
