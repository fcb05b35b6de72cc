"""An endpoint on this machine, and the engine connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from messages_server import MessagesServer
from reviewer.engine.claude import ClaudeEngine
from reviewer.engine.credentials import CredentialKind, Credentials
from reviewer.engine.interface import Prompt

KEY = "sk-ant-made-up-Zq81xKp0Lw77"
"""Occurs nowhere but in one header; the tests look for it everywhere else."""

SCHEMA = {
    "type": "object",
    "properties": {"findings": {"type": "array"}, "summary": {"type": "string"}},
    "required": ["findings", "summary"],
    "additionalProperties": False,
}

Connect = Callable[..., ClaudeEngine]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(key=KEY) as running:
        yield running


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(kind=CredentialKind.API_KEY, source="ANTHROPIC_API_KEY", secret=KEY)


@pytest.fixture
def connect(server: MessagesServer, credentials: Credentials) -> Iterator[Connect]:
    """Connect an engine to the server, without retries unless told otherwise."""
    with ExitStack() as open_engines:

        def connect_to(url: str = server.url, **network: Any) -> ClaudeEngine:  # noqa: ANN401 - as Connection takes them
            return open_engines.enter_context(ClaudeEngine(credentials, base_url=url, **({"max_retries": 0} | network)))

        yield connect_to


@pytest.fixture
def prompt() -> Prompt:
    return Prompt(
        model="claude-opus-5-5",
        system="You review whole codebases.",
        documents='<documents>\n<document id="ab" path="a.py">\neval(x)\n</document id="ab">\n</documents>\n' + "word " * 800,
        question="Review the repository above.",
        schema=SCHEMA,
        max_output=2000,
        effort="high",
        thinking={"type": "adaptive"},
        structured=True,
        texts={"a.py": "eval(x)\n"},
    )
