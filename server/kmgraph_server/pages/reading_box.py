"""The reading of a case in a few lines, for the top of its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kmgraph.dataset import EvidenceDataset
from kmgraph.readings import CaseReading, DiagnosisReading, ElementReading
from kmgraph.readings.model import HYPOTHESIS
from kmgraph_server.pages import words

#: Versions of the framework that lead to a diagnosis.
_SCHEMES: Final = ("parihs-2004", "parihs-1998")


@dataclass(frozen=True, slots=True)
class ReadingBox:
    """A diagnosis in a few lines.

    :ivar scheme: short name of the version of the framework.
    :ivar lines: what is told, each with its label.
    :ivar caution: how far it can be relied on.
    """

    scheme: str
    title: str
    lines: tuple[tuple[str, str], ...]
    caution: str


def read_boxes(dataset: EvidenceDataset, case: str) -> tuple[ReadingBox, ...]:
    """Return the diagnoses of a case, one for each version of the framework that has one.

    :param case: IRI of the case.
    """
    readings = (dataset.cases.by(scheme)[case] for scheme in _SCHEMES)
    return tuple(_box(one, one.diagnosis) for one in readings if one.diagnosis is not None)


def _box(reading: CaseReading, diagnosis: DiagnosisReading) -> ReadingBox:
    """Return one diagnosis in a few lines."""
    unchecked = (
        "" if reading.is_verified else " This version is from general knowledge, unverified."
    )
    return ReadingBox(
        reading.scheme,
        reading.scheme_label,
        tuple(_lines(reading, diagnosis)),
        f"The step from quadrant to facilitation is {HYPOTHESIS}.{unchecked}",
    )


def _lines(reading: CaseReading, diagnosis: DiagnosisReading) -> Iterator[tuple[str, str]]:
    """Yield what is told of a diagnosis."""
    possible = "; ".join(diagnosis.possible_quadrants)
    still = f"; still possible: {possible}" if possible else ""
    yield "Quadrant", f"{diagnosis.quadrant}{still}"
    for element in reading.elements[:2]:
        yield element.label, _element(element)
    yield "Suggested facilitation", diagnosis.suggested_facilitation or "none while indeterminate"
    yield "Fit of the one used", diagnosis.fit
    if diagnosis.appropriateness:
        yield "Rated by people as", ", ".join(diagnosis.appropriateness)
    count = len(diagnosis.flips)
    changes = words.plural(count, "single change") if count else "no single change"
    yield "What would overturn it", changes


def _element(element: ElementReading) -> str:
    """Return an element in words."""
    if element.score is None:
        return f"no score; {element.rated_count} of {element.sub_element_count} parts rated"
    bounds = f", with what is missing {element.lower_bound} to {element.upper_bound}"
    missing = bounds if element.lower_bound != element.upper_bound else ""
    rated = f"{element.rated_count} of {element.sub_element_count} parts rated"
    return f"{element.band}, {element.score} ({rated}{missing})"
