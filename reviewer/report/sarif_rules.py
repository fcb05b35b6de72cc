"""The rules of the SARIF report: a fixed list, one a category of finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reviewer.findings import Category


@dataclass(frozen=True, slots=True)
class Rule:
    """A category as SARIF and GitHub's code scanning know it."""

    category: Category
    short: str
    full: str
    precision: str = "medium"
    """GitHub's word for how often such a finding is right; a model's are grounded, and still opinions."""

    def as_json(self) -> dict[str, Any]:
        """The reportingDescriptor."""
        security = self.category is Category.SECURITY
        properties: dict[str, Any] = {
            "tags": [self.category.value, "code-review"],
            "precision": self.precision,
            "problem.severity": "error" if security or self.category is Category.CORRECTNESS else "warning",
        }
        if security:
            # GitHub shows a rule under security only with a number of its own; each result carries a nearer one.
            properties["security-severity"] = "7.0"
        return {
            "id": rule_id(self.category),
            "name": "".join(word.capitalize() for word in self.category.value.split("-")),
            "shortDescription": {"text": self.short},
            "fullDescription": {"text": self.full},
            "help": {"text": f"{self.full} {_HELP}", "markdown": f"{self.full}\n\n{_HELP}"},
            "defaultConfiguration": {"level": "warning"},
            "properties": properties,
        }


_HELP = "The message says what happens, when, and how to mend it; the quoted lines were found in the file, word for word."


def rule_id(category: Category) -> str:
    """The stable id of a category's rule: `RV-error-handling`."""
    return f"RV-{category.value}"


RULES = (
    Rule(
        Category.CORRECTNESS,
        "Wrong results",
        "The code does something else than it is there for, or fails in a case that will happen.",
    ),
    Rule(
        Category.SECURITY, "A way in, or a leak", "Somebody can read, change or run what they should not, or a secret is exposed."
    ),
    Rule(
        Category.CONCURRENCY,
        "A race or a deadlock",
        "Two things that happen at the same time can leave wrong state, or wait for each other.",
    ),
    Rule(
        Category.ERROR_HANDLING,
        "A failure handled wrongly",
        "A failure is swallowed, misreported, or leaves something half done.",
    ),
    Rule(Category.API_CONTRACT, "A broken contract", "Caller and callee, or code and its interface, expect different things."),
    Rule(Category.PERFORMANCE, "Needless cost", "Time, memory, requests or money are spent that need not be."),
    Rule(Category.TESTING, "A missing or idle test", "Behaviour that is easy to break is not tested, or a test cannot fail."),
    Rule(
        Category.ARCHITECTURE,
        "A misplaced part",
        "A part of the structure makes the next change harder or riskier than it needs to be.",
    ),
    Rule(
        Category.MAINTAINABILITY, "Hard to keep right", "The code invites the next mistake: duplicated, dead or misleading parts."
    ),
    Rule(Category.DOCUMENTATION, "An untrue document", "A comment, a document or a message says what is not so."),
)
"""In the order of `Category`, which a test keeps."""
