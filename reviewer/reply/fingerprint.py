"""A finding's name that survives moved lines and other words, so that two runs can be compared."""

from __future__ import annotations

from hashlib import sha256

from reviewer.findings import Category

_DIGITS = 16
"""64 bits: among a million findings of one repository two share a name with a chance of 3 in 100 million."""


def squeeze(code: str) -> str:
    """The code without any white space: what stays the same when it is indented or wrapped anew."""
    return "".join(code.split())


def fingerprint(category: Category, path: str, quote: str) -> str:
    """16 hex digits from what is wrong, where, and the quoted code without white space; not from the line, not from the prose."""
    parts = "\0".join((category.value, path, squeeze(quote)))
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def numbered(name: str, number: int) -> str:
    """The fingerprint of the `number`-th (from 1) of different defects that share the fingerprint `name`; the first keeps it."""
    return name if number == 1 else sha256(f"{name}\0{number}".encode()).hexdigest()[:_DIGITS]
