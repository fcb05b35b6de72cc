"""Repositories as people make them, for the tests of the collector."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from reviewer.collect.collector import Selection, collect
from reviewer.collect.repository import Repository, open_repository
from reviewer.collect.snapshot import Snapshot

Git = Callable[..., str]


@pytest.fixture
def git() -> Git:
    """Run git as a person would: `git(folder, "add", "--all")`; its standard output."""

    def run(folder: Path, *args: str) -> str:
        identity = ["-c", "user.name=A Person", "-c", "user.email=person@example.invalid", "-c", "init.defaultBranch=main"]
        allowed = ["-c", "protocol.file.allow=always"]
        done = subprocess.run(
            ["git", *identity, *allowed, *args], cwd=folder, check=True, capture_output=True, text=True, errors="surrogateescape"
        )
        return done.stdout

    return run


@pytest.fixture
def opened() -> Iterator[Callable[[Path], Repository]]:
    """Open the repository of a folder; it is closed at the end of the test."""
    with ExitStack() as stack:

        def run(path: Path) -> Repository:
            repository = open_repository(path)
            assert repository is not None
            return stack.enter_context(repository)

        yield run


@pytest.fixture
def commit(git: Git) -> Callable[..., str]:
    """Write files (None removes one) and commit everything; the full id of the commit."""

    def make(root: Path, files: Mapping[str, str | bytes | None], message: str = "next") -> str:
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message", message)
        return git(root, "rev-parse", "HEAD").strip()

    return make


@pytest.fixture
def git_lists(git: Git) -> Callable[[Path], set[str]]:
    """What `git ls-files -co --exclude-standard` says of a folder."""

    def ask(folder: Path) -> set[str]:
        raw = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=folder, check=True, capture_output=True
        ).stdout
        return {os.fsdecode(path) for path in raw.split(b"\0") if path}

    return ask


@pytest.fixture
def collected() -> Callable[..., Snapshot]:
    """Collect a folder without a cache; keywords are those of Selection."""

    def run(path: Path, **selection: object) -> Snapshot:
        return collect(path, Selection(**selection), None)  # type: ignore[arg-type]

    return run


@pytest.fixture
def listed(collected: Callable[..., Snapshot]) -> Callable[[Path], set[str]]:
    """Every path of a snapshot, read or skipped; fails when one is there twice."""

    def run(path: Path) -> set[str]:
        snapshot = collected(path)
        paths = [file.path for file in snapshot.files] + [file.path for file in snapshot.skipped]
        assert len(paths) == len(set(paths))
        return set(paths)

    return run


@pytest.fixture
def hostile(make_repository: Callable[[Mapping[str, str | bytes]], Path], git: Git, tmp_path: Path) -> tuple[Path, Path]:
    """A repository that touches files in `canaries` whenever git runs one of the programs it names, and that folder."""
    root = make_repository(
        {
            "a.txt": "one\n",
            "b.txt": "x\n",
            "img.bin": "one\n",
            ".gitattributes": "* filter=evil diff=evil merge=evil linguist-generated=false\n",
        }
    )
    canaries = tmp_path / "canaries"
    canaries.mkdir()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("fsmonitor-watchman", "post-index-change", "reference-transaction", "pre-commit", "post-checkout"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {canaries}/hook-{hook}\n")
        (hooks / hook).chmod(0o755)
    (root / "a.txt").write_text("changed\n")
    (root / "b.txt").write_text("y\n")  # same size: git has to compare contents, where a clean filter would run
    head = git(root, "rev-parse", "HEAD:img.bin").strip()
    (root / ".git/objects" / head[:2] / head[2:]).unlink()  # a missing object, which a partial clone would fetch
    for key, value in {
        "core.fsmonitor": f"touch {canaries}/fsmonitor; false",
        "core.hooksPath": str(hooks),
        "core.pager": f"touch {canaries}/pager; cat",
        "core.editor": f"touch {canaries}/editor",
        "core.sshCommand": f"touch {canaries}/ssh; false",
        "core.gitProxy": f"touch {canaries}/proxy",
        "core.alternateRefsCommand": f"touch {canaries}/alternate-refs",
        "core.untrackedCache": "true",
        "credential.helper": f"!touch {canaries}/credential",
        "diff.external": f"touch {canaries}/external-diff",
        "filter.evil.clean": f"touch {canaries}/clean; cat",
        "filter.evil.smudge": f"touch {canaries}/smudge; cat",
        "filter.evil.process": f"touch {canaries}/process",
        "filter.evil.required": "true",
        "diff.evil.command": f"touch {canaries}/diff-command",
        "diff.evil.textconv": f"touch {canaries}/textconv; cat",
        "merge.evil.driver": f"touch {canaries}/merge",
        "gpg.program": f"touch {canaries}/gpg",
        "log.showSignature": "true",
        "alias.ls-files": f"!touch {canaries}/alias",
        "extensions.partialClone": "origin",
        "remote.origin.url": f"ext::sh -c 'touch {canaries}/ext'",
        "remote.origin.promisor": "true",
        "remote.origin.uploadpack": f"touch {canaries}/uploadpack",
        "protocol.ext.allow": "always",
        "core.repositoryFormatVersion": "1",
    }.items():
        git(root, "config", key, value)
    return root, canaries
