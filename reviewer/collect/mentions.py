"""Which files of a tree hold which names: every blob is read once in its life, its names are kept by blob id."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from reviewer.collect.declared import declared
from reviewer.collect.decoding import decode
from reviewer.collect.snapshot import SourceFile
from reviewer.collect.symbol_cache import Key, Names, SymbolCache

if TYPE_CHECKING:
    from reviewer.collect.repository import Repository

_AT_ONCE = 16 * 1024 * 1024
"""Bytes of texts that are asked of git in one go, and held in memory twice."""
_ROWS = 2_000
"""Blobs that are asked of the cache in one go."""
_LAST_ASCII = 0x7F
_NO_WORD = bytes(byte if byte > _LAST_ASCII or chr(byte).isalnum() or byte == ord("_") else ord(" ") for byte in range(256))


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
    wanted = Wanted({_checksum(name): name for name in anywhere}, {_checksum(name): name for name in declared})
    found = Mentions()
    keyed = [((file.blob, _suffix(file.path)), file) for file in files if file.blob is not None]
    for start in range(0, len(keyed), _ROWS):
        part = keyed[start : start + _ROWS]
        known = {} if cache is None else cache.load(key for key, _ in part)
        learnt = {key: names for (key, _), names in _read([entry for entry in part if entry[0] not in known], repository)}
        for key, file in part:
            names = known.get(key) or learnt.get(key)
            if names is not None:
                _note(found.anywhere, wanted.anywhere, names.words, file.path)
                _note(found.declared, wanted.declared, names.declared, file.path)
        if cache is not None:
            cache.store(learnt.items())
    return found


def _checksum(name: str) -> int:
    return crc32(name.encode("utf-8", "surrogateescape"))


def _note(found: dict[str, list[str]], wanted: dict[int, str], names: bytes, path: str) -> None:
    for checksum in wanted.keys() & array("I", names):
        found.setdefault(wanted[checksum], []).append(path)


def names_of(path: str, data: bytes) -> Names:
    """The names in a file's bytes."""
    text = data
    if (decoded := decode(data) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else None) is not None:
        text = decoded.utf8
    return Names(_checksums(text.translate(_NO_WORD).split()), _checksums(declared(path, text)))


def _checksums(words: Iterable[bytes]) -> bytes:
    return array("I", map(crc32, set(words))).tobytes()


def _read(files: list[tuple[Key, SourceFile]], repository: Repository) -> Iterator[tuple[tuple[Key, SourceFile], Names]]:
    """Read and index; while one part is indexed, git unpacks the next."""
    parts = list(_parts(files))
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_contents, repository, part) for part in parts[:1]]
        for number, part in enumerate(parts):
            output = coming.pop().result()
            if number + 1 < len(parts):
                coming.append(ahead.submit(_contents, repository, parts[number + 1]))
            for entry, data in zip(part, _split(output), strict=False):
                yield entry, names_of(entry[1].path, data)


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
