"""The wire to GitHub's API: one request, one answer, for one token. The only importer of httpx2 in this room.

The token goes to the API's own origin and nowhere else: redirects and the addresses of further pages are followed there alone.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urljoin

import httpx2

from reviewer import __version__
from reviewer.engine.credentials import SOCKS_HINT, checked_endpoint, proxy_for
from reviewer.errors import ConfigError, ForgeError
from reviewer.live_secrets import clean, learn

Transport = httpx2.BaseTransport
"""What stands in for the network."""
_API_VERSION: Final = "2022-11-28"
_GITHUBS_OWN: Final = (".github.com", ".ghe.com")
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS: Final = 3
_SILENCE: Final = 30.0
"""Seconds without a byte after which a request counts as lost. GitHub itself gives up after ten."""
_LARGEST_ANSWER: Final = 64 * 1024 * 1024
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
"""Failures before a byte of the request was out."""


class LostError(Exception):
    """There is no answer that could be read. `was_sent` says whether GitHub may have got the request; `problem` is for a person."""

    def __init__(self, problem: ForgeError, *, was_sent: bool) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.was_sent = was_sent


@dataclass(frozen=True, slots=True)
class Answer:
    """What GitHub answered. The names of `headers` may be asked for in any case."""

    status: int
    headers: Mapping[str, str]
    body: object
    """Parsed JSON; None when there is none, or (in a refusal) none that can be read."""
    next_page: str | None
    """The address of the next page of a list, as GitHub gives it."""


class Wire:
    """Open connections, until `close`."""

    def __init__(self, token: str | None, api_url: str, graphql_url: str, transport: Transport | None = None) -> None:
        """Raises ConfigError as `GitHub` does."""
        self._api = checked_endpoint(api_url, source="The address of GitHub's API")
        self.graphql_url = checked_endpoint(graphql_url, source="The address of GitHub's GraphQL API")
        self._origin = _origin(httpx2.URL(self._api))
        if _origin(httpx2.URL(self.graphql_url)) != self._origin:
            raise ConfigError("GitHub's API and its GraphQL API are on different hosts: one token is not sent to two.")
        learn(token or "")
        self._client = _client(_headers(token, self._api), self._api, transport)

    def close(self) -> None:
        """Let go of the sockets."""
        self._client.close()

    def address(self, path: str, query: Mapping[str, str | int]) -> str:
        """The URL of a call."""
        return f"{self._api}{path}?{urlencode(query)}" if query else f"{self._api}{path}"

    def send(self, method: str, url: str, body: Mapping[str, object] | None) -> Answer:
        """The answer of one request to one of this API's addresses. Redirects (a renamed repository) are followed with the same method.

        Raises LostError when there is none, ForgeError when it leads to another host.
        """
        asked = f"{method} {httpx2.URL(url).path}"
        try:
            for _ in range(_MOST_REDIRECTS):
                with self._client.stream(method, url, json=_without_secrets(body)) as response:
                    if response.status_code not in _REDIRECTS:
                        return _read(response, asked)
                    url = self.own(response.headers.get("location", ""), url)
        except httpx2.RequestError as error:
            raise LostError(_unreachable(error, asked), was_sent=not isinstance(error, _NOT_SENT)) from None
        raise ForgeError(f"GitHub redirects {asked} again and again.")

    def own(self, given: str, seen_at: str = "") -> str:
        """An address that GitHub gave us in the answer to `seen_at`, if it is one of this API. Raises ForgeError."""
        try:
            url = httpx2.URL(urljoin(seen_at, given))
        except (ValueError, httpx2.InvalidURL) as error:
            raise ForgeError("GitHub gave an address that is none.") from error
        if _origin(url) != self._origin:
            raise ForgeError("GitHub's API points to another host; the token is not sent there.")
        return str(url)


def malformed(asked: str) -> ForgeError:
    """The error for an answer that is not GitHub's; `asked` is the method and path."""
    return ForgeError(
        f"What answered {asked} does not speak as GitHub's API does.",
        hint="Check GITHUB_API_URL, and a proxy between here and there.",
    )


def _without_secrets(value: object) -> Any:  # noqa: ANN401 - JSON
    """JSON to be sent, without secrets of ours in any of its texts: a comment is public."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: _without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(each) for each in value]
    return value


def _headers(token: str | None, api: str) -> dict[str, str]:
    headers = {"accept": "application/vnd.github+json", "user-agent": f"reviewer/{__version__}"}
    if httpx2.URL(api).host.endswith(_GITHUBS_OWN):
        headers["x-github-api-version"] = _API_VERSION  # a server of one's own answers 400 to versions that it does not have
    if token is None:
        return headers
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigError("The GitHub token holds characters that a token cannot have, or none at all.")
    return headers | {"authorization": f"Bearer {token}"}


def _client(headers: Mapping[str, str], api: str, transport: Transport | None) -> httpx2.Client:
    """A client by the environment's certificates and the proxy for `api`. An exception's own text is left out: it may repeat a password."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        network: dict[str, Any] = {"proxy": proxy_for(api)} if transport is None else {"transport": transport}
        verify = httpx2.create_ssl_context()
        return httpx2.Client(headers=headers, timeout=_SILENCE, follow_redirects=False, trust_env=False, verify=verify, **network)
    except ImportError as error:
        raise ConfigError("The proxy for GitHub is a SOCKS proxy, which needs a library.", hint=SOCKS_HINT) from error
    except OSError as error:
        raise ConfigError("The certificates of SSL_CERT_FILE cannot be read.", hint="It must be a file in PEM format.") from error
    except (ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(
            "A proxy variable holds what is no address of a proxy.", hint="Check HTTPS_PROXY and ALL_PROXY."
        ) from error


def _read(response: httpx2.Response, asked: str) -> Answer:
    """The parsed answer. Raises LostError when a success is not JSON; a refusal's body may be anything."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise ForgeError(f"GitHub's answer to {asked} is larger than {_LARGEST_ANSWER // 1024 // 1024} MiB.")
    try:
        body = json.loads(content) if content else None
    except (ValueError, RecursionError) as error:
        if response.is_success:
            raise LostError(malformed(asked), was_sent=True) from error
        body = None
    return Answer(response.status_code, response.headers, body, response.links.get("next", {}).get("url"))


def _unreachable(error: httpx2.RequestError, asked: str) -> ForgeError:
    how = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else "could not be reached"
    return ForgeError(f"GitHub {how} ({asked}: {type(error).__name__}).", hint="Check the network, the proxy and GITHUB_API_URL.")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
