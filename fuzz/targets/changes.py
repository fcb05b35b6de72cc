"""The diff and the mapping of its lines: each line of a hunk is a true line of its side, and a comment stands only inside a hunk."""

from __future__ import annotations

import difflib

from reviewer.collect.changes import Change, ChangedFile, Hunk, Revision, Side
from reviewer.collect.diff import parse_patch
from reviewer.collect.patch import partial_texts
from reviewer.errors import SourceError
from reviewer.findings import Category, Confidence, Finding, QuoteMatch, Severity
from reviewer.reply.placing import place
from targets.target import BETWEEN, Target, text

_MOST_LINES = 200
"""Lines of a side that are compared: difflib takes the square of them."""


def check(data: bytes) -> None:
    """As a patch the input may be refused, but not misread. As two files, what their diff says of each line is true."""
    try:
        files = parse_patch(data)
    except SourceError:
        files = ()
    _consistent(files)
    old, found, new = data.partition(BETWEEN)
    if found:
        _true(_lines(old), _lines(new))


def _consistent(files: tuple[ChangedFile, ...]) -> None:
    assert len({file.path for file in files}) == len(files)
    try:
        texts = partial_texts(files)
    except SourceError:
        return
    for file in files:
        for hunk in file.hunks:
            _counted(hunk)
    if not any(_overlapping(file) for file in files):
        for file in files:
            shown = texts.get(file.path, "").split("\n")
            for line in (line for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED):
                assert "\n" in line.text or shown[line.new - 1] == line.text
            _anchored(file)


def _overlapping(file: ChangedFile) -> bool:
    """Whether two hunks speak of one line of the head, which no diff does, but a patch can."""
    numbers = [line.new for hunk in file.hunks for line in hunk.lines if line.side is not Side.REMOVED]
    return len(set(numbers)) < len(numbers)


def _counted(hunk: Hunk) -> None:
    """The numbers of a hunk's lines go up by one on each side, from its start, as many as it says."""
    old = [line.old for line in hunk.lines if line.side is not Side.ADDED]
    new = [line.new for line in hunk.lines if line.side is not Side.REMOVED]
    assert old == list(range(hunk.old_start, hunk.old_start + hunk.old_count))
    assert new == list(range(hunk.new_start, hunk.new_start + hunk.new_count))
    assert all(line.old == 0 for line in hunk.lines if line.side is Side.ADDED)
    assert all(line.new == 0 for line in hunk.lines if line.side is Side.REMOVED)


def _anchored(file: ChangedFile) -> None:
    nothing = Revision(None, None)
    change = Change(label="a patch", base=nothing, head=nothing, files=(file,))
    for hunk in file.hunks[:3]:
        for first, last in (
            (hunk.new_start, hunk.new_start + 1),
            (max(hunk.new_start - 2, 1), hunk.new_start + hunk.new_count + 5),
        ):
            (placed,) = place([_finding(file.path, first, last)], change)
            if placed.anchor is not None:
                lines = range(placed.anchor.start_line, placed.anchor.end_line + 1)
                assert lines
                assert first <= lines[0] <= lines[-1] <= last
                assert any(all(map(other.covers, (lines[0], lines[-1]))) for other in file.hunks)


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:_MOST_LINES]


def _true(old: list[bytes], new: list[bytes]) -> None:
    """What is read of the diff of two files is what the files hold."""
    before, after = ([line + b"\n" for line in side] for side in (old, new))
    patch = b"".join(difflib.diff_bytes(difflib.unified_diff, before, after, b"a/x", b"b/x"))
    if not patch:
        return
    (file,) = parse_patch(patch)
    plain = all(map(bytes.isascii, (*old, *new)))
    for hunk in file.hunks:
        _counted(hunk)
        for line in hunk.lines:
            if line.side is not Side.REMOVED:
                assert not plain or line.text == text(new[line.new - 1])
            if line.side is not Side.ADDED:
                assert not plain or line.text == text(old[line.old - 1])
    shown = {line.new for hunk in file.hunks for line in hunk.lines}
    for number, content in enumerate(new, 1):
        assert number in shown or content in old


def _finding(path: str, first: int, last: int) -> Finding:
    return Finding(
        title="x",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        category=Category.CORRECTNESS,
        path=path,
        start_line=first,
        end_line=last,
        quote="x",
        explanation="x",
        suggestion="",
        match=QuoteMatch.EXACT,
        fingerprint="0" * 16,
    )


_GIT = b"""\
diff --git a/shop.py b/shop.py
index 1111111..2222222 100644
--- a/shop.py
+++ b/shop.py
@@ -10,4 +10,5 @@ def load(path):
 line ten
-line eleven
+line 11
+line 12
 line twelve
 line thirteen
@@ -30,2 +31,1 @@
-gone
 stays
\\ No newline at end of file
"""
_RENAMED = b"""\
diff --git "a/caf\\303\\251 x.py" b/new name.py
similarity index 90%
rename from "caf\\303\\251 x.py"
rename to new name.py
index 1111111..2222222
--- "a/caf\\303\\251 x.py"
+++ b/new name.py\t
@@ -1 +1 @@
-caf\xe9
+caf\xc3\xa9
"""
_MODES = b"""\
diff --git a/run b/run
old mode 100644
new mode 100755
diff --git a/gone b/gone
deleted file mode 100644
index 1111111..0000000
--- a/gone
+++ /dev/null
@@ -1,2 +0,0 @@
-a
-b
diff --git a/gone b/gone
new file mode 120000
index 0000000..2222222
--- /dev/null
+++ b/gone
@@ -0,0 +1 @@
+to
\\ No newline at end of file
diff --git a/p.png b/p.png
index 1111111..2222222 100644
Binary files a/p.png and b/p.png differ
"""

TARGET = Target(
    name="changes",
    check=check,
    seeds=(
        _GIT,
        _RENAMED,
        _MODES,
        _GIT + _RENAMED + _MODES,
        b"From 0123456789012345678901234567890123456789 Mon Sep 17\nSubject: x\n\n---\n shop.py | 2 +-\n\n"
        + _GIT
        + b"-- \n2.39\n",
        b"--- one/x\t2026-01-01\n+++ two/x\t2026-01-01\n@@ -1 +1,2 @@\n-a\n+b\n+c\r\n",
        b"a\nb\nc\n" + BETWEEN + b"a\nx\nc\nd\n",
        b"--- a\n+++ b\n" + BETWEEN + b"--- a\n++ b\n@@ -1 +1 @@\n",
    ),
    words=(
        BETWEEN,
        *(
            b"diff --git ",
            b"a/x b/x",
            b"--- ",
            b"+++ ",
            b"a/x",
            b"b/x",
            b"/dev/null",
            b"@@ -1,2 +1,3 @@",
            b"@@ -0,0 +1 @@",
            b"@@ -1 +0,0 @@",
        ),
        *(
            b"@@ -99999999 +99999999 @@",
            b"@@ -1,0 +2,0 @@ def f():",
            b"\n",
            b"\r\n",
            b"\n+",
            b"\n-",
            b"\n ",
            b"\n\\ No newline at end of file",
        ),
        *(
            b"rename from ",
            b"rename to ",
            b"copy from ",
            b"copy to ",
            b"new file mode 100644",
            b"deleted file mode 120000",
            b'"',
            b"\\303",
        ),
        *(
            b"old mode 100644\nnew mode 100755\n",
            b"Binary files a/x and b/x differ\n",
            b"GIT binary patch\n",
            b"\x0c",
            b"\x1c",
            b"\xff",
            b"\xe2\x80\xa8",
        ),
    ),
)
