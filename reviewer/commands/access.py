"""Who asks Claude, and where: the operator's credentials and endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reviewer.commands.setup import Setup
from reviewer.config import Config, flag_name
from reviewer.engine.credentials import Credentials, checked_endpoint, find_credentials, private_hosts
from reviewer.errors import ConfigError, CredentialsError
from reviewer.settings import IN_CI


def credentials(environ: Mapping[str, str]) -> Credentials | None:
    """The operator's credentials, or None when there are none. Raises ConfigError for a key that cannot be one, and as `refuse_recording`."""
    refuse_recording(environ)
    return find_credentials(environ, Path.home() / ".config")


def refuse_recording(environ: Mapping[str, str]) -> None:
    """In CI, refuse what writes down requests, or what they can be decrypted with: logs and artifacts there are often public.

    On a person's own machine `ANTHROPIC_LOG` does nothing (see `engine/connection.py`), and a file of TLS keys is that person's own.
    Raises ConfigError.
    """
    if not any(environ.get(name) for name in IN_CI):
        return
    if environ.get("ANTHROPIC_LOG", "").strip().lower() == "debug":
        raise ConfigError("ANTHROPIC_LOG=debug is refused in CI: it would log whole prompts.", hint="Unset ANTHROPIC_LOG.")
    if environ.get("SSLKEYLOGFILE"):
        raise ConfigError(
            "SSLKEYLOGFILE is refused in CI: with it, recorded requests can be decrypted.", hint="Unset SSLKEYLOGFILE."
        )


def required_credentials(environ: Mapping[str, str], otherwise: str) -> Credentials:
    """The operator's credentials. Raises CredentialsError, with what to do `otherwise`, when there are none."""
    found = credentials(environ)
    if found is None:
        raise CredentialsError("there are no credentials for Claude", hint=f"Set ANTHROPIC_API_KEY, or {otherwise}.")
    return found


def endpoint(setup: Setup) -> str | None:
    """The endpoint the operator chose, checked; None for the provider's own. Raises ConfigError."""
    return chosen_endpoint(setup.config, source=setup.resolved.origins["base_url"])


def chosen_endpoint(config: Config, *, source: str) -> str | None:
    """The endpoint of these settings, checked; None for the provider's own. Raises ConfigError that names `source`."""
    hosts = private_hosts(config.allow_http_host, source=flag_name("allow_http_host"))
    return checked_endpoint(config.base_url, source=source, http_hosts=hosts) if config.base_url else None
