"""What an endpoint's refusal means for the person who asked: one sentence, one hint, one class of `errors.py`.

No SDK is imported here: `connection.py` reads the SDK's exceptions into `WireFailure`. A refusal may have any shape: the Messages API's,
OpenAI's, FastAPI's, a cloud's, plain text, a web page. What it says tells failures apart, and is shown: without control characters and
secrets of ours, and cut short, since a gateway may repeat a header or the prompt in it.
"""

from __future__ import annotations

import html
import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from reviewer.engine.credentials import DEFAULT_ENDPOINT
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
from reviewer.live_secrets import clean

OVERLOADED: Final = 529
"""The provider's own status, which HTTP does not have."""
REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
"""Statuses that say: not this body."""
_OWN_HOST: Final = urlsplit(DEFAULT_ENDPOINT).hostname


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFailure:
    """An error that something at the other end of the wire reported, before or in the middle of an answer."""

    status: int
    """The HTTP status; 200 for an error event in the middle of a stream."""
    type: str = ""
    """Its kind in the endpoint's word, such as `overloaded_error` or `ValidationException`; empty when it names none."""
    code: str = ""
    """A code that names the cause, such as `enforced_spend_limit_reached`."""
    words: str = field(default="", repr=False)
    """All that the refusal says, in lower case: to be matched, never to be shown."""
    said: str = ""
    """The same for a person: one line of at most 300 characters, without control characters and secrets of ours."""
    page: bool = False
    """True when the refusal is a web page: then it is hardly the API's."""
    host: str = ""
    """Who was asked."""
    sent: int | None = None
    """Bytes of the request's body."""
    request_id: str = ""
    wait: float | None = None
    """Seconds after which the provider asks to try again."""


class RefusedByProviderError(Exception):
    """A failure before it is known what to make of it: perhaps the request passes with less. Never leaves the engine."""

    def __init__(self, failure: WireFailure) -> None:
        super().__init__(f"HTTP {failure.status}")
        self.failure = failure


def read_failure(
    status: int, body: object, headers: Mapping[str, str], *, host: str = "", sent: int | None = None
) -> WireFailure:
    """What a refusal says of itself; `body` is its parsed JSON, or its text where it is not JSON."""
    page = isinstance(body, str) and body.lstrip().startswith("<")
    facts = _facts(body)
    words = "; ".join(dict.fromkeys(_sentences(_title(str(body)) if page else body)))[:_WORDS_READ]
    return WireFailure(
        status=status,
        type=_word(facts.get("type")) or _word(facts.get("__type")) or _word(headers.get("x-amzn-errortype", "").split(":")[0]),
        code=_code(facts),
        words=words.lower(),
        said=presentable(words),
        page=page,
        host=host,
        sent=sent,
        request_id=request_id_of(headers),
        wait=advised_wait(headers),
    )


def request_id_of(headers: Mapping[str, str]) -> str:
    """The name under which the endpoint's own log has a request; empty when it gives none."""
    return next(filter(None, (printable_id(headers.get(name)) for name in _REQUEST_IDS)), "")


_REQUEST_IDS: Final = ("request-id", "x-amzn-requestid", "x-request-id", "x-litellm-call-id")
_SAYING: Final = ("message", "Message", "msg", "detail", "error", "errors", "error_description", "title")
"""Keys under which a refusal says something: a sentence, a list of them, or an object with such keys of its own."""
_DEEPEST: Final = 5
_WORDS_READ: Final = 4000
_WORDS_SHOWN: Final = 300


def _sentences(body: object, depth: int = _DEEPEST) -> Iterator[str]:
    """Whatever a refusal says, in its own order, each with the field that it is about."""
    if isinstance(body, str):
        yield from filter(None, [body.strip()])
    elif isinstance(body, list) and depth:
        for each in body[:_DEEPEST]:
            yield from _sentences(each, depth - 1)
    elif isinstance(body, dict) and depth:
        place = _place(body)
        for key in _SAYING:
            for sentence in _sentences(body.get(key), depth - 1):
                yield sentence if place in sentence else f"{place}: {sentence}"


def _place(facts: Mapping[str, Any]) -> str:
    """The field of the request that a refusal is about, as `messages.0.content`; empty when it names none."""
    where = facts.get("loc") or facts.get("param") or ""
    if isinstance(where, list):
        parts = [str(part) for part in where]
        where = ".".join(parts[1:] if parts[:1] == ["body"] else parts)
    return where if isinstance(where, str) and where != "None" else ""


def _facts(body: object) -> Mapping[str, Any]:
    """The innermost object that names the kind of a refusal."""
    for _ in range(_DEEPEST):
        if isinstance(body, list):
            body = next(iter(body), None)
        inner = next((body[key] for key in ("error", "detail") if body.get(key)), None) if isinstance(body, dict) else None
        if not isinstance(inner, dict | list):
            break
        body = inner
    return body if isinstance(body, dict) else {}


def _word(value: object) -> str:
    """`value` if it can name a kind of error: no address, and not the words for none."""
    word = printable_id(value)
    return "" if word in {"None", "error"} or ":" in word else word


def _code(facts: Mapping[str, Any]) -> str:
    details = facts.get("details")
    code = details.get("error_code") if isinstance(details, dict) else facts.get("code")
    return "" if str(code).isdigit() else _word(code)


def _title(page: str) -> str:
    found = _TITLE.search(page[:_WORDS_READ])
    return html.unescape(found[1]) if found else ""


_TITLE: Final = re.compile(r"<title[^<>]{0,100}>([^<]{1,300})", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-?]{0,20}[ -/]{0,5}[@-~]|[@-_])")
"""What a terminal would obey."""


def presentable(text: str) -> str:
    """Words of someone else as one line that can be shown: at most 300 characters, nothing a terminal obeys, no secret of ours."""
    line = " ".join(_ESCAPE.sub("", text[:_WORDS_READ]).split())
    line = clean("".join(character for character in line if character.isprintable()))
    return line if len(line) <= _WORDS_SHOWN else f"{line[:_WORDS_SHOWN].rstrip()}…"


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
        or failure.type in {"billing_error", "budget_exceeded", "insufficient_quota"}
        or any(words in failure.words for words in _SPENT)
    )


_SPENT: Final = (
    *("api usage limits", "credit balance", "spend limit", "insufficient_quota", "exceeded your current quota"),
    *("budget has been exceeded", "insufficient credit", "insufficient balance"),
)


def is_too_long(failure: WireFailure) -> bool:
    """True when the prompt is longer than the model's window, by the endpoint's own count."""
    named = failure.type in _TOO_LONG_TYPES or failure.code in _TOO_LONG_TYPES
    return failure.status != HTTPStatus.TOO_MANY_REQUESTS and (named or any(words in failure.words for words in _TOO_LONG))


_TOO_LONG_TYPES: Final = frozenset({"exceed_context_size_error", "context_length_exceeded", "ContextWindowExceededError"})
_TOO_LONG: Final = (
    *("prompt is too long", "input is too long", "maximum context length", "context window", "context size", "context length"),
    *("context_length_exceeded", "exceed_context_size"),
)


def is_unknown_model(failure: WireFailure, model: str) -> bool:
    """True when the endpoint has no such model, or none for this account."""
    if failure.type in _NO_MODEL_TYPES or failure.code in _NO_MODEL_TYPES or any(words in failure.words for words in _NO_MODEL):
        return True
    named = bool(model) and model.lower() in failure.words
    if failure.type in {"not_found_error", "NotFoundError"}:
        return named or "model" in failure.words or not failure.words
    return named and (failure.status == HTTPStatus.NOT_FOUND or any(words in failure.words for words in _NOT_THERE))


_NO_MODEL_TYPES: Final = frozenset({"model_not_found", "DeploymentNotFound", "unknown_model"})
_NO_MODEL: Final = (
    *("invalid model name", "model identifier is invalid", "unknown model", "model_not_found", "no such model"),
    *("is not a valid model", "model not found", "model not exist"),
)
_NOT_THERE: Final = ("does not exist", "not found", "do not have access to")


def as_error(failure: WireFailure, *, model: str, cached: bool = False) -> ProviderError:
    """The error to raise for `failure` of a request to `model`. `cached`: most of what the run sent so far was read from the cache."""
    return (
        _redirected(failure)
        or _spent(failure)
        or _unfit(failure, model)
        or _no_access(failure)
        or _busy(failure, cached=cached)
        or _refusal(failure)
        or _other(failure)
    )


def _redirected(failure: WireFailure) -> ProviderError | None:
    if not HTTPStatus.MULTIPLE_CHOICES <= failure.status < HTTPStatus.BAD_REQUEST:
        return None
    return MalformedReplyError(
        f"{_who(failure)} sends requests on to another address, and nothing was sent there{_trace(failure)}.",
        hint="Set ANTHROPIC_BASE_URL to the final address if you trust it.",
    )


def _spent(failure: WireFailure) -> ProviderError | None:
    if not is_spend_limit(failure):
        return None
    where = "in the provider's console" if _is_own(failure) else "where the account of this endpoint is managed"
    return SpendLimitError(
        f"The account has reached its spend limit or has no credit left{_ending(failure)}",
        hint=f"Raise the limit or add credit {where}; trying again will not help.",
    )


def _unfit(failure: WireFailure, model: str) -> ProviderError | None:
    """A model or a length that no retry changes, whatever status an endpoint gives it."""
    if "workspace_human_review_disabled" in (failure.code, failure.type):
        return RequestRefusedError(
            f"The model {model} is not available in a workspace that has Human Review off{_trace(failure)}.",
            hint="Use a workspace with Human Review on, or an Opus or Sonnet model.",
        )
    if is_too_long(failure):
        return RequestRefusedError(
            f"The prompt is longer than the window of {model} by the endpoint's own count{_ending(failure)}",
            hint="Leave files out with --exclude, or take a model with a larger window; `reviewer plan` shows what is biggest.",
        )
    if is_unknown_model(failure, model):
        hint = "`reviewer models` lists the models and their retirement dates."
        return RequestRefusedError(
            f"{_who(failure)} does not know the model {model}, or this account may not use it{_ending(failure)}",
            hint=hint if _is_own(failure) else "--model takes the name that this endpoint has for it.",
        )
    return None


def _no_access(failure: WireFailure) -> ProviderError | None:
    if failure.page and failure.status in _GATES:
        return ConnectionFailedError(
            f"Something between here and {failure.host or 'the endpoint'} refused the request with a web page{_ending(failure)}",
            hint="That is a proxy, firewall or login page, and says nothing about the credentials. Ask whoever runs it, or check HTTPS_PROXY.",
        )
    if failure.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or failure.type in {
        "authentication_error",
        "permission_error",
    }:
        return CredentialsError(
            f"{_who(failure)} refused the credentials{_ending(failure)}",
            hint="Check that the key is whole, active, and allowed to use this model and workspace.",
        )
    return None


_GATES: Final = frozenset(
    {
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_ACCEPTABLE),
        *(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS),
    }
)
"""With these statuses a web page is from something in front of an API."""


def _busy(failure: WireFailure, *, cached: bool) -> ProviderError | None:
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS or failure.type in _TOO_MANY:
        return RateLimitedError(
            f"The rate limit of {_whom(failure)} is reached{_ending(failure)}{_when(failure)}{_CACHE_READS_COUNT if cached else ''}",
            hint="A smaller prompt needs less of the limit: leave files out with --exclude, or take a model with a higher limit.",
        )
    if failure.status < HTTPStatus.INTERNAL_SERVER_ERROR and failure.type not in _FAILED:
        return None
    overloaded = failure.status == OVERLOADED or failure.type == "overloaded_error"
    what = "is overloaded" if overloaded else "has a failure of its own"
    return OverloadedError(f"{_who(failure)} {what}{_ending(failure)}{_when(failure)}", hint="Try again in a few minutes.")


_TOO_MANY: Final = frozenset({"rate_limit_error", "RateLimitError", "ThrottlingException", "throttling_error"})
_FAILED: Final = frozenset(
    {
        *("overloaded_error", "api_error", "timeout_error", "server_error", "internal_server_error", "InternalServerError"),
        *("InternalServerException", "ServiceUnavailableException", "ServiceUnavailableError", "ModelStreamErrorException"),
    }
)
_CACHE_READS_COUNT: Final = (
    " Most of this run's prompt was read from the cache: a workspace limit on input_tokens_per_minute counts those tokens too, "
    "one on input_tokens_per_minute_cache_aware does not."
)


def _refusal(failure: WireFailure) -> ProviderError | None:
    """Errors that say: not this request."""
    if failure.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or failure.type == "request_too_large":
        return _too_large(failure)
    if failure.status in REFUSALS or failure.type == "invalid_request_error":
        where = "The provider's console" if _is_own(failure) else "The endpoint's own log"
        return RequestRefusedError(
            f"{_who(failure)} refused the request{_ending(failure)}",
            hint=f"{where} may say more; `--print-prompt` writes the request itself.",
        )
    return None


def _too_large(failure: WireFailure) -> ProviderError:
    size = f"The request{'' if failure.sent is None else f' of {_megabytes(failure.sent)}'} is larger than"
    if failure.page or not failure.words:  # an API says so in its own form
        return RequestRefusedError(
            f"{size} a proxy in front of {failure.host or 'the endpoint'} lets through{_ending(failure)}",
            hint="nginx takes 1 MB where client_max_body_size does not say otherwise: have it raised, or leave files out with --exclude.",
        )
    most = "the provider accepts, 32 MB on most" if _is_own(failure) else f"{_whom(failure)} accepts"
    return RequestRefusedError(f"{size} {most}{_ending(failure)}", hint="Leave files out with --exclude or --max-file-bytes.")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 10**5 else f"{size:,} bytes"


def _other(failure: WireFailure) -> ProviderError:
    """Statuses that the Messages API does not give for a request like ours."""
    if failure.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        return ConnectionFailedError(
            f"The proxy wants a user and password{_trace(failure)}.", hint="Check HTTPS_PROXY and NO_PROXY."
        )
    if failure.status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT}:
        return OverloadedError(
            f"{_who(failure)} could not take the request in time{_ending(failure)}", hint="Try again in a few minutes."
        )
    if failure.status == HTTPStatus.OK:
        unexplained = "" if failure.said else " it does not explain"
        return MalformedReplyError(f"{_who(failure)} answered with an error{unexplained}{_ending(failure)}", hint=_NO_API)
    return MalformedReplyError(f"There is no Messages API at this address{_ending(failure)}", hint=_NO_API)


_NO_API = "Check ANTHROPIC_BASE_URL: it is the address before /v1/messages."


def _is_own(failure: WireFailure) -> bool:
    """Whether it was the provider itself who was asked: only there it has a console, and the limits that it documents."""
    return failure.host == _OWN_HOST


def _who(failure: WireFailure) -> str:
    name = _whom(failure)
    return f"{name[0].upper()}{name[1:]}"


def _whom(failure: WireFailure) -> str:
    return "the provider" if _is_own(failure) else f"the endpoint {failure.host}".strip()


def _ending(failure: WireFailure) -> str:
    """The end of a sentence: what identifies the failure, and what the endpoint says of it."""
    return f"{_trace(failure)}.{_says(failure)}"


def _says(failure: WireFailure) -> str:
    return f' It says: "{failure.said.rstrip(".")}".' if failure.said else ""


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
