"""Where a pull request parted from its base branch, as GitHub sees it."""

from __future__ import annotations

from urllib.parse import quote

from reviewer.errors import ForgeError
from reviewer.github.api import GitHub
from reviewer.github.pull_request import Lenient, ObjectId, PullRequest, checked
from reviewer.github.refusals import RefusedByGitHubError


def find_merge_base(github: GitHub, pull: PullRequest) -> str | None:
    """Full id of the merge base of the head and the base *branch*, which is what GitHub's own diff starts at.

    Not of the commit in `pull.base_sha`, which can lag behind the branch. None when GitHub refuses to compare: then git has to find it.
    Raises ForgeError when GitHub cannot be reached.
    """
    basehead = f"{quote(pull.base_ref, safe='')}...{pull.head_sha}"
    try:
        answer = github.get(f"/repos/{pull.full_name}/compare/{basehead}", per_page=1, page=2)
    except RefusedByGitHubError:
        return None
    compared = checked(_Comparison, answer, "the comparison")
    if compared.merge_base_commit is None:
        raise ForgeError(f"{pull.full_name}#{pull.number} and its base branch have no commit in common.")
    return compared.merge_base_commit.sha


class _Commit(Lenient):
    sha: ObjectId


class _Comparison(Lenient):
    merge_base_commit: _Commit | None = None
