"""git over HTTP, as GitHub serves it: `git http-backend` behind a check of the token."""

from __future__ import annotations

import base64
import gzip
import os
import subprocess
from email.parser import BytesHeaderParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit


class GitBackend:
    """The repositories of a server, by OWNER/REPO."""

    def __init__(self) -> None:
        self.repositories: dict[str, Path] = {}
        self.private = False
        """Whether reading needs the token."""
        self.requests: list[str] = []
        """Method and path of every request."""
        self.wants: list[str] = []
        """The objects that were asked for, in order."""
        self.redirect: str = ""
        """Where every request is sent on to, when set."""

    @property
    def fetches(self) -> int:
        """How often objects were asked for."""
        return sum(request.startswith("POST ") for request in self.requests)

    def serve(self, handler: BaseHTTPRequestHandler, token: str) -> None:
        """Answer one request of the smart protocol."""
        url = urlsplit(handler.path)
        name, _, inner = url.path.removeprefix("/").partition(".git/")
        content = handler.rfile.read(int(handler.headers.get("content-length") or 0)) if handler.command == "POST" else b""
        if handler.headers.get("transfer-encoding") == "chunked":
            content = _unchunked(handler)
        self.requests.append(f"{handler.command} {url.path}")
        if self.redirect:
            _send(handler, 302, b"", {"location": f"{self.redirect}{handler.path}"})
        elif not self._is_welcome(handler, token):
            _send(handler, 401, b"", {"www-authenticate": 'Basic realm="GitHub"'})
        elif name not in self.repositories:
            _send(handler, 404, b"Repository not found.", {})
        else:
            self._note_wants(handler, content)
            self._run(handler, self.repositories[name], inner, url.query, content)

    def _is_welcome(self, handler: BaseHTTPRequestHandler, token: str) -> bool:
        """Basic, with any user name and the token as password: the form that GitHub takes for git."""
        given = handler.headers.get("authorization")
        if given is None:
            return not self.private
        return given == "basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()

    def _note_wants(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        text = gzip.decompress(content) if handler.headers.get("content-encoding") == "gzip" else content
        self.wants += [line.split()[1].decode() for line in text.split(b"\n") if line[4:].startswith(b"want ")]

    @staticmethod
    def _run(handler: BaseHTTPRequestHandler, path: Path, inner: str, query: str, content: bytes) -> None:
        root = path if (path / "objects").is_dir() else path / ".git"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "GIT_CONFIG_NOSYSTEM": "1",
            # What GitHub allows: any commit by its id, and what `--filter` leaves out.
            "GIT_CONFIG_COUNT": "3",
            "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "uploadpack.allowFilter",
            "GIT_CONFIG_VALUE_1": "true",
            "GIT_CONFIG_KEY_2": "safe.directory",
            "GIT_CONFIG_VALUE_2": "*",
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{inner}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": handler.command,
            "CONTENT_TYPE": handler.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(content)),
            "HTTP_CONTENT_ENCODING": handler.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": handler.headers.get("git-protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=content, env=environment, capture_output=True, check=False)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(BytesHeaderParser().parsebytes(head).items())
        status = int(headers.pop("Status", "200").split()[0])
        _send(handler, status, body, headers)


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        if name.lower() != "content-length":
            handler.send_header(name, value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _unchunked(handler: BaseHTTPRequestHandler) -> bytes:
    content = b""
    while size := int(handler.rfile.readline(), 16):
        content += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return content
