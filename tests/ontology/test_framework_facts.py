"""What single frameworks say: statuses, definitions, poles, ratings, order, and their versions."""

from __future__ import annotations

import pytest
from helpers.framework_files import (
    COUNTS,
    KINDS,
    concept_iri,
    concepts,
    km,
    load,
    published_list,
    scheme_iri,
)
from rdflib import DCTERMS, SKOS, Literal

DEFINED_THROUGHOUT = (
    "bcw-2011",
    "cfir-2009",
    "cfir-2022",
    "com-b",
    "epis",
    "eric-2015",
    "ferlie-shortell-2001",
    "grade",
    "grade-cerqual",
    "graham-kta-2006",
    "hybrid-designs",
    "i-parihs-2016",
    "li-cop-2009",
    "mrc-2000",
    "mrc-2021",
    "npt",
    "parihs-1998",
    "parihs-2004",
    "pdsa",
    "proctor-2011",
    "queri-original",
    "re-aim",
    "stari-2017",
    "tdf-2012",
    "tidier-2014",
    "ward-kta-2009",
    "wenger-cop",
)
#: Schemes of which nothing was checked against a published source.
UNCHECKED = {
    "bcw-2011",
    "cfir-2022",
    "com-b",
    "epis",
    "grade",
    "grade-cerqual",
    "graham-kta-2006",
    "hybrid-designs",
    "mrc-2000",
    "mrc-2008",
    "mrc-2021",
    "parihs-1998",
    "proctor-2011",
    "queri-original",
    "re-aim",
    "stari-2017",
    "tdf-2012",
    "tidier-2014",
    "wenger-cop",
}
#: What was not checked of schemes that were checked in part.
PARTLY_UNCHECKED = {
    "cai-2009": {f"CAI.{n}" for n in range(1, 6)},
    "parihs-2004": {"PARIHS.F.purpose", "PARIHS.F.role", "PARIHS.F.skills"},
    "queri": {"QUERI", "QUERI.4", "QUERI.5", "QUERI.6"},
}


def test_what_was_not_checked_says_so() -> None:
    """The marks of the field notes are kept: whole schemes, and parts of others."""
    unchecked = {
        slug: {
            str(load(slug).value(concept, SKOS.notation))
            for concept in concepts(slug)
            if (concept, km.verificationStatus, km.FromGeneralKnowledge) in load(slug)
        }
        for slug in COUNTS
    }
    for slug in UNCHECKED:
        assert COUNTS[slug] == len(unchecked[slug]), slug
    parts = {slug: ids for slug, ids in unchecked.items() if ids and slug not in UNCHECKED}
    assert PARTLY_UNCHECKED == {slug: parts[slug] for slug in PARTLY_UNCHECKED}
    assert {*PARTLY_UNCHECKED, "eric-2015", "km-davies-2015"} == set(parts)


def test_checked_strategies_are_those_with_ratings() -> None:
    """24 strategies of ERIC, and the clusters they stand in, were seen in print; no others."""
    graph = load("eric-2015")
    checked = set(graph.subjects(km.verificationStatus, km.Verified))
    rated = set(graph.subjects(km.importanceRating))
    assert 24 == len(rated)
    assert rated | {graph.value(strategy, SKOS.broader) for strategy in rated} == checked


@pytest.mark.parametrize("slug", DEFINED_THROUGHOUT)
def test_every_concept_has_one_definition(slug: str) -> None:
    """Where we are sure of all of a scheme, each concept is explained, each in its own words."""
    graph = load(slug)
    texts = [str(text) for c in concepts(slug) for text in graph.objects(c, SKOS.definition)]
    assert all(1 == len(list(graph.objects(c, SKOS.definition))) for c in concepts(slug))
    assert len(set(texts)) == len(texts)


def test_poles_of_parihs_2004() -> None:
    """Evidence and context run from low to high, facilitation's parts from task to enabling."""
    graph = load("parihs-2004")
    poles = {
        str(graph.value(concept, SKOS.notation)): pole
        for concept, pole in graph.subject_objects(km.poleKind)
    }
    ids = {str(graph.value(concept, SKOS.notation)) for concept in concepts("parihs-2004")}
    low_high = {i for i in ids if i.startswith(("PARIHS.E", "PARIHS.C"))}
    task_enabling = {i for i in ids if i.startswith("PARIHS.F.")}
    expected = dict.fromkeys(low_high, km.LowHighPoles)
    assert expected | dict.fromkeys(task_enabling, km.TaskEnablingPoles) == poles


@pytest.mark.parametrize(
    ("slug", "without"),
    [
        ("cfir-2009", ()),
        ("cfir-2022", ()),
        ("com-b", ("COMB.B",)),
        ("epis", ("EPIS.phase", *(f"EPIS.phase.{n}" for n in range(1, 5)))),
        ("tdf-2012", ("TDF",)),
    ],
)
def test_determinants_hinder_or_help(slug: str, without: tuple[str, ...]) -> None:
    """What is coded as a determinant runs from hindering to helping; what is none has no poles."""
    poles = {
        str(load(slug).value(concept, SKOS.notation)): load(slug).value(concept, km.poleKind)
        for concept in concepts(slug)
    }
    assert set(without) == {i for i, pole in poles.items() if pole is None}
    assert {km.HinderingHelpingPoles, None} >= set(poles.values())
    assert COUNTS[slug] - len(without) == list(poles.values()).count(km.HinderingHelpingPoles)


def test_strategies_and_checklists_have_no_poles() -> None:
    """A strategy is used and an item is reported; neither hinders or helps."""
    for slug in ("eric-2015", "bcw-2011", "stari-2017", "tidier-2014"):
        assert not list(load(slug).subject_objects(km.poleKind)), slug


RATINGS = {"importance": km.importanceRating, "feasibility": km.feasibilityRating}


def test_ratings_of_strategies_are_those_of_the_published_table() -> None:
    """Each rated strategy has its importance, feasibility and go-zone, and names the table."""
    graph = load("eric-2015")
    found = {
        (
            str(graph.value(strategy, SKOS.notation)),
            *(str(graph.value(strategy, rating)) for rating in RATINGS.values()),
            str(zone),
        )
        for strategy, zone in graph.subject_objects(km.goZone)
    }
    for strategy in graph.subjects(km.goZone):
        sources = [str(source) for source in graph.objects(strategy, DCTERMS.source)]
        assert any("Waltz et al. 2015" in source for source in sources), strategy
    listed = {
        (row["strategy"], row["importance"], row["feasibility"], row["go_zone"])
        for row in published_list("aux-eric-ratings-partial")
    }
    assert listed == found


def test_go_zones_agree_with_the_ratings() -> None:
    """One line divides the strategies by importance, one by feasibility; the zones lie between."""
    graph = load("eric-2015")
    zones = {strategy: str(zone) for strategy, zone in graph.subject_objects(km.goZone)}
    assert {"I", "II", "III", "IV"} >= set(zones.values())
    for rating, above in ((km.importanceRating, ("I", "IV")), (km.feasibilityRating, ("I", "II"))):
        values = {strategy: graph.value(strategy, rating).toPython() for strategy in zones}
        assert all(1 <= value <= 5 for value in values.values())
        higher = [value for strategy, value in values.items() if zones[strategy] in above]
        lower = [value for strategy, value in values.items() if zones[strategy] not in above]
        assert max(lower) < min(higher), rating


@pytest.mark.parametrize(
    ("slug", "label", "ids"),
    [
        ("cfir-2022", "Innovation Deliverers", "CFIR2.IV.Roles.8 CFIR2.V.B.1 CFIR2.V.F.1"),
        ("cfir-2022", "Innovation Recipients", "CFIR2.IV.Roles.9 CFIR2.V.B.2 CFIR2.V.F.2"),
        ("epis", "Leadership", "EPIS.inner.2 EPIS.outer.3"),
        ("i-parihs-2016", "Culture", "iP.C.local.2 iP.C.org.3"),
    ],
)
def test_a_label_that_stands_twice_is_told_apart_by_id(slug: str, label: str, ids: str) -> None:
    """Constructs of one label stay apart, and a note on the scheme says so."""
    graph = load(slug)
    found = graph.subjects(SKOS.prefLabel, Literal(label, "en"))
    assert ids.split() == sorted(str(graph.value(concept, SKOS.notation)) for concept in found)
    notes = graph.objects(scheme_iri(slug), SKOS.editorialNote)
    assert any(label in str(note) and "ids" in str(note) for note in notes)


def test_versions_name_one_another_and_stay_apart() -> None:
    """Each of the two versions of CFIR says that the other is another scheme."""
    for slug, other in (("cfir-2009", "2022"), ("cfir-2022", "2009")):
        notes = [str(n) for n in load(slug).objects(scheme_iri(slug), SKOS.editorialNote)]
        assert any(f"version of {other} is another scheme" in note for note in notes)
        labels = {str(label) for label in load(slug).objects(None, SKOS.prefLabel)}
        assert {"Outer Setting", "Inner Setting", "Planning"} <= labels


@pytest.mark.parametrize(
    ("construct_id", "preferred", "alternative"),
    [
        ("PARIHS.E.patient", "Patient experience", "Patient preferences"),
        ("PARIHS.E.local", "Local data/information", "Routine information"),
    ],
)
def test_both_label_sets_are_kept(construct_id: str, preferred: str, alternative: str) -> None:
    """The words of 2008 stand beside those of 2004, with a note on which source uses which."""
    graph, concept = load("parihs-2004"), concept_iri("parihs-2004", construct_id)
    assert [Literal(preferred, "en")] == list(graph.objects(concept, SKOS.prefLabel))
    assert [Literal(alternative, "en")] == list(graph.objects(concept, SKOS.altLabel))
    (note,) = graph.objects(concept, SKOS.editorialNote)
    assert "2008" in str(note) and "2004" in str(note)


def test_order_only_where_the_authors_give_one() -> None:
    """Steps and phases are numbered where their authors order them, and nothing else is."""
    found = {
        str(load(slug).value(concept, SKOS.notation)): int(str(position))
        for slug in COUNTS
        for concept, position in load(slug).subject_objects(km.position)
        if concept in concepts(slug)
    }
    ordered = {"EPIS.phase": 4, "MRC2000": 5, "PDSA": 4, "QUERI": 6, "QUERI0": 6}
    assert found == {f"{i}.{n}": n for i, last in ordered.items() for n in range(1, last + 1)}


def test_process_frameworks_say_whether_they_are_cycles() -> None:
    """Of the processes, Plan-Do-Study-Act and Graham's are cycles; other kinds do not say."""
    found = {s: o.toPython() for slug in COUNTS for s, o in load(slug)[: km.isCycle]}
    processes = {slug for slug, kind in KINDS.items() if kind == km.ProcessFramework}
    cycles = ("graham-kta-2006", "pdsa")
    assert {scheme_iri(slug): slug in cycles for slug in processes} == found
