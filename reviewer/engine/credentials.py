"""Which credentials there are, and where they may be sent. Reads only what the operator set, never the reviewed repository.

The order is the SDK's own, so that both always agree on which credential is meant:

1. `ANTHROPIC_API_KEY`
2. `ANTHROPIC_AUTH_TOKEN`
3. `ANTHROPIC_PROFILE`, a profile below `~/.config/anthropic` (`ANTHROPIC_CONFIG_DIR`)
4. workload identity: `ANTHROPIC_FEDERATION_RULE_ID`, `ANTHROPIC_ORGANIZATION_ID` and `ANTHROPIC_IDENTITY_TOKEN` or its `_FILE`
5. the active profile of that folder, if there is one

`.env` files are never read.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from reviewer.errors import ConfigError

DEFAULT_ENDPOINT = "https://api.anthropic.com"


class CredentialKind(StrEnum):
    """How the provider is told who asks."""

    API_KEY = "API key"
    AUTH_TOKEN = "bearer token"  # noqa: S105 - the name of a kind
    PROFILE = "profile"
    FEDERATION = "workload identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Credentials that were found. Neither `repr` nor `str` shows the secret."""

    kind: CredentialKind
    source: str
    """Where it was found, for a person: `ANTHROPIC_API_KEY`, `profile work`."""
    secret: str = field(default="", repr=False)
    """The key or token; empty for a profile and for workload identity, whose secrets only the SDK reads."""
    profile: str = ""


def find_credentials(environ: Mapping[str, str], config_home: Path) -> Credentials | None:
    """The credentials the SDK would use, or None when there are none.

    `config_home` is the folder that holds `anthropic/` (`~/.config` on Linux and macOS alike). Raises ConfigError when a key or token
    holds characters that no header can carry.
    """
    return (
        _static(environ, "ANTHROPIC_API_KEY", CredentialKind.API_KEY)
        or _static(environ, "ANTHROPIC_AUTH_TOKEN", CredentialKind.AUTH_TOKEN)
        or _named_profile(environ)
        or _federation(environ)
        or _active_profile(environ, config_home)
    )


def base_url(environ: Mapping[str, str]) -> str | None:
    """The endpoint in `ANTHROPIC_BASE_URL`, checked; None when it is unset or empty. Raises ConfigError."""
    text = environ.get("ANTHROPIC_BASE_URL", "").strip()
    return checked_endpoint(text, source="ANTHROPIC_BASE_URL") if text else None


def checked_endpoint(url: str, *, source: str) -> str:
    """`url` without a trailing slash, if source code and a key may be sent there: https, or http on this machine alone.

    Raises ConfigError that names `source` but never repeats the URL, since a password may stand in it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"{source} is not a URL.", hint=_ENDPOINT_HINT) from error
    if not host or not url.isascii() or any(character.isspace() for character in url):
        raise ConfigError(f"{source} is not a URL.", hint=_ENDPOINT_HINT)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(f"{source} may hold a host and a path, but no user, password, query or fragment.", hint=_ENDPOINT_HINT)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigError(f"{source} must start with https://; http:// is only for this machine itself.", hint=_ENDPOINT_HINT)
    return _without_trailing_slash(parts)


_ENDPOINT_HINT = "For example https://api.anthropic.com, or http://127.0.0.1:8080 for a gateway on this machine."


def _without_trailing_slash(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _static(environ: Mapping[str, str], name: str, kind: CredentialKind) -> Credentials | None:
    secret = environ.get(name, "").strip()
    if not secret:
        return None
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        raise ConfigError(
            f"{name} holds characters that a key cannot have.", hint="Copy it again, without line breaks, quotes or other text."
        )
    return Credentials(kind=kind, source=name, secret=secret)


def _named_profile(environ: Mapping[str, str]) -> Credentials | None:
    name = environ.get("ANTHROPIC_PROFILE", "")
    return _profile(name, f"profile {name} (ANTHROPIC_PROFILE)") if name else None


def _federation(environ: Mapping[str, str]) -> Credentials | None:
    has_rule = environ.get("ANTHROPIC_FEDERATION_RULE_ID") and environ.get("ANTHROPIC_ORGANIZATION_ID")
    has_token = environ.get("ANTHROPIC_IDENTITY_TOKEN") or environ.get("ANTHROPIC_IDENTITY_TOKEN_FILE")
    if not (has_rule and has_token):
        return None
    return Credentials(kind=CredentialKind.FEDERATION, source="workload identity (ANTHROPIC_FEDERATION_RULE_ID)")


def _active_profile(environ: Mapping[str, str], config_home: Path) -> Credentials | None:
    """The profile on disk. One that the operator pointed at counts even when it is broken: then connecting says so."""
    chosen = environ.get("ANTHROPIC_CONFIG_DIR", "")
    folder = Path(chosen) if chosen else config_home / "anthropic"
    pointer = _first_line(folder / "active_config")
    name = pointer or "default"
    if chosen or pointer or (folder / "configs" / f"{name}.json").is_file():
        return _profile(name, f"profile {name}")
    return None


def _profile(name: str, source: str) -> Credentials:
    return Credentials(kind=CredentialKind.PROFILE, source=source, profile=name)


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
