"""A pull request as a target: its facts from GitHub, its objects fetched beside the clone we stand in, if we stand in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reviewer.collect.changes import Revision
from reviewer.collect.comparison import between
from reviewer.collect.fetch import Remote, open_for_pull_request
from reviewer.collect.revisions import tree_of
from reviewer.commands.call import Call
from reviewer.commands.target import Target, target_of_pull_request
from reviewer.errors import ConfigError
from reviewer.github.access import Access, read_access
from reviewer.github.api import GitHub
from reviewer.github.merge_base import find_merge_base
from reviewer.github.pull_request import PullRequest, from_api, parse_url
from reviewer.settings_file import OwnFiles

Adapt = Callable[[Call, OwnFiles], Call]
"""Completes a call once it is known what the repository's own files at the base are."""


@contextmanager
def open_address(call: Call, address: str) -> Iterator[Target]:
    """The pull request at a URL, as it is now. Raises ConfigError, ForgeError and SourceError."""
    named = parse_url(address)
    if named is None:
        raise ConfigError(f"{address} is not the URL of a pull request.")
    access = read_access(call.environ, named.server_url)
    with GitHub(access.token, access.api_url, graphql_url=access.graphql_url) as github:
        pull = from_api(github, named.owner, named.repo, named.number, server_url=access.server_url)
        with open_pull(call, access, github, pull, lambda call, _own: call) as target:
            yield target


@contextmanager
def open_pull(call: Call, access: Access, github: GitHub, pull: PullRequest, adapt: Adapt) -> Iterator[Target]:
    """A pull request's target. Objects that the clone at `call.path` has are borrowed from it. Raises ForgeError and SourceError."""
    remote = Remote(f"{access.server_url}/{pull.full_name}.git", access.token)
    fetched = open_for_pull_request(
        _clone(call.path), remote, base=pull.base_sha, head=pull.head_sha, merge_base_commit=find_merge_base(github, pull)
    )
    with fetched.repository as repository:
        label = f"{pull.full_name}#{pull.number}"
        change = between(repository, fetched.base, fetched.head, label, pull.title, pull.body, redacts=call.redacts)
        rules = Revision(tree_of(repository, pull.base_sha), pull.base_sha)
        with target_of_pull_request(call, repository, change, pull, adapt, rules=rules) as target:
            yield target


def _clone(path: Path) -> Path | None:
    return path.absolute() if path.is_dir() else None
