"""GitHub's rules for requests and answers: its own OpenAPI description and GraphQL schema, as cut by github_slice.py."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from graphql import GraphQLSchema, build_schema
from jsonschema import ValidationError
from openapi_core import OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from werkzeug.datastructures import Headers, ImmutableMultiDict

_FOLDER = Path(__file__).parent / "data" / "github"
_HOST = "http://localhost"


@cache
def _description() -> OpenAPI:
    return OpenAPI.from_dict(_raw())


@cache
def _raw() -> dict[str, Any]:
    description: dict[str, Any] = json.loads((_FOLDER / "api.github.com.json").read_bytes())
    return description


@cache
def graphql_schema() -> GraphQLSchema:
    """The part of GitHub's schema that is answered."""
    return build_schema((_FOLDER / "schema.graphql").read_text())


class _Request:
    """A request as openapi-core wants it."""

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        parts = urlsplit(target)
        self.host_url = _HOST
        self.method = method.lower()
        self.path = parts.path
        self.body = body or None
        self.content_type = headers.get("content-type", "").partition(";")[0]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=Headers(list(headers.items())),
            cookie=ImmutableMultiDict(),
        )


@dataclass(frozen=True)
class _Response:
    status_code: int
    data: bytes
    headers: Mapping[str, str]
    content_type: str = "application/json"


def is_described(method: str, target: str) -> bool:
    """Whether GitHub's description knows the call."""
    return not any(
        isinstance(error, PathError) for error in _description().iter_request_errors(_Request(method, target, {}, b""))
    )


def request_violations(method: str, target: str, headers: Mapping[str, str], body: bytes) -> list[str]:
    """What is wrong with a request; empty when GitHub would read it."""
    request = _Request(method, target, headers, body)
    unknown = set(request.parameters.query) - _query_names(method, request.path)
    return [*_told(_description().iter_request_errors(request)), *(f"query: {name} is not described" for name in sorted(unknown))]


def _query_names(method: str, path: str) -> set[str]:
    for template, calls in _raw()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method.lower() in calls:
            return {_parameter(row)["name"] for row in calls[method.lower()].get("parameters", ())}
    return set()


def _parameter(row: dict[str, Any]) -> dict[str, Any]:
    return _raw()["components"]["parameters"][row["$ref"].rpartition("/")[2]] if "$ref" in row else row


_DELETED_HEAD = "head/repo: None "
"""What the description says against GitHub's own answer about a pull request whose fork was deleted."""


def answer_violations(method: str, target: str, status: int, body: bytes) -> list[str]:
    """What is wrong with one of our own answers; statuses that GitHub does not list for the call are not looked at."""
    request = _Request(method, target, {}, b"")
    errors = list(_description().iter_response_errors(request, _Response(status, body, {})))
    if any(isinstance(error, ResponseNotFound) for error in errors):
        return []
    return [problem for problem in _told(iter(errors)) if _DELETED_HEAD not in problem]


def _told(errors: Iterator[Exception]) -> Iterator[str]:
    for error in errors:
        causes = (
            getattr(error.__cause__, "schema_errors", None) or getattr(error, "schema_errors", None) or [error.__cause__ or error]
        )
        for cause in causes:
            place = "/".join(map(str, cause.absolute_path)) if isinstance(cause, ValidationError) else type(cause).__name__
            words = cause.message if isinstance(cause, ValidationError) else str(cause)
            yield f"{place}: {words[:300]}"


def filled(schema_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """An object of GitHub's form: `values`, and for the other required fields the plainest value the schema allows."""
    return _object(_raw()["components"]["schemas"][schema_name], values)


def _object(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    made = {name: _plain(properties.get(name, {})) for name in schema.get("required", ()) if name not in values}
    for name, value in values.items():
        inner = _resolved(properties.get(name, {}))
        made[name] = _object(inner, value) if isinstance(value, dict) and inner.get("properties") else value
    return made


def _plain(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401, PLR0911 - any JSON; a row for each type
    schema = _resolved(schema)
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return _plain(schema[choice][0])
    if schema.get("nullable"):
        return None
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return _object(schema, {})
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return 0
        case "string":
            return _STRINGS.get(schema.get("format", ""), "")
        case _:
            return None


_STRINGS = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://example.invalid/", "email": "a@example.invalid"}


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema without its reference. A choice between an object and another stands for its first."""
    while "$ref" in schema:
        schema = _raw()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if schema.get("nullable") is None and len(schema.get("allOf", ())) == 1:
        return _resolved(schema["allOf"][0])
    return schema
