"""From what the operator asked to a Change: which two trees are compared, and how that is called.

A change has no secrets in it; only where the operator typed --no-redact, `redacts` is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.collect import patch
from reviewer.collect.changes import Change, Revision
from reviewer.collect.diff import compare, parse_patch
from reviewer.collect.redact import redacted_words
from reviewer.collect.revisions import ShallowError, merge_base, parents, resolve, tree_of
from reviewer.collect.worktree import index_tree, work_tree
from reviewer.errors import SourceError
from reviewer.outcome import Redaction

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_SHORT = 12
"""Digits of a commit's id in a label."""


def since_base(repository: Repository, name: str, *, redacts: bool = True) -> Change:
    """Everything since HEAD parted from the commit `name`: what was committed, what is staged, and what only stands on disk."""
    base = merge_base(repository, _commit(resolve(repository, name)), _head(repository))
    return _to_disk(
        repository, f"work tree since {base[:_SHORT]} ({name})", Revision(tree_of(repository, base), base), redacts=redacts
    )


def of_range(repository: Repository, given: str, *, redacts: bool = True) -> Change:
    """`A..B` compares two commits as they are; `A...B` compares B with where it parted from A. An empty side stands for HEAD."""
    dots = "..." if "..." in given else ".."
    one, found, other = given.partition(dots)
    if not found:
        raise SourceError(f"{given} is no range.", hint="Write A..B, or A...B for what B did since it parted from A.")
    base, head = (resolve(repository, side or "HEAD") for side in (one, other))
    if dots == "...":
        parted = merge_base(repository, _commit(base), _commit(head))
        base = Revision(tree_of(repository, parted), parted)
    return _change(repository, f"{one or 'HEAD'}{dots}{other or 'HEAD'}", base, head, redacts=redacts)


def of_commit(repository: Repository, name: str, *, redacts: bool = True) -> Change:
    """What one commit did to its first parent; to nothing, when it is the first. Title and body are those of its message."""
    head = resolve(repository, name)
    commit = _commit(head)
    above = parents(repository, commit)
    base = Revision(_tree_of_parent(repository, commit, above[0]), above[0]) if above else _nothing(repository)
    notes: tuple[str, ...] = ()
    if len(above) > 1:
        notes = (f"{commit[:_SHORT]} is a merge: what it brought to its first parent {above[0][:_SHORT]} is shown.",)
    message = repository.run("log", "-1", "--no-show-signature", "--encoding=UTF-8", "--format=%s%x00%b", commit)
    title, _, body = message.decode("utf-8", "replace").partition("\0")
    return _change(
        repository, f"commit {commit[:_SHORT]}", base, head, title=title, body=body.strip("\n"), notes=notes, redacts=redacts
    )


def _tree_of_parent(repository: Repository, commit: str, parent: str) -> str:
    """As `tree_of`; one commit more than the clone has is enough, so exactly that is asked for."""
    try:
        return tree_of(repository, parent)
    except ShallowError as error:
        newer = int(repository.run("rev-list", "--count", f"{commit}..{repository.head or commit}"))
        deep = f"In actions/checkout set `fetch-depth: {newer + 2}`; in a clone of your own run `git fetch --deepen=1`."
        raise ShallowError(error.message, hint=deep) from error


def staged(repository: Repository, *, redacts: bool = True) -> Change:
    """What `git commit` would record."""
    written = index_tree(repository)
    base, head = _head_or_nothing(repository), Revision(written.tree, None)
    return _change(repository, "staged changes", base, head, notes=written.notes, redacts=redacts)


def uncommitted(repository: Repository, *, redacts: bool = True) -> Change:
    """What differs from HEAD on disk, staged or not, with untracked files that are not ignored."""
    return _to_disk(repository, "uncommitted changes", _head_or_nothing(repository), redacts=redacts)


def of_patch(repository: Repository | None, data: bytes, name: str, *, redacts: bool = True) -> Change:
    """A patch: what it does to the repository, to which it is applied in memory, or, without one, its hunks alone."""
    if repository is None:
        nowhere = Revision(None, None)
        return Change(label=name, base=nowhere, head=nowhere, files=parse_patch(data, redacts=redacts))
    applied = patch.apply(repository, data, _head_or_nothing(repository))
    title, body = patch.letter(repository, data)
    return _change(repository, name, applied.base, applied.head, title=title, body=body, notes=applied.notes, redacts=redacts)


def between(
    repository: Repository, base_commit: str, head_commit: str, label: str, title: str, body: str, *, redacts: bool = True
) -> Change:
    """Two commits (full ids) as they are. For a pull request `base_commit` is the merge base."""
    base = Revision(tree_of(repository, base_commit), base_commit)
    head = Revision(tree_of(repository, head_commit), head_commit)
    return _change(repository, label, base, head, title=title, body=body, redacts=redacts)


def _to_disk(repository: Repository, label: str, base: Revision, *, redacts: bool) -> Change:
    written = work_tree(repository)
    change = _change(repository, label, base, Revision(written.tree, None), notes=written.notes, redacts=redacts)
    if written.partial and not change.files:
        raise SourceError(f"Nothing was found to be changed, but not all files could be compared. {' '.join(written.notes)}")
    return change


def _change(
    repository: Repository,
    label: str,
    base: Revision,
    head: Revision,
    *,
    title: str = "",
    body: str = "",
    notes: tuple[str, ...] = (),
    redacts: bool,
) -> Change:
    if base.tree is None or head.tree is None:
        raise SourceError("A side of the change has no tree.")
    files = compare(repository, base.tree, head.tree, redacts=redacts)
    redacted: tuple[Redaction, ...] = ()
    if redacts:
        title, body, redacted = redacted_words(title, body)
    return Change(label=label, base=base, head=head, files=files, title=title, body=body, redacted=redacted, notes=notes)


def _commit(revision: Revision) -> str:
    if revision.commit is None:
        raise SourceError("There is no commit to compare with.")
    return revision.commit


def _head(repository: Repository) -> str:
    return _commit(resolve(repository, "HEAD"))


def _head_or_nothing(repository: Repository) -> Revision:
    """HEAD, or the empty tree before the first commit; where references cannot be read nobody knows which of them it is."""
    if repository.head is None and repository.reads_references:
        return _nothing(repository)
    return resolve(repository, "HEAD")


def _nothing(repository: Repository) -> Revision:
    """The empty tree, which stands below the first commit."""
    return Revision(repository.run("mktree").decode("ascii").strip(), None)
