"""No stream, file or request shows a secret of the process, however it is written and in whatever pieces it arrives."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterator

import pytest

from reviewer.live_secrets import PLACEHOLDER, Stream, clean, clean_bytes, known, learn, protecting

RANDOM = random.Random(20260520)
KEY = "sk-ant-api03-" + "".join(RANDOM.choice(string.ascii_letters + string.digits + "-_") for _ in range(80))
PASSWORD = "hunter2+hunter3-hunter4"
SHORTEST = 12
PREFIX = len("sk-ant-api03-")


@pytest.fixture
def _protected() -> Iterator[None]:
    with protecting({"ANTHROPIC_API_KEY": KEY, "HTTPS_PROXY": f"http://bob:{PASSWORD}@proxy.invalid:8080"}):
        yield


def markdown(text: str) -> str:
    return "".join(character if character.isalnum() else f"\\{character}" for character in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "backwards": lambda text: text[::-1],
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 in lines": lambda text: base64.encodebytes(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "Base64 behind one byte": lambda text: base64.b64encode(b"x" + text.encode()).decode(),
    "Base64 behind two bytes": lambda text: base64.b64encode(b"xx" + text.encode()).decode(),
    "JSON": lambda text: "".join(f"\\u{ord(character):04x}" for character in text),
    "Python": lambda text: "".join(f"\\x{ord(character):02x}" for character in text),
    "URL": lambda text: "".join(f"%{ord(character):02X}" for character in text),
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML in hexadecimal digits": lambda text: "".join(f"&#x{ord(character):x};" for character in text),
    "Markdown": markdown,
    "Markdown in JSON": lambda text: json.dumps(markdown(text)),
    "HTML in JSON": lambda text: "".join(f"\\u0026#{ord(character)};" for character in text),
    "two halves": lambda text: f"{text[: len(text) // 2]} and {text[len(text) // 2 :]}",
    "two halves the other way round": lambda text: f"{text[len(text) // 2 :]} and {text[: len(text) // 2]}",
}


def resolved(text: str) -> str:
    """What a reader could make of the text: an oracle of its own, slower and with the standard library's decoders."""
    import html
    import urllib.parse

    without = text.replace("\\u0026", "&").replace("\\\\", "")
    without = html.unescape(urllib.parse.unquote(without))
    return without.replace("\\", "")


def shows(text: str, secret: str = KEY) -> bool:
    """Whether the text holds twelve characters of the secret that are not public."""
    views = (text, resolved(text), text[::-1])
    return any(secret[at : at + SHORTEST] in view for at in range(2, len(secret) - SHORTEST + 1) for view in views)


@pytest.mark.usefixtures("_protected")
@pytest.mark.parametrize("name", WRITTEN)
def test_a_key_is_taken_out_however_it_is_written(name: str) -> None:
    written = WRITTEN[name](KEY)

    text = clean(f"before {written} after")

    assert text.startswith("before ")
    assert text.endswith(" after")
    assert PLACEHOLDER in text
    left = text.replace(PLACEHOLDER, "").removeprefix("before ").removesuffix(" after")
    # Base64 of what is beside the key ends up in the same digits as its first and last two bytes.
    assert len(left) <= {"Base64 in lines": 3, "two halves": 5, "two halves the other way round": 5}.get(name, 6), left


@pytest.mark.usefixtures("_protected")
def test_any_twelve_characters_of_a_key_are_taken_out() -> None:
    for at in range(2, len(KEY) - SHORTEST + 1):
        piece = KEY[at : at + SHORTEST]
        assert clean(f"a {piece} b") == f"a {PLACEHOLDER} b"
        for written in (
            base64.b64encode(piece.encode()),
            base64.b64encode(f"key={piece}".encode()),
            piece.encode().hex().encode(),
        ):
            assert PLACEHOLDER in clean(f"a {written.decode()} b"), (at, written)


@pytest.mark.usefixtures("_protected")
def test_eleven_characters_and_what_every_key_begins_with_are_left() -> None:
    ordinary = f"`sk-ant-api03-` begins a key; {KEY[20:31]} is {KEY[40:51]} not one"

    assert clean(ordinary) == ordinary
    assert clean(f"{KEY[:PREFIX]}{KEY[PREFIX : PREFIX + 10]} {KEY[:PREFIX]}") == f"{PLACEHOLDER} {KEY[:PREFIX]}"


@pytest.mark.usefixtures("_protected")
def test_a_password_in_the_address_of_a_proxy_is_a_secret_and_its_host_is_none() -> None:
    said = f"http://bob:{PASSWORD}@proxy.invalid:8080 refused; Proxy-Authorization: Basic "
    said += base64.b64encode(f"bob:{PASSWORD}".encode()).decode()

    text = clean(said)

    assert "@proxy.invalid:8080 refused" in text
    assert not shows(text, PASSWORD)
    assert text.rstrip("=").endswith(f"Basic {PLACEHOLDER}")


@pytest.mark.usefixtures("_protected")
def test_what_is_beside_a_secret_stays_as_it_was() -> None:
    text = f"Grüße \\*{KEY}\\* 日本 \udc80 %41 &amp; {KEY[::-1]}!"

    assert clean(text) == f"Grüße \\*{PLACEHOLDER}\\* 日本 \udc80 %41 &amp; {PLACEHOLDER}!"
    assert clean_bytes(b"\xff\xfe " + KEY.encode()) == b"\xff\xfe " + PLACEHOLDER.encode()
    ordinary = b"\xff\xfe nothing"
    assert clean_bytes(ordinary) is ordinary


@pytest.mark.usefixtures("_protected")
def test_a_key_beside_characters_beyond_ascii_or_of_such_is_found() -> None:
    learn("Schlüssel-für-Übermorgen")

    assert clean(f"日本{KEY}日本") == f"日本{PLACEHOLDER}日本"
    assert clean("der Schlüssel-für-Übermorgen passt") == f"der {PLACEHOLDER} passt"
    assert clean("日本語日本語日本語日本語") == "日本語日本語日本語日本語"


@pytest.mark.usefixtures("_protected")
@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("size", [1, 11])
def test_a_stream_lets_nothing_slip_through_between_its_pieces(name: str, size: int) -> None:
    text = f"one {WRITTEN[name](KEY)} two sk-ant-api03- three {KEY[30:42]}"
    stream = Stream()

    passed = "".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.end()

    assert passed == clean(text)


@pytest.mark.usefixtures("_protected")
def test_two_halves_of_a_stream_meet_wherever_they_are_cut() -> None:
    text = f'{{"a": "{KEY}"}}'
    for cut in range(len(text)):
        stream = Stream()
        assert stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.end() == clean(text)


def test_a_piece_behind_what_makes_its_beginning_an_escape_is_held_too() -> None:
    piece = "aB3dE5gH7jK9m"
    with protecting({"ANTHROPIC_API_KEY": f"{piece}{piece[::-1]}"}):
        for cut in range(len(piece) + 4):
            stream = Stream()
            text = f"1 %{piece} "
            assert piece not in stream.feed(text[:cut]) + stream.feed(text[cut:]) + stream.end()


@pytest.mark.usefixtures("_protected")
def test_a_stream_holds_back_no_more_than_may_become_a_secret() -> None:
    stream = Stream()

    assert stream.feed("Some words. ") == "Some words. "
    assert stream.feed("And sk-ant-") == "And "
    assert stream.feed(f"api03-{KEY[PREFIX:30]}") == PLACEHOLDER
    assert stream.feed(KEY[30:]) == ""
    assert stream.feed(" more\n") == " more\n"
    assert stream.end() == ""


@pytest.mark.usefixtures("_protected")
def test_a_secret_without_an_end_does_not_stop_a_stream() -> None:
    stream = Stream()
    passed = ""
    for _ in range(50):
        passed += stream.feed(KEY * 10)

    assert passed + stream.end() == PLACEHOLDER


def test_what_is_learnt_on_the_way_is_protected_until_the_end_and_not_beyond() -> None:
    token = "ghs_" + KEY[20:56]
    with protecting({}):
        assert clean(token) == token
        learn(f" {token}\n", "short")
        assert clean(f"{token} short") == f"{PLACEHOLDER} short"
        assert known() == (token,)
    assert clean(token) == token


@pytest.mark.usefixtures("_protected")
@pytest.mark.parametrize(
    "text",
    ["\\" * 200_000, "%4" * 100_000, "&#" * 100_000, KEY[:10] * 20_000, KEY[20:31] * 20_000, KEY * 2_000, "&" + "a" * 200_000],
    ids=["backslashes", "percent", "entities", "starts", "elevens", "keys", "a name"],
)
def test_hostile_text_is_gone_through_in_time(text: str) -> None:
    assert not shows(clean(text))
