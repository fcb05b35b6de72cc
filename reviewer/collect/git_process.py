"""Starting git and hearing it out: with exactly the environment it is given, within limits of time and length."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from reviewer.collect.answer import LARGEST_ANSWER, Answer
from reviewer.errors import SourceError

if TYPE_CHECKING:
    import git

PATIENCE = 300.0
"""Seconds git may take for one answer, on the slowest of network drives."""
WHICH_GIT = "Install git 2.32 or later."
"""What to do where there is none."""
_DOUBT = 1.0
"""Seconds after which it is looked whether git waits for a named pipe. It lists 80,000 files in 0.2."""
_NO_SUCH_PROGRAM = frozenset({126, 127})
"""What env(1) exits with where git cannot be run, or is not there."""
_OPENED_BY_GIT = frozenset({".gitignore", ".gitattributes", "HEAD"})


class GitError(SourceError):
    """A git command failed. `code` is its exit code: some commands answer "no" with 1."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code


def run_git(
    folder: Path,
    environment: dict[str, str],
    args: tuple[str, ...],
    stdin: bytes = b"",
    *,
    hidden: Mapping[str, str] | None = None,
    patience: float = PATIENCE,
) -> bytes:
    """What git prints in `folder` with exactly this environment: `env` keeps every inherited GIT_* variable away from it.

    `hidden` are variables that no list of processes may show. Raises GitError with git's first line when the command fails, and SourceError
    when git is not there, says too much, or takes more than `patience` seconds.
    """
    words = _words(environment, args) if hidden is None else _words_beside(environment, hidden, args)
    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        # as_process alone lets us set the time; the wrapper ends the process when it is forgotten, so it is kept until the end.
        running = _command(folder).execute(words, istream=given, as_process=True, env=dict(hidden or {}))
        process = cast("subprocess.Popen[bytes]", running.proc)
        try:
            output, complaint = _answer(process, environment, patience)
        finally:
            process.kill()
            process.wait()
    if process.returncode in _NO_SUCH_PROGRAM:
        raise SourceError("git is not installed, or does not run.", hint=WHICH_GIT)
    if process.returncode:
        first = complaint.decode("utf-8", "replace").partition("\n")[0]
        raise GitError(f"git {_named(args)} failed: {first or _ending(process.returncode)}", code=process.returncode)
    return output


def start_git(folder: Path, environment: dict[str, str], args: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start git as `run_git` does, to be spoken to through pipes. Whoever starts it ends it."""
    running = _command(folder).execute(_words(environment, args), istream=subprocess.PIPE, as_process=True)
    process = cast("subprocess.Popen[bytes]", running.proc)
    running.proc = None  # the wrapper would end the process as soon as it is forgotten
    return process


def _ending(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"it was ended by signal {-code}"


def _named(args: tuple[str, ...]) -> str:
    """The command among the arguments: what does not follow a `-c`."""
    return next(word for before, word in zip(("", *args), args, strict=False) if word != "-c" and before != "-c")


def _words(environment: dict[str, str], args: tuple[str, ...]) -> list[str]:
    return ["env", "-i", *(f"{name}={value}" for name, value in environment.items()), "git", *args]


def _words_beside(environment: dict[str, str], hidden: Mapping[str, str], args: tuple[str, ...]) -> list[str]:
    """As `_words`, when `hidden` is inherited. All else is taken away by name; BSD's env and GNU's both can."""
    others = [name for name in (*os.environ, "LANGUAGE") if name not in hidden and name not in environment]
    return [
        *("env", *(word for name in others for word in ("-u", name))),
        *(f"{name}={value}" for name, value in environment.items()),
        *("git", *args),
    ]


def _answer(process: subprocess.Popen[bytes], environment: dict[str, str], patience: float) -> tuple[bytes, bytes]:
    """What git prints. It opens some files without looking what they are, and a pipe among them would keep it for ever."""
    answer = Answer(process)
    if not answer.is_whole_within(_DOUBT) and (pipe := _pipe_below(environment.get("GIT_WORK_TREE"))) is not None:
        raise SourceError(f"git cannot list the files: {pipe} is a named pipe.", hint="Remove it.")
    if not answer.is_whole_within(patience):
        raise SourceError(f"git did not answer within {patience:.0f} seconds.")
    if answer.is_too_long:
        raise SourceError(f"git's answer is longer than {LARGEST_ANSWER:,} bytes: so much is not reviewed.")
    process.wait()
    return answer.output, answer.complaint


def _pipe_below(root: str | None) -> str | None:
    for folder, folders, names in os.walk(root) if root else ():
        if folder.endswith("/.git"):
            folders.clear()
        for name in _OPENED_BY_GIT.intersection(names):
            path = f"{folder}/{name}"
            if stat.S_ISFIFO(os.lstat(path).st_mode):
                return path
    return None


def _command(folder: Path) -> git.Git:
    try:
        import git
    except ImportError as error:
        raise SourceError("git is not installed, or does not run.", hint=WHICH_GIT) from error
    return git.Git(folder)
