"""A small store with what a question may read about a few records, and the vocabulary beside it.

A saved question is written over the whole store. Asked of a page of records it need only read
what surrounds these, which is as much in a store of a million studies as in one of twenty. So the
surroundings are copied into a store in memory that already holds the vocabulary, and the query
runs there as it stands.

What surrounds a record: what belongs to it, that is every record that leads to it or to something
that belongs to it; and what these lead to, as far as links go. Only links by properties that the
query names are followed, since it can follow no other.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any, Final, cast

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.execution.store import PooledStore
from kmgraph.listings.names import named_in
from kmgraph.namespaces import KM, RDF, graph_iri
from kmgraph.results import Solutions
from kmgraph.sparql import analyse
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore

#: Names of the graphs whose statements are in every small store.
_VOCABULARY: Final = ("ontology", "frameworks", "mappings")
#: What derived records come by the dozen to each record: what their IRIs have in them, and the
#: class that a query names if it wants them.
_BULKY: Final = {"/flip/": f"{KM}Flip", "/network-position/": f"{KM}NetworkPosition"}
_TYPE: Final = f"{RDF}type"
_DEFAULT: Final = ox.DefaultGraph()
#: What stands in queries of this module where IRIs go.
_THINGS: Final = "#@ things"
_PROPERTIES: Final = "#@ properties"
_CLASSES: Final = "#@ classes"
#: What is to be known of each query of this module: it reads the whole store and nothing else.
_FACTS: Final = analyse("SELECT ?s { ?s ?p ?o }")
#: Most things that one query tells of.
_AT_ONCE: Final = 1_000
#: How often a store in memory is filled and emptied before it is made anew; what is deleted from
#: it leaves traces.
_USES: Final = 32
_ANY_TYPE: Final = re.compile(r"\ba\s+\?")


@dataclass(slots=True)
class _Vocabulary:
    """The vocabulary of a store, and small stores that hold it.

    :ivar quads: its statements, in the default graph.
    :ivar subjects: what it describes, which no copy needs to describe again.
    :ivar free: stores that hold the vocabulary alone, with the number of times each was used.
    """

    quads: list[ox.Quad]
    subjects: frozenset[str]
    free: list[tuple[ox.Store, int]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> tuple[ox.Store, int]:
        """Return a store that holds the vocabulary alone."""
        with self.lock:
            if self.free:
                return self.free.pop()
        store = ox.Store()
        store.bulk_extend(self.quads)
        return store, 0

    def give_back(self, store: ox.Store, uses: int) -> None:
        """Keep a store that was emptied, unless it was used often."""
        if uses < _USES:
            with self.lock:
                self.free.append((store, uses))


_KNOWN: Final[weakref.WeakKeyDictionary[QuadStore, _Vocabulary]] = weakref.WeakKeyDictionary()
_KNOWN_LOCK: Final = threading.Lock()


def _vocabulary(store: QuadStore) -> _Vocabulary:
    """Return the vocabulary of a store, read once."""
    with _KNOWN_LOCK:
        known = _KNOWN.get(store)
        if known is None:
            graphs = [ox.NamedNode(graph_iri(store.base, name)) for name in _VOCABULARY]
            found = chain.from_iterable(store.quads(graph_name=graph) for graph in graphs)
            quads = list({ox.Quad(one.subject, one.predicate, one.object) for one in found})
            subjects = {
                quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)
            }
            known = _KNOWN[store] = _Vocabulary(quads, frozenset(subjects))
        return known


@contextmanager
def surroundings(
    store: QuadStore,
    query: str,
    records: Iterable[ox.NamedNode],
    *,
    beside: Iterable[ox.NamedNode] = (),
    through: Collection[str] = (),
    led_by: Collection[str] = (),
    reads: Collection[str] = (),
    more: Collection[ox.Quad] = (),
    with_vocabulary: bool = True,
) -> Iterator[QuadStore]:
    """Give a store in memory with the vocabulary and what surrounds some records.

    :param query: what will be asked of it.
    :param records: the records.
    :param beside: things of which only what is said and what they lead to is copied.
    :param through: IRIs of properties: what a record leads to by one of them counts as belonging
        to it, with all that leads there.
    :param led_by: IRIs of properties: what leads by one of them to anything that is copied is
        copied too, though nothing that leads there in turn.
    :param reads: IRIs of the classes of what belongs to a record that are copied; all where there
        are none.
    :param more: statements of the default graph that the store lacks; what they lead to is copied
        too.
    :param with_vocabulary: whether the query reads the vocabulary.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with surroundings(MemoryStore(), "SELECT ?s { ?s a ?o }", []) as small:
    ...     small.count()
    0
    """
    vocabulary = _vocabulary(store) if with_vocabulary else _Vocabulary([], frozenset())
    walk = _Walk(store, query, vocabulary.subjects, frozenset(through), frozenset(led_by), reads)
    led_to = (quad.object for quad in more if isinstance(quad.object, ox.NamedNode))
    quads = [*walk.around(records, chain(beside, led_to)), *more]
    small, uses = vocabulary.take()
    small.extend(quads)
    yield OxigraphStore(small, store.base)
    for quad in quads:
        small.remove(quad)
    vocabulary.give_back(small, uses + 1)


class _Walk:
    """Gathers what surrounds some records, a step at a time for all of them."""

    def __init__(
        self,
        store: QuadStore,
        query: str,
        known: frozenset[str],
        through: frozenset[str],
        led_by: frozenset[str],
        reads: Collection[str],
    ) -> None:
        self._store = store
        self._names = named_in(query)
        self._ordered = [ox.NamedNode(iri) for iri in sorted(self._names)]
        numbers = " ".join(f"({one} {number})" for number, one in enumerate(self._ordered))
        self._properties = f"VALUES (?link ?property) {{ {numbers} }}"
        self._type_number = self._ordered.index(ox.NamedNode(_TYPE))
        self._takes_all_types = _ANY_TYPE.search(query) is not None
        self._known = known
        self._through = through
        self._led_by = led_by
        classes = ", ".join(f"<{iri}>" for iri in sorted(reads))
        of_class = f"FILTER EXISTS {{ ?subject a ?class FILTER (?class IN ({classes})) }}"
        self._of_class = of_class if reads else ""
        self._skipped = tuple(part for part, name in _BULKY.items() if name not in self._names)
        self._quads: list[ox.Quad] = []
        self._taken: set[str] = set()

    def around(
        self, records: Iterable[ox.NamedNode], beside: Iterable[ox.NamedNode]
    ) -> list[ox.Quad]:
        """Return the statements about some records, what belongs to them and what they lead to."""
        own = self._wanted(record.value for record in records)
        seen, looked_at = set(own), set(own)
        border = {node.value for node in beside}
        links = self._about(own)
        while own:
            through = {value for predicate, value in links if predicate in self._through}
            border |= {value for predicate, value in links if predicate not in self._through}
            belonging = self._wanted(self._leading_to(own)) - looked_at
            through = self._wanted(through) - looked_at
            looked_at |= belonging | through
            # What is of another class may still be led to, and is then copied after all.
            links = self._about(through) + self._about(belonging - through, self._of_class)
            own = through | (belonging & self._taken)
            seen |= own
        while border := self._wanted(border) - seen:
            seen |= border
            reached = {value for _, value in self._about(border)}
            if self._led_by:
                reached |= self._led_to(border)
            border = reached
        return self._quads

    def _wanted(self, iris: Iterable[str]) -> set[str]:
        """Return those IRIs that the vocabulary does not describe and that are not left out."""
        return {
            iri
            for iri in iris
            if iri not in self._known and not any(part in iri for part in self._skipped)
        }

    def _about(self, iris: Collection[str], of_class: str = "") -> list[tuple[str, str]]:
        """Take what is said about things; return what leads from them to others, and where to."""
        links = []
        query = _text("statements-about").replace(_PROPERTIES, self._properties)
        query = query.replace(_CLASSES, of_class)
        for part in _parts(iris):
            subjects = [ox.NamedNode(iri) for iri in part]
            things = " ".join(f"({one} {number})" for number, one in enumerate(subjects))
            text = query.replace(_THINGS, f"VALUES (?subject ?thing) {{ {things} }}")
            rows: Iterable[Any] = _ask(self._store, text)
            for thing, number, value in rows:
                name = int(number.value)
                if name == self._type_number:
                    if not self._takes_all_types and value.value not in self._names:
                        continue
                elif isinstance(value, ox.NamedNode):
                    links.append((self._ordered[name].value, value.value))
                subject = subjects[int(thing.value)]
                self._taken.add(subject.value)
                self._quads.append(ox.Quad(subject, self._ordered[name], value))
        return links

    def _leading_to(self, iris: Collection[str]) -> set[str]:
        """Return what leads to things by properties that the query names."""
        by = " ".join(str(one) for one in self._ordered if one.value != _TYPE)
        query = _text("leading-to").replace(_PROPERTIES, f"VALUES ?link {{ {by} }}")
        found: set[str] = set()
        for part in _parts(iris):
            things = " ".join(f"<{iri}>" for iri in part)
            text = query.replace(_THINGS, f"VALUES ?thing {{ {things} }}")
            rows = _ask(self._store, text)
            found.update(row[0].value for row in rows if isinstance(row[0], ox.NamedNode))
        return found

    def _led_to(self, iris: Iterable[str]) -> set[str]:
        """Return what leads to things by the few properties that are read for all of them.

        Things to which very much leads may be among them, so each property is looked up by itself.
        """
        return {
            quad.subject.value
            for iri in iris
            for name in self._led_by
            for quad in self._store.quads(None, ox.NamedNode(name), ox.NamedNode(iri), _DEFAULT)
            if isinstance(quad.subject, ox.NamedNode)
        }


@cache
def _text(name: str) -> str:
    """Return the text of a query of this module."""
    return artefacts.read_text("queries", f"support/{name}.rq")


def _parts(iris: Collection[str]) -> Iterator[list[str]]:
    """Yield things in order, as many at a time as one query tells of."""
    things = sorted(iris)
    for start in range(0, len(things), _AT_ONCE):
        yield things[start : start + _AT_ONCE]


def _ask(store: QuadStore, query: str) -> Solutions:
    """Return the rows of a query of this module; where the store allows, it is not analysed."""
    if isinstance(store, PooledStore):
        # Some look-ups are over before a worker has been found for them.
        store = store.view
    if isinstance(store, OxigraphStore):
        return cast(Solutions, store.evaluate(query, _FACTS))
    return cast(Solutions, store.query(query))
