"""What looks like the line of a definition, by the form of the line alone: fast enough for every file of a repository.

A syntax tree takes a second for 4 MB; these patterns take one for about 100. They find too much (a local variable, a call that looks like a declaration)
rather than too little. All are linear: every repeat is possessive or over one class of characters within one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Pattern = re.Pattern[bytes]

_GAP = rb"[ \t]++"
_START = rb"\n[ \t]*+"
_STATEMENTS = (
    rb"(?!(?:return|else|case|goto|throw|throws|new|delete|await|yield|import|from|package|using|if|for|while|switch|in|not|and|or|assert|raise"
    rb"|print|echo|del|then|do|when|unless|elif|elsif|end|use|include|require|catch|typeof|instanceof|sizeof)\b)"
)


def _keywords(words: bytes, before: bytes = rb"\w++") -> Pattern:
    """A name after one of the keywords, at the beginning of a line but for modifiers."""
    return re.compile(_START + rb"(?:" + before + _GAP + rb")*?(?:" + words + rb")" + _GAP + rb"(?:\w++(?:\.|::|\\))*+(\w++)")


_PYTHON = (
    re.compile(_START + rb"(?:async[ \t]++)?(?:def|class|type)[ \t]++(\w++)"),
    re.compile(rb"\n(?:    |\t)?(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)"),
    re.compile(rb"\n(?:    |\t)?(\w++)[ \t]*+:[ \t]"),
)
_TYPED = re.compile(
    _START
    + _STATEMENTS
    + rb"(?:(?:[\w.:<>?\[\]&*@~^-]|,[ \t])++[ \t*&]++(?=[\w*&~(]))++\(?[*&]*+(?:\w++::)*+~?(\w++)[ \t]*+(?:[(=;{,\[:)]|\r?\n)"
)
_DEFINE = re.compile(rb"\n[ \t]*+#[ \t]*+define[ \t]++(\w++)")
_ENUMERATOR = re.compile(rb"\n[ \t]++([A-Z_]\w*+)[ \t]*+(?:=[^\n]*+|,[^\n]*+|\([^\n]*+|;[^\n]*+)?(?=\r?\n)")
_METHOD = re.compile(
    rb"\n[ \t]++(?:(?:async|static|get|set|public|private|protected|override|readonly)[ \t]++)*+[*#]?(\w++)\??[(<][^\n]*+"
)
_PROPERTY = re.compile(
    rb"\n[ \t]++(?:(?:static|public|private|protected|readonly|declare)[ \t]++)*+#?(\w++)[?!]?[ \t]*+[:=](?!=)"
)
_ASSIGNED = re.compile(_START + rb"(?:\w++\.)++(\w++)[ \t]*+=(?!=)")
_TYPES = rb"class|interface|@interface|enum|record|struct|union|namespace|trait|object|concept|delegate"
_C = (_TYPED, _DEFINE, _ENUMERATOR, _keywords(_TYPES), re.compile(rb"\n(\w++)\("), re.compile(rb"\n}[ \t]*+(\w++)[ \t]*+;"))
_JAVA = (_TYPED, _ENUMERATOR, _keywords(_TYPES))
_JS = (
    _keywords(rb"function\*?|class|const|let|var|interface|type|enum|namespace|module"),
    _METHOD,
    _PROPERTY,
    _ASSIGNED,
    _ENUMERATOR,
)
_GO = (
    re.compile(rb"\nfunc[ \t]++(?:\([^)\n]*+\)[ \t]*+)?(\w++)"),
    re.compile(_START + rb"(?:type|var|const)[ \t]++(\w++)"),
    re.compile(rb"\n\t" + _STATEMENTS + rb"(\w++)(?:[ \t]*+=(?!=)|[ \t]++[\w*\[(<]|\(|\r?(?=\n))"),
)
_RUST = (
    _keywords(rb"fn|struct|enum|trait|type|const|static|mod|union|macro_rules!", rb'(?:pub\([^)\n]*+\)|[\w"]++)'),
    re.compile(rb"\n[ \t]++(?:pub(?:\([^)\n]*+\))?[ \t]++)?(\w++):[ \t]"),
    _ENUMERATOR,
    re.compile(rb"\n[ \t]++([A-Z]\w*+)[ \t]*+[({]"),
)
_RUBY = (
    re.compile(_START + rb"(?:\w++[ \t]++)?(?:def|class|module)[ \t]++(?:\w++(?:\.|::))*+(\w++)"),
    re.compile(_START + rb"([A-Z]\w*+)[ \t]*+=(?!=)"),
    re.compile(_START + rb"(?:attr_\w++|alias_method|define_method|scope|alias|delegate)[ \t(]++:?(\w++)"),
)
_PHP = (
    _keywords(rb"function[ \t]++&|function|class|interface|trait|enum|const"),
    re.compile(_START + rb"(?:[\w?\\|]++[ \t]++)++\$(\w++)"),
    re.compile(_START + rb"define\([ \t]*+['\"](\w++)"),
    re.compile(_START + rb"case[ \t]++(\w++)[ \t]*+[=;]"),
)
_ANY = (
    _keywords(
        rb"def|defp|defmodule|defmacro|class|func|fun|fn|function|struct|enum|trait|interface|object|protocol|extension|type|typealias|data|newtype"
        rb"|module|sub|proc|package|val|var|let|rec|const|macro|local|contract|event|modifier|message|service|rpc|resource|variable|output|library|mixin"
    ),
    re.compile(rb"\n(?:[\w-]++[ \t]++)?(\w++)[ \t]*+(?:\(\)|<-|::|:?=(?!=))"),
)
_FAMILIES = {
    _PYTHON: "py pyi pyw pyx pxd",
    _C: "c h cc cpp cxx c++ hh hpp hxx ipp inl m mm cu",
    _JAVA: "java cs",
    _JS: "js jsx mjs cjs ts tsx mts cts vue svelte",
    _GO: "go",
    _RUST: "rs",
    _RUBY: "rb rake gemspec ru",
    _PHP: "php phtml inc",
    _ANY: "kt kts scala swift lua sh bash zsh pl pm ex exs erl hs ml mli dart jl r jq sol proto tf hcl clj elm fs groovy gradle nim zig vim ps1 thrift graphql",
}
_PATTERNS = {suffix: patterns for patterns, suffixes in _FAMILIES.items() for suffix in suffixes.split()}


def family(path: str) -> str:
    """A word for the languages whose files can use each other's names; empty for what defines no names."""
    patterns = _PATTERNS.get(path.rpartition(".")[2].lower())
    return "" if patterns is None else _FAMILIES[patterns]


def declared(path: str, data: bytes) -> set[bytes]:
    """The names whose lines look like definitions. Empty for files of no programming language."""
    patterns = _PATTERNS.get(path.rpartition(".")[2].lower(), ())
    text = b"\n" + data
    return {name for pattern in patterns for name in pattern.findall(text)}


def declared_lines(path: str, text: str) -> Iterator[tuple[str, int]]:
    """The same with the numbers of their lines, from 1, in the order of the text."""
    data = b"\n" + text.encode("utf-8", "replace")
    found = {
        (match.start(1), match[1])
        for pattern in _PATTERNS.get(path.rpartition(".")[2].lower(), ())
        for match in pattern.finditer(data)
    }
    line, position = 0, 0
    for start, name in sorted(found):
        line += data.count(b"\n", position, start)
        position = start
        yield name.decode("utf-8", "replace"), line
