from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.repository import open_repository
from reviewer.collect.search import MOST_MENTIONS, Mention, Search, TextSearch, TreeSearch

MakeRepository = Callable[[Mapping[str, str | bytes]], Path]

FILES: dict[str, str | bytes] = {
    "app.py": "from lib import total_of\n\nprint(total_of(1), total_of_all)\n",
    "deep/er/lib.py": "def total_of(cart):\r\n    return 1",
    "new\nline : 3.txt": "total_of\n",
    "caf\udce9.txt": "a total_of b",
    "image.bin": b"\0\0 total_of",
    "vendor/min.js": "x" * 5000 + " total_of()",
    "many.txt": "common_name\n" * (MOST_MENTIONS + 5),
    "options.md": "--dry-run and -n\n",
}


@contextmanager
def searched(root: Path) -> Iterator[TreeSearch]:
    repository = open_repository(root)
    assert repository is not None
    with repository:
        yield TreeSearch(repository, repository.run("rev-parse", "HEAD^{tree}").decode().strip())


def places(search: Search, name: str) -> list[tuple[str, int]]:
    return [(mention.path, mention.line) for mention in search.find([name])[name]]


def test_a_name_is_found_as_a_whole_word_in_every_text_file_of_the_tree(make_repository: MakeRepository) -> None:
    with searched(make_repository(FILES)) as search:
        assert places(search, "total_of") == [
            ("app.py", 1),
            ("app.py", 3),
            ("caf\udce9.txt", 1),
            ("deep/er/lib.py", 1),
            ("new\nline : 3.txt", 1),
            ("vendor/min.js", 1),
        ]
        assert search.find(["total_of"])["total_of"][3] == Mention("deep/er/lib.py", 1, "def total_of(cart):")
        assert search.problem == ""


def test_both_searches_find_the_same(make_repository: MakeRepository) -> None:
    texts = {path: content for path, content in FILES.items() if isinstance(content, str)}
    names = ["total_of", "total_of_all", "print", "--dry-run", "-n", "cart", "nowhere", "def total_of", "Total_of"]
    with searched(make_repository(texts)) as search:
        assert search.find(names) == TextSearch(texts).find(names)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "\x1b[2J"])
def test_what_is_no_name_is_nowhere(make_repository: MakeRepository, name: str) -> None:
    with searched(make_repository({"a": "a\nb\n"})) as search:
        assert search.find([name, "a"]) == {name: (), "a": (Mention("a", 1, "a"),)}


@pytest.mark.parametrize("name", ["-e", "--open-files-in-pager=false", "-O", "HEAD", "--", ".*", "$(id)", "a'b"])
def test_a_name_is_neither_an_option_nor_a_pattern(make_repository: MakeRepository, name: str) -> None:
    with searched(make_repository({"a": f"see {name} here\n", "b": "other\n"})) as search:
        assert places(search, name) == [("a", 1)]


def test_of_a_name_that_stands_everywhere_only_so_many_places_are_kept(make_repository: MakeRepository) -> None:
    with searched(make_repository(FILES)) as search:
        assert len(places(search, "common_name")) == MOST_MENTIONS


def test_a_very_long_line_is_cut(make_repository: MakeRepository) -> None:
    files = {"long.js": "total_of " + "x" * 3_000_000 + " far_right\n total_of"}
    with searched(make_repository(files)) as search:
        found = search.find(["total_of", "far_right"])

    assert [(mention.line, len(mention.text)) for mention in found["total_of"]] == [(1, 400), (2, 9)]
    assert found["far_right"] == ()


def test_the_head_is_searched_and_not_what_is_checked_out(make_repository: MakeRepository) -> None:
    root = make_repository({"a.py": "committed_name = 1\n"})
    (root / "a.py").write_text("other_name = 1\n")
    with searched(root) as search:
        assert places(search, "committed_name") == [("a.py", 1)]
        assert places(search, "other_name") == []


def test_attributes_and_settings_of_the_repository_run_nothing_and_change_nothing(make_repository: MakeRepository) -> None:
    root = make_repository({"a.py": "some_name = 1\n", ".gitattributes": "*.py diff=evil\n"})
    with (root / ".git" / "config").open("a") as config:
        config.write(
            f'[diff "evil"]\n\ttextconv = touch {root}/ran;\n[grep]\n\tpatternType = perl\n\tfullName = false\n[core]\n\tpager = touch {root}/ran\n'
        )
    with searched(root) as search:
        assert places(search, "some_name") == [("a.py", 1)]
    assert not (root / "ran").exists()


def test_a_tree_that_is_not_there_is_told(make_repository: MakeRepository) -> None:
    repository = open_repository(make_repository({"a": "a\n"}))
    assert repository is not None
    with repository:
        search = TreeSearch(repository, "0" * 40)

        assert search.find(["some_name"]) == {"some_name": ()}
        assert search.problem == "Not all of the repository could be searched for the names that findings say are missing."
        assert search.read("a") is None


@pytest.mark.parametrize("tree", ["HEAD", "--help", "", "main:", "0" * 39, "G" * 40])
def test_a_tree_is_named_by_its_full_id(make_repository: MakeRepository, tree: str) -> None:
    repository = open_repository(make_repository({"a": "a\n"}))
    assert repository is not None
    with repository, pytest.raises(ValueError, match="full object id"):
        TreeSearch(repository, tree)


def test_files_are_read_as_the_review_reads_them(make_repository: MakeRepository) -> None:
    root = make_repository(
        {
            "a.txt": "\ufeffgr\u00fcn\n",
            "b.txt": "gr\u00fcn".encode("cp1252"),
            "c.bin": b"\0",
            "d/e": "x",
            "wide.txt": "hi".encode("utf-16"),
        }
    )
    (root / "link").symlink_to("a.txt")
    with searched(root) as search:
        assert [search.read(path) for path in ("a.txt", "b.txt", "c.bin", "d/e", "d", "link", "nowhere", "wide.txt")] == [
            "gr\u00fcn\n",
            "gr\u00fcn",
            None,
            "x",
            None,
            None,
            None,
            "hi",
        ]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(max_size=12), max_size=6), st.dictionaries(st.text(max_size=8), st.text(max_size=80), max_size=4))
def test_each_mention_is_a_line_that_holds_the_name(names: list[str], texts: dict[str, str]) -> None:
    for name, mentions in TextSearch(texts).find(names).items():
        for mention in mentions:
            assert name in texts[mention.path].split("\n")[mention.line - 1]
