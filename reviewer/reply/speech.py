"""What a finding's words say, in a form that can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reviewer.findings import Category, Finding

_MOST = 4_000
"""Characters of a text that are looked at: an explanation is asked for in five sentences."""
_WORD = re.compile(r"[^\W_]\w{2,40}")
_NAME = re.compile(r"\w*(?:_\w|[a-z][A-Z])\w*|\w+\(\)|`[^`\n]{1,80}`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """What a finding's words say."""

    category: Category
    terms: frozenset[str]
    named: frozenset[str]
    signature: tuple[str, ...]
    """Orders different defects of the same code: by what they are about, not by the lines, which move."""

    @classmethod
    def of(cls, finding: Finding) -> Speech:
        """What a finding says."""
        text = " ".join(part[:_MOST] for part in (finding.title, finding.explanation, finding.suggestion))
        terms = frozenset(word.lower()[:6] for word in _WORD.findall(text))
        named = frozenset(name.strip("`()") for name in _NAME.findall(text))
        return cls(category=finding.category, terms=terms, named=named, signature=(finding.title,))
