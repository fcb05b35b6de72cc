"""The command line: which commands and flags there are.

Only click and the option table are imported here, so that `--help` and a mistyped flag are answered at once; each command imports what it
needs when it runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from reviewer import __version__
from reviewer.commands.call import Call
from reviewer.config import OPTIONS
from reviewer.ending import exit_code_of
from reviewer.errors import ConfigError
from reviewer.flags import call_of, changes, only, settings
from reviewer.interruption import heed_signals
from reviewer.live_secrets import protecting
from reviewer.stream_guard import guarded
from reviewer.streams import reopen_closed


def main(argv: Sequence[str]) -> int:
    """Run `reviewer` with these arguments; return its exit code (see `errors.py`)."""
    reopen_closed()
    heed_signals()
    with protecting(os.environ), guarded():
        return exit_code_of(lambda: program.main(args=list(argv), prog_name="reviewer", standalone_mode=False))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def program() -> None:
    """Put a whole codebase in front of Claude and get a grounded review back.

    Every finding names a file, lines and a verbatim quote that really is there; the report says what was read, what was not, and what it
    cost. Each flag can also be set as a REVIEWER_* variable, in .reviewer.toml, or under [tool.reviewer] in pyproject.toml.

    Exit codes: 0 complete, nothing at or above --fail-on; 1 findings at or above it; 2 usage or settings; 3 the review is
    incomplete; 4 provider, credentials, network or storage; 5 the review was made but could not be posted; 130 interrupted; 70 a bug.
    """


@settings()
@changes
@program.command("review")
@click.argument("path", default=".", type=str)
@click.option(
    "--print-prompt",
    metavar="FILE",
    help="Write the exact first request here (- is standard output), and do not send it. Where not all of a change fits, the endpoint "
    "counts its tokens to choose the files, as for the review; without credentials nothing is sent, and they are chosen by estimate.",
)
@click.option("--dry-run", is_flag=True, help="The same as `reviewer plan`.")
def review_command(path: str, print_prompt: str | None, dry_run: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """Review the repository or folder at PATH, or a change to it, and write a report.

    PATH may also be the address of a pull request on GitHub: its commits are fetched beside the clone you stand in, if it is one, and
    read as git objects; nothing is checked out.
    """
    call = call_of(path, given)
    if dry_run:
        from reviewer.commands.plan import run as plan

        return plan(call, exact=False)
    from reviewer.commands.review import run

    return run(call, print_prompt=print_prompt)


@settings(
    without=(
        *("output", "min_severity", "min_confidence", "max_findings", "pre_existing", "fail_on", "exit_zero", "yes"),
        *("publish", "max_comments", "resolve_fixed"),
    )
)
@changes
@program.command("plan")
@click.argument("path", default=".", type=str)
@click.option("--exact", is_flag=True, help="Ask the provider's free count_tokens endpoint; this sends the code.")
def plan_command(path: str, exact: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """Show what a review of PATH would read, send and cost. Sends nothing."""
    from reviewer.commands.plan import run

    return run(call_of(path, given), exact=exact)


@settings(
    without=tuple(name for name in OPTIONS if name not in {"catalog", "base_url", "allow_http_host", "state_dir", "format"})
)
@program.command("models")
@click.option("--refresh", is_flag=True, help="Ask the Models API for today's windows and retirement dates, and keep them.")
def models_command(refresh: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """List the models: windows, prices, abilities, retirement."""
    from reviewer.commands.models import run

    return run(call_of(".", given), refresh=refresh)


_TERMINAL = ("state_dir", "quiet", "verbose", "progress", "color")
"""What every command that is about a kept run takes."""


@only(
    *_TERMINAL,
    *("max_cost", "yes", "base_url", "allow_http_host", "trace", "output", "format", "redact"),
    *("min_severity", "min_confidence", "max_findings", "pre_existing", "fail_on", "exit_zero"),
    defaults=False,  # the run's own settings hold
)
@program.command("resume")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option(
    "--print-prompt", metavar="FILE", help="Write the exact next request here (- is standard output), and do not send it."
)
def resume_command(run_id: str | None, print_prompt: str | None, **given: Any) -> int:  # noqa: ANN401 - click calls it
    """Go on with a review that was interrupted, and pay for nothing twice.

    RUN is an id or its beginning; without it, the newest run that can go on, of this repository first. The run's own settings hold, but
    for flags given now.
    """
    from reviewer.commands.resume import run

    return run(call_of(".", given), run_id, print_prompt=print_prompt)


@only("state_dir", "format", "quiet")
@program.command("runs")
@click.option("--prune", is_flag=True, help="Remove the runs that cannot be resumed any more.")
def runs_command(prune: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """List the kept runs, newest first: how each stands, and what it cost."""
    from reviewer.commands.runs import run

    return run(call_of(".", given), prune=prune)


@only(*_TERMINAL, "output", "format", "templates")
@program.command("render")
@click.argument("run_id", metavar="[RUN]", required=False)
def render_command(run_id: str | None, **given: Any) -> int:  # noqa: ANN401 - click calls it
    """Write a run's report again, in any format; nothing is asked, read or sent.

    RUN is an id or its beginning; without it, the newest run that has a report, of this repository first.
    """
    from reviewer.commands.render import run

    return run(call_of(".", given), run_id)


@only(*_TERMINAL, *("cache", "max_cost", "max_output", "base_url", "allow_http_host", "yes", "trace", "redact"))
@program.command("ask")
@click.argument("question")
@click.argument("path", default=".", type=str)
@click.option(
    "--run", "run_id", metavar="RUN", help="Ask about this run (an id or its beginning), not the newest of the repository."
)
@click.option("--new", is_flag=True, help="Start the conversation over; the old one is kept under another name.")
def ask_command(question: str, path: str, run_id: str | None, new: bool, **given: Any) -> int:  # noqa: ANN401, FBT001 - click calls it
    """Ask the model a question about what it has reviewed.

    QUESTION (- is standard input) goes on with the conversation about the newest run of the repository at PATH, or of the pull request at
    that address. What the run had sent is sent again, so that most of it comes from the provider's cache while that lasts; the answer is
    shown as it arrives, and the lines it quotes are held against the files.

    Exit codes: 0 the answer is whole and all it quotes is there; 3 it is not; the others as for `reviewer --help`.
    """
    from reviewer.commands.ask import run

    return run(call_of(path, given), question=question, run_id=run_id, new=new)


@program.command("action")
def action_command() -> int:
    """What the GitHub Action runs: review what the event is about, and publish it."""
    from reviewer.commands.action import run

    return run(dict(os.environ), _parse_review)


def _parse_review(arguments: Sequence[str]) -> Call:
    """The call that flags of `review` make. Raises ConfigError for what `review` does not take."""
    try:
        given = review_command.make_context("review", list(arguments)).params
    except click.ClickException as error:
        raise ConfigError(f"input args: {error.format_message()}", hint="`reviewer review --help` lists the flags.") from error
    except click.exceptions.Exit as error:  # --help
        raise ConfigError("input args: no review comes of these flags") from error
    if given.pop("print_prompt") or given.pop("dry_run"):
        raise ConfigError("input args: --print-prompt and --dry-run review nothing.")
    call = call_of(given.pop("path"), given)
    if call.wanted or call.pull_request or call.path != Path():
        raise ConfigError("input args: what is reviewed is for the event to say.", hint="Only settings go here.")
    return call


@settings()
@program.command("config")
@click.argument("path", default=".", type=str)
def config_command(path: str, **given: Any) -> int:  # noqa: ANN401 - click calls it
    """Show every setting a review of PATH would use, and where it came from."""
    from reviewer.commands.config import run

    return run(call_of(path, given))
