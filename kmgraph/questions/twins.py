"""Twins of saved questions that read counts from the cube instead of adding records up.

A question that counts goes over all records. Its twin, in ``queries/competency/fast``, has the same
rows and reads their numbers from the cube, so it takes as long for a million studies as for twenty.
What a row tells of single records, such as passages, it cannot have from there: that is looked
up, row by row, for a few records of each.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

import pyoxigraph as ox
import yaml

from kmgraph import artefacts
from kmgraph.cube import CUBE, is_current
from kmgraph.execution.messages import term_from_text, term_to_text
from kmgraph.execution.store import PooledStore
from kmgraph.namespaces import KM, QB, graph_iri
from kmgraph.questions.model import Question
from kmgraph.questions.paging import LARGE, Page
from kmgraph.results import Row, Solutions
from kmgraph.sparql import analyse
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore, OxigraphView
from kmgraph.terms import Term

#: Most records of a row that its lists tell of.
MOST_LISTED: Final = 3
#: Most rows of an answer that is not given in pages.
MOST_ROWS: Final = 20
_HEADER: Final = "#+"
_MARK: Final = "#@ most"
#: Variable of a twin with the names of the queries that fill a row's lists, in order.
_LISTS: Final = "lists"
#: Variable of such a query with the number of records that it told of.
_LISTED: Final = "listed"
#: What separates the values of a list, by the kind of its column.
_SEPARATORS: Final = {"passages": " ", "texts": "\n"}
_MEMBER: Final = ox.NamedNode(f"{QB}observation")
_COUNT: Final = ox.NamedNode(f"{KM}unitCount")
_NONE: Final = ox.Literal(0)
#: What is to be known of each query that fills lists: it reads the whole store.
_FACTS: Final = analyse("SELECT ?s { ?s ?p ?o }")
#: A row by variable.
_Found = dict[str, Term | None]
#: Answers that are kept of a view, for further pages and whoever asks next, and most rows of one.
_MOST_KEPT: Final = 8
_MOST_KEPT_ROWS: Final = 2_000
_Kept = OrderedDict[tuple[str, frozenset[tuple[str, Term]]], list[_Found]]
_KEPT: Final[weakref.WeakKeyDictionary[QuadStore, _Kept]] = weakref.WeakKeyDictionary()
_KEPT_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Lister:
    """A query that finds what some records of a row tell.

    :ivar keys: variables of the row whose values are put into the query.
    :ivar query: the query, with a mark where the number of records is limited.
    """

    keys: tuple[str, ...]
    query: str

    def text(self, values: Mapping[str, Term], most: int) -> str:
        """Return the query for one row.

        :param values: terms that the store itself gave, by variable; no text of a caller.
        :param most: how many records it may tell of.
        """
        keys = "|".join(self.keys)
        text = re.sub(rf"\?({keys})\b", lambda found: str(values[found[1]]), self.query)
        return text.replace(_MARK, f"LIMIT {most}")


@dataclass(frozen=True, slots=True)
class Twin:
    """What answers a question from the cube.

    :ivar id: id of the question.
    :ivar groupings: the groupings of the cube that it reads; the first counts what is large.
    :ivar serves: the parameters that may have a value.
    :ivar count: variable with the number of records that a row's lists could tell of; empty where
        none says so, and without a value in a row whose lists tell of other things.
    :ivar query: returns the question's variables except lists, and what its listers need.
    :ivar listers: what fills the lists, by name.
    """

    id: str
    groupings: tuple[str, ...]
    serves: frozenset[str]
    count: str
    query: str
    listers: Mapping[str, Lister]


@cache
def load_twins() -> Mapping[str, Twin]:
    """Return the twins by the id of their question.

    >>> load_twins()["cq-031"].groupings[0]
    'studies-by-theme'
    """
    twins, listers = {}, {}
    for path in artefacts.files("queries", "competency/fast/*.rq"):
        header, query = _read(path.read_text(encoding="utf-8"))
        if "twin of" in header:
            twins[path.stem] = header, query
        else:
            listers[path.stem] = Lister(tuple(header["keys"]), query)
    return {
        name: Twin(
            name,
            tuple(header["groupings"]),
            frozenset(header.get("serves") or ()),
            header.get("count") or "",
            query,
            {
                key.removeprefix(f"{name}-"): lister
                for key, lister in listers.items()
                if key.startswith(f"{name}-")
            },
        )
        for name, (header, query) in twins.items()
    }


def _read(text: str) -> tuple[dict[str, Any], str]:
    """Return the header of a file, and its query."""
    lines = text.splitlines()
    header = [line[len(_HEADER) :] for line in lines if line.startswith(_HEADER)]
    query = [line for line in lines if not line.startswith(_HEADER)]
    return yaml.safe_load("\n".join(header)), "\n".join(query)


def twin_for(question: Question, store: QuadStore, given: Mapping[str, Term]) -> Twin | None:
    """Return the twin that answers a question in a store, where there is one.

    That is so where the store has a cube made by the groupings that there are now, counts more
    than a thousand records for the question, and no parameter has a value that the twin lacks.

    :param given: what the parameters are bound to.

    >>> from kmgraph.questions import load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> twin_for(load_catalogue()["31"], MemoryStore(), {}) is None
    True
    """
    twin = load_twins().get(question.id)
    if twin is None or not twin.serves.issuperset(given) or not is_current(store):
        return None
    return twin if _total(store, twin.groupings[0]) > LARGE else None


def _total(store: QuadStore, grouping: str) -> int:
    """Return how many records a grouping counts."""
    graph = ox.NamedNode(graph_iri(store.base, CUBE))
    part = ox.NamedNode(f"{store.base}cube/{grouping}/by/nothing")
    for member in store.quads(part, _MEMBER, None, graph):
        for count in store.quads(cast(ox.NamedNode, member.object), _COUNT, None, graph):
            return int(cast(ox.Literal, count.object).value)
    return 0


def twin_rows(
    twin: Twin,
    question: Question,
    store: QuadStore,
    bindings: Mapping[str, Term],
    page: Page | None,
) -> tuple[list[Row], int | None, Page | None]:
    """Return the rows of an answer from the cube, how many there are, and the page they are.

    :param page: the page; None for all rows, or for the first page where they are many.
    :raises QueryEvaluationError: a query failed.
    """
    kinds = {column.name: column.kind for column in question.returns}
    if isinstance(store, PooledStore):
        rows, total = _rows_from_worker(twin, kinds, store, bindings, page)
    else:
        rows, total = rows_and_total(twin, kinds, store, bindings, page)
    if page is None and total > MOST_ROWS:
        page = Page(1, MOST_ROWS)
    return rows, None if page is None else total, page


def _rows_from_worker(
    twin: Twin,
    kinds: Mapping[str, str],
    store: PooledStore,
    bindings: Mapping[str, Term],
    page: Page | None,
) -> tuple[list[Row], int]:
    """Return rows and their number, found where queries are: in a process that can be stopped."""
    told = {
        "id": twin.id,
        "kinds": dict(kinds),
        "bindings": {name: term_to_text(term) for name, term in bindings.items()},
        "page": page and [page.number, page.size],
    }
    answer, total = store.work(__name__, twin.query, told)
    return list(cast(Solutions, answer)), total or 0


def main(store: QuadStore, query: str, told: Mapping[str, Any]) -> tuple[Solutions, int]:
    """Return rows of an answer and the number of all; a worker calls this.

    :param store: the view that is asked.
    :param query: query of the twin.
    :param told: what is known of the question, and the page.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> told = {"id": "cq-122", "kinds": {"cycles": "number"}, "bindings": {}, "page": None}
    >>> main(MemoryStore(), load_twins()["cq-122"].query, told)[1]
    0
    """
    bindings = {name: term_from_text(text) for name, text in told["bindings"].items()}
    page = Page(*told["page"]) if told["page"] else None
    rows, total = rows_and_total(load_twins()[told["id"]], told["kinds"], store, bindings, page)
    return Solutions(list(told["kinds"]), rows), total


def rows_and_total(
    twin: Twin,
    kinds: Mapping[str, str],
    store: QuadStore,
    bindings: Mapping[str, Term],
    page: Page | None,
) -> tuple[list[Row], int]:
    """Return rows of an answer from the cube, and how many there are in all.

    :param kinds: name to kind of the question's columns, in order.
    :param page: the page; None for all rows, or for the first page where they are many.
    """
    found = _found(twin, store, bindings)
    total = len(found)
    if page is None and total > MOST_ROWS:
        page = Page(1, MOST_ROWS)
    places = range(total) if page is None else range(total)[page.start : page.start + page.size]
    separators = {name: _SEPARATORS[kind] for name, kind in kinds.items() if kind in _SEPARATORS}
    for place in places:
        if _LISTS in found[place]:
            found[place] = _filled(found[place], twin, store, separators)
    return [tuple(found[place].get(name) for name in kinds) for place in places], total


def _found(twin: Twin, store: QuadStore, bindings: Mapping[str, Term]) -> list[_Found]:
    """Return the rows that a twin finds; those of a published view, which never changes, are kept.

    Rows that were kept may have their lists already.
    """
    if not isinstance(store, OxigraphView):
        return _asked(twin, store, bindings)
    key = (twin.id, frozenset(bindings.items()))
    with _KEPT_LOCK:
        kept = _KEPT.setdefault(store, OrderedDict())
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    found = _asked(twin, store, bindings)
    if len(found) <= _MOST_KEPT_ROWS:
        with _KEPT_LOCK:
            kept[key] = found
            if len(kept) > _MOST_KEPT:
                kept.popitem(last=False)
    return found


def _asked(twin: Twin, store: QuadStore, bindings: Mapping[str, Term]) -> list[_Found]:
    """Return the rows that the query of a twin gives, without lists."""
    solutions = cast(Solutions, store.query(twin.query, bindings=bindings))
    return [dict(zip(solutions.variables, row, strict=True)) for row in solutions]


def _filled(found: _Found, twin: Twin, store: QuadStore, separators: Mapping[str, str]) -> _Found:
    """Return a row with what its lists tell, and without their names."""
    row = dict(found)
    names = cast(ox.Literal, row.pop(_LISTS)).value.split()
    wanted = MOST_LISTED
    if isinstance(count := row.get(twin.count), ox.Literal):
        wanted = min(wanted, int(count.value))
    for name in names:
        if wanted <= 0:
            break
        for told in _told(twin.listers[name], store, row, wanted):
            wanted -= int(told.pop(_LISTED, _NONE).value)
            for column, text in told.items():
                row[column] = _joined(row.get(column), text, separators[column])
    return row


def _told(
    lister: Lister, store: QuadStore, row: Mapping[str, Term | None], most: int
) -> Iterator[dict[str, ox.Literal]]:
    """Yield what records of a row tell."""
    values = {name: cast(Term, row[name]) for name in lister.keys}
    text = lister.text(values, most)
    if isinstance(store, OxigraphStore):
        solutions = cast(Solutions, store.evaluate(text, _FACTS))
    else:
        solutions = cast(Solutions, store.query(text))
    for found in solutions:
        pairs = zip(solutions.variables, found, strict=True)
        yield {name: term for name, term in pairs if isinstance(term, ox.Literal)}


def _joined(before: Term | None, more: ox.Literal, separator: str) -> ox.Literal:
    """Return a list with further values."""
    texts = [before.value] if isinstance(before, ox.Literal) else []
    return ox.Literal(separator.join([*texts, more.value]))
