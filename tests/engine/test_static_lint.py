from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import ruff

from reviewer.engine.lint import SYNTAX, _rules, is_python, lint, one_syntax_error_each
from reviewer.findings import Claim, Severity


def found(texts: dict[str, str]) -> list[Claim]:
    return [point.claim for point in lint(texts).points]


def titles(source: str, path: str = "app/a.py") -> list[str]:
    return [claim.title for claim in found({path: source})]


def test_every_rule_of_the_table_is_one_ruff_knows_and_is_stable() -> None:
    codes = [code for code in _rules() if code]
    command = [
        ruff.find_ruff_bin(),
        "check",
        "--isolated",
        "--no-cache",
        f"--select={','.join(codes)}",
        "--stdin-filename=a.py",
        "-",
    ]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(codes) > 100


def test_a_name_that_is_nowhere_is_high() -> None:
    (claim,) = found({"app/a.py": "def f():\n    return nowhere\n"})
    assert (claim.severity, claim.start_line, claim.quote) == (Severity.HIGH, 2, "return nowhere")
    assert "F821" in claim.explanation


def test_a_name_in_a_quoted_annotation_is_not_evaluated() -> None:
    assert titles('def f(a: "ay", b: list["aau"]) -> "s": ...\n') == []
    assert titles('print("a" + nowhere)\n') == ["Undefined name `nowhere`"]
    assert titles('print(f"a {nowhere}")\n') == ["Undefined name `nowhere`"]


def test_names_that_others_put_among_the_builtins_are_known() -> None:
    assert titles("print(_('text'))\nif PY2:\n    text = unicode\n".replace("PY2", "str")) == []


def test_each_place_at_which_a_rule_is_broken_is_a_point() -> None:
    assert [claim.start_line for claim in found({"app/a.py": "a = 'x' is 'y'\nb = 1\nc = 'x' is 'z'\n"})] == [1, 3]


def test_of_a_file_that_does_not_parse_one_syntax_error_is_reported_and_nothing_else() -> None:
    linted = lint({"app/a.py": "print 'x'\nprint 'y'\nundefined(\n"})
    assert {point.check for point in linted.points} == {SYNTAX}
    (point,) = one_syntax_error_each(linted.points)
    assert point.claim.title.startswith("Not valid Python: ")
    assert linted.unparsed == {"app/a.py"}


def test_a_file_that_was_valid_before_is_broken_now_though_it_is_a_test_or_looks_like_a_template() -> None:
    texts = {"tests/test_a.py": "def test_a(:\n    pass\n", "app/b.py": "x = f'{{a}}' (\n"}
    assert found({"tests/test_a.py": texts["tests/test_a.py"]}) == []
    assert [claim.severity for claim in (point.claim for point in lint(texts, texts).points)] == [Severity.HIGH] * 2


def test_a_template_of_python_is_no_broken_python() -> None:
    assert titles("from {{ cookiecutter.name }} import app\n") == []
    assert titles("x = (\n", "{{cookiecutter.name}}/a.py") == []


def test_tests_may_do_on_purpose_what_programs_may_not() -> None:
    source = "import yaml\nyaml.load(text, Loader=yaml.UnsafeLoader)\n"
    assert len(titles(source.replace("text", "'a'"))) == 1
    assert titles(source.replace("text", "'a'"), "tests/test_a.py") == []


def test_what_the_author_marked_is_respected() -> None:
    assert titles("import subprocess\nsubprocess.run(input(), shell=True)  # nosec\n") == []
    assert titles("print(nowhere)  # noqa: F821\n") == []


def test_a_shell_with_a_fixed_command_is_harmless() -> None:
    assert titles("import subprocess\nsubprocess.run('ls', shell=True)\n") == []
    assert len(titles("import subprocess\nsubprocess.run(input(), shell=True)\n")) == 1


def test_odd_names_and_settings_of_the_repository_have_no_effect() -> None:
    texts = {
        "-rf/../../etc/\n.py": "print(nowhere)\n",
        "pyproject.toml": "[tool.ruff]\nexclude = ['*']\n",
        "ruff.toml": "exclude = ['*']\n",
        "a/ruff.toml.py": "print(nowhere)\n",
        "run": "#!/usr/bin/env python3\nprint(nowhere)\n",
        "\udcff.pyi": "def f(a: nowhere): ...\n",
    }
    assert sorted(claim.path for claim in found(texts)) == ["-rf/../../etc/\n.py", "a/ruff.toml.py", "run", "\udcff.pyi"]


def test_lines_are_counted_as_git_counts_them() -> None:
    (claim,) = found({"a.py": "a = 'x\ry'\r\n# \x0c \u2028 \x85\r\nprint(nowhere)\r\n"})
    assert (claim.start_line, claim.quote) == (3, "print(nowhere)")


@pytest.mark.parametrize(
    ("path", "text", "expected"), [("a.py", "", True), ("a", "#!/usr/bin/python\n", True), ("a.sh", "#!python", False)]
)
def test_python_is_known_by_name_or_first_line(path: str, text: str, expected: bool) -> None:
    assert is_python(path, text) is expected


def test_a_missing_ruff_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(ruff, "find_ruff_bin", missing)
    linted = lint({"a.py": "print(nowhere)\n"})
    assert linted.points == ()
    assert "not installed" in linted.note


def test_a_failing_ruff_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ruff"
    program.write_text(f"#!{sys.executable}\nraise SystemExit(2)\n")
    program.chmod(0o755)
    monkeypatch.setattr(ruff, "find_ruff_bin", lambda: str(program))
    assert "exit code 2" in lint({"a.py": "print(nowhere)\n"}).note


def test_no_python_no_ruff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ruff, "find_ruff_bin")
    assert lint({"a.go": "package a\n"}).points == ()
