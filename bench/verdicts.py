"""Changes that break, leak or hide something: the exit code and the findings of `reviewer`, of one version or of several side by side.

    python bench/verdicts.py [REVIEWER ...]

REVIEWER is the path of a `reviewer` command (default: the one beside this Python). Each case is a repository of two commits, made in a
temporary folder; its last commit is reviewed with the built-in checks and `--fail-on high`, or, where the case says so, with a model that
finds nothing (the demonstration server of the tests). A cell is the exit code, then the finding that the case is about or how many there
were. The asked exit code is 1 for a defect of severity high, 3 where changed code was not read, 0 for what is no defect; what the case is
about must be said in the report in any event.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "tests"))

from messages_server import MessagesServer  # noqa: E402

Files = Mapping[str, str | bytes | None]
"""Path → its text or bytes; None removes it; a text that begins with `-> ` is a link to what follows."""
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
EIGHT = {f"d{number}.py": f"def f():\n    return undefined_{number}\n" for number in range(8)}
BODY = "".join(f"def f{number}(x):\n    return x + {number}\n\n\n" for number in range(12))
LOAD = 'def load(p):\n    with open(os.path.join(p, "c.json")) as f:\n        return json.load(f)\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A change, the exit code it asks for, and words that the report must have."""

    name: str
    before: Files
    after: Files
    exit: int
    says: str
    places: int = 0
    """SARIF results that there must be at least."""
    model: bool = False
    """Whether a model reviews that finds nothing."""


CASES = (
    Case(
        name="an import is removed, its use stays (33)",
        before={"a.py": "import json\nimport os\n\n\n" + BODY + LOAD},
        after={"a.py": "import os\n\n\n" + BODY + LOAD},
        exit=1,
        says="Undefined name `json`",
    ),
    Case(
        name="a function is renamed, its call stays (33)",
        before={"b.py": "def helper():\n    return 1\n" + "\n" * 12 + "def main():\n    return helper()\n"},
        after={"b.py": "def helper_v2():\n    return 1\n" + "\n" * 12 + "def main():\n    return helper()\n"},
        exit=1,
        says="Undefined name `helper`",
    ),
    Case(
        name="a bracket is lost (33)",
        before={"c.py": "x = (\n    1,\n)\n" + BODY},
        after={"c.py": "x = (\n    1,\n\n" + BODY},
        exit=1,
        says="Not valid Python",
    ),
    Case(
        name="an undefined name behind an old one (32)",
        before={"a.py": "def old():\n    return undefined_a\n\n\ndef fine():\n    return 1\n"},
        after={
            "a.py": "def old():\n    return undefined_a\n\n\ndef fine():\n    return 1\n\n\ndef new():\n    return undefined_b\n"
        },
        exit=1,
        says="undefined_b",
    ),
    Case(
        name="a second token behind an old one (32)",
        before={"a.py": f'T = "{TOKEN}"\n\n\n'},
        after={"a.py": f'T = "{TOKEN}"\n\n\nU = "{TOKEN[:-3]}xY7"\n'},
        exit=1,
        says="a.py:4",
    ),
    Case(
        name="`eval` in a new file, an old one elsewhere (32)",
        before={"b.py": "x = eval(input())\n" + "\n" * 9 + "y = 1\n"},
        after={"b.py": "x = eval(input())\n" + "\n" * 9 + "y = 2\n", "z.py": "z = eval(input())\n"},
        exit=0,
        says="z.py",
    ),
    Case(name="eight new breaks of one kind (32)", before={"a.py": "x = 1\n"}, after=EIGHT, exit=1, says="undefined_7", places=8),
    Case(
        name="a leaked token, a model finds nothing",
        before={"a.py": "x = 1\n"},
        after={"a.py": f'x = 1\nT = "{TOKEN}"\n'},
        exit=1,
        says="GitHub token in",
        model=True,
    ),
    Case(
        name="conflict markers, a model finds nothing",
        before={"a.js": "f()\n"},
        after={"a.js": "<<<<<<< HEAD\nf()\n=======\ng()\n>>>>>>> topic\n"},
        exit=1,
        says="merge conflict",
        model=True,
    ),
    Case(
        name="a syntax error, a model finds nothing",
        before={"a.py": "x = (1)\n"},
        after={"a.py": "x = (1\n"},
        exit=1,
        says="Not valid Python",
        model=True,
    ),
    Case(
        name="code in `shop/vendors/` (11)",
        before={"shop/vendors/views.py": 'def payout(request):\n    return eval(request.GET["f"])\n'},
        after={"shop/vendors/views.py": 'def payout(request):\n    return exec(request.GET["f"])\n'},
        exit=3,
        says="shop/vendors/views.py",
    ),
    Case(
        name="a lock file alone (21)",
        before={"package-lock.json": "{}\n", "a.js": "f()\n"},
        after={"package-lock.json": '{"lockfileVersion": 3}\n'},
        exit=0,
        says="Nothing was reviewed",
    ),
    Case(
        name="files are deleted, one still imports (21)",
        before={"big/__init__.py": "", "big/old.py": BODY, "use.py": "from big import old\n\nprint(old.f1(2))\n"},
        after={"big/old.py": None},
        exit=0,
        says="old",
    ),
    Case(
        name="a link to `/etc/passwd` (21)",
        before={"ren.py": BODY, "link.py": "-> ren.py"},
        after={"link.py": "-> /etc/passwd"},
        exit=1,
        says="/etc/passwd",
    ),
    Case(
        name="changed UTF-16 text (10, 29)",
        before={"pay.py": "def pay():\n    return 1\n".encode("utf-16")},
        after={"pay.py": "def pay():\n    return undefined_rate\n".encode("utf-16")},
        exit=1,
        says="undefined_rate",
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reviewer", nargs="*", default=[str(Path(sys.executable).with_name("reviewer"))])
    commands = [str(Path(each).absolute()) for each in parser.parse_args(arguments).reviewer]
    print("| case | asked | " + " | ".join(_version(command) for command in commands) + " |")
    print("|---|---:|" + "---|" * len(commands))
    with TemporaryDirectory(prefix="reviewer-verdicts-") as room, MessagesServer(_silent) as server:
        for number, case in enumerate(CASES):
            repository = Path(room, str(number))
            _build(repository, case)
            cells = [_cell(command, case, repository, Path(room, "state"), server.environment) for command in commands]
            print(f"| {case.name} | {case.exit} | " + " | ".join(cells) + " |", flush=True)


def _silent(_: dict[str, Any]) -> dict[str, Any]:
    """A model that finds nothing."""
    return {"findings": [], "summary": "Nothing.", "verdicts": [], "reply": None}


def _version(command: str) -> str:
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip() or command


def _build(repository: Path, case: Case) -> None:
    git = _git(repository)
    repository.mkdir()
    git("init", "--quiet", "--initial-branch=main")
    for files, message in ((case.before, "before"), (case.after, "after")):
        for path, content in files.items():
            _write(repository / path, content)
        git("add", "--all")
        git("commit", "--quiet", "--message", message)


def _git(repository: Path) -> Callable[..., None]:
    name = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false"]

    def run(*words: str) -> None:
        subprocess.run(["git", "-C", str(repository), *name, *words], check=True)

    return run


def _write(path: Path, content: str | bytes | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None and content.startswith("-> "):
        path.symlink_to(content.removeprefix("-> "))
    elif content is not None:
        path.write_text(content)


def _cell(command: str, case: Case, repository: Path, state: Path, server: Mapping[str, str]) -> str:
    """Exit code, whether the report speaks of what the case is about, findings and SARIF results."""
    outputs = {suffix: repository.with_suffix(f".{suffix}") for suffix in ("md", "json", "sarif")}
    for path in outputs.values():
        path.unlink(missing_ok=True)
    engine = ["--engine", "claude" if case.model else "static"]
    flags = [word for path in outputs.values() for word in ("-o", str(path))]
    words = [command, "review", "--commit", "HEAD", *engine, "--fail-on", "high", "--state-dir", str(state), "--yes", *flags]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "REVIEWER", "GITHUB", "CI"))
    }
    environment |= server
    done = subprocess.run(words, cwd=repository, env=environment, capture_output=True, text=True, check=False)
    right = "" if done.returncode == case.exit else " (!)"
    if not outputs["json"].exists():
        return f"{done.returncode}{right}, no report"
    review: dict[str, Any] = json.loads(outputs["json"].read_text())
    results = len(json.loads(outputs["sarif"].read_text())["runs"][0]["results"])
    said = case.says in outputs["md"].read_text()
    told = "said" if said and results >= case.places else f"{results} of {case.places} places" if said else "**not said**"
    return f"{done.returncode}{right}, {told}, {len(review['findings'])} finding{'' if len(review['findings']) == 1 else 's'}"


if __name__ == "__main__":
    main()
