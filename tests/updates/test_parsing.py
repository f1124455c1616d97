"""The text of an update is taken apart where the grammar has it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmgraph import errors
from kmgraph.updates.operations import Clearing, Creation, Modification, Target, Transfer
from kmgraph.updates.parsing import parse_update, split_update

NASTY = st.text(alphabet=";{}#<>?$'\"\\ \n\tINSERTDATA", max_size=20)
ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str, quote: str) -> str:
    """Return a literal; its quotes, backslashes and line ends are escaped."""
    escaped = "".join(ESCAPES.get(c, c) for c in text).replace(quote[0], f"\\{quote[0]}")
    return f"{quote}{escaped}{quote}"


LITERAL = st.tuples(NASTY, st.sampled_from(["'", '"', "'''", '"""'])).map(lambda t: quoted(*t))
IRI = st.text(alphabet=";?$'()x/DELETE", max_size=8).map(lambda t: f"<urn:x{t}#;>")
COMMENT = NASTY.map(lambda t: "# " + t.replace("\n", " ").replace("\r", " ") + "\n")
DATA = st.tuples(IRI, IRI, st.one_of(IRI, LITERAL), st.one_of(COMMENT, st.just(" "))).map(
    lambda t: f"INSERT DATA {{ {t[0]} {t[1]} {t[2]}{t[3]}}}"
)
WHERE = st.tuples(IRI, LITERAL, COMMENT).map(
    lambda t: (
        f"DELETE {{ ?s {t[0]} ?o }} WHERE {{ ?s ?p ?o ; {t[0]} {t[1]} {t[2]} FILTER(?o < 5) }}"
    )
)
OTHER = st.sampled_from(["CLEAR ALL", "DROP SILENT GRAPH <urn:;>", "COPY DEFAULT TO <urn:a#;>"])


@given(st.lists(st.one_of(DATA, WHERE, OTHER), min_size=1, max_size=5), COMMENT)
def test_what_was_joined_is_split_again(operations, comment):
    text = f" {comment};{comment}".join(operations)
    bodies = [part.body(text) for part in split_update(text)]
    assert operations == bodies
    assert len(operations) == len(parse_update(text))


@given(st.text(alphabet=";{}<>'\"# \nINSERTDELTWHCLAOVSN?:x", max_size=60))
def test_any_text_is_read_or_refused_with_an_error_of_ours(text):
    try:
        parse_update(text)
    except errors.KmGraphError:
        pass


def test_declarations_hold_for_all_operations_after_them():
    text = """PREFIX a: <urn:a#> BASE <https://x.org/d/> # one
    INSERT DATA { a:x a <y> } ; PREFIX b: <e/> INSERT DATA { a:x b:p <z> } ;
    BASE <f/> PREFIX a: <urn:b#> CREATE GRAPH a:g ; ADD <i> TO b:j ;"""
    first, second, created, added = parse_update(text, base_iri="https://nowhere.org/")
    assert "https://x.org/d/y" == first.insert.quads[0].object.value
    assert "https://x.org/d/e/p" == second.insert.quads[0].predicate.value
    assert Creation("urn:b#g", is_silent=False) == created
    assert ("https://x.org/d/f/i", "https://x.org/d/e/j") == (added.source, added.target)
    (relative,) = parse_update("CREATE GRAPH <g>", base_iri="https://x.org/sparql")
    assert "https://x.org/g" == relative.graph


def test_each_form_is_known():
    parse = lambda text: parse_update(text)[0]  # noqa: E731
    assert Clearing(Target.ALL, is_drop=False, is_silent=False) == parse("clear all")
    assert Clearing("urn:g", is_drop=True, is_silent=True) == parse("DROP SILENT GRAPH <urn:g>")
    assert Transfer("MOVE", Target.DEFAULT, "urn:g", True) == parse(
        "MOVE SILENT DEFAULT TO GRAPH <urn:g>"
    )
    found = parse("WITH <urn:w> DELETE { ?a ?b ?c } USING <urn:u> USING NAMED <urn:n> WHERE {}")
    assert isinstance(found, Modification)
    assert ("urn:w", ("urn:u",), ("urn:n",)) == (found.with_graph, found.using, found.using_named)
    assert [] == parse_update("") == parse_update("PREFIX a: <urn:a>") == parse_update("# nothing")


@pytest.mark.parametrize(
    "text",
    [
        "INSERTDATA { <urn:a> <urn:b> 1 }",
        "CLEARALL",
        "INSERT { <urn:a> <urn:b> 1 } USINGNAMED <urn:g> WHERE {}",
        "DELETEWHERE { ?s ?p ?o }",
        "INSERT DATA { <urn:a> <urn:b> ?c }",
        "DELETE DATA { _:b <urn:b> 1 }",
        "INSERT DATA { <urn:a> <urn:b> 1 } INSERT DATA {}",
        "INSERT DATA { <urn:a> <urn:b> 1",
        "SELECT * { ?s ?p ?o }",
        "INSERT DATA { km:a a 1 }",
        "CLEAR GRAPH",
        "COPY <urn:a>",
        "INSERT DATA {} ;; INSERT DATA {}",
        "; INSERT DATA {}",
        "PREFIX a: <urn:a> ; INSERT DATA {}",
        "PREFIX",
        "INSERT DATA {} ; PREFIX a: INSERT",
        "INSERT DATA { _:a <urn:b> 1 } ; INSERT DATA { _:a <urn:b> 2 }",
    ],
)
def test_what_does_not_follow_the_grammar_is_refused(text):
    with pytest.raises(errors.QuerySyntaxError):
        parse_update(text)


def test_an_error_is_placed_where_it_is_in_the_whole_text():
    text = "PREFIX a: <urn:a#>\nINSERT DATA { a:x a:y 1 } ;\nPREFIX b: <urn:b>\n  CLEAR GRAPH ALL"
    with pytest.raises(errors.QuerySyntaxError) as caught:
        parse_update(text)
    assert 4 == caught.value.line


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:9/>",
        "load silent <file:///etc/hostname> INTO GRAPH <urn:g>",
        "INSERT DATA {} ; LOAD <http://127.0.0.1:9/>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    ],
)
def test_nothing_is_fetched(text):
    with pytest.raises(errors.OutboundRequestError):
        parse_update(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <<( <urn:a> <urn:b> 1 )>> <urn:c> 1 }",
        "INSERT DATA { <urn:a> <urn:b> <<( <urn:a> <urn:b> 1 )>> }",
        "INSERT DATA { <urn:a> <urn:b> 1 {| <urn:c> 2 |} }",
        "INSERT DATA { <urn:a> <urn:b> 'x'@en--rtl }",
        "INSERT { <urn:a> <urn:b> <<( ?s <urn:b> ?o )>> } WHERE { ?s ?p ?o }",
    ],
)
def test_terms_of_rdf_1_2_are_refused(text):
    with pytest.raises((errors.InputError, errors.QuerySyntaxError)):
        parse_update(text)
