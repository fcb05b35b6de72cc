"""The cases in which programs that pack repositories go wrong: ignore rules, nested rules, odd names, odd contents."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reviewer.collect.snapshot import Encoding, Snapshot
from reviewer.collect.texts import read_texts
from reviewer.outcome import SkipReason

Git = Callable[..., str]
Make = Callable[[Mapping[str, str | bytes]], Path]
Collected = Callable[..., Snapshot]

CASES: dict[str, bool] = {
    "app.log": False,
    "important.log": True,
    "build/out.txt": False,
    "build/keep.txt": False,
    "rootonly.txt": False,
    "deeper/rootonly.txt": True,
    "docs/x/y/gen": False,
    "a/b/c.tmp": False,
    "a/b/deep/c.tmp": True,
    "#hash.txt": False,
    "a.cfg2": False,
    "foo/bar.txt": False,
    "some/deep/foo/bar.txt": False,
    "lib/pub": True,
    "lib/private": False,
    "sub/x.gen.txt": False,
    "x.gen.txt": True,
    "sub/keep.gen.txt": True,
    "sub/local.txt": False,
    "sub/deep/local.txt": True,
    "nested/x.log": True,
    "nested/y.log": False,
    "excluded-by-info": False,
    "excluded-by-global": False,
    "tracked-though-ignored.log": True,
    "untracked": True,
    ".github/workflows/ci.yml": True,
    ".env.example": True,
    "embedded/file": False,
    "embedded/.git/config": False,
    "with space": True,
    "ünï.txt": True,
    'quote"': True,
    "-dash.txt": True,
    "new\nline": True,
    "latin-1.txt": True,
    "utf-16.txt": True,
    "crlf.txt": True,
    "empty": True,
    "binary": False,
    "link-outside": False,
    "dangling": False,
    "trail ": False,
}
ROOT_RULES = (
    "*.log\n!important.log\nbuild/\n!build/keep.txt\n/rootonly.txt\ndocs/**/gen\na/b/*.tmp\n\\#hash.txt\n[ab].cfg2\n"
    "**/foo/bar.txt\nlib/*\n!lib/pub\ntrail\\ \n"
)
CONTENTS: dict[str, bytes] = {
    "latin-1.txt": "café\n".encode("latin-1"),
    "utf-16.txt": b"\xff\xfe" + "text\n".encode("utf-16-le"),
    "crlf.txt": b"one\r\ntwo\r\n",
    "empty": b"",
    "binary": b"text\0text",
}


@pytest.fixture
def probe(make_repository: Make, git: Git, tmp_path: Path) -> Path:
    root = make_repository({"tracked-though-ignored.log": "x\n"})
    (root / ".gitignore").write_text(ROOT_RULES)
    (tmp_path / "outside").write_text("secret\n")
    for name in CASES:
        if name.startswith("embedded/"):
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "link-outside":
            path.symlink_to(tmp_path / "outside")
        elif name == "dangling":
            path.symlink_to("nowhere")
        else:
            path.write_bytes(CONTENTS.get(name, b"x\n"))
    (root / "sub/.gitignore").write_text("*.gen.txt\n!keep.gen.txt\n/local.txt\n")
    (root / "nested/.gitignore").write_text("!x.log\n")
    (root / ".git/info/exclude").write_text("excluded-by-info\n")
    (tmp_path / "global").write_text("excluded-by-global\n")
    git(root, "config", "core.excludesFile", str(tmp_path / "global"))
    (root / "embedded").mkdir()
    git(root / "embedded", "init", "-q")
    (root / "embedded/file").write_text("x\n")
    git(root / "embedded", "add", "file")
    git(root / "embedded", "commit", "-qm", "inner")
    return root


def test_every_case_is_read_or_left_out_as_it_should_be(probe: Path, collected: Collected) -> None:
    read = {file.path for file in collected(probe).files}
    assert CASES == {path: path in read for path in CASES}


def test_what_git_lists_and_was_not_read_has_its_reason(probe: Path, collected: Collected) -> None:
    expected = {
        "binary": SkipReason.BINARY,
        "dangling": SkipReason.SYMBOLIC_LINK,
        "embedded/": SkipReason.EMBEDDED_REPOSITORY,
        "link-outside": SkipReason.SYMBOLIC_LINK,
    }
    assert expected == {file.path: file.reason for file in collected(probe).skipped}


def test_texts_are_what_the_files_say_whatever_their_encoding(probe: Path, collected: Collected) -> None:
    snapshot = collected(probe)
    texts, lost = read_texts(snapshot)
    assert () == lost
    assert ("café\n", "text\n", "one\r\ntwo\r\n", "") == tuple(
        texts[name] for name in ("latin-1.txt", "utf-16.txt", "crlf.txt", "empty")
    )
    encodings = {file.path: file.encoding for file in snapshot.files}
    assert (Encoding.CP1252, Encoding.UTF_16_LE) == (encodings["latin-1.txt"], encodings["utf-16.txt"])


HAZARDS: dict[str, bytes] = {
    "one-letter.txt": b"a" * 1_000_000,
    "spaces.txt": b" " * 1_000_000,
    "late-nul.ai.dat": b"%PDF-1.4\n" + b"text \n" * 10_000 + b"\0\1\2" * 100,
    "document.txt": b"</document>\n```\n",
    "controls.dat": bytes(range(1, 32)) * 100,
    "high.dat": bytes(range(128, 256)) * 50 + b"\x01\x02\x03" * 300,
}


def test_no_content_hangs_or_breaks_it(make_repository: Make, collected: Collected) -> None:
    snapshot = collected(make_repository(HAZARDS))
    assert ["document.txt", "one-letter.txt", "spaces.txt"] == [file.path for file in snapshot.files]
    assert {SkipReason.BINARY} == {file.reason for file in snapshot.skipped}


def test_a_line_of_a_megabyte_and_a_half_is_too_large_by_default_and_read_on_request(
    make_repository: Make, collected: Collected
) -> None:
    root = make_repository({"long.txt": b"a" * 1_500_000})
    assert [SkipReason.TOO_LARGE] == [file.reason for file in collected(root).skipped]
    assert [1] == [file.lines for file in collected(root, max_file_bytes=2_000_000).files]


def test_a_pipe_hangs_nothing(make_repository: Make, write_files: Callable[..., Path], collected: Collected) -> None:
    root = make_repository({"a": "x\n", "was-a-file": "x\n"})
    (root / "was-a-file").unlink()
    os.mkfifo(root / "was-a-file")
    os.mkfifo(root / "pipe")
    snapshot = collected(root)
    assert (["a"], ["was-a-file"]) == ([file.path for file in snapshot.files], [file.path for file in snapshot.skipped])
    plain = write_files({"a": "x\n"}, folder="plain")
    os.mkfifo(plain / "pipe")
    assert [("pipe", SkipReason.NOT_A_FILE, "a named pipe")] == [
        (file.path, file.reason, file.detail) for file in collected(plain).skipped
    ]


def test_a_name_that_is_not_utf_8_survives(make_repository: Make, git: Git, collected: Collected) -> None:
    root = make_repository({})
    with open(os.fsencode(root) + b"/caf\xe9.py", "wb") as file:  # noqa: PTH123 - a path of bytes
        file.write(b"x = 1\n")
    snapshot = collected(root)
    assert ["caf\udce9.py"] == [file.path for file in snapshot.files]
    assert {"caf\udce9.py": "x = 1\n"} == read_texts(snapshot)[0]
