"""Where on GitHub a review goes."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """The value is the word of `--publish`. Each but `none` needs more rights than the one before."""

    NONE = "none"
    SUMMARY = "summary"
    """The job's summary page: needs no right at all."""
    ANNOTATIONS = "annotations"
    """Workflow commands in the log, which GitHub shows beside the lines: needs no right at all."""
    COMMENT = "comment"
    """One comment on the pull request, kept up to date."""
    REVIEW = "review"
    """That comment, and a review with comments beside the lines."""

    @property
    def writes(self) -> bool:
        """Whether it needs a token that may write on pull requests."""
        return self in {Mode.COMMENT, Mode.REVIEW}


def step_down(mode: Mode, *, can_write: bool) -> Mode:
    """What is left of a wish on a fork, whose token may only read: annotations, which GitHub shows in the pull request as well."""
    return mode if can_write or not mode.writes else Mode.ANNOTATIONS
