"""Runs one fuzzer: `python fuzz/run.py reply --seconds 60`. Ends with 0 when nothing was found, and with 1 and the input when something was.

With atheris (`pip install -r requirements-fuzz.txt`) inputs are led by what of our code they reach; what led further is kept below `--folder`,
and so is an input that fails. With hypothesis, which the tests bring, they are made from the target's words and seeds alone, and a failing one is
made small. `--replay FILE` runs a single input. Seconds are of wall time; the processor time is printed at the end.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

_HANG = 10
"""Seconds that one input may take."""
_MEMORY = 4_096
"""Megabytes of the process, with all that was imported."""
_SLICE = 300
"""Seconds of one process: cmarkgfm, which judges Markdown, keeps some 30 kB of each call."""
_LONGEST = 4_096
"""Bytes of an input that atheris makes."""
_BATCH = 500
"""Inputs that hypothesis makes between two looks at the clock."""


def main(arguments: Sequence[str]) -> int:
    """Runs the engine in a process of its own, and tells what it took."""
    options = _options(arguments)
    if options.replay is not None:
        _replay(options.target, options.replay)
        return 0
    if options.within:
        if options.engine == "atheris":
            _atheris(options.target, options.seconds, options.folder)
        else:
            _hypothesis(options.target, options.seconds)
        return 0
    end, code = time.monotonic() + options.seconds, 0
    while code == 0 and (left := end - time.monotonic()) > 0:
        slice_ = ["--within", "--seconds", str(min(round(left) + 1, _SLICE))]
        code = subprocess.run([sys.executable, str(HERE / "run.py"), *arguments, *slice_], check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = "nothing was found" if code == 0 else "SOMETHING WAS FOUND"
    print(f"{options.target} by {options.engine}: {told} in {used.ru_utime + used.ru_stime:.0f} seconds of processor time")
    return 0 if code == 0 else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "target", choices=sorted(path.stem for path in (HERE / "targets").glob("*.py") if path.stem not in _NO_TARGETS)
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--engine", choices=("atheris", "hypothesis"), default="atheris")
    parser.add_argument("--folder", type=Path, default=HERE / "kept", help="where inputs are kept")
    parser.add_argument("--replay", type=Path, metavar="FILE")
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


_NO_TARGETS = {"__init__", "every", "target"}


def _atheris(name: str, seconds: int, folder: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["reviewer", "unidiff", "tomllib", "pathspec"]):
        from targets.every import TARGETS
    target = TARGETS[name]
    kept, found = folder / name, folder / "found"
    for each in (kept, found):
        each.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room:
        seeds = Path(room, "seeds")
        seeds.mkdir()
        for number, seed in enumerate(target.seeds):
            (seeds / str(number)).write_bytes(seed)
        words = Path(room, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        flags = [
            f"-max_total_time={seconds}",
            f"-timeout={_HANG}",
            f"-rss_limit_mb={_MEMORY}",
            f"-max_len={_LONGEST}",
            f"-dict={words}",
            f"-artifact_prefix={found}/{name}-",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *flags, str(kept), str(seeds)], target.check)
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _hypothesis(name: str, seconds: int) -> None:
    from hypothesis import HealthCheck, given, settings

    from targets.every import TARGETS

    target = TARGETS[name]
    run = settings(max_examples=_BATCH, deadline=None, database=None, suppress_health_check=list(HealthCheck))(
        given(target.strategy())(target.check)  # type: ignore[no-untyped-call]
    )
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        run()


def _replay(name: str, file: Path) -> None:
    from targets.every import TARGETS

    TARGETS[name].check(file.read_bytes())


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main(sys.argv[1:]))
