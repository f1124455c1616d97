"""What a list of studies or cases holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kmgraph.facets.definitions import Facet


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet.

    :ivar code: as addresses and commands name it.
    :ivar iri: its IRI; the text itself for a value that has none.
    """

    code: str
    label: str
    iri: str


@dataclass(frozen=True, slots=True)
class CountedValue:
    """A value of a facet with how many units have it.

    :ivar count: units that have it, of those that fit what is chosen of the other facets.
    """

    value: Value
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CountedFacet:
    """A facet with its values.

    :ivar values: those that some unit has or that are chosen.
    """

    facet: Facet
    values: tuple[CountedValue, ...]

    @property
    def chosen(self) -> tuple[CountedValue, ...]:
        """The values that are chosen."""
        return tuple(one for one in self.values if one.is_chosen)


@dataclass(frozen=True, slots=True)
class Unit:
    """A study or a case of a list.

    :ivar code: its id in its dataset; empty where it has none.
    :ivar start: when it started, as it was recorded; empty where it was not.
    :ivar study: the study of a case; empty for a study.
    :ivar values: facet to the values that it has.
    """

    iri: str
    name: str
    code: str
    start: str
    study: str
    study_name: str
    values: Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    :ivar kind: ``study`` or ``case``.
    :ivar units: those of this page.
    :ivar total: how many fit what is chosen.
    :ivar of: how many there are at all.
    """

    kind: str
    units: tuple[Unit, ...]
    total: int
    of: int
    facets: tuple[CountedFacet, ...]
