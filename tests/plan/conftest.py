from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from reviewer.collect.snapshot import Encoding, Snapshot, SourceFile, TextMeasure
from reviewer.plan.catalog import Catalogue, load_catalogue

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def catalogue_file(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "own.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def snapshot_of() -> Callable[..., Snapshot]:
    """A snapshot of files of so many o200k tokens each: `path=tokens`."""

    def make(files: dict[str, int]) -> Snapshot:
        return Snapshot(
            root=Path("/nowhere"),
            scope="",
            commit=None,
            in_git=True,
            files=tuple(
                SourceFile(
                    path, tokens * 4, tokens // 10, Encoding.UTF_8, TextMeasure(tokens * 4, 0, tokens * 1.1, float(tokens)), None
                )
                for path, tokens in sorted(files.items())
            ),
            skipped=(),
            guidance=(),
        )

    return make
