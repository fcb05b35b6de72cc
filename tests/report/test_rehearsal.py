from __future__ import annotations

import re
from pathlib import Path

import pytest

from reviewer.errors import TemplateError
from reviewer.report.markdown import TEMPLATE
from reviewer.report.rehearsal import rehearse
from reviewer.templating import Templates

OURS = (Path(__file__).parents[2] / "templates" / TEMPLATE).read_text().splitlines()
BRANCHES = [number for number, line in enumerate(OURS, 1) if re.match(r"\{% (if|elif|else|for)\b(?!.*\{% endif %\})", line)]


def operators(tmp_path: Path, text: str) -> Templates:
    path = tmp_path / TEMPLATE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return Templates(tmp_path)


def test_our_own_template_passes() -> None:
    rehearse(Templates())


@pytest.mark.parametrize("number", BRANCHES)
def test_a_mistake_in_any_branch_of_a_template_is_found_before_anything_is_paid_for(number: int, tmp_path: Path) -> None:
    templates = operators(tmp_path, "\n".join([*OURS[:number], "{{ mistake }}", *OURS[number:]]))

    with pytest.raises(TemplateError, match="mistake"):
        rehearse(templates)


@pytest.mark.parametrize("text", ["{{ change.label }}", "{{ made.cost + 1 }}", "{{ severities[0].findings[0].title }}"])
def test_what_a_review_may_lack_cannot_be_taken_for_granted(text: str, tmp_path: Path) -> None:
    with pytest.raises(TemplateError):
        rehearse(operators(tmp_path, text))
