"""Ask a SPARQL endpoint on this machine, over one kept connection."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlencode

from peers.base import Row, sorted_rows

_FORM = "application/x-www-form-urlencoded"
_ANSWERS = "application/sparql-results+json"


class Endpoint:
    """An endpoint of the SPARQL protocol.

    :param port: its port on the loopback.
    :param path: path of queries.
    :param fields: more fields of each request.
    """

    def __init__(self, port: int, path: str, **fields: str) -> None:
        self._port, self._path, self._fields = port, path, fields
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3600)

    def query(self, text: str, names: Sequence[str] = ()) -> list[Row]:
        """Answer a query.

        :param names: the variables to return, in order; all of them where there is none.
        :raises ValueError: the endpoint refused it, or failed.
        """
        graph = text.lstrip().startswith("CONSTRUCT") or "\nCONSTRUCT" in text
        accept = "application/n-triples, text/plain;q=0.5" if graph else _ANSWERS
        body = urlencode({"query": text, **self._fields})
        headers = {"Content-Type": _FORM, "Accept": accept}
        try:
            self._connection.request("POST", self._path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next request opens another
            raise
        if answer.status != 200:
            said = " ".join(content.decode(errors="replace").split())[:200]
            raise ValueError(f"status {answer.status}: {said}")
        return _triples(content) if graph else _solutions(content, names)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _solutions(content: bytes, chosen: Sequence[str]) -> list[Row]:
    """Return the rows of an answer in JSON."""
    found = json.loads(content)
    names = chosen or found["head"]["vars"]
    rows = found["results"]["bindings"]
    return sorted_rows([row.get(name, {}).get("value") for name in names] for row in rows)


def _triples(content: bytes) -> list[Row]:
    """Return the triples of an answer in N-Triples."""
    import pyoxigraph as ox

    return sorted_rows(
        [triple.subject.value, triple.predicate.value, getattr(triple.object, "value", "")]
        for triple in ox.parse(content, format=ox.RdfFormat.N_TRIPLES)
    )


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, limit_s: float = 60) -> None:
    """Wait until somebody listens on a port.

    :raises TimeoutError: nobody did in time.
    """
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port} after {limit_s:g} s")
