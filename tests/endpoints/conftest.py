"""Starting `reviewer` as a process of its own against an endpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from faults.scene import Zygote, started_once


@pytest.fixture(scope="session")
def zygote() -> Iterator[Callable[[], Zygote]]:
    """Starts processes; itself started by whoever needs one first."""
    with started_once() as start:
        yield start
