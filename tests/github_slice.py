"""Cut GitHub's descriptions of its APIs down to the calls we make, and make the first say what GitHub enforces beyond it.

    npm install @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1
    cd node_modules/@octokit
    python tests/github_slice.py openapi/generated/api.github.com.json graphql-schema/schema.graphql tests/data/github

Left out: other calls and fields, examples, and everything a person reads. Added to the REST description: the sides of a diff, the length
of a body, the refusal of fields that do not exist (a typo would be ignored otherwise), and the media type that clients should accept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphql import (
    DefinitionNode,
    DocumentNode,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)

_REPOSITORY = "/repos/{owner}/{repo}"
CALLS = {
    _REPOSITORY: ["get"],
    f"{_REPOSITORY}/activity": ["get"],
    f"{_REPOSITORY}/collaborators/{{username}}/permission": ["get"],
    f"{_REPOSITORY}/compare/{{basehead}}": ["get"],
    f"{_REPOSITORY}/issues/comments/{{comment_id}}": ["get", "patch", "delete"],
    f"{_REPOSITORY}/issues/{{issue_number}}/comments": ["get", "post"],
    f"{_REPOSITORY}/pulls": ["get"],
    f"{_REPOSITORY}/pulls/comments/{{comment_id}}": ["get", "patch", "delete"],
    f"{_REPOSITORY}/pulls/{{pull_number}}": ["get"],
    f"{_REPOSITORY}/pulls/{{pull_number}}/comments": ["get", "post"],
    f"{_REPOSITORY}/pulls/{{pull_number}}/files": ["get"],
    f"{_REPOSITORY}/pulls/{{pull_number}}/reviews": ["get", "post"],
    f"{_REPOSITORY}/pulls/{{pull_number}}/reviews/{{review_id}}": ["get", "put"],
    f"{_REPOSITORY}/pulls/{{pull_number}}/reviews/{{review_id}}/comments": ["get"],
}
_FOR_PEOPLE = frozenset({"description", "summary", "title", "example", "examples", "externalDocs", "tags", "x-github"})
_NAMES = frozenset({"properties", "schemas", "parameters", "responses", "headers"})
"""Below these stand names that are not the description's own words: a property may well be called `title`."""
LONGEST_BODY = 65_536
FIELDS: dict[str, set[str]] = {
    "Actor": {"login"},
    "Bot": {"login"},
    "IssueComment": {"id", "author", "body", "isMinimized", "minimizedReason", "viewerCanMinimize"},
    "Minimizable": {"isMinimized", "minimizedReason", "viewerCanMinimize"},
    "MinimizeCommentInput": {"classifier", "clientMutationId", "subjectId"},
    "MinimizeCommentPayload": {"clientMutationId", "minimizedComment"},
    "Mutation": {"minimizeComment", "resolveReviewThread"},
    "PageInfo": {"endCursor", "hasNextPage"},
    "PullRequest": {"number", "reviewThreads"},
    "PullRequestReviewComment": {
        *("id", "author", "body", "databaseId"),
        *("isMinimized", "minimizedReason", "viewerCanMinimize"),
    },
    "PullRequestReviewCommentConnection": {"nodes", "pageInfo", "totalCount"},
    "PullRequestReviewThread": {"id", "comments", "isOutdated", "isResolved", "line", "path", "viewerCanResolve"},
    "PullRequestReviewThreadConnection": {"nodes", "pageInfo", "totalCount"},
    "Query": {"repository", "viewer"},
    "Repository": {"pullRequest"},
    "ResolveReviewThreadInput": {"clientMutationId", "threadId"},
    "ResolveReviewThreadPayload": {"clientMutationId", "thread"},
    "User": {"login"},
}


def cut(whole: dict[str, Any]) -> dict[str, Any]:
    """The description of `CALLS` and of what they refer to."""
    paths = {path: {method: _bare(whole["paths"][path][method]) for method in methods} for path, methods in CALLS.items()}
    for calls in paths.values():
        for call in calls.values():
            _tighten(call)
    components: dict[str, dict[str, Any]] = {}
    todo: list[Any] = [paths]
    while todo:
        for reference in _references(todo.pop()):
            _, _, kind, name = reference.split("/", 3)
            if name not in components.setdefault(kind, {}):
                components[kind][name] = _bare(whole["components"][kind][name])
                todo.append(components[kind][name])
    answers = [answer for calls in paths.values() for call in calls.values() for answer in call["responses"].values()]
    for answer in [*answers, *components["responses"].values()]:
        if "$ref" not in answer:
            answer["description"] = ""  # OpenAPI asks for one
        content = answer.get("content", {})
        if "application/json" in content:
            content["application/vnd.github+json"] = content["application/json"]
    info = {
        "title": "Part of GitHub's REST API",
        "version": whole["info"]["version"],
        "license": whole["info"]["license"],
        "description": "Cut by tests/github_slice.py from the npm package @octokit/openapi of this version.",
    }
    return {"openapi": whole["openapi"], "info": info, "servers": [{"url": "/"}], "paths": paths, "components": components}


def _bare(value: Any, *, names: bool = False) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {
            key: _bare(item, names=key in _NAMES and not names)
            for key, item in value.items()
            if names or (key not in _FOR_PEOPLE and not key.startswith("x-"))
        }
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _tighten(call: dict[str, Any]) -> None:
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    for schema in _objects(body):
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            continue
        if schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
        for name in {"side", "start_side"} & properties.keys():
            properties[name]["enum"] = ["LEFT", "RIGHT"]
        if "body" in properties:
            properties["body"]["maxLength"] = LONGEST_BODY


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


def _references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    return (found["$ref"] for found in _objects(value) if isinstance(found.get("$ref"), str))


def cut_schema(text: str) -> str:
    """The GraphQL schema with only the types and fields of `FIELDS`, and the enumerations they use."""
    kept = [_part(definition) for definition in parse(text, no_location=True).definitions if _is_kept(definition)]
    return re.sub(r' *"""(?s:.*?)"""\n', "", print_ast(DocumentNode(definitions=tuple(kept)))) + "\n"


def _part(definition: DefinitionNode) -> DefinitionNode:
    """The wanted fields, and those interfaces that are kept themselves."""
    if not isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | InputObjectTypeDefinitionNode):
        return definition
    wanted = FIELDS[definition.name.value]
    if isinstance(definition, InputObjectTypeDefinitionNode):
        inputs = tuple(replace(field, directives=()) for field in definition.fields or () if field.name.value in wanted)
        return replace(definition, fields=inputs, directives=())
    fields = tuple(replace(field, directives=()) for field in definition.fields or () if field.name.value in wanted)
    interfaces = tuple(name for name in definition.interfaces or () if name.name.value in FIELDS)
    return replace(definition, fields=fields, directives=(), interfaces=interfaces)


def _is_kept(definition: DefinitionNode) -> bool:
    name = getattr(getattr(definition, "name", None), "value", "")
    return name in FIELDS or name == "ReportedContentClassifiers"


if __name__ == "__main__":
    description, schema, folder = map(Path, sys.argv[1:])
    sliced = json.dumps(cut(json.loads(description.read_bytes())), sort_keys=True, separators=(",", ":"))
    (folder / "api.github.com.json").write_text(sliced + "\n")
    (folder / "schema.graphql").write_text(cut_schema(schema.read_text()))
