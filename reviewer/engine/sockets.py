"""The open sockets of a connection, so that another thread can end what is waited for on them.

Closing a socket does not wake a thread that waits for its next byte; shutting it down does. With TLS, closing alone is worse than
useless: the number of the closed file may be given to another one while the reader still holds it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from weakref import WeakSet


class _NetworkStream(Protocol):
    """What the transport opens; it is known by its public interface alone."""

    def get_extra_info(self, info: str) -> Any: ...  # noqa: ANN401 - as the transport types it


class Sockets:
    """Those that are open, and whether they may be. Safe to use from several threads."""

    def __init__(self) -> None:
        self._open: WeakSet[_NetworkStream] = WeakSet()
        self._lock = threading.Lock()
        self.shut = False
        """True once nothing more may be sent."""

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """The transport's `trace` callback: called with each step of a request, and with what it opened."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            with self._lock:
                self._open.add(info["return_value"])
                if self.shut:
                    _end(info["return_value"])

    def shut_down(self) -> None:
        """End whatever is under way, and what is still to be opened: whoever waits for a byte is told that there is none."""
        with self._lock:
            self.shut = True
            for stream in self._open:
                _end(stream)


def _end(stream: _NetworkStream) -> None:
    open_socket = stream.get_extra_info("socket")
    with suppress(OSError):  # closed already, or replaced by the encrypted one on top of it
        # Not the method of an encrypted socket, which would take the encryption away under its reader's hands.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)
