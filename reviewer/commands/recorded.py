"""What was asked, as a run's record keeps it, and the same as settings again."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from reviewer.commands.access import chosen_endpoint, endpoint
from reviewer.commands.call import Against, Call, Wanted
from reviewer.commands.outputs import STDOUT
from reviewer.commands.setup import Setup
from reviewer.commands.target import Target
from reviewer.config import OPTIONS, Config, flag_name, variable_name
from reviewer.errors import ConfigError
from reviewer.plan.correction import Correction
from reviewer.run_record import Asked
from reviewer.settings import Resolved, resolve

_OF_THE_CALL = frozenset({"state_dir", "trace", "quiet", "verbose", "progress", "color", "redact"})
"""Settings that say nothing of the run, and always are those of the running call."""
_PATHS = ("instructions", "templates", "catalog", "state_dir")


def asked_of(target: Target, correction: Correction | None) -> Asked:
    """What a target's call asked for. Raises ConfigError for an endpoint that could hold a password."""
    setup = target.setup
    call = setup.call
    wanted = call.wanted
    return Asked(
        path=str(call.path.absolute()),
        top=str(setup.top),
        against=wanted.against.value if wanted else "",
        value=_value(wanted, target.subject.commit) if wanted else "",
        pull_request=call.pull_request or "",
        config=_with_absolute_paths(setup),
        origins=dict(setup.resolved.origins),
        from_repository=tuple(sorted(setup.resolved.from_repository)),
        correction=correction,
        web=web_of(target),
        obstacle=_obstacle(target),
    )


def call_again(asked: Asked, call: Call) -> Call:
    """The call that asks again what was asked; flags, environment and run are those of `call`."""
    return dataclasses.replace(
        call,
        path=Path(asked.path),
        wanted=Wanted(Against(asked.against), asked.value) if asked.against else None,
        pull_request=asked.pull_request or None,
        asked=asked,
    )


def resolved_again(asked: Asked, call: Call) -> Resolved:
    """The settings as they were recorded, but those that were typed now.

    Raises ConfigError, also when the environment names another endpoint than the run's: its key may be meant for that one alone.
    """
    now = resolve(None, call.environ, call.flags)
    if not asked.config.redact and now.config.redact:
        raise ConfigError(
            "the run was made with --no-redact", hint="Type it again to go on with it; without it, make a new review."
        )
    _require_same_endpoint(asked, now)
    typed = {name for name in OPTIONS if now.origins[name] == flag_name(name)}
    new = typed | _OF_THE_CALL
    config = dataclasses.replace(asked.config, **{name: getattr(now.config, name) for name in new})
    origins = {name: now.origins[name] if name in new else asked.origins.get(name, "default") for name in OPTIONS}
    return Resolved(config, origins, frozenset(asked.from_repository) - new)


def _require_same_endpoint(asked: Asked, now: Resolved) -> None:
    """What was typed, then or now, was meant; but a key in the environment goes with the address beside it."""
    then = asked.config.base_url
    hosts = (*asked.config.allow_http_host, *now.config.allow_http_host)
    today = chosen_endpoint(dataclasses.replace(now.config, allow_http_host=hosts), source=now.origins["base_url"])
    is_meant = now.origins["base_url"] == flag_name("base_url")
    was_meant = asked.origins.get("base_url") not in {"ANTHROPIC_BASE_URL", variable_name("base_url")}
    if is_meant or today == then or (today is None and was_meant):
        return
    raise ConfigError(
        f"the run's endpoint was {then or 'the provider itself'}, and the environment now names {today or 'none'}",
        hint="Set ANTHROPIC_BASE_URL and the key as they were for the run; --base-url names it too.",
    )


def _with_absolute_paths(setup: Setup) -> Config:
    config = setup.config
    own = setup.resolved.from_repository
    changes: dict[str, object] = {
        name: _absolute(getattr(config, name)) for name in _PATHS if getattr(config, name) is not None and name not in own
    }
    if config.base_url is not None:
        changes["base_url"] = endpoint(setup)
    output = tuple(path if path == STDOUT else _absolute(path) for path in config.output)
    changes["engine"] = "claude"  # whoever goes on without credentials is to hear it, not to get the built-in checks
    return dataclasses.replace(config, output=output, lens=tuple(map(_absolute, config.lens)), **changes)  # type: ignore[arg-type]


def _absolute(path: str) -> str:
    return str(Path(path).absolute())


def _value(wanted: Wanted, commit: str | None) -> str:
    if wanted.against is Against.COMMIT and commit is not None:
        return commit  # `HEAD~1` would be another one after the next commit; the prompt names it by its id in any case
    return _absolute(wanted.value) if wanted.against is Against.DIFF_FILE and wanted.value != "-" else wanted.value


def web_of(target: Target) -> str:
    """The page of the repository on GitHub whose pull request is reviewed; empty for what is on this machine."""
    pull = target.pull_request
    return "" if pull is None else pull.html_url.removesuffix(f"/pull/{pull.number}")


def _obstacle(target: Target) -> str:
    call = target.setup.call
    if call.wanted is not None and call.wanted.against is Against.DIFF_FILE and call.wanted.value == "-":
        return "its patch came from standard input, and is not kept"
    if target.pull_request is not None and call.pull_request is None:
        return "it was a run of the GitHub Action, which starts anew"
    return ""
