"""The endpoint answers queries that search by words, in the view of the caller, and says so."""

from __future__ import annotations

from flask.testing import FlaskClient

QUERY = """PREFIX s: <https://w3id.org/kmgraph/search#>
SELECT ?t ?label {
  SERVICE <https://w3id.org/kmgraph/search> { ?t s:text "visits strooke" ; s:label ?label }
}"""
CSV = {"Accept": "text/csv"}
HTML = {"Accept": "text/html"}


def test_the_endpoint_searches(client: FlaskClient) -> None:
    """By GET and by POST; the same again is known to be the same."""
    got = client.get("/sparql", query_string={"query": QUERY}, headers=CSV)
    assert got.status_code == 200
    assert got.get_data(as_text=True).splitlines()[1].endswith(",Home visits after Stroke")
    posted = client.post("/sparql", data={"query": QUERY}, headers=CSV)
    assert posted.data == got.data
    again = client.get(
        "/sparql",
        query_string={"query": QUERY},
        headers=CSV | {"If-None-Match": got.headers["ETag"]},
    )
    assert again.status_code == 304
    json = {"Accept": "application/sparql-results+json"}
    answers = [
        client.get("/sparql", query_string={"query": QUERY.replace("visits", word)}, headers=json)
        for word in ("visits", "virtual", "visits", "virtual")
    ]
    assert answers[0].data == answers[2].data != answers[1].data == answers[3].data


def test_the_page_keeps_the_query_that_was_written(client: FlaskClient) -> None:
    """With its answer below; what is not understood is told on the page."""
    shown = client.get("/sparql", query_string={"query": QUERY}, headers=HTML)
    text = shown.get_data(as_text=True)
    assert "Home visits after Stroke" in text
    assert "VALUES (?t" not in text
    assert "SERVICE &lt;https://w3id.org/kmgraph/search&gt;" in text
    wrong = client.get(
        "/sparql", query_string={"query": QUERY.replace("s:text", "s:txt")}, headers=HTML
    )
    assert wrong.status_code == 400
    assert "the search knows km-search:text" in wrong.get_data(as_text=True)


def test_the_description_of_the_service_names_the_properties(client: FlaskClient) -> None:
    """Each with what it says."""
    found = client.get("/sparql", headers={"Accept": "application/n-triples"}).get_data(
        as_text=True
    )
    for name in ("text", "score", "snippet", "label", "kind", "limit"):
        assert f"#propertyFeature> <https://w3id.org/kmgraph/search#{name}>" in found
        assert (
            f"<https://w3id.org/kmgraph/search#{name}> <http://www.w3.org/2000/01/rdf-schema#comment>"
            in found
        )
