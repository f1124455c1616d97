"""One request to another endpoint, within limits of time and size, to an address that is given."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread
from time import monotonic
from typing import Final

import pyoxigraph as ox

from kmgraph.sparql.outbound import Connector, Endpoint

#: How answers are read, by their type. The engine takes no other types.
_FORMATS: Final = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
}
_CHUNK_BYTES: Final = 65_536


class ServiceFailure(Exception):  # noqa: N818 - it never leaves the package
    """An endpoint did not answer, or not rightly; the text follows its name.

    :ivar timed_out: whether it was too slow.
    """

    def __init__(self, problem: str, *, timed_out: bool = False) -> None:
        super().__init__(problem)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to an endpoint: a body, its type, and the types that are read."""

    body: bytes
    media_type: str
    accept: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered: a type and a body."""

    media_type: str
    body: bytes


class _Pinned(HTTPConnection):
    """A connection that goes to addresses that are known, and names the host to its server."""

    def __init__(
        self, endpoint: Endpoint, addresses: Sequence[str], connector: Connector, ends: float
    ) -> None:
        super().__init__(endpoint.host, endpoint.port)
        self._endpoint, self._addresses = endpoint, addresses
        self._connector, self._ends = connector, ends
        if endpoint.scheme == "https":
            # http.client leaves the port out of the Host header when it is this one.
            self.default_port = 443

    def connect(self) -> None:
        """Connect to the first address that answers.

        :raises OSError: none does, or the certificate is not the host's.
        """
        problem = OSError("no address")
        for address in self._addresses:
            try:
                plain = self._connector(address, self._endpoint.port, _left(self._ends))
            except OSError as error:
                problem = error
                continue
            self.sock = plain
            if self._endpoint.scheme == "https":
                context = ssl.create_default_context()
                self.sock = context.wrap_socket(plain, server_hostname=self._endpoint.host)
            return
        raise problem


def ask(
    endpoint: Endpoint,
    addresses: Sequence[str],
    request: Request,
    connector: Connector,
    ends: float,
    most_bytes: int,
) -> Reply:
    """Return the answer of an endpoint.

    A server that sends a byte now and then resets the time limit of a socket, so the whole runs
    in a thread that is not waited for beyond its time.

    :param endpoint: where the request goes.
    :param addresses: addresses of its host.
    :param request: what is sent.
    :param connector: connects to an address.
    :param ends: when time is over, on the monotonic clock.
    :param most_bytes: most bytes of the answer.
    :raises ServiceFailure: there is no answer in time, or it is not what it should be.
    """
    connection = _Pinned(endpoint, addresses, connector, ends)
    outcome: list[Reply | ServiceFailure] = []
    thread = Thread(
        target=lambda: outcome.append(_tried(connection, endpoint, request, most_bytes, ends)),
        daemon=True,
    )
    thread.start()
    thread.join(max(0.0, ends - monotonic()))
    if not outcome:
        if connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        raise ServiceFailure("did not answer in time", timed_out=True)
    if isinstance(outcome[0], ServiceFailure):
        raise outcome[0]
    return outcome[0]


def _tried(
    connection: _Pinned, endpoint: Endpoint, request: Request, most_bytes: int, ends: float
) -> Reply | ServiceFailure:
    """Return the answer of an endpoint, or why there is none."""
    headers = {
        "Content-Type": request.media_type,
        "Accept": request.accept,
        "Accept-Encoding": "identity",
        "User-Agent": "kmgraph",
        "Connection": "close",
    }
    try:
        connection.request("POST", endpoint.target or "/", request.body, headers)
        with connection.getresponse() as response:
            return _read(response, most_bytes, ends)
    except ServiceFailure as failure:
        return failure
    except TimeoutError:
        return ServiceFailure("did not answer in time", timed_out=True)
    except ssl.SSLCertVerificationError:
        return ServiceFailure("has no certificate that is trusted here")
    except (OSError, HTTPException, ValueError):
        return ServiceFailure("cannot be reached, or broke off its answer")
    finally:
        connection.close()


def _read(response: HTTPResponse, most_bytes: int, ends: float) -> Reply:
    """Return what was answered.

    :raises ServiceFailure: it is no result of a query, or too long.
    """
    if 300 <= response.status < 400:
        raise ServiceFailure("answered with a redirect, which is not followed")
    if response.status != 200:
        raise ServiceFailure(f"answered with the status {response.status}")
    media_type = response.headers.get_content_type()
    if media_type not in _FORMATS:
        raise ServiceFailure("did not answer with the result of a query")
    parts: list[bytes] = []
    length = 0
    while part := response.read1(_CHUNK_BYTES):
        parts.append(part)
        length += len(part)
        if length > most_bytes:
            raise ServiceFailure(f"answered with more than {most_bytes:,} bytes")
        if monotonic() > ends:
            raise ServiceFailure("did not answer in time", timed_out=True)
    if response.length:
        raise ServiceFailure("broke off its answer")
    return _checked(b"".join(parts), _FORMATS[media_type])


def _checked(body: bytes, results_format: ox.QueryResultsFormat) -> Reply:
    """Return an answer that the engine can read.

    :raises ServiceFailure: it cannot, which it would tell as an error of the query.
    """
    try:
        found = ox.parse_query_results(body, results_format)
        if isinstance(found, ox.QuerySolutions):
            for _ in found:
                pass
            return Reply(results_format.media_type, body)
    except (SyntaxError, ValueError, OSError) as error:
        raise ServiceFailure("did not answer with a result that can be read") from error
    raise ServiceFailure("did not answer with solutions")


def _left(ends: float) -> float:
    """Return the seconds that are left."""
    return max(0.001, ends - monotonic())
