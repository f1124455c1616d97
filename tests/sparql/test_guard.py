"""What reads a query to guard the engine reads it as the engine does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmgraph.errors import KmGraphError, OutboundRequestError, QuerySyntaxError
from kmgraph.sparql import analyse, check_update, engine_syntax_error, normalise, tokenise
from kmgraph.stores.oxigraph import MemoryStore

DRIVER = Path(__file__).with_name("fuzz_driver.py")
TARGET = "<http://127.0.0.1:9/>"


@pytest.mark.parametrize("seed", [1, 2])
def test_no_text_that_is_let_through_makes_a_request(seed):
    """Thousands of texts near to those that would deceive a reader, run beside a listener."""
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(seed), "4000"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert 0 == done.returncode, done.stderr
    seen = json.loads(done.stdout)
    assert [] == seen["asking"]
    assert seen["passed"] > 500
    assert seen["read"] > 100


@pytest.mark.parametrize(
    "query",
    [
        # '<' compares here, so that what follows '#' is a comment and a quote opens a string.
        "SELECT * { ?s ?p ?o FILTER(1<2)SERVICEx:a#>\n{ } }",
        "SELECT * { ?s ?p ?o FILTER(1<2#>'''\n) SERVICE x:a { } #'''\n }",
        "SELECT * { ?s ?p ?o FILTER(1<'x>') SERVICE x:a { } #'\n }",
        "SELECT * { { SELECT (1<2#>'''\n AS ?x) { SERVICE x:a {} } } #'''\n }",
        "SELECT * { ?s ?p ?o FILTER x:f(1<'x>') SERVICE x:a { } #'\n }",
        "ASK { FILTER(COUNT(DISTINCTtrue<1#>'''\n) SERVICE x:a {} #''') }",
        # '<<' begins a triple.
        "SELECT * { OPTIONAL { <<x:a?p#>'''\n ?o >> ?x ?y } SERVICE x:a {} #'''\n }",
        # A local name begins with no '.'.
        "SELECT * { ?s ?p ?o . OPTIONAL { ?s ?p x:.SERVICE x:a{} } }",
        "SELECT * { ?s ?p ?o SERVICE\nx:a { } }",
    ],
)
def test_a_clause_that_a_reader_of_words_would_miss_is_refused(query):
    query = f"PREFIX x: {TARGET} {query}"
    with pytest.raises(OutboundRequestError, match="SERVICE"):
        analyse(query)


@pytest.mark.parametrize(
    "query",
    [
        # The engine reads a long string with a wrong escape as an empty one and what follows.
        "SELECT * { VALUES ?x {'''a' } SERVICE x:a {} #\\q'''\n }",
        "SELECT * { VALUES ?x {'''a' } SERVICE x:a {} #\\uD800'''\n }",
        'SELECT * { VALUES ?x {"""a" } SERVICE x:a {} #\\U00110000"""\n }',
        "SELECT * { VALUES ?x {'''a'} }",
        # Only the engine knows whether FILTERx is a prefix here.
        "PREFIX FILTERx: <urn:> SELECT * { ?s ?p ?o FILTERx:f(1<'x>') SERVICE x:a { } #'\n }",
        "SELECT \\u003Fx { ?x ?p ?o }",
        "PREFIX FROMx: <urn:> SELECT * FROMx:g { ?s ?p ?o }",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(query):
    with pytest.raises(QuerySyntaxError):
        analyse(f"PREFIX x: {TARGET} {query}")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?s ?p ?o FILTER(?o<'b'&&?o>'a') }",
        "SELECT * { ?s ?p ?o FILTER(?o<(1+2)&&(3)>2) }",
        "SELECT * { ?s ?p ?o FILTER(?o<=?p&&?s>=?p) }",
        "SELECT (COUNT(DISTINCT <urn:a#b>) AS ?n) { ?s ?p ?o }",
        "SELECT (IF(?o<?p,<urn:a#b>,<urn:c#d>) AS ?x) { ?s ?p ?o }",
        'SELECT * { VALUES (?a ?b) { (<urn:a#b> <urn:c#it\'s>) ("x"@en <urn:e#f>) } }',
        "SELECT * { ?s <urn:a#p> (<urn:a#b> <urn:c#d> (<urn:e#f> <urn:g#h>)) }",
        "SELECT * { ?s (<urn:a#b>|!(<urn:c#d>|^<urn:e#f>)) <urn:g#h> }",
        "SELECT * { ?s a (<urn:a#b> <urn:c#d>) FILTER(?s IN (<urn:a#b>, <urn:c#d>)) }",
        "SELECT * { <<( <urn:a#b> <urn:c#d> <urn:e#f> )>> ?p ?o ~ <urn:g#h> {| <urn:i#j> 1 |} }",
        "SELECT * { { SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING(MAX(?o)<5) } }",
        "SELECT * { ?s ?p 'say \\u0022SERVICE\\u0022', '''it's \"SERVICE\" \\'\\'\\' ''' }",
        "SELECT * { ?s ?p ?o } # SERVICE <http://example.org/> {}",
    ],
)
def test_what_is_plain_to_the_engine_is_let_through(query):
    """And the key of the query stands for the same query."""
    assert not analyse(query).has_service
    store = MemoryStore()
    store.query(query)
    store.query(normalise(query))


def test_services_are_found_where_they_are_allowed():
    query = (
        "BASE <https://example.org/x/> PREFIX e: <https://e.org/> SELECT * {"
        " SERVICE e:a { ?s ?p 'SERVICE <urn:x> {}' } service\nsilent <../b?c=d> {}"
        " OPTIONAL { SERVICE $g { ?s ?p ?o } } SERVICE e:a {} }"
    )
    facts = analyse(query, allow_service=True)
    assert ("https://e.org/a", "https://example.org/b?c=d", "?g") == facts.services
    assert [False, True, False, False] == [c.is_silent for c in facts.service_clauses]
    assert "<../b?c=d>" == query[facts.service_clauses[1].start : facts.service_clauses[1].end]
    assert facts.is_volatile
    assert analyse("BASE <https://example.org/> ASK { SERVICE <s> {} }", allow_service=True) != (
        analyse("ASK { SERVICE <https://example.org/s> {} }", allow_service=True)
    )


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("ASK { SERVICE <urn:a> { SERVICE <urn:b> {} } }", OutboundRequestError),
        ("ASK { SERVICE <urn:a> { OPTIONAL { SERVICE <urn:b> {} } } }", OutboundRequestError),
        ("ASK { SERVICESILENT<urn:a>{} }", QuerySyntaxError),
        ("PREFIX SERVICEx: <urn:> ASK { SERVICEx:a{} }", QuerySyntaxError),
        ("ASK { SERV\\u0049CE <urn:a> {} }", QuerySyntaxError),
        ("ASK { SERVICE <//[> {} }", OutboundRequestError),
        ("ASK { SERVICE 'x' {} }", QuerySyntaxError),
        ("ASK { SERVICE", QuerySyntaxError),
    ],
)
def test_a_clause_that_is_not_plain_is_refused_even_where_some_are_allowed(query, error):
    with pytest.raises(error):
        analyse(query, allow_service=True)


@pytest.mark.parametrize(
    ("query", "is_volatile"),
    [
        ("SELECT (NOW() AS ?x) {}", True),
        ("SELECT * { BIND(1<rand()&&2>1 AS ?x) }", True),
        ("SELECT * { FILTERUUID() }", True),
        ("SELECT (strUUID ( ) AS ?x) {}", True),
        ("SELECT * { ?s ?p ?o BIND(BNODE(?o) AS ?b) }", True),
        ("PREFIX x: <urn:> SELECT * { ?now x:rand 'UUID()' } # BNODE()", False),
    ],
)
def test_a_query_whose_answer_changes_by_itself_is_told(query, is_volatile):
    assert is_volatile == analyse(query).is_volatile


@pytest.mark.parametrize(
    ("query", "uses"),
    [
        ("SELECT * { <<?s ?p ?o>> ?a ?b }", True),
        ("SELECT * { ?a ?b <<( ?s ?p ?o )>> }", True),
        ("SELECT * { ?s ?p ?o {| ?a ?b |} }", True),
        ("SELECT * { ?s ?p ?o ~?r }", True),
        ("SELECT (triple(?s, ?p, ?o) AS ?t) { ?s ?p ?o }", True),
        ("SELECT * { FILTERisTRIPLE(?t) }", True),
        ("SELECT (OBJECT(?t) AS ?x) {}", True),
        ("SELECT ('a'@en--ltr AS ?x) {}", True),
        ("SELECT (STRLANGDIR('a', 'en', 'rtl') AS ?x) {}", True),
        ("SELECT * { ?subject ?triple '<<'@en FILTER(?s<<urn:a>||LANG(?o)='~') }", False),
    ],
)
def test_a_query_with_terms_of_rdf_1_2_is_told(query, uses):
    assert uses == analyse(query).uses_rdf_1_2
    MemoryStore().query(query)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SELECT*{?s ?p 1}#x", "SELECT\n* { ?s ?p\t1 } ", True),
        ("ASK{FILTER(1<2&&3>2)}", "ASK { FILTER ( 1 < 2 && 3 > 2 ) }", True),
        ("ASK { ?s ?p 'a b' }", "ASK { ?s ?p 'a  b' }", False),
        ("ASK { ?s ?p '#a' }", "ASK { ?s ?p '#b' }", False),
        ("ASK { ?s ?p <urn:#a> }", "ASK { ?s ?p <urn:#b> }", False),
        ("SELECT ?ab {}", "SELECT ?a ?b {}", False),
        ("ASK { ?s ?p ?o {| ?a ?b |} }", "ASK { ?s ?p ?o { | ?a ?b |} }", False),
        ("ASK { ?s ?p 'a'@en }", "ASK { ?s ?p 'a'@EN }", False),
    ],
)
def test_queries_that_differ_in_space_and_comments_have_the_same_key(one, other, same):
    assert same == (normalise(one) == normalise(other))


_PIECES = ["SELECT", "ASK", "*", "?a", "<urn:a>", "x:a", "'a'", '"""b"""', "1.5", "(", ")", "{"]
_PIECES += ["}", "<", "<<", "&&", "@en", "^^", "FILTER", "VALUES", ".", "|", "-", "true", "é"]


@given(st.lists(st.sampled_from(_PIECES)), st.lists(st.sampled_from([" ", "\n", " # <'x\n"])))
@settings(max_examples=200, deadline=None)
def test_space_and_comments_change_no_token(pieces, spaces):
    """And every character belongs to a token, to white space or to a comment."""
    text = " ".join(pieces)
    spaced = "".join(
        piece + (spaces[index % len(spaces)] if spaces else " ")
        for index, piece in enumerate(pieces)
    )
    try:
        expected = [token[:2] for token in tokenise(text)]
    except QuerySyntaxError:
        return
    assert expected == [token[:2] for token in tokenise(spaced)]
    assert "".join(token.text for token in tokenise(text)) == "".join(pieces)
    assert all(text.startswith(token.text, token.start) for token in tokenise(text))
    assert normalise(text) == normalise(spaced)


@given(st.text(alphabet="<>'\"\\#{}()[]?:aSERVICE_.-@ \n1u0é", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_an_error_of_ours(text):
    for read in (analyse, check_update, normalise):
        try:
            read(text)
        except KmGraphError as error:
            assert str(error)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:9/>",
        "load silent <file:///etc/passwd> INTO GRAPH <urn:g>",
        "LOADSILENT<http://127.0.0.1:9/>",
        "PREFIX LOADx: <urn:> PREFIX x: <urn:> LOADx:a",
        "PREFIX LOADx: <urn:> CLEAR ALL; LOADx:a",
        "INSERT DATA { <urn:a> <urn:b> '}' } ; LOAD <urn:a>",
        "DELETE { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "INSERT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(1<'x>') SERVICE <urn:a> { } #'\n }",
        "L\\u004FAD <urn:a>",
    ],
)
def test_an_update_that_would_ask_elsewhere_is_refused(text):
    with pytest.raises((OutboundRequestError, QuerySyntaxError)):
        check_update(text)
    if "\\u" not in text:
        with pytest.raises(OutboundRequestError):
            check_update(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "PREFIX load: <urn:> INSERT DATA { load:LOAD load:SERVICE 'LOAD <urn:a>' } ; CLEAR ALL",
        "PREFIX load: <urn:> COPY load:a TO load:b ; MOVE GRAPH load:a TO DEFAULT",
        "PREFIX load: <urn:> WITH load:a DELETE { ?s ?p ?o } USING NAMED load:b WHERE { ?s ?p ?o }",
        "INSERT DATA { GRAPH <urn:g> { <urn:a#'> <urn:b> ('}' 1) , '''{''' } } # {",
        "DELETE DATA { <urn:a> <urn:b> [] } ; PREFIX x: <urn:> INSERT DATA { x:a x:b x:c\\'d }",
    ],
)
def test_an_update_that_asks_nobody_is_let_through(text):
    check_update(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DELETE WHERE { ?s prov:agent ?o }", "PREFIX prov: <http://www.w3.org/ns/prov#>"),
        ("INSERT DATA { <urn:a> <urn:b> 'x }", "column 31: what begins here has no end"),
        ("INSERT DATA { <urn:a> <urn:b> " + "(" * 70 + ")" * 70 + " }", "nested deeper than 64"),
        ("DELETE WHERE { " + "?s ?p ?o . " * 2_000 + " }", "more than 3000 words"),
        ("SELECT * { ?s ?p ?o }", "send it as a query"),
        ("CLEAR ALL ; " * 100 + "#" * 10_000_000, "10,000,000 is the most"),
    ],
)
def test_an_update_that_is_wrong_or_too_large_is_refused(text, message):
    with pytest.raises(QuerySyntaxError, match=message):
        check_update(text)


def test_a_large_block_of_data_is_no_reason_to_refuse():
    block = "<urn:a#b> <urn:c> 'x{y}' , \"it's\" ; <urn:d> (1 2) . # {\n" * 100_000
    text = f"INSERT DATA {{ {block} }} ; DELETE DATA {{ <urn:a> <urn:b> 1 }}"
    check_update(text)
    assert ["word", "word", "data", "other", "word", "word", "data"] == [
        token.kind for token in tokenise(text, whole_data=True)
    ]


def test_an_undeclared_prefix_in_a_block_of_data_is_named():
    text = "INSERT DATA { <urn:a> prov:agent 1 }"
    check_update(text)
    with pytest.raises(SyntaxError) as caught:
        ox.Store().update(text)
    assert "PREFIX prov:" in str(engine_syntax_error(text, caught.value))
