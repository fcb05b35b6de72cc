"""What a finding says does not exist: from the answer's own field, else from English sentences of a few fixed forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.findings import Absence, Absent, Claim

_LEAST = 3
"""Letters of a name that is looked for: shorter ones stand everywhere."""
_KEYWORDS = frozenset({
    "abstract", "all", "and", "any", "args", "array", "assert", "async", "await", "bool", "boolean", "break", "byte", "case", "catch", "char",
    "class", "cls", "const", "constructor", "continue", "data", "def", "default", "defer", "del", "delete", "dict", "double", "elif", "else",
    "end", "enum", "error", "except", "export", "extends", "extern", "false", "final", "finally", "float", "for", "foreach", "from", "func",
    "function", "get", "global", "goto", "impl", "implements", "import", "include", "init", "instanceof", "int", "interface", "isinstance",
    "kwargs", "lambda", "len", "let", "list", "long", "main", "map", "match", "module", "mut", "namespace", "new", "nil", "none", "nonlocal",
    "not", "null", "object", "override", "package", "pass", "print", "private", "protected", "public", "pub", "raise", "range", "readonly",
    "record", "require", "return", "self", "set", "short", "signed", "sizeof", "static", "str", "string", "struct", "super", "switch", "test",
    "tests", "this", "throw", "throws", "trait", "true", "try", "tuple", "type", "typedef", "typeof", "undefined", "union", "unsafe", "unsigned",
    "use", "using", "val", "value", "var", "virtual", "void", "volatile", "where", "while", "with", "yield",
})  # fmt: skip
"""Words of many languages, and names so common that finding them proves nothing."""
_OWN = frozenset({"self", "this", "cls", "super", "static", "parent"})


@dataclass(frozen=True, slots=True)
class Name:
    """A name as code writes it, taken apart."""

    last: str
    """What is looked for."""
    owner: str = ""
    """The class, module or object before it; empty when there is none."""
    of_self: bool = False
    """Whether it was written as a member of the object itself."""


_HEADER = re.compile(r"(?:.*/)?([\w+-]{1,80}\.(?:h|hh|hpp|hxx))", re.DOTALL)
_SPLIT = re.compile(r"\.|::|->|#|\\")
_BARE = re.compile(r"[^\W\d][\w$-]{0,150}[?!]?")


def name_of(written: str) -> Name | None:
    """The name in `written` (`foo`, `Foo.bar()`, `$this->foo`, `--some-option`); None when it is none, or none worth looking for."""
    if header := _HEADER.fullmatch(written.strip(" `'\"<>")):
        return Name(header[1])
    bare = re.split(r"[(<\[]", written.strip().strip("`'\"").lstrip("-$@&*:/."), maxsplit=1)[0].strip().rstrip(".:,;")
    parts = [part.strip("$@&* ") for part in _SPLIT.split(bare)]
    parts = [part for part in parts if part and part != "prototype"]
    if not parts or not all(_BARE.fullmatch(part) for part in parts):
        return None
    last, owners = parts[-1], parts[:-1]
    if len(last) < _LEAST or last.lower() in _KEYWORDS or (last.startswith("__") and last.endswith("__")):
        return None
    owner = owners[-1] if owners else ""
    return Name(last, "" if owner in _OWN else owner, of_self=owner in _OWN)


def absences(claim: Claim) -> tuple[Absent, ...]:
    """What the claim says is missing: its `absent`, and only where that is empty what its title and explanation say in English."""
    return claim.absent or tuple(dict.fromkeys(_in_prose(claim)))


_ONE = r"(?:`([^`\n]{1,150})`|(?<![\w.:`])(?<!->)(\w++(?:(?:\.|::|->)\w++)*+(?:\(\))?+))"
_CODE_LIKE = re.compile(r"_|\.|::|->|[a-z][A-Z]|\(\)")
"""What tells a name from an English word, where it does not stand in backticks."""
_THING = (
    r"(?:the\s+)?(?:(?:helper|private|public|new|static|exported|imported)\s+)?"
    r"(?:function|method|class|attribute|constant|variable|symbol|name|identifier|key|option|flag|setting|helper|module|field|type|macro"
    r"|property|interface|struct|enum|trait|component|import)"
)
_END = (
    r"(?=\s*(?:$|[.;,:!)]|\s[-\u2013\u2014]\s|\banywhere\b|\bat\s+all\b|\bin\s+(?:the|this)\s+(?:whole\s+|entire\s+)?"
    r"(?:repository|repo|codebase|code\s+base|project|package)\b))"
)
_FORMS: tuple[tuple[Absence, re.Pattern[str]], ...] = tuple(
    (absence, re.compile(form, re.IGNORECASE))
    for absence, forms in (
        (
            Absence.UNDEFINED,
            (
                rf"{_ONE}\s+(?:is|was|are)\s+(?:not|never)\s+(?:defined|declared|implemented){_END}",
                rf"{_ONE}\s+(?:isn't|is\s+n't)\s+(?:defined|declared){_END}",
                rf"\b{_THING}\s+{_ONE}\s+(?:does\s+not|doesn't)\s+exist{_END}",
                rf"\bundefined\s+(?:name|variable|function|method|symbol|identifier|class|constant)\s+{_ONE}{_END}",
                rf"\bno\s+(?:definition|declaration|implementation)\s+(?:of|for)\s+{_ONE}{_END}",
            ),
        ),
        (
            Absence.UNUSED,
            (
                rf"{_ONE}\s+is\s+(?:never|not)\s+(?:called|used|referenced|invoked){_END}",
                rf"{_ONE}\s+is\s+unused{_END}",
                rf"{_ONE}\s+has\s+no\s+(?:callers?|users?|call\s+sites?|references){_END}",
                rf"\bnothing\s+(?:calls|uses|references|invokes)\s+{_ONE}{_END}",
                rf"\bunused\s+(?:function|method|class|constant|helper)\s+{_ONE}{_END}",
            ),
        ),
        (
            Absence.UNIMPORTED,
            (
                rf"{_ONE}\s+is\s+(?:not|never)\s+imported{_END}",
                rf"\bmissing\s+import\s+(?:of|for|statement\s+for)\s+{_ONE}{_END}",
                rf"\bwithout\s+importing\s+{_ONE}{_END}",
                rf"{_ONE}\s+is\s+used\s+without\s+(?:being\s+imported|an\s+import|importing\s+it){_END}",
            ),
        ),
        (
            Absence.UNTESTED,
            (
                rf"\bno\s+(?:unit\s+)?tests?\s+(?:exists?\s+)?(?:for|of|covers?|exercises?|calls?)\s+{_ONE}{_END}",
                rf"{_ONE}\s+(?:is\s+(?:untested|(?:not|never)\s+tested|not\s+covered\s+by\s+(?:any\s+|a\s+)?tests?)|has\s+no\s+(?:unit\s+)?tests?){_END}",
            ),
        ),
    )
    for form in forms
)
_LONGEST_SENTENCE = 1_000
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CONDITIONAL = re.compile(
    r"\b(?:if|when|whenever|unless|while|until|once|case|may|might|could|can|would|whether|where|assuming|suppose)\b",
    re.IGNORECASE,
)


def _in_prose(claim: Claim) -> Iterator[Absent]:
    """`x` is never defined when …` speaks of some runs, not of the code: a form counts only at the end of what is said, and without an if."""
    for sentence in (claim.title, *_SENTENCE.split(claim.explanation)):
        for absence, form in _FORMS:
            for match in form.finditer(sentence[:_LONGEST_SENTENCE]):
                quoted, bare = match.groups()
                if (quoted or _CODE_LIKE.search(bare)) and not _CONDITIONAL.search(sentence, 0, match.start()):
                    yield Absent(absence, quoted or bare)
