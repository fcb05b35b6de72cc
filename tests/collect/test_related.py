"""What else a change touches, in the order a reviewer would look: on real repositories, made small."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect import mentions
from reviewer.collect.collector import Selection, collect_tree
from reviewer.collect.comparison import of_commit
from reviewer.collect.related import Related, Relation, rank
from reviewer.collect.repository import open_repository
from reviewer.collect.subject import Subject
from reviewer.collect.symbol_cache import SymbolCache

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Ranked = Callable[..., tuple[Related, ...]]

FILES: dict[str, str | bytes] = {
    "app/main.py": "from app.store import keep\n\n\ndef start():\n    return 1\n",
    "app/store.py": "def keep(value):\n    return value\n",
    "app/other.py": "x = 1\n",
    "lib/legacy.py": "def keep(value, more):\n    return value\n",
    "lib/caller.py": "from app.main import start\n\nstart()\n",
    "lib/deep/far.py": "y = 1\n",
    "tests/test_main.py": "from app.main import start\n\n\ndef test_start():\n    assert start()\n",
    "docs/guide.md": "Nothing to see.\n",
}


@pytest.fixture
def ranked(git: Git) -> Ranked:
    """Commit these files as a change to a repository, and rank its base."""

    def run(root: Path, files: Mapping[str, str], cache: SymbolCache | None = None) -> tuple[Related, ...]:
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        git(root, "add", "--all")
        git(root, "commit", "-qm", "change")
        repository = open_repository(root)
        assert repository is not None
        with repository:
            change = of_commit(repository, "HEAD")
            snapshot = collect_tree(repository, change.base, Selection(), None)
            paths = {file.path for file in change.files}
            head = collect_tree(repository, change.head, Selection(), None, paths=paths, rules=change.base)
            return rank(Subject(snapshot=snapshot, change=change, head=head), repository, cache)

    return run


CHANGE = {"app/main.py": "from app.store import keep\n\n\ndef start():\n    return keep(1)\n"}


def test_each_file_is_there_once_in_the_order_of_its_relation(make_repository: Make, ranked: Ranked) -> None:
    found = ranked(make_repository(FILES), CHANGE)
    assert [(one.path, one.relation) for one in found] == [
        ("app/main.py", Relation.CHANGED),
        ("app/store.py", Relation.DEFINES),
        ("lib/legacy.py", Relation.DEFINES),
        ("lib/caller.py", Relation.CALLS),
        ("tests/test_main.py", Relation.TESTS),
        ("app/other.py", Relation.SIBLING),
        ("docs/guide.md", Relation.NEAR),
        ("lib/deep/far.py", Relation.NEAR),
    ]


def test_with_helpers_the_ranking_is_the_same(make_repository: Make, ranked: Ranked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "_MUCH", 0)
    monkeypatch.setattr(mentions, "spare_processors", lambda: 1)
    found = {one.path: sorted(one.names) for one in ranked(make_repository(FILES), CHANGE) if one.names}
    assert found == {
        "app/store.py": ["keep"],
        "lib/legacy.py": ["keep"],
        "lib/caller.py": ["start"],
        "tests/test_main.py": ["start"],
    }


def test_a_relation_says_by_which_names(make_repository: Make, ranked: Ranked) -> None:
    found = {one.path: one.names for one in ranked(make_repository(FILES), CHANGE)}
    assert [sorted(found[path]) for path in ("app/store.py", "lib/caller.py", "app/other.py")] == [["keep"], ["start"], []]


def test_the_cache_changes_nothing(make_repository: Make, ranked: Ranked, git: Git, tmp_path: Path) -> None:
    root = make_repository(FILES)
    without = ranked(root, CHANGE)
    git(root, "reset", "-q", "--hard", "HEAD~1")
    cold = ranked(root, CHANGE, SymbolCache(tmp_path / "cache"))
    git(root, "reset", "-q", "--hard", "HEAD~1")
    assert without == cold == ranked(root, CHANGE, SymbolCache(tmp_path / "cache"))


def test_what_changed_together_before_comes_before_a_sibling(make_repository: Make, ranked: Ranked, git: Git) -> None:
    root = make_repository(FILES)
    ranked(root, {"app/main.py": FILES["app/main.py"] + "\n", "lib/deep/far.py": "y = 2\n"})  # type: ignore[operator]
    order = [one.path for one in ranked(root, CHANGE)]
    assert order.index("lib/deep/far.py") < order.index("app/other.py")


def test_a_renamed_file_is_known_at_the_base_by_its_old_name(make_repository: Make, ranked: Ranked, git: Git) -> None:
    root = make_repository(FILES)
    git(root, "mv", "app/main.py", "app/start.py")
    found = {one.path: one.relation for one in ranked(root, {})}
    assert found["app/main.py"] is Relation.CHANGED


def test_callers_of_a_removed_function_are_found(make_repository: Make, ranked: Ranked) -> None:
    found = {one.path: one.relation for one in ranked(make_repository(FILES), {"app/main.py": "z = 1\n"})}
    assert found["lib/caller.py"] is Relation.CALLS


def test_texts_that_are_no_utf_8_and_names_that_are_none_do_no_harm(make_repository: Make, ranked: Ranked) -> None:
    files = FILES | {"wide.py": "def keep(): pass\n".encode("utf-16"), "caf\udce9.py": b"# caf\xe9\n", "data.bin": b"\0\1"}
    found = {one.path: one.relation for one in ranked(make_repository(files), CHANGE)}
    assert found["wide.py"] is Relation.DEFINES


@pytest.mark.parametrize(
    ("files", "change", "first"),
    [
        (
            {"src/a.ts": "\n", "src/lib/b.ts": "export const keep = 1\n", "src/c.ts": "export const keep = 2\n"},
            {"src/a.ts": "import { keep } from './lib/b'\nkeep\n"},
            "src/lib/b.ts",
        ),
        (
            {"p/A.java": "\n", "q/x/B.java": "class B {\n  void keep() {}\n}\n", "p/C.java": "class C {\n  void keep() {}\n}\n"},
            {"p/A.java": "import q.x.B;\nclass A { void f(B b) { b.keep(); } }\n"},
            "q/x/B.java",
        ),
        (
            {"a.c": "\n", "inc/b.h": "#define KEEP 1\n", "c.h": "#define KEEP 2\n"},
            {"a.c": '#include "inc/b.h"\nint x = KEEP;\n'},
            "inc/b.h",
        ),
        (
            {"m/a.go": "package m\n", "n/b.go": "package n\n\nfunc Keep() {}\n", "m/o/c.go": "package o\n\nfunc Keep() {}\n"},
            {"m/a.go": 'package m\n\nimport (\n\t"example.com/r/n"\n)\n\nvar x = n.Keep()\n'},
            "n/b.go",
        ),
    ],
)
def test_of_two_definitions_the_imported_one_comes_first(
    make_repository: Make, ranked: Ranked, files: dict[str, str | bytes], change: dict[str, str], first: str
) -> None:
    defining = [one.path for one in ranked(make_repository(files), change) if one.relation is Relation.DEFINES]
    assert (len(defining), defining[0]) == (2, first)


@pytest.mark.parametrize(("number", "expected"), [(19, 19), (20, 0)])
def test_of_a_name_that_too_many_files_define_alike_none_is_taken_for_the_definer(
    make_repository: Make, ranked: Ranked, number: int, expected: int
) -> None:
    files: dict[str, str | bytes] = {f"far{one}/f.py": "def keep(): pass\n" for one in range(number)}
    root = make_repository(files | {"here/a.py": "x = 1\n"})
    related = ranked(root, {"here/a.py": "x = keep()\n"})
    assert len([one for one in related if one.relation is Relation.DEFINES]) == expected


def test_of_a_name_that_too_many_files_define_the_imported_one_is_taken(make_repository: Make, ranked: Ranked) -> None:
    files: dict[str, str | bytes] = {f"far{one}/f.py": "def keep(): pass\n" for one in range(30)}
    root = make_repository(files | {"here/a.py": "x = 1\n"})
    related = ranked(root, {"here/a.py": "from far7.f import keep\n\nx = keep()\n"})
    assert [(one.path, set(one.names)) for one in related if one.relation is Relation.DEFINES] == [("far7/f.py", {"keep"})]
