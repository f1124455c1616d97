"""What a review of approaches and agencies sets against each other, as crossed tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import NotFoundError
from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_PASSAGE: Final = ox.NamedNode(expand("prov:wasDerivedFrom"))
_NAMING: Final = tuple(
    ox.NamedNode(expand(name))
    for name in ("skos:prefLabel", "rdfs:label", "dcterms:title", "foaf:name", "km:statement")
)
NOT_REPORTED: Final = "not reported"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Which records are counted, and by which two properties of theirs.

    :ivar name: such as ``archetype-by-sector``.
    :ivar title: what it is called.
    :ivar summary: what it shows, in a sentence.
    :ivar unit: what stands in the cells, in the plural.
    :ivar of: prefixed name of the class of the records.
    :ivar down: property whose values are the rows; ``across`` the one of the columns.
    :ivar heads: what rows and columns are called.
    :ivar question: id of the saved question that tells more.
    :ivar unverified: what of it was not checked; empty where nothing is to be said.
    """

    name: str
    title: str
    summary: str
    unit: str
    of: str
    down: str
    across: str
    heads: tuple[str, str]
    question: str
    unverified: str = ""


#: The crossed tables that there are, by name.
CROSSINGS: Final = {
    one.name: one
    for one in (
        Crossing(
            "archetype-by-sector",
            "Archetype by sector",
            "Which agencies follow which archetype of knowledge mobilisation, and in which sector "
            "they work.",
            "agencies",
            "km:Agency",
            "km:archetype",
            "km:sector",
            ("Archetype", "Sector"),
            "cq-034",
            "The names of the archetypes were not checked against the report. That an agency "
            "follows one is a reading of whoever made the record.",
        ),
        Crossing(
            "challenge-by-approach",
            "Challenge by approach",
            "What stands in the way of which approaches and agencies, by topic.",
            "challenges",
            "km:ReportedChallenge",
            "km:challengeTopic",
            "km:challengeTo",
            ("Topic of the challenge", "Approach or agency"),
            "cq-134",
            "Topics are given by whoever made the records.",
        ),
        Crossing(
            "approach-by-evidence",
            "Approach by kind of evidence",
            "What kind of evidence is recorded for which approaches, agencies and theories.",
            "pieces of evidence",
            "km:ApproachEvidence",
            "km:evidenceFor",
            "km:evidenceKind",
            ("Approach, agency or theory", "Kind of evidence"),
            "cq-133",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class CrossedRecord:
    """A record in a cell.

    :ivar passages: IRIs of the passages that it rests on.
    """

    iri: str
    label: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A crossed table.

    :ivar rows: IRI and label of each row, by label; the IRI is empty for what is not reported,
        which comes last.
    :ivar columns: the same of the columns.
    :ivar cells: IRIs of row and column to the records, by label.
    :ivar total: how many records there are; one may stand in several cells.
    """

    crossing: Crossing
    rows: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    cells: dict[tuple[str, str], tuple[CrossedRecord, ...]]
    total: int


def read_crossing(store: QuadStore, name: str) -> Crossed:
    """Return a crossed table of what a view holds.

    :param name: a key of :data:`CROSSINGS`.
    :raises NotFoundError: there is no such table.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_crossing(MemoryStore(), "archetype-by-sector").total
    0
    """
    if name not in CROSSINGS:
        raise NotFoundError(f"no matrix '{name[:80]}': there are {', '.join(CROSSINGS)}")
    crossing = CROSSINGS[name]
    found: dict[tuple[str, str], list[CrossedRecord]] = {}
    nodes = {
        quad.subject
        for quad in store.quads(None, _TYPE, ox.NamedNode(expand(crossing.of)), _DEFAULT)
        if isinstance(quad.subject, ox.NamedNode)
    }
    for node in nodes:
        passages = tuple(sorted(_values(store, node, _PASSAGE)))
        record = CrossedRecord(node.value, label_of(store, node.value), passages)
        for row in _values(store, node, ox.NamedNode(expand(crossing.down))) or [""]:
            for column in _values(store, node, ox.NamedNode(expand(crossing.across))) or [""]:
                found.setdefault((row, column), []).append(record)
    rows, columns = ({pair[side] for pair in found} for side in (0, 1))
    return Crossed(
        crossing,
        _named(store, rows),
        _named(store, columns),
        {
            pair: tuple(sorted(records, key=lambda one: (one.label, one.iri)))
            for pair, records in found.items()
        },
        len(nodes),
    )


def label_of(store: QuadStore, iri: str) -> str:
    """Return the name of a record or a term; the end of its IRI where it has none.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> label_of(MemoryStore(), "https://example.org/agency/a")
    'a'
    """
    for prop in _NAMING:
        if names := _values(store, ox.NamedNode(iri), prop):
            return " ".join(min(names).split())
    return iri.rpartition("/")[2].rpartition("#")[2]


def _named(store: QuadStore, iris: set[str]) -> tuple[tuple[str, str], ...]:
    """Return IRIs with their labels, by label; what is not reported comes last."""
    named = sorted(((iri, label_of(store, iri)) for iri in iris if iri), key=lambda one: one[::-1])
    return (*named, *([("", NOT_REPORTED)] if "" in iris else []))


def _values(store: QuadStore, node: ox.NamedNode, prop: ox.NamedNode) -> list[str]:
    """Return the values of a property as text."""
    return [
        quad.object.value
        for quad in store.quads(node, prop, None, _DEFAULT)
        if isinstance(quad.object, ox.NamedNode | ox.Literal)
    ]
