"""Claude, over the Messages API: count a prompt, send it, and bring back whatever part of an answer there is.

Also for any other endpoint that speaks this API. What it lacks of structured output, effort, thinking or caching is left out after it
has refused it once, with a note in the Reply.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from reviewer.engine.credentials import DEFAULT_ENDPOINT, Credentials
from reviewer.engine.ending import ignores_form, reply_of
from reviewer.engine.interface import Lifetime, Listener, Prompt, RateLimits, Reply
from reviewer.engine.request import NOTHING_LACKING, Ability, count_body, request_body
from reviewer.engine.wire_errors import (
    OVERLOADED,
    REFUSALS,
    RefusedByProviderError,
    WireFailure,
    as_error,
    is_too_long,
)
from reviewer.engine.wire_events import Arrival, WireEvent, WireMessage
from reviewer.errors import ConnectionFailedError, MalformedReplyError, ProviderError, SpendLimitError
from reviewer.outcome import NO_USAGE

if TYPE_CHECKING:
    from reviewer.engine.connection import Attempts, Connection, Stream

_NOT_ENFORCED: Final = "This endpoint did not enforce the schema: an answer had another form than was asked for."
_CANNOT_COUNT: Final = "The endpoint cannot count tokens; the local estimate was used."
_COUNTING: Final = 60.0
"""Seconds for which a count is waited for: it is a help, and no review depends on it."""


class ClaudeEngine:
    """An `Engine` that asks a model, for one thread or several. Use it as a context manager, or call `close`."""

    def __init__(self, credentials: Credentials, *, base_url: str | None = None, **network: Any) -> None:  # noqa: ANN401 - see Connection
        """Connect as `credentials` to `base_url` (checked by `credentials.base_url`; None is the provider's own).

        `network` goes to `Connection`: max_retries, patience, silence, transport. Imports the SDK, which takes about two seconds.
        Raises CredentialsError.
        """
        from reviewer.engine.connection import Connection

        self._connection: Connection = Connection(credentials, endpoint=base_url, **network)
        self._lacking: frozenset[Ability] = NOTHING_LACKING
        self._not_counted: frozenset[Ability] = NOTHING_LACKING
        """What the count alone refuses: vLLM takes `output_config` in a message and not in its count."""
        self._counts = True
        self._newest = ""
        self._used = NO_USAGE
        self._notes: tuple[str, ...] = ()
        self._learning = threading.Lock()
        """Held while one of them is replaced; they are read without it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection, from any thread: what is under way in others ends soon, with what of it has arrived."""
        self._connection.close()

    @property
    def endpoint(self) -> str:
        """Where requests go: to be shown before anything is sent."""
        return self._connection.endpoint

    @property
    def limits(self) -> RateLimits:
        """What the last response said may still be asked."""
        return self._connection.limits

    @property
    def newest(self) -> str:
        """The id of the message that began last; empty before the first."""
        return self._newest

    @property
    def is_providers_own(self) -> bool:
        """Whether requests go to the provider itself."""
        return urlsplit(self.endpoint).hostname == urlsplit(DEFAULT_ENDPOINT).hostname

    @property
    def notes(self) -> tuple[str, ...]:
        """What the endpoint was found to lack, a sentence each."""
        return self._notes

    def count(self, prompt: Prompt) -> int | None:
        """Input tokens of the whole request as the endpoint counts them; None, with one note, where it does not.

        Nothing that goes wrong here ends a review: whatever is wrong with more than the count, the request itself tells.
        """
        attempts = self._connection.attempts(_COUNTING)
        while self._counts:
            without = self._lacking | self._not_counted
            try:
                answer = self._connection.ask(_COUNT, count_body(prompt, without=without), prompt.betas, attempts, _COUNTING)
                return _Count.model_validate(answer).input_tokens
            except RefusedByProviderError as refusal:
                ability = _refused_ability(refusal.failure, _asked_for(prompt) - without)
                if ability is not None:
                    with self._learning:
                        self._not_counted |= {ability}
                    continue
                no_path = _has_no_such_path(refusal.failure, prompt.model)
                self._cannot_count("" if no_path else as_error(refusal.failure, model=prompt.model).message)
            except ValidationError:  # some gateways answer any path with something
                self._cannot_count("")
            except ProviderError as error:
                self._cannot_count(error.message)
        return None

    def _cannot_count(self, why: str) -> None:
        self._counts = False
        self._note(f"The endpoint did not count the tokens; the local estimate was used. {why}" if why else _CANNOT_COUNT)

    def send(self, prompt: Prompt, listener: Listener) -> Reply:
        """Ask once, and stream the answer to `listener`.

        Returns a Reply when any text arrived or the provider said why there is none; raises ProviderError otherwise.
        """
        begun = time.monotonic()
        listener.sent()
        attempts = self._connection.attempts()
        while True:  # each round leaves out one more ability, so there are few
            without = self._lacking  # as this attempt found it: another thread may learn the same meanwhile
            try:
                return self._send_once(prompt, without, attempts, listener, begun)
            except RefusedByProviderError as refusal:
                ability = _refused_ability(refusal.failure, _asked_for(prompt) - without)
                if ability is None:
                    raise _error_of(
                        refusal.failure, prompt.model, is_final=attempts.is_final, cached=self._is_mostly_cached
                    ) from refusal
                self._leave_out(ability)

    def _send_once(
        self, prompt: Prompt, without: frozenset[Ability], attempts: Attempts, listener: Listener, begun: float
    ) -> Reply:
        hourly = prompt.lifetime is Lifetime.ONE_HOUR and not without & {Ability.CACHING, Ability.LIFETIME}
        arrival = Arrival(hourly=hourly)
        with self._connection.stream(request_body(prompt, without=without), prompt.betas, attempts) as stream:
            broken = _read(stream, arrival, listener, prompt.model, self._note_begun)
            self._note_used(arrival)
            if prompt.structured and Ability.STRUCTURED not in without and ignores_form(arrival, prompt.schema):
                self._note(_NOT_ENFORCED)
            return reply_of(
                arrival,
                broken=broken,
                request_id=stream.request_id,
                seconds=time.monotonic() - begun,
                notes=self.notes,
                retries=attempts.made - 1,
            )

    def _note_begun(self, message_id: str) -> None:
        self._newest = message_id

    def _note_used(self, arrival: Arrival) -> None:
        with self._learning:
            self._used += arrival.usage

    @property
    def _is_mostly_cached(self) -> bool:
        """Whether most of what was sent so far was read from the cache."""
        return 2 * self._used.cache_read_input_tokens > self._used.prompt_tokens

    def _leave_out(self, ability: Ability) -> None:
        with self._learning:
            self._lacking |= {ability}
        if ability is not Ability.DIAGNOSTICS:  # the review loses nothing by it
            self._note(f"The endpoint does not take {ability}; the request was made without it.")

    def _note(self, note: str) -> None:
        with self._learning:
            if note not in self._notes:
                self._notes += (note,)


class _Count(BaseModel):
    """The answer of count_tokens. No request has zero tokens: an endpoint that says so does not count."""

    input_tokens: Annotated[int, Field(gt=0)]


_COUNT: Final = "/v1/messages/count_tokens"
_BUSY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, OVERLOADED})


def _error_of(failure: WireFailure, model: str, *, is_final: bool = False, cached: bool = False) -> ProviderError:
    """The error to raise, which says when a busy endpoint may be asked again."""
    error = as_error(failure, model=model, cached=cached)
    is_busy = failure.status in _BUSY or failure.type in {"rate_limit_error", "overloaded_error"}
    if is_busy and not is_final and not isinstance(error, SpendLimitError):
        error.retry_after = failure.wait or 0.0
    return error


_NO_SUCH_METHOD: Final = frozenset({HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})


def _has_no_such_path(failure: WireFailure, model: str) -> bool:
    return failure.status in _NO_SUCH_METHOD or (failure.status == HTTPStatus.NOT_FOUND and model.lower() not in failure.words)


def _read(stream: Stream, arrival: Arrival, listener: Listener, model: str, began: Callable[[str], None]) -> str:
    """Read all of the answer into `arrival`. Returns what broke it off, or nothing; raises when that left us empty-handed."""
    try:
        _read_events(stream, arrival, listener, began)
    except (ProviderError, RefusedByProviderError) as error:
        cause = _error_of(error.failure, model) if isinstance(error, RefusedByProviderError) else error
        if not arrival.text and arrival.stop_reason is None:
            raise cause from error
        return f"The answer broke off: {cause.message.rstrip('.')}"
    if not arrival.text and arrival.stop_reason is None:
        raise _nothing_came(arrival)
    return ""


def _read_events(stream: Stream, arrival: Arrival, listener: Listener, began: Callable[[str], None]) -> None:
    try:
        if not stream.is_streamed:
            _deliver(arrival, listener, began, stream, arrival.take_whole(_whole_message(stream.whole())))
            return
        for data in stream.events():
            _deliver(arrival, listener, began, stream, arrival.take(WireEvent.model_validate(data)))
    except ValidationError as error:
        raise MalformedReplyError("An event of the answer cannot be read.", hint=_NO_API) from error
    finally:
        if rest := arrival.rest():
            listener.text(rest)


def _deliver(arrival: Arrival, listener: Listener, began: Callable[[str], None], stream: Stream, text: str) -> None:
    if arrival.begun and not arrival.announced:
        arrival.announced = True
        began(arrival.message_id)
        listener.started(arrival.usage, stream.request_id, arrival.model)
    if text:
        listener.text(text)


def _whole_message(body: object) -> WireMessage:
    """An answer in one piece, from an endpoint that does not stream. It was paid for like any other."""
    message = WireMessage.model_validate(body)
    if message.type != "message":
        raise MalformedReplyError("The endpoint's answer is not a message.", hint=_NO_API)
    return message


_NO_API = "Check ANTHROPIC_BASE_URL: it is the address before /v1/messages."


def _nothing_came(arrival: Arrival) -> ProviderError:
    if arrival.begun:
        return ConnectionFailedError(
            "The answer's stream ended before any text had arrived.", hint="Try again; the prompt may have been billed."
        )
    return MalformedReplyError("The endpoint answered with something that is not a stream of the Messages API.", hint=_NO_API)


def _asked_for(prompt: Prompt) -> frozenset[Ability]:
    asked = {
        Ability.CACHING: True,
        Ability.LIFETIME: prompt.lifetime is not None,
        Ability.DIAGNOSTICS: True,
        Ability.STRUCTURED: prompt.structured,
        Ability.EFFORT: prompt.effort is not None,
        Ability.THINKING: prompt.thinking is not None,
    }
    return frozenset(ability for ability, wanted in asked.items() if wanted)


_NAMES: Final = (
    (Ability.DIAGNOSTICS, re.compile(r"diagnostics|previous_message_id")),
    (Ability.LIFETIME, re.compile(r"\bttl\b")),
    (Ability.STRUCTURED, re.compile(r"output_config\W{1,4}format|output_format|response_format|guided_json|json.schema|grammar")),
    (Ability.STRUCTURED, re.compile(r"structured.output")),
    (Ability.EFFORT, re.compile(r"effort")),
    (Ability.CACHING, re.compile(r"cache_control")),
    (Ability.THINKING, re.compile(r"thinking|reasoning")),
    (Ability.STRUCTURED, re.compile(r"output_config")),
    (Ability.EFFORT, re.compile(r"output_config")),
)
"""What a refusal calls each ability; the first that fits and was asked for is left out. A gateway may use the words of what is behind it."""
_NOT_PERMITTED: Final = re.compile(
    r"not permitted|not allowed|not (?:yet )?supported|unsupported|not support|unknown (?:field|param|argument|key|name)"
    r"|unrecognized|unexpected|extraneous|extra_forbidden|extra (?:field|input|key)|should not exist|invalid (?:field|param|argument)"
)


def _refused_ability(failure: WireFailure, asked: frozenset[Ability]) -> Ability | None:
    """What the endpoint refuses of what was `asked`; None when it refuses something else, or does not say what."""
    named = f"{failure.type} {failure.words}"
    # Some gateways give a status of their own to what stands behind them; then the words have to say that it is about a field.
    of_a_field = failure.status in REFUSALS or (failure.status not in _OF_NO_FIELD and _NOT_PERMITTED.search(named))
    if not of_a_field or is_too_long(failure):
        return None
    return next((ability for ability, names in _NAMES if ability in asked and names.search(named)), None)


_OF_NO_FIELD: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})
