"""Results in pages: the same rows as in one piece, in order, from one state of the data."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmgraph.errors import QueryError, ResultLimitError, StaleGenerationError
from kmgraph.namespaces import XSD
from kmgraph.remote.paging import Page, paged
from kmgraph.stores.oxigraph import MemoryStore

ALL = "SELECT ?s ?p ?o { ?s ?p ?o }"


def literal(text, kind):
    """Return a literal of a datatype, or of a language where it is short."""
    if len(kind) == 2:
        return ox.Literal(text, language=kind)
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


NUMBERS = st.sampled_from(["1", "01", "1.0", "2", "10", "x", ""])
KINDS = st.sampled_from(["integer", "decimal", "double", "string", "boolean", "de", "en"])
TERMS = st.one_of(
    st.sampled_from([ox.NamedNode(f"urn:{name}") for name in ("1", "x", "y")]),
    st.builds(literal, NUMBERS, KINDS),
)


def filled(objects):
    """Return a store that says each of some things of two subjects."""
    store = MemoryStore()
    lines = [f"<urn:{s}> <urn:p> {term} <urn:g> ." for s in "ab" for term in objects]
    store.load_nquads("\n".join(lines).encode())
    return store


class Endpoint:
    """Asks a store for pages, as an endpoint with limits of its own would."""

    def __init__(self, store, *, most=10**9, sends=10**9, generations=None):
        self.store, self.most, self.sends = store, most, sends
        self.generations = iter(generations or [])
        self.asked = []

    def __call__(self, text):
        """Return the rows of one page."""
        self.asked.append(text)
        found = self.store.query(text)
        rows = tuple(found)
        if len(rows) > self.most:
            raise ResultLimitError(self.most, "rows")
        return Page(found.variables, rows[: self.sends], next(self.generations, 7))


@settings(max_examples=40)
@given(st.lists(TERMS, max_size=12), st.integers(1, 7), st.sampled_from(["", " ORDER BY ?s"]))
def test_pages_hold_what_one_answer_holds(objects, page_rows, order):
    store = filled(objects)
    expected = Counter(store.query(ALL))
    found = paged(ALL + order, Endpoint(store), page_rows)
    assert ("s", "p", "o") == found.variables
    assert expected == Counter(found)


@given(
    st.lists(TERMS, max_size=8, unique=True),
    st.integers(1, 5),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_limit_and_offset_of_the_query_are_kept(objects, page_rows, limit, offset):
    store = filled(objects)
    text = f"SELECT ?s ?o {{ ?s ?p ?o }} ORDER BY ?s STR(?o) LIMIT {limit} OFFSET {offset}"
    keys = [(row[0].value, getattr(row[1], "value", "")) for row in store.query(text)]
    found = paged(text, Endpoint(store), page_rows)
    assert keys == [(row[0].value, getattr(row[1], "value", "")) for row in found]


@pytest.fixture(scope="module")
def ten():
    """Return a store of ten triples."""
    return filled([ox.Literal(number) for number in range(5)])


QUERIES = [
    "SELECT * { ?s ?p ?o }",
    "SELECT * { ?s ?p ?o { SELECT ?s (COUNT(?x) AS ?n) { ?s ?q ?x } GROUP BY ?s } }",
    "SELECT DISTINCT ?s { ?s ?p ?o }",
    "SELECT ?s (SUM(?o) AS ?sum) { ?s ?p ?o } GROUP BY ?s HAVING (SUM(?o) > 1)",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT ?s ?o { ?s ?p ?o } OFFSET 2 LIMIT 5",
    "SELECT ?s ?o ?k { ?s ?p ?o } LIMIT 7 VALUES ?k { 1 2 }",
    "SELECT ?s ?o { ?s ?p ?o } VALUES ?o { 1 2 3 } # the end",
    "SELECT ?s ?o ?none { ?s ?p ?o OPTIONAL { ?s <urn:none> ?none } } # } LIMIT 1",
    "SELECT ?s ?o { ?s ?p ?o } ORDER BY DESC(?o) (STR(?s))",
    "SELECT ?s ?o { ?s ?p ?o } ORDER BY DESC(?o) STR(?s) LIMIT 3 # LIMIT 1",
]


@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("page_rows", [1, 3, 100])
def test_each_kind_of_select(ten, text, page_rows):
    expected = [
        frozenset(zip(f.variables, row, strict=True)) for f in [ten.query(text)] for row in f
    ]
    found = paged(text, Endpoint(ten), page_rows)
    rows = [frozenset(zip(found.variables, row, strict=True)) for row in found]
    if "LIMIT 5" in text or "LIMIT 7" in text:
        assert len(expected) == len(rows) == len(set(rows))
    else:
        assert Counter(expected) == Counter(rows)


def test_the_order_of_the_query_comes_first(ten):
    found = paged("SELECT ?o ?s { ?s ?p ?o } ORDER BY DESC(?o)", Endpoint(ten), 3)
    assert [4, 4, 3, 3, 2, 2, 1, 1, 0, 0] == [int(row[0].value) for row in found]


def test_pages_are_fetched_when_they_are_wanted(ten):
    endpoint = Endpoint(ten)
    rows = iter(paged(ALL, endpoint, 2))
    assert 1 == len(endpoint.asked)
    assert 3 == len(list(islice(rows, 3)))
    assert 2 == len(endpoint.asked)


def test_an_endpoint_that_sends_fewer_rows_is_read_to_the_end(ten):
    assert 10 == len(list(paged(ALL, Endpoint(ten, sends=3), 8)))


def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(ten):
    endpoint = Endpoint(ten, most=3)
    assert 10 == len(list(paged(ALL, endpoint, 8)))
    with pytest.raises(ResultLimitError):
        paged(ALL, Endpoint(ten, most=0), 8)


def test_data_that_change_between_pages_are_noticed(ten):
    rows = iter(paged(ALL, Endpoint(ten, generations=[7, 7, 8, 8, 8, 8]), 4))
    assert 8 == len(list(islice(rows, 8)))
    with pytest.raises(StaleGenerationError, match="generation 7 to 8"):
        next(rows)


@pytest.mark.parametrize("generations", [[7, 7, 8], [7, 7, None]])
def test_data_that_shrink_between_pages_are_no_end(ten, generations):
    """An empty page is the end of the state that it is of."""
    rows = iter(paged(ALL, Endpoint(ten, generations=generations), 5))
    assert 10 == len(list(islice(rows, 10)))
    with pytest.raises(StaleGenerationError, match="generation 7 to"):
        next(rows)
    # Of a query with a LIMIT nothing more is asked when all of it was read.
    endpoint = Endpoint(ten, generations=generations)
    assert 10 == len(list(paged(ALL + " LIMIT 10", endpoint, 5)))
    assert 2 == len(endpoint.asked)


def test_without_order_and_without_generation_there_are_no_pages(ten):
    class Silent(Endpoint):
        """Does not say what generation it reads."""

        def __call__(self, text):
            page = super().__call__(text)
            return Page(page.variables, page.rows)

    with pytest.raises(QueryError, match="ORDER BY"):
        paged(ALL, Silent(ten), 4)
    assert 10 == len(list(paged(ALL + " ORDER BY ?o", Silent(ten), 4)))
    assert [] == list(paged("SELECT ?a { ?a <urn:none> ?a }", Silent(ten), 4))


@pytest.mark.parametrize("text", ["ASK {}", "DESCRIBE <urn:a>", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_only_solutions_have_pages(ten, text):
    with pytest.raises(QueryError, match="SELECT"):
        paged(text, Endpoint(ten), 4)


def test_an_endpoint_that_heeds_no_limit_is_refused(ten):
    def fetch(text):
        found = ten.query(ALL)
        return Page(found.variables, tuple(found), 7)

    with pytest.raises(QueryError, match="LIMIT"):
        paged(ALL, fetch, 4)


def test_blank_nodes_of_two_pages_are_not_taken_for_one():
    store = MemoryStore()
    store.load_nquads("\n".join(f"_:b{n} <urn:p> {n} <urn:g> .".replace(f" {n} ", f' "{n}" ')
                                for n in range(4)).encode())  # fmt: skip

    def fetch(text):
        found = store.query(text)
        # As an endpoint may: each answer counts its blank nodes anew.
        rows = [(ox.BlankNode(f"b{n}"), row[1]) for n, row in enumerate(found)]
        return Page(found.variables, tuple(rows), 7)

    text = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?o"
    assert 4 == len({row[0] for row in paged(text, fetch, 2)})
    with pytest.raises(QueryError, match="blank"):
        list(paged(text, fetch, 2, joined=True))
