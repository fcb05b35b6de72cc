"""Run `reviewer plan` and the built-in review over real repositories, as whole processes, and hold what they say against the repositories.

    python bench/real.py REPOSITORY [REPOSITORY ...]

For each: read + skipped is git's own list; every finding's quote stands at the lines it names (masked secrets aside); both JSON documents
fit their published schemas; the exit code is one of those documented. Ends with 1 when anything does not hold. Needs jsonschema.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

DOCS = Path(__file__).resolve().parent.parent / "docs"
PLAN = json.loads((DOCS / "plan.schema.json").read_text("utf-8"))
REVIEW = json.loads((DOCS / "review.schema.json").read_text("utf-8"))
LIST = ["git", "ls-files", "-co", "--exclude-standard", "-z"]


def run(*arguments: str) -> tuple[int, Any, float]:
    """Exit code, the JSON on standard output (None when there is none) and wall seconds of one `reviewer` process."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "reviewer", *arguments, "--format", "json"], capture_output=True, check=False)
    seconds = time.perf_counter() - begun
    return done.returncode, json.loads(done.stdout) if done.stdout else None, seconds


def listed(repository: Path) -> int:
    """How many paths git lists."""
    output = subprocess.run(LIST, cwd=repository, capture_output=True, check=True).stdout
    return len(set(output.split(b"\0")[:-1]))


def misquoted(repository: Path, findings: list[dict[str, Any]]) -> Iterator[str]:
    """The places of findings whose quote does not stand at their lines."""
    for finding in findings:
        if "[secret: " in finding["quote"]:
            continue
        text = (repository / finding["path"]).read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        there = "\n".join(text.split("\n")[finding["start_line"] - 1 : finding["end_line"]])
        if finding["quote"] not in there and there not in finding["quote"]:
            yield f"{finding['path']}:{finding['start_line']}"


def faults(repository: Path) -> Iterator[str]:
    """What does not hold for one repository; prints its row on the way."""
    plan_code, plan, plan_seconds = run("plan", str(repository))
    review_code, review, review_seconds = run("review", "--engine", "static", str(repository))
    if plan is None or review is None or plan_code not in {0, 3} or review_code not in {0, 3}:
        yield f"exit codes {plan_code} and {review_code}"
        return
    jsonschema.validate(plan, PLAN)
    jsonschema.validate(review, REVIEW)
    known = listed(repository)
    if {plan["files"]["read"] + plan["files"]["skipped"], review["coverage"]["read"] + len(review["coverage"]["skipped"])} != {
        known
    }:
        yield f"git lists {known:,} files"
    yield from (f"misquoted: {place}" for place in misquoted(repository, review["findings"]))
    row = f"{repository.name:32} {known:7,} files  plan {plan_seconds:6.2f} s ({plan_code})  review {review_seconds:6.2f} s ({review_code})"
    print(f"{row}  {len(review['findings']):3} findings, {len(review['ungrounded'])} ungrounded", flush=True)


def main() -> int:
    """Print a row a repository, and what does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    wrong = 0
    repositories = parser.parse_args().repositories
    for repository in repositories:
        for fault in faults(repository.resolve()):
            wrong += 1
            print(f"  WRONG in {repository.name}: {fault}", flush=True)
    print(f"{len(repositories)} repositories, {wrong} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
