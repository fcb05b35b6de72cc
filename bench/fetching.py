"""How much of a pull request has to be fetched, and how long that takes, over HTTP on this machine.

    python bench/fetching.py CLONE…

From each clone with full history (bare ones are fine) the newest merge of two lines of work is taken for a pull request: its first parent
is the base, its second the head. It is opened without a checkout; beside a checkout of the merge commit at depth 1, as actions/checkout
makes it; beside a full clone that lacks the head; and without GitHub's answer about the merge base.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests")]

from git_server import GitBackend  # noqa: E402
from github_server import GitHubServer  # noqa: E402
from reviewer.collect.fetch import Remote, open_for_pull_request  # noqa: E402

NAME = "owner/repo"


def git(path: Path, *args: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *args], cwd=path, check=True, capture_output=True, text=True).stdout.strip()


def newest_merge(path: Path) -> tuple[str, str, str, str] | None:
    """Merge, base, head and merge base."""
    for line in git(path, "rev-list", "--merges", "--parents", "--max-count=50", "HEAD").splitlines():
        merge, base, head, *more = line.split()
        if not more and (parted := git(path, "merge-base", base, head)) != head:
            return merge, base, head, parted
    return None


def checkouts(source: Path, folder: Path, merge: str, base: str) -> Iterator[tuple[str, Path | None]]:
    """What a person or a workflow may have."""
    yield "nothing", None
    for name, commit, options in (("merge commit, depth 1", merge, ["--depth=1"]), ("full clone without the head", base, [])):
        target = folder / name.replace(" ", "-")
        target.mkdir()
        git(target, "init", "--quiet", "--bare")
        git(target, "-c", "protocol.file.allow=always", "fetch", "--quiet", *options, f"file://{source}", commit)
        git(target, "update-ref", "HEAD", commit)
        yield name, target


def size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(source: Path) -> None:
    """Print the rows of one repository."""
    found = newest_merge(source)
    if found is None:
        return
    merge, base, head, parted = found
    with tempfile.TemporaryDirectory() as folder, GitHubServer() as server:
        server.git = GitBackend()
        server.serve_repository(NAME, source)
        remote = Remote(f"{server.url}/{NAME}.git", server.token)
        for name, path in checkouts(source, Path(folder), merge, base):
            for told, known in (("yes", parted), ("no", None)):
                server.git.requests.clear()
                start = time.monotonic()
                fetched = open_for_pull_request(path, remote, base=base, head=head, merge_base_commit=known)
                seconds = time.monotonic() - start
                with fetched.repository as repository:
                    fetched_bytes = size(repository.folder / "objects")
                    right = "yes" if fetched.base == parted else "no"
                row = [source.parent.name, name, told, server.git.fetches, f"{fetched_bytes / 1e6:.2f}", f"{seconds:.1f}", right]
                print("|", " | ".join(map(str, row)), "|", flush=True)


if __name__ == "__main__":
    print(
        "| repository | what is there | merge base told | requests | MB | seconds | right merge base |\n|---|---|---|---|---|---|---|"
    )
    for argument in sys.argv[1:]:
        measure(Path(argument).resolve())
