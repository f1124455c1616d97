"""A case to draw, made by hand, with one of everything that a profile shows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kmgraph.readings.model import (
    CaseReading,
    ConstructReading,
    DiagnosisReading,
    ElementReading,
    Rating,
)

TASK = "task to enabling"


def rated(notation, number, **fields):
    """Return a rating that is used unless said otherwise."""
    return Rating(f"urn:{notation}/{number}", notation, **{"is_used": True, **fields})


def construct(notation, label, ratings=(), **fields):
    """Return a construct."""
    return ConstructReading(
        "urn:s", f"urn:{notation}", notation, label, ratings=tuple(ratings), **fields
    )


def evidence():
    """The worked summary, with an earlier rating that is not used."""
    research = [
        rated("PARIHS.E.research", n, score=Decimal(1), role=role, date="2012")
        for n, role in enumerate(("nurse", "manager", "patient"))
    ]
    clinical = [
        rated("PARIHS.E.clinical", 1, score=Decimal("0.75"), role="nurse", date="2012"),
        rated(
            "PARIHS.E.clinical", 2, score=Decimal("0.5"), role="nurse", date="2011", is_used=False
        ),
    ]
    return ElementReading(
        "urn:summary/E",
        "urn:PARIHS.E",
        "PARIHS.E",
        "Evidence",
        score=Decimal("0.583333"),
        band="mixed",
        coverage=Decimal("0.75"),
        rated_count=3,
        sub_element_count=4,
        lower_bound=Decimal("0.4375"),
        upper_bound=Decimal("0.6875"),
        rater_count=3,
        rater_spread=Decimal(0),
        profile_spread=Decimal(1),
        constructs=(
            construct(
                "PARIHS.E.research",
                "Research",
                research,
                status="rated",
                score=Decimal(1),
                band="high",
                rater_count=3,
                rater_spread=Decimal(0),
            ),
            construct(
                "PARIHS.E.clinical",
                "Clinical experience",
                clinical,
                status="rated",
                score=Decimal("0.75"),
                band="high",
                rater_count=1,
            ),
            construct(
                "PARIHS.E.patient",
                "Patient experience",
                [rated("PARIHS.E.patient", 1, score=Decimal(0), role="patient")],
                status="rated",
                score=Decimal(0),
                band="low",
                rater_count=1,
            ),
            construct("PARIHS.E.local", "Local data", status="not reported"),
        ),
    )


def context():
    """Two raters who differ, a judged band, and nothing recorded."""
    return ElementReading(
        "urn:summary/C",
        "urn:PARIHS.C",
        "PARIHS.C",
        "Context",
        score=Decimal("0.75"),
        band="high",
        rated_count=2,
        sub_element_count=4,
        lower_bound=Decimal("0.1875"),
        upper_bound=Decimal("0.9375"),
        constructs=(
            construct(
                "PARIHS.C.culture",
                "Culture",
                [
                    rated("PARIHS.C.culture", 1, score=Decimal(1), role="nurse", date="2012"),
                    rated("PARIHS.C.culture", 2, score=Decimal("0.5"), role="manager", date="2012"),
                    rated("PARIHS.C.culture", 3, score=Decimal("0.1"), role="nurse", date="2010"),
                ],
                status="rated",
                score=Decimal("0.75"),
                band="high",
                rater_count=2,
                rater_spread=Decimal("0.5"),
            ),
            construct(
                "PARIHS.C.leadership",
                "Leadership",
                [rated("PARIHS.C.leadership", 1, band="high", band_kind="stated", role="nurse")],
                status="judged",
                judged_bands=("high",),
                rater_count=1,
            ),
            construct("PARIHS.C.evaluation", "Evaluation"),
            construct("PARIHS.C.receptive", "Receptive context", status="suppressed"),
        ),
    )


def facilitation():
    """A position, an appropriateness of the whole, and one that was not measured."""
    return ElementReading(
        "urn:summary/F",
        "urn:PARIHS.F",
        "PARIHS.F",
        "Facilitation",
        runs=TASK,
        position=Decimal("0.25"),
        rated_count=1,
        sub_element_count=2,
        constructs=(
            construct(
                "PARIHS.F",
                "Facilitation",
                [rated("PARIHS.F", 1, appropriateness="partly appropriate", role="nurse")],
                runs=TASK,
                status="rated for appropriateness",
            ),
            construct(
                "PARIHS.F.purpose",
                "Purpose",
                [rated("PARIHS.F.purpose", 1, position=Decimal("0.25"), role="facilitator")],
                runs=TASK,
                status="rated",
                position=Decimal("0.25"),
                rater_count=1,
            ),
            construct("PARIHS.F.skills", "Skills", runs=TASK, status="not measured"),
        ),
    )


def make_case(**fields):
    """Return the case, with fields of the reading replaced."""
    diagnosis = DiagnosisReading(
        "urn:diagnosis",
        "indeterminate",
        evidence_band="mixed",
        context_band="high",
        possible_quadrants=("high evidence, high context", "low evidence, high context"),
        appropriateness=("partly appropriate",),
    )
    given = {
        "label": "Stroke pathway, ward A",
        "scheme_label": "PARIHS 2004",
        "elements": (evidence(), context(), facilitation()),
        "diagnosis": diagnosis,
        **fields,
    }
    return CaseReading("urn:case/a", **given)


@pytest.fixture
def case():
    """The case with one of everything."""
    return make_case()


@pytest.fixture
def case_with():
    """What makes the case with other fields."""
    return make_case
