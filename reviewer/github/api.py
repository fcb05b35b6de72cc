"""GitHub's API, REST and GraphQL, for one token.

What every caller may rely on: a request that GitHub puts off (too many requests, 5xx) is waited for within one budget; writes are a
second apart; nothing is sent twice that may already have been done; the token goes to this API's own origin and nowhere else, and
stands in no message.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from reviewer.errors import ForgeError
from reviewer.github.refusals import RefusedByGitHubError, UncertainError, advised_wait, refusal
from reviewer.github.wire import Answer, LostError, Transport, Wire, malformed

PATIENCE: Final = 180.0
"""Seconds of waiting in all, over the life of a client: a secondary limit asks for one minute, rarely for more."""
WRITE_GAP: Final = 1.0
"""Seconds between two writes; GitHub's documentation asks for at least one."""
_MOST_PAGES: Final = 100
_FIRST_BACKOFF: Final = 2.0
"""Seconds before the first repetition after a 5xx; doubled each time."""
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
        transport: Transport | None = None,
    ) -> None:
        """`api_url` and `graphql_url` as `access.py` gives them. `now` is in seconds since 1970; `transport` stands in for the network.

        Raises ConfigError for a token that cannot be one, a URL that is not https (http for this machine alone), and a proxy or
        certificate variable that cannot be used.
        """
        self._wire = Wire(token, api_url, graphql_url, transport)
        self._token = token
        self._now = now
        self._sleep = sleep
        self._patience = patience
        self._next_write = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._wire.close()

    @property
    def is_anonymous(self) -> bool:
        """Whether there is no token: then GitHub shows what is public, 60 times an hour."""
        return self._token is None

    def get(self, path: str, **query: str | int) -> object:
        """The JSON at `path`, such as `/repos/OWNER/REPO/pulls/1`. Raises RefusedByGitHubError or ForgeError."""
        return self._ask("GET", self._wire.address(path, query)).body

    def pages(self, path: str, **query: str | int) -> Iterator[object]:
        """The entries of a list that comes in pages, in GitHub's order. Raises as `get` does."""
        url: str | None = self._wire.address(path, {"per_page": 100, **query})
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            answer = self._ask("GET", url)
            if not isinstance(answer.body, list):
                raise malformed(f"GET {path}")
            yield from answer.body
            url = None if answer.next_page is None else self._wire.own(answer.next_page, url)
        if url is not None:
            raise ForgeError(f"GitHub's list at {path} has more than {_MOST_PAGES} pages.")

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Create something. Raises RefusedByGitHubError, ForgeError, and UncertainError when it may have been created."""
        return self._ask("POST", self._wire.address(path, {}), body).body

    def patch(self, path: str, body: Mapping[str, object]) -> object:
        """Change something. Raises as `get` does: a change can be repeated."""
        return self._ask("PATCH", self._wire.address(path, {}), body).body

    def put(self, path: str, body: Mapping[str, object]) -> object:
        """Set something. Raises as `get` does."""
        return self._ask("PUT", self._wire.address(path, {}), body).body

    def delete(self, path: str) -> None:
        """Take something of our own back. One that is gone already is no error. Raises as `get` does."""
        try:
            self._ask("DELETE", self._wire.address(path, {}), {})
        except RefusedByGitHubError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def graphql(self, document: str, **variables: object) -> Mapping[str, object]:
        """The `data` of a GraphQL answer. Only for documents that can be repeated without harm, as all of ours can.

        Raises RefusedByGitHubError also when GitHub answers a part only.
        """
        answer = self._ask("POST", self._wire.graphql_url, {"query": document, "variables": variables})
        body = answer.body if isinstance(answer.body, dict) else {}
        if body.get("errors"):
            raise refusal(answer.status, body, asked="a GraphQL request", secret=self._token)
        data = body.get("data")
        if not isinstance(data, dict):
            raise malformed("a GraphQL request")
        return data

    def _ask(self, method: str, url: str, body: Mapping[str, object] | None = None) -> Answer:
        """Send a request until it is answered, refused, or not worth more waiting."""
        backoff, tries = _FIRST_BACKOFF, 0
        while True:
            tries += 1
            outcome = self._attempt(method, url, body)
            if isinstance(outcome, Answer):
                return outcome
            wait = backoff if outcome.wait is None else outcome.wait
            if tries == _MOST_TRIES or wait > self._patience:
                raise outcome.error from None
            self._patience -= wait
            self._sleep(wait)
            backoff *= 2

    def _attempt(self, method: str, url: str, body: Mapping[str, object] | None) -> Answer | _Later:
        """Send a request once. Raises when it makes no sense, or may do harm, to send it again."""
        asked = f"{method} {urlsplit(url).path}"
        may_double = method == "POST" and url != self._wire.graphql_url
        if body is not None:
            self._wait_for_turn()
        try:
            answer = self._wire.send(method, url, body)
        except LostError as error:
            if may_double and error.was_sent:
                raise UncertainError(f"No answer came to {asked}: it may have been carried out.") from None
            return _Later(None, error.problem)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        problem = refusal(answer.status, answer.body, asked=asked, secret=self._token)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            if may_double:
                raise UncertainError(f"GitHub answered {answer.status} to {asked}: it may have been carried out.")
            return _Later(None, problem)
        wait = advised_wait(answer.status, answer.headers, answer.body, self._now())
        if wait is None:
            raise problem
        return _Later(wait, _too_many(asked, wait))

    def _wait_for_turn(self) -> None:
        """Let a second pass between two writes."""
        early = self._next_write - self._now()
        if early > 0:
            self._sleep(min(early, WRITE_GAP))
        self._next_write = self._now() + WRITE_GAP


@dataclass(frozen=True, slots=True)
class _Later:
    """To be sent again, after `wait` seconds or one's own guess; `error` is for when that comes too often."""

    wait: float | None
    error: ForgeError


def _too_many(asked: str, wait: float) -> ForgeError:
    return ForgeError(
        f"GitHub wants no more requests for {wait:.0f} seconds ({asked}).", hint="Try again later, or use a token of your own."
    )
