"""From a call to its target: a path on this machine, or a pull request whose objects are fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reviewer.commands.call import Call
from reviewer.commands.target import Target, open_target


@contextmanager
def opened(call: Call) -> Iterator[Target]:
    """The target of a call, open for as long as the context lasts. Raises ConfigError, SourceError and ForgeError."""
    if call.pull_request is None:
        with open_target(call) as target:
            yield target
        return
    from reviewer.commands.pulls import open_address

    with open_address(call, call.pull_request) as target:
        yield target
