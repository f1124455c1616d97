"""Count a view or one of its graphs, and find which saved questions it has an answer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, cast

import pyoxigraph as ox

from kmgraph.errors import QueryError
from kmgraph.metadata.rows import query
from kmgraph.questions import Question
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: What a view and each of its datasets is asked for where it is counted.
COUNTED: Final = ("sizes", "properties", "classes", "class-properties")
#: What a view is asked for besides: what members of a class have as values, for who draws a schema
#: of it. It takes longer than the rest together, so it is not asked of each dataset.
LINKED: Final = ("class-objects", "class-datatypes")


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of a view or of a graph.

    :ivar tables: name of a query to what it found, in the JSON of SPARQL results.
    """

    tables: Mapping[str, str]

    def rows(self, name: str) -> Iterable[Mapping[str, ox.NamedNode | ox.Literal]]:
        """Yield the rows that a query found.

        >>> import kmgraph.stores.oxigraph as stores
        >>> next(iter(count(stores.MemoryStore(), None).rows("sizes")))["triples"].value
        '0'
        """
        if name not in self.tables:
            return
        found = ox.parse_query_results(self.tables[name].encode(), ox.QueryResultsFormat.JSON)
        names = [variable.value for variable in cast(ox.QuerySolutions, found).variables]
        for row in cast(ox.QuerySolutions, found):
            yield {name: row[name] for name in names if row[name] is not None}


def count(view: QuadStore, graph: str | None) -> Counts:
    """Count a view, or one graph of it, in time that grows with its size and no faster.

    :param graph: IRI of the graph; None for the merge of all.

    >>> import kmgraph.stores.oxigraph as stores
    >>> sorted(count(stores.MemoryStore(), "urn:g").tables)
    ['class-properties', 'classes', 'properties', 'sizes']
    >>> sorted(set(count(stores.MemoryStore(), None).tables) - set(COUNTED))
    ['class-datatypes', 'class-objects']
    """
    graphs = None if graph is None else [graph]
    names = COUNTED if graph is not None else (*COUNTED, *LINKED)
    found = {
        name: cast(Solutions, view.query(query(f"counted/{name}.rq"), default_graphs=graphs))
        for name in names
    }
    return Counts({name: rows.serialize("json").decode() for name, rows in found.items()})


def with_rows(view: QuadStore, questions: Iterable[Question]) -> list[Question]:
    """Return the questions that a view has an answer of at least one row to.

    A question that is not answered within the limits of the view is left out too.

    >>> import kmgraph.stores.oxigraph as stores
    >>> from kmgraph.questions import load_catalogue
    >>> with_rows(stores.MemoryStore(), load_catalogue().values())
    []
    """
    return [question for question in questions if _has_row(view, question)]


def _has_row(view: QuadStore, question: Question) -> bool:
    """Say whether there is at least one row, which an order makes no difference to."""
    text = question.query.rstrip()
    unordered, _, order = text.rpartition("ORDER BY")
    shortest = f"{unordered if unordered and '}' not in order else text}\nLIMIT 1"
    try:
        return next(iter(cast(Solutions, view.query(shortest))), None) is not None
    except QueryError:
        return False
