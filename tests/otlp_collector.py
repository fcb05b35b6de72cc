"""A collector on this machine that takes spans by OTLP over HTTP, as a real one does, and keeps them.

with OtlpCollector() as collector:
    run_reviewer(env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    assert [span.name for span in collector.spans] == ["run"]
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class OtlpCollector:
    """What arrived at `/v1/traces`. `status` is what it answers; other than 200 keeps nothing."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[Mapping[str, str]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    @property
    def spans(self) -> list[Span]:
        """All spans, in the order of their arrival."""
        scopes = [scope for request in self.requests for found in request.resource_spans for scope in found.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    @property
    def resource(self) -> dict[str, Any]:
        """Who sent the first of them."""
        return plain(self.requests[0].resource_spans[0].resource.attributes)

    def receive(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Keep a request that arrived."""
        if path == "/v1/traces" and self.status == 200:
            request = ExportTraceServiceRequest()
            request.ParseFromString(gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body)
            self.requests.append(request)
            self.headers.append(headers)


def plain(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes of the wire as Python values."""
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value") for pair in attributes}


def _handler_of(collector: OtlpCollector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.receive(self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(collector.status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library names it
            """Say nothing on standard error."""

    return Handler
