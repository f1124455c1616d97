"""The page of one entity: what it is, what is said of it, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.entity import Entity, Statement
from kmgraph.errors import RecordNotFoundError
from kmgraph.namespaces import KM, expand
from kmgraph.questions import PassageView, find_passages
from kmgraph_server.pages import words
from kmgraph_server.pages.entailed import apart, is_derived_record, recorded_incoming
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.notes import read_notes, with_basis
from kmgraph_server.pages.pointers import heading, once, rank
from kmgraph_server.pages.resting import records_and_passages
from kmgraph_server.pages.shown import Shown, link, show

_TYPE: Final = expand("rdf:type")
_RESTS_ON: Final = expand("prov:wasDerivedFrom")
_ASSERTION: Final = expand("km:assertionKind")
_LEDE: Final = (expand("dcterms:description"), expand("km:gist"))
_PASSAGE: Final = f"{KM}Passage"
#: Properties whose value is the title of the page already, unless a thing has several.
_TITLES: Final = frozenset(
    expand(name)
    for name in ("skos:prefLabel", "dcterms:title", "rdfs:label", "foaf:name", "km:statement")
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A property with its values.

    :ivar total: number of values, of which ``values`` may hold fewer.
    :ivar first: number of the first that ``values`` holds, from 1.
    """

    label: str
    meaning: str
    values: tuple[Shown, ...]
    total: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """What points to an entity in one way and is of one kind.

    :ivar kind: the kind in words, in the plural.
    :ivar total: number of links, of which ``links`` may hold fewer.
    :ivar first: number of the first that ``links`` holds, from 1.
    """

    kind: str
    links: tuple[Shown, ...]
    total: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """What points to an entity in one way, by kind."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A document with the passages in it that something rests on."""

    document: Shown
    passages: tuple[PassageView, ...]


@dataclass(frozen=True, slots=True)
class EntityPage:
    """What the page of an entity shows.

    :ivar kinds: its classes in words.
    :ivar lede: a sentence that says what it is, where there is one.
    :ivar assertion: how it is known, in words.
    :ivar sources: the passages that it rests on, by document.
    :ivar passage: for a passage, the passage itself.
    :ivar follows: what follows from the ontology about it.
    :ivar is_derived: whether it was worked out, and not recorded.
    :ivar records: the records that it was worked out from, such as ratings; ``sources`` holds
        the passages of these too.
    :ivar number: number of the page, from 1: long lists are told in parts.
    :ivar pages: how many pages there are.
    """

    iri: str
    title: str
    kinds: tuple[str, ...]
    lede: str
    facts: tuple[Fact, ...]
    assertion: str
    sources: tuple[Source, ...]
    groups: tuple[Group, ...]
    passage: PassageView | None = None
    follows: tuple[Fact, ...] = ()
    is_derived: bool = False
    records: tuple[Shown, ...] = ()
    number: int = 1
    pages: int = 1


def read_entity(
    entity: Entity, names: Names, definitions: dict[str, str], limit: int, number: int = 1
) -> EntityPage:
    """Return a page of an entity.

    :param definitions: IRI of a property to its definition.
    :param limit: most links of a group.
    :param number: number of the page, from 1; those after the first go on with what is longer.
    :raises RecordNotFoundError: the store says nothing of the entity, or has fewer pages.
    """
    part = slice((number - 1) * limit, number * limit)
    outgoing, follows = apart(entity)
    lede = next((s.term.value for p in _LEDE for s in outgoing if s.predicate == p), "")  # type: ignore[union-attr]
    assertion = next((s.iri for s in outgoing if s.predicate == _ASSERTION), None)
    is_passage = _PASSAGE in entity.types
    cited = [s.iri for s in outgoing if s.predicate == _RESTS_ON and s.iri]
    records, passages = records_and_passages(names.store, cited)
    linked = sorted((link(iri, names) for iri in records), key=lambda one: one.text.casefold())
    facts = tuple(_facts(entity.iri, outgoing, names, definitions, part))
    entailed = tuple(_facts(entity.iri, follows, names, definitions, part))
    groups = tuple(_groups(entity, names, part))
    totals = [
        *(fact.total for fact in (*facts, *entailed)),
        *(one.total for group in groups for one in group.parts),
    ]
    pages = max(1, -(-max(totals, default=0) // limit))
    if number > pages:
        raise RecordNotFoundError(
            f"there is no page {number} of <{entity.iri}>: the last one is {pages}"
        )
    return EntityPage(
        entity.iri,
        words.sentence(names.name(entity.iri)),
        tuple(words.sentence(kind) for kind in names.kinds(entity.types)),
        lede,
        tuple(fact for fact in facts if fact.values),
        words.ASSERTIONS.get(assertion or "", names.name(assertion) if assertion else ""),
        group_passages(find_passages(names.store, passages), names),
        tuple(group for group in groups if any(one.links for one in group.parts)),
        find_passages(names.store, [entity.iri])[0] if is_passage else None,
        tuple(fact for fact in entailed if fact.values),
        is_derived_record(entity),
        tuple(linked),
        number,
        pages,
    )


def group_passages(passages: Iterable[PassageView], names: Names) -> tuple[Source, ...]:
    """Return passages by document, in their order."""
    found: dict[str, list[PassageView]] = {}
    for passage in passages:
        found.setdefault(passage.document_iri or "", []).append(passage)
    return tuple(
        Source(link(iri, names) if iri else Shown("No document recorded"), tuple(group))
        for iri, group in found.items()
    )


def where(passage: PassageView) -> str:
    """Return where a passage stands within its document.

    >>> where(PassageView("urn:p", document_title="A report", section="Results", line_from=3))
    'Results, line 3'
    """
    whole = passage.place
    head = passage.document_title or passage.document_iri or passage.iri
    return whole.removeprefix(head).removeprefix(", ") or "the whole document"


def _facts(
    iri: str,
    statements: Iterable[Statement],
    names: Names,
    definitions: dict[str, str],
    part: slice,
) -> Iterable[Fact]:
    """Yield the properties of an entity in the order in which people look for them."""
    values: dict[str, list[Statement]] = {}
    for statement in statements:
        values.setdefault(statement.predicate, []).append(statement)
    hidden = {_TYPE, _RESTS_ON, _ASSERTION}
    hidden |= {prop for prop, held in values.items() if len(held) == 1 and prop in _TITLES}
    hidden |= {prop for prop, held in values.items() if len(held) == 1 and prop in _LEDE}
    order = {prop: number for number, prop in enumerate(words.ORDER)}
    notes = read_notes(names.store, iri)
    shown = [prop for prop in values if prop not in hidden]
    for prop in sorted(shown, key=lambda p: (order.get(p, len(order)), names.property(p))):
        held = [
            with_basis(show(one.term, names), notes, prop, one.term, names) for one in values[prop]
        ]
        ordered = sorted(held, key=lambda value: value.text.casefold())
        meaning = definitions.get(prop, "")
        label = words.sentence(names.property(prop))
        yield Fact(label, meaning, tuple(ordered[part]), len(ordered), part.start + 1)


def _pointer(iri: str, prop: str, target: str, names: Names) -> Shown:
    """Return a link to what points to an entity, with how that is known."""
    notes = read_notes(names.store, iri)
    term = ox.NamedNode(target)
    return with_basis(link(iri, names), notes, prop, term, names, passages=False)


def _groups(entity: Entity, names: Names, part: slice) -> Iterable[Group]:
    """Yield what points to an entity, by property and by kind of what points."""
    is_passage = _PASSAGE in entity.types
    found: dict[tuple[str, str], dict[str, str]] = {}
    ranks: dict[str, tuple[int, str]] = {}
    for statement in once(recorded_incoming(entity)):
        if statement.iri:
            kinds = names.kinds(statement.types)
            title = heading(statement, is_passage=is_passage, names=names)
            ranks[title] = min(rank(statement), ranks.get(title, rank(statement)))
            held = found.setdefault((title, kinds[0] if kinds else ""), {})
            held.setdefault(statement.iri, statement.predicate)
    parts: dict[str, list[Part]] = {}
    for title, kind in sorted(found, key=lambda key: key[1].casefold()):
        pointing = sorted(found[title, kind].items())
        # Names are looked up for those that are shown and for no others.
        linked = (_pointer(iri, prop, entity.iri, names) for iri, prop in pointing[part])
        links = sorted(linked, key=lambda one: one.text)
        named = words.sentence(words.plural_of(kind)) if kind else ""
        parts.setdefault(title, []).append(Part(named, tuple(links), len(pointing), part.start + 1))
    for title in sorted(parts, key=lambda key: (ranks[key], key)):
        yield Group(title, tuple(parts[title]))
