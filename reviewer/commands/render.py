"""`reviewer render`: a run's report again, from the review that was kept with it; without network, model or repository."""

from __future__ import annotations

from pathlib import Path

from reviewer.collect.gitdir import top_of
from reviewer.commands.call import Call
from reviewer.commands.outputs import STDOUT, outputs, write
from reviewer.commands.places import judge_places
from reviewer.commands.setup import state_of
from reviewer.commands.showing import renderers
from reviewer.config import Config
from reviewer.errors import EXIT_OK, IncompleteError, StorageError, UsageError
from reviewer.outcome import Review
from reviewer.report.rehearsal import rehearse
from reviewer.run_list import find_run, list_runs, of_repository
from reviewer.run_prune import read_record
from reviewer.run_record import RunRecord
from reviewer.settings import resolve
from reviewer.state_layout import check_layout
from reviewer.storage import read_kept
from reviewer.templating import Templates
from reviewer.terminal import Terminal
from reviewer.values import NotThatValueError, from_json

REVIEW = "review.json"


def run(call: Call, given: str | None) -> int:
    """Write the report of the run whose id begins with `given`, else of the newest that has one. Raises ReviewerError."""
    config = resolve(None, call.environ, call.flags).config
    judge_places(config, top_of(Path.cwd()))
    chosen = outputs(config)
    folder = _folder(config, given)
    record, review = _record(folder), _review(folder)
    templates = _templates(config, record)
    write(review, chosen, renderers(templates, _web(record)))
    terminal = Terminal(config, call.environ)
    for output in chosen:
        if output.path != STDOUT:
            terminal.say(f"report: {output.path}")
    return EXIT_OK


def _folder(config: Config, given: str | None) -> Path:
    state = state_of(config)
    check_layout(state)
    if given is not None:
        return find_run(state / "runs", given)
    for each in of_repository(list_runs(state / "runs"), top_of(Path.cwd())):
        if (each.folder / REVIEW).exists():
            return each.folder
    raise UsageError("there is no run with a report", hint="`reviewer runs` lists the kept runs and how they stand.")


def _record(folder: Path) -> RunRecord:
    record = read_record(folder)
    if record is None:
        raise UsageError(f"there is no run {folder.name} any more")
    return record


def _review(folder: Path) -> Review:
    path = folder / REVIEW
    try:
        return from_json(Review, read_kept(path))
    except FileNotFoundError as error:
        raise IncompleteError(
            f"run {folder.name} has no report yet", hint=f"`reviewer resume {folder.name}` goes on with it."
        ) from error
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}") from error
    except NotThatValueError as error:
        raise StorageError(f"{path} is not the review of this version of reviewer: {error}") from error


def _templates(config: Config, record: RunRecord) -> Templates:
    """Those of `--templates`, else those of the run. Raises TemplateError."""
    name = config.templates or (record.asked.config.templates if record.asked else None)
    templates = Templates(Path(name) if name else None)
    if name:
        rehearse(templates)
    return templates


def _web(record: RunRecord) -> str:
    return record.asked.web if record.asked else ""
