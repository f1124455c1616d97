"""Checks 19 to 32: formats and their negotiation."""

from __future__ import annotations

import json
import random

from checks.exchange import Reply
from checks.model import EX, G1, G2, JSON, SIZE_1, XML, Endpoint, check, wanted
from checks.reading import GRAPHS, SOLUTIONS, Term, csv_rows, graph, solutions

_SELECT = f"SELECT ?o WHERE {{ GRAPH <{G1}> {{ <{EX}one> ?p ?o }} }}"
_CONSTRUCT = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{G1}> {{ ?s ?p ?o }} }}"
_STRING = "http://www.w3.org/2001/XMLSchema#string"
#: Terms that formats are known to spoil.
HARD_TERMS: tuple[Term, ...] = (
    ("literal", "", _STRING),
    ("literal", "two\nlines", _STRING),
    ("literal", "a carriage return\rand\r\nboth", _STRING),
    ("literal", "a\ttab, a \"quote\", an 'apostrophe' and a \\ backslash", _STRING),
    ("literal", "Café Žižek 漢字 🙂 ‮rtl", _STRING),
    ("literal", " white space at both ends  ", _STRING),
    ("literal", "</script><b>&amp; ]]>", _STRING),
    ("literal", "-1", _STRING),
    ("literal", "bonjour", "@fr"),
    ("literal", "hello", "@en-gb"),
    ("literal", "7", "http://www.w3.org/2001/XMLSchema#integer"),
    ("literal", "no number", "http://www.w3.org/2001/XMLSchema#integer"),
    ("literal", "1.1", "http://www.w3.org/2001/XMLSchema#decimal"),
    ("literal", "0001-01-01", "http://www.w3.org/2001/XMLSchema#date"),
    ("literal", "own", f"{EX}datatype"),
    ("uri", f"{EX}a?b=c&d=(e),'f'", ""),
    ("uri", f"{EX}漢字", ""),
)
#: Characters of random literals; the control characters are left out that XML cannot hold.
_LETTERS = "ab\"'\\\n\r\t ,;&<>{}|^`é漢🙂\u2028\u200d?_:-"


def random_terms(count: int, seed: int) -> list[Term]:
    """Return literals of characters that formats have to escape."""
    chance = random.Random(seed)
    kinds = (_STRING, "@de", f"{EX}datatype")
    return [
        ("literal", "".join(chance.choices(_LETTERS, k=chance.randrange(12))), chance.choice(kinds))
        for _ in range(count)
    ]


def _written(term: Term) -> str:
    """Return a term as SPARQL writes it, with everything escaped that can be."""
    kind, value, rest = term
    if kind == "uri":
        return f"<{value}>"
    escaped = "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08X}" for c in value)
    if rest == _STRING:
        return f'"{escaped}"'
    return f'"{escaped}"{rest}' if rest.startswith("@") else f'"{escaped}"^^<{rest}>'


def terms_survive(endpoint: Endpoint, terms: list[Term]) -> None:
    """Fail unless terms come back from every format of solutions and of graphs as they were."""
    # The number keeps the rows apart and in order.
    values = " ".join(f"({index} {_written(term)})" for index, term in enumerate(terms))
    text = f"SELECT ?t WHERE {{ VALUES (?i ?t) {{ {values} }} }} ORDER BY ?i"
    for name in ("json", "xml", "tsv"):
        reply = wanted(endpoint.post(text, SOLUTIONS[name]), 200)
        found = [row["t"] for row in solutions(reply)]
        for expected, term in zip(terms, found, strict=True):
            assert term == expected, f"{name}: {expected} came back as {term}"
    cells = csv_rows(wanted(endpoint.post(text, SOLUTIONS["csv"]), 200))
    assert cells[0] == ["t"]
    for term, row in zip(terms, cells[1:], strict=True):
        # A row of one empty cell is an empty line, which a reader may pass over.
        assert ("".join(row)) == term[1], f"csv: {term} came back as {row}"
    template = f"CONSTRUCT {{ ?s <{EX}p> ?t }} WHERE {{ VALUES (?i ?t) {{ {values} }} "
    template += f'BIND(IRI(CONCAT("{EX}s", STR(?i))) AS ?s) }}'
    reference = graph(wanted(endpoint.post(template, "application/n-triples"), 200))
    assert len(reference) == len(terms), "triples were lost"
    for media_type in GRAPHS:
        triples = graph(wanted(endpoint.post(template, media_type), 200))
        assert triples == reference, f"{media_type}: {list(triples ^ reference)[:4]}"


@check(19, "SELECT in JSON, XML, CSV and TSV, with the exact media type")
def select_formats(endpoint: Endpoint) -> None:
    for media_type in SOLUTIONS.values():
        reply = wanted(endpoint.query(_SELECT, media_type), 200)
        assert reply.media_type == media_type, f"{media_type} was asked for: {reply}"


@check(20, "ASK in JSON and XML")
def ask_formats(endpoint: Endpoint) -> None:
    for text, expected in (("ASK {}", "true"), ("ASK { FILTER(false) }", "false")):
        reply = wanted(endpoint.query(text, JSON), 200)
        assert reply.media_type == JSON and reply.json()["boolean"] == (expected == "true")
        reply = wanted(endpoint.query(text, XML), 200)
        assert reply.media_type == XML and f"<boolean>{expected}</boolean>" in reply.text, reply


@check(21, "CONSTRUCT and DESCRIBE in Turtle, N-Triples, RDF/XML and JSON-LD")
def graph_formats(endpoint: Endpoint) -> None:
    # The subject is found in one graph alone, whatever the default graph is.
    describe = f"DESCRIBE <{EX}two>"
    for media_type in GRAPHS:
        reply = wanted(endpoint.query(_CONSTRUCT, media_type), 200)
        assert reply.media_type == media_type, f"{media_type} was asked for: {reply}"
        assert len(graph(reply)) == SIZE_1, f"{media_type}: {reply}"
        reply = wanted(endpoint.query(describe, media_type, params={"default-graph-uri": G2}), 200)
        assert reply.media_type == media_type, f"{media_type} was asked for: {reply}"
        assert len(graph(reply)) >= 2, f"{describe} in {media_type}: {reply}"


@check(22, "the weights of Accept decide")
def weights(endpoint: Endpoint) -> None:
    for accept, expected in (
        (f"text/csv;q=.2, {XML};q=.9", XML),
        (f"{XML};q=0.1, text/csv;q=0.8", "text/csv"),
        (f"text/html;q=0.1, {JSON};q=0.4, text/tab-separated-values", SOLUTIONS["tsv"]),
    ):
        reply = wanted(endpoint.query(_SELECT, accept), 200)
        assert reply.media_type == expected, f"{accept}: {reply}"


@check(23, "wildcards of a type are respected, and the more special range decides")
def wildcards(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query(_SELECT, "application/*"), 200)
    assert reply.media_type.startswith("application/"), reply
    reply = wanted(endpoint.query(_SELECT, "text/*;q=0.9, text/html;q=0, application/*;q=0.1"), 200)
    assert reply.media_type in (SOLUTIONS["csv"], SOLUTIONS["tsv"], "text/plain"), reply
    reply = wanted(endpoint.query(_CONSTRUCT, "application/*;q=0.2, text/turtle;q=0.1"), 200)
    assert reply.media_type.startswith("application/"), reply


@check(24, "a weight of 0 excludes")
def weight_0(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query(_SELECT, f"{JSON};q=0, */*"), 200)
    assert reply.media_type != JSON, reply
    wanted(endpoint.query(_SELECT, "*/*;q=0"), 406)
    wanted(endpoint.query(_SELECT, f"{JSON};q=0"), 406)


@check(25, "no Accept and */* give the same default")
def default_format(endpoint: Endpoint) -> None:
    for text in (_SELECT, "ASK {}", _CONSTRUCT):
        types = {
            wanted(endpoint.query(text, accept), 200).media_type for accept in (None, "*/*", "")
        }
        assert len(types) == 1, f"{text}: {types}"


@check(26, "nothing acceptable: 406, and the answer lists what there is")
def not_acceptable(endpoint: Endpoint) -> None:
    for text, types in ((_SELECT, SOLUTIONS.values()), (_CONSTRUCT, GRAPHS)):
        reply = wanted(endpoint.query(text, "image/png"), 406)
        missing = [media_type for media_type in types if media_type not in reply.text]
        assert not missing, f"not listed: {missing} in {reply}"


@check(27, "Vary names Accept")
def vary(endpoint: Endpoint) -> None:
    for reply in (
        endpoint.query(_SELECT),
        endpoint.query(_SELECT, "text/csv"),
        endpoint.query(_CONSTRUCT, "text/turtle"),
        endpoint.query(_SELECT, "image/png"),
    ):
        assert "accept" in reply.tokens("Vary"), f"Vary: {reply.header('Vary')!r} of {reply}"


@check(28, "format= replaces Accept, in the URL and in a form")
def format_parameter(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query(_SELECT, JSON, params={"format": "csv"}), 200)
    assert reply.media_type == "text/csv", reply
    reply = wanted(endpoint.form({"query": _SELECT, "format": "xml"}), 200)
    assert reply.media_type == XML, reply
    reply = wanted(endpoint.query(_CONSTRUCT, "text/turtle", params={"format": "nt"}), 200)
    assert reply.media_type == "application/n-triples", reply


@check("29a", "CSV: CRLF, a header row, quotes where needed, nothing for unbound")
def csv_format(endpoint: Endpoint) -> None:
    text = 'SELECT ?a ?b ?c { VALUES (?a ?b ?c) { ("x,y" UNDEF "say \\"so\\"") } }'
    reply = wanted(endpoint.query(text, "text/csv"), 200)
    assert reply.body == b'a,b,c\r\n"x,y",,"say ""so"""\r\n', f"not as RFC 4180 has it: {reply}"


@check("29b", "TSV: variables with their sign, terms as in Turtle")
def tsv_format(endpoint: Endpoint) -> None:
    text = f'SELECT ?a ?b ?c ?d {{ VALUES (?a ?b ?c ?d) {{ (<{EX}x> "a\\tb"@en UNDEF "1.5"^^'
    text += "<http://www.w3.org/2001/XMLSchema#decimal>) } }"
    reply = wanted(endpoint.query(text, "text/tab-separated-values"), 200)
    header, row = reply.text.replace("\r", "").removesuffix("\n").split("\n")
    assert header == "?a\t?b\t?c\t?d", header
    first, second, third, fourth = row.split("\t")
    assert (first, second, third) == (f"<{EX}x>", '"a\\tb"@en', ""), row
    assert fourth in ("1.5", '"1.5"^^<http://www.w3.org/2001/XMLSchema#decimal>'), row


@check(30, "every kind of term survives every format")
def round_trip(endpoint: Endpoint) -> None:
    terms_survive(endpoint, [*HARD_TERMS, *random_terms(60, seed=1)])
    text = "SELECT ?b { BIND(BNODE() AS ?b) }"
    for name in ("json", "xml", "tsv"):
        (row,) = solutions(wanted(endpoint.query(text, SOLUTIONS[name]), 200))
        assert row["b"] == ("bnode", "", ""), f"a blank node in {name}: {row}"


@check(31, "JSON-LD needs nothing from elsewhere")
def json_ld(endpoint: Endpoint) -> None:
    reply = wanted(endpoint.query(_CONSTRUCT, "application/ld+json"), 200)
    assert reply.media_type == "application/ld+json", reply
    contexts = [*_contexts(json.loads(reply.body))]
    remote = [context for context in contexts if isinstance(context, str)]
    assert not remote, f"contexts to be fetched: {remote}"
    assert len(graph(reply)) == SIZE_1


def _contexts(document: object) -> list[object]:
    """Return the contexts of a JSON-LD document, those of lists one by one."""
    if isinstance(document, list):
        return [context for entry in document for context in _contexts(entry)]
    if not isinstance(document, dict):
        return []
    found = document.get("@context", [])
    inner = [context for value in document.values() for context in _contexts(value)]
    return [*(found if isinstance(found, list) else [found]), *inner]


def _no_triple_term(reply: Reply) -> None:
    """Fail where an answer holds what RDF 1.1 does not have."""
    assert reply.status in (200, 400, 406), reply
    if reply.status == 200:
        assert '"triple"' not in reply.text and "<<" not in reply.text, f"not asked for: {reply}"


@check(32, "RDF 1.2 terms only where they are asked for")
def rdf_1_2(endpoint: Endpoint) -> None:
    text = "SELECT (TRIPLE(<urn:s>, <urn:p>, 1) AS ?t) {}"
    _no_triple_term(endpoint.query(text))
    reply = wanted(endpoint.query(text, params={"version": "1.2"}), 200)
    term = reply.json()["results"]["bindings"][0]["t"]
    assert term["type"] == "triple", f"asked for, and not sent: {reply}"
    wanted(endpoint.query(_SELECT, params={"version": "1.1"}), 200)
