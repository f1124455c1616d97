"""What is rated and has no summary says so: appropriateness, and ratings that are not used."""

from __future__ import annotations

import copy
import csv
import pickle
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import kmgraph
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError
from kmgraph.figures import profile

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
#: Case, construct and what else the added assessments say.
ADDED = (
    ("suits", "PARIHS.F", {"appropriateness": "inappropriate"}),
    ("amount", "PARIHS.F", {"score": "0.75"}),
    ("amount", "ORCA.F.1", {"score": "0.25"}),
    ("proposed", "{may}", {"score": "0.5"}),
)
#: A scale that is proposed to measure a construct, and not published to.
MAY, MEASURED = "ORCA.C.5", "PARIHS.C.receptive"


def add_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Add rows to a table."""
    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, names, restval="", lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvidenceDataset]:
    """Return the rated fixture with cases whose ratings have no summary."""
    bundle = tmp_path_factory.mktemp("bundle") / "rated"
    shutil.copytree(RATED, bundle)
    with (bundle / "cases.csv").open(encoding="utf-8", newline="") as file:
        like = next(csv.DictReader(file))
    names = dict.fromkeys(case for case, _, _ in ADDED)
    add_rows(bundle / "cases.csv", [{**like, "id": name, "label": name} for name in names])
    rows = [
        {
            "id": f"a-added-{number}",
            "about": case,
            "construct": construct.format(may=MAY),
            "rating_status": "rated",
            "rater": "nurse",
            "rater_role": "staff",
            "date": "2010-05",
            "passages": "p-st1-20",
            **fields,
        }
        for number, (case, construct, fields) in enumerate(ADDED)
    ]
    add_rows(bundle / "assessments.csv", rows)
    with kmgraph.build_in_memory(bundle) as dataset:
        yield dataset


def test_facilitation_rated_for_appropriateness_only_says_so(more: EvidenceDataset) -> None:
    """In the reading, the profile and the explanation."""
    reading = more.cases["fx-suits"]
    said = "rated for appropriateness"
    assert said == reading.facilitation.status == reading.facilitation.direct.status
    text = profile(reading).to_text()
    assert f"{said}; inappropriate" in text
    assert f"Facilitation ({said})" in more.explain("fx-suits").to_text(200)


def test_a_score_of_facilitation_says_what_it_is(more: EvidenceDataset) -> None:
    """It is summed up as a whole, and is no fit and no position."""
    facilitation = more.cases["fx-amount"].facilitation
    assert (Decimal("0.5"), None, True) == (
        facilitation.score,
        facilitation.position,
        facilitation.is_direct,
    )
    said = "how much facilitation, not how well it fits"
    assert said in profile(more.cases["fx-amount"]).to_text()
    explained = more.explain(facilitation.iri)
    assert f"that is {said}" in explained.facts
    assert "not how well it fits, so no fit is computed" in explained.rule


def test_ratings_that_are_only_proposed_are_there_and_not_used(more: EvidenceDataset) -> None:
    """What a scale is proposed to measure has its rating, and no score."""
    context = more.cases["fx-proposed"].context
    part = context[MEASURED]
    assert ("rated, not used", None, "") == (part.status, part.score, part.band)
    assert "rated, not used" == context.status
    (rating,) = part.ratings
    assert (MAY, True, False) == (rating.construct, rating.is_proposed, rating.is_used)
    text = more.explain("fx-proposed").to_text(200)
    assert "Receptive context (rated, not used)" in text
    assert f"not used: that the scale {MAY} measures this is proposed" in text


def test_a_direct_rating_beside_parts_is_not_used(rated: EvidenceDataset) -> None:
    """No rating is left without a word on whether it counts."""
    for reading in rated.cases.readings():
        for element in reading.elements:
            for one in element.constructs:
                has_rating = any(rating.status == "rated" for rating in one.ratings)
                assert has_rating == one.status.startswith(("rated", "judged")), one


@pytest.mark.parametrize("name", [0, None, 1.5, ("a",), b"a"])
def test_a_case_is_asked_for_by_text(rated: EvidenceDataset, name: object) -> None:
    """Anything else is an error of ours that says what to give."""
    with pytest.raises(InputError, match="by its id, its path or its IRI"):
        _ = rated.cases[name]  # type: ignore[index]
    assert name not in rated.cases


def test_a_reading_can_be_pickled_and_copied(rated: EvidenceDataset) -> None:
    """And can still be read under another version."""
    reading = rated.cases["fx-versions"]
    pickled = pickle.loads(pickle.dumps(reading))  # noqa: S301 - written by this test
    for other in (pickled, copy.copy(reading), copy.deepcopy(reading)):
        assert reading == other
        assert reading.by("parihs-1998") == other.by("parihs-1998")
