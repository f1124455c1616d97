"""What is recorded about single statements: how each is known, and on what it rests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Basis, Shown, link

_DEFAULT: Final = ox.DefaultGraph()
_SUBJECT: Final = ox.NamedNode(expand("km:noteSubject"))
_PROPERTY: Final = ox.NamedNode(expand("km:noteProperty"))
_OBJECT: Final = ox.NamedNode(expand("km:noteObject"))
_VALUE: Final = ox.NamedNode(expand("km:noteValue"))
_KIND: Final = ox.NamedNode(expand("km:assertionKind"))
_RESTS_ON: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))


@dataclass(frozen=True, slots=True)
class Note:
    """A note on a statement.

    :ivar targets: IRIs and texts that the statement's value is given as; none where the note
        speaks of all values of the property.
    """

    iri: str
    predicate: str
    targets: tuple[Term, ...]
    kind: str
    passages: tuple[str, ...]

    def speaks_of(self, predicate: str, term: Term | None) -> bool:
        """Say whether the note is on the statement of this property and value."""
        if predicate != self.predicate:
            return False
        return not self.targets or any(_is_same(target, term) for target in self.targets)


def read_notes(store: QuadStore, iri: str) -> list[Note]:
    """Return the notes on the statements about a thing, by IRI.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_notes(MemoryStore(), "urn:a")
    []
    """
    found = store.quads(None, _SUBJECT, ox.NamedNode(iri), _DEFAULT)
    nodes = {quad.subject for quad in found if isinstance(quad.subject, ox.NamedNode)}
    return [note for node in sorted(nodes, key=str) for note in _read(store, node)]


def _read(store: QuadStore, node: ox.NamedNode) -> Iterator[Note]:
    """Yield a note, once for each property that it speaks of."""
    held: dict[str, list[Term]] = {}
    for quad in store.quads(node, None, None, _DEFAULT):
        held.setdefault(quad.predicate.value, []).append(quad.object)
    kinds = sorted(_texts(held.get(_KIND.value, [])))
    targets = tuple(held.get(_OBJECT.value, []) + held.get(_VALUE.value, []))
    passages = tuple(sorted(_texts(held.get(_RESTS_ON.value, []))))
    for predicate in sorted(_texts(held.get(_PROPERTY.value, []))):
        yield Note(node.value, predicate, targets, kinds[0] if kinds else "", passages)


def _texts(terms: Iterable[Term]) -> list[str]:
    """Return IRIs and literals as text."""
    return [term.value for term in terms if isinstance(term, ox.NamedNode | ox.Literal)]


def _is_same(target: Term, term: Term | None) -> bool:
    """Say whether a note's target is a value; targets in text are ids, words or numbers."""
    if term is None or target == term:
        return term is not None
    if not isinstance(target, ox.Literal) or not isinstance(term, ox.NamedNode | ox.Literal):
        return False
    text = target.value
    if isinstance(term, ox.Literal):
        return text == term.value
    last = term.value.rstrip("/").replace("#", "/").rpartition("/")[2]
    return term.value.endswith(f"/{text}") or _plain(text.rpartition(":")[2]) == _plain(last)


def _plain(text: str) -> str:
    """Return an id or word without what its spellings differ in."""
    return text.casefold().replace("_", "").replace("-", "").replace(" ", "")


def with_basis(
    shown: Shown,
    notes: Iterable[Note],
    predicate: str,
    term: Term | None,
    names: Names,
    *,
    passages: bool = True,
) -> Shown:
    """Return a value with how the statement is known, where notes say so.

    :param passages: whether to link to the passages too.
    """
    found = tuple(
        Basis(
            link(note.iri, names, words.ASSERTIONS.get(note.kind) or names.name(note.kind)),
            tuple(link(iri, names) for iri in note.passages) if passages else (),
        )
        for note in notes
        if note.kind and note.speaks_of(predicate, term)
    )
    return replace(shown, basis=found) if found else shown
