"""Whether a text shows a secret: slow, with the standard library's own decoders, and nothing of the program that is tested."""

from __future__ import annotations

import base64
import html
import re
import urllib.parse
from collections.abc import Iterator

SHORTEST = 12
"""Characters that may not be shown."""
PUBLIC = len("sk-ant-api03-")
"""What every key begins with is no secret."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){12,}")
_UNICODE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")


def shows(text: str, secret: str) -> bool:
    """Whether twelve characters of the secret can be read in the text, backwards or decoded."""
    pieces = {secret[at : at + SHORTEST] for at in range(len(secret) - SHORTEST + 1)} - {
        secret[:PUBLIC][at : at + SHORTEST] for at in (0, 1)
    }
    return any(piece in view for view in _views(text) for piece in pieces)


def _views(text: str) -> Iterator[str]:
    yield text
    yield text[::-1]
    plain = _UNICODE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    plain = html.unescape(urllib.parse.unquote(plain))
    yield plain
    yield plain.replace("\\", "").replace("\u200b", "")
    for run in _HEX.findall(text):
        yield bytes.fromhex(run).decode("latin-1")
    for run in _BASE64.findall(text):
        whole = run.replace("-", "+").replace("_", "/")
        for skipped in range(4):
            part = whole[skipped:]
            yield base64.b64decode(part[: len(part) - len(part) % 4]).decode("latin-1")
