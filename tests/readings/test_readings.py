"""Cases read as the model reads; expected values are those of the README of the fixture."""

from __future__ import annotations

import copy
from decimal import Decimal

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import ConstructNotFoundError, NotFoundError, RecordNotFoundError
from kmgraph.readings import Cases
from kmgraph.readings.facts import read_case_facts


def test_a_case_is_found_by_id_path_and_iri(rated: EvidenceDataset) -> None:
    """All three names give the same reading, and ids are listed in order."""
    by_id = rated.cases["fx-worked"]
    assert by_id == rated.cases["case/fx-worked"] == rated.cases[by_id.iri]
    assert by_id.identifier in rated.cases
    assert 14 == len(rated.cases) == len(list(rated.cases))
    assert list(rated.cases) == sorted(rated.cases)
    assert rated.cases.get("nothing") is None


@pytest.mark.parametrize("name", ["nothing", "study/fx-ST1", "two words", "https://x.org/é è"])
def test_an_unknown_case_is_refused_with_what_there_is(rated: EvidenceDataset, name: str) -> None:
    """The message names some of the cases."""
    assert name not in rated.cases
    with pytest.raises(RecordNotFoundError, match=r"there are 14, the first being fx-build"):
        _ = rated.cases[name]


def test_the_worked_summary(rated: EvidenceDataset) -> None:
    """Two stages, bounds, coverage: the example that a flat mean gets wrong."""
    evidence = rated.cases["fx-worked"].evidence
    assert Decimal("0.583333") == evidence.score
    assert "mixed" == evidence.band
    assert (Decimal("0.4375"), Decimal("0.6875")) == (evidence.lower_bound, evidence.upper_bound)
    assert Decimal("0.75") == evidence.coverage
    assert (3, 4) == (evidence.rated_count, evidence.sub_element_count)
    assert Decimal(1) == evidence.profile_spread
    assert Decimal(0) == evidence.research.rater_spread
    assert [Decimal(1)] * 3 == [rating.score for rating in evidence.research.ratings]
    assert all(rating.is_used for rating in evidence.research.ratings)


def test_not_reported_has_a_place_and_no_score(rated: EvidenceDataset) -> None:
    """What is not rated says why, and is never low."""
    local = rated.cases["fx-worked"].evidence.local
    assert ("not reported", None, "") == (local.status, local.score, local.band)
    silent = rated.cases["fx-silent"]
    assert silent.diagnosis is None
    statuses = [construct.status for construct in silent.evidence.constructs]
    assert ["not reported", "not measured", "not applicable", "unclear"] == statuses
    assert "suppressed" == silent.context.leadership.status
    assert "no record" == silent.context.receptive.status
    assert all(element.score is None and not element.iri for element in silent.elements)
    assert not [rating for rating in silent.ratings if rating.is_used or rating.score is not None]


def test_names_follow_the_framework(rated: EvidenceDataset) -> None:
    """Constructs are found by the end of their id, by label and by id."""
    reading = rated.cases["fx-worked"]
    assert ["PARIHS.E", "PARIHS.C", "PARIHS.F"] == [one.notation for one in reading.elements]
    assert reading.evidence.clinical is reading.evidence.clinical_experience
    assert reading.evidence.clinical is reading["PARIHS.E.clinical"]
    assert reading.evidence["PARIHS.E.clinical"] is reading.evidence.clinical
    assert {"clinical", "research", "score"} <= set(dir(reading.evidence))
    assert not hasattr(reading.evidence, "culture")
    assert copy.deepcopy(reading) == reading


def test_wrong_names_list_what_there_is(rated: EvidenceDataset) -> None:
    """A typing error shows the right names."""
    reading = rated.cases["fx-worked"]
    with pytest.raises(ConstructNotFoundError, match="there are research, clinical, patient"):
        _ = reading.evidence.reserch
    with pytest.raises(ConstructNotFoundError, match="there are evidence, context"):
        _ = reading.innovation
    with pytest.raises(ConstructNotFoundError, match=r"PARIHS\.E, PARIHS\.C"):
        _ = reading["iP.I"]
    with pytest.raises(NotFoundError, match="i-parihs-2016, parihs-1998, parihs-2004"):
        reading.by("parihs")
    with pytest.raises(NotFoundError, match="parihs-2004"):
        rated.cases.by("cfir")


def test_versions_stand_side_by_side(rated: EvidenceDataset) -> None:
    """One case has a reading under each version, and nothing is merged."""
    reading = rated.cases["fx-versions"]
    assert Decimal("0.8") == reading.evidence.score
    assert Decimal("0.2") == reading.by("parihs-1998").evidence.score
    assert "high evidence, high context" == reading.diagnosis.quadrant
    assert "low evidence, low context" == reading.by("parihs-1998").diagnosis.quadrant
    assert not reading.by("parihs-1998").is_verified and reading.is_verified
    newer = rated.cases.by("i-parihs-2016")["fx-versions"]
    assert newer == reading.by("i-parihs-2016")
    assert newer.diagnosis is None
    assert Decimal("0.7") == newer.innovation.score
    assert Decimal("0.3") == newer.recipients.score
    assert Decimal("0.6") == newer.context.local.score == newer.context.local.culture.score
    assert Decimal("0.9") == newer.context.organisational_level.score
    assert newer.context.local is newer.context.parts[0] and "iP.C" == newer.context.local.above


def test_facilitation_has_a_position_and_no_band(rated: EvidenceDataset) -> None:
    """Neither end of facilitation is better."""
    facilitation = rated.cases["fx-misfit"].facilitation
    assert "task to enabling" == facilitation.runs
    assert (None, "", None) == (facilitation.score, facilitation.band, facilitation.upper_bound)
    assert Decimal("0.8") == facilitation.position == facilitation.purpose.position
    for reading in rated.cases.readings():
        assert not [one for one in reading.facilitation.constructs if one.band and one.position]


def test_a_direct_rating_counts_only_without_rated_sub_elements(rated: EvidenceDataset) -> None:
    """Evidence has a rated sub-element, context has none."""
    reading = rated.cases["fx-direct"]
    assert Decimal("0.2") == reading.evidence.score and not reading.evidence.is_direct
    assert [False] == [rating.is_used for rating in reading.evidence.direct.ratings]
    assert Decimal("0.3") == reading.context.score and reading.context.is_direct
    assert [True] == [rating.is_used for rating in reading.context.direct.ratings]
    assert Decimal(0) == reading.context.coverage


def test_judged_bands_are_listed_and_not_scored(rated: EvidenceDataset) -> None:
    """A band without a score counts in the coverage alone."""
    reading = rated.cases["fx-judged"]
    judged = [one for one in reading.evidence.constructs if one.status == "judged"]
    assert judged and all(one.score is None and one.judged_bands for one in judged)
    assert reading.evidence.score is None and reading.evidence.coverage > 0
    assert "judged" == reading.evidence.status
    assert "indeterminate" == reading.diagnosis.quadrant
    assert 4 == len(reading.diagnosis.possible_quadrants)


def test_the_latest_rating_is_used(rated: EvidenceDataset) -> None:
    """Of one rater's ratings the later one counts; both are there."""
    culture = rated.cases["fx-change"].context.culture
    dated = [(rating.date, rating.is_used) for rating in culture.ratings if rating.date]
    assert ("2011", True) in [(date[:4], used) for date, used in dated]
    assert ("2009", False) in [(date[:4], used) for date, used in dated]


def test_a_diagnosis_in_words(rated: EvidenceDataset) -> None:
    """Quadrant, suggestion, fit, what raters found, and what would overturn it."""
    build = rated.cases["fx-build"].diagnosis
    assert "high evidence, low context" == build.quadrant
    assert ("Context",) == build.weakest
    assert "sustained, enabling facilitation" == build.suggested_facilitation
    assert "fits" == build.fit
    misfit = rated.cases["fx-misfit"].diagnosis
    assert ("does not fit", ("Evidence", "Context")) == (misfit.fit, misfit.weakest)
    assert ("appropriate", "partly appropriate") == misfit.appropriateness
    assert () == misfit.flips
    flips = rated.cases["fx-worked"].diagnosis.flips
    found = {(flip.kind, flip.changed_label): flip.quadrant for flip in flips}
    missing = ("missing set to high", "Local data/information")
    assert "high evidence, high context" == found[missing]


def test_whoever_prints_a_suggestion_prints_that_it_is_unverified(rated: EvidenceDataset) -> None:
    """The text to show carries how far it can be relied on."""
    for reading in rated.cases.readings():
        if reading.diagnosis:
            assert "hypothesis, unverified" in reading.diagnosis.suggestion
            assert "hypothesis, unverified" in repr(reading.diagnosis)


def test_reading_all_at_once_is_reading_each(rated: EvidenceDataset) -> None:
    """The set-based way gives what the single reads give."""
    assert [rated.cases[name] for name in rated.cases] == list(rated.cases.readings())
    newer = rated.cases.by("i-parihs-2016")
    assert [newer[name] for name in newer] == list(newer.readings())


def test_a_case_takes_few_queries(rated: EvidenceDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case is read with three queries, and its other versions with none."""
    asked = []
    query = type(rated.store).query
    monkeypatch.setattr(
        type(rated.store), "query", lambda self, *a, **k: asked.append(a) or query(self, *a, **k)
    )
    cases = Cases(rated.store)
    assert [] == asked
    cases["fx-versions"].by("parihs-1998").by("i-parihs-2016")
    assert 3 == len(asked)
    list(cases.readings())
    assert 6 == len(asked)


def test_reprs_say_what_matters(rated: EvidenceDataset) -> None:
    """What a notebook shows of an object is one line."""
    reading = rated.cases["fx-worked"]
    assert "<CaseReading fx-worked by parihs-2004: indeterminate>" == repr(reading)
    assert "<ElementReading PARIHS.E Evidence: 0.583333 mixed, 3 of 4 rated>" == repr(
        reading.evidence
    )
    assert "<ConstructReading PARIHS.E.local: not reported>" == repr(reading.evidence.local)
    assert "<Rating PARIHS.E.clinical: 0.75 high (Nurse, 2010-05)>" == repr(
        reading.evidence.clinical.ratings[0]
    )
    assert "<Cases: 14 by parihs-2004>" == repr(rated.cases)


def test_facts_of_no_case(rated: EvidenceDataset) -> None:
    """A programme is no case, whatever was rated of it."""
    assert read_case_facts(rated.store, f"{rated.base}programme/fx-prog") is None
