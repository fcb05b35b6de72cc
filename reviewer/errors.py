"""Every failure `reviewer` expects, in one tree.

ReviewerError
├── UsageError                2   the call or a setting is wrong
│   ├── ConfigError               a settings file, variable or flag holds something that cannot be
│   ├── TemplateError             a template is missing, or uses a name that does not exist
│   └── SourceError               the path to review is not there, or not something that can be read
├── IncompleteError           3   nothing, or not everything, was reviewed
│   ├── NothingToReviewError      there is no file, so silence would say nothing
│   ├── DoesNotFitError           the prompt is larger than the model's window
│   ├── OverBudgetError           the high estimate is above --max-cost
│   └── DeclinedError             the person at the terminal said no to the price
├── ProviderError             4   the provider, the credentials or the network
│   ├── CredentialsError          no credentials, or refused ones
│   ├── RateLimitedError          429: too many requests or tokens
│   ├── SpendLimitError           the account's own limit, or no credit left
│   ├── OverloadedError           529 and other 5xx that outlasted the retries
│   ├── RequestRefusedError       400, 404, 413, 422: this request will never pass
│   ├── ConnectionFailedError     no answer: DNS, TLS, proxy, time-out, a cut connection
│   └── MalformedReplyError       an answer that is not the Messages API's
├── StorageError              4   a report or the state folder could not be written
├── ForgeError                4   GitHub could not be asked: no access, no network, no such pull request
├── PublishingError           5   the review was made, and is on disk, but could not be posted
└── InterruptedByUser       130   Ctrl-C

The exit code stands on the class, so that "found something" (1, which is not an error), "did not see everything" (3) and
"could not look" (4) never share one. A message says what happened; a hint says what to do about it. Anything that is not in this
tree is a bug of ours and ends with 70 (EX_SOFTWARE of sysexits.h).
"""

from __future__ import annotations

from typing import ClassVar

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_BUG = 70


class ReviewerError(Exception):
    """An expected failure.

    `message` says what happened, `hint` what the reader can do; both are plain text for a person. Neither ever holds a key, a header
    or text of the reviewed repository other than a path, except where an endpoint is quoted: one line of its own, without our secrets.
    """

    exit_code: ClassVar[int] = EXIT_BUG

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReviewerError):
    """The call or a setting is wrong; nothing was done."""

    exit_code = 2


class ConfigError(UsageError):
    """A settings file, variable or flag holds something that cannot be."""


class TemplateError(UsageError):
    """A template is missing, does not parse, or uses a name that does not exist."""


class SourceError(UsageError):
    """The path to review is not there, or is not something that can be read."""


class IncompleteError(ReviewerError):
    """Nothing, or not everything, was reviewed."""

    exit_code = 3


class NothingToReviewError(IncompleteError):
    """There is no file to review: a report without findings would look like praise."""


class DoesNotFitError(IncompleteError):
    """The prompt is larger than the window it may use; nothing was sent."""


class OverBudgetError(IncompleteError):
    """The high estimate is above what the operator allowed; nothing was sent."""


class DeclinedError(IncompleteError):
    """The person at the terminal was shown the price and said no; nothing was sent."""


class ProviderError(ReviewerError):
    """The provider, the credentials or the network; the repository was not reviewed."""

    exit_code = 4
    retry_after: float | None = None
    """Seconds after which the same request may pass, the endpoint being busy; 0 where it did not say. None where it is not busy."""


class CredentialsError(ProviderError):
    """There are no credentials, or the provider refused them."""


class RateLimitedError(ProviderError):
    """429: too many requests or tokens in the provider's window of time."""


class SpendLimitError(ProviderError):
    """The account's own spend limit is reached, or its credit is used up; waiting does not help."""


class OverloadedError(ProviderError):
    """529, or another 5xx, that outlasted the retries."""


class RequestRefusedError(ProviderError):
    """400, 404, 413 or 422: this request would be refused again."""


class ConnectionFailedError(ProviderError):
    """No answer at all: name resolution, TLS, proxy, time-out or a cut connection."""


class MalformedReplyError(ProviderError):
    """Something answered, but not in the form of the Messages API."""


class StorageError(ReviewerError):
    """A report or the state folder could not be written."""

    exit_code = 4


class ForgeError(ReviewerError):
    """GitHub could not be asked: no access, no network, no such pull request; nothing was reviewed."""

    exit_code = 4


class PublishingError(ReviewerError):
    """The review was made and is on disk, but could not be posted, or not all of it."""

    exit_code = 5


class InterruptedByUser(ReviewerError):  # noqa: N818 - an interruption is not an error, and the name says so
    """Ctrl-C or SIGTERM."""

    exit_code = 130
