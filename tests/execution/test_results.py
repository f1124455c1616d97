"""What comes back from a worker is what the engine answers, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyoxigraph as ox
import pytest
from helpers.views import BASE, quad, write_view
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kmgraph.errors import (
    OutboundRequestError,
    ParameterError,
    RemoteServiceError,
    ResultLimitError,
    StoreUnavailableError,
    TermError,
)
from kmgraph.execution import Job, Limits, Outcome, PooledStore, WorkerPool
from kmgraph.execution.messages import term_to_text
from kmgraph.results import Boolean, Solutions, Triples
from kmgraph.sparql.outbound import Services
from kmgraph.stores.oxigraph import OxigraphView

Make = Callable[..., Job]

SOLUTIONS = ["json", "xml", "csv", "tsv"]
GRAPHS = ["turtle", "ntriples", "nquads", "trig", "jsonld", "rdfxml"]


def body_of(outcome: Outcome) -> bytes:
    """Return a result."""
    with outcome.body as body:
        content = body.read()
    assert len(content) == outcome.length
    return content


@pytest.fixture(scope="module")
def pooled(view_path: Path, pool: WorkerPool) -> Iterator[PooledStore]:
    """Return the view as a store whose queries run elsewhere."""
    with PooledStore(OxigraphView(view_path, base=BASE), view_path, pool.run) as store:
        yield store


#: What the formats use to tell rows and terms apart.
SIGNS = r"""" \ },{ "},{" { [{ , ]}} <result> </result> <<( & é "its:dir": "@en--ltr""".split(" ")
TEXTS = st.lists(
    st.sampled_from([*SIGNS, '"type":"triple"', "\n", "\r\n", "\t", "\U0001f600"]), max_size=6
).map("".join)
PLAIN = st.one_of(
    st.builds(ox.Literal, TEXTS),
    st.builds(ox.Literal, TEXTS, language=st.sampled_from(["en", "de-ch"])),
    st.builds(
        lambda text, name: ox.Literal(text, datatype=ox.NamedNode(f"urn:type:{name}")),
        TEXTS,
        st.sampled_from("ab"),
    ),
    st.sampled_from([ox.Literal(3), ox.Literal(2.5), ox.Literal(True), ox.Literal("01")]),
    st.sampled_from([ox.NamedNode(f"{BASE}x,y"), ox.NamedNode("urn:a:%7B%7D")]),
)
NEW = st.one_of(
    st.builds(lambda text: ox.Literal(text, language="ar", direction=ox.BaseDirection.RTL), TEXTS),
    st.builds(
        lambda term: ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), term),
        PLAIN,
    ),
)
Rows = list[tuple[ox.Literal | ox.NamedNode | ox.Triple | None, ...]]


def rows_of(terms: st.SearchStrategy[Any]) -> st.SearchStrategy[Rows]:
    """Return lists of rows of up to two columns, with gaps."""
    row = [st.lists(st.tuples(*[st.none() | terms] * width), max_size=5) for width in range(3)]
    return st.one_of(*row)


def values(rows: Rows) -> str:
    """Return a query for rows as they stand."""
    names = " ".join(f"?v{number}" for number in range(len(rows[0]) if rows else 1))
    lines = [
        "(" + " ".join("UNDEF" if t is None else term_to_text(t) for t in row) + ")" for row in rows
    ]
    return f"SELECT * {{ VALUES ({names}) {{ {' '.join(lines)} }} }}"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(PLAIN))
def test_solutions_are_those_of_the_engine_in_every_format(
    rows: Rows, pool: WorkerPool, pooled: PooledStore, view_path: Path
) -> None:
    """Byte for byte, with the rows counted, whatever the terms hold."""
    query = values(rows)
    with OxigraphView(view_path, base=BASE) as view:
        answer = pooled.query(query)
        assert isinstance(answer, Solutions)
        assert list(answer) == list(view.query(query))
        for fmt in SOLUTIONS:
            outcome = pool.run(Job(view_path, BASE, query, format=fmt))
            assert (outcome.form, outcome.rows) == ("SELECT", len(rows))
            assert body_of(outcome) == view.query(query).serialize(fmt)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of(st.one_of(PLAIN, NEW)))
def test_what_only_rdf_1_2_has_is_sent_to_those_who_ask_for_it(
    rows: Rows, pool: WorkerPool, pooled: PooledStore, view_path: Path
) -> None:
    """In every format that can show it; others are told."""
    query = values(rows)
    has_new = any(
        isinstance(term, ox.Triple) or (isinstance(term, ox.Literal) and term.direction)
        for row in rows
        for term in row
    )
    with OxigraphView(view_path, base=BASE) as view:
        assert list(pooled.query(query)) == list(view.query(query))  # type: ignore[arg-type]
        for fmt in SOLUTIONS:
            job = Job(view_path, BASE, query, format=fmt, rdf_version="1.2")
            assert body_of(pool.run(job)) == view.query(query).serialize(fmt)
            job = replace(job, rdf_version="1.1")
            if has_new:
                with pytest.raises(TermError, match=r"version=1\.2"):
                    pool.run(job)
            else:
                assert pool.run(job).rows == len(rows)


@pytest.mark.parametrize("name", ["a b", "?o", "", "o\ud800", 1])
def test_a_name_that_no_variable_has_is_refused_everywhere(
    pooled: PooledStore, pool: WorkerPool, job: Make, name: Any
) -> None:
    """It is a mistake of whoever asks, and no process ends for it."""
    query = "SELECT ?o { ?s ?p ?o }"
    for store in (pooled, pooled._view):
        with pytest.raises(ParameterError, match="no name of a variable"):
            store.query(query, bindings={name: ox.Literal("x")})
    if isinstance(name, str):
        crashed = pool.stats().kills["crashed"]
        with pytest.raises(ParameterError, match="no name of a variable"):
            pool.run(job(query, bindings={name: '"x"'}))
        assert crashed == pool.stats().kills["crashed"]


@pytest.mark.parametrize("value", ['"text 1"', "urn:a", 5, None])
def test_what_is_no_term_is_bound_nowhere(pooled: PooledStore, value: Any) -> None:
    """A text could be read as a term, or as more than one."""
    for store in (pooled, pooled._view):
        with pytest.raises(TermError, match=r"\?o is bound to"):
            store.query("SELECT ?o { ?s ?p ?o }", bindings={"o": value})


def test_bindings_come_back_as_they_went(pooled: PooledStore) -> None:
    """Terms of every kind are handed to the other process and back."""
    inner = ox.Triple(
        ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal('"\\\n', language="en")
    )
    for term in (ox.Literal("a\r\n\t\"'\\"), ox.NamedNode("urn:é"), ox.Literal(1), inner):
        answer = pooled.query("SELECT ?x { BIND(1 AS ?y) }", bindings={"x": term})
        assert list(answer) == [(term,)]  # type: ignore[arg-type]


def test_graphs_are_those_of_the_engine(
    pool: WorkerPool, pooled: PooledStore, view_path: Path, job: Make
) -> None:
    """Each triple once, in every format."""
    query = (
        f"CONSTRUCT {{ ?s <{BASE}p> ?o, _:b }} "
        f"{{ {{ ?s <{BASE}p> ?o }} UNION {{ ?s ?p ?o }} FILTER(STRENDS(?o, '99')) }}"
    )
    with OxigraphView(view_path, base=BASE) as view:
        answer = pooled.query(query)
        assert isinstance(answer, Triples)
        named = [triple for triple in answer if isinstance(triple.object, ox.Literal)]
        expected = view.query(query.replace(", _:b", ""))
        assert len(named) == 30
        assert set(named) == set(expected)  # type: ignore[arg-type]
        for fmt in GRAPHS:
            plain = query.replace(", _:b", "") + " ORDER BY ?s ?o"
            outcome = pool.run(job(plain, format=fmt))
            assert (outcome.form, outcome.rows) == ("CONSTRUCT", 30)
            assert body_of(outcome) == view.query(plain).serialize(fmt)


def test_blank_nodes_keep_their_labels(tmp_path: Path, pool: WorkerPool) -> None:
    """What one answer calls a node, the next one does as well."""
    node = ox.BlankNode("n1")
    path = write_view(tmp_path / "view", [quad("s", "p", node, "one")])
    with PooledStore(OxigraphView(path, base=BASE), path, pool.run) as store:
        assert list(store.query("SELECT ?o { ?s ?p ?o }")) == [(node,)]  # type: ignore[arg-type]
        (triple,) = store.query("DESCRIBE <https://example.org/s>")  # type: ignore[misc]
        assert isinstance(triple, ox.Triple) and triple.object == node


def test_a_question_that_is_answered_by_yes_or_no(pooled: PooledStore) -> None:
    """A boolean is one on this side as well."""
    for text, value in (("ASK { ?s ?p ?o }", True), ("ASK { FILTER(false) }", False)):
        answer = pooled.query(text)
        assert isinstance(answer, Boolean) and bool(answer) is value


def test_what_is_read_in_process_is_the_same_store(pooled: PooledStore) -> None:
    """Counts, names and quads come from the view itself."""
    assert pooled.count() == 3_001
    assert pooled.graph_names() == [f"{BASE}graph/{name}" for name in ("default", "one", "two")]
    assert len(list(pooled.quads(ox.NamedNode(f"{BASE}own")))) == 1


@pytest.mark.parametrize("fmt", SOLUTIONS)
def test_rows_are_limited_exactly(pool: WorkerPool, job: Make, fmt: str) -> None:
    """As many as there may be are sent; of one more, nothing."""
    text = '"a\\"},{\\"\\r\\n<result>,"'
    rows = " ".join(f"({text} {number})" for number in range(1_000))
    asked = job(f"SELECT * {{ VALUES (?a ?b) {{ {rows} }} }}", format=fmt)
    outcome = pool.run(asked, limits=Limits(rows=1_000))
    assert body_of(outcome) and outcome.rows == 1_000
    with pytest.raises(ResultLimitError) as caught:
        pool.run(asked, limits=Limits(rows=999))
    assert (caught.value.limit, caught.value.unit) == (999, "rows")


@pytest.mark.parametrize("fmt", GRAPHS)
def test_triples_are_limited_exactly(pool: WorkerPool, job: Make, fmt: str) -> None:
    """As many as there may be are sent; of one more, nothing."""
    asked = job("CONSTRUCT WHERE { ?s ?p ?o }", format=fmt)
    outcome = pool.run(asked, limits=Limits(rows=3_001))
    assert body_of(outcome) and outcome.rows == 3_001
    with pytest.raises(ResultLimitError) as caught:
        pool.run(asked, limits=Limits(rows=3_000))
    assert (caught.value.limit, caught.value.unit) == (3_000, "triples")


@pytest.mark.parametrize("fmt", [*SOLUTIONS, *GRAPHS])
def test_bytes_are_limited_exactly(pool: WorkerPool, job: Make, fmt: str) -> None:
    """In the format that is sent; also where the result is larger than a message may be."""
    query = ("SELECT * " if fmt in SOLUTIONS else "CONSTRUCT ") + "WHERE { ?s ?p ?o }"
    whole = body_of(pool.run(job(query, format=fmt)))
    assert body_of(pool.run(job(query, format=fmt), limits=Limits(result_bytes=len(whole))))
    with pytest.raises(ResultLimitError) as caught:
        pool.run(job(query, format=fmt), limits=Limits(result_bytes=len(whole) - 1))
    assert (caught.value.limit, caught.value.unit) == (len(whole) - 1, "bytes")


def test_an_endless_result_is_given_up_as_soon_as_it_is_too_long(
    pool: WorkerPool, job: Make
) -> None:
    """Not when it is complete, which it never would be."""
    product = job("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", format="json")
    with pytest.raises(ResultLimitError, match="rows"):
        pool.run(product, limits=Limits(rows=5_000))
    with pytest.raises(ResultLimitError, match="bytes"):
        pool.run(product, limits=Limits(result_bytes=5_000_000))


def test_the_default_graph_is_the_merge_or_a_graph_of_its_own(
    pool: WorkerPool, view_path: Path, job: Make
) -> None:
    """GRAPH reaches all graphs, or all others; a dataset in the query wins in both."""
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g"
    one = count.replace("{", f"FROM <{BASE}graph/one> {{")
    expected = {True: ("3001", "1500", "default one two"), False: ("1", "1500", "one two")}
    for union, (total, of_one, names) in expected.items():
        lines = [
            body_of(pool.run(job(query, format="csv", union_default_graph=union))).split()[1:]
            for query in (count, one, graphs)
        ]
        iris = [f"{BASE}graph/{name}".encode() for name in names.split()]
        assert lines == [[total.encode()], [of_one.encode()], iris]
        with OxigraphView(view_path, base=BASE, union_default_graph=union) as view:
            assert view.count() == int(total)
            assert len(list(view.quads(graph_name=ox.DefaultGraph()))) == int(total)
            assert [iri.value for (iri,) in view.query(graphs)] == [i.decode() for i in iris]  # type: ignore[union-attr]


def test_a_view_that_takes_the_place_of_another_is_read(tmp_path: Path, pool: WorkerPool) -> None:
    """A process that has the old one open does not answer from it."""
    path = tmp_path / "view"
    job = Job(path, BASE, "SELECT ?o { ?s ?p ?o }", format="csv")
    for number in range(3):
        write_view(path, [quad("s", "p", ox.Literal(number), "one")])
        for _ in range(4):
            assert body_of(pool.run(job)) == f"o\r\n{number}\r\n".encode()
        shutil.rmtree(path)
        with pytest.raises(StoreUnavailableError):
            pool.run(job)


class _Remote(BaseHTTPRequestHandler):
    """An endpoint elsewhere that always gives the same answer."""

    def do_POST(self) -> None:
        """Answer, or fail where the path says so."""
        body = (
            b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"urn:r"}}]}}'
        )
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def remote() -> Iterator[str]:
    """Return the address of an endpoint elsewhere."""
    with HTTPServer(("127.0.0.1", 0), _Remote) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_services_that_are_allowed_are_asked(pool: WorkerPool, job: Make, remote: str) -> None:
    """By the process that evaluates, with what it is told of the list."""
    services = Services((remote,), allow_private=True)

    def query(path: str) -> str:
        return f"SELECT ?x {{ SERVICE <{remote}{path}> {{ ?x ?y ?z }} }}"

    outcome = pool.run(job(query("/sparql"), format="csv", services=services))
    assert body_of(outcome) == b"x\r\nurn:r\r\n"
    with pytest.raises(RemoteServiceError) as caught:
        pool.run(job(query("/broken"), services=services))
    assert caught.value.timed_out is False
    for refused in (Services(), Services((remote,)), Services(("https://example.org",)), None):
        with pytest.raises(OutboundRequestError):
            pool.run(job(query("/sparql"), services=refused))


def test_a_query_that_makes_triples_is_seen_in_csv_too(pool: WorkerPool, job: Make) -> None:
    """CSV shows a triple as a text, so the terms themselves are looked at."""
    query = "SELECT (TRIPLE(<urn:a>, <urn:b>, ?n) AS ?t) { VALUES ?n { 1 2 } }"
    assert body_of(pool.run(job(query, format="csv", rdf_version="1.2"))).count(b"\r\n") == 3
    with pytest.raises(TermError, match=r"RDF 1\.2"):
        pool.run(job(query, format="csv"))
    construct = "CONSTRUCT { <urn:x> <urn:y> ?t } { BIND(<<( <urn:a> <urn:b> 1 )>> AS ?t) }"
    with pytest.raises(TermError, match=r"RDF 1\.2"):
        pool.run(job(construct, format="turtle"))
