"""Terms written into a query give the answer that the engine gives to terms beside the query."""

from __future__ import annotations

from collections import Counter

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph import artefacts
from kmgraph.errors import KmGraphError, ParameterError, QuerySyntaxError, TermError
from kmgraph.namespaces import expand
from kmgraph.questions import answer, load_catalogue
from kmgraph.remote.outline import form_of, outline
from kmgraph.remote.substitution import substitute
from kmgraph.results import Boolean, Solutions
from kmgraph.stores.oxigraph import MemoryStore, OxigraphStore


class Rewriting(OxigraphStore):
    """The store of another, asked with the terms in the text."""

    def __init__(self, other):
        super().__init__(other._store, other.base)
        self.rewritten = 0

    def evaluate(self, text, facts, *, bindings=None, **options):
        """Answer a query whose terms are written into it."""
        self.rewritten += bool(bindings)
        return super().evaluate(substitute(text, bindings or {}), facts, **options)


def comparable(found):
    """Return an answer without the order of its rows and columns."""
    if isinstance(found, Boolean):
        return bool(found)
    if isinstance(found, Solutions):
        return Counter(frozenset(zip(found.variables, row, strict=True)) for row in found)
    return set(found)


def cases(question):
    """Return parameters for a question: the examples, each of them alone, and the defaults."""
    examples = {parameter.name: parameter.example for parameter in question.parameters}
    needed = {p.name: p.example for p in question.parameters if p.required and not p.default}
    alone = [{**needed, name: value} for name, value in examples.items()]
    found = [case for case in (examples, needed, *alone) if case]
    return [case for number, case in enumerate(found) if case not in found[:number]]


@pytest.mark.parametrize("question", load_catalogue().values(), ids=lambda question: question.id)
def test_saved_questions(question, local):
    rewriting = Rewriting(local.store)
    for case in cases(question):
        expected = answer(question, local.store, case)
        found = answer(question, rewriting, case)
        assert Counter(expected.terms) == Counter(found.terms), case
        assert expected.passages == found.passages
    assert rewriting.rewritten or not question.parameters


def ids_of(local, class_name):
    """Return the IRIs of some records of a class."""
    found = local.query(f"SELECT ?r {{ ?r a <{expand(class_name)}> }} ORDER BY ?r LIMIT 8")
    return [row[0] for row in found]


@pytest.mark.parametrize(
    ("query", "variable", "class_name"),
    [
        *((f"pages/{path.name}", "study", "km:Study")
          for path in artefacts.files("queries", "pages/study-*.rq")),
        *((f"support/entity-{way}.rq", "entity", name)
          for way in ("incoming", "outgoing") for name in ("km:Study", "km:Claim", "km:Passage")),
        ("explanation/about-whom.rq", "record", "km:Study"),
    ],
)  # fmt: skip
def test_queries_of_pages_and_of_the_library(query, variable, class_name, local):
    text = artefacts.read_text("queries", query)
    some = 0
    for term in ids_of(local, class_name):
        expected = comparable(local.store.query(text, bindings={variable: term}))
        some += len(expected)
        assert expected == comparable(local.store.query(substitute(text, {variable: term})))
    assert some or query.endswith(("communities.rq", "discrepancies.rq", "ratings.rq"))


@pytest.fixture(scope="module")
def small():
    """Return a store of a few triples in two graphs."""
    store = MemoryStore()
    lines = [
        f"<urn:{s}> <urn:{p}> <urn:{o}> <urn:{g}> ."
        for s, p, o, g in [
            ("a", "p", "b", "g"), ("a", "q", "c", "g"), ("b", "p", "c", "g"), ("c", "q", "a", "h"),
            ("b", "q", "b", "h"), ("c", "p", "c", "h"), ("a", "p", "c", "h"), ("g", "p", "h", "g"),
        ]
    ]  # fmt: skip
    lines += [f"<urn:a> <urn:r> {literal} <urn:h> ." for literal in ('"1"', '"x"@en', '"a\\"b"')]
    store.load_nquads("\n".join(lines).encode())
    return store


#: Patterns over ?v, which is bound, and ?x, ?y and ?z.
TRIPLES = st.sampled_from(
    ["?x <urn:p> ?v .", "?v <urn:q> ?x .", "?x <urn:p> ?y .", "?y <urn:q> ?z .", "?x ?v ?y .",
     "?v <urn:p>/<urn:q> ?z .", "?x <urn:p>|<urn:q> ?v ."]
)  # fmt: skip
FILTERS = st.sampled_from(
    ["FILTER (COALESCE(?v, ?x) = ?x)", "FILTER (?x != ?v)", "FILTER EXISTS { ?x ?any ?v }",
     "FILTER NOT EXISTS { ?v <urn:q> ?x }", "FILTER (isIRI(?x) || ?v = ?y)"]
)  # fmt: skip


def nested(inner):
    """Return groups that hold other groups."""
    return st.one_of(
        inner.map(lambda text: f"{{ {text} }}"),
        inner.map(lambda text: f"OPTIONAL {{ {text} }}"),
        inner.map(lambda text: f"GRAPH ?g {{ {text} }}"),
        inner.map(lambda text: f"{{ SELECT ?x ?v WHERE {{ ?x <urn:p> ?v . {text} }} }}"),
        inner.map(lambda text: f"{{ SELECT * {{ ?x <urn:p> ?v . {text} }} }}"),
        # What a subquery keeps to itself is another variable of the same name.
        inner.map(lambda text: f"{{ SELECT ?x {{ ?x <urn:p> ?v . {text} }} }}"),
        inner.map(lambda text: f"{{ SELECT ?v (COUNT(*) AS ?n) {{ {text} }} GROUP BY ?v }}"),
        # Where the sides share nothing, the engine lets a bound variable be shared, against SPARQL.
        inner.map(lambda text: f"?x <urn:p> ?y . MINUS {{ ?x <urn:q> ?v . {text} }}"),
        st.tuples(inner, inner).map(lambda two: f"{{ {two[0]} }} UNION {{ {two[1]} }}"),
    )


# Variables of a filter stand in its group: the engine lets EXISTS see others from outside.
FILTERED = st.tuples(st.just("?x <urn:p> ?y ."), TRIPLES, FILTERS).map(" ".join)
PARTS = st.recursive(
    st.one_of(TRIPLES, FILTERED),
    lambda inner: st.one_of(nested(inner), st.tuples(TRIPLES, nested(inner)).map(" ".join)),
    max_leaves=5,
)
TERMS = st.sampled_from([ox.NamedNode(f"urn:{name}") for name in "abcgpq"])


@given(PARTS, TERMS, st.sampled_from(["SELECT ?v ?x ?y WHERE", "ASK", "SELECT *"]))
def test_groups_of_all_kinds(small, parts, term, head):
    text = f"{head} {{ ?x <urn:p> ?v . {parts} }}"
    expected = comparable(small.query(text, bindings={"v": term}))
    assert expected == comparable(small.query(substitute(text, {"v": term}))), (text, str(term))


@given(st.text(), st.sampled_from(["", "en"]))
def test_a_literal_stays_what_it_is(small, text, language):
    """Whatever a literal holds, it is one term and no part of the query."""
    literal = ox.Literal(text, language=language) if language else ox.Literal(text)
    query = "SELECT ?v { }"
    ((found,),) = small.query(substitute(query, {"v": literal}))
    assert literal == found


FORMS = [
    ("SELECT ?v { SELECT ?v { ?x <urn:p> ?v } }", "b"),
    ("SELECT ?v ?x { ?x <urn:p> ?y }", "b"),
    ("SELECT ?v ?x { ?x <urn:p> ?y BIND (<urn:b> AS ?v) }", "b"),
    ("SELECT ?v ?x { ?x <urn:p> ?y BIND (<urn:b> AS ?v) }", "c"),
    ("SELECT ?v ?x { ?x <urn:p> ?y VALUES ?v { <urn:b> } }", "c"),
    ("SELECT ?v ?x { VALUES (?v ?x) { (<urn:b> <urn:a>) (<urn:c> <urn:b>) } }", "c"),
    ("SELECT ?v ?x { ?x <urn:p> ?y } VALUES ?v { <urn:b> <urn:c> }", "b"),
    ("SELECT ?v (COUNT(*) AS ?n) { ?x <urn:p> ?y } GROUP BY ?v", "b"),
    ("SELECT ?v ?x { ?x <urn:p> ?v } ORDER BY ?x LIMIT 1 OFFSET 1", "c"),
    ("SELECT (STR(?v) AS ?text) (EXISTS { ?x ?p ?v } AS ?e) ?v { ?x <urn:p> ?y }", "b"),
    ("SELECT ?v ?x FROM <urn:g> FROM NAMED <urn:h> WHERE { ?x <urn:p> ?v }", "b"),
    ("SELECT ?v ?x { GRAPH ?v { ?x <urn:p> ?y } }", "h"),
    ("CONSTRUCT { ?x <urn:is> ?v . ?v a <urn:C> } WHERE { ?x <urn:p> ?v }", "c"),
    ("CONSTRUCT { ?x <urn:is> ?v } { ?x <urn:p> ?y } LIMIT 2", "c"),
    ("CONSTRUCT WHERE { ?x <urn:p> ?v } ", "c"),
    ("CONSTRUCT FROM <urn:g> WHERE { ?x <urn:p> ?v } LIMIT 5", "c"),
    ("DESCRIBE ?v", "a"),
    ("DESCRIBE ?v FROM <urn:g>", "a"),
    ("DESCRIBE ?v { ?v <urn:p> ?x } LIMIT 1", "a"),
    ("ASK { ?v <urn:q> ?x }", "g"),
    ("PREFIX v: <urn:> # ?v {\nSELECT ?v ?x { ?x v:p ?v . FILTER (STR(?x) != '} ?v {') }", "c"),
]


@pytest.mark.parametrize(("text", "name"), FORMS)
def test_each_form_of_query(small, text, name):
    bindings = {"v": ox.NamedNode(f"urn:{name}")}
    assert comparable(small.query(text, bindings=bindings)) == comparable(
        small.query(substitute(text, bindings))
    )


def test_minus_shares_no_variable_that_it_does_not_mention(small):
    """SPARQL keeps solutions that share nothing with what is taken away."""
    text = "SELECT ?v ?x { ?x <urn:p> ?v MINUS { ?y <urn:q> ?z } }"
    plain = "SELECT ?v ?x { ?x <urn:p> ?v MINUS { ?y <urn:q> ?z } FILTER (?v = <urn:c>) }"
    found = comparable(small.query(substitute(text, {"v": ox.NamedNode("urn:c")})))
    assert comparable(small.query(plain)) == found
    assert found


@pytest.mark.parametrize(
    "text",
    ["SELECT ?v ?x ?d { ?x <urn:p> ?i BIND (?v AS ?d) ?x <urn:p> ?v }",
     "SELECT ?v (?v AS ?d) { ?x <urn:p> ?y }",
     "SELECT ?v ?d { ?x <urn:p> ?y FILTER BOUND (?v) BIND (<urn:c> AS ?d) }"],
)  # fmt: skip
def test_a_variable_has_its_term_where_no_pattern_mentions_it(small, text):
    term = ox.NamedNode("urn:c")
    found = small.query(substitute(text, {"v": term}))
    rows = [dict(zip(found.variables, row, strict=True)) for row in found]
    assert rows and all(row["v"] == row["d"] == term for row in rows)


def test_several_variables(small):
    for text in ("SELECT ?v ?x ?y { ?x ?v ?y }", "CONSTRUCT WHERE { ?x ?v ?y } LIMIT 9",
                 "SELECT ?v ?x { SELECT ?v ?x { ?x ?v ?y } }"):  # fmt: skip
        bindings = {"v": ox.NamedNode("urn:p"), "x": ox.NamedNode("urn:a")}
        expected = comparable(small.query(text, bindings=bindings))
        assert expected == comparable(small.query(substitute(text, bindings)))
        assert expected


@pytest.mark.parametrize(
    "text",
    ["SELECT ?x { ?x <urn:p> ?v }", "SELECT * { ?x <urn:p> ?y }", "ASK { ?x <urn:p> ?y }",
     "SELECT * { { SELECT ?x { ?x <urn:p> ?v } } }", "DESCRIBE ?x { ?x <urn:p> ?v }",
     "CONSTRUCT { ?x <urn:p> ?y } WHERE { ?x <urn:p> ?y }"],
)  # fmt: skip
def test_a_binding_of_no_use_is_refused_as_the_engine_refuses_it(small, text):
    bindings = {"v": ox.NamedNode("urn:b")}
    with pytest.raises(ParameterError):
        small.query(text, bindings=bindings)
    with pytest.raises(ParameterError):
        substitute(text, bindings)


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ParameterError, match="blank"):
        substitute("SELECT ?v { ?v ?p ?o }", {"v": ox.BlankNode("x")})
    for text in ("<urn:a>", '"a" "b"', "UNDEF } #", 5, None):
        with pytest.raises(TermError):
            substitute("SELECT ?v { ?v ?p ?o }", {"v": text})
    for name in ("?v", "v w", "", "v }"):
        with pytest.raises(ParameterError):
            substitute("SELECT ?v { ?v ?p ?o }", {name: ox.Literal(1)})
    with pytest.raises(ParameterError, match="works"):
        substitute("SELECT (1 AS ?v) {}", {"v": ox.Literal(1)})
    with pytest.raises(ParameterError, match="template"):
        substitute("CONSTRUCT WHERE { ?v ?p ?o } VALUES ?p { <urn:p> }", {"v": ox.Literal(1)})


@pytest.mark.parametrize("text", ["SELECT ?v {", "SELECT ?v { ?v ?p ?o } }", "SELECT ?v", "{", "",
                                  "SELECT ?v { VALUES ?v { 1 }", "ASK " + "{" * 100_000,
                                  "SELECT ?v { ?v ?p 'open }", "SELECT ?v {} LIMIT x"])  # fmt: skip
def test_what_is_no_query_is_a_syntax_error(text):
    with pytest.raises(QuerySyntaxError):
        substitute(text, {"v": ox.Literal(1)})


WORDS = st.sampled_from([*"{}()?.<>'\"\n#|*1", "?v", "SELECT", "WHERE", "VALUES", "AS", "LIMIT"])


@given(st.lists(WORDS).map(" ".join))
def test_any_text_has_an_outline_or_is_refused(text):
    for head in ("", "SELECT ", "ASK {", "CONSTRUCT {", "DESCRIBE "):
        try:
            outline(head + text)
            form_of(head + text)
        except KmGraphError:
            pass


def test_every_shipped_query_has_an_outline():
    for path in artefacts.files("queries", "**/*.rq"):
        found = outline(path.read_text(encoding="utf-8"))
        assert found.form in ("SELECT", "CONSTRUCT", "ASK", "DESCRIBE")
