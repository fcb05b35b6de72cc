"""Texts are indexed by this process and its helpers alike; none of them is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from array import array
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reviewer.collect.indexing import Indexers, names_of
from reviewer.collect.symbol_cache import Names

PARTS = [[(f"a{number}.py", f"def keep{number}():\n    return {number}\n".encode())] for number in range(12)]


def sorted_names(found: Iterable[Sequence[Names]]) -> list[list[tuple[list[int], list[int]]]]:
    """Their order is that of a set, which is another one in each process."""
    return [[(sorted(array("I", names.words)), sorted(array("I", names.declared))) for names in part] for part in found]


EXPECTED = sorted_names([names_of(path, data) for path, data in part] for part in PARTS)


def test_helpers_find_the_names_that_this_process_finds() -> None:
    with Indexers(1) as indexers, ThreadPoolExecutor(2) as threads:
        assert sorted_names(threads.map(indexers.index, PARTS)) == EXPECTED


def test_helpers_are_gone_at_the_end_even_after_an_error() -> None:
    def interrupted() -> None:
        with Indexers(1) as indexers:
            indexers.index(PARTS[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert multiprocessing.active_children() == []


def test_what_a_helper_that_was_killed_should_have_done_is_done_here() -> None:
    with Indexers(1) as indexers, ThreadPoolExecutor(2) as threads:
        (helper,) = multiprocessing.active_children()
        assert helper.pid is not None
        os.kill(helper.pid, signal.SIGKILL)
        assert sorted_names(threads.map(indexers.index, PARTS)) == EXPECTED
