from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reviewer.errors import TemplateError
from reviewer.templating import Templates, packaged_templates


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_values_are_put_in_without_escaping(tmp_path: Path) -> None:
    write(tmp_path, "a.j2", "{{ text }}\n")

    assert Templates(tmp_path).render("a.j2", text="<b> & `c`") == "<b> & `c`\n"


def test_a_line_that_holds_only_a_block_leaves_no_line_behind(tmp_path: Path) -> None:
    write(tmp_path, "a.j2", "one\n  {% if yes %}\ntwo\n  {% endif %}\nthree\n")

    assert Templates(tmp_path).render("a.j2", yes=True) == "one\ntwo\nthree\n"


def test_a_value_may_be_called_name(tmp_path: Path) -> None:
    write(tmp_path, "a.j2", "{{ name }}")

    assert Templates(tmp_path).render("a.j2", name="x") == "x"


def test_an_override_wins_template_by_template(tmp_path: Path) -> None:
    packaged = next(path for path in packaged_templates().rglob("*.j2"))
    name = packaged.relative_to(packaged_templates()).as_posix()
    mine = write(tmp_path, name, "mine\n")
    templates = Templates(tmp_path)

    assert mine == templates.path(name)
    assert templates.render(name) == "mine\n"
    assert name in templates.names()
    assert packaged == Templates().path(name)


def test_a_template_may_include_one_of_the_other_folder(tmp_path: Path) -> None:
    write(tmp_path, "outer.j2", "[{% include 'inner.j2' %}]")
    write(tmp_path, "inner.j2", "{{ x }}")

    assert Templates(tmp_path).render("outer.j2", x=7) == "[7]"


def test_an_unknown_variable_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.j2", "one\ntwo\n{{ nothing_of_that_name }}\n")

    with pytest.raises(TemplateError) as caught:
        Templates(tmp_path).render("a.j2")

    assert f"{path}:3: 'nothing_of_that_name' is undefined" == caught.value.message


def test_an_unknown_attribute_in_an_included_template_names_that_template(tmp_path: Path) -> None:
    write(tmp_path, "outer.j2", "\n\n\n{% include 'inner.j2' %}")
    inner = write(tmp_path, "inner.j2", "\n{{ value.nope }}")

    with pytest.raises(TemplateError, match="has no attribute 'nope'") as caught:
        Templates(tmp_path).render("outer.j2", value=1)

    assert caught.value.message.startswith(f"{inner}:2: ")


def test_a_syntax_error_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.j2", "one\n{% if %}\n")

    with pytest.raises(TemplateError) as caught:
        Templates(tmp_path).render("a.j2")

    assert caught.value.message.startswith(f"{path}:2: ")


def test_an_unknown_filter_names_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.j2", "one\n{{ 1 | shout }}\n")

    with pytest.raises(TemplateError, match="shout") as caught:
        Templates(tmp_path).render("a.j2")

    assert caught.value.message.startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    "text", ["{{ 1 / 0 }}", "{{ none + 1 }}", "{{ 'x' | round }}", "{% include 'a.j2' %}", "{{ range(10 ** 9) }}"]
)
def test_a_template_that_goes_wrong_names_file_and_line(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, "a.j2", f"\n{text}")

    with pytest.raises(TemplateError) as caught:
        Templates(tmp_path).render("a.j2")

    assert caught.value.message.startswith(f"{path}:2: ")


def test_the_sandbox_keeps_a_template_from_python_internals(tmp_path: Path) -> None:
    path = write(tmp_path, "a.j2", "{{ ''.__class__.__mro__ }}")

    with pytest.raises(TemplateError) as caught:
        Templates(tmp_path).render("a.j2")

    assert caught.value.message.startswith(f"{path}:1: ")


def test_a_failure_in_a_function_that_was_handed_over_is_not_blamed_on_the_template(tmp_path: Path) -> None:
    write(tmp_path, "a.j2", "{{ call() }}")

    with pytest.raises(TemplateError, match="there is no template"):
        Templates(tmp_path).render("a.j2", call=lambda: Templates().render("nowhere.j2"))


def test_a_missing_template_lists_what_there_is(tmp_path: Path) -> None:
    write(tmp_path, "mine/a.j2", "")

    with pytest.raises(TemplateError, match=r"there is no template mine/b\.j2") as caught:
        Templates(tmp_path).render("mine/b.j2")

    assert "mine/a.j2" in caught.value.hint


@pytest.mark.parametrize("name", ["../secret.j2", "/etc/passwd", "a/../../secret.j2"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    write(tmp_path, "secret.j2", "secret")
    (tmp_path / "inside").mkdir()

    with pytest.raises(TemplateError, match="there is no template"):
        Templates(tmp_path / "inside").render(name)


def test_a_template_that_is_not_utf_8_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_bytes(b"\xff\xfe")

    with pytest.raises(TemplateError, match=r"a\.j2 could not be read"):
        Templates(tmp_path).render("a.j2")


def test_an_override_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="is not there"):
        Templates(tmp_path / "nowhere")


def test_making_templates_does_not_import_jinja2() -> None:
    script = "import sys; from reviewer.templating import Templates; Templates().names(); sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
