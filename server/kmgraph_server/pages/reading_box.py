"""The reading of a case in a few lines, for the top of its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from kmgraph.entity import Entity
from kmgraph.namespaces import FRAMEWORK, expand
from kmgraph.readings import CaseReading, DiagnosisReading, ElementReading
from kmgraph.readings.model import HYPOTHESIS
from kmgraph_server.addresses import rooted
from kmgraph_server.pages import words
from kmgraph_server.pages.shown import Shown

_FLIPS: Final = "What would overturn it"
_ABOUT: Final = expand("km:about")
_ASSESSMENT: Final = expand("km:Assessment")
_STATUS: Final = ox.NamedNode(expand("km:ratingStatus"))
_RATED: Final = ox.NamedNode(expand("km:Rated"))
_DEFAULT: Final = ox.DefaultGraph()
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
    lines: tuple[tuple[str, Shown], ...]
    caution: str


def read_boxes(reading: CaseReading) -> tuple[ReadingBox, ...]:
    """Return the diagnoses of a case, one for each version of the framework that has one.

    :param reading: the reading of the case under any version.
    """
    readings = (reading.by(scheme) for scheme in _SCHEMES)
    return tuple(_box(one, one.diagnosis) for one in readings if one.diagnosis is not None)


def _box(reading: CaseReading, diagnosis: DiagnosisReading) -> ReadingBox:
    """Return one diagnosis in a few lines."""
    unchecked = (
        "" if reading.is_verified else " This version is from general knowledge, unverified."
    )
    return ReadingBox(
        reading.scheme,
        reading.scheme_label,
        tuple(
            (label, Shown(text, _flips_address(reading) if label == _FLIPS else None))
            for label, text in _lines(reading, diagnosis)
        ),
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
    if diagnosis.weakest:
        yield "Weakest", ", ".join(diagnosis.weakest)
    if diagnosis.appropriateness:
        yield "Rated by people as", ", ".join(diagnosis.appropriateness)
    count = len(diagnosis.flips)
    changes = words.plural(count, "single change") if count else "no single change"
    yield _FLIPS, changes


def _flips_address(reading: CaseReading) -> str:
    """Return where the question is answered that lists the changes one by one."""
    scheme = f"{FRAMEWORK}{reading.scheme}/"
    return rooted(f"/questions/cq-103?{urlencode({'case': reading.iri, 'scheme': scheme})}")


def why_no_reading(entity: Entity) -> str:
    """Return why a case with assessments has no reading; empty for one without any.

    :param entity: a case for which :func:`read_boxes` found nothing.
    """
    rated = [
        any(quad.object == _RATED for quad in entity.store.quads(node, _STATUS, None, _DEFAULT))
        for statement in entity.incoming
        if statement.predicate == _ABOUT and _ASSESSMENT in statement.types and statement.iri
        for node in [ox.NamedNode(statement.iri)]
    ]
    if not rated:
        return ""
    if not any(rated):
        return "Nothing rated, so no reading: what was looked at is recorded, but has no rating."
    return "Neither evidence nor context is rated by PARIHS, so no reading."


def _element(element: ElementReading) -> str:
    """Return an element in words."""
    parts = f"{element.rated_count} of {element.sub_element_count} parts rated"
    is_whole = element.direct is not None and not element.rated_count
    rated = "rated as a whole" if is_whole else parts
    if element.score is None:
        return f"no score; {rated}"
    bounds = f", with what is missing {element.lower_bound} to {element.upper_bound}"
    # Of a rating of the whole the bounds are always 0 and 1, which would say nothing.
    missing = bounds if element.lower_bound != element.upper_bound and not is_whole else ""
    return f"{element.band}, {element.score} ({rated}{missing})"
