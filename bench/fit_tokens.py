"""Fit the weights of `reviewer/collect/measure.py` to the two public vocabularies.

    uv run --with rs-bpe==0.1.0 --with tokenizers python -m bench.fit_tokens --claude2-tokenizer tokenizer.json REPO…

Prints the weights to paste. Weighted least squares with a little ridge: a file's error is taken to grow with its tokens to the power of
0.75, every repository has the same say, and at most 5 MB of each are used. Judge the result with `bench/tokens.py` on *other* repositories.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.tokens import Counter, counters, texts
from reviewer.collect.measure import FEATURES, features

MOST_BYTES = 5_000_000
RIDGE = 1e-3
SMALL = 100
"""Tokens added to each file's, so that files of three tokens do not decide everything."""

Rows = list[tuple[list[float], int]]
Matrix = list[list[float]]


def part(repository: Path) -> Iterator[bytes]:
    """The repository's files in an order that depends on their names alone, until there are enough bytes."""
    total = 0
    for _, data in sorted(texts(repository), key=lambda file: hashlib.sha256(file[0].encode(errors="surrogateescape")).digest()):
        if total > MOST_BYTES:
            return
        total += len(data)
        yield data


def normal_equations(repositories: Sequence[Rows]) -> tuple[Matrix, list[float]]:
    """Sums of weighted products, over all files."""
    size = len(FEATURES)
    left = [[0.0] * size for _ in range(size)]
    right = [0.0] * size
    for rows in repositories:
        weights = [1 / (tokens + SMALL) ** 1.5 for _, tokens in rows]
        say = sum(weight * tokens**2 for weight, (_, tokens) in zip(weights, rows, strict=True)) ** 0.75
        for weight, (counts, tokens) in zip(weights, rows, strict=True):
            used = [index for index in range(size) if counts[index]]
            for row in used:
                share = weight / say * counts[row]
                right[row] += share * tokens
                for column in used:
                    left[row][column] += share * counts[column]
    return left, right


def solved(left: Matrix, right: list[float]) -> list[float]:
    """Gauss's elimination on the scaled equations."""
    scale = [left[index][index] ** 0.5 for index in range(len(right))]
    rows = [
        [value / scale[row] / scale[column] + (RIDGE if row == column else 0.0) for column, value in enumerate(left[row])]
        + [right[row] / scale[row]]
        for row in range(len(right))
    ]
    for pivot in range(len(rows)):
        rows[pivot:] = sorted(rows[pivot:], key=lambda row: -abs(row[pivot]))
        for other in range(len(rows)):
            if other != pivot:
                factor = rows[other][pivot] / rows[pivot][pivot]
                rows[other] = [mine - factor * its for mine, its in zip(rows[other], rows[pivot], strict=True)]
    return [rows[index][-1] / rows[index][index] / scale[index] for index in range(len(rows))]


def fitted(repositories: Sequence[list[bytes]], count: Counter) -> list[float]:
    """The weights for one vocabulary."""
    everything: list[Rows] = []
    for files in repositories:
        counted = [([*features(data), *[0.0] * len(FEATURES)][: len(FEATURES)], count(data.decode())) for data in files]
        everything.append(counted)
    return solved(*normal_equations(everything))


def main(arguments: Sequence[str]) -> int:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPO")
    parser.add_argument("--claude2-tokenizer", required=True, type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    repositories = [list(part(repository)) for repository in options.repositories]
    for tokenizer, count in counters(options.claude2_tokenizer).items():
        weights = fitted(repositories, count)
        print(f"{tokenizer.name}_WEIGHTS = ({', '.join(f'{weight:.3f}' for weight in weights)})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
