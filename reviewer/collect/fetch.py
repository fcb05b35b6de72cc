"""The objects of a pull request, brought into a repository of our own. The clone they are borrowed from is never written to.

What is fetched comes from the URL we built, never from a remote that a repository names, and git is told of nothing else: no credential
helper, no redirect, no protocol but the URL's, no submodule, no tag. GitHub serves the commits of forks, also of deleted ones, from the
repository the pull request is in. Objects are not put through `fsck`: their ids are checked by what they hold in any case, nothing is
ever checked out, and many an old history would fail it.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reviewer.collect.git_process import GitError
from reviewer.collect.gitdir import GitDir, find_common, head_commit
from reviewer.collect.object_store import is_partial
from reviewer.collect.repository import open_objects
from reviewer.collect.revisions import ShallowError, merge_base
from reviewer.engine.credentials import checked_endpoint
from reviewer.errors import ForgeError

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_FIRST_DEPTH = 16
_ROUNDS = 8
"""Depths tried: 16, 32 … 2,048 commits of each side."""
_SETTINGS = (
    *("-c", "credential.helper="),
    *("-c", "http.followRedirects=false"),
    *("-c", "http.lowSpeedLimit=1000"),
    *("-c", "http.lowSpeedTime=60"),
    *("-c", "fetch.fsckObjects=false"),
    *("-c", "fetch.unpackLimit=1"),  # one by one, objects that are here already would get a new date in the clone that lends them
    *("-c", "gc.auto=0"),
    *("-c", "core.alternateRefsCommand=true"),  # else git would run in the repository whose objects are borrowed
)
_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")
_LONGEST_COMPLAINT = 200
_PREFIX = "refs/fetched/"
_SHA256 = 64
"""Digits of an id where objects are named by SHA-256."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Where to fetch from."""

    url: str
    """Such as `https://github.com/OWNER/REPO.git`."""
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A pull request's two sides, in a repository that has all of their objects. Whoever gets it closes the repository."""

    repository: Repository
    base: str
    """Full id of the merge base: what the head is compared with."""
    head: str
    """Full id of the head commit."""


def open_for_pull_request(
    path: Path | None, remote: Remote, *, base: str, head: str, merge_base_commit: str | None = None
) -> Fetched:
    """Both sides of a pull request. `base` is a commit of the base branch; all ids are full and were checked.

    `path` is a folder in a clone, or a bare repository, whose objects are borrowed; None, or a folder in no repository, when there is
    none. With `merge_base_commit`, as GitHub names it, three snapshots are enough. Without it, history is fetched until git finds it.
    The tree of `base` is there in any case: what steers the review is read from it.

    Raises ForgeError when the commits cannot be fetched or the merge base is too far away, SourceError when there is none.
    """
    common = None if path is None else find_common(path)
    if common is not None and is_partial(common / "objects"):
        common = None  # it lacks files, and git would count on them
    repository = open_objects(common, sha256=len(head) == _SHA256)
    try:
        lent = None if common is None else head_commit(GitDir(common, common, common))
        wanted = {commit for commit in (lent, base, head, merge_base_commit) if commit is not None}
        _name(repository, _present(repository, sorted(wanted)))
        return Fetched(repository, _bring(repository, remote, base, head, merge_base_commit), head)
    except BaseException:
        repository.close()
        raise


def _bring(repository: Repository, remote: Remote, base: str, head: str, parted: str | None) -> str:
    """Fetch what is missing, and no more; the merge base."""
    if parted is not None:
        _fetch_missing(repository, remote, (base, parted, head))
        return parted
    _fetch_missing(repository, remote, (base, head))
    for turn in range(_ROUNDS):
        try:
            return merge_base(repository, base, head)
        except ShallowError:
            _fetch(repository, remote, (base, head), _FIRST_DEPTH << turn)
    try:
        return merge_base(repository, base, head)
    except ShallowError as error:
        raise ForgeError(
            f"{base[:12]} and {head[:12]} parted more than {_FIRST_DEPTH << _ROUNDS - 1:,} commits ago, further back than is fetched.",
            hint="In actions/checkout set `fetch-depth: 0`, or give a GitHub token: then GitHub says where they parted.",
        ) from error


def _fetch_missing(repository: Repository, remote: Remote, commits: Sequence[str]) -> None:
    if missing := set(commits).difference(_present(repository, commits)):
        _fetch(repository, remote, sorted(missing), 1)
    if lost := missing.difference(_present(repository, commits)):
        raise ForgeError(f"The commit {min(lost)[:12]} is not in what {_place(remote)} sent.")


def _present(repository: Repository, commits: Sequence[str]) -> list[str]:
    """Those whose trees are here."""
    asked = "".join(f"{commit}^{{tree}}\n" for commit in commits)
    answers = repository.run("cat-file", "--batch-check", stdin=asked.encode("ascii")).decode("ascii").splitlines()
    return [commit for commit, answer in zip(commits, answers, strict=True) if not answer.endswith(" missing")]


def _name(repository: Repository, commits: Sequence[str]) -> None:
    """Give commits that are here a name: so a fetch tells the server of them, and gets what differs only."""
    lines = "".join(f"update {_PREFIX}{commit} {commit}\n" for commit in commits)
    repository.run("update-ref", "--stdin", stdin=lines.encode("ascii"))


def _fetch(repository: Repository, remote: Remote, commits: Sequence[str], depth: int) -> None:
    """Fetch commits by their ids. Each gets a name, so that a later fetch tells the server what is here already."""
    protocol = urlsplit(checked_endpoint(remote.url, source="The address to fetch from")).scheme
    options = (
        "--quiet",
        "--no-tags",
        "--no-recurse-submodules",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        f"--depth={depth}",
    )
    names = (f"+{commit}:{_PREFIX}{commit}" for commit in commits)
    try:
        repository.run_outside(
            *(*_SETTINGS, "fetch", *options, "--end-of-options", remote.url, *names),
            protocol=protocol,
            variables=_variables(remote),
        )
    except GitError as error:
        raise ForgeError(
            f"The commits of the pull request cannot be fetched from {_place(remote)}.", hint=_hint(error)
        ) from error


def _variables(remote: Remote) -> dict[str, str]:
    """What git learns by its environment alone: the token, for this server only, and the operator's proxies and certificates."""
    parts = urlsplit(remote.url)
    # Unencrypted is only this machine itself: no proxy gets to see that.
    found = {name: os.environ[name] for name in _PROXIES if name in os.environ and parts.scheme == "https"}
    if certificates := os.environ.get("SSL_CERT_FILE"):
        found["GIT_SSL_CAINFO"] = certificates
    if remote.token is not None:
        basic = base64.b64encode(f"x-access-token:{remote.token}".encode("ascii")).decode("ascii")
        found |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{parts.scheme}://{parts.netloc}/.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: basic {basic}",
        }
    return found


def _place(remote: Remote) -> str:
    return remote.url.removesuffix(".git")


def _hint(error: GitError) -> str:
    said = error.message.lower()
    if any(words in said for words in ("could not read username", "authentication failed", " 401", " 403", "not found")):
        return "Set GITHUB_TOKEN (or GH_TOKEN) to a token that may read the repository (`contents: read`)."
    if "not our ref" in said or "couldn't find remote ref" in said:
        return "The commit is gone from GitHub. If the branch was pushed anew, start again."
    words = "".join(letter if letter.isprintable() else " " for letter in error.message)[:_LONGEST_COMPLAINT].strip()
    return f"Check the network and the proxy ({words})."
