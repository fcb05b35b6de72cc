"""How near the local token estimate comes to two real tokenizers, repository by repository.

    uv run --with rs-bpe==0.1.0 --with tokenizers python -m bench.tokens --claude2-tokenizer tokenizer.json REPO…

REPO is a git repository, bare or not; what counts is the text at HEAD: every file that is UTF-8 without NUL and at most 1 MiB. The two
vocabularies are the ones that can be had without asking anybody: o200k (inside rs-bpe) and Claude 2's, which the provider's SDK shipped as
`anthropic/tokenizer.json` up to version 0.38.0 (`pip download --no-deps anthropic==0.38.0`, then unzip that one file).

For each repository and vocabulary: what it really holds, what `reviewer` estimates, the error of the estimate, whether the truth lies in the
band that is printed for a public vocabulary, and the error that is left once a sample of the text was counted exactly.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from reviewer.collect.measure import measure
from reviewer.plan.model import Tokenizer
from reviewer.plan.sample import Block, blocks, sample_ratio
from reviewer.plan.tokens import all_tokens, band

LARGEST_FILE = 1 << 20

Counter = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    repository: str
    tokenizer: str
    files: int
    size: int
    actual: int
    estimate: float
    low: int
    high: int
    sampled: float
    """The estimate after the sample."""

    @property
    def error(self) -> float:
        """Percent; positive when the estimate is too high."""
        return (self.estimate / self.actual - 1) * 100

    @property
    def sampled_error(self) -> float:
        """Percent, after the sample."""
        return (self.sampled / self.actual - 1) * 100

    @property
    def inside(self) -> bool:
        """Whether the truth lies in the printed band."""
        return self.low <= self.actual <= self.high


def counters(claude2: Path) -> dict[Tokenizer, Counter]:
    """The real tokenizers. Imported by name: they are no dependency of the project, only of this script."""
    o200k = import_module("rs_bpe.bpe").openai.o200k_base()
    hugging = import_module("tokenizers").Tokenizer.from_file(str(claude2))
    return {
        Tokenizer.CLAUDE2: lambda text: len(hugging.encode(text, add_special_tokens=False).ids),
        Tokenizer.O200K: o200k.count,
    }


def texts(repository: Path) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file at HEAD that is text."""
    listing = _git(repository, "ls-tree", "-r", "-l", "-z", "HEAD")
    rows = [row.split(b"\t", 1) for row in listing.split(b"\0") if row]
    wanted = []
    for meta, path in rows:
        mode, _, blob, size = meta.split()
        if mode.startswith(b"100") and size.isdigit() and 0 < int(size) <= LARGEST_FILE:
            wanted.append((blob, path))
    answer = _git(repository, "cat-file", "--batch", "--buffer", stdin=b"".join(blob + b"\n" for blob, _ in wanted))
    at = 0
    for _, path in wanted:
        end = answer.index(b"\n", at)
        length = int(answer[at:end].split()[2])
        data = answer[end + 1 : end + 1 + length]
        at = end + length + 2
        if _is_text(data):
            yield path.decode(errors="surrogateescape"), data


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", "-C", str(repository), *arguments], input=stdin, stdout=subprocess.PIPE, check=True).stdout


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data


def sampled_tokens(files: Mapping[str, bytes], chosen: Sequence[Block], count: Counter) -> int:
    """True tokens of the sample's blocks."""
    cut = (files[block.path][block.start : block.start + block.length] for block in chosen)
    return sum(count(piece.decode(errors="ignore")) for piece in cut)


def rows(repository: Path, tokenizers: dict[Tokenizer, Counter]) -> Iterator[Row]:
    """The table's lines for one repository."""
    files = dict(texts(repository))
    chosen = list(blocks([(name, len(data)) for name, data in files.items()]))
    measures = [measure(data) for data in files.values()]
    parts = [part for part in repository.resolve().parts if part not in {"repo", ".git"}]
    for tokenizer, count in tokenizers.items():
        each = all_tokens(measures, tokenizer)
        rates = {name: tokens / len(data) for (name, data), tokens in zip(files.items(), each, strict=True)}
        estimate = sum(each)
        printed = band(estimate, tokenizer)
        yield Row(
            repository=parts[-1],
            tokenizer=tokenizer.value,
            files=len(files),
            size=sum(len(data) for data in files.values()),
            actual=sum(count(data.decode()) for data in files.values()),
            estimate=estimate,
            low=printed.low,
            high=printed.high,
            sampled=estimate * sample_ratio(chosen, rates, sampled_tokens(files, chosen, count)),
        )


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when the estimate is further off than the project promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPO")
    parser.add_argument("--claude2-tokenizer", required=True, type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    tokenizers = counters(options.claude2_tokenizer)
    print("| repository | files | MB | vocabulary | actual | estimate | error % | in band | after sample % |")
    print("|---|--:|--:|---|--:|--:|--:|:-:|--:|")
    done: list[Row] = []
    for repository in options.repositories:
        for row in rows(repository, tokenizers):
            done.append(row)
            print(
                f"| {row.repository} | {row.files:,} | {row.size / 1e6:.1f} | {row.tokenizer} | {row.actual:,} | {row.estimate:,.0f} "
                f"| {row.error:+.1f} | {'yes' if row.inside else 'NO'} | {row.sampled_error:+.1f} |",
                flush=True,
            )
    return summary(done)


def summary(done: Sequence[Row]) -> int:
    """Print median and worst per vocabulary; 1 when a promise is broken."""
    kept = True
    for name in dict.fromkeys(row.tokenizer for row in done):
        of = [row for row in done if row.tokenizer == name]
        errors, after = [abs(row.error) for row in of], [abs(row.sampled_error) for row in of]
        print(
            f"{name}: median {statistics.median(errors):.1f} %, worst {max(errors):.1f} %, in band {sum(row.inside for row in of)} of {len(of)}; "
            f"after the sample: median {statistics.median(after):.1f} %, worst {max(after):.1f} %"
        )
        kept &= statistics.median(errors) <= 5 and max(errors) <= 10 and all(row.inside for row in of) and max(after) <= 3
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
