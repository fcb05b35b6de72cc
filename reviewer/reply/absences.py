"""What a finding says does not exist: from the answer's own field, else from English sentences of a few fixed forms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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


_ONE = (
    r"(?:`(?P<ticked>[^`\n]{1,150})`(?:\(\))?+|[\"'](?P<quoted>[^\"'\s]{1,150})[\"']"
    r"|(?<![\w.:`])(?<!->)(?P<bare>\w++(?:(?:\.|::|->)\w++)*+(?:\(\))?+))"
)
_CODE_LIKE = re.compile(r"_|\.|::|->|[a-z][A-Z]|\(\)")
"""What tells a name from an English word, where it is neither in backticks nor in quotation marks."""
_KIND = (
    r"(?:function|method|class|attribute|constant|variable|symbol|name|identifier|key|option|flag|setting|helper|module|field|type|macro"
    r"|property|interface|struct|enum|trait|component|import|hook|procedure|routine)"
)
_THING = rf"(?:the\s+)?(?:(?:helper|private|public|new|static|exported|imported)\s+)?{_KIND}"
_NAMED = rf"(?:(?:the|a|an|any|new|this)\s+)?(?:{_KIND}\s+)?{_ONE}"
_END = (
    r"(?=\s*(?:$|[.;,:!)]|\s[-\u2013\u2014]\s|\b(?:anywhere|elsewhere|at\s+all|any\s?more|any\s+longer)\b"
    r"|\bin\s+(?:the|this)\s+(?:whole\s+|entire\s+)?(?:repository|repo|codebase|code\s?base|project|package|tree|file|module)\b))"
)
_LEFT = (
    r"(?:\s+(?:exists?|remains?|(?:is|are)\s+left|left|(?:(?:is|are|was|were|can\s+be|could\s+be)\s+)?found|"
    r"(?:is|are)\s+(?:present|available|missing)))?"
)
"""What may follow "no callers of X"."""
_FIND = r"(?:(?:could|can|did|do)(?:\s*not|n't)\s+(?:find|locate|see)|unable\s+to\s+(?:find|locate)|found\s+no|lacks?|missing)"
_NO = (
    rf"\b(?:(?:no|zero)|without(?:\s+any)?|{_FIND}(?:\s+(?:a|an|any|the))?)(?:\s+(?:remaining|other|more|known|visible|single))?"
)
_IS_NOT = (
    r"(?:(?:is|was|are|were)(?:\s+(?:not|never|nowhere|no\s+longer)|n't)|(?:has|have)(?:\s+(?:not|never)|n't)(?:\s+ever)?\s+been)"
)
_FULLY = r"(?:\s+(?:actually|ever|yet|even|being))?"
_USES = r"(?:callers?|call\s?sites?|references?|usages?|uses|users?|consumers?|calls)"
_TESTS = r"(?:(?:unit|automated|regression|integration|direct)\s+)?(?:tests?\s+coverage|tests?\s+cases?|tests?|coverage)"
_DEFINITION = r"(?:definition|declaration|implementation)s?"
_UNKNOWN = r"(?:undefined|undeclared|non-?existent|non-?existing|unresolved|inexistent)"
_FORMS: tuple[tuple[Absence, re.Pattern[str]], ...] = tuple(
    (absence, re.compile(form, re.IGNORECASE))
    for absence, forms in (
        (
            Absence.UNDEFINED,
            (
                rf"{_ONE}\s+{_IS_NOT}{_FULLY}\s+(?:defined|declared|implemented){_END}",
                rf"{_ONE}\s+(?:does\s+not|doesn't|did\s+not|didn't)(?:\s+(?:actually|even))?\s+exist{_END}",
                rf"{_ONE}\s+no\s+longer\s+exists{_END}",
                rf"\b{_UNKNOWN}\s+(?:{_KIND}\s+)?{_ONE}{_END}",
                rf"\b{_UNKNOWN}\s+{_KIND}\s+{_ONE}",
                rf"{_NO}\s+{_DEFINITION}\s+(?:of|for)\s+{_NAMED}{_LEFT}{_END}",
                rf"\b(?:definition|declaration)\s+(?:of|for)\s+{_NAMED}\s+(?:is\s+missing|(?:does\s+not|doesn't)\s+exist|was\s+not\s+found){_END}",
                rf"\b(?:no|missing)\s+(?:such\s+)?{_KIND}\s+(?:(?:named|called)\s+)?{_ONE}{_LEFT}{_END}",
                rf"\b(?:nothing|nobody|no\s+(?:file|module|one))\s+(?:defines|declares|implements)\s+{_NAMED}{_END}",
                rf"{_ONE}\s+can(?:\s*not|'t)\s+be\s+(?:found|resolved){_END}",
                rf"{_ONE}\s+is\s+(?:undeclared|non-?existent){_END}",
            ),
        ),
        (
            Absence.UNUSED,
            (
                rf"{_ONE}\s+{_IS_NOT}{_FULLY}\s+(?:called|used|referenced|invoked){_END}",
                rf"{_ONE}\s+is\s+(?:unused|unreferenced|uncalled|dead|dead\s+code|unreachable|never\s+reached){_END}",
                rf"{_ONE}\s+has\s+(?:no|zero)\s+(?:(?:remaining|other|more|known)\s+)?{_USES}{_LEFT}{_END}",
                rf"{_ONE}\s+(?:lacks|is\s+without)\s+(?:any\s+)?{_USES}{_END}",
                rf"{_NO}\s+{_USES}\s+(?:of|to|for)\s+{_NAMED}{_LEFT}{_END}",
                rf"\b(?:nothing|nobody|no\s+one|no\s+code|no\s+(?:other\s+)?(?:file|module|caller))\s+(?:else\s+)?"
                rf"(?:calls|uses|references|invokes)\s+{_NAMED}{_END}",
                rf"\b(?:unused|unreferenced|uncalled|unreachable|dead)\s+{_KIND}\s+{_ONE}{_END}",
                rf"\b(?:unused|dead\s+code|unreachable(?:\s+code)?):?\s+{_NAMED}{_END}",
            ),
        ),
        (
            Absence.UNIMPORTED,
            (
                rf"{_ONE}\s+(?:{_IS_NOT}|(?:is|was)\s+(?:used|called|referenced)\s+but\s+(?:(?:is|was)\s+)?(?:not|never)){_FULLY}\s+imported{_END}",
                rf"\b(?:missing|no|lacks?\s+(?:an|the))\s+import(?:\s+statement)?(?::|\s+(?:of|for))?\s+{_NAMED}{_END}",
                rf"\bmissing\s+{_ONE}\s+import{_END}",
                rf"\bimport\s+(?:of|for)\s+{_NAMED}\s+is\s+missing{_END}",
                rf"\bwithout\s+importing\s+{_NAMED}{_END}",
                rf"\b(?:(?:does\s+not|doesn't|never|forgets\s+to|fails\s+to|forgot\s+to)\s+imports?|never\s+imports)\s+{_NAMED}{_END}",
                rf"{_ONE}\s+is\s+used\s+without\s+(?:being\s+imported|an\s+import|importing\s+it){_END}",
            ),
        ),
        (
            Absence.UNTESTED,
            (
                rf"{_NO}\s+{_TESTS}\s+(?:(?:exists?\s+)?(?:for|of|covers?|exercises?|calls?|covering|exercising))\s+{_NAMED}{_LEFT}{_END}",
                rf"{_ONE}\s+(?:has\s+no|lacks(?:\s+any)?|is\s+without(?:\s+any)?)\s+{_TESTS}{_END}",
                rf"{_ONE}\s+is\s+untested{_END}",
                rf"{_ONE}\s+{_IS_NOT}{_FULLY}\s+(?:tested|(?:covered|exercised)(?:\s+by\s+(?:(?:any|a|the)\s+)?(?:unit\s+)?tests?)?){_END}",
                rf"\btests\s+for\s+{_NAMED}\s+are\s+missing{_END}",
                rf"\bnothing\s+(?:tests|exercises)\s+{_NAMED}{_END}",
                rf"\buntested\s+{_KIND}\s+{_ONE}{_END}",
            ),
        ),
    )
    for form in forms
)
_LONGEST_SENTENCE = 1_000
_LOOKED_BACK = 6
"""Words before a name that may say of what it is the name."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_CONDITIONAL = re.compile(
    r"\b(?:if|when|whenever|unless|while|until|once|case|may|might|could|can|would|should|whether|where|assuming|suppose|otherwise|before|after"
    r"|during|branch(?:es)?|paths?|first|again|sometimes|on\s+some|for\s+some)\b",
    re.IGNORECASE,
)
_BESIDE = frozenset({
    "of", "from", "by", "in", "into", "for", "to", "with", "on", "at", "via", "than", "through", "under", "inside", "like", "as", "calls", "call",
    "returns", "uses", "using", "calling", "returning", "or", "nor", "and", "not", "no", "only", "field's", "every", "each", "some",
})  # fmt: skip
"""Words before a name with which what is said is said of something else, or of several things: `the result of x is never used`."""
_SKIPPED = frozenset({
    "the", "a", "an", "this", "that", "new", "private", "public", "static", "exported", "imported", "helper", "function", "method", "class",
    "attribute", "constant", "variable", "symbol", "name", "identifier", "key", "option", "flag", "setting", "module", "field", "type", "macro",
    "property", "interface", "struct", "enum", "trait", "component", "import", "hook",
})  # fmt: skip
_KINDS = [
    [kind] for kind in _SKIPPED - {"the", "a", "an", "this", "that", "new", "private", "public", "static", "exported", "imported"}
]
_FILE = re.compile(
    r".*\.(?:py|js|ts|tsx|json|ya?ml|toml|md|txt|ini|cfg|env|sql|html|css|sh|go|rs|java|xml|lock|log|csv)",
    re.IGNORECASE | re.DOTALL,
)


def _in_prose(claim: Claim) -> Iterator[Absent]:
    """`x` is never defined when …` speaks of some runs, not of the code: a form counts only at the end of what is said, and without an if."""
    for sentence in (claim.title, *_SENTENCE.split(claim.explanation)):
        for absence, form in _FORMS:
            for match in form.finditer(sentence[:_LONGEST_SENTENCE]):
                if name := _claimed(sentence[:_LONGEST_SENTENCE], match):
                    yield Absent(absence, name)


def _claimed(sentence: str, match: re.Match[str]) -> str:
    """The name that is said to be missing; empty where the sentence says so only of some runs, or of something else."""
    kind = next(kind for kind in ("ticked", "quoted", "bare") if match[kind])
    name = match[kind]
    if kind == "bare" and not _CODE_LIKE.search(name):
        return ""
    if _CONDITIONAL.search(sentence, 0, match.start()) or _CONDITIONAL.search(sentence.partition(".")[0], match.end()):
        return ""
    if match.start(kind) - match.start() > len("`"):
        return name
    before = sentence[: match.start()].lower().split()[-_LOOKED_BACK:]
    # What `config.json does not exist` speaks of is a file, and what `user` does not, may be a record.
    vague = match.group().endswith(("exist", "exists")) and (
        _FILE.fullmatch(name) or (before[-1:] not in _KINDS and not _CODE_LIKE.search(match.group()))
    )
    while before and before[-1] in _SKIPPED:
        before.pop()
    return "" if vague or _is_beside(before) else name


def _is_beside(before: Sequence[str]) -> bool:
    """Whether the words before a name make it part of something else that is spoken of."""
    last = before[-1].strip("`'\"") if before else ""
    return last in _BESIDE and not (last in {"and", "or"} and before[-2:-1] and before[-2].endswith(","))
