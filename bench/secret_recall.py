"""How well secrets are found: against kingfisher on a folder nobody fitted the table to, on decoys, and how fast.

    python bench/secret_recall.py FOLDER --kingfisher PATH [--show]

FOLDER holds files with secrets made by others, such as checkouts of other scanners' test data (without their `.git`). kingfisher is
the binary of the package `kingfisher-bin`; it runs offline and unvalidated. Nothing of either is kept here.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import re
import string
import subprocess
import tempfile
import time
import uuid
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reviewer.collect import secret_values
from reviewer.collect.key_material import key_material
from reviewer.collect.secret_formats import formats
from reviewer.collect.secret_values import is_stand_in, looks_random
from reviewer.collect.secrets import mask, scan

REGEXES = [value for value in vars(secret_values).values() if isinstance(value, re.Pattern)]
HEX, BASE62 = "0123456789abcdef", string.ascii_letters + string.digits


def main() -> None:
    """Print recall, false positives and speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kingfisher", type=Path, required=True)
    parser.add_argument("--show", action="store_true", help="list what kingfisher found and we did not, by rule, path and line")
    parser.add_argument(
        "--ordinary", type=Path, nargs="*", default=[], help="checkouts of ordinary repositories, for decoys and speed"
    )
    options = parser.parse_args()
    texts = dict(_texts(options.folder))
    _recall(_kingfisher(options.kingfisher, options.folder), texts, show=options.show)
    _decoys(options.kingfisher)
    _ordinary(options.ordinary, options.kingfisher)
    _speed(texts)
    _hostile()


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            if b"\0" not in content:
                yield str(path), content.decode("utf-8", "replace")


def _kingfisher(binary: Path, folder: Path) -> list[Mapping[str, Any]]:
    command: list[str | Path] = [binary, "scan", folder, "--no-validate", "--no-update-check", "--no-base64", "--format", "json"]
    output = subprocess.run(command, capture_output=True, check=False, text=True).stdout
    findings: list[Mapping[str, Any]] = json.JSONDecoder().raw_decode(output)[0]["findings"]
    return findings


def _recall(findings: list[Mapping[str, Any]], texts: Mapping[str, str], *, show: bool) -> None:
    """A finding of kingfisher's is found when its text no longer stands on its line of the masked file.

    One of several lines, such as a whole JSON object around a key, is found when any of its lines has changed.
    """
    lines = {path: texts[path].split("\n") for path in {finding["finding"]["path"] for finding in findings} & texts.keys()}
    masked = {path: mask(texts[path]).split("\n") for path in lines}
    seen, missed, stand_ins = 0, [], 0
    for finding in findings:
        path, line, snippet = (finding["finding"][name] for name in ("path", "line", "snippet"))
        first, _, more = snippet.partition("\n")
        if path in lines and first in "\n".join(lines[path][line - 1 : line]):
            seen += 1
            still = first in masked[path][line - 1]
            if still and (_is_empty_key(snippet) or is_stand_in(first)):
                stand_ins += 1
            elif still and masked[path][line : line + more.count("\n") + 1] == lines[path][line : line + more.count("\n") + 1]:
                missed.append((finding["rule"]["id"], path, line))
    real, found = seen - stand_ins, seen - stand_ins - len(missed)
    print(
        f"recall: {found} of {real} that kingfisher finds = {found / max(real, 1):.1%}; of all {seen}: {found / max(seen, 1):.1%}"
    )
    print(f"  not counted: {stand_ins} stand-ins (a key's header alone, a value that says EXAMPLE or repeats itself)")
    print(f"found by us in all {len(texts):,} files: {_all(texts):,}")
    for rule, count in Counter(rule for rule, _, _ in missed).most_common():
        print(f"  missed {count:>3} {rule}")
    if show:
        for rule, path, line in missed:
            print(f"  {rule} {path}:{line}")


def _is_empty_key(snippet: str) -> bool:
    header, _, rest = snippet.partition("KEY-----")
    body = rest.partition("-----END")[0].encode("utf-8", "replace")
    return header.startswith("-----BEGIN") and not any(key_material(body, 0, len(body)))


DECOYS: Mapping[str, Callable[[random.Random], str]] = {
    "go.sum": lambda r: f"github.com/a/b v1.{r.randint(0, 99)}.0 h1:{_base64(r, 32)}=",
    "package-lock": lambda r: f'"integrity": "sha512-{_base64(r, 64)}",',
    "Cargo.lock": lambda r: f'checksum = "{_from(r, HEX, 64)}"',
    "commit": lambda r: f"rev: {_from(r, HEX, 40)}",
    "image digest": lambda r: f"image: alpine@sha256:{_from(r, HEX, 64)}",
    "uuid": lambda r: f'<ProjectGuid>{{{uuid.UUID(int=r.getrandbits(128))}}}</ProjectGuid> id = "{uuid.UUID(int=r.getrandbits(128))}"',
    "data url": lambda r: f"background: url(data:image/png;base64,{_base64(r, 400)})",
    "minified": lambda r: "".join(f"function {_from(r, BASE62, 2)}(e,t){{return e.{_from(r, BASE62, 6)}(t)}};" for _ in range(20)),
    "password hash": lambda r: f'password_hash = "$2b$12${_from(r, BASE62, 53)}"',
    "key id": lambda r: f'api_key_id: "{_from(r, BASE62, 20)}"',
    "placeholder": lambda r: r.choice(['api_key = "YOUR_API_KEY_HERE"', 'token = "<your token>"', "password: ${DB_PASSWORD}", 'secret="xxxxxxxx1234"']),
    "lookup": lambda r: r.choice(['token = os.environ["API_TOKEN_V2"]', "secret: process.env.S3_SECRET2", 'password = config.get("db.pass1")']),
    "identifier": lambda r: f'token_type = "{r.choice(["oauth2_bearer", "urn:ietf:params:oauth:token-type:jwt", "Bearer", "id_token"])}"',
    "page token": lambda r: f'"nextPageToken": "{_base64(r, 30)}"',
    "csrf": lambda r: f'<input name="csrf_token" value="{_from(r, BASE62, 32)}">',
    "public key": lambda r: f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_base64(r, 32)} me@host",
    "certificate": lambda r: f"-----BEGIN CERTIFICATE-----\n{_base64(r, 300)}\n-----END CERTIFICATE-----",
    "etag": lambda r: f'ETag: W/"{_from(r, HEX, 32)}"',
    "url": lambda r: f"https://example.org/a/{_from(r, BASE62, 24)}?v={_from(r, HEX, 12)}",
    "svg path": lambda r: '<path d="' + "".join(f"M{r.random() * 99:.2f} {r.random() * 99:.2f}" for _ in range(20)) + '"/>',
    "snowflake": lambda r: f"channel_id = {r.randint(10**17, 10**18)}",
    "version": lambda r: f'secretVersion: "2024-0{r.randint(1, 9)}-11T0{r.randint(1, 9)}:20:30.123Z"',
    "sentence": lambda r: f'"password": "{r.choice(["Passwort123 vergessen?", "at-least-8-characters", "password.strength.weak"])}"',
    "tokenizer": lambda r: f'"Ġ{_from(r, BASE62, 5)}": {r.randint(1, 50000)}, "max_tokens": {r.randint(1, 9999)}',
    "cassette": lambda r: f'"request_id": "req_{_from(r, BASE62, 24)}", "trace": "{_from(r, HEX, 32)}-{_from(r, HEX, 16)}-01"',
}  # fmt: skip
"""Lines as real repositories hold them, which are no secrets."""


def _from(source: random.Random, alphabet: str, length: int) -> str:
    return "".join(source.choices(alphabet, k=length))


def _base64(source: random.Random, size: int) -> str:
    return base64.b64encode(source.randbytes(size)).decode()


def _decoys(binary: Path) -> None:
    source = random.Random(20_261_123)  # noqa: S311 - repeatable, not secret
    with tempfile.TemporaryDirectory() as folder:
        lines = [(kind, make(source)) for kind, make in DECOYS.items() for _ in range(20)]
        for number, (_, line) in enumerate(lines):
            Path(folder, f"{number}.txt").write_text(line + "\n", "utf-8")
        theirs = {Path(finding["finding"]["path"]).stem for finding in _kingfisher(binary, Path(folder))}
    ours = Counter(kind for kind, line in lines if any(True for _ in scan(line + "\n")))
    print(f"decoys taken for secrets, of {len(lines)}: ours {sum(ours.values())} {dict(ours)}, kingfisher's {len(theirs)}")


RANDOM_LOOKING = re.compile(r"(?<![A-Za-z0-9+/=_-])(?=[A-Za-z+/=_-]{0,40}[0-9])[A-Za-z0-9+/=_-]{20,120}(?![A-Za-z0-9+/=_-])")
"""Hashes, ids, digests, base64 and the like, as they stand in a line."""


def _ordinary(folders: list[Path], binary: Path) -> None:
    """Lines with something that looks random, from files in which kingfisher finds nothing; and what is taken out of whole repositories."""
    source = random.Random(20_261_123)  # noqa: S311 - repeatable, not secret
    decoys, taken, kinds, size = 0, 0, Counter[str](), 0
    for folder in folders:
        theirs = {finding["finding"]["path"] for finding in _kingfisher(binary, folder)}
        texts = {path: text for path, text in _texts(folder) if "/.git/" not in path and len(text) < 1_000_000}
        size += sum(map(len, texts.values()))
        kinds.update(secret.kind for text in texts.values() for secret in scan(text))
        lines = [line[:400] for path, text in texts.items() if path not in theirs for line in text.split("\n")]
        chosen = [line for line in source.sample(lines, min(len(lines), 60_000)) if RANDOM_LOOKING.search(line[:400])][:200]
        decoys += len(chosen)
        taken += sum(1 for line in chosen if any(True for _ in scan(line + "\n")))
    if folders:
        print(f"lines of {len(folders)} ordinary repositories that look random: {taken} of {decoys:,} taken for secrets")
        print(f"replaced in all of them: {kinds.total()} places in {size / 1e6:.0f} MB = {kinds.total() / size * 1e6:.2f} per MB")
        for kind, count in kinds.most_common():
            print(f"  {count:>4} {kind}")


def _speed(texts: Mapping[str, str]) -> None:
    """Cold: the first pass builds the automata. The plain read is CRC-32 over the same bytes."""
    encoded = [text.encode("utf-8", "replace") for text in texts.values()]
    size = sum(map(len, encoded))
    plain = _seconds(lambda: [zlib.crc32(each) for each in encoded])
    cold, warm = _seconds(lambda: _all(texts)), _seconds(lambda: _all(texts))
    print(
        f"speed: {size / 1e6:.1f} MB, {size / 1e6 / cold:.0f} MB/s cold, {size / 1e6 / warm:.0f} warm, {warm / plain:.0f} times a CRC-32"
    )


def _hostile() -> None:
    """Every pattern and every regex of the checks on 200 kB made to be near matches."""
    size = 200_000
    units = {
        "A": "A", "digits": "7", "near base62": "Ab1", "begin": "-----BEGIN ", "keys": "-----BEGIN PRIVATE KEY-----\n", "key=": "key=",
        "password": "password: ", "url": "a://b:", "user": "://u:p", "jwt": "eyJhbGciOi", "dots": "ey.ey", "sk-": "sk-", "curl": "curl -u a", "header": "-H 'token: ",
        "quotes": "token='", "vendor": "stripe_", "cookie": "cookie: a=b; ", "spaces": " ", "lines": "\n", "yaml": "  a: bcde1234\n", "xml": "<password>",
        "secret": "secret", "escapes": "\\", "unicode": "é", "hex-": "0123abcd-", "ey": "ZXlK",
    }  # fmt: skip
    inputs = {name: (unit * (size // len(unit) + 1))[:size] for name, unit in units.items()}
    inputs["base64"] = base64.b64encode(random.Random(1).randbytes(size * 3 // 4)).decode()  # noqa: S311 - repeatable, not secret
    kinds = [(f"{number} {kind.kind}", kind) for number, kind in enumerate(formats())]
    slowest: list[tuple[float, str, str]] = []
    for name, text in inputs.items():
        data = text.encode()
        slowest += [(_seconds(_drain, kind.spans, data), label, name) for label, kind in kinds]
        slowest += [(_seconds(_drain, each.finditer, text), each.pattern, name) for each in REGEXES]
        slowest += [
            (_seconds(_drain, scan, text), "all of them: scan", name),
            (_seconds(looks_random, text), "looks_random", name),
        ]
    print(f"of {len(slowest):,} pairs of a pattern and 200 kB, the slowest:\n\n| ms of CPU | pattern | text |\n|--:|---|---|")
    for seconds, label, name in sorted(slowest, reverse=True)[:12]:
        print(f"| {seconds * 1000:.0f} | `{label}` | {name} |")


def _drain(find: Callable[[Any], Iterator[Any]], text: str | bytes) -> None:
    for _ in find(text):
        pass


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    started = time.process_time()
    work(*arguments)
    return time.process_time() - started


def _all(texts: Mapping[str, str]) -> int:
    return sum(1 for text in texts.values() for _ in scan(text))


if __name__ == "__main__":
    main()
