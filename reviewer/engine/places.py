"""What a path says about a file: a test or an example, prose, data. By the names most projects use; nothing is read."""

from __future__ import annotations

from pathlib import PurePosixPath

_REHEARSAL = frozenset({
    "test", "tests", "testing", "testdata", "test_data", "test-data", "unittests", "__tests__", "__mocks__", "spec", "specs", "e2e",
    "fixture", "fixtures", "mock", "mocks", "example", "examples", "sample", "samples", "demo", "demos", "doc", "docs", "bench",
    "benchmark", "benchmarks", "integration", "cypress", "fuzz", "fuzzing", "tutorial", "tutorials", "docs_src", "snippets", "playground",
})  # fmt: skip
_PROSE = frozenset(
    {".md", ".mdx", ".markdown", ".rst", ".txt", ".adoc", ".asciidoc", ".org", ".tex", ".html", ".htm", ".po", ".pot"}
)
_DATA = frozenset({
    ".json", ".jsonl", ".json5", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".lock", ".mod", ".sum", ".csv", ".tsv", ".xml",
    ".svg", ".properties", ".gradle", ".snap", ".pem", ".crt", ".patch", ".diff",
})  # fmt: skip
_QUOTING = frozenset({".patch", ".diff", ".rej", ".orig", ".snap", ".csv", ".tsv", ".log"})
"""Data that holds pieces of other files."""


def is_rehearsal(path: str) -> bool:
    """Whether the file is a test, an example or documentation: code that does wrong things on purpose, and data made up for it."""
    *folders, name = path.lower().split("/")
    if not _REHEARSAL.isdisjoint(folders) or PurePosixPath(name).suffix in _PROSE:
        return True
    stem = name.partition(".")[0]
    return (
        stem.startswith(("test_", "test-"))
        or stem.endswith(("_test", "_tests", "-test", "_spec", "-spec"))
        or ".test." in name
        or ".spec." in name
        or ".example" in name
        or stem in {"conftest", "test", "tests"}
        or (PurePosixPath(path).stem.endswith(("Test", "Tests", "TestCase")))
    )


def is_code(path: str) -> bool:
    """Whether the file holds code, as far as its name tells: neither prose nor data, and not a file without a suffix."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix not in _PROSE and suffix not in _DATA and suffix != ""


def holds_program_text(path: str) -> bool:
    """Whether the file is code or data that a program reads, so that a merge conflict in it does harm."""
    return PurePosixPath(path).suffix.lower() not in _PROSE | _QUOTING
