"""An item of an answer as it was written → the form of `schema.py`, with what was read differently from how it was written.

An endpoint without structured output sends words, numbers and fields of its own. The quote is what grounds a finding, so none of them
costs it: what can be understood is read by the table `synonyms.toml`, and what was read differently is noted. Nothing is made up: a field
that is missing or cannot be read is left empty, except for the words that every finding has, which then are the table's `otherwise`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from reviewer.reply.fields import MAX_ABSENT, MAX_LINE, MAX_NAME, MAX_TEXT, MAX_TITLE

_SHOWN = 40
"""Characters of an answer's own word that a note repeats."""
_FRACTION, _PERCENT = 1, 100
_SCORES = 10
"""Numbers above 1 and up to this one may be of ten, of five or of a hundred: nobody can tell."""
_HIGH, _MEDIUM = 0.75, 0.4
"""Shares from which a confidence counts as high and as medium."""
_WORDS = ("category", "severity", "confidence")
_LINES = ("start_line", "end_line")
_NUMBER = re.compile(r"(?<!\d)\d{1,8}(?!\d)")
_SHARE = re.compile(r"\s{0,9}(\d{1,9}(?:\.\d{0,9})?)\s{0,9}%?\s{0,9}")
_PART = re.compile(r"[a-z0-9]+")


def finding_form(item: Mapping[str, object], known: Collection[str]) -> tuple[dict[str, object], tuple[str, ...]]:
    """An item of `findings` in the agreed form, and its notes. `known` names the form's fields; others are passed over.

    `path`, `quote` and `title` are left out where there is none, so that the form refuses the item.
    """
    reading = _Reading(item)
    form = reading.plain(known)
    for field, limit in (("quote", MAX_TEXT), ("title", MAX_TITLE)):
        if (text := reading.text(field, limit)) is not None:
            form[field] = text
    for field in ("explanation", "suggestion"):
        form[field] = reading.text(field, MAX_TEXT) or ""
    form |= reading.lines()
    form |= {field: reading.word(field) for field in _WORDS}
    form |= {"origin": reading.word("origin"), "absent": reading.absent(), "replacement": reading.replacement()}
    return form, tuple(reading.notes)


def verdict_form(item: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """An item of `verdicts` in the agreed form. What was read differently is said in its explanation."""
    reading = _Reading(item)
    form = reading.plain(known) | reading.lines()
    key = reading.value("finding")
    if isinstance(key, int) and not isinstance(key, bool):  # a key may have no letters
        form["finding"] = str(key)[: MAX_NAME + 1]
    form["path"] = form.get("path", "")
    form["quote"] = reading.text("quote", MAX_TEXT) or ""
    form["ruling"] = reading.word("ruling")
    notes = [note for note in reading.notes if note.startswith("ruling ")]
    explanation = reading.text("explanation", MAX_TEXT) or ""
    form["explanation"] = "".join(f"The {note}. " for note in notes) + explanation if notes else explanation
    return form


def quote_form(item: Mapping[str, object], known: Collection[str]) -> dict[str, object]:
    """An item of a reply's `quotes` in the agreed form."""
    reading = _Reading(item)
    form = reading.plain(known) | reading.lines()
    if (text := reading.text("quote", MAX_TEXT)) is not None:
        form["quote"] = text
    return form


def as_text(value: object) -> str | None:
    """A text, or the lines of one as a list has them; None where it is neither."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return None


class _Reading:
    """One item that is being read."""

    def __init__(self, item: Mapping[str, object]) -> None:
        self.notes: list[str] = []
        self._item = item
        self._by_name = {_squeezed(name): name for name in item}

    def value(self, field: str) -> object:
        """What stands under the field's name, or under another one for it; None for nothing."""
        names = (field, *(self._by_name.get(other, "") for other in (_squeezed(field), *_table()["fields"].get(field, ()))))
        return next((self._item[name] for name in names if self._item.get(name) is not None), None)

    def plain(self, known: Collection[str]) -> dict[str, object]:
        """The fields of the form that are texts."""
        return {field: value for field in known if isinstance(value := self.value(field), str)}

    def text(self, field: str, limit: int) -> str | None:
        """A text within the limit; None where there is none."""
        value = self.value(field)
        text = as_text(value)
        if text is None:
            if value not in (None, [], {}, False):
                self.notes.append(f"{field} is not a text, and was left out")
            return None
        if len(text) > limit:
            self.notes.append(f"{field} was longer than {limit} characters, and was cut")
            return text[: limit - 2].rstrip() + " …" if field != "quote" else text[:limit].rpartition("\n")[0] or text[:limit]
        return text

    def lines(self) -> dict[str, object]:
        """First and last line; 0 where nobody can tell."""
        first, last = (list(_line_numbers(self.value(field))) for field in _LINES)
        if not first:
            self.notes.append("start_line was not given as a line number; the quote alone says which lines are meant")
        start = next(iter(first or last), 0)
        return {"start_line": start, "end_line": (last or first or [start])[-1]}

    def word(self, field: str) -> str | None:
        """One of the field's words; None where it has no `otherwise` and says none of them."""
        value = self.value(field)
        table = _table()[field]
        word = _share_word(value) if field == "confidence" else None
        word = word or _synonym(field, value)
        chosen: str | None = word or table.get("otherwise")
        if value is None:
            if chosen is not None:
                self.notes.append(f"{field} is missing, and read as {chosen}")
        elif chosen is None:
            self.notes.append(f"{field} {_shown(value)} is not one of the known words, and was left out")
        elif not isinstance(value, str) or _normal(value) != _normal(chosen):
            self.notes.append(f"{field} {_shown(value)} read as {chosen}")
        return chosen

    def absent(self) -> list[dict[str, str]]:
        """What is said to be missing. All of it or nothing: a finding is dropped when all of the names it has are found."""
        value = self.value("absent")
        items = [value] if isinstance(value, dict) else value
        if not items:
            return []
        read = [_absence(item) for item in items] if isinstance(items, list) and len(items) <= MAX_ABSENT else [None]
        if None in read:
            self.notes.append("absent could not be read, and was left out")
            return []
        return [entry for entry in read if entry is not None]

    def replacement(self) -> str | None:
        """The lines to put in the place of the quoted ones; None where there are none, or too many."""
        value = self.value("replacement")
        text = as_text(value)
        if value is not None and (text is None or len(text) > MAX_TEXT):
            self.notes.append("replacement could not be read, and was left out")
            return None
        return text


def _absence(item: object) -> dict[str, str] | None:
    if not isinstance(item, dict):
        return None
    how, name = _synonym("how", item.get("how")), item.get("name")
    readable = isinstance(name, str) and name.strip() and len(name) <= MAX_NAME
    return {"how": how, "name": str(name)} if how is not None and readable else None


def _line_numbers(value: object) -> Iterator[int]:
    """The line numbers that a value has: `12`, `12.0`, `"12"`, `"L12-L14"`, `[12, 14]`."""
    match value:
        case bool():
            return
        case int() if 0 <= value <= MAX_LINE:
            yield value
        case float() if value.is_integer() and 0 <= value <= MAX_LINE:
            yield int(value)
        case str() if "-" not in value[:1]:
            yield from (number for found in _NUMBER.findall(value[:_SHOWN]) if (number := int(found)) <= MAX_LINE)
        case [first, *_, last]:
            yield from (number for end in (first, last) if not isinstance(end, list) for number in _line_numbers(end))
        case _:
            return


def _share_word(value: object) -> str | None:
    """The confidence that a number from 0 to 1, or from 0 to 100, stands for."""
    if isinstance(value, str):
        found = _SHARE.fullmatch(value)
        number = float(found[1]) / (_PERCENT if "%" in value else 1) if found else None
    else:
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if number is None or not 0 <= number <= _PERCENT or _FRACTION < number <= _SCORES:
        return None
    share = number if number <= _FRACTION else number / _PERCENT
    return "high" if share >= _HIGH else "medium" if share >= _MEDIUM else "low"


def _synonym(field: str, value: object) -> str | None:
    """The field's word that a value says; None where it says none, or several.

    Words of a ruling and of an origin are never read out of longer ones (`not refuted`).
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        return None
    words = _synonyms(field)
    said = _normal(value)
    if said in words or field not in _WORDS:
        return words.get(said)
    parts = _PART.findall(said)
    found = {words[part] for part in parts if part in words}
    return found.pop() if len(found) == 1 and not {"not", "no", "non"} & set(parts) else None


def _normal(word: str) -> str:
    return " ".join(word[: 2 * _SHOWN].lower().replace("_", " ").replace("-", " ").split()).strip(" .!\"'`")


def _squeezed(name: str) -> str:
    return name[: 2 * _SHOWN].lower().replace("_", "").replace("-", "").replace(" ", "")


def _shown(value: object) -> str:
    """An answer's own word as a note repeats it."""
    if isinstance(value, str):
        return f'"{printable(value, _SHOWN)}"'
    return str(value)[:_SHOWN] if isinstance(value, int | float) else "of another kind"


def printable(text: str, most: int) -> str:
    """The beginning of a text on one line, without what a terminal or a page could take for more than letters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 1] + "…"


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("reviewer").joinpath("reply/synonyms.toml").read_text("utf-8"))


@cache
def _synonyms(field: str) -> Mapping[str, str]:
    """What stands for each word of a field, and the word itself."""
    words: Mapping[str, str | Sequence[str]] = _table()[field]
    return {_normal(other): word for word, others in words.items() if not isinstance(others, str) for other in (word, *others)}
