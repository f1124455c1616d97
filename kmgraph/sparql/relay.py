"""A relay on the loopback of this machine, which asks other endpoints in place of the engine.

Names are resolved once, all addresses of a host must be allowed, and the connection goes to an
address that was looked at: a name that means another address a moment later changes nothing.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Final

from kmgraph.errors import OutboundRequestError, RemoteServiceError
from kmgraph.sparql.addresses import may_be_asked
from kmgraph.sparql.forwarding import Reply, Request, ServiceFailure, ask
from kmgraph.sparql.outbound import Connector, Endpoint, Resolver
from kmgraph.sparql.places import shortened
from kmgraph.sparql.services import ServiceClause

#: Most requests that one query may make of all endpoints together.
MAX_REQUESTS: Final = 500
#: Most bytes of all answers to one query together.
MAX_ANSWER_BYTES: Final = 50_000_000
#: The requests' share of the time of a query. What is left is for telling of one that was too
#: slow, before the query is stopped.
_SHARE: Final = 0.9
#: Longest request that the engine may send for one clause, in bytes.
_MAX_REQUEST_BYTES: Final = 5_000_000


def resolve_host(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once, as the machine's resolver gives them.

    >>> resolve_host("127.0.0.1", 80)
    ['127.0.0.1']
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect_address(address: str, port: int, timeout_s: float) -> socket.socket:
    """Return a connection to an address; no name is resolved.

    :raises OSError: there is none.

    >>> with socket.create_server(("127.0.0.1", 0)) as server:
    ...     connect_address("127.0.0.1", server.getsockname()[1], 5).close()
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect((address, port))
    except BaseException:
        connection.close()
        raise
    return connection


class Relay:
    """Answers the engine's requests for the SERVICE clauses of one query.

    :param clauses: the clauses, whose endpoints are allowed.
    :param allow_private: whether private addresses may be asked.
    :param timeout_s: time limit of the query in seconds; its requests get the most of it.
    :param resolve: gives the addresses of a host.
    :param connect: connects to an address.
    :raises OutboundRequestError: a host has an address that must not be asked.

    >>> with Relay((), False, 5.0) as relay:
    ...     relay.rewritten("ASK {}")
    'ASK {}'
    """

    def __init__(
        self,
        clauses: Sequence[ServiceClause],
        allow_private: bool,
        timeout_s: float,
        resolve: Resolver | None = None,
        connect: Connector | None = None,
    ) -> None:
        self._failure: RemoteServiceError | None = None
        self._clauses = tuple(clauses)
        self._ends = monotonic() + _SHARE * timeout_s
        self._connect = connect or connect_address
        self._secret = secrets.token_urlsafe(24)
        self._lock = Lock()
        self._requests = self._bytes = 0
        self._replies: dict[tuple[str, bytes], Reply | ServiceFailure] = {}
        self._addresses = {
            iri: self._resolved(iri, allow_private, resolve or resolve_host)
            for iri in dict.fromkeys(clause.endpoint for clause in self._clauses)
        }
        self._server = _LoopbackServer(self)

    def __enter__(self) -> Relay:
        """Begin to listen."""
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End to listen."""
        self._server.shutdown()
        self._server.server_close()

    def raise_failure(self, cause: Exception | None = None) -> None:
        """Raise RemoteServiceError if an endpoint failed whose clause is not SILENT.

        :param cause: what the engine said of it.
        """
        # Nothing here holds the error while it is raised: a cycle would keep the engine's answer
        # alive until another thread collects it, which the engine forbids.
        failures, self._failure = [self._failure], None
        if failures[0] is not None:
            raise failures.pop() from cause  # type: ignore[misc]

    def rewritten(self, query: str) -> str:
        """Return a query whose endpoints are addresses of this relay."""
        parts: list[str] = []
        end = 0
        for number, clause in enumerate(self._clauses):
            parts += [query[end : clause.start], f"<{self._server.origin}/{self._secret}/{number}>"]
            end = clause.end
        return "".join([*parts, query[end:]])

    def answer(self, path: str, request: Request) -> Reply:
        """Return what the endpoint of a clause answers.

        :param path: path of the engine's request to the relay.
        :raises ServiceFailure: the path is no clause's, or the endpoint failed.
        """
        _, _, rest = path.partition("/")
        secret, _, number = rest.partition("/")
        if not secrets.compare_digest(secret.encode(), self._secret.encode()):
            raise ServiceFailure("no such clause")
        clause = self._clauses[int(number)]
        try:
            return self._asked(clause.endpoint, request)
        except ServiceFailure as failure:
            if not clause.is_silent and self._failure is None:
                self._failure = RemoteServiceError(
                    f"<{shortened(clause.endpoint, 200)}>, which the query asks by SERVICE, "
                    f"{failure}: try again later, or write SERVICE SILENT to go on without it"
                )
                self._failure.timed_out = failure.timed_out
            raise

    def _asked(self, iri: str, request: Request) -> Reply:
        """Return an endpoint's answer.

        The engine asks again for each solution in EXISTS; the same request is sent once only.
        """
        key = (iri, request.body)
        with self._lock:
            if key not in self._replies:
                self._replies[key] = self._sent(iri, request)
            found = self._replies[key]
        if isinstance(found, ServiceFailure):
            raise ServiceFailure(str(found), timed_out=found.timed_out)
        return found

    def _sent(self, iri: str, request: Request) -> Reply | ServiceFailure:
        """Return what an endpoint answers, or why it does not."""
        self._requests += 1
        if self._requests > MAX_REQUESTS:
            return ServiceFailure(f"would be asked for more than {MAX_REQUESTS} results")
        addresses = self._addresses[iri]
        if isinstance(addresses, ServiceFailure):
            return addresses
        endpoint = Endpoint.from_iri(iri)
        most_bytes = MAX_ANSWER_BYTES - self._bytes
        try:
            reply = ask(endpoint, addresses, request, self._connect, self._ends, most_bytes)
        except ServiceFailure as failure:
            return failure
        self._bytes += len(reply.body)
        return reply

    def _resolved(
        self, iri: str, allow_private: bool, resolve: Resolver
    ) -> Sequence[str] | ServiceFailure:
        """Return the addresses of an endpoint's host, or why there are none."""
        endpoint = Endpoint.from_iri(iri)
        found = _in_time(resolve, endpoint, self._ends)
        if isinstance(found, ServiceFailure):
            return found
        if not all(may_be_asked(address, allow_private=allow_private) for address in found):
            raise OutboundRequestError(
                f"SERVICE may not ask <{shortened(iri, 200)}>: its host has an address of a "
                "private or special network"
            )
        return found


def _in_time(resolve: Resolver, endpoint: Endpoint, ends: float) -> Sequence[str] | ServiceFailure:
    """Return the addresses of a host, or the failure if there are none in time."""
    found: list[Sequence[str]] = []
    is_done = Event()

    def look_up() -> None:
        try:
            found.append(list(resolve(endpoint.host, endpoint.port)))
        except (OSError, UnicodeError):
            # The name is not known, which is told below.
            pass
        finally:
            is_done.set()

    Thread(target=look_up, daemon=True).start()
    if not is_done.wait(max(0.0, ends - monotonic())):
        return ServiceFailure("could not be found in time", timed_out=True)
    return found[0] if found and found[0] else ServiceFailure("cannot be found by its name")


class _LoopbackServer(ThreadingHTTPServer):
    """Listens on a free port of the loopback for the engine of this process."""

    daemon_threads = True
    block_on_close = False
    # A name of the machine is not looked up for an address that is known.
    allow_reuse_address = False

    def __init__(self, relay: Relay) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.relay = relay
        self.origin = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind the socket without a look-up of the host's name."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: the engine left, and its own error is told."""


class _Handler(BaseHTTPRequestHandler):
    """Passes a request of the engine on."""

    server: _LoopbackServer
    timeout = 30

    def do_POST(self) -> None:
        """Answer with the status, type and body that the endpoint gave, or with 502 or 504."""
        length = int(self.headers.get("Content-Length") or 0)
        try:
            if not 0 < length <= _MAX_REQUEST_BYTES:
                raise ServiceFailure("would get a request that is too long")
            request = Request(
                self.rfile.read(length),
                self.headers.get("Content-Type", "application/sparql-query"),
                self.headers.get("Accept", "application/sparql-results+json"),
            )
            reply = self.server.relay.answer(self.path, request)
        except ServiceFailure as failure:
            reply = Reply("text/plain", b"")
            self.send_response(504 if failure.timed_out else 502)
        else:
            self.send_response(200)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log: the path holds the secret of the relay."""
