"""What still imports a file that is gone: told only where paths prove it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reviewer.collect.changes import ChangedFile, ChangeKind
from reviewer.collect.gone import gone, still_imported


def found(lost: str, texts: Mapping[str, str], *others: str) -> list[tuple[str, int, str]]:
    """Path, line and text of what is told when `lost` is gone from a repository of `texts` and `others`."""
    return [(each.path, each.line, each.text) for each in still_imported([lost], [*texts, *others], texts)]


@pytest.mark.parametrize(
    ("lost", "path", "line"),
    [
        ("big/old.py", "use.py", "from big import old"),
        ("big/old.py", "use.py", "from big.old import f1"),
        ("big/old.py", "use.py", "import big.old as other"),
        ("src/big/old.py", "tests/test_it.py", "from big.old import f1"),
        ("big/old.py", "big/near.py", "from .old import f1"),
        ("big/old.py", "big/near.py", "from . import old"),
        ("big/old.py", "big/deep/near.py", "from ..old import f1"),
        ("big/old/__init__.py", "use.py", "from big.old import f1"),
        ("old.py", "use.py", "import old"),
        ("web/util.js", "web/page.js", "import { f } from './util'"),
        ("web/util.js", "web/page.js", "const { f } = require('./util.js');"),
        ("web/util.ts", "web/pages/page.tsx", "import { f } from '../util.js'"),
        ("web/ui/index.tsx", "web/page.tsx", "export * from './ui'"),
        ("web/util.ts", "web/page.ts", "const page = await import('./util')"),
        ("web/Button.vue", "web/App.vue", "import Button from './Button.vue'"),
        ("src/util.h", "src/main.c", '#include "util.h"'),
        ("src/util.h", "test/main.c", '#include "src/util.h"'),
        ("lib/util.rb", "lib/main.rb", "require_relative 'util'"),
    ],
)
def test_an_import_that_has_lost_its_file_is_told(lost: str, path: str, line: str) -> None:
    assert found(lost, {path: f"\n{line}\n"}) == [(path, 2, line)]


@pytest.mark.parametrize(
    ("lost", "path", "line", "others"),
    [
        ("app/json.py", "app/use.py", "import json", ()),
        ("deep/in/utils.py", "use.py", "import utils", ()),
        ("big/old.py", "use.py", "from small import old", ()),
        ("big/old.py", "use.py", "from big import old", ("big/old/__init__.py",)),
        ("big/old.py", "use.py", "from big import old", ("big/old.pyx",)),
        ("big/old.py", "use.py", "# from big import old", ()),
        ("big/old.py", "use.py", "try:\n    from big import old\nexcept ImportError:\n    old = None", ()),
        ("big/old.py", "use.py", "text = 'from big import old'", ()),
        ("big/old.py", "docs/use.md", "from big import old", ()),
        ("web/util.js", "web/page.js", "import { f } from './util'", ("web/util.ts",)),
        ("web/util.js", "web/page.js", "import { f } from './util'", ("web/util/index.js",)),
        ("web/util.ts", "web/page.js", "import { f } from 'util'", ()),
        ("web/util.ts", "web/page.ts", "// import { f } from './util'", ()),
        ("web/util.ts", "other/page.ts", "import { f } from './util'", ()),
        ("src/util.h", "src/main.c", '#include "util.h"', ("include/util.h",)),
        ("src/util.h", "src/main.c", "#include <util.h>", ()),
    ],
)
def test_an_import_that_may_mean_something_else_is_not(lost: str, path: str, line: str, others: tuple[str, ...]) -> None:
    assert found(lost, {path: f"{line}\n"}, *others) == []


def test_a_name_that_the_package_defines_needs_no_file() -> None:
    assert not found("big/old.py", {"big/__init__.py": "def old(): ...\n", "use.py": "from big import old\n"})
    assert found("big/old.py", {"big/__init__.py": "", "use.py": "from big import old\n"})


def test_of_an_import_over_several_lines_the_one_with_the_name_is_told() -> None:
    texts = {"use.py": "import os\n\nfrom big import (\n    new,\n    old,\n)\n"}
    assert found("big/old.py", texts, "big/new.py") == [("use.py", 5, "    old,")]


def test_each_file_is_told_of_once() -> None:
    texts = {"use.py": "from big import old\n\n\ndef f():\n    from big import old\n"}
    assert found("big/old.py", texts) == [("use.py", 1, "from big import old")]


def test_a_file_that_moved_is_gone_from_where_it_was() -> None:
    files = [
        ChangedFile(path="new.py", old_path="old.py", kind=ChangeKind.RENAMED),
        ChangedFile(path="copy.py", old_path="kept.py", kind=ChangeKind.COPIED),
        ChangedFile(path="away.py", kind=ChangeKind.DELETED),
        ChangedFile(path="edited.py", kind=ChangeKind.MODIFIED),
    ]
    assert gone(files) == {"old.py", "away.py"}
