from __future__ import annotations

from reviewer.collect.heads import heads

SOURCE = '''"""A module."""

LIMIT = 3


class Till:
    """Takes money."""

    @property
    @cached(
        size=3,
    )
    def total(self, one: int,
              two: int) -> int:
        return one + two

    def close(self):
        return self.total(1, 2)
'''


def test_only_the_definitions_of_these_names_are_shown_each_line_with_its_number() -> None:
    assert heads("till.py", SOURCE, {"LIMIT", "close", "elsewhere"}) == "3 LIMIT = 3 …\n17     def close(self): …\n"


def test_the_line_of_the_name_is_shown_however_many_decorators_stand_before_it() -> None:
    java = "interface Status {\n    @Deprecated\n    Status getStatus();\n}\n"

    assert "13     def total(self, one: int,\n14               two: int) -> int: …\n" in heads("till.py", SOURCE, {"total"})
    assert heads("Status.java", java, {"getStatus"}).endswith("3     Status getStatus(); …\n")


def test_a_text_that_defines_none_of_them_has_no_heads() -> None:
    assert not heads("till.py", SOURCE, {"total_of_all"})
    assert not heads("notes.txt", "total\n", {"elsewhere"})
