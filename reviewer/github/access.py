"""Which GitHub is spoken to, and with which token: read from the environment, and checked before anything is sent.

A token belongs to a server. `GITHUB_TOKEN` and `GH_TOKEN` go to github.com, to GitHub's own data-residency hosts and to the server that
`GITHUB_SERVER_URL` (set by every workflow run) or `GH_HOST` names; never to a host that merely stands in the address of a pull request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reviewer.engine.credentials import checked_endpoint
from reviewer.errors import ConfigError

GITHUB_COM = "https://github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A GitHub server, and how to reach it. URLs have no trailing slash."""

    server_url: str
    """Where people look: `https://github.com`."""
    api_url: str
    graphql_url: str
    token: str | None = field(repr=False)
    """None: only what is public can be read."""


def read_access(environ: Mapping[str, str], server_url: str | None = None) -> Access:
    """The access to `server_url`, or to the server the environment names, which is github.com when it names none.

    Raises ConfigError when the environment's addresses do not belong together, or when `server_url` is a host that nothing in the
    environment vouches for.
    """
    named = _named_server(environ)
    server = checked_endpoint(server_url or named or GITHUB_COM, source="The address of the GitHub server")
    if server != named and not _is_githubs(server):
        raise ConfigError(
            f"{server} is not known to be a GitHub server of yours; nothing was sent there.",
            hint=f"If it is one, set GITHUB_SERVER_URL={server}.",
        )
    api, graphql = _own_addresses(environ) if server == named and environ.get("GITHUB_API_URL") else _usual_addresses(server)
    for address in (api, graphql):
        _check_same_site(server, address)
    token = next((environ[name].strip() for name in ("GITHUB_TOKEN", "GH_TOKEN") if environ.get(name, "").strip()), None)
    return Access(server_url=server, api_url=api, graphql_url=graphql, token=token)


def _named_server(environ: Mapping[str, str]) -> str | None:
    if url := environ.get("GITHUB_SERVER_URL", "").strip():
        return checked_endpoint(url, source="GITHUB_SERVER_URL")
    if host := environ.get("GH_HOST", "").strip():
        return checked_endpoint(f"https://{host}", source="GH_HOST")
    return None


def _own_addresses(environ: Mapping[str, str]) -> tuple[str, str]:
    api = checked_endpoint(environ["GITHUB_API_URL"].strip(), source="GITHUB_API_URL")
    given = environ.get("GITHUB_GRAPHQL_URL", "").strip()
    return api, checked_endpoint(given, source="GITHUB_GRAPHQL_URL") if given else f"{api.removesuffix('/v3')}/graphql"


def _usual_addresses(server: str) -> tuple[str, str]:
    """Where GitHub's products have their API: github.com and data residency on a host of its own, a server of one's own below it."""
    if _is_githubs(server):
        api = server.replace("https://", "https://api.", 1)
        return api, f"{api}/graphql"
    return f"{server}/api/v3", f"{server}/api/graphql"


def _check_same_site(server: str, address: str) -> None:
    own, other = urlsplit(server), urlsplit(address)
    if other.scheme != own.scheme or other.netloc not in {own.netloc, f"api.{own.netloc}"}:
        raise ConfigError(
            f"GITHUB_API_URL or GITHUB_GRAPHQL_URL is on another host than {server}.",
            hint="Set GITHUB_SERVER_URL, GITHUB_API_URL and GITHUB_GRAPHQL_URL together, or none of them.",
        )


def _is_githubs(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    return server.startswith("https://") and urlsplit(server).port is None and (host == "github.com" or host.endswith(".ghe.com"))
