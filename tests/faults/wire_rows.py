"""Between this machine and the provider: names, proxies, encryption, cut connections. What the API itself may answer: tests/engine/test_faults.py."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from faults.row import Disk, Row
from faults.scene import Outcome, Scene
from faults.wire import Serve, answering, certificate, encrypted, greeting, raw_server, resetting
from messages_server import Behaviour

QUICK = ("review", "--depth", "quick")
HTML = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<h1>Hello</h1>\n"


def at_once(scene: Scene) -> None:
    """Whoever waits before it tries again need not wait here."""
    scene.patch.setattr("time.sleep", lambda _seconds: None)


def asked(scene: Scene, **environ: str) -> Outcome:
    at_once(scene)
    scene.environ |= environ
    return scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")


def behind(serve: Serve, scheme: str = "http") -> Callable[[Scene], Outcome]:
    """This, in the place of the provider."""

    def act(scene: Scene) -> Outcome:
        with raw_server(serve) as port:
            return asked(scene, ANTHROPIC_BASE_URL=f"{scheme}://127.0.0.1:{port}")

    return act


def nobody_listens(scene: Scene) -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return asked(scene, ANTHROPIC_BASE_URL=f"http://127.0.0.1:{port}")


def no_such_name(code: int) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        def unknown(*_: object, **__: object) -> Any:  # noqa: ANN401
            raise socket.gaierror(code, "as the system says it")

        scene.patch.setattr(socket, "getaddrinfo", unknown)
        return asked(scene, ANTHROPIC_BASE_URL="https://api.example.invalid")

    return act


def silent(scene: Scene) -> Outcome:
    from reviewer.engine.connection import Connection

    usual = Connection.__init__.__kwdefaults__
    assert usual is not None
    scene.patch.setitem(usual, "silence", 0.2)
    scene.patch.setitem(usual, "max_retries", 0)
    scene.server.queue(Behaviour(path="/v1/messages", silent=1.0))
    return scene.run(*QUICK, "-o", scene.folder / "out" / "r.md")


def proxied(serve: Serve) -> Callable[[Scene], Outcome]:
    """Through a proxy that does this."""

    def act(scene: Scene) -> Outcome:
        with raw_server(serve) as port:
            proxy = f"http://user:pass-word-0123456789@127.0.0.1:{port}"
            done = asked(scene, HTTPS_PROXY=proxy, ANTHROPIC_BASE_URL="https://api.example.invalid")
        assert "pass-word" not in done.err
        return done

    return act


def no_proxy_there(scene: Scene) -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return asked(scene, HTTPS_PROXY=f"http://127.0.0.1:{port}", ANTHROPIC_BASE_URL="https://api.example.invalid")


def a_setting(**environ: str) -> Callable[[Scene], Outcome]:
    def act(scene: Scene) -> Outcome:
        values = {name: value.replace("FOLDER", str(scene.folder)) for name, value in environ.items()}
        return asked(scene, **{"ANTHROPIC_BASE_URL": "https://api.example.invalid", **values})

    return act


def over_tls(name: str, *, days: int = 2, trusted: bool = True) -> Callable[[Scene], Outcome]:
    """The provider's server with such a certificate."""

    def act(scene: Scene) -> Outcome:
        files = certificate(scene.folder, name, days=days)
        http = scene.server._http
        http.socket = encrypted(files).wrap_socket(http.socket, server_side=True)
        trust = {"SSL_CERT_FILE": str(files[0])} if trusted else {}
        return asked(scene, ANTHROPIC_BASE_URL=f"https://127.0.0.1:{http.server_address[1]}", **trust)

    return act


def cut_by(behaviour: Behaviour) -> Callable[[Scene], Outcome]:
    """In the middle of the answer."""

    def act(scene: Scene) -> Outcome:
        scene.server.queue(behaviour)
        return asked(scene)

    return act


def shown(status: int, title: str) -> Behaviour:
    """The web page of a proxy."""
    return Behaviour(status=status, body=f"<html><title>{status} {title}</title></html>".encode(), content_type="text/html")


VERIFIED = "reviewer: The provider's certificate could not be verified. Behind a proxy, set SSL_CERT_FILE to its own."
ENCRYPTED = "reviewer: No encrypted connection could be made. Check ANTHROPIC_BASE_URL and the proxy settings."
ROWS = (
    Row(fault="nobody listens", act=nobody_listens, code=4, says="reviewer: The endpoint refused the connection. Check that it is running, ANTHROPIC_BASE_URL and the proxy settings.", disk=Disk.NOTHING),
    Row(fault="the host's name cannot be resolved", act=no_such_name(socket.EAI_NONAME), code=4, says="reviewer: The provider's host name could not be resolved. Check the network and ANTHROPIC_BASE_URL.", disk=Disk.NOTHING, nightly=False),
    Row(fault="the name server does not answer", act=no_such_name(socket.EAI_AGAIN), code=4, says="reviewer: The provider's host name could not be resolved.", disk=Disk.NOTHING),
    Row(fault="the provider accepts and says nothing", act=silent, code=4, says="reviewer: The provider fell silent, and the connection was given up.", disk=Disk.NOTHING),
    Row(fault="cut while the request is sent", act=behind(resetting), code=4, says="reviewer: The connection was …", disk=Disk.NOTHING),
    Row(fault="closed without an answer", act=behind(answering(b"")), code=4, says="reviewer: The connection was closed before the answer was complete.", disk=Disk.NOTHING),
    Row(fault="a web page with status 200", act=cut_by(Behaviour(body=HTML, content_type="text/html")), code=4, says="reviewer: The endpoint answered with something that is not a stream of the Messages API. Check ANTHROPIC_BASE_URL: it is the address before /v1/messages.", disk=Disk.RUN),
    Row(fault="a web page with status 403", act=cut_by(shown(403, "Forbidden")), code=4, says='reviewer: Something between here and 127.0.0.1 refused the request with a web page (HTTP 403, request id …). It says: "403 Forbidden". That is a proxy, firewall or login page, and says nothing about the credentials.', disk=Disk.NOTHING),
    Row(fault="a web page with status 413", act=cut_by(shown(413, "Request Entity Too Large")), code=4, says="reviewer: The request of … is larger than a proxy in front of 127.0.0.1 lets through (HTTP 413", disk=Disk.RUN),
    Row(fault="something that is not HTTP", act=behind(answering(b"SSH-2.0-OpenSSH_9.2\r\n")), code=4, says="reviewer: The connection was closed before the answer was complete.", disk=Disk.NOTHING),
    Row(fault="head of an answer cut off", act=behind(answering(HTML[:30])), code=4, says="reviewer: The connection was closed before the answer was complete.", disk=Disk.NOTHING),
    Row(fault="plain HTTP where TLS is spoken", act=behind(greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "https"), code=4, says=ENCRYPTED, disk=Disk.NOTHING),
    Row(fault="connection closed during the TLS handshake", act=behind(resetting, "https"), code=4, says="reviewer: The connection to the provider failed. Check the network and ANTHROPIC_BASE_URL.", disk=Disk.NOTHING),
    Row(fault="certificate that vouches for itself", act=over_tls("IP:127.0.0.1", trusted=False), code=4, says=VERIFIED, disk=Disk.NOTHING),
    Row(fault="certificate of another host", act=over_tls("DNS:other.invalid"), code=4, says=VERIFIED, disk=Disk.NOTHING),
    Row(fault="certificate that has expired", act=over_tls("IP:127.0.0.1", days=-1), code=4, says=VERIFIED, disk=Disk.NOTHING),
    Row(fault="certificate that SSL_CERT_FILE vouches for", act=over_tls("IP:127.0.0.1"), code=0, says="; complete", disk=Disk.DONE),
    Row(fault="SSL_CERT_FILE is not there", act=a_setting(SSL_CERT_FILE="FOLDER/none.pem"), code=2, says="reviewer: The certificates of SSL_CERT_FILE cannot be read. It must be a file in PEM format.", disk=Disk.NOTHING),
    Row(fault="SSL_CERT_FILE holds something else", act=a_setting(SSL_CERT_FILE="FOLDER/project/README.md"), code=2, says="reviewer: The certificates of SSL_CERT_FILE cannot be read.", disk=Disk.NOTHING),
    Row(fault="no proxy there", act=no_proxy_there, code=4, says="reviewer: The endpoint refused the connection. Check that it is running, ANTHROPIC_BASE_URL and the proxy settings.", disk=Disk.NOTHING),
    Row(fault="proxy that wants a password", act=proxied(answering(b"HTTP/1.1 407 Proxy Authentication Required\r\nconnection: close\r\n\r\n")), code=4, says="reviewer: The proxy refused the connection. Check HTTPS_PROXY and NO_PROXY.", disk=Disk.NOTHING),
    Row(fault="proxy that reaches nobody", act=proxied(answering(b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n")), code=4, says="reviewer: The proxy refused the connection.", disk=Disk.NOTHING, nightly=False),
    Row(fault="proxy that shows a page", act=proxied(answering(HTML)), code=4, says=ENCRYPTED, disk=Disk.NOTHING),
    Row(fault="proxy that hangs up", act=proxied(answering(b"")), code=4, says="reviewer: The connection was closed before the answer was complete.", disk=Disk.NOTHING),
    Row(fault="proxy variable that is no address", act=a_setting(HTTPS_PROXY="http://[::1"), code=2, says="reviewer: A proxy variable holds what is no address of a proxy.", disk=Disk.NOTHING),
    Row(fault="proxy of another kind", act=a_setting(HTTPS_PROXY="gopher://127.0.0.1:1"), code=2, says="reviewer: A proxy variable holds what is no address of a proxy.", disk=Disk.NOTHING),
    Row(fault="connection cut in mid-answer", act=cut_by(Behaviour(keep_events=12, ending="reset")), code=3, says="`reviewer resume …` asks for what is missing; what has arrived is not paid for again.", disk=Disk.RUN),
    Row(fault="connection closed in mid-answer", act=cut_by(Behaviour(keep_events=12, ending="closed")), code=3, says="`reviewer resume …` asks for what is missing", disk=Disk.RUN),
    Row(fault="answer without its end", act=cut_by(Behaviour(keep_events=12)), code=3, says="`reviewer resume …` asks for what is missing", disk=Disk.RUN),
    Row(fault="cut before the answer's first word", act=cut_by(Behaviour(keep_events=5, ending="reset")), code=4, says="`reviewer resume …` goes on; what has arrived is kept, and is not paid for again.", disk=Disk.RUN),
    Row(fault="overloaded for good", act=cut_by(Behaviour(status=529, error="overloaded_error", headers={"x-should-retry": "false"})), code=4, says="reviewer: The endpoint 127.0.0.1 is overloaded", disk=Disk.RUN),
    Row(fault="the key is refused", act=cut_by(Behaviour(path="/v1/messages", status=401, error="authentication_error")), code=4, says="reviewer: The endpoint 127.0.0.1 refused the credentials (HTTP 401", disk=Disk.NOTHING),
)  # fmt: skip
