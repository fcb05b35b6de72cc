"""What a text quotes → lines that really stand in the files, and quotations of what is not there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reviewer.collect.secrets import mask
from reviewer.findings import Evidence
from reviewer.reply.ground import find_quotes
from reviewer.reply.masking import Masking
from reviewer.reply.statements import Quotation


@dataclass(frozen=True, slots=True)
class Checked:
    """The quotations of one text, held against the files."""

    found: tuple[Evidence, ...] = ()
    """Path, lines and text are the files' own, secrets masked. Each place once, in the order of the text."""
    missing: tuple[Quotation, ...] = ()
    """As they were stated: the file was not read, or the lines are not in it."""

    @property
    def number(self) -> int:
        """All of them."""
        return len(self.found) + len(self.missing)


def check(quotations: Iterable[Quotation], read: Callable[[str], str | None]) -> Checked:
    """Hold quotations against the files; `read` gives a file's text by its path, None when it is not among those that were read."""
    every = tuple(quotations)
    places = find_quotes(every, read)
    found = dict.fromkeys(map(Masking(read).evidence, filter(None, places)))
    missing = dict.fromkeys(
        dataclasses.replace(quotation, path=mask(quotation.path), quote=mask(quotation.quote))
        for quotation, place in zip(every, places, strict=True)
        if place is None
    )
    return Checked(tuple(found), tuple(missing))
