"""What GitHub's refusals mean: one sentence, one hint, and what a caller needs to act on them.

GitHub's own words are kept apart in `problems`, cut short and without control characters: they can repeat what a pull request's author
wrote. A message holds the status and the path that was asked, never a header.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from email.utils import mktime_tz, parsedate_tz
from http import HTTPStatus

from reviewer.errors import ForgeError

SECONDARY_WAIT = 60.0
"""Seconds to wait when GitHub says "slow down" without saying how long; its documentation asks for at least a minute."""
_LONGEST_PROBLEM = 300
_MOST_PROBLEMS = 50


class RefusedByGitHubError(ForgeError):
    """GitHub read the request and said no: it did nothing, and would say no again."""

    def __init__(self, message: str, *, hint: str = "", status: int, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        """The HTTP status; 200 for a GraphQL answer that holds errors."""
        self.problems = problems
        """GitHub's own words, most general first: the message, then its list of errors. To be matched; made inert before shown."""

    @property
    def is_about_length(self) -> bool:
        """Whether a text was too long for GitHub: a shorter one may be accepted."""
        return self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or any("too long" in each.lower() for each in self.problems)

    @property
    def is_about_lock(self) -> bool:
        """Whether the conversation is locked: then nothing is accepted, whatever it says."""
        return _is_about_lock(self.problems)


class UncertainError(ForgeError):
    """A POST went out and no answer came back: it may have been carried out.

    Whoever catches this lists what exists before anything is sent again.
    """


def refusal(status: int, body: object, *, asked: str, secret: str | None) -> RefusedByGitHubError:
    """The exception for an answer with an error status.

    `asked` is the method and path, as a message may show them; `secret` is the token, should the answer repeat it.
    """
    problems = tuple(problem.replace(secret, "***") if secret else problem for problem in problems_of(body))
    said = f" ({problems[0]})" if problems else ""
    return RefusedByGitHubError(
        f"GitHub answered {status} to {asked}{said}.", hint=_hint(status, asked, problems), status=status, problems=problems
    )


def problems_of(body: object) -> tuple[str, ...]:
    """The sentences of an error answer, REST or GraphQL; empty when it is not in GitHub's form."""
    facts = body if isinstance(body, dict) else {}
    listed = facts.get("errors")
    words = [facts.get("message"), *map(_problem, listed if isinstance(listed, list) else [listed])]
    return tuple(_plain(word) for word in words[:_MOST_PROBLEMS] if isinstance(word, str) and word)


def advised_wait(status: int, headers: Mapping[str, str], body: object, now: float) -> float | None:
    """Seconds after which GitHub wants the request again; None when the refusal is not about too many requests.

    The order is that of GitHub's documentation on rate limits: `retry-after`, then `x-ratelimit-reset` when nothing remains, then a
    minute. A 403 is about the rate only when one of these, or the message, says so; a 422 only when its words are those for a text that
    was "submitted too quickly".
    """
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return SECONDARY_WAIT if any("submitted too quickly" in problem.lower() for problem in problems_of(body)) else None
    if status not in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
        return None
    if (given := headers.get("retry-after")) is not None:
        return _until(given, now)
    if headers.get("x-ratelimit-remaining") == "0":
        reset = _number(headers.get("x-ratelimit-reset", ""))
        return SECONDARY_WAIT if reset is None else max(reset - now, 0.0) + 1.0  # the clocks may differ by a second
    says_so = any("rate limit" in problem.lower() or "abuse detection" in problem.lower() for problem in problems_of(body))
    return SECONDARY_WAIT if status == HTTPStatus.TOO_MANY_REQUESTS or says_so else None


def _until(text: str, now: float) -> float:
    """Seconds of a retry-after, which is a number or a date; what is neither counts as a minute."""
    if (seconds := _number(text)) is not None:
        return seconds
    parts = parsedate_tz(text)
    try:
        return max(mktime_tz(parts) - now, 0.0) if parts else SECONDARY_WAIT
    except (ValueError, OverflowError):
        return SECONDARY_WAIT


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _problem(error: object) -> object:
    """One row of `errors`: a sentence, or an object that holds one, or only names a field."""
    if not isinstance(error, dict):
        return error
    named = [str(error[key]) for key in ("resource", "field", "code") if isinstance(error.get(key), str)]
    message = error.get("message")
    return message if isinstance(message, str) and message else " ".join(named)


def _plain(text: str) -> str:
    """`text` on one line, cut short, without what a terminal could obey."""
    return "".join(character if character.isprintable() else " " for character in text)[:_LONGEST_PROBLEM].strip()


def _is_about_lock(problems: Iterable[str]) -> bool:
    return any(words in problem.lower() for problem in problems for words in ("is locked", "lock prevents"))


def _hint(status: int, asked: str, problems: Iterable[str]) -> str:
    if _is_about_lock(problems):
        return "The conversation is locked. Unlock it, or use a token with `contents: write`."
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "The token is wrong, expired or revoked. Set GITHUB_TOKEN (or GH_TOKEN) to a valid one."
        case HTTPStatus.FORBIDDEN:
            return (
                f"The token lacks {_permission(asked)}. In a workflow, add it under `permissions:`; on a fork it cannot be had."
            )
        case HTTPStatus.NOT_FOUND:
            return (
                "It is not there, or the token may not see it: GitHub answers 404 for both. "
                f"The token needs {_permission(asked)} on this repository."
            )
        case _:
            return ""


def _permission(asked: str) -> str:
    """The permission a workflow's token needs for the request."""
    if asked.startswith("GET ") and not any(part in asked for part in ("/pulls", "/issues")):
        return "`contents: read`"
    return "`pull-requests: read`" if asked.startswith("GET ") else "`pull-requests: write`"
