from __future__ import annotations

import textwrap
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from reviewer.findings import Absence, Absent, Category, Claim, Confidence, Finding, Origin, QuoteMatch, Severity, Ungrounded
from reviewer.reply.fingerprint import fingerprint
from reviewer.reply.ground import (
    MAX_QUOTED_CHARACTERS,
    MAX_QUOTED_LINES,
    NO_FILE,
    NO_QUOTE,
    NOWHERE,
    TOO_SHORT,
    find_quotes,
    ground,
)

TEXT = textwrap.dedent(
    '''\
    """Settings of the shop."""

    import json


    def load(path):
        with open(path) as file:
            return eval(file.read())  # trusted


    def save(path, values):
        with open(path, "w") as file:
            json.dump(values, file)


    def reload(path):
        with open(path) as file:
            return eval(file.read())  # trusted
    '''
)
FILES = {
    "shop/settings.py": TEXT,
    "empty.py": "",
    "dos.py": TEXT.replace("\n", "\r\n"),
    "last.py": "first_line()\nlast_line_without_end()",
}


def claim(quote: str, line: int = 1, end: int = 0, **change: object) -> Claim:
    plain = Claim(
        title="Runs what it is sent",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        category=Category.SECURITY,
        path="shop/settings.py",
        start_line=line,
        end_line=end or line,
        quote=quote,
        explanation="Why.",
        suggestion="How.",
    )
    return replace(plain, **change)  # type: ignore[arg-type]  # the names are checked by replace itself


def found(quote: str, line: int = 1, path: str = "shop/settings.py") -> Finding:
    findings, ungrounded = ground([claim(quote, line, path=path)], FILES.get)
    assert ungrounded == ()
    return findings[0]


def refused(quote: str, line: int = 1, path: str = "shop/settings.py") -> Ungrounded:
    findings, ungrounded = ground([claim(quote, line, path=path)], FILES.get)
    assert findings == ()
    return ungrounded[0]


def where(finding: Finding) -> tuple[int, int, QuoteMatch]:
    return finding.start_line, finding.end_line, finding.match


def test_a_quote_that_is_there_takes_its_lines_from_where_it_is() -> None:
    finding = found('def save(path, values):\n    with open(path, "w") as file:', line=99)

    assert where(finding) == (11, 12, QuoteMatch.EXACT)
    assert finding.quote == 'def save(path, values):\n    with open(path, "w") as file:'


def test_a_quote_may_begin_and_end_in_the_middle_of_a_line() -> None:
    finding = found("json.dump(values", line=1)

    assert where(finding) == (13, 13, QuoteMatch.EXACT)
    assert finding.quote == "        json.dump(values, file)"


def test_everything_else_of_a_claim_is_kept() -> None:
    finding = found("import json")

    assert (finding.title, finding.severity, finding.confidence, finding.category) == (
        "Runs what it is sent",
        Severity.HIGH,
        Confidence.MEDIUM,
        Category.SECURITY,
    )
    assert (finding.explanation, finding.suggestion) == ("Why.", "How.")
    assert finding.fingerprint == fingerprint(Category.SECURITY, "shop/settings.py", "import json")


def test_what_a_claim_says_of_the_change_and_of_missing_names_is_kept() -> None:
    absent = (Absent(Absence.UNDEFINED, "load"),)
    claims = [
        claim("import json", origin=Origin.WORSENED, absent=absent),
        claim("nowhere_at_all()", origin=Origin.WORSENED, absent=absent),
    ]

    (finding,), (lost,) = ground(claims, FILES.get)

    assert [(one.origin, one.absent) for one in (finding, lost)] == [(Origin.WORSENED, absent)] * 2


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("import json", "import toml"),
        ("        json.dump(values, file)", "import toml"),
        ("json.dump(values, file)", "        import toml"),
        ("json.dump(values", None),
        ("def save(path, values):\n    with open(path", None),
        ("    with open(path) as file:\n  return eval(file.read())  # trusted", None),
    ],
)
def test_a_replacement_is_kept_for_a_quote_of_whole_lines_and_for_no_other(quote: str, expected: str | None) -> None:
    (finding,), _ = ground([claim(quote, replacement="import toml")], FILES.get)

    assert finding.replacement == expected


@pytest.mark.parametrize(("line", "expected"), [(1, 8), (8, 8), (12, 8), (14, 18), (18, 18), (500, 18), (0, 8)])
def test_of_several_places_the_one_nearest_to_the_claimed_line_is_meant(line: int, expected: int) -> None:
    assert where(found("return eval(file.read())", line=line)) == (expected, expected, QuoteMatch.EXACT)


@pytest.mark.parametrize(
    "quote",
    [
        "def load(path):\nwith open(path) as file:\nreturn eval(file.read())  # trusted",
        "def load(path):\n\n\twith open(path) as file:   \n\t\treturn eval(file.read()) # trusted\n",
        "def load( path ): with open(path) as file: return eval( file.read() )",
    ],
)
def test_white_space_does_not_keep_a_quote_from_being_found(quote: str) -> None:
    assert where(found(quote)) == (6, 8, QuoteMatch.WHITESPACE)


def test_a_file_with_other_line_ends_is_quoted_with_line_feeds() -> None:
    finding = found('def save(path, values):\n    with open(path, "w") as file:', path="dos.py")

    assert where(finding) == (11, 12, QuoteMatch.WHITESPACE)
    assert "\r" not in finding.quote


def test_the_last_line_may_have_no_end() -> None:
    assert where(found("last_line_without_end()", path="last.py")) == (2, 2, QuoteMatch.EXACT)


def test_the_same_words_inside_longer_words_are_another_place() -> None:
    text = "def preload_all():\n    pass\n\n\ndef load_all():\n    pass\n"
    findings, _ = ground([claim("load_all()", line=1, path="x")], {"x": text}.get)

    assert findings[0].start_line == 5


@pytest.mark.parametrize(
    ("quote", "first", "last"),
    [
        ("def save(path, value):\n    with open(path, 'w') as file:\n        json.dump(value, file)", 11, 13),
        ('def save(path, values):\n    with open(path, "w") as file:\n        # write\n        json.dump(values, file)', 11, 13),
        (TEXT[TEXT.index("return eval") : TEXT.index("\n\n\ndef reload")].replace("def save(path, values):\n", ""), 8, 13),
    ],
    ids=["other letters", "a line added", "a line left out"],
)
def test_a_quote_that_differs_a_little_is_found_and_marked(quote: str, first: int, last: int) -> None:
    finding = found(quote, line=40)

    assert where(finding) == (first, last, QuoteMatch.SIMILAR)
    assert finding.quote == "\n".join(TEXT.split("\n")[first - 1 : last])


@pytest.mark.parametrize(
    "quote",
    [
        "def delete(path):\n    os.remove(path)",
        "subprocess.run(command, shell=True)",
        "def load(path):\n    return yaml.safe_load(path.read_text())",
        "for item in basket.items():\n    total += item.price * item.count",
    ],
)
def test_a_quote_that_is_nowhere_is_ungrounded(quote: str) -> None:
    claimed = refused(quote, line=7)

    assert claimed.reason == NOWHERE
    assert (claimed.start_line, claimed.quote) == (7, quote)


def test_a_quote_of_an_empty_file_is_ungrounded() -> None:
    assert refused("import json_and_more", path="empty.py").reason == NOWHERE


@pytest.mark.parametrize("quote", ["", " \n\t", "``", "```\n```"])
def test_a_claim_without_a_quote_is_ungrounded(quote: str) -> None:
    assert refused(quote).reason in {NO_QUOTE, NOWHERE}


@pytest.mark.parametrize(
    ("quote", "line", "start"),
    [("):", 6, 6), ("):", 11, 11), ("path)", 18, 17), ("{", 3, None), ("):", 3, None), ("path)", 60, None)],
)
def test_a_quote_too_short_to_tell_needs_the_claimed_line_to_agree(quote: str, line: int, start: int | None) -> None:
    if start is None:
        assert refused(quote, line).reason in {TOO_SHORT, NOWHERE}
    else:
        assert found(quote, line).start_line == start


def test_a_short_quote_that_stands_only_once_tells_its_place() -> None:
    assert where(found("dump", line=400)) == (13, 13, QuoteMatch.EXACT)
    assert refused("{", line=400).reason == NOWHERE


@pytest.mark.parametrize(
    "quote",
    [
        "6| def load(path):\n7|     with open(path) as file:",
        "  6 | def load(path):\n  7 |     with open(path) as file:",
        "6: def load(path):\n7:     with open(path) as file:",
        "L6: def load(path):\nL7:     with open(path) as file:",
        "6\tdef load(path):\n7\t    with open(path) as file:",
        "6→def load(path):\n7→    with open(path) as file:",
        "```python\ndef load(path):\n    with open(path) as file:\n```",
        "```\n6| def load(path):\n7|     with open(path) as file:\n```",
    ],
)
def test_line_numbers_and_fences_that_a_model_adds_are_taken_off(quote: str) -> None:
    finding = found(quote)

    assert (finding.start_line, finding.end_line) == (6, 7)
    assert finding.match in {QuoteMatch.EXACT, QuoteMatch.WHITESPACE}


def test_backticks_around_a_quote_are_taken_off() -> None:
    assert where(found("`json.dump(values, file)`")) == (13, 13, QuoteMatch.EXACT)


def test_numbers_that_do_not_count_up_are_part_of_the_quote() -> None:
    text = "{\n  8: one_value,\n  7: other_value,\n}\n"
    findings, _ = ground([claim("8: one_value,\n7: other_value,", path="x")], {"x": text}.get)

    assert where(findings[0]) == (2, 3, QuoteMatch.WHITESPACE)


@pytest.mark.parametrize(
    "quote",
    [
        "def save(path, values):\n    ...\n        json.dump(values, file)",
        "def save(path, values):\n    # ...\n        json.dump(values, file)",
        "def save(path, values): … json.dump(values, file)",
        'def save(path, ...):\n    with open(path, "w") as file:\n        json.dump(…)',
    ],
)
def test_a_quote_with_parts_left_out_is_found_when_all_its_parts_follow_each_other(quote: str) -> None:
    assert where(found(quote)) == (11, 13, QuoteMatch.SIMILAR)


@pytest.mark.parametrize(
    "quote",
    [
        "def save(path, values):\n    ...\n    os.remove(path_of_the_lock)",
        "json.dump(values, file)\n...\ndef save(path, values):\n...\nimport json",
        "...",
        "…\n…",
        "a...b...c...d...e...f...g...h_and_more_letters",
    ],
)
def test_a_quote_with_parts_left_out_is_ungrounded_when_one_is_not_there(quote: str) -> None:
    assert refused(quote).reason == NOWHERE


def test_parts_far_from_each_other_are_no_quote() -> None:
    text = "first_statement()\n" + "x = 1\n" * 200 + "second_statement()\n"
    _, ungrounded = ground([claim("first_statement()\n...\nsecond_statement()", path="x")], {"x": text}.get)

    assert [item.reason for item in ungrounded] == [NOWHERE]


def test_an_ellipsis_of_the_file_itself_is_code() -> None:
    findings, _ = ground([claim("def later(self): ...", path="x")], {"x": "class A:\n    def later(self): ...\n"}.get)

    assert where(findings[0]) == (2, 2, QuoteMatch.EXACT)


@pytest.mark.parametrize(
    "path",
    [
        "./shop/settings.py",
        "/shop/settings.py",
        "shop\\settings.py",
        "shop//settings.py",
        " shop/./settings.py",
        "shop/x/../settings.py",
    ],
)
def test_another_spelling_of_a_path_is_the_same_file(path: str) -> None:
    assert found("import json", path=path).path == "shop/settings.py"


@pytest.mark.parametrize(
    "path", ["Shop/Settings.py", "settings.py", "shop/setting.py", "../shop/settings.py", "..", "", "/", "shop", "\0", "\ud800"]
)
def test_a_path_that_is_not_among_those_read_is_ungrounded(path: str) -> None:
    assert refused("import json", path=path).reason == NO_FILE


def test_a_path_that_holds_a_backslash_is_taken_as_it_stands() -> None:
    findings, _ = ground([claim("import json", path="a\\b.py")], {"a\\b.py": "import json\n", "a/b.py": "import json\n"}.get)

    assert findings[0].path == "a\\b.py"


def test_very_many_lines_are_quoted_only_in_part() -> None:
    text = "".join(f"statement_{number}()\n" for number in range(100))
    findings, _ = ground([claim(text, path="x")], {"x": text}.get)

    assert (findings[0].start_line, findings[0].end_line) == (1, 100)
    assert findings[0].quote.count("\n") == MAX_QUOTED_LINES - 1


def test_of_a_very_long_line_the_found_part_is_quoted() -> None:
    text = "x" * 50_000 + ";eval(location.hash);" + "y" * 50_000
    findings, _ = ground([claim("eval(location.hash)", path="x")], {"x": text}.get)

    assert (findings[0].start_line, findings[0].quote) == (1, "eval(location.hash)")
    assert len(findings[0].quote) <= MAX_QUOTED_CHARACTERS


def test_what_is_said_twice_stays_there_twice() -> None:
    one, two = claim("import json"), claim("import  json", severity=Severity.CRITICAL, title="Worse")
    findings, ungrounded = ground([one, two, one], FILES.get)

    assert [finding.title for finding in findings] == [one.title, "Worse", one.title]
    assert {finding.fingerprint for finding in findings} == {findings[0].fingerprint}
    assert ungrounded == ()


def test_of_two_places_that_overlap_the_one_that_begins_at_the_claimed_line_is_meant() -> None:
    (finding,), _ = ground([claim("next_row()\nnext_row()", line=3, end=4, path="x")], {"x": "\n" + "next_row()\n" * 3}.get)

    assert (finding.start_line, finding.end_line) == (3, 4)


def test_the_same_finding_at_two_places_is_two() -> None:
    findings, _ = ground([claim("return eval(file.read())", line=8), claim("return eval(file.read())", line=18)], FILES.get)

    assert [finding.start_line for finding in findings] == [8, 18]
    assert findings[0].fingerprint == findings[1].fingerprint


def test_two_kinds_of_defect_in_one_line_are_two_findings() -> None:
    findings, _ = ground([claim("import json"), claim("import json", category=Category.TESTING)], FILES.get)

    assert len(findings) == 2


def test_findings_and_ungrounded_claims_keep_the_order_of_the_claims() -> None:
    claims = [
        claim("import json", title="1"),
        claim("x", path="no", title="2"),
        claim("last_line_without_end()", path="last.py", title="3"),
    ]
    claims += [claim("def save(path, values):", title="4"), claim("not_there_at_all()", title="5")]
    findings, ungrounded = ground(iter(claims), FILES.get)

    assert [finding.title for finding in findings] == ["1", "3", "4"]
    assert [item.title for item in ungrounded] == ["2", "5"]


def test_a_file_is_asked_for_once_however_many_claims_name_it() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return FILES.get(path)

    ground([claim("import json")] * 5, read)

    assert asked == ["shop/settings.py"]


LINES = st.lists(st.text(alphabet="abc_(=) \t.", max_size=12), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(lines=LINES, data=st.data())
def test_every_run_of_lines_is_found_at_its_place_and_quoted_as_it_stands(lines: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, len(lines) - 1))
    quote = "\n".join(lines[first : last + 1])
    assume(lines[first].strip() and lines[last].strip())
    findings, ungrounded = ground([claim(quote, first + 1, last + 1, path="x")], {"x": "\n".join(lines)}.get)

    assert ungrounded == ()
    assert (findings[0].start_line, findings[0].end_line) == (first + 1, last + 1)
    assert findings[0].quote == quote


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(alphabet="ab(_ \n\r.…`1|", max_size=120),
    quote=st.text(alphabet="ab(_ \n\r.…`1|", max_size=60),
    line=st.integers(0, 9),
)
@example(text="", quote="aaaaaaaaaaaa", line=0)
def test_whatever_is_quoted_a_finding_shows_lines_that_are_there(text: str, quote: str, line: int) -> None:
    findings, ungrounded = ground([claim(quote, line, path="x")], {"x": text}.get)
    lines = [one.rstrip("\r") for one in text.split("\n")]

    assert len(findings) + len(ungrounded) == 1
    for finding in findings:
        assert finding.quote == "\n".join(lines[finding.start_line - 1 : finding.end_line])


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("a" * 300_000, "a" * 20_000),
        ("a" * 300_000, "b" + "a" * 20_000),
        ("aa\n" * 100_000, "aa\n" * 6_000),
        ("word word word word\n" * 20_000, "word word word ward\n" * 900),
        ("a.b.c" * 50_000, "aaaaaaaa" + "...b" * 4_000),
        ("\n" * 300_000, "\n" * 19_000 + "x"),
        ("x " * 150_000, "1" * 20_000),
    ],
    ids=range(7),
)
def test_hostile_text_and_quotes_cost_linear_time(text: str, quote: str) -> None:
    findings, ungrounded = ground([claim(quote, path="x", title=str(number)) for number in range(5)], {"x": text}.get)

    assert len(findings) + len(ungrounded) <= 5


@pytest.mark.parametrize(
    "quote",
    [
        'def save(path, values):\n    with open(path, "r") as file:\n        json.dump(values, file)',
        "def load(path):\n    with open(path) as file:\n        return exec(file.read())",
        "    with open(paths) as file:\n        return eval(file.read())",
    ],
)
def test_a_quote_that_says_something_else_counts_for_less_and_is_kept_beside_the_files_own(quote: str) -> None:
    finding = found(quote)

    assert finding.confidence is Confidence.LOW
    assert finding.as_quoted == quote
    assert finding.quote in TEXT
    assert quote not in TEXT


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("if count <= limit:\n    stop(count)\n", "if count < limit:\n    stop(count)"),
        ("delay_in_seconds = 30\nretry(delay_in_seconds)\n", "delay_in_seconds = 3"),
        ("delay_in_seconds = 1.5\n", "delay_in_seconds = 1"),
        ("if user in allowed_users:\n", "if user not in allowed_users:"),
        ("total = price_of_all - rebate\n", "total = price_of_all + rebate"),
    ],
)
def test_an_inverted_operator_and_a_number_cut_short_are_differences(text: str, quote: str) -> None:
    (finding,), _ = ground([claim(quote, path="x.py")], {"x.py": text}.get)

    assert (finding.confidence, finding.as_quoted) == (Confidence.LOW, quote)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "begin_with_it(name,  'of one')  # now\nwait_until_done(name)\n",
            'begin_with_it(name, "of one")\nwait_until_done(name)',
        ),
        ("start(first_of_all)\n# a remark\nwait_for(name)\n", "start(first_of_all)\n...\nwait_for(name)"),
        ("first_of_all(1)\nsecond_of_all(2)\nthird_of_all(3)\n", "first_of_all(1)\n# ...\nthird_of_all(3)"),
        ("  start( first_of_all )\n", "start(first_of_all)"),
    ],
)
def test_white_space_quotation_marks_ellipses_and_comments_left_out_are_no_difference(text: str, quote: str) -> None:
    (finding,), _ = ground([claim(quote, path="x.py")], {"x.py": text}.get)

    assert (finding.confidence, finding.as_quoted) == (Confidence.MEDIUM, "")


def test_a_long_part_of_one_line_may_end_in_the_middle_of_a_word() -> None:
    text = "call(" + ", ".join(f"argument_{number}" for number in range(40)) + ")\n"
    (finding,), _ = ground([claim(text[10:110], path="x.py")], {"x.py": text}.get)

    assert (finding.confidence, finding.as_quoted) == (Confidence.MEDIUM, "")


def test_confidence_never_falls_below_low() -> None:
    (finding,), _ = ground(
        [claim("import jsons as other_json", confidence=Confidence.LOW)], {"shop/settings.py": "import json as other_json\n"}.get
    )

    assert finding.confidence is Confidence.LOW
    assert finding.as_quoted


@pytest.mark.parametrize(
    "quote",
    [
        '11 +def save(path, values):\n12 +    with open(path, "w") as file:',
        ' 9  def save(path, values):\n10      with open(path, "w") as file:',
        '11 def save(path, values):\n12     with open(path, "w") as file: …',
        '+def save(path, values):\n+    with open(path, "w") as file:',
        '@@ -9 +11 @@ def load(path)\n11 +def save(path, values):\n12 +    with open(path, "w") as file:',
        '9 -def save(path):\n10 -    with open(path) as file:\n11 +def save(path, values):\n12 +    with open(path, "w") as file:',
        ' def save(path, values):\n+    with open(path, "w") as file:',
        '```diff\n+def save(path, values):\n+    with open(path, "w") as file:\n```',
    ],
)
def test_our_own_ways_to_show_lines_are_undone(quote: str) -> None:
    finding = found(quote, line=1)

    assert (finding.start_line, finding.end_line, finding.as_quoted) == (11, 12, "")


def test_signatures_with_lines_left_out_between_them_are_found() -> None:
    finding = found("6 def load(path): …\n11 def save(path, values): …")

    assert (finding.start_line, finding.end_line, finding.as_quoted) == (6, 11, "")


def test_a_list_that_begins_with_signs_is_quoted_as_it_is() -> None:
    (finding,), _ = ground(
        [claim("- name: build\n- name: test", path="x.yml")], {"x.yml": "jobs:\n- name: build\n- name: test\n"}.get
    )

    assert (finding.start_line, finding.match) == (2, QuoteMatch.EXACT)


@pytest.mark.parametrize(
    ("quote", "replacement"),
    [
        ("13 +        json.dump(values, file)", "13 +        json.dump(values, file, indent=2)"),
        ("+        json.dump(values, file)", "+        json.dump(values, file, indent=2)"),
        ("-        json.dump(values, file)", "+        json.dump(values, file, indent=2)"),
        ("13 |         json.dump(values, file)", "13 |         json.dump(values, file, indent=2)"),
        ("        json.dump(values, file)", "-        json.dump(values, file)\n+        json.dump(values, file, indent=2)"),
        ("        json.dump(values, file)", "13 +        json.dump(values, file, indent=2)"),
        ("13 +        json.dump(values, file)", "        json.dump(values, file, indent=2)"),
    ],
)
def test_a_replacement_in_our_own_way_to_show_lines_is_freed_of_it_too(quote: str, replacement: str) -> None:
    (finding,), _ = ground([claim(quote, replacement=replacement)], FILES.get)

    assert finding.replacement == "        json.dump(values, file, indent=2)"


@pytest.mark.parametrize(
    "path", ["a/shop/settings.py", "b/shop/settings.py", "settings.py", "src/shop/settings.py", "shop/config.py", "empty.py"]
)
def test_a_wrong_path_is_put_right_where_only_one_file_has_the_quote_and_it_is_said(path: str) -> None:
    files = {"shop/settings.py": TEXT, "empty.py": "", "other.py": "nothing()\n"}
    (finding,), _ = ground([claim("    json.dump(values, file)", path=path)], files.get, None, files)

    assert (finding.path, finding.start_line) == ("shop/settings.py", 13)
    assert len(finding.notes) == 1
    assert f'path "{path}" read as "shop/settings.py"' in finding.notes[0]


def test_a_wrong_path_stays_wrong_where_two_files_have_the_quote_or_it_says_too_little() -> None:
    files = {"one.py": "import json\nstart(all_of_it)\n", "two.py": "start(all_of_it)\n"}
    _, lost = ground([claim("start(all_of_it)", path="three.py"), claim("import json", path="three.py")], files.get, None, files)

    assert [one.reason for one in lost] == [NO_FILE, NO_FILE]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("settings.py", "shop/app/settings.py"), ("app/util.py", "shop/app/util.py"), ("util.py", None), ("other/util.py", None)],
)
def test_a_shortened_path_is_read_in_full_where_it_can_mean_one_file_only(path: str, expected: str | None) -> None:
    files = dict.fromkeys(("shop/app/settings.py", "shop/app/util.py", "shop/web/util.py"), "def start(all_of_it):\n    pass\n")
    findings, _ = ground([claim("def start(all_of_it):", path=path)], files.get, None, files)

    assert [finding.path for finding in findings] == ([expected] if expected else [])


def test_evidence_is_never_looked_for_in_another_file() -> None:
    assert find_quotes([claim("json.dump(values, file)", path="empty.py")], FILES.get) == (None,)


@pytest.mark.parametrize(
    ("inside", "expected"),
    [("reload", 18), ("def reload(path):\nwith open(path) as file:", 18), ("load", 8), ("", 8), ("nothing_of_that_name", 8)],
)
def test_what_is_said_to_be_around_repeated_lines_tells_which_are_meant(inside: str, expected: int) -> None:
    (finding,), _ = ground([claim("return eval(file.read())", line=6, inside=inside)], FILES.get)

    assert finding.start_line == expected


def test_names_in_the_words_of_a_claim_tell_which_of_repeated_lines_are_meant() -> None:
    text = "def first_one():\n    return compute(1)\n\n\n" + "x = 1\n" * 30 + "def second_one():\n    return compute(1)\n"
    (finding,), _ = ground([claim("return compute(1)", line=12, path="x", explanation="`second_one` is wrong.")], {"x": text}.get)

    assert finding.start_line == 36
