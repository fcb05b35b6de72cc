"""How a review becomes each of the formats."""

from __future__ import annotations

from collections.abc import Mapping

from reviewer.commands.outputs import Render
from reviewer.report import annotations as workflow_commands
from reviewer.report import json_v1, markdown, sarif
from reviewer.templating import Templates


def renderers(templates: Templates, web: str) -> Mapping[str, Render]:
    """How each format is made.

    `web` is the page of the repository on GitHub where a pull request was reviewed: the links of a report then start at the reviewed
    commit there; where it is empty, at the folder the report will lie in.
    """
    return {
        "markdown": lambda review: markdown.render(review, templates, f"{web}/blob/{review.commit}" if web else "."),
        "json": json_v1.render,
        "sarif": sarif.render,
        "github": workflow_commands.render,
    }
