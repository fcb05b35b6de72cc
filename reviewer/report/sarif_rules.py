"""The rules of the SARIF report: a fixed list, one a category of finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reviewer.findings import Category, Severity

SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
"""GitHub's bands: above 9 critical, 7 to 8.9 high, 4 to 6.9 medium, below low."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A category as SARIF and GitHub's code scanning know it."""

    category: Category
    short: str
    full: str
    problem: str
    """GitHub's word for how grave such a finding is in general: error, warning or recommendation."""

    def as_json(self, security_severity: str) -> dict[str, Any]:
        """The reportingDescriptor; only the rule for security takes the number, which is why GitHub lists its results under security."""
        security = self.category is Category.SECURITY
        properties = {
            "tags": [self.category.value, "code-review"],
            # How often such a finding is right: its quote was found in the file, and still it is an opinion.
            "precision": "medium",
            "problem.severity": self.problem,
            **({"security-severity": security_severity} if security else {}),
        }
        return {
            "id": rule_id(self.category),
            "name": "".join(word.capitalize() for word in self.category.value.split("-")),
            "shortDescription": {"text": self.short},
            "fullDescription": {"text": self.full},
            "help": {"text": f"{self.full} {_HELP}", "markdown": f"{self.full}\n\n{_HELP}"},
            "defaultConfiguration": {"level": _DEFAULT_LEVELS[self.problem]},
            "properties": properties,
        }


_HELP = "The message says what happens, when, and how to mend it; the quoted lines were found in the file, word for word or nearly so."


_DEFAULT_LEVELS = {"error": "error", "warning": "warning", "recommendation": "note"}


def rule_id(category: Category) -> str:
    """The stable id of a category's rule: `RV-error-handling`."""
    return f"RV-{category.value}"


def rule_index(category: Category) -> int:
    """Its place among `RULES`."""
    return _INDEX[category]


RULES = (
    Rule(
        Category.CORRECTNESS,
        "Wrong results",
        "The code does something else than it is there for, or fails in a case that will happen.",
        "error",
    ),
    Rule(
        Category.SECURITY,
        "A way in, or a leak",
        "Somebody can read, change or run what they should not, or a secret is exposed.",
        "error",
    ),
    Rule(
        Category.CONCURRENCY,
        "A race or a deadlock",
        "Two things that happen at the same time can leave wrong state, or wait for each other.",
        "error",
    ),
    Rule(
        Category.ERROR_HANDLING,
        "A failure handled wrongly",
        "A failure is swallowed, misreported, or leaves something half done.",
        "warning",
    ),
    Rule(
        Category.API_CONTRACT,
        "A broken contract",
        "Caller and callee, or code and its interface, expect different things.",
        "warning",
    ),
    Rule(
        Category.PERFORMANCE,
        "Needless cost",
        "Time, memory, requests or money are spent that need not be.",
        "warning",
    ),
    Rule(
        Category.TESTING,
        "A missing or idle test",
        "Behaviour that is easy to break is not tested, or a test cannot fail.",
        "recommendation",
    ),
    Rule(
        Category.ARCHITECTURE,
        "A misplaced part",
        "A part of the structure makes the next change harder or riskier than it needs to be.",
        "recommendation",
    ),
    Rule(
        Category.MAINTAINABILITY,
        "Hard to keep right",
        "The code invites the next mistake: duplicated, dead or misleading parts.",
        "recommendation",
    ),
    Rule(
        Category.DOCUMENTATION,
        "An untrue document",
        "A comment, a document or a message says what is not so.",
        "recommendation",
    ),
)
"""In the order of `Category`, which a test keeps."""

_INDEX = {rule.category: index for index, rule in enumerate(RULES)}
