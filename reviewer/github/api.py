"""GitHub's API, REST and GraphQL, for one token. The only importer of httpx2 outside the SDK's room.

What every caller may rely on: a request that GitHub puts off (too many requests, 5xx) is waited for within one budget; writes are a
second apart; nothing is sent twice that may already have been done; the token goes to this API's own origin and nowhere else, and
stands in no message.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urljoin

import httpx2

from reviewer import __version__
from reviewer.engine.credentials import checked_endpoint
from reviewer.errors import ConfigError, ForgeError
from reviewer.github.refusals import UncertainError, advised_wait, refusal

PATIENCE: Final = 180.0
"""Seconds of waiting in all, over the life of a client: a secondary limit asks for one minute, rarely for more."""
WRITE_GAP: Final = 1.0
"""Seconds between two writes; GitHub's documentation asks for at least one."""
_API_VERSION: Final = "2022-11-28"
_GITHUBS_OWN: Final = (".github.com", ".ghe.com")
_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_SILENCE: Final = 30.0
"""Seconds without a byte after which a request counts as lost. GitHub itself gives up after ten."""
_MOST_PAGES: Final = 100
_MOST_REDIRECTS: Final = 3
_FIRST_BACKOFF: Final = 2.0
"""Seconds before the first repetition after a 5xx; doubled each time."""
_LARGEST_ANSWER: Final = 64 * 1024 * 1024
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
"""Failures before a byte of the request was out: any request may be repeated after them."""
_MOST_TRIES: Final = 5


class GitHub:
    """A client. A context manager: its connections are closed at the end."""

    def __init__(
        self,
        token: str | None,
        api_url: str,
        *,
        graphql_url: str,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`api_url` and `graphql_url` as `access.py` gives them. `now` is in seconds since 1970; `transport` stands in for the network.

        Raises ConfigError for a token that cannot be one, a URL that is not https (http for this machine alone), and a proxy or
        certificate variable that cannot be used.
        """
        self._api = checked_endpoint(api_url, source="The address of GitHub's API")
        self._graphql = checked_endpoint(graphql_url, source="The address of GitHub's GraphQL API")
        self._origin = _origin(httpx2.URL(self._api))
        if _origin(httpx2.URL(self._graphql)) != self._origin:
            raise ConfigError("GitHub's API and its GraphQL API are on different hosts: one token is not sent to two.")
        self._token = _checked_token(token)
        self._now = now
        self._sleep = sleep
        self._patience = patience
        self._next_write = 0.0
        self._client = _client(self._token, self._api, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    @property
    def is_anonymous(self) -> bool:
        """Whether there is no token: then GitHub shows what is public, 60 times an hour."""
        return self._token is None

    def get(self, path: str, **query: str | int) -> object:
        """The JSON at `path`, such as `/repos/OWNER/REPO/pulls/1`. Raises RefusedByGitHubError or ForgeError."""
        return self._ask("GET", self._url(path, query)).body

    def pages(self, path: str, **query: str | int) -> Iterator[object]:
        """The entries of a list that comes in pages, in GitHub's order. Raises as `get` does."""
        url: httpx2.URL | None = self._url(path, {"per_page": 100, **query})
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = self._ask("GET", url)
            if not isinstance(answer.body, list):
                raise _malformed(f"GET {url.path}")
            yield from answer.body
            url = self._same_origin(answer.next_page) if answer.next_page else None
        raise ForgeError(f"GitHub's list at {path} has more than {_MOST_PAGES} pages.")

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Create something. Raises RefusedByGitHubError, ForgeError, and UncertainError when it may have been created."""
        return self._ask("POST", self._url(path, {}), body).body

    def patch(self, path: str, body: Mapping[str, object]) -> object:
        """Change something. Raises as `get` does: a change can be repeated."""
        return self._ask("PATCH", self._url(path, {}), body).body

    def put(self, path: str, body: Mapping[str, object]) -> object:
        """Set something. Raises as `get` does."""
        return self._ask("PUT", self._url(path, {}), body).body

    def graphql(self, document: str, **variables: object) -> Mapping[str, object]:
        """The `data` of a GraphQL answer. Only for documents that can be repeated without harm, as all of ours can.

        Raises RefusedByGitHubError also when GitHub answers a part only.
        """
        answer = self._ask("POST", httpx2.URL(self._graphql), {"query": document, "variables": variables})
        body = answer.body if isinstance(answer.body, dict) else {}
        if body.get("errors"):
            raise refusal(answer.status, body, asked="a GraphQL request", secret=self._token)
        data = body.get("data")
        if not isinstance(data, dict):
            raise _malformed("a GraphQL request")
        return data

    def _ask(self, method: str, url: httpx2.URL, body: Mapping[str, object] | None = None) -> _Answer:
        """Send a request until it is answered, refused, or not worth more waiting."""
        backoff = _FIRST_BACKOFF
        for tries_left in reversed(range(_MOST_TRIES)):
            outcome = self._attempt(method, url, body)
            if isinstance(outcome, _Answer):
                return outcome
            wait = backoff if outcome.wait is None else outcome.wait
            if not tries_left or wait > self._patience:
                raise outcome.error from None
            self._patience -= wait
            self._sleep(wait)
            backoff *= 2
        raise AssertionError  # pragma: no cover - the last round of the loop returns or raises

    def _attempt(self, method: str, url: httpx2.URL, body: Mapping[str, object] | None) -> _Answer | _Later:
        """Send a request once. Raises when it makes no sense, or may do harm, to send it again."""
        asked = f"{method} {url.path}"
        if body is not None:
            self._wait_for_turn()
        try:
            answer = self._send(method, url, body)
        except httpx2.RequestError as error:
            if method == "POST" and str(url) != self._graphql and not isinstance(error, _NOT_SENT):
                raise UncertainError(f"The connection was lost during {asked}: it may have been carried out.") from None
            return _Later(None, _unreachable(error, asked))
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        problem = refusal(answer.status, answer.body, asked=asked, secret=self._token)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            if method == "POST" and str(url) != self._graphql:
                raise UncertainError(f"GitHub answered {answer.status} to {asked}: it may have been carried out.")
            return _Later(None, problem)
        wait = advised_wait(answer.status, answer.headers, answer.body, self._now())
        if wait is None:
            raise problem
        return _Later(wait, _too_many(asked, wait))

    def _send(self, method: str, url: httpx2.URL, body: Mapping[str, object] | None) -> _Answer:
        """The answer of one request. Redirects (a renamed repository) are followed to the same origin only, with the same method."""
        for _ in range(_MOST_REDIRECTS):
            with self._client.stream(method, url, json=body) as response:
                if response.status_code in _REDIRECTS:
                    url = self._same_origin(urljoin(str(url), response.headers.get("location", "")))
                    continue
                return _read(response, f"{method} {url.path}")
        raise ForgeError(f"GitHub redirects {method} {url.path} again and again.")

    def _wait_for_turn(self) -> None:
        """Let a second pass between two writes."""
        early = self._next_write - self._now()
        if early > 0:
            self._sleep(min(early, WRITE_GAP))
        self._next_write = self._now() + WRITE_GAP

    def _url(self, path: str, query: Mapping[str, str | int]) -> httpx2.URL:
        return httpx2.URL(self._api + path, params=dict(query)) if query else httpx2.URL(self._api + path)

    def _same_origin(self, text: str) -> httpx2.URL:
        """A URL that GitHub gave us, if it leads to itself. Raises ForgeError."""
        try:
            url = httpx2.URL(text)
        except httpx2.InvalidURL as error:
            raise ForgeError("GitHub gave an address that is none.") from error
        if _origin(url) != self._origin:
            raise ForgeError("GitHub's API points to another host; the token is not sent there.")
        return url


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: object
    next_page: str | None


@dataclass(frozen=True, slots=True)
class _Later:
    """To be sent again, after `wait` seconds or one's own guess; `error` is for when that comes too often."""

    wait: float | None
    error: ForgeError


def _client(token: str | None, api: str, transport: httpx2.BaseTransport | None) -> httpx2.Client:
    """A client by the environment's proxies and certificates. An exception's own text is left out: it may repeat a password."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.ERROR)
    headers = {"accept": "application/vnd.github+json", "user-agent": f"reviewer/{__version__}"}
    if httpx2.URL(api).host.endswith(_GITHUBS_OWN):
        headers["x-github-api-version"] = _API_VERSION  # a server of one's own answers 400 to versions that it does not have
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    network: dict[str, Any] = {} if transport is None else {"transport": transport}
    try:
        # Unencrypted is only this machine itself (`checked_endpoint`): no proxy gets to see that.
        return httpx2.Client(headers=headers, timeout=_SILENCE, follow_redirects=False, mounts={"http://": None}, **network)
    except ImportError as error:
        raise ConfigError("A proxy variable names a SOCKS proxy.", hint="Set HTTPS_PROXY to an http:// one.") from error
    except OSError as error:
        raise ConfigError("The certificates of SSL_CERT_FILE cannot be read.", hint="It must be a file in PEM format.") from error
    except (ValueError, httpx2.InvalidURL) as error:
        hint = "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."
        raise ConfigError("A proxy variable holds what is no address of a proxy.", hint=hint) from error


def _checked_token(token: str | None) -> str | None:
    if token is not None and (not token or not token.isascii() or not token.isprintable() or " " in token):
        raise ConfigError("The GitHub token holds characters that a token cannot have, or none at all.")
    return token


def _read(response: httpx2.Response, asked: str) -> _Answer:
    """The parsed answer. Raises ForgeError when a success is not JSON; a failure's body may be anything."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise ForgeError(f"GitHub's answer to {asked} is larger than {_LARGEST_ANSWER // 1024 // 1024} MiB.")
    try:
        body = json.loads(content) if content else None
    except (ValueError, RecursionError) as error:
        if response.is_success:
            raise _malformed(asked) from error
        body = None
    return _Answer(response.status_code, response.headers, body, response.links.get("next", {}).get("url"))


def _malformed(asked: str) -> ForgeError:
    return ForgeError(
        f"What answered {asked} does not speak as GitHub's API does.",
        hint="Check GITHUB_API_URL, and a proxy between here and there.",
    )


def _unreachable(error: httpx2.RequestError, asked: str) -> ForgeError:
    how = "did not answer in time" if isinstance(error, httpx2.TimeoutException) else "could not be reached"
    return ForgeError(f"GitHub {how} ({asked}: {type(error).__name__}).", hint="Check the network, the proxy and GITHUB_API_URL.")


def _too_many(asked: str, wait: float) -> ForgeError:
    return ForgeError(
        f"GitHub wants no more requests for {wait:.0f} seconds ({asked}).", hint="Try again later, or use a token of your own."
    )


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
