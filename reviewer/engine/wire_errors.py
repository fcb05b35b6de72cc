"""What a provider's refusal means for the person who asked: one sentence, one hint, one class of `errors.py`.

No SDK is imported here: `connection.py` reads the SDK's exceptions into `WireFailure`. The provider's own words are only looked at to
tell failures apart and never shown, since a gateway may repeat a header or the prompt in them. What a message holds is the status, the
error's type and the request id, each of them checked.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus
from typing import Final

from reviewer.errors import (
    ConnectionFailedError,
    CredentialsError,
    MalformedReplyError,
    OverloadedError,
    ProviderError,
    RateLimitedError,
    RequestRefusedError,
    SpendLimitError,
)

OVERLOADED: Final = 529
"""The provider's own status, which HTTP does not have."""
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Statuses that say: not this body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFailure:
    """An error that something at the other end of the wire reported, before or in the middle of an answer."""

    status: int
    """The HTTP status; 200 for an error event in the middle of a stream."""
    type: str = ""
    """`error.type`, such as `overloaded_error`; empty when the body was not the Messages API's."""
    code: str = ""
    """`error.details.error_code`, such as `enforced_spend_limit_reached`."""
    words: str = field(default="", repr=False)
    """The provider's sentence, in lower case. To be matched, never to be shown."""
    request_id: str = ""
    wait: float | None = None
    """Seconds after which the provider asks to try again."""


class RefusedByProviderError(Exception):
    """A failure before it is known what to make of it: perhaps the request passes with less. Never leaves the engine."""

    def __init__(self, failure: WireFailure) -> None:
        super().__init__(f"HTTP {failure.status}")
        self.failure = failure


def read_failure(status: int, body: object, headers: Mapping[str, str]) -> WireFailure:
    """What a refusal says of itself; `body` is its parsed JSON. A body that is not the Messages API's says nothing."""
    error = body.get("error") if isinstance(body, dict) else None
    facts = error if isinstance(error, dict) else {}
    details = facts.get("details")
    return WireFailure(
        status=status,
        type=printable_id(facts.get("type")),
        code=printable_id(details.get("error_code")) if isinstance(details, dict) else "",
        words=str(facts.get("message", "")).lower(),
        request_id=printable_id(headers.get("request-id")),
        wait=advised_wait(headers),
    )


def printable_id(value: object) -> str:
    """`value` if it is a short run of the characters ids and type names are made of, else nothing: it came over the wire."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}")


def advised_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds from `retry-after-ms` or `retry-after` (a number or an HTTP date); None when neither can be read."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _number(text)
    if seconds is not None:
        return seconds
    moment = parsedate_tz(text)
    try:
        return None if moment is None else max(0.0, mktime_tz(moment) - time.time())
    except (ValueError, OverflowError):
        return None  # a date no calendar has


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value


def is_spend_limit(failure: WireFailure) -> bool:
    """True when the account may not spend more: waiting a minute will not help, whatever the status says."""
    return (
        "spend_limit" in failure.code
        or failure.status == HTTPStatus.PAYMENT_REQUIRED
        or failure.type == "billing_error"
        or any(words in failure.words for words in ("api usage limits", "credit balance", "spend limit"))
    )


def as_error(failure: WireFailure, *, model: str) -> ProviderError:
    """The error to raise for `failure` of a request to `model`."""
    if HTTPStatus.MULTIPLE_CHOICES <= failure.status < HTTPStatus.BAD_REQUEST:
        return MalformedReplyError(
            f"The endpoint sends requests on to another address, and nothing was sent there{_trace(failure)}.",
            hint="Set ANTHROPIC_BASE_URL to the final address if you trust it.",
        )
    if is_spend_limit(failure):
        return SpendLimitError(
            f"The account has reached its spend limit or has no credit left{_trace(failure)}.",
            hint="Raise the limit or add credit in the provider's console; trying again will not help.",
        )
    if failure.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or failure.type in {
        "authentication_error",
        "permission_error",
    }:
        return CredentialsError(
            f"The provider refused the credentials{_trace(failure)}.",
            hint="Check that the key is whole, active, and allowed to use this model and workspace.",
        )
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS or failure.type == "rate_limit_error":
        return RateLimitedError(
            f"The provider's rate limit is reached{_trace(failure)}.{_when(failure)}",
            hint="A smaller prompt needs less of the limit: leave files out with --exclude, or take a model with a higher limit.",
        )
    if failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR or failure.type in {"overloaded_error", "api_error", "timeout_error"}:
        what = (
            "is overloaded" if failure.status == OVERLOADED or failure.type == "overloaded_error" else "has a failure of its own"
        )
        return OverloadedError(f"The provider {what}{_trace(failure)}.{_when(failure)}", hint="Try again in a few minutes.")
    return _refusal(failure, model) or _other(failure)


def _refusal(failure: WireFailure, model: str) -> ProviderError | None:
    """Errors that say: not this request."""
    if failure.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or failure.type == "request_too_large":
        return RequestRefusedError(
            f"The request is larger than the provider accepts, 32 MB on most{_trace(failure)}.",
            hint="Leave files out with --exclude or --max-file-bytes.",
        )
    if any(words in failure.words for words in ("prompt is too long", "maximum context length", "context window")):
        return RequestRefusedError(
            f"The prompt is longer than the window of {model} by the provider's own count{_trace(failure)}.",
            hint="Leave files out with --exclude, or take a model with a larger window; `reviewer plan` shows what is biggest.",
        )
    if failure.type == "not_found_error" or (failure.status == HTTPStatus.NOT_FOUND and model and model.lower() in failure.words):
        return RequestRefusedError(
            f"The provider does not know the model {model}, or this account may not use it{_trace(failure)}.",
            hint="`reviewer models` lists the models and their retirement dates.",
        )
    if failure.status in REFUSALS or failure.type == "invalid_request_error":
        return RequestRefusedError(
            f"The provider refused the request{_trace(failure)}.",
            hint="The provider's console shows its reason under the request id; `--print-prompt` writes the request itself.",
        )
    return None


def _other(failure: WireFailure) -> ProviderError:
    """Statuses that the Messages API does not give for a request like ours."""
    if failure.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return ConnectionFailedError(
            f"The proxy wants a user and password{_trace(failure)}.", hint="Check HTTPS_PROXY and NO_PROXY."
        )
    if failure.status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}:
        return OverloadedError(
            f"The provider could not take the request in time{_trace(failure)}.", hint="Try again in a few minutes."
        )
    if failure.status == HTTPStatus.OK:
        return MalformedReplyError(f"The endpoint answered with an error it does not explain{_trace(failure)}.", hint=_NO_API)
    return MalformedReplyError(f"There is no Messages API at this address{_trace(failure)}.", hint=_NO_API)


_NO_API = "Check ANTHROPIC_BASE_URL: it is the address before /v1/messages."


def _trace(failure: WireFailure) -> str:
    facts = [f"HTTP {failure.status}"] if failure.status != HTTPStatus.OK else []
    facts += [fact for fact in (printable_id(failure.code) or printable_id(failure.type),) if fact]
    facts += [f"request id {failure.request_id}"] if printable_id(failure.request_id) else []
    return f" ({', '.join(facts)})" if facts else ""


def _when(failure: WireFailure) -> str:
    if failure.wait is None or not math.isfinite(failure.wait):
        return ""
    return f" It can be tried again in {duration(failure.wait)}."


def duration(seconds: float) -> str:
    """A length of time for a person, rounded up: `40 seconds`, `5 minutes`, `3 hours`."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or size == 1:
            count = max(1, math.ceil(seconds / size))
            return f"{count} {name}{'' if count == 1 else 's'}"
    raise AssertionError(seconds)
