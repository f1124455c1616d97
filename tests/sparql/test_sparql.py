"""Queries are understood by their grammar, and what is not allowed never reaches the engine."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
import time

import pyoxigraph as ox
import pytest

from kmgraph.errors import (
    KmGraphError,
    OutboundRequestError,
    QuerySyntaxError,
    TermError,
    UpdateForbiddenError,
)
from kmgraph.sparql import MAX_LENGTH, MAX_NESTING, MAX_TOKENS, analyse
from kmgraph.stores.oxigraph import MemoryStore


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent ?g { ?s ?p ?o } }",
        "SELECT*{SERVICE<http://127.0.0.1:9/>{?s ?p ?o}}",
        "SELECT*{SERVICESILENT<http://127.0.0.1:9/>{?s ?p ?o}}",
        "PREFIX e: <http://127.0.0.1:9/> SELECT*{SERVICEe:x{?s ?p ?o}}",
        "PREFIX e: <http://127.0.0.1:9/> SELECT*{SERVICESILENTe:x{?s ?p ?o}}",
        "SELECT * { SERV\\u0049CE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { FILTER EXISTS { # '\n SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } }",
        "SELECT * { ?s ?p 'a\\'' SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { { SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } } }",
    ],
)
def test_a_request_to_another_host_is_refused(query):
    with pytest.raises(OutboundRequestError, match="SERVICE"):
        analyse(query)


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX service: <urn:> SELECT * { ?s service:x ?service }",
        'SELECT * { ?s ?p \'SERVICE\', """from " service""", \'x\'@service } # SERVICE from',
        "PREFIX prov: <urn:> SELECT * { ?s prov:wasDerivedFrom <urn:from#SERVICE> }",
        "PREFIX from: <urn:> SELECT ?from { ?s from:from ?from FILTER(1 < 2 && 3 > 2) }",
    ],
)
def test_a_word_that_is_no_keyword_is_no_reason_to_refuse(query):
    facts = analyse(query)
    assert ("SELECT", False) == (facts.form, facts.has_dataset)
    MemoryStore().query(query)


@pytest.mark.parametrize(
    ("query", "plain", "named"),
    [
        (
            "SELECT * FROM <urn:a> FROM <urn:b> FROM <urn:a> FROM NAMED <urn:c> { ?s ?p ?o }",
            ["urn:a", "urn:b"],
            ["urn:c"],
        ),
        (
            "PREFIX g: <urn:g#> SELECT * FROM g:a FROM NAMED g:b\\-c { }",
            ["urn:g#a"],
            ["urn:g#b-c"],
        ),
        (
            "BASE <http://e.org/x/> PREFIX : <y#> ASK from <z> FROM named :q { }",
            ["http://e.org/x/z"],
            ["http://e.org/x/y#q"],
        ),
        (
            "CONSTRUCT { ?s ?p 'FROM <urn:n>' } FROM <urn:\\u00e9> WHERE { ?s ?p ?o }",
            ["urn:é"],
            [],
        ),
    ],
)
def test_the_graphs_that_a_query_names_are_found(query, plain, named):
    facts = analyse(query)
    assert (plain, named) == (list(facts.from_graphs), list(facts.from_named))
    MemoryStore().query(query)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "PREFIX a: <urn:> delete where { ?s ?p ?o }",
        "CLEAR ALL",
    ],
)
def test_an_update_is_named_as_such(text):
    with pytest.raises(UpdateForbiddenError):
        analyse(text)


def test_an_undeclared_prefix_is_named_with_the_line_that_declares_it():
    with pytest.raises(
        QuerySyntaxError, match=r"PREFIX prov: <http://www.w3.org/ns/prov#>"
    ) as known:
        MemoryStore().query("SELECT * {\n ?s prov:agent ?o }")
    assert (2, 5) == (known.value.line, known.value.column)
    with pytest.raises(QuerySyntaxError, match="prefix 'mine' is not declared"):
        analyse("SELECT * { ?s mine:x ?o }")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("SELECT * {\n ?s ?p }", 2, 9),
        ("SELECT * { ?s ?p 'open }", 1, 18),
        ("SELECT * { ?s ?p ?o ", 1, 21),
        ("SELEKT * {}", 1, 1),
        ("", 1, 1),
        ("SELECT * { ?s ?p ?o } }", 1, 23),
    ],
)
def test_a_syntax_error_says_where(text, line, column):
    with pytest.raises(QuerySyntaxError) as caught:
        MemoryStore().query(text)
    assert (line, column) == (caught.value.line, caught.value.column)


def _wide(part: str, count: int) -> str:
    return "SELECT * { ?s ?p ?o " + part * count + " }"


#: Queries that end the process if they reach the engine, each as (text, count).
DEEP = {
    "groups": "SELECT * " + "{" * 10_000 + "}" * 10_000,
    "brackets": "SELECT * { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }",
    "exists": "SELECT * {" + " FILTER EXISTS {" * 1_000 + "}" * 1_000 + "}",
    "not": "SELECT * { FILTER(" + "!" * 10_000 + "1) }",
    "plus": "SELECT * { FILTER(1" + "+1" * 10_000 + ") }",
    "path": "SELECT * { ?s <urn:a>" + "/<urn:a>" * 10_000 + " ?o }",
    "union": _wide("UNION { ?s ?p ?o }", 10_000),
    "optional": _wide("OPTIONAL { ?s ?p ?o }", 10_000),
    "triples": "SELECT * { " + "?s ?p ?o . " * 10_000 + "}",
    "list": "SELECT * { ?s ?p (" + "1 " * 10_000 + ") }",
}


@pytest.mark.parametrize("name", DEEP)
def test_a_query_that_would_end_the_process_is_refused(name):
    with pytest.raises(QuerySyntaxError, match=r"nested deeper|more than"):
        MemoryStore().query(DEEP[name])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {" + " FILTER EXISTS {" * (MAX_NESTING - 1) + "}" * (MAX_NESTING - 1) + "}",
        "SELECT * " + "{" * MAX_NESTING + "}" * MAX_NESTING,
        "SELECT * { FILTER(" + "!" * (MAX_TOKENS - 10) + "1) }",
        "SELECT * { FILTER(1" + "+1" * (MAX_TOKENS // 2 - 10) + ") }",
        "SELECT * {" + " FILTER(1)" * (MAX_TOKENS // 5) + "}",
        "SELECT * { ?s " + "(" * (MAX_NESTING - 1) + "<urn:p>" + ")*" * (MAX_NESTING - 1) + " ?o }",
        "SELECT * {" + "?s ?p ?o OPTIONAL {" * (MAX_NESTING - 1) + "}" * MAX_NESTING,
        "SELECT * { ?s ?p "
        + "<<(?s ?p " * (MAX_NESTING - 2)
        + "1"
        + ")>>" * (MAX_NESTING - 2)
        + "}",
        "SELECT * { FILTER(1" + "||0" * (MAX_TOKENS // 2 - 10) + ") }",
        "SELECT * { VALUES (?x ?y) {" + " (1 UNDEF)" * 20_000 + "} }",
    ],
)
def test_what_the_bounds_let_through_does_not_end_the_process(query):
    code = "import sys; from kmgraph.stores.oxigraph import MemoryStore\n"
    code += "import threading; t = threading.Thread(target=lambda: "
    code += "print(len(list(MemoryStore().query(sys.stdin.read())))))\nt.start(); t.join()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=query,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert 0 == done.returncode, done.stderr
    assert done.stdout.strip().isdigit(), done.stderr


def test_no_query_that_is_let_through_makes_a_request():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        calls: list[object] = []

        def accept() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                calls.append(peer)
                connection.close()

        listener = threading.Thread(target=accept, daemon=True)
        listener.start()
        target = f"<http://127.0.0.1:{port}/>"
        parts = [
            "SERVICE", "service ", "SILENT", " ", "\n", "#", "'", '"', "'''", "\\", "<", ">", "{",
            "}", "?s ?p ?o", ".", "x:a", "x:", ":", "FILTER", "(", ")", "1", "true", "@en", "a",
            "OPTIONAL{", "UNION", f"SERVICE {target}{{}}", f"SERVICE{target}{{}}", "SERVICEx:{}",
            f"FROM{target}", target, "<urn:a#", "\\u0053",
        ]  # fmt: skip
        draw = random.Random(7)
        store = ox.Store()
        passed = 0
        for _ in range(6_000):
            body = "".join(draw.choices(parts, k=draw.randrange(1, 7)))
            query = f"PREFIX x: {target} PREFIX : {target} SELECT * {{{body}}}"
            try:
                analyse(query)
            except KmGraphError:
                continue
            passed += 1
            try:
                list(store.query(query))
            except (SyntaxError, RuntimeError, OSError, ValueError):
                continue
        server.shutdown(socket.SHUT_RDWR)
        listener.join(5)
    assert passed > 300
    assert [] == calls


@pytest.mark.parametrize(
    "body",
    ["a." * 200_000, "a-" * 200_000, "?a." * 150_000, "a:" + "." * 400_000, "<a" * 200_000],
    ids=lambda body: body[:3],
)
def test_long_texts_are_read_in_little_time(body):
    """Time grows with the length and no faster: half a million characters take seconds at most."""
    start = time.process_time()
    with pytest.raises(QuerySyntaxError):
        analyse("SELECT * {" + body + "}")
    assert time.process_time() - start < 8


def test_a_query_that_is_too_long_is_refused_before_it_is_read():
    """VALUES may be long, but not without end."""
    rows = " (<urn:aaaaaaaaaaaa>)" * (MAX_LENGTH // 21 - 10)
    fitting = "SELECT * { VALUES (?x) {" + rows + "} }"
    assert analyse(fitting).form == "SELECT"
    assert len(list(MemoryStore().query(fitting))) == rows.count("(")
    with pytest.raises(QuerySyntaxError, match="500,000 is the most"):
        analyse(fitting + " " * MAX_LENGTH)


@pytest.mark.parametrize("graphs", [{"default_graphs": ["http://["]}, {"named_graphs": ["no"]}])
def test_a_graph_whose_name_is_no_iri_is_an_error_of_the_caller(graphs):
    """The message repeats the name."""
    with pytest.raises(TermError, match="no name of a graph"):
        MemoryStore().query("ASK {}", **graphs)
