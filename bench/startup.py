"""How long `reviewer --help` takes beside `python -c pass`: whole processes in turn, in one run.

    python bench/startup.py [--runs N]

Run it in an environment where `reviewer` is installed and its modules are compiled, as pip leaves them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def wall(*arguments: str) -> float:
    """Seconds one interpreter with these arguments takes."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> int:
    """Print both medians and the median of the ratios; 1 when it is above the promised 8."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    pairs = [(wall("-c", "pass"), wall("-m", "reviewer", "--help")) for _ in range(runs + 1)][1:]
    ratio = statistics.median(helped / passed for passed, helped in pairs)
    passed, helped = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"python -c pass {passed:.0f} ms, reviewer --help {helped:.0f} ms: {ratio:.1f} times")
    return 0 if ratio <= 8 else 1


if __name__ == "__main__":
    sys.exit(main())
