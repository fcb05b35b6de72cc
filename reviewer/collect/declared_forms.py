"""How the lines of definitions look, by language.

They find too much (a call that looks like a declaration) rather than too little. All are linear: every repeat is possessive, has a bound, or
is of one class of characters within one line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Pattern = re.Pattern[bytes]


@dataclass(frozen=True, slots=True)
class Forms:
    """How the definitions of a family of languages look. The first group of each pattern of lines is the name."""

    suffixes: str
    anywhere: tuple[Pattern, ...]
    blocks: Pattern | None = None
    """Where `inside` is looked for: members of types, lines of declaration groups."""
    inside: tuple[Pattern, ...] = ()


_GAP = rb"[ \t]++"
_START = rb"\n[ \t]*+"
_STATEMENT = (
    # The first character decides most lines, before the long list is gone through.
    rb"(?=[\w<\[~:])(?!(?:return|else|case|goto|throw|throws|new|delete|await|yield|import|from|package|using|if|for|while|switch|in|not|and|or|assert"
    rb"|raise|print|echo|do|when|unless|end|use|include|require|catch|typeof|instanceof|sizeof)\b)"
)
_TYPE = rb"(?:[\w.:<>?\[\]&*@~^,-]++[ \t]++(?=[\w*&~<]|\(\*))++"
"""Words of a type and modifiers, up to the name."""
_MEMBER = _STATEMENT + rb"(?!:|\w++[ \t]*+[,:=(])"
"""Neither a statement nor an argument of a call: a word that a comma or a colon follows is no type."""
_NAME = rb"\(?[*& ]*+(?:\w++::)*+~?(\w++)[ \t]*+"
_TYPES = rb"class|interface|@interface|enum|record|struct|union|namespace|trait|object|concept|delegate"
_NO_TYPE = rb"(?!(?:class|interface|@interface|enum|record|struct|delegate)\b)"
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
    return re.compile(
        start + rb"(?=[a-z@\"])(?:" + before + _GAP + rb")*+(?:" + words + rb")" + _GAP + rb"(?:\w++(?:\.|::|\\))*+(\w++)"
    )


def _lines(*patterns: bytes) -> tuple[Pattern, ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


_CAPABLE = (
    rb"public|private|protected|internal|static|volatile|transient|abstract|override|virtual|readonly|const|sealed|required|event"
)
"""Modifiers that local variables do not have."""
_FIELDS = (
    _START
    + rb"(?=(?:\w++[ \t]++)??(?:"
    + _CAPABLE
    + rb")\b)"
    + _MODIFIERS
    + _NO_TYPE
    + _TYPE
    + rb"(\w++)[ \t]*+(?:[=;{,]|\r?\n)",
    rb"\n(?:[ ]{2,4}+|\t)" + _MEMBER + _NO_TYPE + _TYPE + rb"(\w++)[ \t]*+(?:[=;]|\r?\n)",
)
_ENUMERATOR = rb"\n[ \t]++([A-Z_]\w*+)[ \t]*+(?:[=,(;{/][^\n]*+)?(?=\r?(?:\n|\Z))"
_GO_NAME = rb"(?!(?:if|for|return|switch|select|case|default|defer|go|else|range|break|continue)\b)([^\W\d]\w*+)"
_UNTIL_OUTDENTED = rb"(?:[^\n]*+\n(?!\1[})]))*+[^\n]*+"
"""The lines up to one that closes at the indentation of the first group."""

_ENUM = re.compile(
    rb"\n([ \t]*+)(?=[cdeips])(?:(?:public|private|protected|internal|static|export|declare|const)[ \t]++)*+enum\b[^;(){}]{0,400}+\{"
    + _UNTIL_OUTDENTED
)

ALL = (
    Forms(
        "py pyi pyw pyx pxd",
        _lines(
            _START + rb"(?:async[ \t]++)?(?:c?p?def|class|type)[ \t]++(\w++)",
            rb"\n(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)",
            rb"\n(\w++)[ \t]*+:[ \t]",
        ),
        re.compile(rb"\n()(?:class|if|try|else|elif|except|with)\b[^\n]*+(?:\n(?:[ \t)\]#][^\n]*+|\r?(?=\n)))*+"),
        _lines(rb"\n(?:    |  |\t)(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)", rb"\n(?:    |\t)(\w++)[ \t]*+:[ \t]"),
    ),
    Forms(
        "c h cc cpp cxx c++ hh hpp hxx ipp inl m mm cu",
        (
            *_lines(rb"\n" + _STATEMENT + _TYPE + _NAME + rb"(?:[(=;{,\[:)]|\r?\n)", rb"\n[ \t]*+#[ \t]*+define[ \t]++(\w++)"),
            *_lines(
                rb"\n(?!(?:int|void|char|long|bool)\b)(\w++)[ \t]*+\(",
                rb"\n}[ \t]*+(?:\w++\([^()\n]*+\)[ \t]*+)*+\*?(\w++)",
                rb"\n[ \t]++using[ \t]++(\w++)[ \t]*+=",
            ),
            _keywords(_TYPES, start=rb"\n"),
        ),
        re.compile(
            rb"\n([ \t]*+)(?=[cestu])(?:(?:typedef|static|const|extern)[ \t]++)*+(?:struct|union|enum|class)\b[^;(){}]{0,400}+\{"
            + _UNTIL_OUTDENTED
        ),
        (_keywords(_TYPES), *_lines(_START + _STATEMENT + _TYPE + _NAME + rb"(?:[(=;{,\[:)]|\r?\n)", _ENUMERATOR)),
    ),
    Forms(
        "java",
        (
            _keywords(rb"class|interface|@interface|enum|record"),
            *_lines(
                _START + _MEMBER + _TYPE + rb"(\w++)[ \t]*+\(",
                # A local variable may be final too, but seldom without a value.
                _START + rb"final[ \t]++" + _TYPE + rb"(\w++)[ \t]*+;",
                *_FIELDS,
            ),
        ),
        _ENUM,
        _lines(_ENUMERATOR, rb",[ \t]++([A-Z][A-Z0-9_]*+)(?=[ \t]*+[,;({\r\n])"),
    ),
    Forms(
        "cs",
        (
            _keywords(rb"class|interface|enum|record|struct"),
            *_lines(
                _START
                + rb"(?:new[ \t]++)?+"
                + _MEMBER
                + _TYPE
                + rb"(?:\w++\.)?(\w++)(?:<[^\n(]*+)?(?:\(|[ \t]++\{[ \t]*+(?:get|set|init)\b)",
                # With a list of type parameters, which looks like words of a type.
                _START + _MODIFIERS + _NO_TYPE + rb"[^\n(=]{0,300}?(?<![ \t])[ \t]++(\w++)<(?:[\w ,]{0,300}+>\(|\r?\n)",
                *_FIELDS,
            ),
        ),
        _ENUM,
        _lines(_ENUMERATOR),
    ),
    Forms(
        "js jsx mjs cjs ts tsx mts cts vue svelte",
        (
            _keywords(rb"function\*?|class|interface|type|enum|namespace|module"),
            _keywords(rb"const|let|var", start=rb"\n"),
            *_lines(
                _START
                + rb"(?:const|let|var)[ \t]++(\w++)[ \t]*+(?::[^\n=]*+)?=[ \t]*+(?:async\b|function\b|\w++[ \t]*+=>|\([^\n]*=>)",
                # A call ends with a semicolon or with the arrow of a function; a method with its body or its type.
                rb"\n[ \t]++(?!(?:if|for|while|switch|catch|return|function|new|await)\b)"
                rb"(?:(?:async|static|get|set|public|private|protected|override|readonly|abstract)[ \t]++)*+[*#]?([\w$]++)\??(?:<[^\n(]*+)?\("
                rb"(?:[^\n]*(?:(?<!=>)[ \t]\{(?=\r?\n)|\)[ \t]*+:)|[ \t]*+(?=\r?\n))",
                rb"\n[ \t]++(?:(?:static|public|private|protected|readonly|declare|override)[ \t]++)*+#?([\w$]++)[?!]?(?::|[ \t]++=[ \t])",
                _START + rb"(?:\w++\.)++(\w++)[ \t]*+=(?!=)",
            ),
        ),
        _ENUM,
        _lines(_ENUMERATOR),
    ),
    Forms(
        "go",
        _lines(
            rb"\nfunc[ \t]++(?:\([^)\n]*+\)[ \t]*+)?(\w++)", rb"\n(?:type|var|const)[ \t]++(\w++)", rb"\n\t++type[ \t]++(\w++)"
        ),
        re.compile(rb"\n()(?:const|var|type)\b[^\n]*?[({][ \t\r]*+(?=//|\n)[^\n]*+(?:\n(?![)}])[^\n]*+)*+"),
        (
            *_lines(rb"\n\t++" + _GO_NAME + rb"(?:[ \t]*+=|[ \t]++[\w*\[(<]|\(|,[ \t]++[^\W\d]|[ \t]*+(?://|\r?(?=\n|\Z)))"),
            *(
                re.compile(rb"\n\t++(?:\w++,[ \t]++){%d}" % before + _GO_NAME + rb"(?:,[ \t]|[ \t]++[\w*\[(<=])")
                for before in range(1, 6)
            ),
        ),
    ),
    Forms(
        "rs",
        (
            _keywords(
                rb"fn|struct|enum|trait|type|const|static|mod|union|macro_rules!",
                rb'(?:pub(?:\([^)\n]*+\))?|async|unsafe|const(?=[ \t]+(?:unsafe|extern|async|fn))|extern|default|"C")',
            ),
        ),
        re.compile(rb"\n([ \t]*+)(?:pub(?:\([^)\n]*+\))?[ \t]++)?(?:struct|enum|union)\b[^;(){}]{0,400}+\{" + _UNTIL_OUTDENTED),
        _lines(rb"\n[ \t]++(?:pub(?:\([^)\n]*+\))?[ \t]++)?(\w++):[ \t]", _ENUMERATOR),
    ),
    Forms(
        "rb rake gemspec ru",
        _lines(
            _START + rb"(?:\w++[ \t]++)?(?:def|class|module)[ \t]++(?:\w++(?:\.|::))*+(\w++)",
            _START + rb"([A-Z]\w*+)[ \t]*+(?:\|\|)?=(?!=)",
            _START
            + rb"(?:attr_\w++|alias_method|define_method|scope|alias|def_delegators?|def_node_matcher|let)[ \t(]++:?(\w++)",
        ),
    ),
    Forms(
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
    Forms(
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
