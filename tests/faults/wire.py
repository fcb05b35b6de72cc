"""Servers that misbehave below the level of the Messages API: raw answers, encryption, proxies."""

from __future__ import annotations

import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Serve = Callable[[socket.socket], None]
"""What is done with one connection; it is closed afterwards."""


@contextmanager
def raw_server(serve: Serve) -> Iterator[int]:
    """A server on a free port that does this with each connection; the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()

    def work() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                serve(connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def head_of(connection: socket.socket) -> bytes:
    """A request's head, and what of its body came with it."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(65_536)):
        data += more
    return data


def request_of(connection: socket.socket) -> None:
    """Read a whole request."""
    head, _, body = head_of(connection).partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")), 0)
    while len(body) < length and (more := connection.recv(65_536)):
        body += more


def answering(content: bytes) -> Serve:
    """These bytes, after the whole request."""

    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(content)

    return serve


def greeting(content: bytes) -> Serve:
    """These bytes, whatever came first."""

    def serve(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(content)
        connection.settimeout(0.2)
        with suppress(OSError):
            while connection.recv(65_536):
                pass

    return serve


def resetting(connection: socket.socket) -> None:
    """Cut off while the request is still being sent."""
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def certificate(folder: Path, name: str, *, days: int = 2) -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key. `name` is a subjectAltName; with fewer than no `days` it has expired."""
    key, asked, made, more = (folder / each for each in ("key.pem", "asked.pem", "certificate.pem", "more"))
    more.write_text(f"subjectAltName={name}\n")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test"]
    signing = ["-req", "-in", asked, "-signkey", key, "-days", str(days), "-extfile", more, "-out", made]
    for words in (["req", "-new", *kind, "-keyout", key, "-out", asked], ["x509", *signing]):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    return made, key


def encrypted(files: tuple[Path, Path]) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context
