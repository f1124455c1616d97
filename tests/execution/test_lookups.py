"""Which queries are look-ups, and that they are answered as a worker answers them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from helpers.views import BASE, quad, write_view

from kmgraph.execution import Job, Limits, WorkerPool
from kmgraph.execution.lookups import look_up, shape_of, small, split
from kmgraph.stores.oxigraph import OxigraphView

ONE = f"<{BASE}s/1>"
LIMITS = small(Limits())
LOOK_UPS = (
    f"SELECT * {{ {ONE} ?p ?o }}",
    f"SELECT ?o WHERE {{ {ONE} <{BASE}p> ?o . }} LIMIT 1",
    f"PREFIX e: <{BASE}> SELECT DISTINCT ?o ?p {{ {ONE} e:p ?o ; ?p ?o , ?x . {ONE} a ?none }}",
    f"PREFIX e: <{BASE}> SELECT * {{ {ONE} e:p ?o OPTIONAL {{ {ONE} e:q ?x }} }} OFFSET 0",
    f"SELECT * {{ {ONE} ?p ?p }}",
)
OTHERS = (
    "SELECT * {}",
    "SELECT * { ?s ?p ?o }",
    "ASK { <urn:a> ?p ?o }",
    "SELECT * { <a> ?p ?o }",
    "SELECT * { ?s ?p <urn:a> }",
    "SELECT * { <urn:a> ?p ?o FILTER(?o > 3) }",
    "SELECT * { <urn:a> ?p ?o . <urn:b> ?p ?c }",
    "SELECT * { <urn:a> ?p ?o . ?o ?q ?x }",
    "SELECT * FROM <urn:a> { <urn:a> ?p ?o }",
    "SELECT * { GRAPH <urn:a> { <urn:a> ?p ?o } }",
    "SELECT * { SERVICE <urn:a> { <urn:a> ?p ?o } }",
    "SELECT * { <urn:a> <urn:b>/<urn:c> ?o }",
    "SELECT * { <urn:a> <urn:b>* ?o }",
    "SELECT * { <urn:a> ?p '<urn:b>' }",
    'SELECT * { <urn:a> ?p "x" }',
    "SELECT * { <urn:a> ?p ?o } # <urn:b>",
    r"SELECT * { <urn:\u0061> ?p ?o }",
    "SELECT (COUNT(*) AS ?n) { <urn:a> ?p ?o }",
    "SELECT * { { <urn:a> ?p ?o } UNION { <urn:a> ?p ?o } }",
    "SELECT * { <urn:a> ?p ?o OPTIONAL { <urn:a> ?p ?x OPTIONAL { <urn:a> ?p ?z } } }",
    "SELECT * { <urn:a> ?p ?o } ORDER BY ?o",
    "SELECT * { <urn:a> ?p [] }",
    "SELECT * { <urn:a> ?p _:b }",
    "SELECT * { BIND(<urn:a> AS ?a) }",
    "SELECT * { VALUES ?a { <urn:a> } <urn:a> ?p ?o }",
    "SELECT * { <urn:a> ?p ?o " + "; ?p ?o " * 20 + "}",
    "SELECT * { <urn:a> ?p ?o ; ; }" + " " * 5_000,
)


@pytest.mark.parametrize("query", LOOK_UPS)
def test_a_look_up_is_answered_as_a_worker_answers_it(
    query: str, view_path: Path, pool: WorkerPool, job: Callable[..., Job]
) -> None:
    """The same rows, and their number."""
    shape = shape_of(query)
    assert shape is not None
    view = OxigraphView(view_path, base=BASE)
    found = look_up(view, shape, split(query)[1], None, LIMITS, is_counted=True)
    assert found is not None
    outcome = pool.run(job(query, format="json"))
    with outcome.body as body:
        expected = json.load(body)
    assert outcome.rows == found[1]
    assert json.loads(found[0])["head"] == expected["head"]
    rows = [
        sorted(map(str, each["results"]["bindings"])) for each in (json.loads(found[0]), expected)
    ]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("query", OTHERS)
def test_all_else_is_no_look_up(query: str) -> None:
    """Whatever could cost more, or means something else in another place."""
    assert shape_of(query) is None


def test_what_is_too_much_is_left_to_a_worker(tmp_path: Path) -> None:
    """A long answer, many rows, patterns that come to much together, and what is no IRI."""
    quads = [quad("s/1", "p", ox.Literal(number), "one") for number in range(200)]
    view = OxigraphView(write_view(tmp_path / "view", quads), base=BASE)

    def rows(query: str, limits: Limits = LIMITS) -> int | None:
        shape = shape_of(query)
        assert shape is not None
        iris = split(query)[1]
        found = look_up(view, shape, iris, None, limits, is_counted=True)
        return found[1] if found else None

    one, product = f"SELECT * {{ {ONE} ?p ?o }}", f"SELECT * {{ {ONE} ?p ?o ; <{BASE}p> ?x }}"
    assert rows(one) == 200
    assert rows(one, Limits(result_bytes=1_000)) is None
    assert rows(one, Limits(rows=199)) is None
    assert rows(product) is None
    assert rows(f"SELECT * {{ {ONE} ?p ?o ; <{BASE}q> ?x }}") == 0
    assert rows("SELECT DISTINCT * { <urn://[> ?p ?o }") is None
