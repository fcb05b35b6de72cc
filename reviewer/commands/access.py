"""Who asks Claude, and where: the operator's credentials and endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.commands.setup import Setup
from reviewer.engine.credentials import Credentials, checked_endpoint, find_credentials
from reviewer.errors import CredentialsError


def credentials(environ: Mapping[str, str]) -> Credentials | None:
    """The operator's credentials, or None when there are none. Raises ConfigError for a key that cannot be one."""
    return find_credentials(environ, Path.home() / ".config")


def required_credentials(environ: Mapping[str, str], otherwise: str) -> Credentials:
    """The operator's credentials. Raises CredentialsError, with what to do `otherwise`, when there are none."""
    found = credentials(environ)
    if found is None:
        raise CredentialsError("there are no credentials for Claude", hint=f"Set ANTHROPIC_API_KEY, or {otherwise}.")
    return found


def endpoint(setup: Setup) -> str | None:
    """The endpoint the operator chose, checked; None for the provider's own. Raises ConfigError."""
    url = setup.config.base_url
    return checked_endpoint(url, source=setup.resolved.origins["base_url"]) if url else None
