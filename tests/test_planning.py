from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from conftest import git

from reviewer.collect.changes import ChangeKind
from reviewer.collect.collector import Selection, collect_tree
from reviewer.collect.comparison import of_commit
from reviewer.collect.repository import open_repository
from reviewer.collect.subject import Subject, read_subject
from reviewer.outcome import SkipReason
from reviewer.plan.catalog import load_catalogue
from reviewer.plan.decision import Context, Plan, Scope, Shown, WindowName
from reviewer.planning import Wishes, plan_change, plan_review, repack
from reviewer.prompt import compose
from reviewer.templating import Templates

CATALOGUE = load_catalogue()
SMALL = dataclasses.replace(CATALOGUE.find("opus"), context_tokens=30_000, max_output_tokens=2_000)
"""A model whose window holds some forty of the files below."""
SPECIAL = "lib/special.py"
BASE = {
    SPECIAL: '"""Long."""\ndef special(one):\n' + "    one = one * 2 + 1\n" * 900 + "    return one\n",
    **{
        f"lib/part{number:02}.py": f'"""Part {number}."""\n\n' + "def used(one, two):\n    return one + two\n" * 40
        for number in range(60)
    },
}


@dataclass(frozen=True)
class Place:
    path: str
    names: frozenset[str] = frozenset()


@pytest.fixture
def change(make_repository: Callable[..., Path]) -> Iterator[Callable[[Mapping[str, str | None]], Subject]]:
    """The subject of a commit that writes these files, None deleting one, upon BASE."""
    with ExitStack() as stack:

        def make(files: Mapping[str, str | None]) -> Subject:
            root = make_repository(BASE)
            for name, text in files.items():
                if text is None:
                    (root / name).unlink()
                else:
                    (root / name).write_text(text)
            git(root, "add", "--all")
            git(root, "commit", "--quiet", "--message", "Change parts")
            opened = open_repository(root)
            assert opened is not None
            repository = stack.enter_context(opened)
            made = of_commit(repository, "HEAD")
            there = {file.path for file in made.files if file.kind is not ChangeKind.DELETED}
            return Subject(
                snapshot=collect_tree(repository, made.base, Selection(), None),
                change=made,
                head=collect_tree(repository, made.head, Selection(), None, paths=there, rules=made.base),
            )

        yield make


def wishes(**more: object) -> Wishes:
    asked = Wishes(
        model=CATALOGUE.find("opus"),
        catalogue=CATALOGUE,
        context=Context.AUTO,
        effort=None,
        max_output=None,
        language="English",
        instructions="",
        correction=None,
        today=date(2026, 11, 23),
    )
    return dataclasses.replace(asked, **more)  # type: ignore[arg-type]


def ranked() -> list[Place]:
    return [Place(path) for path in sorted(BASE, reverse=True)]


def unranked() -> list[Place]:
    raise AssertionError("nobody needs a ranking here")


def names_of(subject: Subject) -> list[str]:
    return [file.path for file in subject.snapshot.files]


def prompt_of(subject: Subject, plan: Plan) -> str:
    texts, _ = read_subject(subject)
    prompt = compose(plan, subject, texts, Templates(), language="English", instructions="")
    return prompt.system + prompt.documents + prompt.change + prompt.question


def test_all_of_it_goes_into_the_smallest_window_that_surely_holds_it_and_nobody_ranks(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": "pass\n"})
    subject, plan = plan_change(given, wishes(), Templates(), unranked)

    assert subject == given
    assert plan.window is WindowName.STANDARD
    assert {(file.path, file.shown) for file in plan.per_file} == {
        *((path, Shown.WHOLE) for path in BASE),
        ("lib/part07.py", Shown.CHANGED),
    }
    assert plan.basis.change_tokens > 1_000


def test_what_does_not_fit_steps_down_in_the_order_of_rank_and_the_estimate_stays_below_the_window(
    change: Callable[..., Subject],
) -> None:
    given = change({"lib/part07.py": BASE["lib/part07.py"] + "x = used(1, 2)\n"})
    subject, plan = plan_change(given, wishes(model=SMALL), Templates(), ranked)
    whole, by_name = names_of(subject), [file.path for file in subject.snapshot.skipped if file.reason is SkipReason.NO_ROOM]

    assert plan.window is WindowName.STANDARD
    assert not plan.needs_exact
    assert plan.tokens.high + plan.max_output <= 30_000
    assert plan.tokens.high + plan.max_output > 27_000
    assert sorted([*whole, *subject.outlines, *by_name]) == sorted(BASE)
    assert "lib/part07.py" in by_name
    assert "lib/part59.py" in whole
    assert "lib/part00.py" not in whole
    assert subject.head == given.head
    assert 'path="lib/part59.py">' in prompt_of(subject, plan)


def test_the_head_of_a_definition_that_the_change_uses_goes_in_however_low_its_file_ranks(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": "x = special(1)\n"})
    places = [*(place for place in ranked() if place.path != SPECIAL), Place(SPECIAL, frozenset({"special"}))]
    subject, _ = plan_change(given, wishes(model=SMALL), Templates(), lambda: places)

    assert subject.outlines[SPECIAL] == "2 def special(one): …\n"


def test_the_scope_diff_leaves_only_the_diff(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": "pass\n", "lib/part08.py": None})
    subject, plan = plan_change(given, wishes(scope=Scope.DIFF), Templates(), unranked)

    assert subject.files == ()
    assert {file.reason for file in subject.skipped} == {SkipReason.OUT_OF_SCOPE}
    assert (plan.window, plan.overflow, plan.per_file) == (WindowName.STANDARD, None, ())
    assert "+pass" in prompt_of(subject, plan)


def test_the_scope_files_leaves_the_diff_and_the_changed_files(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": "pass\n"})
    subject, plan = plan_change(given, wishes(scope=Scope.FILES), Templates(), unranked)

    assert [file.path for file in subject.files] == ["lib/part07.py"]
    assert [(file.path, file.shown) for file in plan.per_file] == [("lib/part07.py", Shown.CHANGED)]


def test_a_diff_that_no_window_holds_is_an_overflow_and_no_crash(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": "".join(f"value_{number} = {number * 7919}\n" for number in range(9_000))})
    subject, plan = plan_change(given, wishes(model=SMALL), Templates(), ranked)

    assert plan.window is None
    assert plan.overflow is not None
    assert subject.head is not None
    assert [file.reason for file in subject.head.skipped] == [SkipReason.NO_ROOM]


def test_a_change_that_grows_a_little_leaves_the_choice_as_it_was(change: Callable[..., Subject]) -> None:
    text = BASE["lib/part07.py"]
    given = change({"lib/part07.py": text + "x = used(1, 2)\n"})
    first, _ = plan_change(given, wishes(model=SMALL), Templates(), ranked)
    assert given.change is not None
    told = dataclasses.replace(given.change, body="A few more words.")
    second, _ = plan_change(dataclasses.replace(given, change=told), wishes(model=SMALL), Templates(), ranked)

    assert second.snapshot == first.snapshot
    assert second.outlines == first.outlines


def test_room_that_a_wide_band_wasted_is_used_once_the_provider_has_counted(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": BASE["lib/part07.py"] + "x = used(1, 2)\n"})
    asked = wishes(model=SMALL)
    subject, plan = plan_change(given, asked, Templates(), ranked)
    exact = round(plan.basis.uncorrected * 0.9)
    again = repack(given, plan, exact, asked, Templates(), ranked)

    assert again is not None
    more, better = again
    assert set(names_of(subject)) < set(names_of(more))
    assert round(better.basis.uncorrected * 0.9) + better.max_output <= 30_000


def test_a_choice_that_was_counted_too_large_is_made_smaller(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": BASE["lib/part07.py"] + "x = used(1, 2)\n"})
    asked = wishes(model=SMALL)
    _, plan = plan_change(given, asked, Templates(), ranked)
    exact = 30_000 - plan.max_output + 1
    again = repack(given, plan, exact, asked, Templates(), ranked)

    assert again is not None
    assert again[1].basis.uncorrected * exact / plan.basis.uncorrected + plan.max_output <= 30_000


def test_there_is_no_second_choice_where_all_of_it_went_in_at_first_or_nothing_is_gained(change: Callable[..., Subject]) -> None:
    given = change({"lib/part07.py": BASE["lib/part07.py"] + "x = used(1, 2)\n"})
    whole = plan_review(given, wishes(), Templates())
    asked = wishes(model=SMALL)
    _, packed = plan_change(given, asked, Templates(), ranked)

    assert repack(given, whole, whole.tokens.estimate, wishes(), Templates(), unranked) is None
    assert repack(given, packed, 27_000, asked, Templates(), ranked) is None
