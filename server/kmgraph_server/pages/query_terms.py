"""What the query editor offers while a person types: the terms of a view, and prefixes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from kmgraph.namespaces import PREFIXES, compact
from kmgraph_server.pages.queries import Solution, select, text_of

if TYPE_CHECKING:
    from kmgraph.stores.base import QuadStore
    from kmgraph_server.snapshots import Snapshot

#: Most terms that are offered, and most characters that are said of each.
_MOST: Final = 5_000
_LONGEST: Final = 240
#: Prefixed names that need no escapes.
_SIMPLE: Final = re.compile(r"[a-z][a-z0-9]*:[A-Za-z_0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?", re.ASCII)
#: Nodes without a name, which the store gave IRIs of its own.
_NAMELESS: Final = "/.well-known/genid/"
#: What queries use although no ontology describes it.
_COMMON: Final = (
    ("rdf:type", "property", "kind", "The class of a thing; queries may write it as a."),
    ("rdfs:label", "property", "label", "What a term is called."),
    ("rdfs:comment", "property", "comment", "A remark on a term."),
    ("rdfs:subClassOf", "property", "subclass of", "A class all of whose members are in another."),
    ("rdfs:isDefinedBy", "property", "is defined by", "The ontology that a term belongs to."),
)

_MADE: Final[WeakKeyDictionary[Snapshot, str]] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A term that a query can name.

    :ivar name: as a query writes it: a prefixed name, or an IRI in angle brackets.
    :ivar kind: ``class``, ``property``, ``construct`` or ``value``.
    :ivar label: what people call it.
    :ivar about: what it means, or what it belongs to.
    """

    name: str
    kind: str
    label: str
    about: str


def terms_document(snapshot: Snapshot) -> str:
    """Return the terms of a view as JSON, made once for each generation."""
    with _LOCK:
        if snapshot not in _MADE:
            found = query_terms(snapshot.dataset.store)
            document = {"prefixes": PREFIXES, "terms": [asdict(one) for one in found]}
            _MADE[snapshot] = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return _MADE[snapshot]


def query_terms(store: QuadStore) -> list[QueryTerm]:
    """Return the terms that queries of a store can name.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> [one.name for one in query_terms(MemoryStore())][:2]
    ['rdf:type', 'rdfs:label']
    """
    common = [QueryTerm(*one) for one in _COMMON]
    known = {one.name for one in common}
    found = (term for row in select(store, "query-terms") for term in _read(row))
    return [*common, *(one for one in found if one.name not in known)][:_MOST]


def _read(row: Solution) -> Iterator[QueryTerm]:
    """Yield the term of a row, unless it has no name."""
    iri = text_of(row, "term")
    if not iri or _NAMELESS in iri or any(sign in iri for sign in '<>" {}|\\^`'):
        return
    short = compact(iri)
    name = short if _SIMPLE.fullmatch(short) else f"<{iri}>"
    label = text_of(row, "name") or re.split(r"[/#:]", short)[-1]
    yield QueryTerm(name, text_of(row, "kind"), _cut(label), _cut(text_of(row, "meaning")))


def _cut(text: str) -> str:
    """Return a text in one line that is not too long for a list."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
