"""What ties records: each kind of tie, what is left out, and what narrows a network."""

from __future__ import annotations

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import PREFIXES
from kmgraph.network import KINDS, WIDE_KINDS, NetworkNode, read_network
from kmgraph.network.reading import query_texts
from kmgraph.stores.oxigraph import MemoryStore

BASE = "https://example.org/"
#: Statements to the ties that they make: kind, the two records, and the records they rest on.
TIES = [
    ("post:p km:alignedWith study:s .", "alignment post/p study/s post/p"),
    ("post:p km:secondedFrom org1:o .", "secondment organisation/o post/p post/p"),
    ("post:p org:heldBy person:a .", "holding person/a post/p post/p"),
    ("person:a org:memberOf org1:o .", "employment organisation/o person/a person/a"),
    ("com:c km:communityOf study:s .", "community community/c study/s community/c"),
    ("com:c km:buildsOn org1:o .", "origin community/c organisation/o community/c"),
    ("com:c km:buildsOn com:d .", "origin community/c community/d community/c"),
    (
        "x:m org:organization com:c ; org:member person:a . com:c foaf:member person:a .",
        "membership community/c person/a x/m",
    ),
    ("com:c foaf:member person:a .", "membership community/c person/a community/c"),
    ("pan:q km:panelOf study:s .", "panel panel/q study/s panel/q"),
    ("pan:q km:reviews study:s .", "review panel/q study/s panel/q"),
    ("x:r km:reviewPanel pan:q ; km:reviewedRecord study:s .", "review panel/q study/s x/r"),
    (
        "x:r km:reviewPanel pan:q ; km:reviewedRecord x:k . x:k km:ofStudy study:s .",
        "review panel/q study/s x/k x/r",
    ),
    ("study:s km:leadOrganisation org1:o .", "lead organisation/o study/s study/s"),
    ("study:s km:fundedBy org1:o .", "funding organisation/o study/s study/s"),
    (
        "x:k km:ofStudy study:s ; km:atSite x:t . x:t km:siteOf org1:o .",
        "site organisation/o study/s x/k x/t",
    ),
    ("x:t km:participant age:g ; km:tookPartIn study:s .", "participation agency/g study/s x/t"),
    (
        "x:t km:participant post:p ; km:tookPartIn x:k . x:k km:ofStudy study:s .",
        "participation post/p study/s x/k x/t",
    ),
    (
        "x:t km:participant post:p ; km:tookPartIn x:y . x:y km:activityOf study:s .",
        "participation post/p study/s x/t x/y",
    ),
    ("study:s km:partOfProgramme prog:g .", "programme programme/g study/s study/s"),
    ("post:p org:postIn prog:g .", "programme post/p programme/g post/p"),
    ("prog:g km:partner org1:o .", "programme organisation/o programme/g programme/g"),
    ("study:s km:theme th:h .", "theme study/s theme/h study/s"),
]
KINDS_OF_RECORDS = """
study:s a km:Study . post:p a org:Post, km:FacilitatorPost ; km:postStatus km:Filled .
com:c a km:CommunityOfPractice, foaf:Group . com:d a km:CommunityOfPractice .
pan:q a km:Panel, org:Organization . org1:o a org:Organization . person:a a foaf:Person .
age:g a km:Agency . prog:g a km:Programme, org:Organization . th:h a km:Theme .
x:k a km:ImplementationCase . x:t a km:Site . x:y a km:Activity .
"""
SEGMENTS = {
    "study": "study",
    "post": "post",
    "com": "community",
    "pan": "panel",
    "org1": "organisation",
    "person": "person",
    "age": "agency",
    "prog": "programme",
    "th": "theme",
    "x": "x",
}


def stored(turtle: str, graph: str = "g") -> MemoryStore:
    """Return a store with statements in a graph."""
    import pyoxigraph as ox

    own = {name: f"{BASE}{segment}/" for name, segment in SEGMENTS.items()}
    prefixes = "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in (PREFIXES | own).items())
    name = ox.NamedNode(f"{BASE}graph/{graph}")
    quads = [
        ox.Quad(triple.subject, triple.predicate, triple.object, name)
        for triple in ox.parse(prefixes + turtle, format=ox.RdfFormat.TURTLE)
    ]
    store = MemoryStore(base=BASE)
    store.load_nquads(ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    return store


def ties(store: MemoryStore, kinds: tuple[str, ...] = (*KINDS, *WIDE_KINDS)) -> list[str]:
    """Return the ties of a store, as the table above writes them."""
    return [
        " ".join([ground.kind, tie.first, tie.second, *ground.records]).replace(BASE, "")
        for tie in read_network(store, kinds=kinds).ties
        for ground in tie.grounds
    ]


@pytest.mark.parametrize(("turtle", "expected"), TIES, ids=[row[1] for row in TIES])
def test_each_kind_of_tie(turtle: str, expected: str) -> None:
    """A statement makes the tie that the documentation lists, with the records it rests on."""
    assert [expected] == ties(stored(KINDS_OF_RECORDS + turtle))


def test_each_query_of_a_tie_is_tried() -> None:
    """No file of the folder is without a row in the table above."""
    names = {name.removeprefix("tie-") for name in query_texts() if name.startswith("tie-")}
    assert names == {expected.split()[0] for _, expected in TIES}


def test_programmes_and_themes_are_in_it_only_where_chosen() -> None:
    """They would tie everything to everything."""
    store = stored(KINDS_OF_RECORDS + "study:s km:partOfProgramme prog:g ; km:theme th:h .")
    assert [] == ties(store, KINDS)
    assert ["theme study/s theme/h study/s"] == ties(store, (*KINDS, "theme"))


def test_a_vacant_post_ties_nothing_and_an_unknown_one_does() -> None:
    """It stays in the network, by itself."""
    turtle = KINDS_OF_RECORDS.replace("km:Filled", "km:Vacant")
    store = stored(turtle + "post:p km:alignedWith study:s ; km:secondedFrom org1:o .")
    assert [] == ties(store)
    assert NetworkNode(f"{BASE}post/p", "post", "", "vacant") in read_network(store).nodes
    turtle = KINDS_OF_RECORDS.replace("km:Filled", "km:StatusUnknown")
    assert 1 == len(ties(stored(turtle + "post:p km:alignedWith study:s .")))


def test_several_reasons_make_one_tie() -> None:
    """Whoever leads and funds a study is tied to it once, with both reasons."""
    store = stored(KINDS_OF_RECORDS + "study:s km:fundedBy org1:o ; km:leadOrganisation org1:o .")
    (tie,) = read_network(store).ties
    assert ("funding", "lead") == tie.kinds


def test_what_was_derived_or_is_no_record_of_a_kind_ties_nothing() -> None:
    """A derived graph is not read, and a tie to something unknown is none."""
    assert [] == ties(stored(KINDS_OF_RECORDS + "post:p km:alignedWith study:s .", "g/derived"))
    assert [] == ties(stored(KINDS_OF_RECORDS + "post:p km:alignedWith study:other ."))
    assert [] == ties(stored(KINDS_OF_RECORDS + "com:c km:buildsOn com:c ."))


def test_a_programme_narrows_to_its_studies_and_what_they_are_tied_to() -> None:
    """Posts, communities and panels come with the study; people and bodies where they are tied."""
    turtle = (
        KINDS_OF_RECORDS
        + """
    study:s km:partOfProgramme prog:g ; km:leadOrganisation org1:o . post:p km:alignedWith study:s ;
        org:heldBy person:a . com:c km:communityOf study:s . pan:q km:panelOf prog:g .
    study:z a km:Study ; km:leadOrganisation org1:o . com:d km:communityOf study:z .
    person:b a foaf:Person . x:m org:organization com:d ; org:member person:b .
    """
    )
    found = EvidenceDataset(stored(turtle)).network(programme="programme/g")
    assert [
        "community/c", "organisation/o", "panel/q", "person/a", "post/p", "study/s",
    ] == [node.iri.removeprefix(BASE) for node in found.nodes]  # fmt: skip
    assert 4 == len(found.ties)


def test_records_of_a_reading_name_their_graphs() -> None:
    """What several datasets yield together is told from what one yields alone."""
    store = stored(KINDS_OF_RECORDS + "post:p km:alignedWith study:s .")
    assert ("g",) == read_network(store).datasets
    store.load_nquads(
        f"<{BASE}post/p> <{PREFIXES['km']}secondedFrom> <{BASE}organisation/o> "
        f"<{BASE}graph/h> .".encode()
    )
    assert ("g", "h") == read_network(store).datasets
