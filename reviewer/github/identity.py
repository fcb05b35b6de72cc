"""Who our token writes as: only by that are our own comments told from others that hold our markers."""

from __future__ import annotations

import re

from reviewer.github.api import GitHub
from reviewer.github.comments import WORKFLOW
from reviewer.github.refusals import RefusedByGitHubError

_VIEWER = "query { viewer { login } }"
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(?:\[bot\])?")


def login_of(github: GitHub) -> str:
    """The login of whom the token belongs to: a person, an app's bot, or the workflow's.

    Asked through GraphQL, for REST's `/user` is closed to the tokens of workflows and apps. Where that is refused, the token is taken
    to be a workflow's. Raises ForgeError when GitHub cannot be reached.
    """
    try:
        viewer = github.graphql(_VIEWER).get("viewer")
    except RefusedByGitHubError:
        return WORKFLOW
    login = viewer.get("login") if isinstance(viewer, dict) else None
    return login if isinstance(login, str) and _LOGIN.fullmatch(login) else WORKFLOW
