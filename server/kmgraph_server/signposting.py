"""Signposts of pages: links for programs that read headers and not pages.

Source: https://signposting.org/FAIR/, https://www.rfc-editor.org/rfc/rfc9264
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urljoin

import pyoxigraph as ox

from kmgraph.namespaces import DCTERMS, KM, RDF, RDFS, SCHEMA, SKOS
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import rooted, to_uri
from kmgraph_server.headers import link

if TYPE_CHECKING:
    from kmgraph_server.views.responses import Form

#: Media type of the document that holds all links of a page.
LINKSET: Final = "application/linkset+json"
_PAGE: Final = f"{SCHEMA}AboutPage"
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_SUBCLASS: Final = ox.NamedNode(f"{RDFS}subClassOf")
_GRAPH: Final = ox.NamedNode(f"{KM}graph")
_LICENCE: Final = ox.NamedNode(f"{DCTERMS}license")
_AUTHORS: Final = tuple(ox.NamedNode(f"{DCTERMS}{name}") for name in ("creator", "publisher"))
_DEFINED_IN: Final = ox.NamedNode(f"{RDFS}isDefinedBy")
_SCHEME: Final = ox.NamedNode(f"{SKOS}inScheme")
_DATASET: Final = f"{KM}Dataset"
#: Kinds whose record is itself what somebody would download.
_RECORDS: Final = frozenset({f"{KM}Study", f"{KM}ImplementationCase"})
_DEFAULT: Final = ox.DefaultGraph()
#: Graphs of what was worked out from a dataset end in this.
_DERIVED: Final = "/derived"
#: Forms in which the content of a page is offered; all forms are there in any case.
_CONTENT: Final = ("ttl", "jsonld")


@dataclass(frozen=True, slots=True)
class Signpost:
    """A typed link from a page.

    :ivar target: where it leads; encoded.
    :ivar media_type: what is there; empty where that is not known.
    """

    target: str
    relation: str
    media_type: str = ""

    @property
    def header(self) -> str:
        """Return it as a value of a Link header."""
        return link(self.target, self.relation, self.media_type or None)


def datasets_of(store: QuadStore, iri: str) -> list[str]:
    """Return the IRIs of the datasets that say something of a thing, sorted.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> datasets_of(MemoryStore(), "urn:a")
    []
    """
    node = ox.NamedNode(iri)
    names = {q.graph_name for q in store.quads(node, None, None, None)} - {_DEFAULT}
    found = set()
    for name in names:
        graph = ox.NamedNode(str(getattr(name, "value", "")).removesuffix(_DERIVED))
        found |= _subjects(store, _GRAPH, graph)
    return sorted(found)


def signposts(store: QuadStore, iri: str, address: str, forms: Sequence[Form]) -> list[Signpost]:
    """Return the signposts of the page about a thing.

    :param address: address of the page.
    :param forms: the forms in which the page can be had.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> [one.relation for one in signposts(MemoryStore(), "urn:a", "/doc/a", [])]
    ['cite-as', 'type', 'linkset']
    """
    node = ox.NamedNode(iri)
    types = _objects(store, node, _TYPE)
    is_dataset = _DATASET in types
    datasets = [iri] if is_dataset else datasets_of(store, iri)
    found = [Signpost(to_uri(iri), "cite-as")]
    data = [form for form in forms if form.offer.format is not None]
    found += [Signpost(form.href, "describedby", form.offer.media_type) for form in data]
    found += [Signpost(kind, "type") for kind in [_PAGE, *_schema_types(store, types)]]
    if is_dataset:
        found += _graphs(store, node)
    elif _RECORDS & set(types):
        content = [form for form in data if form.offer.name in _CONTENT]
        found += [Signpost(form.href, "item", form.offer.media_type) for form in content]
    for dataset in map(ox.NamedNode, [*datasets, *_defined_in(store, node)]):
        found += [Signpost(to_uri(one), "license") for one in _objects(store, dataset, _LICENCE)]
        for prop in _AUTHORS:
            found += [Signpost(to_uri(one), "author") for one in _objects(store, dataset, prop)]
    if not is_dataset:
        found += [Signpost(to_uri(dataset), "collection") for dataset in datasets]
    root = rooted("")
    tail = address.removeprefix(root)
    found.append(Signpost(f"{root}/linkset{tail}", "linkset", LINKSET))
    return list(dict.fromkeys(found))


def linkset(found: Iterable[Signpost], address: str, root: str) -> dict[str, Any]:
    """Return signposts as a linkset, with the links back from what they lead to.

    :param address: address of the page.
    :param root: address that paths are of, absolute.

    >>> linkset([Signpost("/a.ttl", "item", "text/turtle")], "/a", "http://x/")["linkset"][0]["item"]
    [{'href': 'http://x/a.ttl', 'type': 'text/turtle'}]
    """
    page = urljoin(root, address)
    here = {"href": page, "type": "text/html"}
    first: dict[str, Any] = {"anchor": page}
    back: dict[str, dict[str, Any]] = {}
    for one in found:
        target = urljoin(root, one.target)
        entry = {"href": target} | ({"type": one.media_type} if one.media_type else {})
        first.setdefault(one.relation, []).append(entry)
        inverse = {"describedby": "describes", "item": "collection"}.get(one.relation)
        if inverse:
            back.setdefault(target, {"anchor": target})[inverse] = [here]
    return {"linkset": [first, *back.values()]}


def _graphs(store: QuadStore, dataset: ox.NamedNode) -> list[Signpost]:
    """Return signposts to the content of a dataset, from the graph store."""
    found = []
    for graph in _objects(store, dataset, _GRAPH):
        target = rooted(f"/graph-store?graph={quote(graph, safe='')}")
        found.append(Signpost(f"{target}&format=ttl", "item", "text/turtle"))
        found.append(Signpost(f"{target}&format=jsonld", "item", "application/ld+json"))
    return found


def _defined_in(store: QuadStore, node: ox.NamedNode) -> list[str]:
    """Return the files of the ontology that define a term, or the framework that it is of."""
    found = _objects(store, node, _DEFINED_IN)
    for scheme in _objects(store, node, _SCHEME):
        found += _objects(store, ox.NamedNode(scheme), _DEFINED_IN)
    return sorted(set(found))


def _schema_types(store: QuadStore, types: Iterable[str]) -> list[str]:
    """Return the classes of schema.org that classes are below of, by the ontology."""
    found = set()
    for kind in types:
        if kind.startswith(SCHEMA):
            found.add(kind)
        above = _objects(store, ox.NamedNode(kind), _SUBCLASS)
        found |= {iri for iri in above if iri.startswith(SCHEMA)}
    return sorted(found)


def _objects(store: QuadStore, node: ox.NamedNode, prop: ox.NamedNode) -> list[str]:
    """Return the IRIs that a thing points to by a property, sorted."""
    quads = store.quads(node, prop, None, _DEFAULT)
    return sorted({q.object.value for q in quads if isinstance(q.object, ox.NamedNode)})


def _subjects(store: QuadStore, prop: ox.NamedNode, value: ox.NamedNode) -> set[str]:
    """Return the IRIs of what points to a thing by a property."""
    quads = store.quads(None, prop, value, _DEFAULT)
    return {q.subject.value for q in quads if isinstance(q.subject, ox.NamedNode)}
