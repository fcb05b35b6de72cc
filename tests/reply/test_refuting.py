from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import finding

from reviewer.collect.search import MOST_MENTIONS, TextSearch
from reviewer.findings import Absence, Absent, Finding
from reviewer.reply.definitions import import_lines, remark_lines
from reviewer.reply.refuting import refute

Files = Mapping[str, str]


def texts(files: Files) -> dict[str, str]:
    return {path: textwrap.dedent(text) for path, text in files.items()}


def at(files: Files, path: str, quote: str, **change: object) -> Finding:
    """A finding about the line that holds `quote`."""
    lines = texts(files)[path].split("\n")
    line = next(number for number, text in enumerate(lines, 1) if quote in text)
    plain = {"title": "Something is wrong", "explanation": "It goes wrong."}
    return finding(path=path, start_line=line, end_line=line, quote=lines[line - 1], **(plain | change))


def reason(files: Files, path: str, quote: str, how: Absence, name: str, **change: object) -> str:
    """Why a finding with this missing name is refuted; empty when it stands."""
    kept, refuted = refute([at(files, path, quote, absent=(Absent(how, name),), **change)], TextSearch(texts(files)))
    assert len(kept) + len(refuted) == 1
    return refuted[0].reason if refuted else ""


SHOP = {
    "shop/app.py": """\
        import json
        from shop.prices import total_of

        def show(cart):
            print(total_of(cart), rebate_of(cart), self_made(cart))
            return json.dumps(cart)

        def self_made(cart):
            return cart.discounted_total()
        """,
    "shop/prices.py": """\
        from shop.rates import *

        def total_of(cart):
            return sum(cart)

        def rebate_of(cart):
            return total_of(cart) * standard_rate()

        class Cart:
            def discounted_total(self):
                return total_of(self)
        """,
    "shop/rates.py": "def standard_rate():\n    return 0.1\n",
    "tests/test_prices.py": "from shop.prices import total_of\n\ndef test_total():\n    assert total_of([1]) == 1\n",
    "docs/prices.md": "`rebate_of` is called by the till:\n\n    def till():\n        rebate_of(cart)\n",
}


@pytest.mark.parametrize(
    ("path", "quote", "name", "expected"),
    [
        pytest.param("shop/app.py", "print(total_of", "total_of", "total_of is defined in shop/prices.py:3", id="imported"),
        pytest.param(
            "shop/app.py", "print(total_of", "self_made", "self_made is defined in shop/app.py:8", id="in the same file"
        ),
        pytest.param("shop/app.py", "print(total_of", "rebate_of", "", id="elsewhere, but the import was forgotten"),
        pytest.param(
            "shop/prices.py",
            "* standard_rate",
            "standard_rate",
            "standard_rate is defined in shop/rates.py:1",
            id="by star import",
        ),
        pytest.param("shop/prices.py", "* standard_rate", "standard_rates", "", id="another name"),
        pytest.param(
            "shop/app.py", "from shop.prices", "total_of", "total_of is defined in shop/prices.py:3", id="the import is doubted"
        ),
        pytest.param("shop/app.py", "print(total_of", "till", "", id="only in a document"),
    ],
)
def test_a_python_name_is_defined_where_the_file_can_see_it(path: str, quote: str, name: str, expected: str) -> None:
    assert reason(SHOP, path, quote, Absence.UNDEFINED, name) == expected


def test_a_member_is_held_against_its_owner() -> None:
    files = SHOP | {
        "shop/order.py": "from shop.prices import Cart\n\n\ndef pay(cart: Cart):\n    cart.discounted_total()\n    Order.discounted_total()\n"
    }

    assert reason(files, "shop/order.py", "cart.discounted", Absence.UNDEFINED, "Cart.discounted_total").endswith(
        "shop/prices.py:10"
    )
    assert reason(files, "shop/order.py", "Order.discounted", Absence.UNDEFINED, "Order.discounted_total") == ""
    assert reason(SHOP, "shop/app.py", "cart.discounted", Absence.UNDEFINED, "discounted_total").endswith("shop/prices.py:10")


def test_a_member_of_a_file_that_nobody_speaks_of_refutes_nothing() -> None:
    files = {
        "a.py": "class A:\n    def run(self):\n        self.prepare_all()\n",
        "far/b.py": "class B:\n    def prepare_all(self): ...\n",
    }

    assert reason(files, "a.py", "self.prepare_all", Absence.UNDEFINED, "self.prepare_all") == ""
    assert reason(
        files | {"a.py": "from far import b\n" + files["a.py"]}, "a.py", "self.prepare_all", Absence.UNDEFINED, "self.prepare_all"
    )


def test_an_attribute_is_defined_by_its_first_assignment() -> None:
    files = {
        "a.py": """\
            class A:
                def __init__(self):
                    self.lines_seen = 0

                def count(self):
                    return self.lines_seen + self.lines_lost
            """
    }

    assert reason(files, "a.py", "return self", Absence.UNDEFINED, "self.lines_seen") == "lines_seen is defined in a.py:3"
    assert reason(files, "a.py", "return self", Absence.UNDEFINED, "self.lines_lost") == ""


@pytest.mark.parametrize(
    "there",
    [
        "# def compute_rate(): gone",
        '"""\ndef compute_rate(): an example\n"""',
        "def outer():\n    def compute_rate(): ...",
        "def outer():\n    compute_rate = 1",
        "call(\n    compute_rate=1,\n)",
        "class A:\n    def compute_rate(self): ...",
        "if compute_rate == 1: ...",
        "compute_rate()",
        "def compute_rates(): ...",
    ],
)
def test_what_only_looks_like_a_definition_refutes_nothing(there: str) -> None:
    files = {"a.py": f"x = compute_rate(1)\n{there}\n"}

    assert reason(files, "a.py", "x = compute_rate", Absence.UNDEFINED, "compute_rate") == ""


DEFINED = [
    ("a.js", "const b = require('./lib');\nb.loadAll();", "lib.js", "exports.loadAll = function () {}"),
    ("a.ts", "import { loadAll } from './lib';\nloadAll();", "lib.ts", "export async function loadAll(): Promise<void> {}"),
    ("a.ts", "import {\n  loadAll,\n} from './lib';\nloadAll();", "lib/index.ts", "export const loadAll = () => 1"),
    ("a/a.go", "func main() { loadAll() }", "a/lib.go", "func loadAll() error { return nil }"),
    ("a/a.go", "func main() { s.loadAll() }", "a/lib.go", "func (s *Store) loadAll() {}"),
    ("a/a.go", "func main() { lib.LoadAll() }", "lib/x.go", "func LoadAll() {}"),
    (
        "src/A.java",
        "class A { void f() { Lib.loadAll(); } }",
        "src/x/Lib.java",
        "class Lib {\n  public static int loadAll() { return 1; }\n}",
    ),
    ("src/A.cs", "class A { void F() { lib.LoadAll(); } }", "src/Lib.cs", "class Lib {\n  public void LoadAll() {}\n}"),
    ("a.c", "int main(void) { return load_all(); }", "far/lib.c", "static int\nload_all(void)\n{\n  return 1;\n}"),
    ("a.c", "int main(void) { return load_all(); }", "include/lib.h", "int load_all(void);"),
    ("a.c", "int main(void) { return LOAD_ALL; }", "include/lib.h", "#define LOAD_ALL 1"),
    ("a.cpp", "int f() { return Lib::load_all(); }", "far/lib.cpp", "int Lib::load_all() { return 1; }"),
    ("src/a.rs", "use crate::lib::load_all;\nfn f() { load_all() }", "src/lib.rs", "pub(crate) fn load_all() {}"),
    ("a.rb", "Lib.load_all", "lib.rb", "module Lib\n  def self.load_all\n  end\nend"),
    ("a.rb", "Lib.new.load_all", "lib.rb", "class Lib\n  attr_reader :load_all\nend"),
    ("a.php", "<?php\n$lib = new Lib();\n$lib->loadAll();", "Lib.php", "<?php\nclass Lib {\n  public function loadAll() {}\n}"),
    ("a.kt", "fun f() = Lib().loadAll()", "Lib.kt", "class Lib {\n  fun loadAll(): Int = 1\n}"),
    ("a.swift", "loadAll()", "Lib.swift", "func loadAll() {}"),
    ("a.sh", "load_all", "lib.sh", "load_all() {\n  true\n}"),
    ("a.lua", "local lib = require 'lib'\nlib.load_all()", "lib.lua", "function M.load_all()\nend"),
    ("a.ex", "Lib.load_all()", "lib.ex", "defmodule Lib do\n  def load_all do\n  end\nend"),
    ("a.py", "import lib\nx = settings['load_all']", "config/settings.yaml", "server:\n  load_all: yes"),
    ("a.py", "import lib\nx = os.environ['LOAD_ALL']", ".env", "LOAD_ALL=1"),
    ("a.py", "import lib\nx = settings['load_all']", "lib.py", "DEFAULTS = {\n    'load_all': 1,\n}"),
]


@pytest.mark.parametrize(("path", "text", "other", "defining"), DEFINED)
def test_definitions_of_many_languages_are_known(path: str, text: str, other: str, defining: str) -> None:
    files = {path: text, other: defining}
    name = next(name for name in ("load_all", "loadAll", "LoadAll", "LOAD_ALL", "load_all") if name in text)
    line = text.rsplit("\n", maxsplit=1)[-1]

    assert reason(files, path, line, Absence.UNDEFINED, name).startswith(f"{name} is defined in {other}:")
    assert reason({path: text}, path, line, Absence.UNDEFINED, name) == ""


def test_a_folder_hands_on_what_its_other_files_define() -> None:
    files = {"app.ts": "import { loadAll } from './lib';\nloadAll();\n", "lib/index.ts": "export { loadAll } from './deep';\n"}

    assert reason(files, "app.ts", "loadAll();", Absence.UNDEFINED, "loadAll") == ""
    files["lib/deep.ts"] = "export function loadAll() {}\n"
    assert reason(files, "app.ts", "loadAll();", Absence.UNDEFINED, "loadAll") != ""


def test_a_name_that_is_imported_from_elsewhere_is_not_defined_by_its_import() -> None:
    files = {"app.js": "var loadAll = require('./lib').loadAll;\nloadAll();\n", "lib.js": "exports.loadOne = 1;\n"}

    assert reason(files, "app.js", "loadAll();", Absence.UNDEFINED, "loadAll") == ""


USED = {
    "lib.py": '''\
        def never_called(depth):
            unused_local = 1
            return never_called(depth - 1)

        def called():
            def never_called_inside(): ...
            return 1

        class Store:
            def flush_all(self):
                return 2

        LIMIT_OF_ALL = 3

        def in_words_only(): ...

        def listed_only():
            """Not like `in_words_only`:

            in_words_only()
            """

        __all__ = ["in_words_only", "listed_only"]
        ''',
    "app.py": "from lib import called, Store, never_called\n\nprint(called(), Store().flush_all())  # in_words_only is gone\nnever_called_inside = unused_local = 1\n",
    "__init__.py": "from lib import listed_only\n\n__all__ = [\n    'listed_only',\n]\n",
    "far.py": "flush_all = 1\nprint(LIMIT_OF_ALL)\n",
    "tests/test_lib.py": "import lib\n\ndef test_it():\n    lib.in_words_only()\n",
}


@pytest.mark.parametrize(
    ("quote", "name", "expected"),
    [
        ("def never_called(", "never_called", ""),
        ("def called", "called", "called is used in app.py:3"),
        ("def flush_all", "Store.flush_all", "flush_all is used in app.py:3"),
        ("LIMIT_OF_ALL", "LIMIT_OF_ALL", ""),
        ("def never_called_inside", "never_called_inside", ""),
        ("unused_local", "unused_local", ""),
        ("def never_called(", "depth", ""),
        ("def in_words_only", "in_words_only", ""),
        ("def listed_only", "listed_only", ""),
    ],
)
def test_a_use_is_one_in_code_of_a_file_that_knows_the_definition(quote: str, name: str, expected: str) -> None:
    assert reason(USED, "lib.py", quote, Absence.UNUSED, name) == expected


def test_an_import_that_is_said_to_be_unused_is_not_refuted_by_other_files() -> None:
    files = {"a.py": "import os_tools\n", "b.py": "import os_tools\nimport a\n\nos_tools.run()\n"}

    assert reason(files, "a.py", "import os_tools", Absence.UNUSED, "os_tools") == ""


IMPORTS = {
    "a.py": """\
        from typing import TYPE_CHECKING
        from lib import (
            load_all,
        )

        if TYPE_CHECKING:
            from lib import Hidden

        try:
            import fast_json
        except ImportError:
            fast_json = None

        def f():
            import inner_one

        def g():
            load_all(Hidden, inner_one, fast_json, forgotten)
        """,
    "b.py": "from lib import *\n\nload_all()\n",
    "c.ts": "const {\n  readAll,\n  writeAll,\n} = require('./lib');\nreadAll(); sendAll();\n",
    "d.c": "#include <string.h>\nint main(void) { return strlen_all(); }\n",
}


@pytest.mark.parametrize(
    ("path", "quote", "name", "expected"),
    [
        ("a.py", "load_all(Hidden", "load_all", "load_all is imported in a.py:3"),
        ("a.py", "load_all(Hidden", "fast_json", "fast_json is imported in a.py:10"),
        ("a.py", "load_all(Hidden", "Hidden", ""),
        ("a.py", "load_all(Hidden", "inner_one", ""),
        ("a.py", "load_all(Hidden", "forgotten", ""),
        ("b.py", "load_all()", "load_all", ""),
        ("c.ts", "readAll(); send", "readAll", "readAll is imported in c.ts:2"),
        ("c.ts", "readAll(); send", "sendAll", ""),
        ("d.c", "strlen_all", "<string.h>", "string.h is imported in d.c:1"),
    ],
)
def test_an_import_counts_in_the_file_itself_and_for_all_of_it(path: str, quote: str, name: str, expected: str) -> None:
    assert reason(IMPORTS, path, quote, Absence.UNIMPORTED, name) == expected


def test_a_test_that_calls_it_refutes_that_there_is_none() -> None:
    assert reason(SHOP, "shop/prices.py", "def total_of", Absence.UNTESTED, "total_of").endswith(
        "the test tests/test_prices.py:4"
    )
    assert reason(SHOP, "shop/prices.py", "def rebate_of", Absence.UNTESTED, "rebate_of") == ""


def test_a_missing_test_of_a_case_is_not_refuted_by_a_test_of_another() -> None:
    assert (
        reason(
            SHOP, "shop/prices.py", "def total_of", Absence.UNTESTED, "total_of", title="No test of total_of with an empty cart"
        )
        == ""
    )


def test_a_definition_in_the_quoted_lines_themselves_refutes_nothing() -> None:
    assert reason({"a.py": "def lonely_one(): ...\n"}, "a.py", "def lonely_one", Absence.UNDEFINED, "lonely_one") == ""


def test_of_several_missing_names_all_must_be_found() -> None:
    both = (Absent(Absence.UNDEFINED, "total_of"), Absent(Absence.UNDEFINED, "self_made"))
    one = (Absent(Absence.UNDEFINED, "total_of"), Absent(Absence.UNDEFINED, "rebate_of"))
    unaskable = (Absent(Absence.UNDEFINED, "total_of"), Absent(Absence.UNDEFINED, "a table of rates"))
    given = [at(SHOP, "shop/app.py", "print(", absent=absent) for absent in (both, one, unaskable)]

    kept, refuted = refute(given, TextSearch(texts(SHOP)))

    assert kept == tuple(given[1:])
    assert [claim.reason for claim in refuted] == [
        "total_of is defined in shop/prices.py:3; self_made is defined in shop/app.py:8"
    ]


def test_without_a_search_every_finding_stands() -> None:
    given = [at(SHOP, "shop/app.py", "print(", absent=(Absent(Absence.UNDEFINED, "total_of"),))]

    assert refute(given, None) == (tuple(given), ())


def test_a_name_that_stands_everywhere_proves_nothing() -> None:
    files = SHOP | {"far.py": "total_of\n" * MOST_MENTIONS}

    assert reason(files, "shop/app.py", "print(", Absence.UNDEFINED, "total_of") == ""


PROSE = [
    ("`total_of` is not defined", "", True),
    ("Call to a missing helper", "The function `total_of` does not exist, so this raises NameError.", True),
    ("Undefined name `total_of`", "", True),
    ("total_of() is never defined", "", True),
    ("NameError", "There is no definition of `total_of` anywhere in the repository.", True),
    ("`total_of` is not defined when the import fails", "", False),
    ("NameError", "If `total_of` is not defined, this raises.", False),
    ("`total_of` is undefined", "", False),
    ("`rebate_of` is not defined", "", False),
    ("`total_of` ist nicht definiert", "", False),
    ("It is never defined", "", False),
    ("Wrong total", "`total_of` is called twice.", False),
]


@pytest.mark.parametrize(("title", "explanation", "expected"), PROSE)
def test_plain_english_is_understood_where_it_can_mean_nothing_else(title: str, explanation: str, expected: bool) -> None:
    given = at(SHOP, "shop/app.py", "print(", title=title, explanation=explanation or "It raises.")

    kept, refuted = refute([given], TextSearch(texts(SHOP)))

    assert bool(refuted) is expected
    assert bool(kept) is not expected


def test_the_field_goes_before_the_prose() -> None:
    given = at(SHOP, "shop/app.py", "print(", title="`total_of` is not defined", absent=(Absent(Absence.UNDEFINED, "rebate_of"),))

    assert refute([given], TextSearch(texts(SHOP))) == ((given,), ())


@settings(deadline=None, max_examples=150)
@given(
    st.text(max_size=60),
    st.sampled_from(Absence),
    st.text(max_size=200),
    st.sampled_from(["a.py", "a.c", "b.js", ".env", "a.yaml", "x"]),
)
def test_whatever_names_and_files_hold_nothing_breaks(name: str, how: Absence, text: str, path: str) -> None:
    given = finding(path=path, start_line=1, end_line=3, quote=text[:50], absent=(Absent(how, name),), title=text[:80] or "x")

    kept, refuted = refute([given], TextSearch({path: text, "b.py": f"def {name}(): ...\n{text}"}))

    assert len(kept) + len(refuted) == 1


@pytest.mark.parametrize("piece", ["`a` is ", "undefined name ", "no test for `x", "a_" * 50, "`", "if ", " " * 50, "foo.bar::"])
def test_hostile_prose_takes_no_time(piece: str) -> None:
    given = at(SHOP, "shop/app.py", "print(", title="x", explanation=piece * (20_000 // len(piece)))

    assert refute([given], TextSearch({})) == ((given,), ())


def test_lines_of_docstrings_and_block_comments_are_no_code() -> None:
    python = 'x = \'"""\'\ndef f():\n    """One line."""\n    y = """\n    inside\n    """ + z  # """\n    after\n'
    other = "f('/*');\n/* one\n   two */ g();\nh(); // /*\n/** three */\n"

    assert remark_lines(python, ".py") == {3, 5, 6}
    assert remark_lines(other, ".c") == {2, 3, 5}


def test_an_import_ends_with_the_line_that_closes_its_brackets() -> None:
    python = "from a import (\n    b,\n    c,\n)\nx = 1\nimport d\nfrom e import (\n  f,\n"
    script = "const {\n  a,\n} = require('b')\nconst {\n  c,\n} = d\nimport {e} from 'f'\n"

    assert import_lines(python) == {1, 2, 3, 4, 6, 7}
    assert import_lines(script) == {1, 2, 3, 7}
    assert import_lines("use a::{\n" * 100_000) == set(range(1, 100_001))


def test_a_quotation_mark_that_nothing_closes_hides_no_comment() -> None:
    assert remark_lines("let x: &'static str = f(); /* from here\nto here */ g()\n", ".rs") == {2}
    assert remark_lines('say("a \\" /* b\nc', ".c") == {2}
    assert remark_lines(('\\"' * 2_000 + "\n") * 100, ".c") == frozenset()
