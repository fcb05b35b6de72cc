from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reviewer.collect.changes import Change, ChangedFile, ChangeKind, DiffLine, Hunk, Revision, Side
from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.collect.subject import Subject
from reviewer.outcome import SkippedFile, SkipReason
from reviewer.plan.pack import Forms, pack

Signatures = Callable[[Sequence[str]], Mapping[str, str]]


@dataclass(frozen=True)
class Place:
    path: str
    names: frozenset[str] = frozenset()


def snapshot(files: Mapping[str, int], guidance: tuple[str, ...] = ()) -> Snapshot:
    return Snapshot(
        root=Path("/nowhere"),
        scope="",
        commit=None,
        in_git=True,
        files=tuple(
            SourceFile(path, size, 1, Encoding.UTF_8, TextMeasure(size, 0, 0.0, 0.0), None)
            for path, size in sorted(files.items())
        ),
        skipped=(SkippedFile("m.png", SkipReason.MEDIA),),
        guidance=guidance,
    )


def subject(base: Mapping[str, int], head: Mapping[str, int], guidance: tuple[str, ...] = ()) -> Subject:
    files = [ChangedFile(path=path, kind=ChangeKind.MODIFIED if path in base else ChangeKind.ADDED) for path in sorted(head)]
    return Subject(
        snapshot=snapshot(base, guidance),
        change=Change(label="it", base=Revision("1", None), head=Revision("2", None), files=tuple(files)),
        head=replace(snapshot(head), skipped=()),
    )


def ranked(*paths: str) -> list[Place]:
    return [Place(path) for path in paths]


def forms(signatures: Signatures, heads: Callable[[Mapping[str, frozenset[str]]], Mapping[str, str]] = lambda _: {}) -> Forms:
    """A file takes as much room as it has bytes, and signatures as much as they have characters."""
    return Forms(whole=lambda file: float(file.size), part=lambda _, text: float(len(text)), signatures=signatures, heads=heads)


def no_outlines(paths: Sequence[str]) -> Mapping[str, str]:
    return {}


def tenth(of: Subject) -> Mapping[str, str]:
    return {file.path: "s" * (file.size // 10) for file in of.snapshot.files}


def whole(of: Subject) -> list[str]:
    return [file.path for file in of.snapshot.files]


def taken(of: Subject) -> float:
    assert of.head is not None
    return sum(file.size for file in (*of.snapshot.files, *of.head.files)) + sum(map(len, of.outlines.values()))


def test_all_of_it_goes_in_when_there_is_room() -> None:
    given = subject({"a": 100, "b": 200}, {"b": 210})

    assert pack(given, ranked("b", "a"), 510, forms(no_outlines)) == given


def test_the_base_versions_of_changed_files_give_way_first() -> None:
    given = subject({"a": 100, "b": 200}, {"b": 210})
    packed = pack(given, ranked("b", "a"), 509, forms(no_outlines))

    assert whole(packed) == ["a"]
    assert packed.head == given.head
    assert packed.snapshot.skipped == (SkippedFile("b", SkipReason.NO_ROOM), SkippedFile("m.png", SkipReason.MEDIA))
    assert packed.skipped == (SkippedFile("m.png", SkipReason.MEDIA),)


def test_every_file_keeps_its_place_whole_as_signatures_or_by_name() -> None:
    given = subject({f"{number:03}": 100 + number for number in range(300)}, {"new": 50})
    packed = pack(
        given, ranked("250", "200", "100"), 5_000, forms(lambda paths: {p: t for p, t in tenth(given).items() if p in paths})
    )

    by_name = [file.path for file in packed.snapshot.skipped if file.reason is SkipReason.NO_ROOM]
    assert sorted([*whole(packed), *packed.outlines, *by_name]) == whole(given)
    assert {"250", "200", "100"} <= {*whole(packed)}
    assert packed.outlines
    assert by_name
    assert 4_800 < taken(packed) <= 5_000


@pytest.mark.parametrize("room", [0, 1, 49, 60, 500, 1_000, 9_999])
def test_the_room_is_never_overdrawn(room: int) -> None:
    given = subject(
        {f"{number:03}": 1 + number % 97 for number in range(300)}, {f"new{number}": 10 * number for number in range(9)}
    )
    packed = pack(given, ranked("250", "003"), room, forms(lambda paths: {p: t for p, t in tenth(given).items() if p in paths}))

    assert taken(packed) <= room


def test_a_huge_file_at_the_top_does_not_block_the_small_ones_behind_it() -> None:
    given = subject({"huge": 900, **{f"small{number:02}": 10 for number in range(40)}}, {})
    packed = pack(given, ranked("huge"), 1_000, forms(lambda paths: {"huge": "s" * 90} if "huge" in paths else {}))

    assert packed.outlines == {"huge": "s" * 90}
    assert len(whole(packed)) == 40


def test_of_two_files_of_which_one_fits_the_higher_one_goes_in() -> None:
    given = subject({"a": 100, "b": 100, "c": 3_000}, {})

    assert whole(pack(given, ranked("b", "a", "c"), 450, forms(no_outlines)))[-1:] == ["b"]
    assert whole(pack(given, ranked("a", "b", "c"), 450, forms(no_outlines)))[:1] == ["a"]


def test_signatures_that_save_nothing_are_not_taken() -> None:
    given = subject({"a": 10, "b": 1_000}, {})

    assert pack(given, ranked("a", "b"), 40, forms(lambda paths: dict.fromkeys(paths, "s" * 10))).outlines == {"b": "s" * 10}


def test_changed_files_come_before_everything_else() -> None:
    given = subject({"a": 10, "b": 10}, {"one": 500, "two": 480})
    packed = pack(given, ranked("a", "b"), 985, forms(no_outlines))

    assert packed.head == given.head
    assert whole(packed) == []


def test_a_changed_file_that_does_not_fit_is_said_to_be_left_out_and_leaves_room_for_what_it_uses() -> None:
    given = subject({"used": 20, "more": 990}, {"big": 2_000, "small": 100})
    packed = pack(given, ranked("used"), 1_000, forms(no_outlines))

    assert packed.head is not None
    assert [file.path for file in packed.head.files] == ["small"]
    assert packed.head.skipped == (SkippedFile("big", SkipReason.NO_ROOM),)
    assert "used" in whole(packed)


def test_the_guidance_goes_in_before_the_code_even_when_the_change_edits_it() -> None:
    given = subject({"CLAUDE.md": 20, "a": 500, "b": 500}, {"CLAUDE.md": 30}, guidance=("CLAUDE.md",))
    packed = pack(given, ranked("a", "b"), 200, forms(no_outlines))

    assert whole(packed) == ["CLAUDE.md"]
    assert packed.snapshot.guidance == ("CLAUDE.md",)


def test_guidance_that_does_not_go_in_is_not_referred_to() -> None:
    given = subject({"CLAUDE.md": 300, "a": 500}, {}, guidance=("CLAUDE.md",))

    assert pack(given, ranked("a"), 200, forms(no_outlines)).snapshot.guidance == ()


def test_signatures_are_only_made_for_as_many_files_as_there_is_room() -> None:
    given = subject({f"{number:04}": 100 for number in range(2_000)}, {})
    asked: list[str] = []

    def outlines(paths: Sequence[str]) -> Mapping[str, str]:
        asked.extend(paths)
        return dict.fromkeys(paths, "s" * 20)

    pack(given, ranked(*(f"{number:04}" for number in range(2_000))), 2_000, forms(outlines))

    assert len(asked) <= 200


def test_a_ranking_that_names_a_file_twice_or_one_that_is_not_there_does_no_harm() -> None:
    given = subject({"a": 100, "b": 300}, {})

    assert whole(pack(given, ranked("gone", "a", "a"), 399, forms(no_outlines))) == ["a"]


def test_the_heads_of_what_the_change_uses_come_before_whole_files_and_signatures() -> None:
    given = subject({f"{number:03}": 100 for number in range(30)}, {"new": 50})
    places = [*ranked("001", "002"), *(Place(f"{number:03}", frozenset({f"name{number}"})) for number in range(10, 30))]
    packed = pack(
        given,
        places,
        550,
        forms(no_outlines, heads=lambda wanted: {path: "h" * 5 + "".join(names) for path, names in wanted.items()}),
    )

    seen = {*whole(packed), *packed.outlines}
    assert {f"{number:03}" for number in range(10, 30)} <= seen
    assert packed.outlines["029"] == "hhhhhname29"
    assert "001" in whole(packed)


def test_of_a_changed_file_that_does_not_fit_the_signatures_go_in_as_they_were() -> None:
    given = subject({"big": 1_900, "a": 20}, {"big": 2_000})
    packed = pack(given, ranked("a"), 1_000, forms(lambda paths: {"big": "s" * 90} if "big" in paths else {}))

    assert packed.outlines == {"big": "s" * 90}
    assert whole(packed) == ["a"]
    assert packed.head is not None
    assert packed.head.skipped == (SkippedFile("big", SkipReason.NO_ROOM),)


def test_of_the_nearest_files_and_of_changed_ones_that_do_not_fit_all_that_the_changed_lines_name_is_asked_for() -> None:
    given = subject({"big": 1_900, "near": 500, "far": 500}, {"big": 2_000})
    assert given.change is not None
    lines = (DiffLine(Side.CONTEXT, 1, 1, "kept()"), DiffLine(Side.REMOVED, 2, 0, "old(x)"), DiffLine(Side.ADDED, 0, 2, "new(x)"))
    file = replace(given.change.files[0], hunks=(Hunk(1, 2, 1, 2, "", lines),))
    asked: list[Mapping[str, frozenset[str]]] = []

    def heads(wanted: Mapping[str, frozenset[str]]) -> Mapping[str, str]:
        asked.append(wanted)
        return {path: " ".join(sorted(names)) for path, names in wanted.items()}

    places = [Place("near", frozenset({"credited"})), Place("far")]
    changed = replace(given, change=replace(given.change, files=(file,)))
    packed = pack(changed, places, 200, forms(no_outlines, heads=heads))

    words = frozenset({"old", "new", "x"})
    assert asked == [{"near": frozenset({"credited"})}, {"near": words | {"credited"}}, {"big": words}]
    assert packed.outlines == {"big": "new old x", "near": "credited new old x"}


def test_a_long_document_of_which_a_line_changed_does_not_push_out_what_the_code_uses() -> None:
    given = subject({"guide.md": 600, "used.py": 400}, {"guide.md": 600, "code.py": 300})
    packed = pack(
        given,
        [Place("used.py", frozenset({"name"}))],
        1_000,
        forms(no_outlines, heads=lambda wanted: dict.fromkeys(wanted, "x" * 150)),
    )

    assert packed.head is not None
    assert [file.path for file in packed.head.files] == ["code.py"]
    assert "used.py" in {*packed.outlines, *(file.path for file in packed.snapshot.files)}
