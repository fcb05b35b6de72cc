"""The defects that the demonstration knows, each as a regular expression and in a few ways to speak of it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One way to speak of a defect."""

    title: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A defect that shows in one line."""

    sought: re.Pattern[str]
    severity: str
    confidence: str
    category: str
    lenses: tuple[str, ...]
    """Names of the lenses through which it is seen; by the general one everything is."""
    said: tuple[Words, ...]
    """The first is what the general look says."""
    mend: str

    def words(self, lens: str) -> Words:
        """How it is told through a lens: always the same way, and not the way of every other lens."""
        return self.said[0 if lens == "general" else zlib.crc32(lens.encode()) % len(self.said)]


PATTERNS = (
    Pattern(
        sought=re.compile(r"\b(?:eval|exec)\("),
        severity="high",
        confidence="medium",
        category="security",
        lenses=("security", "correctness", "architecture"),
        said=(
            Words("Text is executed as code", "Whoever controls the text that reaches this call controls the program."),
            Words("Arbitrary code execution through eval", "An attacker whose text arrives here has their own code run."),
            Words("Untrusted text is evaluated as code", "The call runs any code that its text holds, whoever sent it."),
        ),
        mend="Parse the input instead, for example with ast.literal_eval or a table of functions.",
    ),
    Pattern(
        sought=re.compile(r"shell\s*=\s*True"),
        severity="high",
        confidence="medium",
        category="security",
        lenses=("security", "error-handling"),
        said=(
            Words(
                "A command goes through the shell",
                "A value with a space, a quote or a semicolon in it changes the command that runs.",
            ),
            Words("Shell command injection", "The shell interprets metacharacters in the value, and runs another command."),
        ),
        mend="Pass the arguments as a list and leave the shell out.",
    ),
    Pattern(
        sought=re.compile(r"^\s*except\s*:"),
        severity="medium",
        confidence="high",
        category="error-handling",
        lenses=("error-handling", "correctness", "concurrency"),
        said=(
            Words(
                "Every exception is caught",
                "Also KeyboardInterrupt and SystemExit end here, and programming errors are hidden.",
            ),
            Words(
                "The bare except swallows every exception", "An interrupt and a programming error are caught and vanish alike."
            ),
        ),
        mend="Name the exceptions that are expected.",
    ),
    Pattern(
        sought=re.compile(r"def \w+\([^)]*=\s*(?:\[\]|\{\})"),
        severity="medium",
        confidence="high",
        category="correctness",
        lenses=("correctness", "contracts", "concurrency"),
        said=(
            Words(
                "A default value is shared between calls",
                "The list or dictionary is made once, so what one call puts into it is there in the next.",
            ),
            Words(
                "Mutable default argument", "The default is one object for all calls: what one of them adds, the next one sees."
            ),
        ),
        mend="Use None as the default and make a new one inside.",
    ),
    Pattern(
        sought=re.compile(r"\b(?:strcpy|strcat|sprintf|gets)\s*\("),
        severity="high",
        confidence="medium",
        category="security",
        lenses=("security", "correctness", "contracts"),
        said=(
            Words(
                "A buffer is written without looking at its size",
                "An input that is longer than the buffer overwrites what lies behind it.",
            ),
            Words("Buffer overflow", "Nothing bounds the copy: a longer input is written past the end of the buffer."),
        ),
        mend="Use the variant that takes the size.",
    ),
    Pattern(
        sought=re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
        severity="info",
        confidence="high",
        category="maintainability",
        lenses=("architecture", "tests"),
        said=(
            Words("Unfinished work is marked in the source", "The author left a note that something is missing here."),
            Words("A note of unfinished work was left in the source", "What the author's note asks for is still missing here."),
        ),
        mend="Finish it, or move it to where work is tracked.",
    ),
    Pattern(
        sought=re.compile(r"\btime\.sleep\(|\bThread\.sleep\("),
        severity="low",
        confidence="medium",
        category="performance",
        lenses=("performance", "concurrency", "tests"),
        said=(
            Words(
                "A fixed pause stands where something is waited for",
                "The time is too long on a fast machine and too short on a slow one.",
            ),
            Words(
                "Sleeping for a fixed time instead of waiting",
                "On a fast machine the pause wastes time, on a slow one it is too short.",
            ),
        ),
        mend="Wait for the event itself, with a limit.",
    ),
)
