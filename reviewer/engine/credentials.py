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
import string
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from reviewer.errors import ConfigError

DEFAULT_ENDPOINT = "https://api.anthropic.com"
SOCKS_HINT = "Install the package socksio beside reviewer, or set HTTPS_PROXY to an http:// one."
_HTTPS = 443
_PROXIES = ("http", "https", "socks5", "socks5h")
_IN_A_NAME = frozenset(string.ascii_lowercase + string.digits + "-_")
"""Characters of a part of a host's name, as it is compared."""


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


def checked_endpoint(url: str, *, source: str, http_hosts: Collection[str] | None = None) -> str:
    """`url` without a trailing slash, if source code and a key may be sent there: https, or http on this machine or to one of `http_hosts`.

    Those are as `private_hosts` gives them; None where nobody can name any. Raises ConfigError that names `source` but never repeats the URL, since a password may stand
    in it.
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
    if parts.scheme != "https" and not (parts.scheme == "http" and (_is_loopback(host) or _plain(host) in (http_hosts or ()))):
        hint = _ENDPOINT_HINT if http_hosts is None else f"{_ENDPOINT_HINT} {_PRIVATE_HINT}"
        raise ConfigError(f"{source} must start with https://; http:// is only for this machine itself.", hint=hint)
    return _without_trailing_slash(parts)


def private_hosts(given: Iterable[str], *, source: str) -> frozenset[str]:
    """The hosts of a private network that may be asked without encryption, for `checked_endpoint`.

    Raises ConfigError for what is not a host alone, and for an address of the internet: whoever carries a request there can read it.
    """
    hosts = frozenset(map(_plain, given))
    for host in hosts:
        address = _address(host)
        if address is None and not all(part and _IN_A_NAME.issuperset(part) for part in host.split(".")):
            raise ConfigError(
                f"{source} holds what is not a host.", hint="Give its name or address alone: gateway.internal, 10.0.0.5."
            )
        if address is not None and address.is_global:
            raise ConfigError(f"{source} names {host}, an address of the internet.", hint="There, use https://.")
    return hosts


_ENDPOINT_HINT = "For example https://api.anthropic.com, or http://127.0.0.1:8080 for a gateway on this machine."
_PRIVATE_HINT = "Where one on a private network has no encryption, --allow-http-host names its host."


def _without_trailing_slash(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _plain(host: str) -> str:
    """A host as it is compared."""
    host = host.strip().lower().removesuffix(".")
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment's variables, or the system's settings, have for a checked endpoint; None for none.

    Never for http://: such a request is not encrypted, and goes to this machine or a private network. Entries of NO_PROXY may be `*`, a
    host, the end of one (`.example.com`), either with a port, an address or a network (`10.0.0.0/8`); others match nothing. Raises
    ConfigError, which does not repeat the variable, since a password may stand in it.
    """
    parts = urlsplit(url)
    known = getproxies()
    given = known.get("https") or known.get("all")
    if parts.scheme != "https" or not given or _bypasses(parts, known.get("no", "")):
        return None
    proxy = given if "://" in given else f"http://{given}"
    try:
        kind, host, _ = urlsplit(proxy).scheme, urlsplit(proxy).hostname, urlsplit(proxy).port
    except ValueError:
        kind, host = "", None
    if kind not in _PROXIES or not host:
        raise ConfigError(
            "A proxy variable holds what is no address of a proxy.",
            hint=f"Check HTTPS_PROXY and ALL_PROXY: an address starts with {'://, '.join(_PROXIES)}://. NO_PROXY names hosts to ask without.",
        )
    return proxy


def _bypasses(parts: SplitResult, no_proxy: str) -> bool:
    """Whether an entry of NO_PROXY is about the host."""
    host, port = _plain(parts.hostname or ""), parts.port or _HTTPS
    entries = no_proxy.replace(" ", ",").split(",")
    return "*" in entries or any(_names(_plain(entry), host, port) for entry in entries if entry)


def _names(entry: str, host: str, port: int) -> bool:
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            pass
    name, _, number = entry.rpartition(":")
    if name and number.isdigit():
        entry, wanted = _plain(name), int(number)
    else:
        wanted = port
    end = entry.removeprefix("*").removeprefix(".")
    return wanted == port and bool(end) and (host == end or host.endswith(f".{end}"))


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
