"""What the SDK and its transport raise, as errors of ours. Imported by `connection.py` alone: it loads the SDK too."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import anthropic
import httpx2
from anthropic.lib.credentials import WorkloadIdentityError

from reviewer.engine.wire_errors import RefusedByProviderError, WireFailure, presentable, read_failure
from reviewer.errors import ConnectionFailedError, CredentialsError, MalformedReplyError, ProviderError, RequestRefusedError


@contextmanager
def translated() -> Iterator[None]:
    """Whatever the SDK or its transport raises, as an error of ours."""
    try:
        yield
    except anthropic.APIStatusError as error:
        raise RefusedByProviderError(failure_of(error.response, error.body)) from error
    except (anthropic.APIConnectionError, httpx2.HTTPError, httpx2.StreamError) as error:
        raise lost(error) from error
    except anthropic.CredentialsError as error:
        # Its words name files and what is wrong with them, never what is in them.
        raise CredentialsError("The credentials could not be read.", hint=presentable(str(error))) from error
    except WorkloadIdentityError as error:
        raise CredentialsError(
            "The identity token could not be exchanged for an access token.",
            hint="Check the workload identity variables, the token file and the federation rule.",
        ) from error
    except (anthropic.APIError, ValueError, RecursionError) as error:
        raise MalformedReplyError(
            "The endpoint's answer is not JSON.", hint="Check ANTHROPIC_BASE_URL: it is the address before /v1/messages."
        ) from error
    except anthropic.AnthropicError as error:  # before anything was sent: what this kind of endpoint cannot do
        raise RequestRefusedError(
            f"The request could not be made: {presentable(str(error)).rstrip('.')}.", hint="Nothing was sent."
        ) from error


def failure_of(response: httpx2.Response, body: object) -> WireFailure:
    """What a refusal says of itself; `body` is its JSON, or its text where it is not JSON."""
    asked = response.request
    size = asked.headers.get("content-length", "")
    sent = int(size) if size.isdecimal() else None
    return read_failure(response.status_code, body, response.headers, host=asked.url.host, sent=sent)


def lost(error: BaseException) -> ProviderError:
    """No answer, or no more of it. The exception's own text is left out: it may repeat a header or a proxy's password."""
    causes = list(_causes(error))
    if any(isinstance(cause, httpx2.DecodingError) for cause in causes):
        return MalformedReplyError(
            "The endpoint's answer could not be decompressed.", hint="A proxy in between may have damaged it."
        )
    for kind, sentence, hint in _TROUBLES:
        if any(isinstance(cause, kind) for cause in causes):
            return ConnectionFailedError(sentence, hint=hint)
    return ConnectionFailedError("The connection to the provider failed.", hint="Check the network and ANTHROPIC_BASE_URL.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


_BILLED = "Try again; the prompt may have been billed."
_TROUBLES: tuple[tuple[type[BaseException], str, str], ...] = (
    (httpx2.ProxyError, "The proxy refused the connection.", "Check HTTPS_PROXY and NO_PROXY."),
    (
        ssl.SSLCertVerificationError,
        "The provider's certificate could not be verified.",
        "Behind a proxy, set SSL_CERT_FILE to its own.",
    ),
    (ssl.SSLError, "No encrypted connection could be made.", "Check ANTHROPIC_BASE_URL and the proxy settings."),
    (socket.gaierror, "The provider's host name could not be resolved.", "Check the network and ANTHROPIC_BASE_URL."),
    (
        ConnectionRefusedError,
        "The endpoint refused the connection.",
        "Check that it is running, ANTHROPIC_BASE_URL and the proxy settings.",
    ),
    (httpx2.ConnectTimeout, "The endpoint could not be reached in time.", "Check the network and the proxy settings."),
    (httpx2.TimeoutException, "The provider fell silent, and the connection was given up.", _BILLED),
    (
        httpx2.LocalProtocolError,
        "The request could not be put on the wire.",
        "Check ANTHROPIC_CUSTOM_HEADERS for stray characters.",
    ),
    (httpx2.ProtocolError, "The connection was closed before the answer was complete.", _BILLED),
    (httpx2.ReadError, "The connection was cut.", _BILLED),
)
"""The first kind among an exception's causes decides."""
