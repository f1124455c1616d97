"""What a check is, and what it is told of the endpoint that it looks at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode

from checks.exchange import FORM, TIMEOUT_S, Reply, send

#: Base of the IRIs of the graphs, so that one of our stores holds them under short names.
BASE = "https://w3id.org/kmgraph/id/"
G1 = f"{BASE}graph/g1"
G2 = f"{BASE}graph/g2"
#: Number of triples of each graph and of their merge.
SIZE_1, SIZE_2, SIZE_BOTH = 6, 3, 8
EX = "http://example.org/checks/"
DATA = Path(__file__).resolve().parent / "data"
JSON = "application/sparql-results+json"
XML = "application/sparql-results+xml"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"


class NotApplicableError(Exception):
    """The check asks for a whole operation that this server does not have."""


#: What a server lacks that cannot be started as one of a kind.
_LACKS = {
    "federated": "a list of hosts that SERVICE may ask",
    "narrow": "a limit of the queries that run at a time",
    "rationed": "a limit of the requests of a caller",
    "validating": "validation of what is written",
    "behind a proxy": "a setting for the proxies that it trusts",
    "empty": "a start without data",
    "rows": "a limit of the rows of a result",
    "log": "an access log of this kind",
    "backup": "a backup while it serves",
}


class MissingSettingError(AssertionError):
    """The server has no setting for what the check is about.

    :param kind: the kind of server that cannot be started.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(f"the server lacks {_LACKS[kind]}")


#: Starts the same server with other settings; raises MissingSettingError where it has none.
Sibling = Callable[[str, Mapping[str, str]], "Endpoint"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running server.

    :ivar root: URL of the home page, with a slash at its end.
    :ivar token: a token that may read, write and administer; empty where there are none.
    :ivar timeout_s: time limit of queries.
    :ivar row_limit: most rows of a result; None where there is no limit.
    :ivar body_limit_bytes: longest body of a query; None where no limit is known.
    :ivar pid: id of the process.
    :ivar log: file that holds what the process has written.
    :ivar backup: writes a backup to a folder while the server runs, and returns the number of
        triples of a graph in a store that was restored from it.
    """

    name: str
    root: str
    query_url: str
    update_url: str | None
    graph_store_url: str | None
    token: str = ""
    timeout_s: float = 1.5
    row_limit: int | None = None
    body_limit_bytes: int | None = None
    pid: int = 0
    log: Path | None = None
    sibling: Sibling | None = None
    backup: Callable[[Path, str], int] | None = None

    @property
    def updates(self) -> str:
        """URL of the update operation."""
        if self.update_url is None:
            raise NotApplicableError("the server takes no updates")
        return self.update_url

    @property
    def graphs(self) -> str:
        """URL of the graph store."""
        if self.graph_store_url is None:
            raise NotApplicableError("the server has no graph store")
        return self.graph_store_url

    @property
    def permit(self) -> dict[str, str]:
        """The header that a token is sent in."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def other(self, kind: str, **settings: str) -> Endpoint:
        """Return the same server with other settings."""
        if self.sibling is None:
            raise MissingSettingError(kind)
        return self.sibling(kind, settings)

    def query(
        self,
        text: str,
        accept: str | None = JSON,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        method: str = "GET",
    ) -> Reply:
        """Send a query by GET."""
        pairs = urlencode({"query": text, **(params or {})}, doseq=True)
        named = {**({"Accept": accept} if accept is not None else {}), **(headers or {})}
        url = f"{self.query_url}?{pairs}"
        return send(url, method, headers=named, timeout_s=timeout_s)

    def post(self, text: str, accept: str = JSON, *, params: str = "", **options: Any) -> Reply:
        """Send a query as the body of a POST."""
        headers = {"Content-Type": QUERY, "Accept": accept}
        url = self.query_url + (f"?{params}" if params else "")
        return send(url, "POST", body=text, headers=headers, **options)

    def form(self, pairs: Mapping[str, Any], accept: str = JSON) -> Reply:
        """Send a query as a form."""
        headers = {"Content-Type": FORM, "Accept": accept}
        body = urlencode(pairs, doseq=True)
        return send(self.query_url, "POST", body=body, headers=headers)

    def update(
        self, text: str, *, params: str = "", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send an update as the body of a POST."""
        named = {"Content-Type": UPDATE, **self.permit, **(headers or {})}
        return send(
            self.updates + (f"?{params}" if params else ""), "POST", body=text, headers=named
        )

    def graph(self, iri: str | None) -> str:
        """Return the URL of a graph of the graph store; None is the default graph."""
        name = "default" if iri is None else f"graph={quote(iri, safe='')}"
        return f"{self.graphs}?{name}"

    def put(self, iri: str | None, turtle: str, method: str = "PUT", **headers: str) -> Reply:
        """Send Turtle to a graph of the graph store."""
        named = {"Content-Type": "text/turtle", **self.permit}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return send(self.graph(iri), method, body=turtle, headers=named)

    def ask(self, text: str, **options: Any) -> bool:
        """Return the answer to an ASK query.

        :raises AssertionError: there is none.
        """
        reply = self.query(text, **options)
        assert reply.status == 200, f"{text}: {reply}"
        answer = reply.json()["boolean"]
        assert isinstance(answer, bool)
        return answer

    def count(self, text: str, **options: Any) -> int:
        """Return the number that a query binds to ``?n``."""
        reply = self.query(text, **options)
        assert reply.status == 200, f"{text}: {reply}"
        return int(reply.json()["results"]["bindings"][0]["n"]["value"])


@dataclass(frozen=True, slots=True)
class Check:
    """A check of an endpoint.

    :ivar label: its number with a letter where a number has several parts, or a name.
    :ivar number: the number that its result counts under.
    """

    label: str
    title: str
    group: str
    run: Callable[[Endpoint], None] = field(compare=False)

    @property
    def number(self) -> str:
        """The number without the letter of the part."""
        found = re.fullmatch(r"(\d+)[a-z]?", self.label)
        return found[1] if found else self.label


def check(label: int | str, title: str) -> Callable[[Callable[[Endpoint], None]], Any]:
    """Mark a function as a check; it raises AssertionError where the endpoint fails."""

    def mark(function: Callable[[Endpoint], None]) -> Callable[[Endpoint], None]:
        group = function.__module__.rpartition(".")[2]
        function.check = Check(str(label), title, group, function)  # type: ignore[attr-defined]
        return function

    return mark


def checks_of(*modules: ModuleType) -> list[Check]:
    """Return the checks that modules hold, in the order of the text.

    :raises ValueError: a label is used twice.
    """
    found = [
        value.check
        for module in modules
        for value in vars(module).values()
        if isinstance(getattr(value, "check", None), Check)
    ]
    labels = [entry.label for entry in found]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise ValueError(f"labels of two checks: {', '.join(sorted(twice))}")
    return found


def wanted(reply: Reply, *statuses: int) -> Reply:
    """Return a reply of one of the statuses.

    :raises AssertionError: it has another status.
    """
    expected = " or ".join(map(str, statuses))
    assert reply.status in statuses, f"{expected} expected, not {reply}"
    return reply
