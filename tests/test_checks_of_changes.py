"""The built-in checks of a change: what they blame it for, where they say so, and that no model can talk them out of it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import git

from messages_server import MessagesServer
from reviewer.cli import main

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
FILLER = "".join(f"def f{number}(x):\n    return x + {number}\n\n\n" for number in range(12))
EVAL = "value = eval(input())\n"
CONFLICT = "<<<<<<< HEAD\nvar {name} = 1\n=======\nvar {name} = 2\n>>>>>>> other\n"

Change = Callable[..., tuple[int, dict[str, Any]]]
Found = list[tuple[str, int, str]]


def token(seed: int = 1) -> str:
    return "ghp_" + "".join(random.Random(seed).choices(LETTERS, k=35)) + "7"


@pytest.fixture
def change(make_repository: Callable[..., Path], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Change:
    """Commit `before`, then `after` (None deletes, whoever moves says so in `moves`), and review the second commit; exit code, report."""

    def review(
        before: Mapping[str, str], after: Mapping[str, str | None], *flags: str, moves: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        root = make_repository(before)
        for old, new in (moves or {}).items():
            (root / new).parent.mkdir(parents=True, exist_ok=True)
            git(root, "mv", old, new)
        for path, text in after.items():
            if text is None:
                (root / path).unlink()
            else:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
        git(root, "add", "--all", "--force")
        git(root, "commit", "--quiet", "--message", "a change")
        monkeypatch.chdir(root)
        engine = () if "--engine" in flags else ("--engine", "static")
        code = main(["review", "--commit", "HEAD", *engine, "--format", "json", "--fail-on", "high", "--quiet", *flags])
        return code, json.loads(capfd.readouterr().out)

    return review


def places(review: Mapping[str, Any]) -> Found:
    """Every place of every finding: path, line, origin."""
    return sorted(
        (place["path"], place["start_line"], finding["origin"])
        for finding in review["findings"]
        for place in (finding, *finding["also"])
    )


# --- a defect caused elsewhere


def test_an_import_that_is_removed_breaks_its_use_far_from_the_change(change: Change) -> None:
    text = f"import json\nimport os\n\n\n{FILLER}def load(path):\n    return json.loads(os.fspath(path))\n"
    code, review = change({"a.py": text}, {"a.py": text.replace("import json\n", "")})

    assert (code, places(review)) == (1, [("a.py", 53, "introduced")])
    assert review["findings"][0]["anchor"] is None
    assert review["pre_existing"] == 0


def test_a_function_that_is_renamed_breaks_a_call_that_keeps_the_old_name(change: Change) -> None:
    text = f"def helper():\n    return 1\n\n\n{FILLER}def main():\n    return helper()\n"
    code, review = change({"a.py": text}, {"a.py": text.replace("def helper", "def helper_v2")})

    assert (code, places(review)) == (1, [("a.py", 54, "introduced")])


@pytest.mark.parametrize("path", ["a.py", "tests/test_a.py"])
def test_a_lost_bracket_breaks_the_file_wherever_the_parser_complains(change: Change, path: str) -> None:
    text = f"SIZES = [\n    1,\n    2,\n]\n\n\n{FILLER}value = eval(input())\n"
    code, review = change({path: text}, {path: text.replace("]\n", "", 1)})

    assert code == 1
    (finding,) = review["findings"]
    assert (finding["severity"], finding["origin"]) == ("high", "introduced")
    assert "Nothing else in it was looked at" in finding["explanation"]


def test_a_file_that_did_not_parse_before_is_not_blamed_on_the_change(change: Change) -> None:
    text = f"{FILLER}print 'two'\n"
    code, review = change({"a.py": text}, {"a.py": f"# a comment\n{text}"})

    assert (code, review["findings"], review["pre_existing"]) == (0, [], 1)


def test_what_a_corrected_syntax_error_uncovers_has_no_stated_origin(change: Change) -> None:
    text = f"def broken(:\n    pass\n\n\n{FILLER}def other():\n    return nowhere\n"
    code, review = change({"a.py": text}, {"a.py": text.replace("(:", "():")})

    assert (code, places(review)) == (1, [("a.py", 54, "not stated")])


def test_a_defect_keeps_its_origin_when_its_file_is_renamed(change: Change) -> None:
    text = f"import json\n\n\n{FILLER}def old():\n    return nowhere\n\n\ndef load(text):\n    return json.loads(text)\n"
    code, review = change({"old.py": text}, {"lib/new.py": text.replace("import json\n", "")}, moves={"old.py": "lib/new.py"})

    assert (code, places(review), review["pre_existing"]) == (1, [("lib/new.py", 56, "introduced")], 1)


def test_code_that_moves_to_another_file_takes_its_old_defect_along(change: Change) -> None:
    old = f"{FILLER}def risky():\n    return nowhere(1)\n"
    code, review = change({"a.py": old}, {"a.py": FILLER, "b.py": "def risky():\n    return nowhere(1)\n"})

    assert (code, review["findings"], review["pre_existing"]) == (0, [], 1)


def test_code_that_moves_without_its_import_is_broken_by_the_change(change: Change) -> None:
    old = f"import json\n\n\n{FILLER}def load(text):\n    return json.loads(text)\n"
    code, review = change({"a.py": old}, {"a.py": FILLER, "b.py": "def load(text):\n    return json.loads(text)\n"})

    assert (code, places(review)) == (1, [("b.py", 2, "introduced")])


def test_an_old_defect_that_a_syntax_error_hides_does_not_excuse_a_new_one_like_it(change: Change) -> None:
    old = f"{FILLER}def risky():\n    return nowhere(1)\n"
    code, review = change({"a.py": old}, {"a.py": f"x = (\n{old}", "b.py": "def more():\n    return nowhere(1)\n"})

    assert code == 1
    assert ("b.py", 2, "introduced") in places(review)


def test_a_defect_whose_words_name_another_line_is_the_same_when_lines_move(change: Change) -> None:
    text = "def twice():\n    return 1\n\n\ndef twice():\n    return 2\n"
    _, review = change({"a.py": text}, {"a.py": f"# a comment\n{text}"})

    assert (review["findings"], review["pre_existing"]) == ([], 1)


# --- a new defect behind an old one


def test_a_second_undefined_name_is_not_hidden_by_the_first(change: Change) -> None:
    old = "def old():\n    return undefined_a\n\n\n"
    code, review = change({"a.py": old}, {"a.py": f"{old}def new():\n    return undefined_b\n"})

    assert (code, places(review), review["pre_existing"]) == (1, [("a.py", 6, "introduced")], 1)


def test_of_two_lines_that_are_alike_the_added_one_is_new(change: Change) -> None:
    old = f"def one():\n    return nowhere(1)\n\n\n{FILLER}"
    code, review = change({"a.py": old}, {"a.py": f"def zero():\n    return nowhere(1)\n\n\n{old}"})

    assert (code, places(review), review["pre_existing"]) == (1, [("a.py", 2, "introduced")], 1)


def test_another_name_on_a_line_that_had_a_defect_already_is_new(change: Change) -> None:
    text = f"import json\n\n\n{FILLER}def both():\n    return nowhere(json)\n"
    code, review = change({"a.py": text}, {"a.py": text.replace("import json\n", "nowhere = str\n")})

    assert code == 1
    assert [finding["title"] for finding in review["findings"]] == ["Undefined name `json`"]


def test_a_mild_point_in_a_new_file_is_not_hidden_by_an_old_one_in_another(change: Change) -> None:
    _, review = change({"b.py": f"{EVAL}\n\n\n\n\ny = 1\n"}, {"b.py": f"{EVAL}\n\n\n\n\ny = 2\n", "z.py": EVAL})

    assert (places(review), review["pre_existing"]) == ([("z.py", 1, "introduced")], 1)


def test_a_second_conflict_is_not_hidden_by_the_first_and_all_new_ones_are_named(change: Change) -> None:
    old = "package a\n" + CONFLICT.format(name="a")
    code, review = change({"a.go": old}, {"a.go": old + CONFLICT.format(name="b") + CONFLICT.format(name="c")})

    assert (code, places(review), review["pre_existing"]) == (1, [("a.go", 7, "introduced"), ("a.go", 12, "introduced")], 1)


def test_a_conflict_in_the_place_of_a_resolved_one_is_new(change: Change) -> None:
    code, review = change(
        {"a.go": "package a\n" + CONFLICT.format(name="a")}, {"a.go": "package a\n" + CONFLICT.format(name="b")}
    )

    assert (code, places(review)) == (1, [("a.go", 2, "introduced")])


def test_eight_breaks_are_eight_results_annotations_and_places(change: Change, tmp_path: Path) -> None:
    sarif, markdown = tmp_path / "out.sarif", tmp_path / "out.md"
    files = {f"e{number}.py": EVAL for number in range(1, 9)}
    _, review = change({"a.py": "x = 1\n"}, files, "--output", str(sarif), "--output", str(markdown), "--output", "-")

    assert [path for path, _, origin in places(review) if origin == "introduced"] == sorted(files)
    assert all(place["anchor"] == {"start_line": 1, "end_line": 1, "left": False} for place in review["findings"][0]["also"])
    results = json.loads(sarif.read_text())["runs"][0]["results"]
    uris = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results]
    assert sorted(uris) == sorted(files)
    assert len({each["partialFingerprints"]["reviewerFingerprint/v1"] for each in results}) == 8
    text = markdown.read_text()
    assert all(f"(./{path}#L1)" in text for path in files)


# --- leaks


LEAKS = {
    "settings.py": ("API = 1\n", 'API = 1\nTOKEN = "{}"\n'),
    "config.js": ("module.exports = {}\n", 'module.exports = {{}}\nconst t = "{}";\n'),
    "main.go": ("package main\n", 'package main\n\nconst T = "{}"\n'),
    "deploy.yaml": ("a: 1\n", "a: 1\ntoken: {}\n"),
    "run.sh": ("echo\n", "echo\nexport GITHUB_TOKEN={}\n"),
    "Main.java": ("class Main {}\n", 'class Main {{}}\nclass T {{ String t = "{}"; }}\n'),
}


@pytest.mark.parametrize("path", LEAKS)
@pytest.mark.parametrize("engine", ["static", "claude"])
def test_a_leaked_credential_fails_the_change_whoever_reviews(
    change: Change, monkeypatch: pytest.MonkeyPatch, path: str, engine: str
) -> None:
    before, after = LEAKS[path]
    with MessagesServer(lambda _: {"findings": [], "summary": "All is well."}) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        code, review = change({path: before}, {path: after.format(token())}, "--engine", engine)

    assert code == 1
    assert {(place[0], place[2]) for place in places(review)} == {(path, "introduced")}
    assert token() not in json.dumps(review)


def test_a_second_token_is_not_hidden_by_the_first_nor_one_that_takes_its_place(change: Change) -> None:
    old = f'ONE = "{token(1)}"\n'
    code, review = change(
        {"a.py": old, "b.py": old}, {"a.py": f'{old}TWO = "{token(2)}"\n', "b.py": old.replace(token(1), token(3))}
    )

    assert (code, places(review), review["pre_existing"]) == (1, [("a.py", 2, "introduced"), ("b.py", 1, "introduced")], 1)


def test_an_old_token_in_a_changed_file_is_not_the_change_s(change: Change) -> None:
    old = f'ONE = "{token(1)}"\n'
    code, review = change({"a.py": old}, {"a.py": f"# a comment\n{old}"})

    assert (code, review["findings"], review["pre_existing"]) == (0, [], 1)


@pytest.mark.parametrize(
    ("before", "after", "moves"),
    [
        pytest.param({"a.py": "ONE = '{}'\n"}, {"a.py": "if True:\n    ONE  =  '{}'\r\n"}, {}, id="indented"),
        pytest.param({"a.py": "ONE = '{}'\n"}, {"a.py": "TWO = '{}'\n"}, {}, id="under another name"),
        pytest.param({"a.py": FILLER + "ONE = '{}'\n"}, {"a.py": FILLER, "b.py": "ONE = '{}'\n"}, {}, id="in another file"),
        pytest.param({"a.py": FILLER + "ONE = '{}'\n"}, {}, {"a.py": "lib/b.py"}, id="in a renamed file"),
    ],
)
def test_a_token_that_was_there_before_is_known_again(
    change: Change, before: dict[str, str], after: dict[str, str], moves: dict[str, str]
) -> None:
    was = {path: text.replace("{}", token()) for path, text in before.items()}
    now = {path: text.replace("{}", token()) for path, text in after.items()}
    code, review = change(was, now, moves=moves)

    assert (code, review["findings"], review["pre_existing"]) == (0, [], 1)


def test_a_token_that_is_copied_to_one_more_place_is_new_there(change: Change) -> None:
    line = f'ONE = "{token()}"\n'
    code, review = change({"a.py": f"{line}{FILLER}"}, {"a.py": f"{line}{FILLER}", "b.py": line})

    assert (code, places(review)) == (1, [("b.py", 1, "introduced")])


def silent(_: Mapping[str, Any]) -> dict[str, Any]:
    return {"findings": [], "summary": "All is well.", "verdicts": []}


def refuting(body: Mapping[str, Any]) -> dict[str, Any]:
    """Says the same mildly, and refutes whatever it is asked about."""
    words = json.dumps(body["messages"][-1]).split()
    keys = [word.strip('",.:`\\') for word in words if len(word.strip('",.:`\\')) == 8]
    item = {"path": "a.py", "quote": "TOKEN = ", "start_line": 1, "end_line": 1, "category": "security", "severity": "info"}
    item |= {"confidence": "low", "title": "A name", "explanation": "Fine.", "suggestion": "", "origin": "pre-existing"}
    evidence = {"path": "a.py", "quote": "TOKEN = "}
    verdicts = [{"finding": key, "ruling": "refuted", "explanation": "No.", "evidence": evidence} for key in keys[:50]]
    return {"findings": [item], "summary": "", "verdicts": verdicts}


BROKEN = {
    "a.py": f'TOKEN = "{token()}"\n',
    "b.go": "package b\n" + CONFLICT.format(name="a"),
    "c.py": "def broken(:\n    pass\n",
}
TITLES = {"GitHub token in the repository", "Unresolved merge conflict"}


@pytest.mark.parametrize("model", [silent, refuting])
@pytest.mark.parametrize("whole", [True, False])
def test_no_model_can_take_away_what_is_a_fact(
    change: Change,
    make_repository: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    model: Callable[[Mapping[str, Any]], dict[str, Any]],
    *,
    whole: bool,
) -> None:
    with MessagesServer(model) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        if whole:
            root = make_repository(BROKEN)
            code = main(["review", str(root), "--engine", "claude", "--format", "json", "--fail-on", "high", "--quiet"])
            review = json.loads(capfd.readouterr().out)
        else:
            before = {"a.py": "\n", "b.go": "package b\n", "c.py": "def broken():\n    pass\n"}
            code, review = change(before, BROKEN, "--engine", "claude", "--max-findings", "1")

    assert code != 0
    titles = {finding["title"] for finding in review["findings"]}
    assert titles > TITLES
    assert any(title.startswith("Not valid Python") for title in titles)
    assert not any(claim["title"] in titles for claim in review["refuted"])


def test_a_token_in_a_file_that_no_model_reads_is_found_and_no_line_of_the_file_is_shown(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MessagesServer(silent) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        added = {
            "a.py": "x = 2\n",
            ".env": f"GITHUB_TOKEN={token()} # of octo\n",
            "large.py": f'T = "{token(2)}"\n' + "# long\n" * 300,
        }
        code, review = change({"a.py": "x = 1\n"}, added, "--engine", "claude", "--max-file-bytes", "1000")

    assert code == 1
    assert places(review) == [(".env", 1, "introduced"), ("large.py", 1, "introduced")]
    assert "octo" not in json.dumps(review)


def test_a_change_of_nothing_but_a_file_that_no_model_reads_is_searched_too(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MessagesServer(silent) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        code, review = change({"a.py": "x = 1\n"}, {".env": f"GITHUB_TOKEN={token()}\n"}, "--engine", "claude")

    assert places(review) == [(".env", 1, "introduced")]
    assert code == 1


def test_what_was_not_taken_out_of_what_is_sent_is_found_all_the_same(change: Change) -> None:
    code, review = change({"a.py": "x = 1\n"}, {"a.py": f'x = 1\nT = "{token()}"\n'}, "--no-redact")

    assert (code, places(review)) == (1, [("a.py", 2, "introduced")])
    assert token() not in json.dumps(review)


# --- an origin that nobody stated


def test_a_finding_whose_origin_the_model_does_not_state_is_shown_and_counts(
    change: Change, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    item = {"path": "caller.py", "quote": "price(1, 2)", "start_line": 1, "end_line": 1, "category": "correctness"}
    item |= {
        "severity": "high",
        "confidence": "high",
        "title": "Called with two",
        "explanation": "It takes one.",
        "suggestion": "",
    }
    markdown, sarif = tmp_path / "out.md", tmp_path / "out.sarif"
    outputs = ("--output", "-", "--output", str(markdown), "--output", str(sarif))
    with MessagesServer(lambda _: {"findings": [item], "summary": ""}) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        code, review = change(
            {"price.py": "def price(a, b):\n    return a\n", "caller.py": "total = price(1, 2)\n"},
            {"price.py": "def price(a):\n    return a\n"},
            *("--engine", "claude", "--depth", "quick", *outputs),
        )

    assert (code, places(review)) == (1, [("caller.py", 1, "not stated")])
    assert "origin not stated" in markdown.read_text()
    assert "Origin not stated" in sarif.read_text()


def test_of_a_patch_without_its_repository_only_what_it_adds_is_blamed_on_it(
    tmp_path: Path, make_repository: Callable[..., Path], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = f"import json\n\n\n{FILLER}def load(text):\n    return json.loads(text)\n"
    root = make_repository({"a.py": old})
    (root / "a.py").write_text(f"{old}\n\ndef save(value):\n    return json.dumps(value)\n")
    (root / "new.py").write_text("def broken():\n    return nowhere\n")
    git(root, "add", "--all")
    patch = tmp_path / "change.patch"
    patch.write_text(git(root, "diff", "--cached"))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    code = main(["review", "--diff-file", str(patch), "--engine", "static", "--format", "json", "--fail-on", "high", "--quiet"])
    review = json.loads(capfd.readouterr().out)

    assert (code, places(review)) == (1, [("new.py", 2, "introduced")])
    assert "Python files of which the patch shows only parts were not checked with ruff." in review["notes"]
