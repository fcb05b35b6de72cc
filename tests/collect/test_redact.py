"""What leaves the collecting rooms holds no secret, and every line keeps its number."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.collect.changes import Side
from reviewer.collect.choice import Choice, Chooser, Selection
from reviewer.collect.comparison import of_commit
from reviewer.collect.diff import parse_patch
from reviewer.collect.files import Reader
from reviewer.collect.repository import Repository
from reviewer.collect.secret_formats import formats
from reviewer.collect.secrets import holds_placeholder, mask, redact, scan
from reviewer.outcome import Redaction, SkippedFile, SkipReason

ALPHABET = string.ascii_letters + string.digits
TOKEN = "glpat-" + "".join(random.Random(1).choices(ALPHABET, k=20))
BODY = [base64.b64encode(random.Random(number).randbytes(48)).decode() for number in range(20)]
KEY = "\n".join(["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----", ""])
PIECES = st.sampled_from(
    (
        TOKEN,
        KEY,
        BODY[0],
        BODY[1] + "\n",
        "-----BEGIN PRIVATE KEY-----",
        "-----END",
        "AKIA" + "".join(random.Random(2).choices(ALPHABET.upper(), k=16)),
        "password",
        " = ",
        '"',
        "'",
        "\n",
        "\r\n",
        ": ",
        "[secret: GitLab token]",
        "[secret: ",
        "]",
        "x7Kq2Z9aPw31",
        "é",
        "𝄞",
        "://user:",
        "@host",
        "token",
    )
)
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=14).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_lines_stay_where_they_are_and_a_second_time_changes_nothing(text: str) -> None:
    redacted = redact(text)

    assert text.count("\n") == redacted.text.count("\n")
    assert redacted.text == mask(redacted.text)
    assert () == tuple(scan(redacted.text))
    for secret in redacted.secrets:
        place = redacted.text[slice(*secret.span)]
        assert place.rstrip("\n") == f"[secret: {secret.kind}]"
        assert secret.start_line == redacted.text.count("\n", 0, secret.span[0]) + 1
        assert secret.end_line - secret.start_line == place.count("\n")


def test_no_placeholder_is_taken_for_a_secret_wherever_it_stands() -> None:
    for kind in sorted({each.kind for each in formats()}):
        mark = f"[secret: {kind}]"
        for text in (
            mark,
            f'password = "{mark}"',
            f"token: {mark}",
            f"https://user:{mark}@host/",
            f"Authorization: Basic {mark}",
        ):
            assert () == tuple(scan(text)), text
        assert holds_placeholder(mark)


def test_a_key_is_taken_out_whole_however_long_and_without_its_end_too() -> None:
    long = KEY.replace(BODY[0], "\n".join(BODY * 40))
    cut = KEY[: KEY.index("-----END")]

    assert not any(line in redact(text).text for line in BODY for text in (long, cut))


Make = Callable[..., Path]
Opened = Callable[[Path], Repository]
Git = Callable[..., str]


def test_the_whole_file_decides_about_the_lines_of_a_hunk(make_repository: Make, opened: Opened, git: Git) -> None:
    root = make_repository({"key.txt": KEY, "a.py": "1\n" * 9 + f'x = "{TOKEN}"\n'})
    (root / "key.txt").write_text(KEY.replace(BODY[9], BODY[9][::-1]))
    (root / "a.py").write_text("1\n" * 9 + "x = 2\n")
    git(root, "commit", "-qam", f"Out with it\n\n{TOKEN}")
    change = of_commit(opened(root), "HEAD")

    a, key = change.files
    assert "[secret: GitLab token]" == change.body
    assert (Redaction("", 0, "GitLab token"),) == change.redacted
    assert {""} == {line.text for hunk in key.hunks for line in hunk.lines}
    assert [11, 11] == [
        next(line.old or line.new for line in key.hunks[0].lines if line.side is side) for side in (Side.REMOVED, Side.ADDED)
    ]
    assert (Redaction("key.txt", 1, "private key"), Redaction("key.txt", 1, "private key", removed=True)) == key.redacted
    assert ['x = "[secret: GitLab token]"', "x = 2"] == [line.text for line in a.hunks[0].lines if line.side is not Side.CONTEXT]
    assert (Redaction("a.py", 10, "GitLab token", removed=True),) == a.redacted


def test_what_git_shows_beside_a_hunk_is_cut_from_the_line_without_its_secret(
    make_repository: Make, opened: Opened, git: Git
) -> None:
    long = f'def connect(host, user, with_a_long_name_of_a_parameter, token="{TOKEN}"):\n'
    texts = {"long.py": long, "short.py": f'def connect("{TOKEN}"):\n'}
    lines = "".join(f"    step_{number}()\n" for number in range(9))
    root = make_repository({path: head + lines for path, head in texts.items()})
    for path, head in texts.items():
        (root / path).write_text(head + lines + "    more()\n")
    git(root, "commit", "-qam", "More")

    sections = [file.hunks[0].section for file in of_commit(opened(root), "HEAD").files]
    assert [mask(long)[: len(sections[0])], 'def connect("[secret: GitLab token]"):'] == sections
    assert TOKEN[6:12] not in sections[0]


def test_without_the_files_the_lines_of_a_hunk_decide_together() -> None:
    added = "".join(f"+{line}\n" for line in KEY.splitlines())
    patch = f"--- a/k\n+++ b/k\n@@ -1,2 +1,{2 + len(KEY.splitlines())} @@ x = '{TOKEN}\n before\n{added} after\n"
    (file,) = parse_patch(patch.encode())

    texts = [line.text for line in file.hunks[0].lines]
    assert [
        "before",
        "-----BEGIN PRIVATE KEY-----[secret: private key]",
        *[""] * 20,
        "-----END PRIVATE KEY-----",
        "after",
    ] == texts
    assert (Redaction("k", 2, "private key"),) == file.redacted
    assert "x = '[secret: GitLab token]" == file.hunks[0].section
    assert TOKEN in parse_patch(patch.encode(), redacts=False)[0].hunks[0].section


HOLDS = (
    *(
        ".env",
        "app/.env",
        "app/.env.production",
        "server.pem",
        "tls/server.key",
        "x.p12",
        "x.pfx",
        "x.jks",
        "debug.keystore",
        "id_rsa",
    ),
    *("home/.ssh/config", "id_ed25519", ".npmrc", "web/.npmrc", ".pypirc", ".netrc", ".pgpass", ".htpasswd", "main.tfstate"),
    *("main.tfstate.backup", "prod.tfvars", ".dockercfg", ".docker/config.json", "a/.docker/config.json", ".git-credentials"),
    *(".aws/credentials", "kubeconfig", "vault.kdbx", "home.ovpn", "service-account.json", "client_secret_1.json"),
)
HOLDS_NOT = (
    ".env.example",
    "app/.env.sample",
    ".env.template",
    ".env.dist",
    ".env.local.example",
    "id_rsa.pub",
    "config.json",
    "env.py",
    "keys.py",
)


def chosen(path: str, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Choice | SkippedFile:
    return Chooser(Selection(include=include, exclude=exclude), {}).decide(path)


def test_files_that_usually_hold_secrets_are_left_out_and_their_examples_are_not() -> None:
    chooser = Chooser(Selection(), {})
    told = {path: chooser.decide(path) for path in (*HOLDS, *HOLDS_NOT)}

    assert dict.fromkeys(HOLDS, SkipReason.HOLDS_SECRETS) == {
        path: one.reason for path, one in told.items() if isinstance(one, SkippedFile)
    }
    assert SkipReason.HOLDS_SECRETS.hides_lines


def test_such_a_name_of_a_folder_says_nothing() -> None:
    assert [Choice.READ] * 3 == [chosen(path) for path in ("pkg/kubeconfig/a.go", "test_rsa/a.c", "x.key/a.py")]


@pytest.mark.parametrize("pattern", [".env", "/app/.env", "app/.env*", "**/.env"])
def test_who_names_such_a_file_has_it_read(pattern: str) -> None:
    assert Choice.READ_ANYWAY == chosen("app/.env", include=(pattern,))


@pytest.mark.parametrize("pattern", ["*", "app/", "app/**", "*.*", "**/app", "?env"])
def test_who_names_a_folder_or_everything_does_not(pattern: str) -> None:
    found = chosen("app/.env", include=(pattern,))

    assert isinstance(found, SkippedFile)
    assert found.reason in {SkipReason.HOLDS_SECRETS, SkipReason.NOT_INCLUDED}


def test_the_repository_itself_cannot_ask_for_such_a_file() -> None:
    """Its settings file may have come with a stranger's archive; the `.env` beside it is the reader's own."""
    theirs = Chooser(Selection(include=("*.py", ".env"), include_is_operators=False), {})
    assert SkippedFile("app/.env", SkipReason.HOLDS_SECRETS, "default rule .env") == theirs.decide("app/.env")
    assert Choice.READ_ANYWAY == theirs.decide("app/a.py")


def test_an_ignore_file_brings_none_back(tmp_path: Path) -> None:
    (tmp_path / ".reviewerignore").write_text("!.env\n!package-lock.json\n")
    chooser = Chooser(Selection(), {})
    with Reader(tmp_path) as reader:
        assert () == chooser.read_project_rules(reader, [".reviewerignore"], "")

    assert isinstance(chooser.decide(".env"), SkippedFile)
    assert Choice.READ_ANYWAY == chooser.decide("package-lock.json")


def test_where_nothing_is_sent_they_are_read() -> None:
    assert Choice.READ == Chooser(Selection(sends=False), {}).decide(".env")
