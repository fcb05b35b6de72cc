"""What all requests of a run share, as SHA-256: a process that goes on must share it too, or it would pay for all of it again."""

from __future__ import annotations

import hashlib
import json

from reviewer.engine.interface import Prompt
from reviewer.run_record import Prefix


def prefix_of(prompt: Prompt) -> Prefix:
    """The digests of a prompt's prefix: everything before its question, and what the provider's cache depends on besides."""
    frame = json.dumps([prompt.model, prompt.schema, prompt.effort, prompt.thinking, prompt.structured], default=dict)
    documents = f"{prompt.documents}\0{prompt.cuts}"
    parts = [_sha256(text) for text in (frame, prompt.system, documents, prompt.change)]
    return Prefix(
        frame=parts[0],
        system=parts[1],
        documents=parts[2],
        change=parts[3],
        sha256=_sha256("".join(parts)),
        bytes=sum(len(_encoded(text)) for text in (prompt.system, prompt.documents, prompt.change)),
    )


def difference(old: Prefix, new: Prefix) -> str:
    """Which parts of the prefix are other ones than they were, in words; empty when none is."""
    names = {
        "the model or how it is asked": old.frame == new.frame,
        "the rules (another version of reviewer, or other templates)": old.system == new.system,
        "the files": old.documents == new.documents,
        "what was told after them": old.change == new.change,
    }
    return " and ".join(name for name, same in names.items() if not same)


def _sha256(text: str) -> str:
    return hashlib.sha256(_encoded(text)).hexdigest()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
