"""Whether a value that has the shape of a secret is one: placeholders, checksums, randomness.

Values are at most a few thousand characters (a key 16 kB), so plain string work is enough; nothing here sees more of a file than the
value and the piece of its line before it.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import tomllib
import zlib
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from typing import TypeAlias

from reviewer.findings import Confidence

Check: TypeAlias = Callable[[str, str], Confidence | None]
"""(value, text before it on its line) → the highest confidence it deserves, or None when it is no secret."""

_WORDS: dict[str, list[str]] = tomllib.loads(files(__package__).joinpath("secret_words.toml").read_text("utf-8"))
_STAND_INS = tuple(_WORDS["stand_ins"])
_SPEAKING_OF_ONE = frozenset(_WORDS["speaking_of_one"])
_SOMETHING_ELSE = frozenset(_WORDS["something_else"])
_WELL_KNOWN = frozenset(_WORDS["well_known"])
_PAIRS = frozenset(" ".join(_WORDS["pairs_of_letters"]).split())

_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LETTERS = re.compile(r"[a-z]{2,}")
_WORD_OF_NAME = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_BEFORE_NAME = re.compile(r"[\s\"'`=:(\[,{;<>!|&?]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST = re.compile(r"(?i)sha-?512|hash|digest|integrity|checksum| h1:")
_PASSWORD = re.compile(r"(?i)passw|passphrase|pwd|kennwort|contrase|senha|mot_?de_?passe|wachtwoord")
_KINDS_OF_CHARACTERS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[!@#%^&*+=?~]")))
_FEWEST_KINDS = 3
_CODE = re.compile(r"[(){}\[\]<>$\\]|^[\^.#/%@]|::|=>|[A-Za-z]\.[A-Za-z]")
_EXPRESSION = re.compile(r"[\[\]()]|^(?:None|null|nil|true|false|password)\b|^[a-z_]\w*\.[a-z_]")
_READABLE = re.compile(r"[\t\n\r -~\u00a0-\uffff]+")
_ENDS = "0123456789_-!.*"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HEX = frozenset("0123456789abcdef")

_FEWEST_BITS = 2.5  # a character: below lie deadbeefdeadbeef and abcabcabc…; 16 random hexadecimal digits have 3.2 on average
_BITS_FROM = 16  # characters; shorter values have too few for entropy to say anything
_RANDOM_BITS = 3.0
_LONGEST_PIECES = 2.9  # characters on average; base62 has 1.7, hexadecimal 2.1, identifiers 4 and more
_FEWEST_PIECES = 3
_FEWEST_PAIRS = 8
_WORDLIKE = (
    0.6  # of the pairs: of 4,218 quoted strings with a digit in eight repositories 2 % are below, of random ones 48 to 98 %
)
_GITHUB_RANDOM, _GITHUB_CHECKSUM = 30, 6  # characters
_BARE = 20  # characters
_SHORTEST_TOKEN = 12  # characters; passwords, which people choose, are shorter than what machines make


def is_stand_in(value: str) -> bool:
    """Whether a value only shows where a secret goes: `xxxx…`, `${TOKEN}`, `<key>`, AWS's own …EXAMPLE, one character repeated."""
    folded = value.casefold()
    if any(mark in folded for mark in _STAND_INS) or len(set(folded)) < min(5, len(folded)):
        return True
    return len(value) >= _BITS_FROM and bits_per_character(value) < _FEWEST_BITS


def bits_per_character(value: str) -> float:
    """Shannon entropy of the characters of `value`."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values()) if total else 0.0


def looks_random(value: str) -> bool:
    """Whether `value` is more like the output of a generator than like words.

    Identifiers, paths and sentences fall into pieces of four letters and more; base64, hexadecimal and generated passwords into pieces of
    one to two and a half.
    """
    pieces = _PIECE.findall(value)
    if len(pieces) < _FEWEST_PIECES or bits_per_character(value) < min(_RANDOM_BITS, math.log2(len(value)) * 0.8):
        return False
    if all(piece.isdigit() for piece in pieces) or not any(piece.isdigit() for piece in pieces):
        return False
    return sum(map(len, pieces)) / len(pieces) < _LONGEST_PIECES or _is_unlike_words(value)


def _is_unlike_words(value: str) -> bool:
    """Whether letters follow each other as chance has it; letters of one case, with few digits between them, make long pieces."""
    runs = _LETTERS.findall(value.casefold())
    pairs = [first + second for run in runs for first, second in pairwise(run)]
    return (
        len(value) >= _BITS_FROM
        and len(pairs) >= _FEWEST_PAIRS
        and sum(pair in _PAIRS for pair in pairs) < _WORDLIKE * len(pairs)
    )


def _github_checksum(value: str, _before: str) -> Confidence | None:
    """Prefix, 30 random characters, 6 of CRC-32 in base 62; fine-grained and longer tokens have another, unpublished layout."""
    body = value.partition("_")[2]
    if value.startswith("github_pat_") or len(body) != _GITHUB_RANDOM + _GITHUB_CHECKSUM:
        return Confidence.HIGH
    number, digits = zlib.crc32(body[:_GITHUB_RANDOM].encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return Confidence.HIGH if digits.rjust(_GITHUB_CHECKSUM, "0") == body[_GITHUB_RANDOM:] else Confidence.LOW


def _base64_not_hex(value: str, _before: str) -> Confidence | None:
    return Confidence.HIGH if not _HEX.issuperset(value.lower()) and looks_random(value) else None


def _random(value: str, _before: str) -> Confidence | None:
    return Confidence.HIGH if looks_random(value) else None


def _no_digest(_value: str, before: str) -> Confidence | None:
    """64 bytes in base64 may also be a SHA-512, which package managers write into their lock files."""
    return None if _DIGEST.search(before) else Confidence.MEDIUM


def _jwt(value: str, _before: str) -> Confidence | None:
    header = value.partition(".")[0]
    try:
        decoded = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except ValueError:
        return Confidence.LOW
    return Confidence.MEDIUM if isinstance(decoded, dict) and "alg" in decoded else Confidence.LOW


def _jwt_in_base64(value: str, _before: str) -> Confidence | None:
    try:
        token = base64.urlsafe_b64decode(
            value.replace("+", "-").replace("/", "_").rstrip("=") + "=" * (-len(value.rstrip("=")) % 4)
        )
    except ValueError:
        return None
    return Confidence.MEDIUM if token.startswith(b"ey") and b".ey" in token else None


def _basic(value: str, _before: str) -> Confidence | None:
    try:
        user, colon, password = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return _password(password, user) if colon and (user + password).isprintable() else None


def _password(value: str, before: str) -> Confidence | None:
    """A password a person may have chosen: anything but the well-known dummies, a repeated user name or a variable."""
    bare = value.casefold().strip(_ENDS)
    if not bare or bare in _WELL_KNOWN or value.startswith(("$", "%", "@", "{", "*", "[")) or before.rstrip(":").endswith(value):
        return None
    return Confidence.MEDIUM if looks_random(value) else Confidence.LOW


def _connection(value: str, before: str) -> Confidence | None:
    """The same form is how many languages pass an argument: `password=self.password)`."""
    return None if _EXPRESSION.search(value) else _password(value, before)


def _is_name_of_secret(before: str) -> bool:
    """Whether the name that is given the value is one for secrets themselves, not for their hash, address or length."""
    pieces = _BEFORE_NAME.split(before.rstrip(" \t\"'`=:(,>bBrRuUL@)]\\"))
    name = next((piece for piece in reversed(pieces) if piece and piece.casefold() != "value"), "")
    words = [word.lower() for word in _WORD_OF_NAME.findall(name)]
    return not words or not (words[-1] in _SPEAKING_OF_ONE or _SOMETHING_ELSE.intersection(words))


def _assigned(value: str, before: str) -> Confidence | None:
    if not _is_name_of_secret(before) or "://" in value or value.startswith(("/", "./", "#", "@", "$", "%")):
        return None
    if not looks_random(value) or (len(value) < _SHORTEST_TOKEN and not _PASSWORD.search(before)):
        return _chosen(value, before) if _PASSWORD.search(before) else None
    return Confidence.LOW if _UUID.fullmatch(value) else Confidence.MEDIUM


def _assigned_bare(value: str, before: str) -> Confidence | None:
    """Without quotes it may be code."""
    return _assigned(value, before) if len(value) >= _BARE else None


def _made_by_a_machine(value: str, before: str) -> Confidence | None:
    """Beside a vendor's name only: neither a checksum nor a name."""
    return Confidence.LOW if looks_random(value) and _is_name_of_secret(before) and not _DIGEST.search(before) else None


def _chosen(value: str, before: str) -> Confidence | None:
    """A password as people choose them when a form asks for three kinds of characters: `Summer2019!`."""
    kinds = sum(bool(pattern.search(value)) for pattern in _KINDS_OF_CHARACTERS)
    if (
        kinds < _FEWEST_KINDS
        or _CODE.search(value)
        or not _is_name_of_secret(before)
        or value.casefold().strip(_ENDS) in _WELL_KNOWN
    ):
        return None
    return Confidence.LOW


def _header(value: str, _before: str) -> Confidence | None:
    if looks_random(value):
        return Confidence.MEDIUM
    return Confidence.LOW if any(map(str.isdigit, value)) and any(map(str.isalpha, value)) else None


def _manifest(value: str, _before: str) -> Confidence | None:
    """Base64 of something that can be read, or of a key."""
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return Confidence.LOW if looks_random(value) else None
    return Confidence.MEDIUM if _READABLE.fullmatch(text) else None


CHECKS: dict[str, Check] = {
    "": lambda _value, _before: Confidence.HIGH,
    "GitHub checksum": _github_checksum,
    "base64, not hex": _base64_not_hex,
    "no digest": _no_digest,
    "random": _random,
    "JWT": _jwt,
    "JWT in base64": _jwt_in_base64,
    "basic": _basic,
    "password": _password,
    "connection": _connection,
    "assigned": _assigned,
    "assigned bare": _assigned_bare,
    "made by a machine": _made_by_a_machine,
    "chosen": _chosen,
    "header": _header,
    "manifest": _manifest,
}
"""The names that `secret_formats.toml` may use."""
