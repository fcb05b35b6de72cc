"""Reading what a refusal says of itself."""

from __future__ import annotations

import math
from typing import Any

import pytest

from reviewer.engine.wire_errors import WireFailure, advised_wait, as_error, duration, presentable, printable_id, read_failure
from reviewer.errors import (
    ConnectionFailedError,
    CredentialsError,
    OverloadedError,
    ProviderError,
    RateLimitedError,
    RequestRefusedError,
    SpendLimitError,
)
from reviewer.live_secrets import protecting

OWN = "api.anthropic.com"
GATEWAY = "llm.corp.example"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "inf"}, math.inf),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Mon, 01 Jan 99999 00:00:00 GMT"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds == advised_wait(headers)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (59.2, "60 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (7200, "2 hours"),
        (90_000, "2 days"),
    ],
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert words == duration(seconds)


@pytest.mark.parametrize("value", ["req_011CQ", "claude-opus-5-5", "a/b:c@1.0", "x" * 128])
def test_an_id_is_shown(value: str) -> None:
    assert value == printable_id(value)


@pytest.mark.parametrize("value", ["", "a b", "x\n", "\x1b[0m", "<b>", "`x`", "é", "x" * 129, None, 5, ["x"], "::add-mask::"])
def test_anything_else_is_not(value: object) -> None:
    assert printable_id(value) == ""


@pytest.mark.parametrize(
    "body", [None, "text", 5, [], {}, {"error": "text"}, {"error": {"type": 5, "message": None, "details": "x"}}]
)
def test_a_body_of_any_shape_can_be_read(body: object) -> None:
    failure = read_failure(400, body, {})
    assert (failure.type, failure.code, failure.request_id) == ("", "", "")


def test_every_status_has_a_message_and_a_hint() -> None:
    for status in range(200, 600):
        error = as_error(WireFailure(status=status), model="m")
        assert isinstance(error, ProviderError)
        assert error.message.endswith(".")
        assert error.hint.endswith(".")


NOT_PERMITTED = "output_config: Extra inputs are not permitted"
EXTRA = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted", "input": {"format": "the whole schema"}}
SHAPES: list[tuple[Any, str, str]] = [
    (
        {"type": "error", "error": {"type": "invalid_request_error", "message": NOT_PERMITTED}},
        NOT_PERMITTED,
        "invalid_request_error",
    ),
    ({"error": {"message": NOT_PERMITTED, "type": "None", "param": "None", "code": "400"}}, NOT_PERMITTED, ""),
    ({"error": {"message": "Unknown parameter", "param": "output_config"}}, "output_config: Unknown parameter", ""),
    ({"message": NOT_PERMITTED}, NOT_PERMITTED, ""),
    ({"Message": NOT_PERMITTED, "__type": "ValidationException"}, NOT_PERMITTED, "ValidationException"),
    ({"object": "error", "message": NOT_PERMITTED, "type": "BadRequestError", "code": 400}, NOT_PERMITTED, "BadRequestError"),
    ({"error": NOT_PERMITTED}, NOT_PERMITTED, ""),
    ({"errors": [{"message": NOT_PERMITTED}]}, NOT_PERMITTED, ""),
    ([{"error": {"code": 400, "message": NOT_PERMITTED, "status": "INVALID_ARGUMENT"}}], NOT_PERMITTED, ""),
    ({"detail": NOT_PERMITTED}, NOT_PERMITTED, ""),
    ({"detail": [{**EXTRA, "loc": ["body", "output_config"]}]}, NOT_PERMITTED, "extra_forbidden"),
    (
        {"detail": [{**EXTRA, "loc": ["body", "messages", 0, "x"]}]},
        "messages.0.x: Extra inputs are not permitted",
        "extra_forbidden",
    ),
    ({"statusCode": 400, "message": ["no output_config"], "error": "Bad Request"}, "no output_config; Bad Request", ""),
    ({"title": "Bad Request", "status": 400, "detail": NOT_PERMITTED}, f"{NOT_PERMITTED}; Bad Request", ""),
    (NOT_PERMITTED, NOT_PERMITTED, ""),
    ("<html><head><title>413 Request Entity Too Large</title></head></html>", "413 Request Entity Too Large", ""),
    ("<!DOCTYPE html><TITLE lang='en'>Attention &amp; Required!\n| Cloudflare</TITLE>", "Attention & Required! | Cloudflare", ""),
    ("<h1>no title</h1>", "", ""),
]


@pytest.mark.parametrize(("body", "said", "kind"), SHAPES, ids=range(len(SHAPES)))
def test_a_refusal_of_any_shape_is_read(body: object, said: str, kind: str) -> None:
    failure = read_failure(400, body, {}, host=GATEWAY)
    assert (failure.said, failure.type) == (said, kind)
    error = as_error(failure, model="claude-opus-5-5")
    assert said in error.message
    assert GATEWAY in error.message
    assert "console" not in f"{error.message}{error.hint}"


def test_amazon_s_headers_name_the_kind_and_the_request() -> None:
    headers = {"x-amzn-errortype": "ValidationException:http://internal.amazon.com/coral/", "x-amzn-requestid": "b7c1-42"}
    failure = read_failure(400, {"message": "no"}, headers)
    assert (failure.type, failure.request_id) == ("ValidationException", "b7c1-42")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  two\n\tlines \r\n", "two lines"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07", "red 0;title"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("::error::x", "::error::x"),
        ("x" * 301, "x" * 300 + "…"),
        ("the key is hunter2-hunter2-hunter2!", "the key is SECRET-REMOVED!"),
        ("the key is hunter2-hun\u200bter2-\x1b[1mhunter2!", "the key is SECRET-REMOVED!"),
        ("x" * 290 + "hunter2-hunter2-hunter2", "x" * 290 + "SECRET-REM…"),
    ],
)
def test_words_of_an_endpoint_are_one_short_line_without_what_a_terminal_obeys(text: str, shown: str) -> None:
    with protecting({"SOME_API_KEY": "hunter2-hunter2-hunter2"}):
        assert presentable(text) == shown


def meaning(status: int, body: object, *, host: str = GATEWAY, **more: Any) -> ProviderError:  # noqa: ANN401 - as read_failure takes them
    return as_error(read_failure(status, body, more.pop("headers", {}), host=host, **more), model="claude-opus-5-5")


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "message": "the request exceeds the available context size", "type": "exceed_context_size_error", "n_ctx": 4096}},
        {"error": {"message": "This model's maximum context length is 8192 tokens", "code": "context_length_exceeded"}},
        {"message": "Input is too long for requested model."},
        {"error": {"message": 'litellm.ContextWindowExceededError: AnthropicException - {"error":{"message":"prompt is too long: 9 > 8"}}'}},
        {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 413, 422, 500])
def test_a_prompt_longer_than_the_window_in_any_words(body: object, status: int) -> None:
    error = meaning(status, body)
    assert isinstance(error, RequestRefusedError)
    assert "longer than the window of claude-opus-5-5" in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "/v1/messages: Invalid model name passed in model=claude-opus-5-5. Call `/v1/models`.", "code": "400"}}),
        (404, {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-opus-5-5"}}),
        (404, {"object": "error", "message": "The model `claude-opus-5-5` does not exist.", "type": "NotFoundError"}),
        (404, {"error": "model 'claude-opus-5-5' not found, try pulling it first"}),
        (400, {"message": "The provided model identifier is invalid."}),
        (404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}),
        (404, {"error": {"message": "nothing here", "code": "model_not_found"}}),
    ],
)  # fmt: skip
def test_an_unknown_model_in_any_words(status: int, body: object) -> None:
    error = meaning(status, body)
    assert isinstance(error, RequestRefusedError)
    assert f"The endpoint {GATEWAY} does not know the model claude-opus-5-5" in error.message
    assert "--model" in error.hint


@pytest.mark.parametrize("body", [{"detail": "Not Found"}, "404 page not found", "<h1>nginx</h1>", {"type": "error", "error": {"type": "not_found_error", "message": "Not found: /v1/messages"}}])  # fmt: skip
def test_an_unknown_path_is_no_unknown_model(body: object) -> None:
    assert "There is no Messages API at this address" in meaning(404, body).message


PAGE = "<html><head><title>{}</title></head></html>"


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_web_page_says_nothing_about_the_credentials(status: int) -> None:
    error = meaning(status, PAGE.format("Attention Required! | Cloudflare"))
    assert isinstance(error, ConnectionFailedError)
    assert f"between here and {GATEWAY}" in error.message
    assert "Attention Required! | Cloudflare" in error.message
    assert "says nothing about the credentials" in error.hint


def test_refused_credentials_are_named_with_what_the_endpoint_says() -> None:
    error = meaning(403, {"error": {"message": "key not allowed to access model"}})
    assert isinstance(error, CredentialsError)
    assert (
        error.message == f'The endpoint {GATEWAY} refused the credentials (HTTP 403). It says: "key not allowed to access model".'
    )


@pytest.mark.parametrize("body", [PAGE.format("413 Request Entity Too Large"), ""])
def test_a_proxy_s_limit_is_named_with_our_size(body: str) -> None:
    error = meaning(413, body, sent=4_200_000)
    assert isinstance(error, RequestRefusedError)
    assert f"The request of 4.2 MB is larger than a proxy in front of {GATEWAY} lets through" in error.message
    assert "nginx takes 1 MB" in error.hint


def test_the_provider_s_own_limit_is_32_megabytes() -> None:
    body = {"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the maximum size"}}
    assert "of 33.0 MB is larger than the provider accepts, 32 MB" in meaning(413, body, host=OWN, sent=33_000_000).message
    assert f"is larger than the endpoint {GATEWAY} accepts (" in meaning(413, body).message


def test_a_model_that_needs_human_review_is_explained() -> None:
    details = {"error_code": "workspace_human_review_disabled"}
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "no", "details": details}}
    error = meaning(400, body, host=OWN)
    assert isinstance(error, RequestRefusedError)
    assert error.hint == "Use a workspace with Human Review on, or an Opus or Sonnet model."


def test_only_the_provider_has_a_console() -> None:
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": "odd"}}
    own = meaning(400, body, host=OWN)
    assert own.message == 'The provider refused the request (HTTP 400, invalid_request_error). It says: "odd".'
    assert "provider's console" in own.hint
    for status in range(300, 600):
        for shape in ({}, body, "plain words", PAGE.format("page")):
            error = meaning(status, shape)
            assert "console" not in f"{error.message}{error.hint}"


def test_a_limit_that_counts_cache_reads_is_named_where_most_was_read_from_the_cache() -> None:
    failure = read_failure(429, {"error": {"type": "rate_limit_error", "message": "slow down"}}, {}, host=OWN)
    cached, plain = as_error(failure, model="m", cached=True), as_error(failure, model="m")
    assert isinstance(cached, RateLimitedError)
    assert "input_tokens_per_minute counts those tokens too" in cached.message
    assert "input_tokens_per_minute" not in plain.message


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "Budget has been exceeded! Current cost: 2.0", "type": "budget_exceeded"}}, SpendLimitError),
        (429, {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota"}}, SpendLimitError),
        (200, {"error": {"message": "slow", "type": "ThrottlingException"}}, RateLimitedError),
        (200, {"error": {"message": "down", "type": "InternalServerError"}}, OverloadedError),
    ],
)
def test_other_words_for_the_same(status: int, body: object, kind: type[ProviderError]) -> None:
    assert type(meaning(status, body)) is kind
