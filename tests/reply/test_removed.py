from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import CHANGE, finding

from reviewer.collect.changes import Change
from reviewer.collect.comparison import of_commit
from reviewer.collect.repository import open_repository
from reviewer.documents import file_diff
from reviewer.findings import Anchor, Category, Claim, Confidence, Finding, Location, Severity
from reviewer.reply.ground import NOWHERE, ground
from reviewer.reply.masking import Masking
from reviewer.reply.placing import place
from reviewer.report import annotations as workflow_commands
from reviewer.report import markdown, sarif
from reviewer.templating import Templates

OLD = {
    "shop.py": textwrap.dedent(
        """\
        def load(path):
            check_that_nobody_else_has_it(path)
            with open(path) as file:
                return file.read()


        def save(path, text):
            with open(path, "w") as file:
                file.write(text)
            audit_that_it_was_written(path)
        """
    ),
    "gone.py": "def forgotten_by_everyone():\n    return release_the_lock()\n",
    "old_name.py": "".join(f"value_{number} = {number}\n" for number in range(30)) + "guard_the_last_door()\n",
}
NEW = {
    "shop.py": OLD["shop.py"]
    .replace("    check_that_nobody_else_has_it(path)\n", "")
    .replace("    audit_that_it_was_written(path)\n", ""),
    "new_name.py": OLD["old_name.py"].replace("guard_the_last_door()\n", ""),
}


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e@x", *arguments], check=True)


@pytest.fixture
def change(tmp_path: Path) -> Change:
    git(tmp_path, "init", "-q")
    for files in (OLD, NEW):
        for path in [*tmp_path.glob("*.py")]:
            path.unlink()
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "words")
    repository = open_repository(tmp_path)
    assert repository is not None
    with repository:
        return of_commit(repository, "HEAD")


def claim(quote: str, path: str = "shop.py", line: int = 1) -> Claim:
    return Claim(
        title="A check is gone",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        category=Category.CORRECTNESS,
        path=path,
        start_line=line,
        end_line=line,
        quote=quote,
        explanation="Why.",
        suggestion="",
    )


def found(given: Claim, change: Change, read: Callable[[str], str | None] = NEW.get) -> Finding:
    findings, ungrounded = ground([given], read, change, NEW)
    assert ungrounded == ()
    return place(findings, change)[0]


@pytest.mark.parametrize(
    "quote",
    [
        "check_that_nobody_else_has_it(path)",
        "2 -    check_that_nobody_else_has_it(path)",
        "-    check_that_nobody_else_has_it(path)",
    ],
)
def test_a_quote_of_removed_code_is_found_at_the_base_and_anchored_on_the_left(change: Change, quote: str) -> None:
    one = found(claim(quote), change)

    assert (one.path, one.start_line, one.end_line, one.removed) == ("shop.py", 2, 2, True)
    assert one.quote == "    check_that_nobody_else_has_it(path)"
    assert one.anchor == Anchor(2, 2, left=True)
    assert one.head == Location(path="shop.py", start_line=2, end_line=2, anchor=Anchor(2, 2))


def test_removed_code_with_the_lines_around_it_is_anchored_at_the_removed_ones(change: Change) -> None:
    one = found(claim("        file.write(text)\n    audit_that_it_was_written(path)"), change)

    assert (one.start_line, one.end_line, one.removed) == (9, 10, True)
    assert one.anchor == Anchor(10, 10, left=True)
    assert one.head is not None
    assert one.head.start_line == 8  # nothing follows, so the line before it


def test_removed_code_is_found_where_only_the_diff_of_its_file_was_read(change: Change) -> None:
    one = found(claim("check_that_nobody_else_has_it(path)"), change, lambda _: None)

    assert (one.start_line, one.removed, one.anchor) == (2, True, Anchor(2, 2, left=True))


def test_code_of_a_deleted_file_is_removed_code_without_a_place_at_the_head(change: Change) -> None:
    one = found(claim("return release_the_lock()", "gone.py"), change)

    assert (one.path, one.start_line, one.removed, one.head) == ("gone.py", 2, True, None)
    assert one.anchor == Anchor(2, 2, left=True)


@pytest.mark.parametrize("path", ["old_name.py", "new_name.py"])
def test_code_removed_from_a_renamed_file_is_at_its_old_path(change: Change, path: str) -> None:
    one = found(claim("guard_the_last_door()", path), change)

    assert (one.path, one.start_line, one.removed) == ("old_name.py", 31, True)
    assert one.head is not None
    assert one.head.path == "new_name.py"


def test_what_a_renamed_file_still_has_is_not_removed_although_its_old_path_is_named(change: Change) -> None:
    one = found(claim("value_17 = 17", "old_name.py"), change)

    assert (one.path, one.start_line, one.removed) == ("new_name.py", 18, False)
    assert one.notes == ('path "old_name.py" read as "new_name.py"',)


def test_what_the_head_has_is_not_removed_code(change: Change) -> None:
    one = found(claim("with open(path) as file:"), change)

    assert (one.start_line, one.removed) == (2, False)


def test_without_a_change_nothing_is_removed_code() -> None:
    _, (lost,) = ground([claim("check_that_nobody_else_has_it(path)")], NEW.get)

    assert lost.reason == NOWHERE


def test_every_line_of_our_own_diff_is_found_where_it_is(change: Change) -> None:
    for file in change.files:
        for line in file_diff(file).text.split("\n"):
            number, _, rest = line.strip().partition(" ")
            if not number.isdigit() or len(rest) < 20:
                continue
            one = found(claim(line, file.path, int(number)), change)
            assert (one.start_line, one.removed, one.as_quoted) == (int(number), rest.startswith("-"), ""), line


def test_secrets_are_masked_in_the_base_text_of_removed_lines(change: Change) -> None:
    one = found(claim("check_that_nobody_else_has_it(path)"), change)

    assert Masking(NEW.get, change).finding(one).quote == one.quote
    assert Masking(NEW.get, change).finding(replace(one, quote="made up")).quote == one.quote


def test_reports_say_that_lines_are_removed_and_place_them_where_they_were() -> None:
    one = finding(path="shop.py", start_line=12, end_line=12, quote="gone()", removed=True)
    there = replace(one, head=Location(path="shop.py", start_line=7, end_line=7))
    review, placed = replace(CHANGE, findings=(one,)), replace(CHANGE, findings=(there,))

    assert "`shop.py:12` (removed by the change)" in markdown.render(review, Templates())
    assert "line=7,endLine=7" in workflow_commands.render(placed)
    assert "line=" not in workflow_commands.render(review).split("::")[1]
    assert '"startLine": 7' in sarif.render(placed)
    assert '"region"' not in sarif.render(review)
