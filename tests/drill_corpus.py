"""The attacks of the injection drills, as data: `drills/attacks.toml`.

By hand: `python tests/drill_corpus.py` prints how many attacks there are, by place and goal, as a Markdown table.
"""

from __future__ import annotations

import base64
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "drills" / "attacks.toml"
ME = "{me}"
_ORDER = re.compile(r"order=([a-z0-9]+(?:-[a-z0-9]+)*)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_LATIN, _CYRILLIC = "aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack; what each field means stands at the head of the corpus."""

    id: str
    after: str
    place: str
    goal: str
    text: str
    says: str = ""
    manner: str = "words"
    shape: str = ""
    hide: str = ""
    file: str = ""
    target: str = ""
    submodule: bool = False
    unseen: bool = False
    path: str = ""
    quote: str = ""
    replacement: str = ""
    severity: str = "high"
    start_line: int = 0

    @property
    def order(self) -> str:
        """How the obeying model knows this attack."""
        return f"order={self.id}"

    def named(self, text: str) -> str:
        """The text with the attack's own mark in it."""
        return text.replace(ME, self.order)

    @property
    def planted(self) -> str:
        """The text as it stands in its place: with its mark, and hidden where it is to be."""
        text = self.named(self.text)
        return _HIDDEN[self.hide](text) if self.hide else text


def attacks() -> tuple[Attack, ...]:
    """The whole corpus."""
    return tuple(Attack(**row) for row in tomllib.loads(CORPUS.read_text("utf-8"))["attack"])


def orders_in(text: str) -> set[str]:
    """Whom a model that reads everything obeys: the ids of all attacks that a text holds, hidden ones too."""
    return {found for reading in _readings(text) for found in _ORDER.findall(reading)}


def _readings(text: str) -> Iterator[str]:
    yield text
    yield "".join(chr(ord(it) - 0xE0000) for it in text if 0xE0020 <= ord(it) < 0xE007F)
    yield "".join(chr(ord(it) - 0xE0100) for it in text if 0xE0120 <= ord(it) <= 0xE01EF)
    yield re.sub("[\u200b-\u200d\u2060\ufeff]", "", text)
    yield text.translate(str.maketrans(_CYRILLIC, _LATIN))
    yield text[::-1]
    for word in _BASE64.findall(text):
        yield base64.b64decode(word + "=" * (-len(word) % 4)).decode("utf-8", "ignore")


_HIDDEN: Mapping[str, Callable[[str], str]] = {
    "tags": lambda text: f"# A note.{''.join(chr(0xE0000 + ord(it)) for it in text)}\n",
    "variation selectors": lambda text: f"# A note.{''.join(chr(0xE0100 + ord(it)) for it in text)}\n",
    "zero-width": lambda text: "# A note. " + "\u200b".join(text) + "\n",
    "bidi": lambda text: f"# A note. \u202e{text[::-1]}\u202c\n",
    "base64": lambda text: f'BLOB = "{base64.b64encode(text.encode()).decode()}"\n',
    "homoglyphs": lambda text: f"p\u0430y = 1  # {text.translate(str.maketrans(_LATIN, _CYRILLIC))}\n",
}


def table(corpus: Iterable[Attack]) -> str:
    """Attacks by place (down) and goal (across), as Markdown."""
    rows = list(corpus)
    goals = sorted({it.goal for it in rows})
    counts = Counter((it.place, it.goal) for it in rows)
    places = Counter(it.place for it in rows)
    lines = [f"| place | {' | '.join(goals)} | all |", "| --- |" + " ---: |" * (len(goals) + 1)]
    for place, number in places.most_common():
        lines.append(f"| {place} | {' | '.join(str(counts[place, goal] or '') for goal in goals)} | {number} |")
    sums = Counter(it.goal for it in rows)
    return "\n".join([*lines, f"| all | {' | '.join(str(sums[goal]) for goal in goals)} | {len(rows)} |"])


if __name__ == "__main__":
    sys.stdout.write(table(attacks()) + "\n")
