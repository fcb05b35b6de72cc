from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from reviewer.commands.job import Job, Level
from reviewer.errors import StorageError


def read_outputs(path: Path) -> dict[str, str]:
    """The outputs as the runner reads them."""
    lines = path.read_text().split("\n")
    values: dict[str, str] = {}
    while lines and lines[0]:
        name, _, end = lines.pop(0).partition("<<")
        place = lines.index(end)
        values[name] = "\n".join(lines[:place])
        lines = lines[place + 1 :]
    return values


def test_outputs_come_back_as_they_were_whatever_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "output"
    job = Job({"GITHUB_OUTPUT": str(file)})

    job.output({"verdict": "clean", "report-path": "/a b/<<x\nEOF\nverdict=error"})
    job.output({"cost-usd": ""})

    assert read_outputs(file) == {"verdict": "clean", "report-path": "/a b/<<x\nEOF\nverdict=error", "cost-usd": ""}


def test_the_summary_is_added_to(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("of another step\n")

    Job({"GITHUB_STEP_SUMMARY": str(file)}).summarize("# Review\n\n")

    assert file.read_text() == "of another step\n# Review\n"


def test_outside_a_job_there_is_nowhere_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    job = Job({})

    job.output({"verdict": "clean"})
    job.summarize("# Review")

    assert list(tmp_path.iterdir()) == []
    assert capfdbinary.readouterr() == (b"", b"")


def test_a_summary_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Cannot write"):
        Job({"GITHUB_STEP_SUMMARY": str(tmp_path)}).summarize("x")


def test_nothing_is_a_command_until_the_token_comes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    job = Job({})

    with job.hushed():
        os.write(1, b"::error::not ours\n")

    first, foreign, last = capfdbinary.readouterr().out.decode().splitlines()
    token = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", first)
    assert token is not None
    assert (foreign, last) == ("::error::not ours", f"::{token[1]}::")


def test_after_a_crash_commands_stay_off(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(ZeroDivisionError), Job({}).hushed():
        raise ZeroDivisionError

    assert len(capfdbinary.readouterr().out.splitlines()) == 1


def test_a_message_cannot_end_its_command(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Job({}).say(Level.ERROR, "100% of\n::add-mask::x\x1b[2J")

    out = capfdbinary.readouterr().out.decode()
    assert out.count("\n") == 1
    assert out.startswith("::error title=reviewer::100%25 of")
    assert "\x1b" not in out


def test_each_line_of_a_secret_is_masked_and_what_is_too_short_is_not(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    Job({}).mask("sk-secret-1\nsecond%line", "", "short")

    assert capfdbinary.readouterr().out == b"::add-mask::sk-secret-1\n::add-mask::second%25line\n"


def test_a_secret_that_turns_up_late_is_masked_all_the_same(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    job = Job({})

    with job.hushed():
        job.mask("a-late-secret")
        os.write(1, b"::error::not ours\n")

    lines = capfdbinary.readouterr().out.decode().splitlines()
    first, second = lines[0].removeprefix("::stop-commands::"), lines[3].removeprefix("::stop-commands::")
    assert first != second
    assert lines[1:3] + lines[4:] == [f"::{first}::", "::add-mask::a-late-secret", "::error::not ours", f"::{second}::"]
