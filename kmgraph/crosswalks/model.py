"""Mappings between frameworks, and the paths that they make."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from kmgraph.namespaces import FRAMEWORK

#: Predicate to the kind of match that it states, read as written and read backwards.
READINGS: Final = {
    "skos:exactMatch": ("exact", "exact"),
    "skos:closeMatch": ("close", "close"),
    "skos:broadMatch": ("broad", "narrow"),
    "skos:narrowMatch": ("narrow", "broad"),
    "skos:relatedMatch": ("related", "related"),
    "km:addresses": ("addresses", "addressed by"),
}
#: Kinds of match, the closest first. That a strategy addresses a barrier is no likeness at all.
MATCHES: Final = ("exact", "close", "broad", "narrow", "related", "addresses", "addressed by")
#: Statuses of mappings, the surest first.
STATUSES: Final = ("published", "from memory", "proposed")


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of a set of mappings.

    :ivar iri: its IRI.
    :ivar set_name: short name of its set.
    :ivar source: IRI of the construct that is mapped.
    :ivar source_label: name of that construct.
    :ivar predicate: prefixed name of the predicate, one of :data:`READINGS`.
    :ivar target: IRI of the construct it is mapped to; empty where the other framework has none.
    :ivar target_label: name of that construct, or of what the other framework has no construct for.
    :ivar justification: IRI that says how the mapping was made.
    :ivar authors: who asserts the row, kind of match and confidence included.
    :ivar confidence: from 0 to 1, how far whoever wrote the row down trusts it.
    :ivar status: one of :data:`STATUSES`.
    :ivar endorsement: percentages of experts added up over the barriers of a table, or None.
    :ivar comment: remark, or empty.
    :ivar publication: address of the publication that its pair comes from, or empty.
    """

    iri: str
    set_name: str
    source: str
    source_label: str
    predicate: str
    target: str
    target_label: str
    justification: str
    authors: tuple[str, ...]
    confidence: Decimal
    status: str
    endorsement: Decimal | None
    comment: str
    publication: str = ""


@dataclass(frozen=True, slots=True)
class MappingSet:
    """A set of mappings from one framework to another.

    :ivar name: short name, which is that of its file.
    :ivar iri: its IRI.
    :ivar title: what it is called.
    :ivar description: what it holds and where it comes from.
    :ivar version: its version.
    :ivar licence: IRI of its licence.
    :ivar date: when its rows were written, as YYYY-MM-DD.
    :ivar creators: who wrote its rows down.
    :ivar sources: addresses of the publications it rests on.
    :ivar source: IRI of the scheme that is mapped.
    :ivar target: IRI of the scheme it is mapped to.
    :ivar mappings: its rows, in the order of the file.
    """

    name: str
    iri: str
    title: str
    description: str
    version: str
    licence: str
    date: str
    creators: tuple[str, ...]
    sources: tuple[str, ...]
    source: str
    target: str
    mappings: tuple[Mapping, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A mapping as it is walked: as written, or backwards.

    :ivar mapping: the mapping.
    :ivar is_reversed: whether it is read from its target to its source.
    """

    mapping: Mapping
    is_reversed: bool

    @property
    def start(self) -> str:
        """Return the IRI of the construct that it leads from."""
        return self.mapping.target if self.is_reversed else self.mapping.source

    @property
    def start_label(self) -> str:
        """Return the name of the construct that it leads from."""
        return self.mapping.target_label if self.is_reversed else self.mapping.source_label

    @property
    def end(self) -> str:
        """Return the IRI of the construct that it leads to."""
        return self.mapping.source if self.is_reversed else self.mapping.target

    @property
    def end_label(self) -> str:
        """Return the name of the construct that it leads to."""
        return self.mapping.source_label if self.is_reversed else self.mapping.target_label

    @property
    def match(self) -> str:
        """Return the kind of match in the direction that it is read in."""
        return READINGS[self.mapping.predicate][self.is_reversed]


@dataclass(frozen=True, slots=True)
class WeakestLink:
    """What is worst along a path, each taken for itself.

    :ivar match: the loosest link; ``addresses`` where one of them, in either direction, says
        that a strategy addresses a barrier, for that is no likeness.
    :ivar status: the least sure status.
    :ivar confidence: the lowest confidence of a single link, and not that of the whole.
    """

    match: str
    status: str
    confidence: Decimal


@dataclass(frozen=True, slots=True)
class Path:
    """A way from a construct of one framework to a construct of another.

    :ivar links: its links in order, one or more.
    """

    links: tuple[Link, ...]

    @property
    def start(self) -> str:
        """Return the IRI of the construct it leads from."""
        return self.links[0].start

    @property
    def start_label(self) -> str:
        """Return the name of the construct it leads from."""
        return self.links[0].start_label

    @property
    def end(self) -> str:
        """Return the IRI of the construct it leads to."""
        return self.links[-1].end

    @property
    def end_label(self) -> str:
        """Return the name of the construct it leads to."""
        return self.links[-1].end_label

    @property
    def match(self) -> str | None:
        """Return the kind of match of a single link; a path of several has none of its own."""
        return self.links[0].match if len(self.links) == 1 else None

    @property
    def weakest(self) -> WeakestLink:
        """Return what is worst along it."""
        loosest = max((link.match for link in self.links), key=MATCHES.index)
        return WeakestLink(
            "addresses" if loosest == "addressed by" else loosest,
            max((link.mapping.status for link in self.links), key=STATUSES.index),
            min(link.mapping.confidence for link in self.links),
        )


@dataclass(frozen=True, slots=True)
class Lost:
    """A construct that no path leads away from.

    :ivar iri: the construct.
    :ivar label: its name.
    :ivar below: how many of the constructs below it a path leads away from.
    """

    iri: str
    label: str
    below: int


@dataclass(frozen=True, slots=True)
class Coding:
    """A record of a store that is coded to a construct.

    :ivar iri: the record.
    :ivar kind: ``assessment``, ``determinant``, ``strategy``, ``outcome`` or ``step``.
    :ivar label: what the record says, or empty.
    :ivar construct: IRI of the construct.
    :ivar passages: IRIs of the passages that it rests on.
    :ivar rating: of an assessment, what was rated, or why it was not; else empty.
    """

    iri: str
    kind: str
    label: str
    construct: str
    passages: tuple[str, ...]
    rating: str = ""


@dataclass(frozen=True, slots=True)
class CodedThrough:
    """A coding seen through another framework.

    :ivar coding: the coding.
    :ivar label: name of its construct.
    :ivar paths: where its construct leads; none where it is lost.
    :ivar without_target: mappings that say that the other framework has no construct.
    """

    coding: Coding
    label: str
    paths: tuple[Path, ...]
    without_target: tuple[Mapping, ...] = ()


@dataclass(frozen=True)
class Crosswalk:
    """What of one framework can be found in another, and what cannot.

    :ivar source: short name of the framework that is left.
    :ivar target: short name of the framework that is sought.
    :ivar steps: longest path that was allowed, in mappings.
    :ivar paths: the paths, by construct and the closest first.
    :ivar lost: the constructs that no path leads away from, in the order of the framework.
    :ivar without_target: mappings that say that the framework which is sought has no construct.
    :ivar hint: what to do where there is no path at all; else empty.
    :ivar codings: what a store has coded in the framework that is left; None without a store.
    :ivar elsewhere: short name of another framework to how many codings in it were left out.
    """

    source: str
    target: str
    steps: int
    paths: tuple[Path, ...]
    lost: tuple[Lost, ...]
    without_target: tuple[Mapping, ...] = ()
    hint: str = ""
    codings: tuple[CodedThrough, ...] | None = None
    elsewhere: MappingOf[str, int] | None = None

    @cached_property
    def none_by_construct(self) -> dict[str, tuple[Mapping, ...]]:
        """Return the mappings without a target by the IRI of the construct that they map."""
        found: dict[str, list[Mapping]] = {}
        for mapping in self.without_target:
            found.setdefault(mapping.source, []).append(mapping)
        return {iri: tuple(mappings) for iri, mappings in found.items()}

    @cached_property
    def by_construct(self) -> dict[str, tuple[Path, ...]]:
        """Return the paths by the IRI of the construct that they lead from."""
        found: dict[str, list[Path]] = {}
        for path in self.paths:
            found.setdefault(path.start, []).append(path)
        return {iri: tuple(paths) for iri, paths in found.items()}

    def to_table(self) -> str:
        """Return it as lines of text for people."""
        from kmgraph.crosswalks.rendering import to_table

        return to_table(self)

    def to_csv(self) -> str:
        """Return it as CSV: one line a mapping of a path, one a construct that is lost."""
        from kmgraph.crosswalks.rendering import to_csv

        return to_csv(self)

    def to_json(self) -> str:
        """Return it as JSON."""
        from kmgraph.crosswalks.rendering import to_json

        return to_json(self)


def scheme_of(iri: str) -> str:
    """Return the short name of the framework that a construct belongs to.

    >>> scheme_of("https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C")
    'parihs-2004'
    """
    return iri.removeprefix(FRAMEWORK).partition("/")[0]


def notation_of(iri: str) -> str:
    """Return the id of a construct.

    >>> notation_of("https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C")
    'PARIHS.C'
    """
    return iri.rpartition("/")[2]
