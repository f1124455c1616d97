"""Requests to other endpoints that a query makes by SERVICE, kept within an allow-list.

The embedded engine would send them itself: to any host, following redirects, without a limit. So
the endpoints in the text are replaced by addresses of a relay on the loopback of this machine,
which looks after all of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import pyoxigraph as ox

from kmgraph.errors import ConfigError, OutboundRequestError
from kmgraph.sparql.facts import QueryFacts
from kmgraph.sparql.messages import engine_syntax_error
from kmgraph.sparql.places import shortened
from kmgraph.sparql.tokens import without_mark

if TYPE_CHECKING:
    import socket

#: Gives the addresses of a host; the second argument is the port.
Resolver = Callable[[str, int], Sequence[str]]
#: Connects to an address and port; the third argument is the longest time in seconds.
Connector = Callable[[str, int, float], "socket.socket"]

_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a request goes.

    :ivar scheme: ``http`` or ``https``.
    :ivar host: name or address, in lower case and ASCII.
    :ivar port: number of the port.
    :ivar target: path and query; empty for a whole origin.
    """

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def from_iri(cls, iri: str) -> Endpoint:
        """Return where requests to an IRI go.

        :raises ValueError: it is no address of the web, or it holds a user's name.

        >>> Endpoint.from_iri("https://Example.org/sparql")
        Endpoint(scheme='https', host='example.org', port=443, target='/sparql')
        """
        parts = urlsplit(iri)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
            raise ValueError("it is not an address that begins with http:// or https://")
        if any(sign in iri for sign in "#\\ \t\r\n"):
            raise ValueError("it has a sign that addresses of endpoints do not have")
        host = parts.hostname.rstrip(".")
        if ":" not in host:
            host = host.encode("idna").decode("ascii")
        target = quote(parts.path, safe="/%:@!$&'()*+,;=~-._")
        if parts.query:
            target += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._")
        return cls(parts.scheme, host, parts.port or _PORTS[parts.scheme], target)


@dataclass(frozen=True, slots=True)
class Services:
    """The endpoints that queries may ask by SERVICE.

    :ivar allowed: origins such as ``https://example.org``, all of whose endpoints may be asked,
        and IRIs of single endpoints such as ``https://example.org/sparql``.
    :ivar allow_private: whether hosts may be asked whose addresses are this machine's or a
        private network's.

    >>> Services(("https://example.org",)).permits("https://example.org/sparql")
    True
    >>> Services(("https://example.org/a",)).permits("https://example.org/b")
    False
    """

    allowed: tuple[str, ...] = ()
    allow_private: bool = False

    def __post_init__(self) -> None:
        """Refuse entries that could allow nothing.

        :raises ConfigError: an entry is no origin and no address of an endpoint.
        """
        for entry in self.allowed:
            try:
                Endpoint.from_iri(entry)
            except ValueError as error:
                raise ConfigError(
                    f"'{entry}' cannot be allowed for SERVICE: {error}; write an origin such as "
                    "https://example.org or the address of an endpoint"
                ) from error

    def permits(self, iri: str) -> bool:
        """Say whether an endpoint is on the list; its addresses are another matter.

        :param iri: IRI of an endpoint.
        """
        try:
            asked = Endpoint.from_iri(iri)
        except ValueError:
            return False
        for entry in map(Endpoint.from_iri, self.allowed):
            is_origin = (entry.scheme, entry.host, entry.port) == (
                asked.scheme,
                asked.host,
                asked.port,
            )
            if is_origin and entry.target in ("", asked.target):
                return True
        return False


@contextmanager
def guarded(
    query: str,
    facts: QueryFacts,
    services: Services | None,
    *,
    timeout_s: float = 30.0,
    resolve: Resolver | None = None,
    connect: Connector | None = None,
) -> Iterator[str]:
    """Give the text to hand to the engine, whose requests to other hosts are looked after.

    The engine asks endpoints while its answer is read, so the whole answer has to be read before
    the context ends. A query without SERVICE is given as it is.

    :param query: the query.
    :param facts: what :func:`~kmgraph.sparql.analyse` says of it with ``allow_service=True``.
    :param services: what may be asked; None for nothing.
    :param timeout_s: time limit of the query in seconds. Its requests together get nine tenths,
        so that there is time to tell of one that was too slow.
    :param resolve: gives the addresses of a host, in place of the machine's resolver.
    :param connect: connects to an address, in place of a plain socket.
    :raises OutboundRequestError: an endpoint is not allowed, or its host has an address that must
        not be asked. Nothing of the query has run then, and SILENT changes nothing.
    :raises QuerySyntaxError: the query does not follow the grammar.
    :raises RemoteServiceError: when the context ends: an endpoint that is not SILENT did not
        answer, or not rightly. Its ``timed_out`` says whether it was too slow.

    >>> from kmgraph.sparql import analyse
    >>> query = "ASK { SERVICE <http://169.254.169.254/> {} }"
    >>> with guarded(query, analyse(query, allow_service=True), Services()) as text:
    ...     pass
    Traceback (most recent call last):
    kmgraph.errors.OutboundRequestError: SERVICE may not ask <http://169.254.169.254/>: ...
    """
    query = without_mark(query)
    if not facts.has_service:
        yield query
        return
    _check_allowed(facts, services or Services())
    _check_syntax(query, facts)
    # Not at the top: few queries ask other hosts, and workers start sooner without.
    from kmgraph.sparql.relay import Relay

    allow_private = services is not None and services.allow_private
    with Relay(facts.service_clauses, allow_private, timeout_s, resolve, connect) as relay:
        try:
            yield relay.rewritten(query)
        except Exception as error:
            relay.raise_failure(error)
            raise
        # The engine takes a failure within EXISTS for no solution.
        relay.raise_failure()


def _check_allowed(facts: QueryFacts, services: Services) -> None:
    """Raise OutboundRequestError for the first endpoint that is not on the list."""
    for iri in facts.services:
        if iri.startswith("?"):
            raise OutboundRequestError(
                f"SERVICE may not ask what the variable {shortened(iri)} stands for: "
                "name the endpoint"
            )
        if not services.permits(iri):
            raise OutboundRequestError(
                f"SERVICE may not ask <{shortened(iri, 200)}>: it is not among the endpoints "
                "that the keeper of this server allows"
            )


def _check_syntax(query: str, facts: QueryFacts) -> None:
    """Raise the engine's syntax error while its places are those of the text as it was sent.

    Each clause is read as one of GRAPH, which has the same grammar, and nothing is asked.
    """
    parts: list[str] = []
    end = 0
    for clause in facts.service_clauses:
        parts += [query[end : clause.keyword_start], "GRAPH".ljust(len("SERVICE"))]
        after = clause.keyword_start + len("SERVICE")
        between = query[after : clause.start]
        if clause.is_silent:
            silent = clause.silent_start - after
            between = between[:silent] + " " * len("SILENT") + between[silent + len("SILENT") :]
        parts.append(between)
        end = clause.start
    text = "".join([*parts, query[end:]])
    try:
        ox.Store().query(text, base_iri=facts.base_iri)
    except SyntaxError as error:
        raise engine_syntax_error(query, error) from error
    except (RuntimeError, ValueError, OSError):
        # It was read; what fails then fails again where it is run, and is told there.
        pass
