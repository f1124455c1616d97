"""What the schemes say beyond their lists: descriptors, order and cycles, measures, versions."""

from __future__ import annotations

import pytest
from helpers.framework_files import (
    COUNTS,
    KINDS,
    ROOT,
    concept_iri,
    concepts,
    km,
    load,
    published_list,
    scheme_iri,
)
from rdflib import DCTERMS, RDF, SKOS, Graph, URIRef

#: Descriptors at each end of each construct of PARIHS 2004: low and high, or task and enabling.
DESCRIPTORS_2004 = {
    "PARIHS.E.research": (4, 8),
    "PARIHS.E.clinical": (4, 7),
    "PARIHS.E.patient": (3, 7),
    "PARIHS.E.local": (4, 4),
    "PARIHS.C.culture": (6, 6),
    "PARIHS.C.leadership": (6, 6),
    "PARIHS.C.evaluation": (3, 3),
    "PARIHS.C.receptive": (6, 5),
    "PARIHS.F.purpose": (1, 1),
    "PARIHS.F.role": (6, 6),
    "PARIHS.F.skills": (4, 5),
    "PARIHS.F": (1, 1),
}
#: Word for an end in the lists, and in an IRI, to the end.
ENDS = {
    "low": km.LowPole,
    "high": km.HighPole,
    "task pole": km.TaskPole,
    "holistic pole": km.EnablingPole,
    "task": km.TaskPole,
    "enabling": km.EnablingPole,
}
#: How a mark of the lists is shown. What was checked in part counts as unchecked.
MARKS = {
    "V": km.Verified,
    "V2": km.Verified,
    "V-part": km.FromGeneralKnowledge,
    "K": km.FromGeneralKnowledge,
}
#: Process frameworks: whether each is a cycle, and whether its steps have an order.
PROCESSES = {
    "graham-kta-2006": (True, False),
    "mrc-2000": (False, True),
    "mrc-2008": (False, False),
    "mrc-2021": (False, False),
    "pdsa": (True, True),
    "queri": (False, True),
    "queri-original": (False, True),
    "ward-kta-2009": (False, False),
}
#: Schemes that are versions of one framework, or have one name and are two things.
KEPT_APART = [
    ("parihs-1998", "parihs-2004", "i-parihs-2016"),
    ("mrc-2000", "mrc-2008", "mrc-2021"),
    ("queri-original", "queri"),
    ("cfir-2009", "cfir-2022"),
    ("ward-kta-2009", "graham-kta-2006"),
    ("li-cop-2009", "wenger-cop"),
    ("grade", "grade-cerqual"),
]
ONLY = "taken to be the only evidence there is."
ONE_PART = "taken into account beside other things in deciding."


def descriptors(slug: str) -> list[URIRef]:
    """Return the descriptors of a scheme."""
    return [d for d in load(slug).subjects(RDF.type, km.Descriptor) if isinstance(d, URIRef)]


def described(slug: str) -> dict[tuple[str, URIRef], list[tuple[int, str, URIRef]]]:
    """Return the descriptors by construct and end: position, words, status."""
    graph: Graph = load(slug)
    found: dict[tuple[str, URIRef], list[tuple[int, str, URIRef]]] = {}
    for node in descriptors(slug):
        construct = graph.value(node, km.descriptorOf)
        key = (str(graph.value(construct, SKOS.notation)), graph.value(node, km.pole))
        position = int(str(graph.value(node, km.position)))
        end, _, words = str(graph.value(node, SKOS.prefLabel)).partition(": ")
        assert ENDS[end.lower()] == key[1], "the label names the end, so that lists of them do"
        status = graph.value(node, km.verificationStatus)
        found.setdefault(key, []).append((position, words, status))
    return {key: sorted(rows) for key, rows in found.items()}


@pytest.mark.parametrize(("slug", "number"), [("parihs-2004", 107), ("parihs-1998", 18)])
def test_number_of_descriptors(slug: str, number: int) -> None:
    """No descriptor is lost or added unnoticed where the published lists are absent."""
    assert number == len(descriptors(slug))


def test_ends_of_parihs_2004_have_their_descriptors() -> None:
    """Evidence and context are described low and high, facilitation's parts task and enabling."""
    ends = {
        construct: (km.TaskPole, km.EnablingPole)
        if construct.startswith("PARIHS.F.")
        else (km.LowPole, km.HighPole)
        for construct in DESCRIPTORS_2004
    }
    expected = {
        (construct, end): number
        for construct, numbers in DESCRIPTORS_2004.items()
        for end, number in zip(ends[construct], numbers, strict=True)
    }
    assert expected == {key: len(rows) for key, rows in described("parihs-2004").items()}


def test_each_continuum_of_1998_has_both_ends_once() -> None:
    """Each of the nine parts says what stood at its low and at its high end."""
    ids = {str(load("parihs-1998").value(c, SKOS.notation)) for c in concepts("parihs-1998")}
    expected = {(i, end) for i in ids if i.count(".") == 2 for end in (km.LowPole, km.HighPole)}
    found = described("parihs-1998")
    assert expected == set(found)
    assert all(len(rows) == 1 for rows in found.values())


@pytest.mark.parametrize(
    ("slug", "name"),
    [("parihs-2004", "aux-parihs-descriptors"), ("parihs-1998", "aux-parihs1998-continuum")],
)
def test_descriptors_are_those_of_the_published_list(slug: str, name: str) -> None:
    """Each row of the list is a descriptor, at its end, with its number and its mark."""
    listed = {
        (row["sub_element"], ENDS[row["level"]], int(row.get("n", 1)), MARKS[row["source"]])
        for row in published_list(name)
    }
    found = {
        (construct, end, position, status)
        for (construct, end), rows in described(slug).items()
        for position, _, status in rows
    }
    assert listed == found


@pytest.mark.parametrize(
    ("slug", "name"),
    [("parihs-2004", "aux-parihs-descriptors"), ("parihs-1998", "aux-parihs1998-continuum")],
)
def test_descriptors_are_in_our_own_words(slug: str, name: str) -> None:
    """No descriptor repeats the words of its authors."""
    theirs = {row["descriptor"].lower().rstrip(".") for row in published_list(name)}
    ours = {words for rows in described(slug).values() for _, words, _ in rows}
    assert not [words for words in ours if words.lower().rstrip(".") in theirs]


@pytest.mark.parametrize("slug", ["parihs-2004", "parihs-1998"])
def test_iri_of_a_descriptor_says_where_it_belongs(slug: str) -> None:
    """It is the construct's, followed by the end and the number."""
    graph = load(slug)
    for node in descriptors(slug):
        construct, end, number = str(node).rsplit("/", 2)
        assert URIRef(construct) == graph.value(node, km.descriptorOf)
        assert ENDS[end] == graph.value(node, km.pole)
        assert number == str(graph.value(node, km.position))


@pytest.mark.parametrize("slug", ["parihs-2004", "parihs-1998"])
def test_words_of_one_end_differ(slug: str) -> None:
    """No end has the same sign twice, and none is a sign of both ends of one construct."""
    words: dict[str, list[str]] = {}
    for (construct, _), rows in described(slug).items():
        words.setdefault(construct, []).extend(text for _, text, _ in rows)
    for construct, texts in words.items():
        assert len(texts) == len(set(texts)), construct


@pytest.mark.parametrize("construct", ["PARIHS.E.clinical", "PARIHS.E.patient"])
def test_fault_of_the_printed_table_is_mended_and_named(construct: str) -> None:
    """To be the only evidence is a sign of the low end; the table of 2020 prints it at the high."""
    ends = described("parihs-2004")
    assert ONLY in [words for _, words, _ in ends[construct, km.LowPole]]
    high = {words: position for position, words, _ in ends[construct, km.HighPole]}
    assert ONLY not in high
    iri = URIRef(f"{concept_iri('parihs-2004', construct)}/high/{high[ONE_PART]}")
    (note,) = load("parihs-2004").objects(iri, SKOS.editorialNote)
    assert "belongs to the low end" in str(note)


def test_process_frameworks_say_whether_they_are_cycles_and_ordered() -> None:
    """Each says both; no framework of another kind does, and a cycle need not have an order."""
    assert set(PROCESSES) == {slug for slug, kind in KINDS.items() if kind == km.ProcessFramework}
    for slug in COUNTS:
        said = tuple(
            value.toPython()
            for prop in (km.isCycle, km.isOrdered)
            for value in load(slug).objects(scheme_iri(slug), prop)
        )
        assert PROCESSES.get(slug, ()) == said, slug


def test_steps_have_positions_where_their_authors_order_them() -> None:
    """The steps of ordered processes are numbered as in their ids, and those of no other."""
    for slug, (_, is_ordered) in PROCESSES.items():
        graph = load(slug)
        found = {
            (str(graph.value(c, SKOS.notation)).rsplit(".", 1)[-1], str(position))
            for c, position in graph.subject_objects(km.position)
        }
        steps = {str(n) for n in range(1, len(concepts(slug)))} if is_ordered else set()
        assert {(n, n) for n in steps} == found, slug


def test_outcome_frameworks_say_what_they_measure() -> None:
    """Every outcome has its level, and what it is measured as in words of its own."""
    for slug in ("proctor-2011", "re-aim"):
        graph = load(slug)
        leaves = [c for c in concepts(slug) if not list(graph.objects(c, SKOS.narrower))]
        assert all(len(list(graph.objects(c, km.outcomeLevel))) == 1 for c in leaves)
        words = [str(w) for c in leaves for w in graph.objects(c, km.measuredAs)]
        assert len(leaves) == len(words) == len(set(words))
        assert not set(words) & {str(w) for w in graph.objects(None, SKOS.definition)}


def test_levels_of_proctor_follow_its_three_parts() -> None:
    """Implementation, service and client outcomes are at the level of their part."""
    graph = load("proctor-2011")
    levels = {
        "impl": km.ImplementationLevelOutcome,
        "serv": km.ServiceLevelOutcome,
        "client": km.ClientLevelOutcome,
    }
    for concept in concepts("proctor-2011"):
        part = str(graph.value(concept, SKOS.notation)).split(".")[1]
        assert levels[part] == graph.value(concept, km.outcomeLevel)


@pytest.mark.parametrize("slugs", KEPT_APART, ids="-and-".join)
def test_versions_and_namesakes_are_kept_apart(slugs: tuple[str, ...]) -> None:
    """Each is a scheme of its own with an identifier of its own, and no concept is in two."""
    names = [str(load(s).value(scheme_iri(s), DCTERMS.identifier)) for s in slugs]
    assert len(slugs) == len(set(names))
    members = [concepts(slug) for slug in slugs]
    assert sum(map(len, members)) == len(set().union(*members))


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("ward-kta-2009", "No match between the two is recorded."),
        ("graham-kta-2006", "No match between the two is recorded."),
        ("queri", "The summary in the CLAHRC-NDL paper fits that version."),
        ("queri-original", "fits this version."),
        ("km-davies-2015", "Not to be merged with the five archetypes"),
    ],
)
def test_what_is_easily_merged_is_warned_of(slug: str, words: str) -> None:
    """The scheme itself says which other one it is not."""
    notes = [str(n) for n in load(slug).objects(scheme_iri(slug), SKOS.editorialNote)]
    assert [note for note in notes if words in note]


def test_ward_and_graham_are_joined_nowhere() -> None:
    """No mapping, and no statement of the ontology, leads from the one to the other."""
    pair = ("ward-kta-2009", "graham-kta-2006")
    for path in sorted((ROOT / "ontology" / "mappings").glob("*")):
        text = path.read_text(encoding="utf-8")
        assert not all(slug in text for slug in pair), path.name
    for slug, other in (pair, pair[::-1]):
        assert not [o for o in load(slug).objects() if str(o).startswith(scheme_iri(other))]


def test_codes_of_certainty_stand_for_the_levels_of_grade() -> None:
    """The four code words lead to the four levels, by a link that is no match of SKOS."""
    graph = Graph().parse(ROOT / "ontology" / "alignments.ttl")
    found = {(s, str(load("grade").value(o, SKOS.prefLabel))) for s, o in graph[: km.standsFor]}
    assert {
        (km.HighCertainty, "High"),
        (km.ModerateCertainty, "Moderate"),
        (km.LowCertainty, "Low"),
        (km.VeryLowCertainty, "Very low"),
    } == found
    assert not list(graph.triples((None, SKOS.exactMatch, None)))
