from __future__ import annotations

import subprocess
import sys

from reviewer.collect.answer import Answer


def started(program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_both_pipes_are_read_whatever_fills_first() -> None:
    process = started("import sys; sys.stderr.write('e' * 1_000_000); sys.stdout.write('o' * 1_000_000)")
    answer = Answer(process)

    assert answer.is_whole_within(30)
    assert (answer.output, answer.is_too_long, process.wait()) == (b"o" * 1_000_000, False, 0)
    assert answer.complaint == b"e" * 65_536


def test_an_answer_without_end_is_cut_and_its_process_ended() -> None:
    process = started("import sys\nwhile True: sys.stdout.write('o' * 100_000)")
    answer = Answer(process, limit=1_000_000)

    assert answer.is_whole_within(30)
    assert answer.is_too_long
    assert process.wait() != 0


def test_a_process_that_says_nothing_is_not_waited_for_longer_than_said() -> None:
    process = started("import time; time.sleep(60)")
    answer = Answer(process)

    assert not answer.is_whole_within(0.1)
    process.kill()
    assert answer.is_whole_within(30)
    process.wait()
