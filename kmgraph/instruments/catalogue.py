"""The instruments and their scales, read from the ontology's Turtle files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import InputError
from kmgraph.namespaces import FRAMEWORK, KM, expand
from kmgraph.vocabulary import load_vocabulary

#: Range of a score in per cent.
_PER_CENT: Final = (Decimal(0), Decimal(100))


class ScoringRule(StrEnum):
    """How one person's answers become the score of a scale."""

    MEAN = "mean_of_items"
    COUNT = "recoded_count"
    DIFFERENCE = "item_difference"
    PER_CENT = "percent_of_range"


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of an instrument.

    :ivar notation: its id, such as ``ORCA.C.1``.
    :ivar label: short name.
    :ivar item_count: number of its items.
    :ivar minimum: lower end of its range.
    :ivar maximum: upper end of its range.
    :ivar answer_minimum: smallest answer to an item.
    :ivar answer_maximum: largest answer to an item.
    :ivar dont_know: number on the form that stands for do not know, or None.
    :ivar rule: how answers become a score.
    :ivar measures: constructs that it stands for by a published mapping.
    :ivar may_measure: constructs that it may stand for by a mapping proposed here.
    :ivar status: how far its name and number of items were checked, as a code.
    :ivar scoring_status: how far its range and its rule were checked, as a code.
    """

    notation: str
    label: str
    item_count: int
    minimum: Decimal
    maximum: Decimal
    answer_minimum: Decimal
    answer_maximum: Decimal
    dont_know: Decimal | None
    rule: ScoringRule
    measures: tuple[str, ...]
    may_measure: tuple[str, ...]
    status: str
    scoring_status: str

    @property
    def score_range(self) -> tuple[Decimal, Decimal]:
        """Lowest and highest raw score: the range itself, or 0 and 100 for one in per cent."""
        return _PER_CENT if self.rule is ScoringRule.PER_CENT else (self.minimum, self.maximum)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A questionnaire with scales.

    :ivar name: short name, such as ``ORCA``.
    :ivar version: version or form of it that the scales belong to.
    :ivar title: full name.
    :ivar scheme: short name of its scheme, such as ``orca-2009``.
    :ivar scales: id of a scale to the scale, in the order of the ids.
    """

    name: str
    version: str
    title: str
    scheme: str
    scales: Mapping[str, Scale]

    @property
    def cell(self) -> str:
        """Name and version, as the column ``instrument`` of an assessment has them."""
        return f"{self.name} {self.version}"

    def in_version(
        self, version: str, *, item_counts: Mapping[str, int] | None = None
    ) -> Instrument:
        """Return the instrument in another version or form, with its numbers of items.

        :param version: what the version or form is called.
        :param item_counts: id of a scale to its number of items, where that differs.
        :raises InputError: the version has no name, or a scale is unknown, has two items by its
            rule, or gets none.

        >>> act = find_instrument("ACT").in_version("form B", item_counts={"ACT.5": 10})
        >>> act.cell, act.scales["ACT.5"].item_count
        ('ACT form B', 10)
        """
        if not version.strip():
            raise InputError(f"the version of {self.name} has no name: say which form was used")
        scales = dict(self.scales)
        for notation, count in (item_counts or {}).items():
            if notation not in scales:
                raise InputError(
                    f"{self.name} has no scale '{notation}': it has {', '.join(scales)}"
                )
            if count < 1 or scales[notation].rule is ScoringRule.DIFFERENCE:
                raise InputError(f"the scale {notation} cannot have {count} item(s)")
            scales[notation] = dataclasses.replace(scales[notation], item_count=count)
        return dataclasses.replace(self, version=version, scales=scales)


def find_instrument(name: str) -> Instrument:
    """Return an instrument by its short name.

    :raises InputError: no instrument of this name ships with kmgraph.

    >>> find_instrument("orca").scales["ORCA.C.1"].measures
    ('PARIHS.C.culture',)
    """
    found = load_instruments()
    if name.upper() not in found:
        raise InputError(f"there is no instrument '{name}': choose {', '.join(found)}")
    return found[name.upper()]


@cache
def load_instruments() -> dict[str, Instrument]:
    """Read the instruments from the shipped Turtle files, once in a process.

    :returns: short name to instrument, sorted.

    >>> list(load_instruments())
    ['ACT', 'CAI', 'ORCA']
    """
    store = ox.Store()
    for path in artefacts.files("ontology", "frameworks/*.ttl"):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    reader = _Reader(store)
    found = map(
        reader.instrument, reader.subjects("km:frameworkKind", f"{KM}MeasurementInstrument")
    )
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


class _Reader:
    """Reads instruments from the frameworks."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        codes = load_vocabulary().codes
        self._codes = {
            iri: code
            for owner in ("km:ScoringRule", "km:VerificationStatus")
            for code, iri in codes[owner].items()
        }

    def subjects(self, predicate: str, value: str) -> list[str]:
        """Return the IRIs that have a value, sorted."""
        quads = self._store.quads_for_pattern(
            None, ox.NamedNode(expand(predicate)), ox.NamedNode(value)
        )
        return sorted(quad.subject.value for quad in quads)  # type: ignore[union-attr]

    def values(self, subject: str, predicate: str) -> list[str]:
        """Return the values of a property, sorted."""
        node = ox.NamedNode(subject)
        quads = self._store.quads_for_pattern(node, ox.NamedNode(expand(predicate)), None)
        return sorted(quad.object.value for quad in quads)  # type: ignore[union-attr]

    def value(self, subject: str, predicate: str) -> str:
        """Return the one value of a property."""
        (found,) = self.values(subject, predicate)
        return found

    def instrument(self, iri: str) -> Instrument:
        """Return one instrument."""
        scales = [
            self._scale(concept)
            for concept in self.subjects("skos:inScheme", iri)
            if f"{KM}InstrumentScale" in self.values(concept, "rdf:type")
        ]
        return Instrument(
            name=self.value(iri, "dcterms:identifier"),
            version=self.value(iri, "owl:versionInfo"),
            title=self.value(iri, "skos:prefLabel"),
            scheme=iri.removeprefix(FRAMEWORK).rstrip("/"),
            scales={scale.notation: scale for scale in scales},
        )

    def _scale(self, iri: str) -> Scale:
        """Return one scale."""
        dont_know = self.values(iri, "km:dontKnowAnswer")
        return Scale(
            notation=self.value(iri, "skos:notation"),
            label=self.value(iri, "skos:prefLabel"),
            item_count=int(self.value(iri, "km:itemCount")),
            minimum=Decimal(self.value(iri, "km:scaleMinimum")),
            maximum=Decimal(self.value(iri, "km:scaleMaximum")),
            answer_minimum=Decimal(self.value(iri, "km:answerMinimum")),
            answer_maximum=Decimal(self.value(iri, "km:answerMaximum")),
            dont_know=Decimal(dont_know[0]) if dont_know else None,
            rule=ScoringRule(self._codes[self.value(iri, "km:scoringRule")]),
            measures=self._notations(iri, "km:measures"),
            may_measure=self._notations(iri, "km:mayMeasure"),
            status=self._codes[self.value(iri, "km:verificationStatus")],
            scoring_status=self._codes[self.value(iri, "km:scoringStatus")],
        )

    def _notations(self, iri: str, predicate: str) -> tuple[str, ...]:
        """Return the ids of the constructs that a scale is mapped to."""
        return tuple(self.value(one, "skos:notation") for one in self.values(iri, predicate))
