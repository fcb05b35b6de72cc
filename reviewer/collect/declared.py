"""What looks like the line of a definition, by the form of the line alone: fast enough for every file of a repository.

A syntax tree takes a second for 4 MB; these patterns take one for about 100. They find too much (a call that looks like a declaration)
rather than too little. All are linear: every repeat is possessive or of one class of characters within one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

Pattern = re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class _Forms:
    """How the definitions of a family of languages look. The first group of each pattern of lines is the name."""

    suffixes: str
    anywhere: tuple[Pattern, ...]
    blocks: Pattern | None = None
    """Where `inside` is looked for: members of types, lines of declaration groups."""
    inside: tuple[Pattern, ...] = ()


_GAP = rb"[ \t]++"
_START = rb"\n[ \t]*+"
_STATEMENT = (
    rb"(?![*/@])(?!(?:return|else|case|goto|throw|throws|new|delete|await|yield|import|from|package|using|if|for|while|switch|in|not|and|or|assert"
    rb"|raise|print|echo|do|when|unless|end|use|include|require|catch|typeof|instanceof|sizeof)\b)"
)
_TYPE = rb"(?:[\w.:<>?\[\]&*@~^,-]++[ \t]++(?=[\w*&~(]))++"
"""Words of a type and modifiers, up to the name."""
_NAME = rb"\(?[*& ]*+(?:\w++::)*+~?(\w++)[ \t]*+"
_TYPES = rb"class|interface|@interface|enum|record|struct|union|namespace|trait|object|concept|delegate"
_MODIFIERS = (
    rb"(?:(?:public|private|protected|internal|static|final|const|readonly|volatile|transient|virtual|override|abstract|sealed|partial"
    rb"|required|event|async|extern|unsafe|new|default|synchronized|native|fixed|ref|var)[ \t]++)++"
)
_BEFORE = (
    rb"(?:public|private|protected|internal|static|final|abstract|sealed|partial|export|default|declare|async|typedef|extern|const(?=[ \t]+enum)"
    rb"|readonly|record(?=[ \t]+(?:class|struct))|ref|unsafe|strictfp|non-sealed|enum(?=[ \t]+class)|template<[^>\n]*+>|inline|override|open"
    rb"|data|suspend|implicit|case|lazy|local|mutating|fileprivate|virtual|external|pub|operator|infix|tailrec|annotation|inner|companion|defp?)"
)
"""Modifiers that may stand before a keyword."""


def _keywords(words: bytes, before: bytes = _BEFORE, start: bytes = _START) -> Pattern:
    """A name after one of the keywords, at the beginning of a line but for modifiers."""
    return re.compile(start + rb"(?:" + before + _GAP + rb")*+(?:" + words + rb")" + _GAP + rb"(?:\w++(?:\.|::|\\))*+(\w++)")


def _lines(*patterns: bytes) -> tuple[Pattern, ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_ENUMERATOR = rb"\n[ \t]++([A-Z_]\w*+)[ \t]*+(?:[=,(;{][^\n]*+)?(?=\r?\n)"
_UNTIL_OUTDENTED = rb"(?:[^\n]*+\n(?!\1[})]))*+[^\n]*+"
"""The lines up to one that closes at the indentation of the first group."""

_ALL = (
    _Forms(
        "py pyi pyw pyx pxd",
        _lines(
            _START + rb"(?:async[ \t]++)?(?:c?p?def|class|type)[ \t]++(\w++)",
            rb"\n(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)",
            rb"\n(\w++)[ \t]*+:[ \t]",
        ),
        re.compile(rb"\n()(?:class|if|try|else|elif|except|with)\b[^\n]*+(?:\n(?:[ \t)\]#][^\n]*+|\r?(?=\n)))*+"),
        _lines(rb"\n(?:    |  |\t)(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)", rb"\n(?:    |\t)(\w++)[ \t]*+:[ \t]"),
    ),
    _Forms(
        "c h cc cpp cxx c++ hh hpp hxx ipp inl m mm cu",
        (
            *_lines(rb"\n" + _STATEMENT + _TYPE + _NAME + rb"(?:[(=;{,\[:)]|\r?\n)", rb"\n[ \t]*+#[ \t]*+define[ \t]++(\w++)"),
            *_lines(
                rb"\n(\w++)[ \t]*+\(",
                rb"\n}[ \t]*+(?:\w++\([^()\n]*+\)[ \t]*+)*+\*?(\w++)",
                rb"\n[ \t]++using[ \t]++(\w++)[ \t]*+=",
            ),
            _keywords(_TYPES, start=rb"\n"),
        ),
        re.compile(
            rb"\n([ \t]*+)(?:(?:typedef|static|const|extern)[ \t]++)*+(?:struct|union|enum|class)\b[^;(){}]*+\{"
            + _UNTIL_OUTDENTED
        ),
        (_keywords(_TYPES), *_lines(_START + _STATEMENT + _TYPE + _NAME + rb"(?:[(=;{,\[:)]|\r?\n)", _ENUMERATOR)),
    ),
    _Forms(
        "java cs",
        (
            _keywords(_TYPES),
            *_lines(
                _START + _STATEMENT + _TYPE + rb"(?:\w++\.)?(\w++)(?:<[^\n(]*+)?\(",
                _START + _MODIFIERS + _TYPE + rb"(\w++)[ \t]*+(?:[=;{,]|\r?\n)",
                rb"\n(?:[ ]{2,4}|\t)" + _STATEMENT + _TYPE + rb"(\w++)[ \t]*+(?:[=;{]|\r?\n)",
                _ENUMERATOR,
            ),
        ),
    ),
    _Forms(
        "js jsx mjs cjs ts tsx mts cts vue svelte",
        (
            _keywords(rb"function\*?|class|const|interface|type|enum|namespace|module"),
            _keywords(rb"let|var", start=rb"\n"),
            *_lines(
                rb"\n[ \t]++(?:(?:async|static|get|set|public|private|protected|override|readonly|abstract)[ \t]++)*+[*#]?(\w++)\??[(<]",
                rb"\n[ \t]++(?:(?:static|public|private|protected|readonly|declare|override)[ \t]++)*+#?(\w++)[?!]?[ \t]*+[:=](?!=)",
                _START + rb"(?:\w++\.)++(\w++)[ \t]*+=(?!=)",
                _ENUMERATOR,
            ),
        ),
    ),
    _Forms(
        "go",
        _lines(
            rb"\nfunc[ \t]++(?:\([^)\n]*+\)[ \t]*+)?(\w++)", rb"\n(?:type|var|const)[ \t]++(\w++)", rb"\n\t++type[ \t]++(\w++)"
        ),
        re.compile(rb"\n()(?:const|var|type)\b[^\n]*?[({][ \t\r]*+(?=\n)(?:\n(?![)}])[^\n]*+)*+"),
        _lines(rb"\n\t++(\w++)(?:[ \t]*+=|[ \t]++[\w*\[(<]|[(,]|\r?(?=\n))"),
    ),
    _Forms(
        "rs",
        (
            _keywords(
                rb"fn|struct|enum|trait|type|const|static|mod|union|macro_rules!",
                rb'(?:pub(?:\([^)\n]*+\))?|async|unsafe|const(?=[ \t]+(?:unsafe|extern|async|fn))|extern|default|"C")',
            ),
        ),
        re.compile(rb"\n([ \t]*+)(?:pub(?:\([^)\n]*+\))?[ \t]++)?(?:struct|enum|union)\b[^;(){}]*+\{" + _UNTIL_OUTDENTED),
        _lines(rb"\n[ \t]++(?:pub(?:\([^)\n]*+\))?[ \t]++)?(\w++):[ \t]", _ENUMERATOR),
    ),
    _Forms(
        "rb rake gemspec ru",
        _lines(
            _START + rb"(?:\w++[ \t]++)?(?:def|class|module)[ \t]++(?:\w++(?:\.|::))*+(\w++)",
            _START + rb"([A-Z]\w*+)[ \t]*+(?:\|\|)?=(?!=)",
            _START
            + rb"(?:attr_\w++|alias_method|define_method|scope|alias|def_delegators?|def_node_matcher|let)[ \t(]++:?(\w++)",
        ),
    ),
    _Forms(
        "php phtml inc",
        (
            _keywords(rb"function[ \t]++&|function|class|interface|trait|enum|const"),
            *_lines(
                _START + rb"(?:(?:public|private|protected|static|var|readonly|final)[ \t]++)++(?:[\w?\\|]++[ \t]++)?\$(\w++)",
                _START + rb"define\([ \t]*+['\"](\w++)",
                _START + rb"case[ \t]++(\w++)[ \t]*+[=;]",
            ),
        ),
    ),
    _Forms(
        "kt kts scala swift lua sh bash zsh pl pm ex exs erl hs ml mli dart jl r jq sol proto tf hcl clj elm fs groovy gradle nim zig"
        " vim ps1 thrift graphql",
        (
            _keywords(
                rb"def|defp|defmodule|defmacro|class|func|fun|fn|function|struct|enum|trait|interface|object|protocol|extension|type"
                rb"|typealias|data|newtype|module|sub|proc|package|val|var|let|rec|const|macro|local|contract|event|modifier|message"
                rb"|service|rpc|resource|variable|output|library|mixin"
            ),
            *_lines(rb"\n(?:[\w-]++[ \t]++)?(\w++)[ \t]*+(?:\(\)|<-|::|:?=(?!=))"),
        ),
    ),
)
_FORMS = {suffix: forms for forms in _ALL for suffix in forms.suffixes.split()}


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()


@cache
def _family(suffix: str) -> str:
    forms = _FORMS.get(suffix)
    return "" if forms is None else forms.suffixes


def family(path: str) -> str:
    """A word for the languages whose files can use each other's names; empty for what defines no names."""
    return _family(path[path.rfind(".") + 1 :].lower())


def declared(path: str, data: bytes) -> set[bytes]:
    """The names whose lines look like definitions. Empty for files of no programming language."""
    if (forms := _FORMS.get(_suffix(path))) is None:
        return set()
    text = b"\n" + data
    found = {name for pattern in forms.anywhere for name in pattern.findall(text)}
    if forms.blocks is not None:
        for block in forms.blocks.finditer(text):
            for pattern in forms.inside:
                found.update(pattern.findall(block[0]))
    return found


def declared_lines(path: str, text: str) -> Iterator[tuple[str, int]]:
    """The same with the numbers of their lines, from 1, in the order of the text."""
    if (forms := _FORMS.get(_suffix(path))) is None:
        return
    data = b"\n" + text.encode("utf-8", "replace")
    found = {(match.start(1), match[1]) for pattern in forms.anywhere for match in pattern.finditer(data)}
    if forms.blocks is not None:
        for block in forms.blocks.finditer(data):
            for pattern in forms.inside:
                found.update((block.start() + match.start(1), match[1]) for match in pattern.finditer(block[0]))
    line, position = 0, 0
    for start, name in sorted(found):
        line += data.count(b"\n", position, start)
        position = start
        yield name.decode("utf-8", "replace"), line
