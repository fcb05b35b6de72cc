"""Every option, declared once.

The command line, the `REVIEWER_*` variables, `[tool.reviewer]` in `pyproject.toml`, `.reviewer.toml` and `reviewer config` all derive
from the fields of `Config`; `settings.py` gives them their values. An option marked `operator` is refused in a file of the repository
under review: such a file may come from a stranger, and must not choose where the code is sent, what is written, or how much may be spent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "choice", "whole", "dollars", "flag", "list"]

SEVERITIES = ("info", "low", "medium", "high", "critical")
CONFIDENCES = ("low", "medium", "high")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
DEFAULT_MAX_COST = 10.0
MOST_REPEATS = 100
"""Each is planned and priced before --max-cost can stop it, and a repository's own file may ask for it."""

MOST_FILE_BYTES = 67_108_864
"""Ten times what fits into any window: a repository's own file may ask for it, and one of a few megabytes in git's store can be gigabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """How one field of `Config` is set: what the four sources have in common."""

    help: str
    kind: Kind
    choices: tuple[str, ...] = ()
    metavar: str = ""
    short: str = ""
    """One-letter flag, without its dash."""
    operator: bool = False
    """Refused in a file of the repository under review."""
    typed: bool = False
    """Refused in every file and variable: it counts only where somebody typed the flag, and not at all where `CI` is set."""
    longest: int = 4_096
    """Characters of a text: PATH_MAX of Linux; names of models are shorter."""
    one_line: bool = False
    """Whether a text may hold nothing but printable characters."""
    minimum: float | None = None
    maximum: float | None = None


def _option(help: str, kind: Kind, default: object, **more: Any) -> Any:  # noqa: A002, ANN401 - dataclasses.field is typed so
    """Declare a field of `Config` together with its `Option`."""
    return dataclasses.field(default=default, metadata={"option": Option(help=help, kind=kind, **more)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one call, each with its final value."""

    model: str = _option(
        "Model to ask: an id, or opus, sonnet, haiku, fable for the newest of that line.",
        "text",
        default="claude-opus-5-5",
        metavar="MODEL",
    )
    context: str = _option(
        "Context window to use: 200K (standard), 1M, or the smaller one that fits.",
        "choice",
        default="auto",
        choices=("auto", "standard", "1m"),
    )
    effort: str | None = _option("How hard the model works; default: the model's own.", "choice", default=None, choices=EFFORTS)
    engine: str = _option(
        "Who reviews: claude, the static built-in checks, or claude where credentials are found.",
        "choice",
        default="auto",
        choices=("auto", "claude", "static"),
    )
    depth: str = _option(
        "One look (quick), a look and a verification of its findings (standard), or a look through each lens and a verification (deep).",
        "choice",
        default="standard",
        choices=("quick", "standard", "deep"),
    )
    lens: tuple[str, ...] = _option(
        "Look once more, as this text file says; may be repeated.", "list", default=(), metavar="FILE", operator=True
    )
    repeat: int = _option("Make every look this many times.", "whole", default=1, metavar="N", minimum=1, maximum=MOST_REPEATS)
    cache: str = _option(
        "How long the provider keeps the prompt for further requests; auto: by how far apart they are expected.",
        "choice",
        default="auto",
        choices=("auto", "5m", "1h"),
    )
    max_cost: float = _option(
        "Spend at most this many US dollars, and nothing at all when the review is likely to need more.",
        "dollars",
        default=DEFAULT_MAX_COST,
        metavar="USD",
        minimum=0,
    )
    max_output: int | None = _option(
        "Most tokens of answer to ask for; default: by model and effort.", "whole", default=None, metavar="TOKENS", minimum=1
    )
    scope: str = _option(
        "How wide to look around a change: its diff, its files whole, or the repository.",
        "choice",
        default="repo",
        choices=("diff", "files", "repo"),
    )
    include: tuple[str, ...] = _option(
        "Read only files that match (gitignore syntax); also brings back what a default rule leaves out.",
        "list",
        default=(),
        metavar="GLOB",
    )
    exclude: tuple[str, ...] = _option("Leave out files that match (gitignore syntax).", "list", default=(), metavar="GLOB")
    redact: bool = _option(
        "Send secrets too, as they stand; only as a flag, and not in CI.", "flag", default=True, operator=True, typed=True
    )
    max_file_bytes: int = _option(
        "Leave out larger files.", "whole", default=1_048_576, metavar="BYTES", minimum=1, maximum=MOST_FILE_BYTES
    )
    format: str = _option(
        "Format on standard output, or of an output file without a telling suffix.",
        "choice",
        default="markdown",
        choices=("markdown", "json", "sarif", "github"),
    )
    output: tuple[str, ...] = _option(
        "Write the report here (.md, .json, .sarif; - is standard output); may be repeated.",
        "list",
        default=(),
        metavar="FILE",
        short="o",
        operator=True,
    )
    min_severity: str = _option("Show only findings at least this severe.", "choice", default="info", choices=SEVERITIES)
    min_confidence: str = _option("Show only findings at least this sure.", "choice", default="low", choices=CONFIDENCES)
    max_findings: int = _option("Show at most this many findings, the worst first.", "whole", default=100, metavar="N", minimum=1)
    pre_existing: bool = _option("Show also findings that the change has nothing to do with.", "flag", default=False)
    fail_on: str | None = _option(
        "Exit with 1 when a finding is at least this severe.", "choice", default=None, choices=SEVERITIES
    )
    exit_zero: bool = _option("Exit with 0 instead of 1 when findings reach --fail-on.", "flag", default=False, operator=True)
    publish: str = _option(
        "Where on GitHub the review goes: nowhere, the job summary, annotations, one comment, or a review with inline comments.",
        "choice",
        default="none",
        choices=("none", "summary", "annotations", "comment", "review"),
        operator=True,
    )
    max_comments: int = _option(
        "Most inline comments in one review, the worst first; the rest stand in the summary.",
        "whole",
        default=10,
        metavar="N",
        minimum=0,
        operator=True,
    )
    resolve_fixed: bool = _option(
        "Also resolve the threads of findings that are fixed; the token then needs contents: write.",
        "flag",
        default=False,
        operator=True,
    )
    instructions: str | None = _option("A text file with more for the model to heed.", "text", default=None, metavar="FILE")
    language: str = _option(
        "Language of the report's findings.", "text", default="English", metavar="LANGUAGE", longest=100, one_line=True
    )
    templates: str | None = _option(
        "Folder whose templates replace ours of the same name.", "text", default=None, metavar="DIR", operator=True
    )
    catalog: str | None = _option(
        "A TOML file that adds to or changes the model catalogue.", "text", default=None, metavar="FILE", operator=True
    )
    base_url: str | None = _option(
        "Endpoint that speaks the Messages API; default: ANTHROPIC_BASE_URL, else Anthropic's.",
        "text",
        default=None,
        metavar="URL",
        operator=True,
    )
    allow_http_host: tuple[str, ...] = _option(
        "Allow an endpoint at http:// on this host of a private network, where others may read along; may be repeated.",
        "list",
        default=(),
        metavar="HOST",
        operator=True,
    )
    yes: bool = _option("Do not ask before spending more than 2 dollars.", "flag", default=False, short="y", operator=True)
    state_dir: str | None = _option(
        "Where runs and counts are kept; default: the system's state folder.", "text", default=None, metavar="DIR", operator=True
    )
    trace: str | None = _option(
        "Write a JSON line here for each step: times, tokens, dollars; no content.",
        "text",
        default=None,
        metavar="FILE",
        operator=True,
    )
    quiet: bool = _option("Say nothing on standard error but errors.", "flag", default=False, short="q", operator=True)
    verbose: bool = _option("Say more on standard error.", "flag", default=False, short="v", operator=True)
    progress: bool = _option("Draw no progress on standard error.", "flag", default=True, operator=True)
    color: str = _option(
        "Colour on the terminal; NO_COLOR is respected.",
        "choice",
        default="auto",
        choices=("auto", "always", "never"),
        operator=True,
    )


OPTIONS: Mapping[str, Option] = {field.name: field.metadata["option"] for field in dataclasses.fields(Config)}
"""Field name → how it is set, in the order of `--help`."""


def flag_name(field: str) -> str:
    """The long flag of a field: `max_cost` → `--max-cost`. What is on by default is switched off by it: `progress` → `--no-progress`."""
    return ("--no-" if Config.__dataclass_fields__[field].default is True else "--") + key_name(field)


def key_name(field: str) -> str:
    """The key of a field in a settings file: `max_cost` → `max-cost`."""
    return field.replace("_", "-")


def variable_name(field: str) -> str:
    """The environment variable of a field: `max_cost` → `REVIEWER_MAX_COST`."""
    return "REVIEWER_" + field.upper()
