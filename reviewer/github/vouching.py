"""Credentials without a stored secret: GitHub vouches for the job, and Claude's provider takes its word.

GitHub hands a job with `id-token: write` a token that says which repository, workflow and ref it belongs to. The SDK trades it for one of
the provider's (workload identity federation); for that it must lie in a file. GitHub's token lives for minutes, so it is fetched
right before the review.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2

from reviewer.engine.credentials import checked_endpoint, proxy_for
from reviewer.errors import CredentialsError
from reviewer.live_secrets import learn
from reviewer.storage import storage_error

AUDIENCE = "https://api.anthropic.com"
"""Whom the token is made out to: the provider refuses one for anybody else."""
_SILENCE = 30.0
"""Seconds without a byte after which GitHub's token service counts as out of reach."""
_LARGEST_TOKEN = 65_536
_RULE = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")
_FOUND = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_PROFILE",
    "ANTHROPIC_IDENTITY_TOKEN",
    "ANTHROPIC_IDENTITY_TOKEN_FILE",
)
_HINT = "The job needs `permissions: id-token: write`. GitHub never grants it to pull requests from forks."


def is_federated(environ: Mapping[str, str]) -> bool:
    """Whether the operator wants GitHub to vouch for the job: a federation rule is named, and no credential that would go before it."""
    return all(environ.get(name) for name in _RULE) and not any(environ.get(name) for name in _FOUND)


def can_vouch(environ: Mapping[str, str]) -> bool:
    """Whether GitHub gave this job the right to ask for a token."""
    return bool(environ.get("ACTIONS_ID_TOKEN_REQUEST_URL") and environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))


@contextmanager
def identity_file(token: str, folder: Path) -> Iterator[Path]:
    """A file of ours alone in `folder` that holds the token, for as long as the `with` lasts. Raises StorageError."""
    path = folder / "identity"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(token)
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def fetch_identity(environ: Mapping[str, str], *, transport: httpx2.BaseTransport | None = None) -> str:
    """GitHub's token for this job. `transport` stands in for the network.

    Raises CredentialsError when the job may not have one, and ConfigError for an address that is neither https nor this machine.
    """
    if not can_vouch(environ):
        raise CredentialsError("GitHub does not vouch for this job, so there are no credentials for Claude.", hint=_HINT)
    address = environ["ACTIONS_ID_TOKEN_REQUEST_URL"]
    service = checked_endpoint(address.partition("?")[0], source="ACTIONS_ID_TOKEN_REQUEST_URL")
    headers = {"authorization": f"Bearer {environ['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}", "accept": "application/json"}
    network: dict[str, Any] = {"proxy": proxy_for(service)} if transport is None else {"transport": transport}
    try:
        verify = httpx2.create_ssl_context()
        with httpx2.Client(timeout=_SILENCE, follow_redirects=False, trust_env=False, verify=verify, **network) as client:
            answer = client.get(httpx2.URL(address).copy_merge_params({"audience": AUDIENCE}), headers=headers)
            answer.read()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError, ImportError) as error:
        raise CredentialsError(f"GitHub's token service could not be asked: {type(error).__name__}.", hint=_HINT) from None
    if answer.status_code != HTTPStatus.OK:
        raise CredentialsError(f"GitHub's token service refused: status {answer.status_code}.", hint=_HINT)
    return _token(answer.content)


def _token(content: bytes) -> str:
    """The token in GitHub's answer. A header and a file carry it, so it may hold nothing but printable ASCII."""
    try:
        answer = json.loads(content) if len(content) <= _LARGEST_TOKEN else None
    except ValueError:
        answer = None
    value = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise CredentialsError("GitHub's token service answered without a token.", hint=_HINT)
    learn(value)
    return value
