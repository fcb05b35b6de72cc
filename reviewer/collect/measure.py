"""How many tokens a text is, about, in two public vocabularies: nine counts of bytes, weighted.

Counting is done on whole texts at once, seen as one large number: each byte becomes a set of class bits, so that "a letter after a
non-letter" is one shift and two ANDs over the whole text, and the answer one population count. That is several times faster than
anything that looks at one byte after another, and needs no decoding. `bench/tokens.py` measures how near it comes.
"""

from __future__ import annotations

from operator import mul

from reviewer.collect.snapshot import TextMeasure

ESTIMATOR_VERSION = 2
"""Part of the key under which measures are kept by blob: a new value for every change of features, weights or sampling."""

SAMPLED_ABOVE = 8192
"""Bytes. A longer text is judged by so many of its bytes, in slices spread evenly from its first to its last."""
_SLICES = 16

_LETTER, _UPPER, _LINE, _CONSONANT, _SPACE, _MARK, _DIGIT, _TAB = (1 << bit for bit in range(8))
"""The classes of an ASCII byte. Their order matters: a shift by 8 + n lays each byte's class over the class n further of the next byte."""


def _classes(byte: int) -> int:
    character = chr(byte)
    if not character.isascii():
        return 0
    if character.isalpha():
        vowel = character in "aeiouAEIOU"
        return _LETTER | (_UPPER if character.isupper() else 0) | (0 if vowel else _CONSONANT)
    if character.isdigit():
        return _DIGIT
    return {" ": _SPACE, "\n": _LINE, "\t": _TAB}.get(character, _MARK if character.isprintable() else 0)


def _everywhere(classes: int) -> int:
    return int.from_bytes(bytes([classes]) * SAMPLED_ABOVE, "little")


_TABLE = bytes(_classes(byte) for byte in range(256))
_LETTERS, _UPPERS, _LINES = _everywhere(_LETTER), _everywhere(_UPPER), _everywhere(_LINE)
_MARKS, _DIGITS, _TABS = _everywhere(_MARK), _everywhere(_DIGIT), _everywhere(_TAB)
_HARD = _everywhere(_DIGIT | _CONSONANT)

_PLAIN = 10
"""How many features ASCII has."""
_ASCII = bytes(range(0x80))
_CONTINUATION = bytes(range(0x80, 0xC0))
_SCRIPTS = (
    bytes(range(0xC2, 0xCB)),  # Latin with marks, IPA
    bytes(range(0xCB, 0xD5)),  # Greek, Cyrillic, Armenian
    bytes(range(0xD5, 0xE0)),  # Hebrew, Arabic
    bytes(range(0xE0, 0xE2)),  # India, Thai, Georgian
    b"\xe2\xee\xef",  # signs, arrows, boxes, full-width forms
    b"\xe3",  # Kana, CJK punctuation
    bytes(range(0xE4, 0xEA)),  # Han
    bytes(range(0xEA, 0xEE)),  # Hangul
    bytes(range(0xF0, 0xF5)),  # emoji and what else needs four bytes
)
"""The scripts of the characters above U+007F, told apart by the first byte of each."""
_SCRIPT_OF = bytes(next((number for number, leads in enumerate(_SCRIPTS, 1) if byte in leads), 0) for byte in range(256))

FEATURES = (
    *("bytes", "words", "numbers", "hard", "tabs", "set_off", "bare_lines", "marks", "mark_pairs", "dots"),
    *("latin", "greek_cyrillic", "hebrew_arabic", "indic", "signs", "kana", "han", "hangul", "four_bytes"),
)
"""What `features` counts, in its order."""
CLAUDE2_WEIGHTS = (
    0.015,
    1.045,
    1.023,
    0.449,
    1.427,
    0.087,
    1.300,
    1.106,
    -0.996,
    -0.196,
    2.737,
    0.534,
    1.178,
    1.835,
    0.242,
    0.997,
    0.961,
    1.393,
    1.764,
)
O200K_WEIGHTS = (
    0.043,
    0.791,
    1.420,
    0.362,
    0.874,
    0.558,
    1.904,
    0.694,
    -0.572,
    -0.318,
    0.572,
    0.176,
    0.316,
    0.254,
    0.091,
    0.596,
    0.631,
    0.611,
    2.851,
)


def measure(data: bytes) -> TextMeasure:
    """Measure one text given as UTF-8 bytes. Any other bytes are measured as something too, never refused."""
    counts = features(data)
    foreign = sum(counts[_PLAIN:])
    return TextMeasure(
        characters=len(data) if not foreign else len(data.translate(None, _CONTINUATION)),
        non_ascii=int(foreign),
        claude2=max(0.0, sum(map(mul, CLAUDE2_WEIGHTS, counts))),
        o200k=max(0.0, sum(map(mul, O200K_WEIGHTS, counts))),
    )


def features(data: bytes) -> list[float]:
    """The counts that `FEATURES` names; those of scripts are left off when there is nothing but ASCII.

    Scripts are counted over the whole text, the rest over the sample and scaled up.
    """
    size = len(data)
    if size <= SAMPLED_ABOVE:
        counts = _plain(data)
    else:
        counts = _plain(_sample(data))
        scale = size / SAMPLED_ABOVE
        counts = [count * scale for count in counts]
    if not data.isascii():
        scripts = data.translate(_SCRIPT_OF, _ASCII + _CONTINUATION)
        counts += [scripts.count(number) for number in range(1, len(_SCRIPTS) + 1)]
    return counts


def _sample(data: bytes) -> bytes:
    length = SAMPLED_ABOVE // _SLICES
    gap = (len(data) - length) // (_SLICES - 1)
    return b"".join([data[start : start + length] for start in range(0, gap * (_SLICES - 1) + 1, gap)])


def _plain(text: bytes) -> list[float]:
    """The counts of ASCII's features in a text of at most `SAMPLED_ABOVE` bytes."""
    here = int.from_bytes(text.translate(_TABLE), "little")
    again = here & here << 8  # the classes a byte shares with the one before it
    fresh = here ^ again  # the classes that begin here
    before = here << 9  # the class one bit lower, of the byte before
    twice = here << 10  # the class two bits lower, of the byte before
    pairs = again & _HARD
    return [
        len(text),
        (fresh & _LETTERS | fresh & _UPPERS & before).bit_count(),  # a word begins, or a hump of camelCase
        (fresh & _DIGITS).bit_count(),
        (pairs & pairs << 16).bit_count(),  # the fourth and later of a run of consonants or of digits: what no vocabulary holds
        (fresh & _TABS).bit_count(),
        (fresh & _MARKS & before | fresh & _DIGITS & twice).bit_count(),  # a mark or a number after a space
        (here & _LINES & twice).bit_count(),  # the end of a line that ends in a letter
        (here & _MARKS).bit_count(),
        (again & _MARKS).bit_count(),
        text.count(46),
    ]
