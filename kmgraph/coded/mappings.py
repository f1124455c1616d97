"""Where mappings lead from a construct, as a view holds them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from kmgraph.crosswalks.model import MATCHES, READINGS, scheme_of
from kmgraph.namespaces import FRAMEWORK, compact, expand
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
_SOURCE: Final = ox.NamedNode(expand("owl:annotatedSource"))
_TARGET: Final = ox.NamedNode(expand("owl:annotatedTarget"))
_STATUS: Final = {
    expand("km:PublishedMapping"): "published",
    expand("km:MappingFromMemory"): "from memory",
    expand("km:ProposedMapping"): "proposed",
}


@dataclass(frozen=True, slots=True)
class MappedTo:
    """A mapping, read from one construct to another.

    :ivar mapping: IRI of the mapping.
    :ivar start: IRI of the construct that it leads from; ``end`` of the one that it leads to.
    :ivar match: how close the two are, read in this direction.
    :ivar is_reversed: whether it was written in the other direction.
    :ivar status: where it comes from.
    :ivar confidence: from 0 to 1, or None.
    :ivar authors: who asserts it.
    :ivar reviewers: who reviewed it; empty where nobody did.
    """

    mapping: str
    start: str
    end: str
    match: str
    is_reversed: bool
    status: str
    confidence: Decimal | None
    authors: tuple[str, ...]
    reviewers: tuple[str, ...]

    @property
    def scheme(self) -> str:
        """Return the short name of the framework that it leads to."""
        return scheme_of(self.end)


def read_mapped(store: QuadStore, constructs: Iterable[str]) -> dict[str, list[MappedTo]]:
    """Return the mappings that lead from constructs, in both directions, the closest first.

    :param constructs: IRIs of constructs.
    :returns: IRI of each construct that is mapped to its mappings.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_mapped(MemoryStore(), ["urn:a"])
    {}
    """
    found: dict[str, list[MappedTo]] = {}
    for iri in constructs:
        mapped = []
        for prop, other, is_reversed in ((_SOURCE, _TARGET, False), (_TARGET, _SOURCE, True)):
            for quad in store.quads(None, prop, ox.NamedNode(iri), _DEFAULT):
                one = _read(store, quad.subject, iri, other.value, is_reversed)
                if one is not None:
                    mapped.append(one)
        if mapped:
            mapped.sort(key=lambda one: (one.scheme, MATCHES.index(one.match), one.end))
            found[iri] = mapped
    return found


def _read(
    store: QuadStore, node: object, start: str, other: str, is_reversed: bool
) -> MappedTo | None:
    """Return a mapping; None for what is none, or leads to no construct."""
    if not isinstance(node, ox.NamedNode):
        return None
    values: dict[str, list[str]] = {}
    for quad in store.quads(node, None, None, _DEFAULT):
        if isinstance(quad.object, ox.NamedNode | ox.Literal):
            values.setdefault(quad.predicate.value, []).append(quad.object.value)
    predicate = compact(next(iter(values.get(expand("owl:annotatedProperty"), ())), ""))
    end = next(iter(values.get(other, ())), "")
    if predicate not in READINGS or not end.startswith(FRAMEWORK):
        return None
    status = next(iter(values.get(expand("km:mappingStatus"), ())), "")
    confidence = next(iter(values.get(expand("sssom:confidence"), ())), "")
    return MappedTo(
        node.value,
        start,
        end,
        READINGS[predicate][is_reversed],
        is_reversed,
        _STATUS.get(status, "not reported"),
        Decimal(confidence) if confidence.replace(".", "", 1).isdigit() else None,
        tuple(sorted(values.get(expand("sssom:author_label"), ()))),
        tuple(
            sorted(
                {
                    *values.get(expand("sssom:reviewer_label"), ()),
                    *values.get(expand("sssom:reviewer_id"), ()),
                }
            )
        ),
    )
