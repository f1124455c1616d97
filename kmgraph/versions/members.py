"""Members of a change feed: versions of entities, in lines of JSON and as RDF.

A member is what a generation says of one entity, in all datasets of a view. As RDF it is a named
graph with the statements, whose name is the member's IRI. Around it stand when the version was
published, which entity it is a version of, and which graph of the store the statements are in.
Where they are in several graphs, each has a share of its own besides, so that a harvester can
keep them apart. An entity that is gone gives a member without statements.

What was erased is told by the hash of a salt and its IRI, as a name of the ``ni`` scheme: whoever
holds the IRI can work out that it is meant, and nobody else learns what it was.

Source: https://w3id.org/ldes/specification, https://w3id.org/tree/specification,
https://www.rfc-editor.org/rfc/rfc6920
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from kmgraph.namespaces import DCTERMS, RDF, XSD

AS: Final = "https://www.w3.org/ns/activitystreams#"
ADDED: Final = "added"
CHANGED: Final = "changed"
REMOVED: Final = "removed"
ERASED: Final = "erased"
#: What a member says of its entity, and the class that says so.
CLASSES: Final[Mapping[str, str]] = {
    ADDED: f"{AS}Create",
    CHANGED: f"{AS}Update",
    REMOVED: f"{AS}Delete",
    ERASED: f"{AS}Tombstone",
}
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_VERSION_OF: Final = ox.NamedNode(f"{DCTERMS}isVersionOf")
_CREATED: Final = ox.NamedNode(f"{DCTERMS}created")
_PART_OF: Final = ox.NamedNode(f"{DCTERMS}isPartOf")
_HAS_PART: Final = ox.NamedNode(f"{DCTERMS}hasPart")
_TIME: Final = ox.NamedNode(f"{XSD}dateTime")
#: What stands in the path of a version as it does in the IRI of its entity; no ``%``, so that
#: different entities never share a version.
_PATH: Final = "/:@!$&'()*+,;=~"
_HASH: Final = "ni:///sha-256;"


@dataclass(frozen=True, slots=True)
class Member:
    """A version of an entity.

    :ivar iri: IRI of the version; it never stands for another content.
    :ivar entity: IRI of the entity; of what was erased, a name that tells nobody what it was.
    :ivar change: ``added``, ``changed``, ``removed`` or ``erased``.
    :ivar created: when its generation was published.
    :ivar graphs: IRI of a graph to its statements of the entity, as sorted lines of N-Triples.
    """

    iri: str
    entity: str
    change: str
    created: str
    graphs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_line(self) -> bytes:
        """Return the member as a line of JSON."""
        fields = {
            "iri": self.iri,
            "entity": self.entity,
            "change": self.change,
            "created": self.created,
            "graphs": self.graphs,
        }
        return json.dumps(fields, ensure_ascii=False).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Member:
        """Return the member of a line of JSON."""
        fields = json.loads(line)
        fields["graphs"] = {name: tuple(lines) for name, lines in fields["graphs"].items()}
        return cls(**fields)

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the member as RDF; what is said of it is in the default graph."""
        node = ox.NamedNode(self.iri)
        yield ox.Quad(node, _TYPE, ox.NamedNode(CLASSES[self.change]))
        if self.change == ERASED:
            # Clients that know only of deletions understand it too.
            yield ox.Quad(node, _TYPE, ox.NamedNode(CLASSES[REMOVED]))
        yield ox.Quad(node, _VERSION_OF, ox.NamedNode(self.entity))
        yield ox.Quad(node, _CREATED, ox.Literal(self.created, datatype=_TIME))
        has_shares = len(self.graphs) > 1
        places = [node] * len(self.graphs)
        if has_shares:
            places = [ox.NamedNode(f"{self.iri}#{number + 1}") for number in range(len(places))]
            yield from (ox.Quad(node, _HAS_PART, share) for share in places)
        for place, graph in zip(places, self.graphs, strict=True):
            yield ox.Quad(place, _PART_OF, ox.NamedNode(graph))
        for place, lines in zip(places, self.graphs.values(), strict=True):
            for name in dict.fromkeys((node, place)):
                for triple in _triples(lines):
                    yield ox.Quad(triple.subject, triple.predicate, triple.object, name)


def _triples(lines: Iterable[str]) -> Iterator[ox.Triple]:
    """Yield the triples of lines of N-Triples."""
    for quad in ox.parse("".join(lines), ox.RdfFormat.N_TRIPLES):
        yield quad.triple


def member_iri(base: str, view: str, generation: int, entity: str) -> str:
    """Return the IRI of a version of an entity.

    :param base: base IRI of the store.
    :param view: key of the view, of which others have versions of their own.

    >>> member_iri("https://x.org/", "public+north", 7, "https://x.org/study/a#b")
    'https://x.org/version/7+north/study/a%23b'
    """
    is_ours = entity.startswith(base)
    path = quote(entity[len(base) :], safe=_PATH) if is_ours else quote(entity, safe="")
    return f"{base}version/{generation}{view.removeprefix('public')}/{path}"


def generation_of(base: str, iri: str) -> int | None:
    """Return the generation that the IRI of a version names; None where it names none.

    :param base: base IRI of the store.

    >>> generation_of("https://x.org/", "https://x.org/version/7+north/study/a")
    7
    >>> generation_of("https://x.org/", "https://x.org/study/a")
    """
    start = f"{base}version/"
    number = iri.removeprefix(start).partition("/")[0].partition("+")[0]
    is_version = iri.startswith(start) and number.isascii() and number.isdecimal()
    return int(number) if is_version else None


def erased_name(digest: str, salt: str) -> str:
    """Return the name of something that was erased.

    :param digest: SHA-256 of the salt and the IRI, in hexadecimal digits.
    :param salt: the salt, in hexadecimal digits.

    >>> erased_name("00" * 32, "ab")[:20]
    'ni:///sha-256;AAAAAA'
    """
    hashed = base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")
    return f"{_HASH}{hashed}?salt={salt}"


def read_erased(name: str) -> tuple[str, str]:
    """Return the digest and the salt in the name of something that was erased.

    >>> read_erased(erased_name("01" * 32, "ab"))[1]
    'ab'
    """
    hashed, _, salt = name.removeprefix(_HASH).partition("?salt=")
    return base64.urlsafe_b64decode(f"{hashed}=").hex(), salt


def read_members(quads: Iterable[ox.Quad]) -> list[Member]:
    """Return the members in the RDF of a page, by time and IRI.

    It needs no more than a harvester has.

    :param quads: statements of a page, in any order.

    >>> one = Member("urn:v1", "urn:a", "removed", "2026-01-01T00:00:00Z")
    >>> read_members(one.quads()) == [one]
    True
    """
    store = ox.Store()
    store.extend(quads)
    default = ox.DefaultGraph()
    found = []
    for quad in store.quads_for_pattern(None, _VERSION_OF, None, default):
        node = quad.subject
        if isinstance(node, ox.NamedNode) and isinstance(quad.object, ox.NamedNode):
            classes = {
                one.object.value
                for one in store.quads_for_pattern(node, _TYPE, None, default)
                if isinstance(one.object, ox.NamedNode)
            }
            change = next(c for c in (ERASED, REMOVED, CHANGED, ADDED) if CLASSES[c] in classes)
            created = next(store.quads_for_pattern(node, _CREATED, None, default)).object
            time = created.value if isinstance(created, ox.Literal) else ""
            found.append(Member(node.value, quad.object.value, change, time, _graphs(store, node)))
    return sorted(found, key=lambda member: (dt.datetime.fromisoformat(member.created), member.iri))


def _graphs(store: ox.Store, member: ox.NamedNode) -> dict[str, tuple[str, ...]]:
    """Return the statements of a member by the graph of the store that they are in."""
    default = ox.DefaultGraph()
    shares = [one.object for one in store.quads_for_pattern(member, _HAS_PART, None, default)]
    graphs = {}
    for place in shares or [member]:
        if isinstance(place, ox.NamedNode):
            lines = lines_of(store.quads_for_pattern(None, None, None, place))
            for one in store.quads_for_pattern(place, _PART_OF, None, default):
                if isinstance(one.object, ox.NamedNode):
                    graphs[one.object.value] = lines
    return dict(sorted(graphs.items()))


def lines_of(quads: Iterable[ox.Quad]) -> tuple[str, ...]:
    """Return quads as sorted lines of N-Triples.

    >>> lines_of([])
    ()
    """
    return tuple(sorted(f"{quad.triple} .\n" for quad in quads))
