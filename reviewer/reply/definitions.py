"""What one line of code does with a name: defines it, imports it, or only says it in a comment. By the look of the line, in any language.

A line that looks like a definition and is none refutes a true finding, so a form is only taken where it can hardly be anything else;
what is missed costs nothing but a finding that is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from math import inf
from pathlib import PurePosixPath

PROSE = frozenset(
    {".md", ".markdown", ".rst", ".txt", ".adoc", ".asciidoc", ".org", ".tex", ".po", ".pot", ".log", ".csv", ".tsv"}
)
"""Suffixes of files that speak of code and hold none."""
DATA = frozenset({
    ".json", ".json5", ".jsonc", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".env", ".properties", ".xml", ".plist", ".tf", ".hcl",
})  # fmt: skip
"""Suffixes of files that hold settings: there a key is defined by standing before a colon or an equals sign."""
PYTHON = frozenset({".py", ".pyi", ".pyx"})
SCRIPTS = frozenset({".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro"})
"""JavaScript and TypeScript, alone and inside components."""
TYPED = frozenset({
    ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".mm", ".java", ".cs", ".dart", ".groovy", ".d", ".glsl", ".cu", ".proto",
    ".sol",
})  # fmt: skip
"""Suffixes of languages in which a function or field is declared by a type before its name."""
_HASH_COMMENTS = PYTHON | {".rb", ".sh", ".bash", ".zsh", ".pl", ".pm", ".r", ".jl", ".ex", ".exs", ".yaml", ".yml", ".toml", ".tf", ".mk", ".cmake", ".nix", ".cfg", ".ini", ".conf", ".env", ".properties"}  # fmt: skip

_MODIFIERS = (
    r"(?:(?:pub(?:lic)?|pub\([a-z ]{2,12}\)|private|protected|internal|static|final|abstract|async|export|default|declare|unsafe|inline"
    r"|constexpr|virtual|override|open|data|sealed|inner|partial|readonly|local|suspend|lazy|implicit|case|extern|fileprivate|required"
    r'|mutating|tailrec|operator|infix|external|expect|actual|value|annotation|my|our|global|"C"|@\w{1,40})\s+){0,8}'
)
_KEYWORDS = (
    r"(?:def|defp|defmacro|defmacrop|defmodule|defn|defn-|defun|defvar|class|function|func|fun|fn|struct|enum|union|trait|interface|type"
    r"|record|module|namespace|object|protocol|extension|macro|macro_rules!|const|let|let\s+rec|let\s+mut|static|static\s+mut|var|val|sub"
    r"|proc|message|service|rpc|variable|output|resource|using|typealias|actor|library|contract|event|modifier|mixin|newtype|instance)"
)
_OWNERS = r"(?:[\w$]{1,80}(?:\.|::?|#)){0,6}"
"""`self.`, `Type::`, `module.` before a name."""
_AFTER = r"(?=\s*(?:[(<:=\[{;,)!?|]|$)|\s+(?:extends|implements|with|of|is|struct|interface|func|map|chan|where|do|when|\*|\w+\s*[={(]?\s*$))"
_NO_TYPE = r"(?!(?:return|new|await|throw|else|goto|case|delete|import|using|package|yield|assert|typedef|include|if|while|for|switch|in|not|co_return)\b)"


@lru_cache(maxsize=2048)
def _forms(name: str) -> tuple[re.Pattern[str], ...]:
    """Forms that define `name` in most languages. Every repetition has a bound, and lines are short."""
    word = rf"[$@&*]?{re.escape(name)}(?![\w$])"
    return tuple(
        re.compile(form)
        for form in (
            rf"\s*\(?{_MODIFIERS}{_KEYWORDS}\*?\s+(?:\([^()]{{0,100}}\)\s*)?(?:<[^<>]{{0,100}}>\s*)?\*?\"?{_OWNERS}{word}\"?{_AFTER}",
            rf"\s*{_MODIFIERS}{_OWNERS}[\"']?{word}[\"']?\s*(?::[^=:]{{0,200}})?(?:=(?![=>~])|:=|<-|=>)",
            rf"\s*{_MODIFIERS}[\"']?{word}[\"']?\??\s*:(?:\s|$|[^:=])",
            rf"\s*{word}\s*::\s",
            rf"\s*#\s*define\s+{word}",
            rf"\s*typedef\b.{{0,300}}\b{word}\s*(?:;|\)|\[)",
            rf"\s*\}}\s*{word}\s*;",
            rf"\s*(?:attr_\w+|define_method|alias_method|scope|has_many|has_one|belongs_to|delegate|helper_method|let!?|field|property)\b"
            rf"[^#]{{0,200}}[:\"']{word}",
            rf"\s*define\s*\(\s*[\"']{word}",
            rf"(?:function\s+)?{word}\s*\(\s*\)\s*\{{?$",
            rf"\s*resource\s+\"\w+\"\s+\"{word}\"",
        )
    )


@lru_cache(maxsize=2048)
def _typed_forms(name: str) -> tuple[re.Pattern[str], ...]:
    word = rf"[*&~]{{0,3}}{_OWNERS}{re.escape(name)}(?!\w)"
    words = r"(?:[\w<>\[\],.?&*:@]{1,80}\s+){1,8}"
    return (
        re.compile(rf"\s*{_NO_TYPE}{words}{word}\s*(?:\(|\[[^\]]{{0,80}}\]|[;={{,]|$)"),
        re.compile(rf"{re.escape(name)}\s*\((?!.*;\s*$)"),
    )


@lru_cache(maxsize=2048)
def _method_form(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"\s*{_MODIFIERS}(?:get\s+|set\s+|\*\s*)?#?{re.escape(name)}\s*(?:<[^<>]{{0,80}}>)?\([^()]{{0,300}}\)\s*(?::[^{{]{{1,100}})?\{{"
    )


@lru_cache(maxsize=2048)
def _go_field(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"\s+{re.escape(name)}\s+[*\[\]\w.]{{1,80}}(?:\s+`.{{0,200}})?\s*$|\s+{re.escape(name)}\([^()]{{0,200}}\)[\s\w.*,()\[\]]{{0,100}}$"
    )


def suffix_of(path: str) -> str:
    """The suffix that says in what language a file is written, in lower case; of `.env` and the like the name itself."""
    name = PurePosixPath(path).name.lower()
    return PurePosixPath(name).suffix or (name if name.startswith(".") else "")


def without_comment(line: str, suffix: str) -> str:
    """The line up to its comment; empty for a line that is nothing else."""
    start = line.lstrip()
    if suffix in _HASH_COMMENTS:
        return "" if start.startswith("#") else line.partition(" # ")[0]
    if start.startswith(("//", "/*", "*", "--", ";;", "<!--", "%")) or (start.startswith("# ") and suffix not in TYPED):
        return ""
    return line.partition(" // ")[0].partition("/*")[0]


def defines(name: str, line: str, path: str) -> bool:
    """Whether a line of the file looks as if it defines or declares `name`."""
    suffix = suffix_of(path)
    code = without_comment(line, suffix).rstrip()
    if not code or suffix in PROSE or (suffix in PYTHON and _is_keyword_argument(code)):
        return False
    forms = _forms(name)
    if suffix in TYPED:
        forms += _typed_forms(name)
    elif suffix in SCRIPTS:
        forms += (_method_form(name),)
    elif suffix == ".go":
        forms += (_go_field(name),)
    return any(form.match(code) for form in forms)


def _is_keyword_argument(code: str) -> bool:
    """`    name=value,` in a call over several lines: by PEP 8 only arguments have no space before the equals sign."""
    return code[0].isspace() and re.match(r"\s+\w{1,200}=\S", code) is not None


_STRINGS = {'"': r"|\"(?:[^\"\\]|\\.)*+(\")?", "'": r"|'(?:[^'\\]|\\.)*+(')?"}
_MARKS = {
    (begin, quotes): re.compile(begin + "".join(_STRINGS[quote] for quote in quotes))
    for begin in (r"\"{3}|'{3}|#.*", r"/\*|//.*")
    for quotes in ("\"'", '"', "'", "")
}
"""What is looked for in a line, in Python and elsewhere, while these quotation marks may still begin a string."""
_PYTHON_MARK, _BLOCK_MARK = (begin for begin, quotes in _MARKS if not quotes)
_CLOSING = {'"""': '"""', "'''": "'''", "/*": "*/"}


def remark_lines(text: str, suffix: str) -> frozenset[int]:
    """Numbers, from 1, of the lines that begin inside a comment or string over several lines, or with one: prose, not code."""
    begin = _PYTHON_MARK if suffix in PYTHON else _BLOCK_MARK
    found: set[int] = set()
    closing = ""
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole[:4000]
        if closing or line.lstrip().startswith(tuple(_CLOSING)):
            found.add(number)
        closing = _left_open(line, begin, closing)
    return frozenset(found)


def _left_open(line: str, begin: str, closing: str) -> str:
    """What closes the comment or string that is still open after a line; empty when none is."""
    at, quotes = 0, "\"'"
    while at <= len(line):
        if closing:
            end = line.find(closing, at)
            if end < 0:
                break
            at, closing = end + len(closing), ""
            continue
        opened = _MARKS[begin, quotes].search(line, at)
        if opened is None:
            break
        closing = _CLOSING.get(opened[0], "")
        if not closing and opened[0][0] in quotes and opened.lastindex is None:
            # Nothing closes this string, so every such mark after it is escaped, and closes and begins nothing either.
            quotes = quotes.replace(opened[0][0], "")
            at = opened.start() + 1
        else:
            at = opened.end()
    return closing


def is_listed(name: str, line: str) -> bool:
    """Whether a line holds the name alone, as a string: an entry of `__all__` and the like, which exports it and does not use it."""
    return re.fullmatch(rf"\s*[\"']{re.escape(name)}[\"'],?\s*", line) is not None or line.startswith("__all__")


_IMPORT = re.compile(
    r"\s*(?:(?:(?:pub(?:\([a-z ]{2,12}\))?|export|global|static)\s+)?"
    r"(?:import|from|use|using|require|require_relative|require_once|include|include_once|extern\s+crate)\b"
    r"|[#@]\s*(?:include|import)\b|export\s*[*{]|(?:const|let|var)\s[^=]{1,300}=\s*(?:await\s+)?(?:require|import)\s*\()"
)
_DESTRUCTURED = re.compile(r"\s*(?:const|let|var)\s*\{[^}]{0,300}$")
_REQUIRED = re.compile(r"\}\s*=\s*(?:await\s+)?(?:require|import)\s*\(")
_STAR = re.compile(r"\s*from\s+[\w.]{1,300}\s+import\s+\*|\s*(?:import|using|use)\b.{0,300}(?:\.\*|::\*|\._)\s*;?\s*$")
_LONGEST_IMPORT = 300
"""Lines that one import may cover."""


def import_lines(text: str) -> frozenset[int]:
    """Numbers, from 1, of the lines that import something, those of an import over several lines included."""
    lines = text.split("\n")
    closing = _closing_lines(lines)
    found: set[int] = set()
    first = 0
    while first < len(lines):
        last = _end_of_import(lines, closing, first)
        if last is not None:
            found.update(range(first + 1, last + 2))
            first = last
        first += 1
    return frozenset(found)


def _closing_lines(lines: list[str]) -> list[int]:
    """For each line, from 0, the first from it on after which no more brackets are open than before it; the number of lines where none is.

    In one pass from the end: a file of a hundred thousand imports that are never closed must not be gone through for each of them.
    """
    heads = (line[:4000] for line in lines)
    changes = (sum(map(line.count, "({[")) - sum(map(line.count, ")}]")) for line in heads)
    depths = [0, *accumulate(changes)]
    closing = [0] * len(lines)
    later, numbers = [-inf], [len(lines)]  # depths after lines that are shallower than all before them, and these lines
    for number in reversed(range(len(lines))):
        while later[-1] >= depths[number + 1]:
            later.pop()
            numbers.pop()
        later.append(depths[number + 1])
        numbers.append(number)
        closing[number] = numbers[bisect_right(later, depths[number]) - 1]
    return closing


def _end_of_import(lines: list[str], closing: list[int], first: int) -> int | None:
    """The last line of the import that begins on a line (both from 0); None when none does."""
    head = lines[first][:400]
    destructured = _DESTRUCTURED.match(head) is not None
    if not destructured and not _IMPORT.match(head):
        return None
    last = closing[first]
    if last >= min(first + _LONGEST_IMPORT, len(lines)):
        return None if destructured else first
    return None if destructured and not _REQUIRED.search(lines[last][:4000]) else last


def imports_everything(text: str) -> bool:
    """Whether the file takes over all names of something: then nobody can tell from it alone which names it has."""
    return any(_STAR.match(line[:400]) for line in text.split("\n"))
