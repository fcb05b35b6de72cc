"""A gateway that we did not write: the real LiteLLM proxy on this machine, between `reviewer` and models of two makes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, Self

import pytest
from endpoints.process import FILES, FOUND, Seen, review

from faults.scene import Zygote
from messages_demo import demo_model
from messages_server import MessagesServer
from messages_wire import Listener

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]

PINNED: Final = "litellm[proxy]==1.108.7"
KEY: Final = "sk-litellm-0123456789abcdef"
PATIENCE: Final = 180.0
"""Seconds until the proxy must answer."""


class ChatServer:
    """A server that speaks OpenAI's chat completions, and answers with the demonstration model."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.prompt_tokens = 0
        """What was billed."""
        self._http = Listener(("127.0.0.1", 0), _chat_handler(self))
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def events(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The chunks of an answer, the usage in the last one."""
        self.bodies.append(body)
        blocks = [{"type": "text", "text": text} for text in _texts(body)]
        answer = json.dumps(demo_model({"messages": [{"role": "user", "content": blocks}]}))
        tokens = sum(len(block["text"]) for block in blocks) // 3
        self.prompt_tokens += tokens
        head = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "small"}
        yield {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": answer}, "finish_reason": None}]}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        usage = {"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50}
        yield {**head, "choices": [], "usage": usage}


def _texts(body: Mapping[str, Any]) -> list[str]:
    content = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return [content] if isinstance(content, str) else [part["text"] for part in content]


def _chat_handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class _Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for event in server.events(body):
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

    return _Handler


@dataclass(frozen=True)
class Proxy:
    """The proxy, and what is behind it."""

    url: str
    messages: MessagesServer
    chat: ChatServer
    environment: Mapping[str, str]


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's program, in an environment of its own."""
    folder = tmp_path_factory.mktemp("litellm")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PINNED]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{PINNED} cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "bin" / "litellm"


@pytest.fixture(scope="module")
def proxy(litellm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy, started."""
    folder = tmp_path_factory.mktemp("proxy")
    with MessagesServer(key="") as messages, ChatServer() as chat:
        routes = {
            "claude-opus-5-5": {"model": "anthropic/claude-opus-5-5", "api_base": messages.url, "api_key": "upstream"},
            "claude-sonnet-5-5": {"model": "hosted_vllm/small", "api_base": chat.url, "api_key": "upstream"},
            "claude-haiku-5-5": {"model": "openai/small", "api_base": chat.url, "api_key": "upstream", "mock_response": "mocked"},
        }
        rows = [{"model_name": name, "litellm_params": route} for name, route in routes.items()]
        config = {"model_list": rows, "general_settings": {"master_key": KEY}}
        (folder / "config.yaml").write_text(json.dumps(config))
        with _started(litellm, folder) as url:
            yield Proxy(url, messages, chat, {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": KEY})


@contextmanager
def _started(program: Path, folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environ = {**os.environ, "HOME": str(folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}
    call = [
        str(program),
        "--config",
        str(folder / "config.yaml"),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--telemetry",
        "False",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(call, cwd=folder, env=environ, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while not _is_up(url):
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline
            time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _is_up(url: str) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/health/liveliness", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture
def reviewed(
    proxy: Proxy,
    make_repository: Callable[[Mapping[str, str]], Path],
    tmp_path: Path,
    zygote: Callable[[], Zygote],
) -> Callable[..., Seen]:
    """Review a small repository through the proxy."""

    def run(*argv: str, **environ: str) -> Seen:
        return review({**proxy.environment, **environ}, make_repository(FILES), tmp_path, zygote(), *argv)

    return run


def test_a_review_through_litellm_to_the_messages_api_costs_what_was_billed(proxy: Proxy, reviewed: Callable[..., Seen]) -> None:
    seen = reviewed("--depth", "standard")
    assert (seen.code, seen.report and seen.report["complete"]) == (0, True), seen.text
    assert seen.report is not None
    assert {(each["path"], each["start_line"]) for each in seen.report["findings"]} >= FOUND
    assert seen.report["cost_usd"] == pytest.approx(sum(message.dollars for message in proxy.messages.messages))
    assert "does not cache the prompt" not in seen.text


def test_a_review_through_litellm_to_another_api_is_complete(proxy: Proxy, reviewed: Callable[..., Seen]) -> None:
    seen = reviewed("--depth", "quick", "--model", "claude-sonnet-5-5")
    assert (seen.code, seen.report and seen.report["complete"]) == (0, True), seen.text
    assert seen.report is not None
    assert proxy.chat.bodies[0]["response_format"]["type"] == "json_schema"
    assert seen.report["usage"]["input_tokens"] == proxy.chat.prompt_tokens > 0
    assert NOT_ENFORCED not in seen.text


NOT_ENFORCED: Final = "This endpoint did not enforce the schema"


def test_money_an_answer_that_litellm_makes_up_is_no_review(reviewed: Callable[..., Seen]) -> None:
    """It counts no tokens for such a model (HTTP 500), and answers in one piece without the form."""
    seen = reviewed("--depth", "quick", "--model", "claude-haiku-5-5")
    assert seen.code == 3, seen.text
    assert NOT_ENFORCED in seen.text


def test_a_model_that_litellm_does_not_route_is_unknown(reviewed: Callable[..., Seen]) -> None:
    seen = reviewed("--depth", "quick", "--model", "claude-opus-5")
    assert seen.code == 4
    assert "The endpoint 127.0.0.1 does not know the model claude-opus-5," in seen.text
    assert "Invalid model name" in seen.text


def test_a_key_that_litellm_does_not_know_is_refused_in_its_own_words(reviewed: Callable[..., Seen]) -> None:
    seen = reviewed("--depth", "quick", ANTHROPIC_API_KEY="sk-another-0123456789abcdef")
    assert seen.code == 4
    assert "No connected db" in seen.text
    assert "sk-another-0123456789abcdef" not in seen.text
