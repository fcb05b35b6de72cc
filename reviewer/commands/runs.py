"""`reviewer runs`: the kept runs, how they stand and what they cost; `--prune` removes those one cannot go on with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from reviewer.collect.gitdir import top_of
from reviewer.commands.call import Call
from reviewer.commands.outputs import print_out
from reviewer.commands.places import judge_places
from reviewer.commands.setup import state_of
from reviewer.errors import EXIT_OK, ConfigError
from reviewer.report.amounts import bytes_text, counted
from reviewer.report.runs_table import runs_json, runs_text
from reviewer.run_list import list_runs, prune_done
from reviewer.settings import resolve
from reviewer.state_layout import check_layout
from reviewer.terminal import Terminal


def run(call: Call, *, prune: bool) -> int:
    """List the runs, newest first, after removing those that are done where `prune` says so. Raises ConfigError and StorageError."""
    config = resolve(None, call.environ, call.flags).config
    if config.format not in {"markdown", "json"}:
        raise ConfigError(f"--format {config.format}: runs are listed as text or as json")
    judge_places(config, top_of(Path.cwd()))
    state = state_of(config)
    check_layout(state)
    folder = state / "runs"
    terminal = Terminal(config, call.environ)
    if prune:
        removed = prune_done(folder)
        terminal.say(f"{counted(removed.runs, 'run')} removed, {bytes_text(removed.bytes)} freed")
    runs = list_runs(folder)
    if config.format == "json":
        print_out(runs_json(runs))
    elif runs:
        print_out(runs_text(runs, datetime.now(UTC)))
    else:
        terminal.say(f"There is no run in {folder}.")
    return EXIT_OK
