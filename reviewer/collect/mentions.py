"""Which files of a tree hold which names: every blob is read once in its life, its names are kept by blob id."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reviewer.collect.indexing import Indexers, checksum, spare_processors
from reviewer.collect.snapshot import SourceFile
from reviewer.collect.symbol_cache import Key, Names, SymbolCache

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_AT_ONCE = 8 * 1024 * 1024
"""Bytes of texts that are asked of git in one go, and held in memory twice."""
_MUCH = 32 * 1024 * 1024
"""Bytes of texts from which on helpers are worth their start: one process takes a second and a half for so much."""
_ROWS = 25_000
"""Blobs that are asked of the cache in one go: one question is three times as fast as ten. A row takes about 1,500 bytes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The names that are looked for, by checksum."""

    anywhere: dict[int, str]
    """In any word of a text."""
    declared: dict[int, str]
    """In the lines that look like definitions."""


@dataclass(slots=True)
class Mentions:
    """Name → the files that hold it, in the order of the files."""

    anywhere: dict[str, list[str]] = field(default_factory=dict)
    declared: dict[str, list[str]] = field(default_factory=dict)


def mentions(
    files: Iterable[SourceFile],
    repository: Repository,
    cache: SymbolCache | None,
    *,
    anywhere: Iterable[str],
    declared: Iterable[str],
) -> Mentions:
    """Where names stand at all, and where others (or the same) look like being defined.

    Names are told apart by a 32-bit checksum: in a million one is found by chance. Files without a blob id are passed over. Raises
    SourceError when git cannot be run.
    """
    wanted = Wanted({checksum(name): name for name in anywhere}, {checksum(name): name for name in declared})
    anywhere_only, declared_only = frozenset(wanted.anywhere), frozenset(wanted.declared)
    found = Mentions()
    keyed = [((file.blob, _suffix(file.path)), file) for file in files if file.blob is not None]
    for start in range(0, len(keyed), _ROWS):
        part = keyed[start : start + _ROWS]
        known = {} if cache is None else cache.load(key for key, _ in part)
        for learnt in _read([entry for entry in part if entry[0] not in known], repository):
            known.update(learnt)
            if cache is not None:
                cache.store(learnt)
        for key, file in part:
            if (names := known.get(key)) is not None:
                _note(found.anywhere, wanted.anywhere, anywhere_only, names.words, file.path)
                _note(found.declared, wanted.declared, declared_only, names.declared, file.path)
    # The words of a text come in the order of a set: sums over names must not differ between runs, not even in their last digit.
    return Mentions(dict(sorted(found.anywhere.items())), dict(sorted(found.declared.items())))


def _note(found: dict[str, list[str]], wanted: dict[int, str], only: frozenset[int], names: bytes, path: str) -> None:
    for number in only.intersection(array("I", names)):  # a set of our own to begin with: a view of the keys takes longer
        found.setdefault(wanted[number], []).append(path)


def _read(files: list[tuple[Key, SourceFile]], repository: Repository) -> Iterator[list[tuple[Key, Names]]]:
    """Read and index, a part at a time; while some parts are indexed, git unpacks the next."""
    parts = list(_parts(files))
    is_much = sum(file.size for _, file in files) > _MUCH

    def index(part: list[tuple[Key, SourceFile]]) -> list[Names]:
        contents = _split(_contents(repository, part))
        return indexers.index([(file.path, data) for (_, file), data in zip(part, contents, strict=False)])

    with Indexers(spare_processors() if is_much else 0) as indexers:
        threads = ThreadPoolExecutor(indexers.count + 1)
        try:
            for part, names in zip(parts, threads.map(index, parts), strict=True):
                yield [(key, found) for (key, _), found in zip(part, names, strict=False)]
        finally:
            threads.shutdown(cancel_futures=True)


def _parts(files: list[tuple[Key, SourceFile]]) -> Iterator[list[tuple[Key, SourceFile]]]:
    part: list[tuple[Key, SourceFile]] = []
    size = 0
    for entry in files:
        if part and size + entry[1].size > _AT_ONCE:
            yield part
            part, size = [], 0
        part.append(entry)
        size += entry[1].size
    if part:
        yield part


def _contents(repository: Repository, part: list[tuple[Key, SourceFile]]) -> bytes:
    asked = "".join(f"{blob}\n" for (blob, _), _ in part)
    return repository.run("cat-file", "--batch", "--buffer", stdin=asked.encode("ascii"))


def _split(output: bytes) -> Iterator[bytes]:
    """The contents in `cat-file --batch`'s answer; an empty one for a blob git does not have."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        size = output[position:end].rpartition(b" ")[2]
        position = end + 1
        if not size.isdigit():
            yield b""
            continue
        yield output[position : position + int(size)]
        position += int(size) + 1


def _suffix(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].lower()
