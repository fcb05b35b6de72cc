"""How many tokens a text is, about: in two public vocabularies, from counts of bytes alone."""

from __future__ import annotations

from reviewer.collect.snapshot import TextMeasure

ESTIMATOR_VERSION = 1
"""Part of the key under which measures are kept by blob: a new value for every change of features, weights or sampling."""

_WHOLE = 8192
_SLICES = 8
_SLICE = _WHOLE // _SLICES
_ASCII = bytes(range(128))
_CONTINUATION = bytes(range(0x80, 0xC0))
_CLASSES = bytes(
    ord("a")
    if 97 <= b <= 122
    else ord("A")
    if 65 <= b <= 90
    else ord("0")
    if 48 <= b <= 57
    else b
    if b in b"\n\t"
    else ord(".")
    if 33 <= b <= 126
    else ord(" ")
    for b in range(256)
)
_LETTERS = bytes(ord("a") if b in b"aA" else b for b in range(256))


def measure(data: bytes) -> TextMeasure:
    """Measure one text given as UTF-8 bytes. Bytes that are not UTF-8 are measured as something, never refused."""
    size = len(data)
    foreign = b"" if data.isascii() else data.translate(None, _ASCII)
    leads = len(foreign.translate(None, _CONTINUATION)) if foreign else 0
    if size > _WHOLE:
        step = (size - _SLICE) // (_SLICES - 1)
        sample = b"".join([data[at : at + _SLICE] for at in range(0, step * _SLICES, step)])
        scale = size / len(sample)
    else:
        sample, scale = data, 1.0
    classes = sample.translate(_CLASSES)
    letters = classes.translate(_LETTERS)
    words = letters.count(b" a") + letters.count(b".a") + letters.count(b"\na") + letters.count(b"\ta") + letters.count(b"0a")
    camel = classes.count(b"aA")
    punctuation = classes.count(b".")
    pairs = classes.count(b"..")
    digits = classes.count(b"0")
    lines = classes.count(b"\n")
    tabs = classes.count(b"\t")
    claude2 = 1.074 * words + 0.887 * camel + 1.372 * punctuation - 2.373 * pairs + 0.489 * digits + 0.676 * lines + 0.748 * tabs
    o200k = 1.0 * words + 0.595 * camel + 0.893 * punctuation - 1.411 * pairs + 0.72 * digits + 0.8 * lines + 0.483 * tabs
    return TextMeasure(
        characters=size - len(foreign) + leads,
        non_ascii=leads,
        claude2=max(0.0, claude2 * scale + 1.1 * leads),
        o200k=max(0.0, o200k * scale + 0.8 * leads),
    )
