from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from report_samples import CLEAN, COMPLETE, HOSTILE, INCOMPLETE, SAMPLES, STATIC, finding

from reviewer.findings import Location, Origin, Severity
from reviewer.outcome import ReviewedChange
from reviewer.report import annotations as workflow_commands

TOKEN = "0123456789abcdef"
NASTY = st.text(alphabet=st.sampled_from("\r\n\t ::##[]%,;=x25A0Dé\u2028\u00a0\x1b\udcff"), max_size=40)


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    properties: dict[str, str]
    data: str


class Runner:
    """What GitHub's runner makes of a step's output, after its `ActionCommand.cs` and `ActionCommandManager.cs`."""

    def __init__(self, output: str) -> None:
        self.commands: list[Command] = []
        self.log: list[str] = []
        self._token: str | None = None
        for line in re.split(r"\r\n|\r|\n", output):
            self._read(line)

    def _read(self, line: str) -> None:
        command = self._new_form(line) or self._old_form(line)
        if command is None or (self._token is not None and command.name != self._token):
            self.log.append(line)
        elif self._token is not None:
            self._token = None
        elif command.name == "stop-commands":
            self._token = command.data
        else:
            self.commands.append(command)

    def _known(self, name: str) -> bool:
        return name in {"error", "warning", "notice", "debug", "group", "add-mask", "stop-commands", "set-output", self._token}

    def _new_form(self, line: str) -> Command | None:
        start = line.strip()
        end = start.find("::", 2)
        if not start.startswith("::") or end < 0:
            return None
        name, _, properties = start[2:end].partition(" ")
        if not self._known(name):
            return None
        pairs = [pair.split("=", 1) for pair in properties.strip().split(",") if pair]
        return Command(
            name, {pair[0]: unescaped(pair[1], "%3A", "%2C") for pair in pairs if len(pair) == 2}, unescaped(start[end + 2 :])
        )

    def _old_form(self, line: str) -> Command | None:
        _, prefix, rest = line.partition("##[")
        name = re.split("[] ]", rest, maxsplit=1)[0]
        return Command(name, {}, rest.partition("]")[2]) if prefix and "]" in rest and self._known(name) else None


def unescaped(text: str, *more: str) -> str:
    for code in ("%0D", "%0A", *more, "%25"):
        text = text.replace(code, chr(int(code[1:], 16)))
    return text


def commands(review: object) -> list[Command]:
    runner = Runner(workflow_commands.render(review))  # type: ignore[arg-type]  # a Review, made with replace
    assert runner.log == [""]
    return runner.commands


def test_findings_become_commands_worst_first() -> None:
    first, second, third, last = commands(COMPLETE)

    assert first.name == second.name == third.name == "error"
    assert first.properties == {
        "file": "shop/settings.py",
        "line": "14",
        "endLine": "16",
        "title": "Critical: `load` runs whatever the file holds",
    }
    assert first.data == f"{COMPLETE.findings[0].explanation}\n\nFix: {COMPLETE.findings[0].suggestion}"
    assert last == Command(
        "notice", {"title": "Review"}, "2 more findings left out by --min-severity, --min-confidence or --max-findings."
    )


def test_the_text_of_a_command_is_escaped_as_the_runner_unescapes_it() -> None:
    review = replace(
        CLEAN, findings=(finding(title="100%: a, b", path="a,b:c%2C.py", explanation="50%25\nof it", suggestion=""),)
    )

    assert workflow_commands.render(review) == (
        "::error file=a%2Cb%3Ac%252C.py,line=14,endLine=16,title=Critical%3A 100%25%3A a%2C b::50%2525%0Aof it\n"
    )
    assert commands(review)[0].data == "50%25\nof it"


@pytest.mark.parametrize("name", SAMPLES)
def test_every_line_is_a_command_of_ours(name: str) -> None:
    assert {command.name for command in commands(SAMPLES[name])} <= {"error", "warning", "notice"}


@settings(max_examples=150, deadline=None)
@given(text=NASTY, path=NASTY)
@example(text="", path="##[")
def test_no_text_and_no_name_can_add_a_command_or_a_property(text: str, path: str) -> None:
    found = finding(title="x" + text, path="x" + path, explanation=text, suggestion=text)
    one, incomplete = commands(replace(CLEAN, findings=(found,), problems=(text,)))

    assert one.name == "error"
    assert set(one.properties) in ({"title"}, {"file", "line", "endLine", "title"})
    assert one.properties.get("file", found.path) == found.path
    assert (incomplete.name, set(incomplete.properties)) == ("warning", {"title"})


def test_a_name_that_no_property_can_hold_is_said_in_the_text_instead() -> None:
    (command,) = commands(replace(CLEAN, findings=(finding(path="a\nb\udcff.py", explanation="why", suggestion=""),)))

    assert (set(command.properties), command.data) == ({"title"}, "a\\nb\\xff.py:14: why")


def test_a_level_is_never_so_full_that_the_job_has_no_word_left_and_the_rest_is_counted() -> None:
    severities = [*[Severity.HIGH] * 12, *[Severity.MEDIUM] * 11, *[Severity.LOW] * 15]
    many = tuple(finding(severity=severity, quote=f"line {number}") for number, severity in enumerate(severities))
    shown = commands(replace(INCOMPLETE, findings=many))

    assert {level: sum(command.name == level for command in shown) for level in ("error", "warning", "notice")} == {
        "error": 9,
        "warning": 9,
        "notice": 9,
    }
    assert shown[-1].data.startswith("13 more findings in the report; GitHub shows 10 of a kind.")


def test_a_clean_review_says_nothing_and_an_incomplete_one_warns() -> None:
    assert workflow_commands.render(CLEAN) == ""
    assert commands(replace(INCOMPLETE, findings=(), withheld=0)) == [
        Command("warning", {"title": "This review is incomplete"}, " ".join(INCOMPLETE.problems))
    ]


def test_built_in_checks_and_an_empty_change_are_not_taken_for_a_review() -> None:
    nothing = ReviewedChange(label="main...main", base="1" * 40, head="1" * 40, files=0, added=0, removed=0)

    assert commands(STATIC)[-1].data == "Built-in checks only; no model has read this code."
    assert commands(replace(CLEAN, change=nothing, nothing="git found no difference"))[-1].data == (
        "Nothing was reviewed: git found no difference."
    )


def test_a_review_of_the_diff_alone_is_not_called_none() -> None:
    some = ReviewedChange(label="main...topic", base="1" * 40, head="2" * 40, files=1, added=1, removed=0)
    unread = replace(CLEAN, change=some, coverage=replace(CLEAN.coverage, read=()))

    assert not any("Nothing was reviewed" in command.data for command in commands(unread))


def test_what_of_a_change_nobody_read_is_told() -> None:
    change = ReviewedChange(
        label="main...topic",
        base="1" * 40,
        head="2" * 40,
        files=2,
        added=1,
        removed=0,
        unread=1,
        unread_why="submodule moved (`lib`)",
    )
    (*_, last) = commands(replace(CLEAN, change=change))
    assert last.data == "1 changed file not read: submodule moved (`lib`)."
    (*_, last) = commands(replace(CLEAN, change=change, nothing="no changed file can be read: submodule moved (`lib`)"))
    assert last.data == "Nothing was reviewed: no changed file can be read: submodule moved (`lib`)."


def test_what_the_change_has_to_do_with_a_finding_is_in_its_title() -> None:
    (command,) = commands(replace(CLEAN, findings=(finding(title="Slow", origin=Origin.PRE_EXISTING),)))

    assert command.properties["title"] == "Critical, pre-existing: Slow"


def test_texts_longer_than_github_takes_are_cut() -> None:
    (command,) = commands(replace(CLEAN, findings=(finding(title="t" * 900, explanation="%" * 9000),)))

    assert len(command.properties["title"]) == 255
    assert len(command.data) == 4000
    assert command.data.endswith("…")


def test_a_hostile_review_names_its_file_in_words() -> None:
    assert "file" not in commands(HOSTILE)[0].properties


def test_every_further_place_is_a_command_after_the_findings_and_what_has_no_room_is_counted() -> None:
    places = tuple(Location(path=f"e{number}.py", start_line=number, end_line=number) for number in range(1, 12))
    led = finding(severity=Severity.LOW, also=places, origin=Origin.UNSTATED)
    other = finding(severity=Severity.INFO, title="Other", quote="other")
    *shown, last = commands(replace(CLEAN, findings=(led, other)))

    titles = [command.properties["title"] for command in shown]
    assert titles[:2] == [f"Low, origin not stated: {led.title}", "Info: Other"]
    assert titles[2:] == [f"Low, origin not stated: Also here: {led.title}"] * 6
    assert [command.properties["file"] for command in shown[2:]] == [f"e{number}.py" for number in range(1, 7)]
    assert last.data == "5 more places in the report; GitHub shows 10 of a kind."
