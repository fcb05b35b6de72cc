from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from messages_server import Behaviour, MessagesServer
from reviewer.cli import main, program
from reviewer.config import OPTIONS, flag_name

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def imported_by(*argv: str) -> set[str]:
    """The modules a whole `reviewer` process has imported when it ends."""
    code = f"import sys; from reviewer.cli import main; code = main({list(argv)!r}); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "argv", [["--help"], ["-h"], ["review", "--help"], ["plan", "-h"], ["--version"], ["review", "--modle", "x"]]
)
def test_help_and_usage_errors_answer_without_the_heavy_libraries(argv: list[str]) -> None:
    assert imported_by(*argv).isdisjoint({"anthropic", "git", "pydantic", "jinja2", "rich", "pathspec", "re2", "sqlite3"})


def test_every_setting_is_a_flag_of_review() -> None:
    flags = {flag for parameter in program.commands["review"].params for flag in parameter.opts}

    assert {flag_name(name) for name in OPTIONS} <= flags


def test_a_mistyped_flag_and_a_mistyped_command_get_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--max-outptu", "x"]) == 2
    assert "Did you mean" in capsys.readouterr().err
    assert main(["reviw"]) == 2
    assert "Did you mean 'review'?" in capsys.readouterr().err


def test_a_path_that_is_not_there_or_is_a_file_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], write_files: Callable[..., Path]
) -> None:
    root = write_files({"a.py": "x = 1\n"})

    assert main(["plan", str(root / "nowhere")]) == 2
    assert main(["plan", str(root / "a.py")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"reviewer: there is nothing at {root / 'nowhere'}",
        f"reviewer: {root / 'a.py'} is a file",
        "  Name its folder and add --include a.py.",
    ]


def test_config_shows_each_setting_with_its_origin(
    capsys: pytest.CaptureFixture[str], make_repository: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_repository({".reviewer.toml": 'model = "sonnet"\nexclude = ["a\\"b"]\n'})
    monkeypatch.setenv("REVIEWER_LANGUAGE", "Dutch")

    assert main(["config", str(root), "--context", "1m"]) == 0

    rows = dict(line.rsplit("  # ", 1) for line in capsys.readouterr().out.splitlines())
    by_origin = {origin: setting.strip() for setting, origin in rows.items() if origin != "default"}
    assert by_origin[".reviewer.toml: model"] == 'model = "sonnet"'
    assert by_origin[".reviewer.toml: exclude"] == 'exclude = ["a\\"b"]'
    assert by_origin["REVIEWER_LANGUAGE"] == 'language = "Dutch"'
    assert by_origin["--context"] == 'context = "1m"'


def test_a_settings_error_in_the_repository_names_file_and_key(
    capsys: pytest.CaptureFixture[str], make_repository: Callable[..., Path]
) -> None:
    root = make_repository({".reviewer.toml": 'base-url = "https://evil.example"\n'})

    assert main(["review", str(root)]) == 2
    assert "'base-url' cannot be set by the repository under review" in capsys.readouterr().err
    assert main(["config", str(root), "--isolated"]) == 0


def plan_json(capsys: pytest.CaptureFixture[str], *argv: str) -> Mapping[str, object]:
    assert main(["plan", *argv, "--format", "json"]) == 0
    shown: Mapping[str, object] = json.loads(capsys.readouterr().out)
    return shown


def test_plan_and_a_dry_run_say_the_same_and_send_nothing(
    capsys: pytest.CaptureFixture[str], make_repository: Callable[..., Path]
) -> None:
    root = make_repository({"a.py": "print('hello')\n", "logo.png": b"\x89PNG\0"})

    planned = plan_json(capsys, str(root))
    assert main(["review", str(root), "--dry-run", "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out) == planned
    assert planned["window"] == "standard"
    files = planned["files"]
    assert isinstance(files, dict)
    assert (files["read"], files["skipped"]) == (1, 1)
    assert [(file["path"], file["reason"]) for file in json.loads(json.dumps(planned["skipped"]))] == [("logo.png", "media")]


def test_a_private_host_is_asked_without_encryption_only_where_the_operator_names_it_and_a_run_remembers_it(
    make_repository: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: look_up("127.0.0.1" if host == "llm.internal" else host, *more, **named),
    )
    monkeypatch.chdir(make_repository({"a.py": "def load(text):\n    return eval(text)\n"}))
    with MessagesServer() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", server.key)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url.replace("127.0.0.1", "llm.internal"))
        assert main(["review", "--yes"]) == 2
        assert "--allow-http-host" in capsys.readouterr().err
        assert server.requests == []
        Path(".reviewer.toml").write_text('allow-http-host = ["llm.internal"]\n')
        assert main(["review", "--yes"]) == 2
        Path(".reviewer.toml").unlink()
        server.queue(Behaviour(keep_events=6, ending="closed"))
        assert main(["review", "--yes", "--allow-http-host", "llm.internal"]) in {3, 4}
        assert main(["resume", "--yes"]) == 0
        assert main(["models", "--refresh", "--allow-http-host", "llm.internal"]) == 0
