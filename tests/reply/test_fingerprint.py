from __future__ import annotations

import re

from reviewer.findings import Category
from reviewer.reply.fingerprint import fingerprint, numbered


def test_a_fingerprint_is_the_same_for_ever() -> None:
    # printf 'security\0src/app.py\0returneval(text)' | sha256sum | cut -c1-16
    assert fingerprint(Category.SECURITY, "src/app.py", "return eval(text)") == "8d38196c76c5360f"


def test_white_space_does_not_change_a_fingerprint() -> None:
    one = fingerprint(Category.SECURITY, "a.py", "if x:\n    return eval( text )")

    assert one == fingerprint(Category.SECURITY, "a.py", "\tif x:\r\n\t\treturn eval(text)\n")


def test_category_path_and_code_each_change_it() -> None:
    prints = {
        fingerprint(Category.SECURITY, "a.py", "x"),
        fingerprint(Category.TESTING, "a.py", "x"),
        fingerprint(Category.SECURITY, "b.py", "x"),
        fingerprint(Category.SECURITY, "a.py", "y"),
        fingerprint(Category.SECURITY, "a.pyx", ""),
    }

    assert len(prints) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in prints)


def test_a_path_that_is_not_utf_8_has_a_fingerprint() -> None:
    assert fingerprint(Category.SECURITY, "caf\udce9", "x") != fingerprint(Category.SECURITY, "caf\udcea", "x")


def test_the_first_of_several_defects_keeps_the_fingerprint_and_the_others_get_their_own() -> None:
    name = fingerprint(Category.SECURITY, "app.py", "run(command)")
    names = [numbered(name, number) for number in range(1, 4)]

    assert names[0] == name
    assert len(set(names)) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in names)
    assert names == [numbered(name, number) for number in range(1, 4)]
