"""Rows as statements, so that what is made of them stands in queries and not in code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final, cast

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import DCAT, RDF, XSD
from kmgraph.results import Solutions, Triples
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

#: Namespace of tables and columns; nothing of it is ever handed on.
ROWS: Final = "https://w3id.org/kmgraph/rows/"
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_BYTE_SIZE: Final = ox.NamedNode(f"{DCAT}byteSize")
_DATE_TIME: Final = ox.NamedNode(f"{XSD}dateTime")
_COUNTING: Final = ox.NamedNode(f"{XSD}nonNegativeInteger")
#: A row: column to the value, or values, that it has.
Row = Mapping[str, Term | Iterable[Term] | None]


class Rows:
    """Tables of rows, and what queries make of them.

    >>> rows = Rows()
    >>> rows.add("prefix", {"prefix": ox.Literal("km"), "namespace": ox.Literal("urn:km#")})
    >>> len(rows)
    3
    """

    def __init__(self) -> None:
        self._store = ox.Store()
        self._count = 0

    def __len__(self) -> int:
        return len(self._store)

    def add(self, table: str, row: Row) -> None:
        """Add a row to a table; a column without a value is left out."""
        self._count += 1
        node = ox.NamedNode(f"{ROWS}{table}/{self._count}")
        quads = [ox.Quad(node, _TYPE, ox.NamedNode(ROWS + table))]
        for column, value in row.items():
            values = [value] if isinstance(value, Term) else value or ()
            predicate = ox.NamedNode(ROWS + column)
            quads += [ox.Quad(node, predicate, each) for each in values]
        self._store.extend(quads)

    def ask(
        self, view: QuadStore, name: str, more: Row | None = None, graph: str | None = None
    ) -> None:
        """Add what a query finds in a view to the table of the query's name.

        :param name: path of the query below ``queries/metadata``.
        :param more: columns that each row has besides.
        :param graph: IRI of the one graph to look in; None for the merge of all.
        """
        graphs = None if graph is None else [graph]
        found = cast(Solutions, view.query(query(name), default_graphs=graphs))
        table = PurePosixPath(name).stem
        for row in found:
            self.add(table, {**dict(zip(found.variables, row, strict=True)), **(more or {})})

    def take(self, table: str, rows: Iterable[Row], more: Row) -> None:
        """Add rows to a table.

        :param more: columns that each row has besides.
        """
        for row in rows:
            self.add(table, {**row, **more})

    def make(self, names: Iterable[str]) -> Iterator[ox.Triple]:
        """Yield what CONSTRUCT queries make of the rows."""
        for name in names:
            yield from cast(Iterator[ox.Triple], self._store.query(query(name)))


def literals(texts: Mapping[str, str]) -> dict[str, ox.Literal]:
    """Return texts as literals.

    >>> literals({"a": "b"})["a"].value
    'b'
    """
    return {name: ox.Literal(text) for name, text in texts.items()}


def moment(text: str) -> ox.Literal | None:
    """Return a time in ISO 8601 as a literal; None where it is not known.

    >>> moment("") is None
    True
    """
    return ox.Literal(text, datatype=_DATE_TIME) if text else None


def query(name: str) -> str:
    """Return the text of a query about metadata.

    >>> "SELECT" in query("counted/sizes.rq")
    True
    """
    return artefacts.read_text("queries", f"metadata/{name}")


def summed(triples: Iterable[ox.Triple], names: Iterable[str]) -> list[ox.Triple]:
    """Return triples with what CONSTRUCT queries make of them, in order and each once.

    >>> summed([], ["summed/totals.rq"])
    []
    """
    store = ox.Store()
    store.extend(ox.Quad(each.subject, each.predicate, each.object) for each in triples)
    more = [each for name in names for each in cast(Triples, store.query(query(name)))]
    store.extend(ox.Quad(each.subject, each.predicate, each.object) for each in more)
    return sorted((_exact(quad.triple) for quad in store), key=str)


def _exact(triple: ox.Triple) -> ox.Triple:
    """Return a triple with the datatype that DCAT asks of sizes; the engine knows integers only."""
    if triple.predicate == _BYTE_SIZE and isinstance(triple.object, ox.Literal):
        size = ox.Literal(triple.object.value, datatype=_COUNTING)
        return ox.Triple(triple.subject, triple.predicate, size)
    return triple
