"""The SDK's one home: a connection to an endpoint that speaks the Messages API. Nothing of the SDK leaves this module.

Requests go out through the SDK's client (credentials, retries, proxies, server-sent events); events come back as parsed JSON, and every
exception as a class of `errors.py`. Importing this module costs about two seconds, so it is imported where it is needed.

What of the operator's environment is honoured: the credentials of `credentials.py`, `ANTHROPIC_BASE_URL`, `ANTHROPIC_CUSTOM_HEADERS`,
`ANTHROPIC_CONFIG_DIR`, the proxy variables and `SSL_CERT_FILE`. What is not: `ANTHROPIC_LOG`, which would write whole prompts to the
log, and OpenTelemetry, which could send them elsewhere.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import anthropic
import httpx2
from anthropic._streaming import ServerSentEvent

from reviewer.engine.connection_errors import failure_of, lost, translated
from reviewer.engine.credentials import DEFAULT_ENDPOINT, SOCKS_HINT, CredentialKind, Credentials, checked_endpoint, proxy_for
from reviewer.engine.interface import RateLimits
from reviewer.engine.sockets import Sockets
from reviewer.engine.wire_errors import RefusedByProviderError, is_spend_limit, request_id_of
from reviewer.engine.wire_limits import HOLDS, read_limits
from reviewer.errors import ConfigError, ConnectionFailedError, ProviderError
from reviewer.live_secrets import learn

MAX_RETRIES = 2
"""After the first attempt; the SDK's own default."""
PATIENCE = 300.0
"""Seconds from the first attempt after which nothing is tried again; a longer `retry-after` is told to the operator instead."""
SILENCE = 600.0
"""Seconds without a single byte after which a connection counts as dead; the SDK's default. The provider pings while a model thinks."""
_CONNECT = 15.0
"""Seconds to reach the endpoint."""
_MESSAGES = "/v1/messages"
_TELLING = ("authorization", "x-api-key")
"""Headers that hold a key or token."""


@dataclass(slots=True)
class Attempts:
    """The attempts at one request, counted together with those that the endpoint refused to take in full."""

    give_up_at: float
    """By the monotonic clock: nothing is tried again after it."""
    made: int = 0
    is_final: bool = False
    """Whether the endpoint said outright that trying again does not help."""


_under_way: ContextVar[Attempts] = ContextVar("attempts")
"""Those of the request that this thread is making: the SDK calls our middleware in it, and tells it nothing of ours."""


class Connection:
    """An open client, until `close`. Several threads may use it at once."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        endpoint: str | None = None,
        max_retries: int = MAX_RETRIES,
        patience: float = PATIENCE,
        silence: float = SILENCE,
        longest_wait: float = PATIENCE,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`endpoint` as `checked_endpoint` gives it; None means the provider's own, or the one a profile names.

        A busy endpoint's `retry-after` above `longest_wait` seconds is left to the caller. `transport` stands in for the network. Raises CredentialsError when a profile or token file cannot be read, and ConfigError
        for a proxy or certificate variable that cannot be used.
        """
        _silence_sdk_logging()
        self._patience = patience
        self._longest_wait = longest_wait
        self._silence = silence
        self._sockets = Sockets()
        self._limits = (RateLimits(), 0.0)
        network: dict[str, Any] = {"event_hooks": {"request": [self._watch]}} | ({"transport": transport} if transport else {})
        timeout = httpx2.Timeout(silence, connect=_CONNECT, pool=_CONNECT)
        with translated():
            self.endpoint = endpoint or _own_endpoint(credentials)
            """Where requests go, without a trailing slash."""
            self._client = anthropic.Anthropic(
                **_identity(credentials, endpoint),
                timeout=timeout,
                max_retries=max_retries,
                http_client=_http_client(self.endpoint, timeout=timeout, **network),
                middleware=[self._within_patience],
                open_telemetry=False,
            )

    def close(self) -> None:
        """Let go of the sockets. What other threads are asking or reading ends at once, with an error."""
        self._sockets.shut_down()
        self._client.close()

    @property
    def limits(self) -> RateLimits:
        """What the Messages API said last may still be asked; nothing when that was too long ago."""
        limits, until = self._limits
        return limits if time.monotonic() < until else RateLimits()

    def attempts(self, patience: float | None = None) -> Attempts:
        """Begin a request: patience (seconds; None for the connection's own) counts from now."""
        return Attempts(time.monotonic() + min(self._patience, patience or self._patience))

    def ask(
        self,
        path: str,
        body: dict[str, Any],
        betas: tuple[str, ...] = (),
        attempts: Attempts | None = None,
        silence: float | None = None,
    ) -> object:
        """POST `body` and return the JSON that came back; `silence` shortens the connection's own.

        Raises RefusedByProviderError or a ProviderError.
        """
        timeout = httpx2.Timeout(min(self._silence, silence or self._silence), connect=_CONNECT, pool=_CONNECT)
        options: Any = {"headers": _beta_header(betas), "timeout": timeout}
        with self._counting(attempts), translated():
            return self._client.post(path, cast_to=object, body=body, options=options)

    def look_up(self, path: str) -> object:
        """GET the JSON at `path`. Raises RefusedByProviderError or a ProviderError."""
        with self._counting(None), translated():
            return self._client.get(path, cast_to=object)

    @contextmanager
    def stream(self, body: dict[str, Any], betas: tuple[str, ...] = (), attempts: Attempts | None = None) -> Iterator[Stream]:
        """POST `body` to the Messages API; the events can be read within the `with`. Raises as `ask` does."""
        with self._counting(attempts), translated():
            stream = self._client.post(
                _MESSAGES,
                cast_to=object,
                body=body,
                options={"headers": _beta_header(betas)},
                stream=True,
                stream_cls=_Events,
            )
        with stream:
            yield Stream(stream, self._sockets)

    @contextmanager
    def _counting(self, attempts: Attempts | None) -> Iterator[None]:
        token = _under_way.set(attempts or self.attempts())
        try:
            yield
        finally:
            _under_way.reset(token)

    def _watch(self, request: httpx2.Request) -> None:
        request.extensions["trace"] = self._sockets.watch
        # Whatever it was read from or exchanged for, by us or by the SDK: here is what the provider knows us by.
        learn(*(word for name in _TELLING for word in request.headers.get(name, "").split()))

    def _within_patience(self, request: Any, call_next: Any) -> Any:  # noqa: ANN401 - the SDK's middleware types are not public
        """Called by the SDK around every attempt. Ends the retries that would outlast our patience or cannot help."""
        attempts = _under_way.get()
        attempts.made += 1
        try:
            response = call_next(request)
        except anthropic.APIConnectionError as error:
            # The SDK tries again whatever has a connection error as its cause, therefore `from None`.
            if self._sockets.shut:
                raise _interrupted() from None
            if time.monotonic() < attempts.give_up_at:
                raise
            raise lost(error) from None
        limits = read_limits(response.http_response.headers)
        if limits is not None and request.url == _MESSAGES:  # counting tokens and listing models have limits of their own
            self._limits = (limits, time.monotonic() + HOLDS)
        if response.http_response.is_success:
            return response
        response.http_response.read()
        attempts.is_final = response.http_response.headers.get("x-should-retry") == "false"
        failure = failure_of(response.http_response, _json(response.http_response))
        cannot_help = is_spend_limit(failure) or failure.status == HTTPStatus.NOT_IMPLEMENTED or self._sockets.shut
        cannot_help = cannot_help or (failure.wait or 0.0) > self._longest_wait
        if cannot_help or time.monotonic() + (failure.wait or 0.0) > attempts.give_up_at:
            # The SDK obeys this header of the provider's; here it is how we say no.
            response.http_response.headers["x-should-retry"] = "false"
        return response


class Stream:
    """The answer of one request while it arrives."""

    def __init__(self, stream: anthropic.Stream[object], sockets: Sockets) -> None:
        self._stream = stream
        self._sockets = sockets
        self.request_id = request_id_of(stream.response.headers)
        content_type = stream.response.headers.get("content-type", "")
        self.is_streamed = "application/json" not in content_type.lower()
        """False when the endpoint answered in one piece: then read `whole`."""

    def events(self) -> Iterator[object]:
        """The data of each event, as parsed JSON. Raises RefusedByProviderError or a ProviderError in the middle."""
        try:
            with translated():
                yield from self._stream
        except ProviderError:
            if not self._sockets.shut:
                raise
        if self._sockets.shut:  # whatever that looked like from here: an error of one kind or another, or an early end
            raise _interrupted()

    def whole(self) -> object:
        """The one JSON document that came instead of a stream. Raises RefusedByProviderError where that is an error."""
        with translated():
            self._stream.response.read()
            body = self._stream.response.json()
        if isinstance(body, dict) and body.get("error") and body.get("type") != "message":
            raise RefusedByProviderError(failure_of(self._stream.response, body))
        return body


class _Events(anthropic.Stream[object]):
    """The SDK's stream, for gateways too that leave out the names of events: the SDK would pass over those without a word."""

    def _iter_events(self) -> Iterator[ServerSentEvent]:
        for event in super()._iter_events():
            if event.data == "[DONE]":  # how streams of OpenAI's API end
                continue
            named = event.event not in {None, "message"}
            yield event if named else ServerSentEvent(event=_name_of(event.data), data=event.data)


def _name_of(data: str) -> str | None:
    """The name of an event by its data. None, so that it is passed over, for what is no JSON object and does not look like one."""
    try:
        facts = json.loads(data)
    except (ValueError, RecursionError):
        return "message" if data.startswith("{") else None  # whoever reads it says that it is damaged
    if not isinstance(facts, dict):
        return None
    kind = facts.get("type")
    return kind if isinstance(kind, str) and kind else "error" if "error" in facts else None


def _interrupted() -> ConnectionFailedError:
    return ConnectionFailedError("The request was interrupted.", hint="The prompt may have been billed.")


def _beta_header(betas: tuple[str, ...]) -> dict[str, str]:
    return {"anthropic-beta": ",".join(betas)} if betas else {}


def _identity(credentials: Credentials, endpoint: str | None) -> dict[str, Any]:
    """What tells the SDK who we are and where to go, said outright so that it does not look for itself."""
    match credentials.kind:
        case CredentialKind.API_KEY:
            return {"api_key": credentials.secret, "base_url": endpoint or DEFAULT_ENDPOINT}
        case CredentialKind.AUTH_TOKEN:
            return {"auth_token": credentials.secret, "base_url": endpoint or DEFAULT_ENDPOINT}
        case CredentialKind.PROFILE:
            # A profile may name its own endpoint; `Connection.endpoint` checks it.
            return {"profile": credentials.profile, "base_url": endpoint}
        case CredentialKind.FEDERATION:
            # The SDK reads these variables itself: a token file is renewed under its hands.
            return {"base_url": endpoint or DEFAULT_ENDPOINT}


def _own_endpoint(credentials: Credentials) -> str:
    """The endpoint that goes with the credentials: only a profile may name one. Raises ConfigError for one that may not be asked."""
    if credentials.kind is not CredentialKind.PROFILE:
        return DEFAULT_ENDPOINT
    with httpx2.Client(trust_env=False) as unused:
        client = anthropic.Anthropic(**_identity(credentials, None), http_client=unused, open_telemetry=False)
        return checked_endpoint(str(client.base_url), source="The endpoint in use")


def _http_client(endpoint: str, **settings: Any) -> httpx2.Client:  # noqa: ANN401 - httpx2's own
    """A client by the environment's certificates and the proxy for `endpoint`. An exception's own text is left out: it may repeat a password."""
    try:
        # Of the environment's proxies the one for this endpoint alone is built: another one that is wrong is no reason to fail.
        network: dict[str, Any] = {} if "transport" in settings else {"proxy": proxy_for(endpoint)}
        # Redirects are not followed: a prompt is source code, and goes only where the operator said.
        return anthropic.DefaultHttpxClient(
            follow_redirects=False,
            trust_env=False,
            verify=httpx2.create_ssl_context(),
            mounts={"http://": None},
            **network,
            **settings,
        )
    except ImportError as error:
        raise ConfigError("The proxy for the endpoint is a SOCKS proxy, which needs a library.", hint=SOCKS_HINT) from error
    except OSError as error:
        raise ConfigError("The certificates of SSL_CERT_FILE cannot be read.", hint="It must be a file in PEM format.") from error
    except (ValueError, httpx2.InvalidURL) as error:
        raise ConfigError(
            "A proxy variable holds what is no address of a proxy.", hint="Check HTTPS_PROXY and ALL_PROXY."
        ) from error


def _silence_sdk_logging() -> None:
    """Undo `ANTHROPIC_LOG`: at debug level the SDK logs every prompt, in other words the reviewed source."""
    for name in ("anthropic", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _json(response: httpx2.Response) -> object:
    with suppress(ValueError, RecursionError, httpx2.HTTPError):
        return response.json()
    return None
