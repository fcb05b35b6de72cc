"""Which values of the environment are secrets: by their names where these are sure, else by name and looks together.

What is taken for one is taken out of every report, so ordinary values that merely have a telling name must not be: paths
(`SSH_AUTH_SOCK`), fingerprints (`GPG_KEY`), words (`AUTH_MODE=password-only`), numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from reviewer.live_pieces import SHORTEST

_CERTAIN = frozenset(
    {
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_IDENTITY_TOKEN",
        "INPUT_ANTHROPIC_API_KEY",
        "INPUT_GITHUB_TOKEN",
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_CACHE_TOKEN",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AZURE_CLIENT_SECRET",
        "ARM_CLIENT_SECRET",
        "GOOGLE_OAUTH_ACCESS_TOKEN",
        "CLOUDSDK_AUTH_ACCESS_TOKEN",
    }
)
"""Whatever these hold is a secret, or the name of one."""
_HEADERS = re.compile(r"ANTHROPIC_CUSTOM_HEADERS|OTEL_EXPORTER_OTLP_(?:[A-Z]+_)?HEADERS")
_TELLING = frozenset({
    "KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "PASS", "CREDENTIAL", "CREDENTIALS", "CREDS", "AUTH", "PAT", "JWT",
    "BEARER", "COOKIE", "SAS", "WEBHOOK", "AUTHORIZATION", "PRIVATE",
})  # fmt: skip
_TELLING_END = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "APIKEY")
_HARMLESS = frozenset({"GPG", "PGP", "PUBLIC", "PUB", "FINGERPRINT", "CACHE", "SOCK", "ASKPASS", "KEYBOARD"})
_HARMLESS_END = frozenset({
    "ID", "NAME", "USER", "USERNAME", "FILE", "PATH", "DIR", "HOST", "PORT", "TYPE", "MODE", "METHOD", "ALGORITHM", "TTL", "TIMEOUT",
    "VERSION", "REGION", "SCOPE", "ISSUER", "AUDIENCE", "ARN", "STORE", "PROVIDER", "PREFIX", "PID", "TTY", "INFO",
})  # fmt: skip
_VENDORS = (
    *("sk-", "sk_live_", "rk_live_", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xapp-"),
    *("AIza", "ya29.", "npm_", "pypi-", "hf_", "dop_v1_", "shpat_", "eyJ"),
)
"""How values begin that are secrets under any name."""
_LONG = 20
"""Characters from which a word within a longer value, or of a vendor's form, is one."""
_FEWEST_KINDS = 6
"""Different characters of a secret; `XXXXX-XXXXX` stands for one."""
_FEWEST_TURNS = 4
_CHARACTERS_A_TURN = 6
_PATH = re.compile(r"(?:~|\.{0,2})/[^+=]*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(?:unix|tcp|arn|vault|file):")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?")
_BETWEEN_WORDS = re.compile(r"""[\s"'`,;{}\[\]<>()=]+|\\n""")


def secret_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The secrets in these variables, each once, none shorter than `SHORTEST`."""
    found = (value for name, text in environ.items() for value in _secrets_in(name.upper(), text.strip()))
    return tuple(dict.fromkeys(value for value in found if len(value) >= SHORTEST))


def _secrets_in(name: str, text: str) -> Iterator[str]:
    if len(text) < SHORTEST:
        return
    yield from _passwords(text)
    if _HEADERS.fullmatch(name):
        yield from _headers(text)
    elif name in _CERTAIN:
        yield from _words(text)
    elif _is_password(name) and _is_telling(name) and " " in text and text.isprintable() and not _is_plain(text):
        yield text  # a passphrase is words
    elif _is_telling(name):
        yield from (value for value in _words(text) if _is_random(value) or (_is_password(name) and not _is_plain(value)))
    elif text.startswith(_VENDORS) and len(text) >= _LONG and _is_random(text):
        yield text


def _words(text: str) -> Iterator[str]:
    """The value, or what is random in one of several lines or words: a key in PEM, a service account in JSON."""
    if not any(character.isspace() or character in "{}" for character in text):
        yield text
        return
    yield from (word for word in _BETWEEN_WORDS.split(text) if len(word) >= _LONG and _is_random(word))


def _passwords(text: str) -> Iterator[str]:
    """What an address holds before its `@`: of a proxy, a database, a registry."""
    if "://" not in text or "@" not in text:
        return
    try:
        parts = urlsplit(text)
        user, password = parts.username or "", parts.password or ""
    except ValueError:
        return
    if not password:
        yield unquote(user)  # a token
        return
    yield from (password, unquote(password), f"{unquote(user)}:{unquote(password)}")


def _headers(text: str) -> Iterator[str]:
    """The values of `Name: value` lines, or of `name=value` pairs between commas."""
    for line in re.split(r"[\n,]", text):
        name, _, value = line.partition(":") if ":" in line.partition("=")[0] else line.partition("=")
        is_telling = _is_telling(name.strip().upper())
        for word in unquote(value).split():
            if is_telling or _is_random(word):
                yield word


def _is_telling(name: str) -> bool:
    parts = re.split(r"[_\-.]", name)
    if parts[-1] in _HARMLESS_END or not _HARMLESS.isdisjoint(parts):
        return False
    return any(part in _TELLING or part.endswith(_TELLING_END) for part in parts)


def _is_password(name: str) -> bool:
    """Whether even words would be a secret under this name."""
    return name.endswith(("PASSWORD", "PASSWD", "PASSPHRASE"))


def _is_plain(value: str) -> bool:
    """Whether this is a place or a number, whatever its name says."""
    is_place = _PATH.fullmatch(value) or _ADDRESS.match(value) or _HOST.fullmatch(value)
    return bool(is_place) or value.isdigit() or value.startswith(("$", "%")) or len(set(value)) < _FEWEST_KINDS


def _is_random(value: str) -> bool:
    """Whether letters and digits take turns as no person writes them: `v2-2024-key` has two turns, a key has one each few characters."""
    if _is_plain(value) or not any(character.isdigit() for character in value):
        return False
    kinds = ["digit" if each.isdigit() else "upper" if each.isupper() else "lower" for each in value if each.isalnum()]
    turns = sum(1 for one, other in pairwise(kinds) if one != other)
    return turns >= max(_FEWEST_TURNS, len(value) / _CHARACTERS_A_TURN)
