"""What a call is about: the settings, the repository, and the subject to put before a finder."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from reviewer.collect.cache import MeasureCache
from reviewer.collect.changes import Change, ChangedFile, ChangeKind, Revision
from reviewer.collect.collector import Selection, collect, collect_tree
from reviewer.collect.grammar import note as missing_grammars
from reviewer.collect.past import NO_PAST, Past, read_past
from reviewer.collect.repository import Repository, open_repository
from reviewer.collect.revisions import tree_of
from reviewer.collect.search import Search, TextSearch, TreeSearch
from reviewer.collect.snapshot import Snapshot
from reviewer.collect.subject import Earlier, Subject, Texts
from reviewer.collect.texts import read_redacted
from reviewer.collect.tree import read_blob
from reviewer.commands.call import Against, Call, Wanted
from reviewer.commands.comparing import alone, compare, read_patch
from reviewer.commands.setup import Setup, prepare, prepare_with
from reviewer.errors import ConfigError, SourceError
from reviewer.settings_file import OwnFiles

if TYPE_CHECKING:
    from reviewer.collect.related import Related
    from reviewer.github.pull_request import PullRequest

_SPECIAL = re.compile(r"[\\*?\[ ]")
"""What stands for something else in a pattern of .gitignore."""


@dataclass(frozen=True, slots=True)
class TreeFiles:
    """The repository's own files as a commit has them: an `OwnFiles`."""

    repository: Repository
    tree: str

    def text(self, name: str, limit: int) -> str | None:
        """See `OwnFiles`."""
        try:
            data = read_blob(self.repository, self.tree, name, limit)
            return None if data is None else data.decode("utf-8-sig")
        except SourceError as error:
            raise ConfigError(f"{name} at the base: {error.message}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{name} at the base is not UTF-8: byte {error.start}") from error


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is reviewed. The repository stays open for as long as the target is in use."""

    setup: Setup
    make_subject: Callable[[Setup], Subject]
    repository: Repository | None = None
    """Where the trees of a change are; None for a whole repository as it is, which is read from the disk."""
    pull_request: PullRequest | None = None

    @cached_property
    def subject(self) -> Subject:
        """What is put before a finder; read when first asked for, after everything was judged that needs no reading."""
        return self.make_subject(self.setup)

    @property
    def checked_here(self) -> Target:
        """The same for the built-in checks: nothing is sent, so that also what is never sent can be looked at."""
        config = dataclasses.replace(self.setup.config, engine="static")
        resolved = dataclasses.replace(self.setup.resolved, config=config)
        return dataclasses.replace(self, setup=dataclasses.replace(self.setup, resolved=resolved))

    def rank(self) -> Sequence[Related]:
        """The base's files by what they have to do with the change; made once, and what parsing taught is kept by blob id."""
        return self._related

    @cached_property
    def _related(self) -> Sequence[Related]:
        from reviewer.collect.related import rank
        from reviewer.collect.symbol_cache import SymbolCache

        assert self.repository is not None, "only trees are ranked; a patch alone has none"  # noqa: S101 - see `plan_target`
        return rank(self.subject, self.repository, SymbolCache(self.setup.state))

    def earlier(self, commit: str) -> Earlier | None:
        """The files of an earlier commit, by the settings of this call; None when git no longer has it."""
        with ExitStack() as stack:
            repository = open_repository(self.setup.path)
            if repository is None:
                return None
            stack.enter_context(repository)
            try:
                revision = Revision(tree_of(repository, commit), commit)
                cache = MeasureCache(self.setup.state)
                snapshot = collect_tree(repository, revision, _selection(self.setup), cache, scope=_scope(self.setup, repository))
            except SourceError:
                return None
            read = read_redacted(snapshot)
            return Earlier(commit=commit, texts=read.texts, past=read_past(repository, commit), secrets=read.secrets)

    def search(self, texts: Texts) -> Search:
        """What looks for names at the head: in the whole tree where there is one, else in what was read."""
        change = self.subject.change
        if self.repository is not None and change is not None and change.head.tree is not None:
            return TreeSearch(self.repository, change.head.tree)
        return TextSearch(texts.current)


@contextmanager
def open_target(call: Call) -> Iterator[Target]:
    """The target of a call on this machine. Raises ConfigError and SourceError."""
    setup = prepare(call)
    if call.wanted is None:
        yield Target(setup=setup, make_subject=_as_it_is)
        return
    patch = read_patch(call.wanted.value) if call.wanted.against is Against.DIFF_FILE else b""
    repository = open_repository(setup.path)
    if repository is None:
        yield Target(setup=setup, make_subject=partial(_patch_alone, call.wanted, patch))
        return
    with repository:
        change = compare(repository, call.wanted, patch, redacts=call.redacts)
        scope = _scope(setup, repository)
        yield Target(setup=setup, make_subject=partial(subject_of, repository, change, scope), repository=repository)


def _scope(setup: Setup, repository: Repository) -> str:
    """The reviewed folder below the repository's top; empty for the top itself."""
    return setup.path.resolve().relative_to(repository.root.resolve()).as_posix().removeprefix(".")


@contextmanager
def target_of_pull_request(
    call: Call,
    repository: Repository,
    change: Change,
    pull: PullRequest,
    adapt: Callable[[Call, OwnFiles], Call],
    *,
    rules: Revision,
) -> Iterator[Target]:
    """The target of a pull request whose objects `repository` holds. What steers the review is read from `rules`.

    That is a commit at which the base branch stood. The merge base may be none: a pull request that was merged with all of its commits
    made them part of the history, also those that no one ever looked at, and the next one may begin at any of them.

    `adapt` completes the call once the base's own files can be read.
    """
    assert rules.tree is not None, "a pull request has a base branch"  # noqa: S101 - how `open_pull` makes it
    own = TreeFiles(repository, rules.tree)
    setup = prepare_with(adapt(call, own), Path(pull.repo), own)
    yield Target(
        setup=setup,
        make_subject=lambda setup: dataclasses.replace(subject_of(repository, change, "", setup, rules), name=change.label),
        repository=repository,
        pull_request=pull,
    )


def subject_of(repository: Repository, change: Change, scope: str, setup: Setup, rules: Revision | None = None) -> Subject:
    """The repository at the base of `change`, and the changed files at its head; both by the rules of `rules`, the base when None."""
    selection, cache = _selection(setup), MeasureCache(setup.state)
    rules = rules or change.base
    if scope:
        change = dataclasses.replace(change, files=tuple(file for file in change.files if _touches(file, f"{scope}/")))
    there = {file.path for file in change.files if file.kind is not ChangeKind.DELETED}
    if note := missing_grammars(there):
        change = dataclasses.replace(change, notes=(*change.notes, note))
    return Subject(
        snapshot=collect_tree(repository, change.base, selection, cache, scope=scope, rules=rules),
        change=change,
        head=collect_tree(repository, change.head, selection, cache, paths=there, rules=rules),
        past=functools.cache(lambda: read_past(repository, change.base.commit)),
    )


def _touches(file: ChangedFile, folder: str) -> bool:
    """Whether a file lies in the folder, or was moved out of it."""
    return file.path.startswith(folder) or (file.kind is ChangeKind.RENAMED and (file.old_path or "").startswith(folder))


def _as_it_is(setup: Setup) -> Subject:
    selection = _selection(setup)
    selection = dataclasses.replace(selection, exclude=(*selection.exclude, *_written_meanwhile(setup)))
    snapshot = collect(setup.path, selection, MeasureCache(setup.state))
    return Subject(snapshot=snapshot, past=functools.cache(lambda: _past(snapshot)))


def _written_meanwhile(setup: Setup) -> tuple[str, ...]:
    """The pattern for the file of `--trace` where it lies among the files to read: it grows while they are read."""
    if setup.config.trace is None:
        return ()
    top = setup.top.resolve()
    file = Path(setup.config.trace).absolute()
    file = file.parent.resolve() / file.name
    return ("/" + _SPECIAL.sub(r"\\\g<0>", file.relative_to(top).as_posix()),) if file.is_relative_to(top) else ()


def _past(snapshot: Snapshot) -> Past:
    repository = open_repository(snapshot.root) if snapshot.commit is not None else None
    if repository is None:
        return NO_PAST
    with repository:
        return read_past(repository, snapshot.commit, index=True)


def _patch_alone(wanted: Wanted, patch: bytes, setup: Setup) -> Subject:
    return alone(wanted, patch, setup.path, redacts=_selection(setup).redacts)


def _selection(setup: Setup) -> Selection:
    config = setup.config
    sends = config.engine != "static"
    return Selection(
        include=config.include,
        include_is_operators="include" not in setup.resolved.from_repository,
        exclude=config.exclude,
        max_file_bytes=config.max_file_bytes,
        redacts=config.redact or not sends,
        sends=sends,
    )
