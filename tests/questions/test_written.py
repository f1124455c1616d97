"""A saved question that is opened in the editor asks what the question asks."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kmgraph.questions import load_catalogue
from kmgraph.questions.written import written
from kmgraph.sparql import analyse

CATALOGUE = load_catalogue()


def rows(solutions, left_out):
    """Return the values of rows, whatever their order and that of the texts that are joined."""
    names = list(solutions.variables)
    kept = [at for at, name in enumerate(names) if name not in left_out]
    return sorted("".join(sorted(str([row[at] for at in kept]))) for row in solutions)


@pytest.mark.parametrize("number", ["cq-019", "cq-020", "cq-032", "cq-106", "cq-130"])
def test_the_text_has_the_same_rows_as_the_question(example, number):
    """Values in expressions, keys, sub-queries and MINUS mean what bound variables mean."""
    store, question = example.store, CATALOGUE[number]
    examples = {one.name: one.example for one in question.parameters if one.example}
    bindings = question.bindings(examples, base=store.base)
    text = written(question, bindings)
    asked = store.query(question.query, bindings=bindings)
    assert rows(store.query(text), bindings) == rows(asked, bindings)
    assert not any(f"?{name} " in text.partition("WHERE")[2] for name in bindings)


def test_every_question_can_be_written(example):
    """No question loses its values, and each says what was chosen."""
    for question in CATALOGUE.values():
        examples = {one.name: one.example for one in question.parameters if one.example}
        bindings = question.bindings(examples, base=example.store.base)
        said = written(question, bindings).splitlines()[1 : 1 + len(question.parameters)]
        assert all(line.startswith("# ") for line in said), question.id
        assert not any(line.endswith(": any") for line in said), question.id


def test_a_value_ends_no_comment_and_no_text():
    """What stands for a parameter stays one term of the query, and one line of the comment."""
    question = CATALOGUE["cq-020"]
    text = written(question, {"thin": ox.Literal('2"\n} # INSERT { ?s ?p "')})
    assert [one for one in text.splitlines() if one.startswith("# ")][1].startswith("# Thin cover")
    assert analyse(text).form == "SELECT"
    assert 'COALESCE("2\\"\\n} # INSERT { ?s ?p \\"", 1)' in text


@pytest.mark.parametrize("number", ["cq-001", "cq-004", "cq-020", "cq-106"])
def test_the_query_of_an_answer_finds_its_rows(example, number):
    """Whoever runs it finds as many rows, with what was chosen or taken for granted."""
    question = CATALOGUE[number]
    examples = {one.name: one.example for one in question.parameters if one.example}
    for chosen in ({}, examples):
        found = example.ask(number, chosen, whole=True)
        assert len(list(example.store.query(found.query))) == len(found.rows)
        assert found.to_dict()["query"] == found.query
