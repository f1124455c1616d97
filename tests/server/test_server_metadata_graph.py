"""Check 73: prefixes, example queries, counts and the catalogue can be asked of the endpoint."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner

from kmgraph.cli import cli
from kmgraph.metadata import keep_counts, keeping
from kmgraph.metadata.counting import count
from kmgraph.namespaces import DCAT, DCTERMS, KM, PREFIXES, SH, VOID
from kmgraph.pipeline import load_rdf
from kmgraph.questions import load_catalogue
from kmgraph_server import ServerConfig, create_app

GRAPH = "https://w3id.org/kmgraph/id/graph/metadata"
WHOLE = "https://w3id.org/kmgraph/id/catalog#data"
STUDY = "https://w3id.org/kmgraph/id/study/ndl-MH1"
#: The three queries that SPARQL editors ask an endpoint, as one of them documents it.
DECLARED = f"""PREFIX sh: <{SH}>
SELECT DISTINCT ?prefix ?namespace WHERE {{ [] sh:namespace ?namespace ; sh:prefix ?prefix }}
ORDER BY ?prefix"""
EXAMPLES = f"""PREFIX sh: <{SH}>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?sq ?comment ?query WHERE {{
  ?sq a sh:SPARQLExecutable ; rdfs:label|rdfs:comment ?comment ;
    sh:select|sh:ask|sh:construct|sh:describe ?query .
}} ORDER BY ?sq"""
COUNTED = f"""PREFIX void: <{VOID}> PREFIX void-ext: <http://ldf.fi/void-ext#>
SELECT DISTINCT ?subjectClass ?prop ?objectClass ?objectDatatype WHERE {{
  {{ ?cp void:class ?subjectClass ; void:propertyPartition ?pp . ?pp void:property ?prop .
    OPTIONAL {{ {{ ?pp void:classPartition [ void:class ?objectClass ] }}
      UNION {{ ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] }} }} }}
  UNION {{ ?linkset void:subjectsTarget [ void:class ?subjectClass ] ;
    void:linkPredicate ?prop ; void:objectsTarget [ void:class ?objectClass ] }}
}}"""


def asked(site, query, **more):
    """Return the rows of an answer."""
    reply = site.get(f"/sparql?{urlencode({'query': query, **more})}", Accept="application/json")
    assert reply.status == 200, reply.text
    rows = json.loads(reply.text)["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in rows]


def test_073_editors_find_prefixes_examples_and_counts(site):
    """By their own queries, which name no graph."""
    assert {row["prefix"]: row["namespace"] for row in asked(site, DECLARED)} == PREFIXES
    queries = {row["query"] for row in asked(site, EXAMPLES)}
    assert queries < {one.query for one in load_catalogue().values()}
    rows = asked(site, COUNTED)
    shown = {(row["subjectClass"].rpartition("#")[2], row["prop"]) for row in rows}
    assert ("Study", f"{DCTERMS}title") in shown
    # A schema can be drawn of it: what the values are, of each class and property.
    drawn = {
        (row["subjectClass"].rpartition("#")[2], row["prop"]): row for row in rows if len(row) > 2
    }
    assert drawn["Study", f"{DCTERMS}title"]["objectDatatype"].endswith("#langString")
    themes = {
        row.get("objectClass") for row in rows
        if (row["subjectClass"], row["prop"]) == (f"{KM}Study", f"{KM}theme")
    }  # fmt: skip
    assert f"{KM}Theme" in themes


def test_073_each_example_runs_as_it_stands_and_finds_something(site, evidence):
    """All that the endpoint gives as examples; questions that it has no answer to are none."""
    found = {row["sq"].rpartition("/")[2]: row["query"] for row in asked(site, EXAMPLES)}
    empty = {name for name, query in found.items() if not asked(site, query)}
    assert empty == set()
    left_out = [one for one in load_catalogue().values() if one.id not in found]
    assert len(found) > 25
    assert left_out
    for question in left_out:
        assert not list(evidence.store.query(question.query)), question.id


@pytest.mark.parametrize(
    ("query", "more"),
    [
        (f"SELECT ?n {{ GRAPH <{GRAPH}> {{ <{WHOLE}> <{VOID}triples> ?n }} }}", {}),
        (f"SELECT ?n FROM <{GRAPH}> {{ <{WHOLE}> <{VOID}triples> ?n }}", {}),  # noqa: S608
        (f"SELECT ?n {{ <{WHOLE}> <{VOID}triples> ?n }}", {}),
        (f"SELECT ?n {{ <{WHOLE}> <{VOID}triples> ?n }}", {"default-graph-uri": GRAPH}),
    ],
)
def test_073_the_graph_is_beside_the_data_that_it_counts(site, query, more):
    """By every way to name it, the number is what the endpoint counts without it."""
    ((_, whole),) = asked(site, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0].items()
    assert [row["n"] for row in asked(site, query, **more)] == [whole]
    names = asked(site, "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
    assert GRAPH not in {row["g"] for row in names}


def test_073_the_catalogue_can_be_asked_too(site):
    """Where a query names nothing of the vocabulary of the data."""
    rows = asked(site, f"SELECT ?e {{ ?s a <{DCAT}DataService> ; <{DCAT}endpointURL> ?e }}")
    assert [row["e"] for row in rows] == [f"{site.url}/sparql"]
    page = site.get(f"/sparql?{urlencode({'query': DECLARED})}", Accept="text/html")
    assert (page.status, "https://w3id.org/kmgraph/ontology#" in page.text) == (200, True)
    tagged = site.get(f"/sparql?{urlencode({'query': DECLARED})}", Accept="text/csv")
    assert site.get(
        f"/sparql?{urlencode({'query': DECLARED})}", Accept="text/csv",
        If_None_Match=tagged.headers["ETag"],
    ).status == 304  # fmt: skip


def test_a_query_of_data_stays_one(site):
    """Words that metadata use as well lead nowhere else where records are asked for."""
    rows = asked(
        site,
        f"""PREFIX km: <https://w3id.org/kmgraph/ontology#> PREFIX dcat: <{DCAT}>
        SELECT ?d {{ ?d a km:Dataset OPTIONAL {{ ?d dcat:theme ?none }} }}""",
    )
    assert len(rows) == 1
    # Look-ups that differ in IRIs only are learnt, and the next one is of other data.
    text = "SELECT ?o {{ <{}> <{}> ?o }}"
    for _ in range(3):
        assert asked(site, text.format(STUDY, f"{DCTERMS}title"))
    assert asked(site, text.format(WHOLE, f"{VOID}triples"))


def test_a_large_view_is_counted_beside_the_answers(example_copy, tmp_path, serve_app, monkeypatch):
    """Until then the number of triples is told; what was counted holds while the data are the same.

    A dataset that did not change is not counted again, and another view is told apart.
    """
    for module in ("kmgraph.cli.building", "kmgraph_server.metadata_documents"):
        monkeypatch.setattr(f"{module}.AT_ONCE_TRIPLES", 100)
    # Which questions have an answer is found out of a few, for time's sake.
    monkeypatch.setattr(keeping, "_questions", lambda: list(load_catalogue().values())[:5])
    store = example_copy(tmp_path / "store")
    members = f"SELECT ?n {{ ?p <{VOID}class> <{KM}Study> ; <{VOID}entities> ?n }}"
    triples = f"SELECT ?n {{ <{WHOLE}> <{VOID}triples> ?n }}"
    with serve_app(create_app(ServerConfig(store=store.path))) as site:
        (before,) = asked(site, triples)
        assert int(before["n"]) > 10_000
        assert asked(site, members) == []
        assert asked(site, EXAMPLES) == []
        assert "not counted yet" in site.get("/void", Accept="text/html").text
        told = CliRunner().invoke(
            cli, ["validate", "--metadata", "--store", str(store.path), "--quiet"]
        )
        assert told.exit_code == 0, told.output
        assert {row["n"] for row in asked(site, members)} == {"16"}
        assert asked(site, triples) == [before]
        assert asked(site, EXAMPLES)
        assert "not counted yet" not in site.get("/void", Accept="text/html").text
        more = tmp_path / "more.nt"
        more.write_text("<urn:one> <urn:more> <urn:triple> .\n")
        load_rdf(more, "more", store)
        assert asked(site, members) == []
    counted = []
    monkeypatch.setattr(
        keeping, "count", lambda view, graph: counted.append(graph) or count(view, graph)
    )
    monkeypatch.setattr(keeping, "with_rows", lambda view, questions: [])
    with store.open_view() as view:
        keep_counts(store, store.generation(), "public", view)
    # The whole, and the graph that is new; that of the dataset is as it was.
    assert counted == [None, "https://w3id.org/kmgraph/id/graph/more"]
