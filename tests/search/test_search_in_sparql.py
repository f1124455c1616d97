"""A search is a part of a query, over the view alone: in Python, on the command line, over MCP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph.assistants.tools import Toolbox
from kmgraph.cli.root import cli
from kmgraph.errors import OutboundRequestError, QuerySyntaxError, UpdateForbiddenError
from kmgraph.namespaces import KM
from kmgraph.results import Solutions
from kmgraph.search import SearchIndex, with_searches

PREFIXES = f"PREFIX km: <{KM}> PREFIX s: <https://w3id.org/kmgraph/search#>\n"
SERVICE = "SERVICE <https://w3id.org/kmgraph/search>"


@pytest.fixture(scope="module")
def index(example: kmgraph.EvidenceDataset) -> SearchIndex:
    """Return the index of the example, in memory."""
    return SearchIndex.of(example.store)


@pytest.fixture(scope="module")
def ask(
    example: kmgraph.EvidenceDataset, index: SearchIndex
) -> Callable[[str], list[dict[str, str]]]:
    """Return what answers a query about the example with texts."""

    def asked(body: str) -> list[dict[str, str]]:
        """Return the rows."""
        found = example.store.query(with_searches(PREFIXES + body, lambda: index))
        assert isinstance(found, Solutions)
        return [
            {name: term.value for name, term in zip(found.variables, row, strict=True) if term}
            for row in found
        ]

    return asked


def test_a_search_finds_what_the_search_page_finds(ask, index: SearchIndex) -> None:
    """The same records with their labels, kinds and snippets; scores fall in the same order."""
    rows = ask(
        "SELECT ?t ?score ?label ?kind ?snippet { " + SERVICE + ' { ?t s:text "strok rehab" ; '
        "s:score ?score ; s:label ?label ; s:kind ?kind . ?t s:snippet ?snippet . } }"
        " ORDER BY DESC(?score)"
    )
    hits = index.search("strok rehab").hits
    assert [(r["t"], r["label"], r["kind"]) for r in rows] == [
        (hit.iri, hit.label, hit.kind) for hit in hits
    ]
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0
    assert "\x02" not in rows[0]["snippet"]
    assert "Stroke" in rows[0]["snippet"]


def test_it_is_joined_with_the_rest_of_the_query(ask, index: SearchIndex) -> None:
    """Below OPTIONAL, UNION and in a sub-select too; nothing found is an empty table."""
    search = SERVICE + ' { ?t s:text "stroke" ; s:kind km:Study }'
    studies = {hit.iri for hit in index.search("stroke", kinds=[f"{KM}Study"]).hits}
    for body in (
        f"SELECT ?t {{ {search} ?t a km:Study }}",
        f"SELECT ?t {{ ?t a km:Study . {search} . }}",
        f"SELECT ?t {{ {{ SELECT ?t {{ {search} }} }} ?t a km:Study }}",
        f"SELECT DISTINCT ?t {{ {{ {search} }} UNION {{ {search} }} }}",
        f"SELECT ?t {{ ?t a km:Study FILTER EXISTS {{ {search} }} }}",
    ):
        assert {row["t"] for row in ask(body)} == studies, body
    assert ask(f'SELECT * {{ {SERVICE} {{ ?t s:text "qqzzy" }} ?t ?p ?o }}') == []
    optional = ask(
        f'SELECT ?x {{ BIND (1 AS ?x) OPTIONAL {{ {SERVICE} {{ ?t s:text "qqzzy" }} }} }}'
    )
    assert optional == [{"x": "1"}]


def test_a_limit_holds_and_a_name_of_a_kind_narrows(ask) -> None:
    """The best come first, in number as many as wanted."""
    body = "SELECT ?t { " + SERVICE + " { ?t s:text '''the''' ; s:limit %s } }"
    assert len(ask(body % 3)) == 3
    assert len(ask(body % 450)) == 450  # more than one page of the index
    assert len(ask("SELECT ?t { " + SERVICE + ' { ?t s:text "the" } }')) == 100
    kinds = ask("SELECT ?k { " + SERVICE + ' { ?t s:text "stroke" ; s:kind "theme" ; s:kind ?k } }')
    assert {row["k"] for row in kinds} == {f"{KM}Theme"}


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ('?t s:score ?x', "does not say what to look for"),
        ('?t s:text "a" ; s:txt "b"', "search knows km-search:text, .*put other patterns after"),
        ('?t s:text "stroke" . ?t a km:Study', "put other patterns after"),
        ('?t s:text "stroke" . ?u s:score ?x', "only patterns about one variable"),
        ('<urn:a> s:text "stroke"', "only patterns about one variable"),
        ('?t s:text ?words', "a text in quotes is expected"),
        ('?t s:text "a" ; s:score ?t', "stands twice"),
        ('?t s:text "a" ; s:score 3', "followed by a variable"),
        ('?t s:text "a" ; s:limit 0', "whole number from 1 to 1000"),
        ('?t s:text "a" ; s:limit 1001', "whole number from 1 to 1000"),
        ('?t s:text "a", "b"', "';' or '.' is expected"),
        ('?t s:text', "is missing"),
        ('?t', "does not say"),
        ('', "does not say"),
        ('?t s:text "  - "', "holds no word"),
        ('?t s:text "a" ; s:kind "studdy"', "did you mean study"),
        ('{ ?t s:text "a" }', "only patterns about one variable"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_told_with_its_line(ask, group: str, problem: str) -> None:
    """Each message names the place and says what to do."""
    with pytest.raises(QuerySyntaxError, match=f"^line 3, column \\d+: .*{problem}"):
        ask(f"SELECT * {{\n{SERVICE} {{ {group} }} }}")


def test_standard_sparql_keeps_its_meaning(ask, index: SearchIndex) -> None:
    """Texts and comments that look like a search are none; other services are refused as ever."""
    same = 'ASK { ?s ?p "SERVICE <https://w3id.org/kmgraph/search> {}" } # SERVICE search'
    assert with_searches(same, lambda: index) == same
    for endpoint in ("<https://w3id.org/kmgraph/search/>", "<https://example.org/search>", "?x"):
        with pytest.raises(OutboundRequestError):
            ask(f"SELECT * {{ SERVICE {endpoint} {{ ?s ?p ?o }} }}")
    with pytest.raises(QuerySyntaxError, match="leave SILENT out"):
        ask('SELECT * { SERVICE SILENT <https://w3id.org/kmgraph/search> { ?t s:text "a" } }')
    with pytest.raises(QuerySyntaxError, match="may search 8 times"):
        ask("SELECT * { " + (SERVICE + ' { ?t s:text "a" } ') * 9 + "}")
    nested = f'SERVICE <https://example.org/a> {{ {SERVICE} {{ ?t s:text "a" }} }}'
    with pytest.raises(OutboundRequestError, match="stands in another"):
        ask(f"SELECT * {{ {nested} }}")
    with pytest.raises(UpdateForbiddenError):
        ask(f'DELETE {{ ?t ?p ?o }} WHERE {{ {SERVICE} {{ ?t s:text "a" }} ?t ?p ?o }}')


def test_lines_keep_their_numbers(ask) -> None:
    """What the engine says of a later line is true of the text that was written."""
    with pytest.raises(QuerySyntaxError) as caught:
        ask(f'SELECT * {{ {SERVICE} {{\n ?t s:text "a" ;\n s:score ?x }}\n ?t ?? ?o }}')
    assert caught.value.line == 5


def test_a_store_is_searched_in_its_view_alone(
    tmp_path: Path, example_copy: Callable[[Path], kmgraph.GenerationStore]
) -> None:
    """In Python, on the command line and for assistants; the index lies beside the generations."""
    store = example_copy(tmp_path / "store")
    body = "SELECT ?t ?l { " + SERVICE + ' { ?t s:text "visits strooke" ; s:label ?l } }'
    with kmgraph.open_store(store.path) as evidence:
        found = list(evidence.query(PREFIXES + body))
        assert [row[1].value for row in found] == ["Home visits after Stroke"]
        kept = list((store.path / "search").iterdir())
        assert [path.name.startswith("public-") for path in kept] == [True]
        told = Toolbox(evidence, evidence.query).call("find", {"words": "strooke visits"})
        assert told["found"][0]["label"] == "Home visits after Stroke"
        assert told["found"][0]["kind"] == "study"
        assert told["looked_for_instead"] == {"strooke": ["stroke"]}
    run = CliRunner().invoke(
        cli, ["query", PREFIXES + body, "--store", str(store.path), "--format", "json"]
    )
    assert run.exit_code == 0, run.output
    bindings = json.loads(run.output)["results"]["bindings"]
    assert [row["l"]["value"] for row in bindings] == ["Home visits after Stroke"]
