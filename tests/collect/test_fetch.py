from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import git

from github_server import GitHubServer
from reviewer.collect.comparison import between
from reviewer.collect.fetch import Fetched, Remote, open_for_pull_request
from reviewer.errors import ForgeError, SourceError

NAME = "octo-org/hello"


@dataclass(frozen=True)
class Project:
    """A repository as GitHub has it: `main` moved on after the topic branch left it."""

    path: Path
    parted: str
    base: str
    head: str

    @property
    def merge(self) -> str:
        return git(self.path, "rev-parse", "refs/pull/1/merge").strip()


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.git.private = True
        yield server


@pytest.fixture
def remote(server: GitHubServer) -> Remote:
    return Remote(f"{server.url}/{NAME}.git", server.token)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("fetch") / "upstream")


@pytest.fixture
def project(built: Project, server: GitHubServer) -> Project:
    """The same for all tests: nobody writes to it."""
    server.serve_repository(NAME, built.path)
    return built


def make_project(path: Path, *, own: int = 3, others: int = 3) -> Project:
    """`own` commits on the topic branch, `others` on main since then. The head is only at refs/pull/1/head, as with a fork."""
    path.mkdir()
    git(path, "init", "--quiet")
    numbers = [f"{number}\n" for number in range(60)]
    commit(path, "long.txt", "".join(numbers))
    commit(path, "other.txt", "something else\n")
    parted = git(path, "rev-parse", "HEAD").strip()
    for number in range(others):
        commit(path, "long.txt", "".join([f"base {count}\n" for count in range(number + 1)] + numbers))
    base = git(path, "rev-parse", "HEAD").strip()
    git(path, "checkout", "--quiet", "--detach", parted)
    for number in range(own):
        commit(path, "long.txt", "".join([*numbers[:40], f"topic {number}\n", *numbers[41:]]))
    head = git(path, "rev-parse", "HEAD").strip()
    git(path, "update-ref", "refs/pull/1/head", head)
    git(path, "checkout", "--quiet", "--detach", base)
    git(path, "merge", "--quiet", "--no-ff", "-m", "merge", head)
    git(path, "update-ref", "refs/pull/1/merge", "HEAD")
    git(path, "checkout", "--quiet", "--orphan", "alone")
    commit(path, "alone.txt", "alone\n")
    git(path, "checkout", "--quiet", "main")
    git(path, "config", "uploadpack.allowFilter", "true")
    return Project(path, parted, base, head)


def commit(path: Path, name: str, text: str) -> None:
    (path / name).write_text(text)
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--message", f"change {name}")


def checked_out(project: Project, folder: Path, depth: int = 1) -> Path:
    """As actions/checkout does it for the event pull_request."""
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", f"file://{project.path}")
    what = f"+{project.merge}:refs/remotes/pull/1/merge"
    git(folder, "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", f"--depth={depth}", "origin", what)
    git(folder, "checkout", "--quiet", "--force", "refs/remotes/pull/1/merge")
    return folder


def clone(project: Project, folder: Path, *options: str) -> Path:
    git(folder.parent, "clone", "--quiet", *options, f"file://{project.path}", str(folder))
    return folder


def state_of(folder: Path) -> list[tuple[str, int, bytes]]:
    """Every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(path), path.stat().st_mtime_ns, path.read_bytes()) for path in files]


def shown(fetched: Fetched) -> dict[str, list[tuple[int, str]]]:
    """Path → added lines with their numbers."""
    change = between(fetched.repository, fetched.base, fetched.head, "", "", "")
    return {
        file.path: [(line.new, line.text) for hunk in file.hunks for line in hunk.lines if line.new and not line.old]
        for file in change.files
    }


THE_CHANGE = {"long.txt": [(41, "topic 2")]}


def test_a_pull_request_without_a_checkout_is_two_snapshots(project: Project, remote: Remote, server: GitHubServer) -> None:
    fetched = open_for_pull_request(None, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert shown(fetched) == THE_CHANGE
        commits = fetched.repository.run("rev-list", project.head, project.parted).split()
        assert sorted(commits) == sorted([project.head.encode(), project.parted.encode()])
        assert list(fetched.repository.root.iterdir()) == []
    assert server.git.fetches == 1


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_checkout_of_the_merge_commit_lends_what_it_has_and_is_left_alone(
    project: Project, remote: Remote, tmp_path: Path, depth: int
) -> None:
    checkout = checked_out(project, tmp_path / "checkout", depth)
    before = state_of(checkout)
    fetched = open_for_pull_request(checkout, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert shown(fetched) == THE_CHANGE
    assert state_of(checkout) == before


def test_what_a_checkout_has_is_not_sent_again(project: Project, remote: Remote, tmp_path: Path) -> None:
    checkout = checked_out(project, tmp_path / "checkout")
    fetched = open_for_pull_request(checkout, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        own = git(fetched.repository.folder, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    same = git(project.path, "rev-parse", "HEAD:other.txt").strip()
    assert (project.head in own, same in own) == (True, False)


def test_a_full_clone_that_has_both_sides_asks_nobody(project: Project, remote: Remote, server: GitHubServer) -> None:
    fetched = open_for_pull_request(project.path, remote, base=project.base, head=project.head)
    with fetched.repository:
        assert (fetched.base, shown(fetched)) == (project.parted, THE_CHANGE)
    assert server.git.requests == []


def test_a_bare_clone_lends_as_well(project: Project, remote: Remote, server: GitHubServer, tmp_path: Path) -> None:
    bare = clone(project, tmp_path / "bare.git", "--bare")
    fetched = open_for_pull_request(bare, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert shown(fetched) == THE_CHANGE
    assert project.parted not in server.git.wants


def test_without_githubs_answer_history_is_fetched_until_the_merge_base_is_found(
    project: Project, remote: Remote, server: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewer.collect.fetch._FIRST_DEPTH", 2)
    fetched = open_for_pull_request(None, remote, base=project.base, head=project.head)
    with fetched.repository:
        assert (fetched.base, shown(fetched)) == (project.parted, THE_CHANGE)
    assert server.git.fetches > 2  # the tips, two of each side, four


def test_a_merge_base_further_back_than_is_fetched_is_an_error_that_says_which_depth_to_set(
    project: Project, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewer.collect.fetch._FIRST_DEPTH", 2)
    monkeypatch.setattr("reviewer.collect.fetch._ROUNDS", 1)
    with pytest.raises(ForgeError, match="more than 2 commits ago") as caught:
        open_for_pull_request(None, remote, base=project.base, head=project.head)
    assert "`fetch-depth: 0`" in caught.value.hint


def test_unrelated_histories_are_never_compared(project: Project, remote: Remote) -> None:
    alone = git(project.path, "rev-parse", "alone").strip()
    with pytest.raises(SourceError, match="have no common history"):
        open_for_pull_request(None, remote, base=project.base, head=alone)


def test_of_several_merge_bases_the_one_github_names_is_taken(tmp_path: Path, remote: Remote, server: GitHubServer) -> None:
    path = tmp_path / "upstream"
    path.mkdir()
    git(path, "init", "--quiet")
    commit(path, "root.txt", "root\n")
    for name in ("one", "other"):
        git(path, "checkout", "--quiet", "-b", name, "main")
        commit(path, f"{name}.txt", f"{name}\n")
    tips = {name: git(path, "rev-parse", name).strip() for name in ("one", "other")}
    git(path, "merge", "--quiet", "-m", "cross", tips["one"])
    git(path, "checkout", "--quiet", "one")
    git(path, "merge", "--quiet", "-m", "cross", tips["other"])
    server.serve_repository(NAME, path)
    base, head = (git(path, "rev-parse", name).strip() for name in ("one", "other"))
    for named in tips.values():
        fetched = open_for_pull_request(path, remote, base=base, head=head, merge_base_commit=named)
        with fetched.repository:
            assert fetched.base == named


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_of_a_partial_clone_nothing_is_counted_on(project: Project, remote: Remote, tmp_path: Path, kind: str) -> None:
    partial = clone(project, tmp_path / "partial", f"--filter={kind}", "--no-checkout")
    fetched = open_for_pull_request(partial, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert shown(fetched) == THE_CHANGE


def test_a_commit_that_is_gone_is_an_error_that_says_so(project: Project, remote: Remote) -> None:
    with pytest.raises(ForgeError, match="cannot be fetched") as caught:
        open_for_pull_request(None, remote, base=project.base, head="1" * 40, merge_base_commit=project.parted)
    assert "gone" in caught.value.hint


def test_without_the_right_token_a_private_repository_is_refused_and_no_token_is_told(project: Project, remote: Remote) -> None:
    for token in (None, "ghs_wrong_token_0123456789"):
        with pytest.raises(ForgeError) as caught:
            open_for_pull_request(None, Remote(remote.url, token), base=project.base, head=project.head)
        assert "GITHUB_TOKEN" in caught.value.hint
        assert "ghs_" not in f"{caught.value!r}{caught.value.__cause__!r}"
    assert "ghs_" not in repr(remote)


def test_a_server_that_cannot_be_reached_is_an_error_that_repeats_what_git_says(project: Project, remote: Remote) -> None:
    nowhere = Remote("http://127.0.0.1:9/octo-org/hello.git", remote.token)
    with pytest.raises(ForgeError) as caught:
        open_for_pull_request(None, nowhere, base=project.base, head=project.head)
    assert "127.0.0.1 port 9" in caught.value.hint


def test_this_machine_is_asked_past_any_proxy(project: Project, remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetched = open_for_pull_request(None, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert (fetched.base, fetched.head) == (project.parted, project.head)


def test_another_server_is_asked_through_the_operators_proxy_and_told_no_token_in_the_clear(
    server: GitHubServer, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    with pytest.raises(ForgeError) as caught:
        open_for_pull_request(None, Remote("https://github.com/o/r.git", "ghs_x"), base=project.base, head=project.head)
    assert "CONNECT" in caught.value.hint or "proxy" in caught.value.hint.lower()


def test_a_server_that_sends_elsewhere_is_not_followed(project: Project, remote: Remote, server: GitHubServer) -> None:
    with GitHubServer() as other:
        server.git.redirect = other.url
        with pytest.raises(ForgeError):
            open_for_pull_request(None, remote, base=project.base, head=project.head)
        assert other.git.requests == []


@pytest.mark.parametrize("url", ["http://github.example/o/r.git", "ext::sh -c true", "file:///o/r.git", "git://h/o/r.git"])
def test_only_https_is_spoken_to_others(project: Project, url: str) -> None:
    with pytest.raises(Exception, match=r"https://|not a URL"):
        open_for_pull_request(None, Remote(url, None), base=project.base, head=project.head)


def test_the_token_stands_in_no_list_of_processes_and_in_no_file(
    project: Project, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tmp_path / "seen"
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "env"):  # `env` is git a moment later, but anybody can look in between
        wrapper = folder / name
        wrapper.write_text(
            f'#!/bin/sh\nfor p in $$ $PPID; do tr "\\0" " " </proc/$p/cmdline >>{seen}; done\nexec {find_program(name)} "$@"\n'
        )
        wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_SSH_COMMAND", "inherited")
    fetched = open_for_pull_request(None, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        told = seen.read_text() + "".join(content.decode("latin-1") for _, _, content in state_of(fetched.repository.folder))
    assert " fetch " in told
    assert remote.token is not None
    assert not re.search(f"{remote.token}|Authorization", told)


def find_program(name: str) -> str:
    return next(f"{folder}/{name}" for folder in os.environ["PATH"].split(":") if os.access(f"{folder}/{name}", os.X_OK))


def test_nothing_that_the_clone_names_is_run_or_asked(
    project: Project, remote: Remote, server: GitHubServer, tmp_path: Path
) -> None:
    checkout = checked_out(project, tmp_path / "checkout")
    trap = tmp_path / "trap"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trap}\n")
    program.chmod(0o755)
    for key in (
        "core.fsmonitor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "credential.helper",
        "core.askPass",
        "core.gitProxy",
    ):
        git(checkout, "config", key, str(program))
    git(checkout, "config", f"url.ext::{program}.insteadOf", server.url)
    git(checkout, "config", "protocol.ext.allow", "always")
    git(checkout, "config", "remote.origin.url", f"ext::{program}")
    git(checkout, "config", "remote.origin.promisor", "true")
    git(checkout, "config", "remote.origin.uploadpack", str(program))
    for hook in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-index-change"):
        (checkout / ".git" / "hooks" / hook).symlink_to(program)
    trap.unlink(missing_ok=True)
    fetched = open_for_pull_request(checkout, remote, base=project.base, head=project.head, merge_base_commit=project.parted)
    with fetched.repository:
        assert shown(fetched) == THE_CHANGE
    assert not trap.exists()
