"""One result of validation: what is wrong with which node, how badly, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import pyoxigraph as ox

from kmgraph.namespaces import SH
from kmgraph.terms import Term


class Severity(StrEnum):
    """How badly a result weighs; only violations stop publication.

    Source: https://www.w3.org/TR/shacl/#severity
    """

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"

    @property
    def iri(self) -> str:
        """Return the IRI of the severity in SHACL."""
        return SH + self.value.capitalize()

    @property
    def rank(self) -> int:
        """Return 0 for the gravest severity, and more for lighter ones."""
        return list(Severity).index(self)

    @classmethod
    def from_iri(cls, iri: str) -> Severity:
        """Return the severity of an IRI; one that SHACL does not define counts as a violation.

        >>> Severity.from_iri("http://www.w3.org/ns/shacl#Warning")
        <Severity.WARNING: 'warning'>
        """
        return next((member for member in cls if member.iri == iri), cls.VIOLATION)


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record stands in a bundle.

    :ivar file: name of the file inside the bundle.
    :ivar row: row as a spreadsheet counts it (the header is row 1), or the number of the item.
    :ivar sheet: sheet of the record.
    :ivar record_id: the record's id as written there.

    >>> print(Location("studies.csv", 2, "studies", "MH1"))
    studies.csv, row 2
    """

    file: str
    row: int
    sheet: str
    record_id: str

    def __str__(self) -> str:
        return f"{self.file}, row {self.row}" if self.row else self.file


#: Finds the record that an IRI stands for; None where it stands for none.
Locator = Callable[[str], Location | None]


@dataclass(frozen=True, slots=True)
class Result:
    """One validation result.

    Source: https://www.w3.org/TR/shacl/#validation-report

    :ivar focus_node: the node that was checked.
    :ivar severity: how badly it weighs.
    :ivar component: IRI of the constraint component, such as ``sh:MinCountConstraintComponent``.
    :ivar source_shape: IRI of the shape, or a blank node's label.
    :ivar messages: what is wrong, in words; one for each language.
    :ivar path: property concerned, or the blank node of a longer path, or None.
    :ivar value: value concerned, or None.
    :ivar source_constraint: the SPARQL constraint, where one was broken.
    :ivar path_triples: the triples that make up a longer path.
    :ivar location: where the record stands in its bundle, where that is known.
    """

    focus_node: Term
    severity: Severity
    component: str
    source_shape: Term
    messages: tuple[str, ...] = ()
    path: ox.NamedNode | ox.BlankNode | None = None
    value: Term | None = None
    source_constraint: Term | None = None
    path_triples: tuple[ox.Triple, ...] = ()
    location: Location | None = None

    @property
    def message(self) -> str:
        """Return the messages as one text."""
        return " ".join(self.messages)


def locate(iri: str, locator: Locator) -> Location | None:
    """Return the location of the record with this IRI, or of the record it depends on.

    A dependent node's IRI starts with that of its record, as a quote's does with its passage's;
    of several such records the one with the longest IRI is meant.

    >>> known = {"https://e.org/passage/p1": Location("passages.csv", 4, "passages", "p1")}
    >>> locate("https://e.org/passage/p1/quote", known.get).row
    4
    >>> locate("https://e.org/passage/p10", known.get) is None
    True
    """
    while True:
        found = locator(iri)
        cut = max(iri.rfind("/"), iri.rfind("#"))
        if found is not None or cut < 0:
            return found
        iri = iri[:cut]
