"""The shadow repository: what of a real one is copied, so that git can answer without seeing the rest. See `repository.py`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reviewer.collect.files import path_text, read_special
from reviewer.collect.gitdir import GitDir, head_commit, read_part, refuse_foreign
from reviewer.collect.object_store import is_partial, refuse_pipes
from reviewer.errors import SourceError

_INDEX_LIMIT = 512 * 1024 * 1024
"""Bytes. Linux's takes 9 million."""
_TEXT_LIMIT = 4 * 1024 * 1024
_COPIED = ("info/exclude", "info/attributes", "shallow")
_SETTINGS = ("core.filemode", "core.ignorecase", "core.precomposeunicode", "core.symlinks", "core.trustctime")
"""Settings that decide how git compares names and files; all are yes or no, so nothing else can come in with them."""
_LINE_ENDS = frozenset({"lf", "crlf", "native"})
_YES = frozenset({"true", "yes", "on", "1", ""})
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_OPERATOR_VARIABLES = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


class RunGit(Protocol):
    """Runs git in a folder with exactly the given environment."""

    def __call__(self, folder: Path, environment: dict[str, str], args: tuple[str, ...], stdin: bytes = b"") -> bytes:
        """The standard output; raises SourceError when git fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """An empty bare repository of ours that stands in for `git_dir`."""

    git_dir: GitDir
    folder: Path
    head: str | None
    environment: dict[str, str]
    notes: tuple[str, ...]
    reads_references: bool
    filters: frozenset[str]
    is_partial: bool


def build_shadow(git_dir: GitDir, folder: Path, run: RunGit) -> Shadow:
    """Fill the empty `folder`. Raises SourceError when one of git's own files cannot be read."""
    _lay_out(folder)
    environment = _environment(git_dir.root, folder, git_dir.common / "objects")
    settings = _settings(git_dir, folder, environment, run)
    operators = _operators_settings(folder, run)
    refuse_foreign(git_dir, settings.get("core.worktree"))
    refuse_pipes(git_dir.common / "objects")
    for name in _COPIED:
        content = read_special(git_dir.common / name, _TEXT_LIMIT)
        if content is not None:
            (folder / name).write_bytes(content)
    _copy_index(git_dir, folder)
    notes = _copy_excludes(git_dir, folder, operators | settings)
    head = head_commit(git_dir)
    if head is not None:
        (folder / "HEAD").write_text(head + "\n")
    (folder / "config").write_text(_config(folder, operators, settings))
    reads_references = settings.get("extensions.refstorage", "files") == "files"
    if not reads_references:
        notes += ("The commit is not named: this repository keeps its references in a form that is not read.",)
    return Shadow(
        git_dir=git_dir,
        folder=folder,
        head=head,
        environment=environment,
        notes=notes,
        reads_references=reads_references,
        filters=frozenset(filter(None, map(_filter_with_program, operators | settings))),
        is_partial=is_partial(git_dir.common / "objects"),
    )


def build_bare_shadow(common: Path | None, folder: Path, *, sha256: bool) -> Shadow:
    """Fill the empty `folder` so that it has no more than the objects below `common`, or none, and an empty work tree.

    Nothing else of the repository there is looked at: not its index, its references, its settings or its files. Raises SourceError when
    one of git's own files cannot be read.
    """
    _lay_out(folder)
    root = folder / "empty"
    root.mkdir()
    if common is not None:
        refuse_pipes(common / "objects")
    if common is not None and (content := read_special(common / "shallow", _TEXT_LIMIT)) is not None:
        (folder / "shallow").write_bytes(content)
    settings = {"extensions.objectformat": "sha256"} if sha256 else {}
    (folder / "config").write_text(_config(folder, {}, settings))
    return Shadow(
        git_dir=GitDir(root, folder, folder),
        folder=folder,
        head=None,
        environment=_environment(root, folder, None if common is None else common / "objects"),
        notes=(),
        reads_references=True,
        filters=frozenset(),
        is_partial=common is not None and is_partial(common / "objects"),
    )


def _lay_out(folder: Path) -> None:
    for part in ("objects", "refs", "info"):
        (folder / part).mkdir()
    (folder / "HEAD").write_bytes(b"ref: refs/heads/none\n")


def _environment(root: Path, folder: Path, objects: Path | None) -> dict[str, str]:
    # Quoted as in C, because a bare value would be split at colons.
    borrowed = {} if objects is None else {"GIT_ALTERNATE_OBJECT_DIRECTORIES": f'"{_quoted(objects)}"'}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "XDG_CONFIG_HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_DIR": str(folder),
        "GIT_WORK_TREE": str(root),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PAGER": "cat",
    } | borrowed


def _settings(git_dir: GitDir, folder: Path, environment: dict[str, str], run: RunGit) -> dict[str, str]:
    """The repository's own settings, last value of each. Includes are not followed."""
    own = read_special(git_dir.common / "config", _TEXT_LIMIT) or b""
    own += b"\n" + (read_special(git_dir.private / "config.worktree", _TEXT_LIMIT) or b"")
    copy = folder / "source.config"
    copy.write_bytes(own)
    return _parsed(run(folder, environment, ("config", "--file", str(copy), "--no-includes", "-z", "--list")))


def _operators_settings(folder: Path, run: RunGit) -> dict[str, str]:
    """The operator's own system and user configuration, which is trusted: it is read with its includes."""
    environment = {name: os.environ[name] for name in _OPERATOR_VARIABLES if name in os.environ}
    environment |= {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "GIT_DIR": str(folder)}
    return _parsed(run(folder, environment, ("config", "--includes", "-z", "--list")))


def _parsed(listed: bytes) -> dict[str, str]:
    """Key → value. Section and name are in small letters already; the part between them, as in `filter.LFS.clean`, is as written."""
    settings: dict[str, str] = {}
    for record in listed.split(b"\0"):
        key, newline, value = record.partition(b"\n")
        settings[path_text(key)] = path_text(value) if newline else "true"
    return settings


def _filter_with_program(key: str) -> str | None:
    section, _, rest = key.partition(".")
    name, _, last = rest.rpartition(".")
    return name if section == "filter" and last in {"clean", "process"} else None


def _copy_index(git_dir: GitDir, folder: Path) -> None:
    """The index, and the shared part of a split one. Its time matters: git looks again at files that changed since it was written."""
    source = git_dir.private / _index_name(git_dir)
    content = read_part(git_dir, source, _INDEX_LIMIT)
    if content is None:
        return
    _write_as_old(folder / "index", content, source)
    for shared in git_dir.private.glob("sharedindex.*"):
        name = shared.name.partition(".")[2]
        if _OBJECT_ID.fullmatch(name) and bytes.fromhex(name) in content:
            _write_as_old(folder / shared.name, read_part(git_dir, shared, _INDEX_LIMIT) or b"", shared)


def _index_name(git_dir: GitDir) -> str:
    """The name of the index. A hook of `git commit --all`, or of one with paths, is told of another one, of what will be committed."""
    named = git_dir.root / os.environ.get("GIT_INDEX_FILE", "")
    return named.name if named.resolve().parent == git_dir.private.resolve() else "index"


def _write_as_old(copy: Path, content: bytes, source: Path) -> None:
    status = source.stat()
    copy.write_bytes(content)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copy_excludes(git_dir: GitDir, folder: Path, settings: dict[str, str]) -> tuple[str, ...]:
    """core.excludesFile: the repository's, else the operator's, else the default place, as git decides."""
    named = settings.get("core.excludesfile")
    if named is None:
        home = os.environ.get("XDG_CONFIG_HOME") or f"{os.environ.get('HOME', '/nonexistent')}/.config"
        named = f"{home}/git/ignore"
    path = git_dir.root / _without_tilde(named)
    try:
        content = read_special(path, _TEXT_LIMIT) if named else None
    except SourceError as error:
        return (f"core.excludesFile is not used: {error.message}",)
    if content is not None:
        (folder / "excludes").write_bytes(content)
    return ()


def _without_tilde(path: str) -> str:
    """`~/` is the operator's home; `~name/` is left alone, since nothing here needs to know who else has one."""
    return os.environ.get("HOME", "/nonexistent") + path[1:] if path.startswith("~/") else path


def _config(folder: Path, operators: dict[str, str], settings: dict[str, str]) -> str:
    sha256 = settings.get("extensions.objectformat", "sha1").lower() == "sha256"
    lines = [
        "[core]",
        "bare = true",
        f"repositoryformatversion = {int(sha256)}",
        "hooksPath = /dev/null",
        "attributesFile = /dev/null",
    ]
    lines += [f"{key.partition('.')[2]} = {str(settings[key].lower() in _YES).lower()}" for key in _SETTINGS if key in settings]
    lines += [f"{key.partition('.')[2]} = {value}" for key, value in _line_ends(operators | settings)]
    lines.append(f'excludesFile = "{_quoted(folder / "excludes")}"')
    lines += ["[protocol]", "allow = never"]
    if sha256:
        lines += ["[extensions]", "objectFormat = sha256"]
    return "\n".join(lines) + "\n"


def _line_ends(settings: dict[str, str]) -> Iterator[tuple[str, str]]:
    """How lines end on disk and in git, which decides whether a file is changed: the repository's settings, else the operator's."""
    given = settings.get("core.autocrlf", "").lower()
    if given:
        yield "core.autocrlf", "input" if given == "input" else str(given in _YES).lower()
    if (ends := settings.get("core.eol", "").lower()) in _LINE_ENDS:
        yield "core.eol", ends


def _quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
