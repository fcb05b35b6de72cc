"""The redaction: lines keep their numbers and, where no secret was, their text; what is taken out stays out."""

from __future__ import annotations

from reviewer.collect.secrets import redact
from targets.target import Target, text


def check(data: bytes) -> None:
    """A text before and after."""
    before = text(data)
    redacted = redact(before)
    assert redact(redacted.text).text == redacted.text
    lines, kept = before.split("\n"), redacted.text.split("\n")
    assert len(lines) == len(kept)
    touched: set[int] = set()
    for secret in redacted.secrets:
        start, end = secret.span
        assert redacted.text[start:end].rstrip("\n") == f"[secret: {secret.kind}]"
        assert redacted.text.count("\n", 0, start) + 1 == secret.start_line
        touched.update(range(secret.start_line, secret.end_line + 1))
    assert all(line == other for number, (line, other) in enumerate(zip(lines, kept, strict=True), 1) if number not in touched)


_RANDOM = b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
_KEY = b"-----BEGIN RSA PRIVATE KEY-----\n" + _RANDOM * 2 + b"\n" + _RANDOM * 2 + b"\n-----END RSA PRIVATE KEY-----\n"

TARGET = Target(
    name="redaction",
    check=check,
    seeds=(
        b"token = 'ghp_" + _RANDOM + b"'\npassword: hunter2-" + _RANDOM[:12] + b"\n",
        b"# before\n" + _KEY + b"# after\n" + _KEY[:90] + b"\nx = 1\n",
        b"AWS_SECRET_ACCESS_KEY=" + _RANDOM + b"wxyz\nurl = https://user:" + _RANDOM[:16] + b"@host.example/path\r\n",
        b'{"api_key": "sk-ant-api03-' + _RANDOM + _RANDOM + b'", "key": "' + _KEY.replace(b"\n", b"\\n") + b'"}\n',
        b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + _RANDOM + b"_-xyzw\n[secret: GitHub token] ghp_[secret: x]\n",
    ),
    words=(
        _RANDOM,
        _RANDOM[:12],
        *(
            b"ghp_",
            b"xoxb-",
            b"AKIA",
            b"sk-ant-api03-",
            b"eyJ",
            b"password",
            b"secret",
            b"token",
            b"api_key",
            b"bearer ",
            b"basic ",
        ),
        *(
            b"-----BEGIN ",
            b"RSA PRIVATE KEY-----",
            b"-----END ",
            b"=",
            b": ",
            b"'",
            b'"',
            b"`",
            b"\n",
            b"\r\n",
            b"\\n",
            b"://",
            b":",
            b"@",
        ),
        *(b"[secret: ", b"]", b"[secret: GitHub token]", b"_", b"-", b".", "é".encode(), b"\xff", b"\0"),
    ),
)
