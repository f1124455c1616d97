"""What something rests on: passages, and the records that it was worked out from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import KM, expand
from kmgraph.stores.base import QuadStore

_RESTS_ON: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_PASSAGE: Final = f"{KM}Passage"
_DEFAULT: Final = ox.DefaultGraph()


def records_and_passages(store: QuadStore, cited: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the records among what is cited, and all passages that it rests on in the end.

    What the store does not describe counts as a passage, since it cites nothing further.

    :param cited: IRIs that something rests on directly.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> records_and_passages(MemoryStore(), ["https://example.org/passage/a"])
    ([], ['https://example.org/passage/a'])
    """
    direct = list(dict.fromkeys(cited))
    records = [iri for iri in direct if _is_record(store, iri)]
    passages = dict.fromkeys(iri for iri in direct if iri not in records)
    seen, pending = set(records), list(records)
    while pending:
        for quad in store.quads(ox.NamedNode(pending.pop()), _RESTS_ON, None, _DEFAULT):
            if not isinstance(quad.object, ox.NamedNode) or quad.object.value in seen:
                continue
            iri = quad.object.value
            seen.add(iri)
            if _is_record(store, iri):
                pending.append(iri)
            else:
                passages[iri] = None
    return records, list(passages)


def _is_record(store: QuadStore, iri: str) -> bool:
    """Say whether something is described, and not as a passage."""
    types = store.quads(ox.NamedNode(iri), _TYPE, None, _DEFAULT)
    found = {quad.object.value for quad in types if isinstance(quad.object, ox.NamedNode)}
    return bool(found) and _PASSAGE not in found
