"""Parameters become terms, each chooses what it says, and nothing else gets through."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError, ParameterError
from kmgraph.questions import Question, answer, load_catalogue, options, parse_question

QUESTIONS = load_catalogue()
BASE = "https://example.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"

_EVERY_KIND = """\
#+ id: cq-900
#+ title: Every kind
#+ question: Which kinds are there?
#+ framework: none
#+ status: draft
#+ since: 0.1.0
#+ graphs: [datasets]
#+ entailment: none
#+ parameters:
#+   - {name: iri, kind: iri, label: l, help: h, example: "km:Study"}
#+   - {name: construct, kind: construct, label: l, help: h, example: PARIHS.C.culture}
#+   - {name: string, kind: string, label: l, help: h, example: x}
#+   - {name: integer, kind: integer, label: l, help: h, example: "1"}
#+   - {name: decimal, kind: decimal, label: l, help: h, example: "0.5"}
#+   - {name: date, kind: date, label: l, help: h, example: "2012"}
#+   - {name: boolean, kind: boolean, label: l, help: h, example: "yes"}
#+ returns:
#+   - {name: title, kind: text, meaning: A title.}
#+ order: none
#+ source: this test
#+ tags: [test]
PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?iri ?construct ?string ?integer ?decimal ?date ?boolean (STR(?text) AS ?title)
WHERE {
  ?study dcterms:title ?text .
  FILTER (COALESCE(?string, STR(?text)) = STR(?text))
}
"""


@pytest.fixture(scope="module")
def every_kind() -> Question:
    """Return a question with a parameter of every kind."""
    return parse_question(_EVERY_KIND, Path("cq-900-every-kind.rq"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("iri", "study/ndl-MH1", "https://example.org/study/ndl-MH1"),
        ("iri", "km:Study", "https://w3id.org/kmgraph/ontology#Study"),
        ("iri", "https://example.org/other#x", "https://example.org/other#x"),
        ("iri", "<https://example.org/other>", "https://example.org/other"),
        ("iri", "urn:uuid:1", "urn:uuid:1"),
        (
            "construct",
            "PARIHS.C.culture",
            "https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C.culture",
        ),
        (
            "construct",
            "parihs2004:PARIHS.C",
            "https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C",
        ),
    ],
)
def test_iris_are_read_in_each_notation(
    every_kind: Question, kind: str, text: str, value: str
) -> None:
    """Absolute IRIs, prefixed names, record ids and construct ids all name an IRI."""
    assert {kind: ox.NamedNode(value)} == every_kind.bindings({kind: text}, base=BASE)


@pytest.mark.parametrize(
    ("kind", "text", "value", "datatype"),
    [
        ("string", "plain words", "plain words", "string"),
        ("integer", " -3 ", "-3", "integer"),
        ("decimal", "0.25", "0.25", "decimal"),
        ("date", "2012-05-29", "2012-05-29", "date"),
        ("date", "2012-05", "2012-05", "gYearMonth"),
        ("date", "2012", "2012", "gYear"),
        ("boolean", "Yes", "true", "boolean"),
        ("boolean", "0", "false", "boolean"),
    ],
)
def test_literals_have_the_datatype_of_their_kind(
    every_kind: Question, kind: str, text: str, value: str, datatype: str
) -> None:
    """Numbers, dates and truth values are bound with their datatypes."""
    wanted = ox.Literal(value, datatype=ox.NamedNode(XSD + datatype))
    assert {kind: wanted} == every_kind.bindings({kind: text}, base=BASE)


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("iri", "MH1", "study/ndl-MH1"),
        ("iri", "kmm:Study", "did you mean km"),
        ("iri", "https://example.org/a b", "IRI"),
        ("iri", "study/ndl-MH1> } #", "IRI"),
        ("iri", "km:Study> } INSERT", "IRI"),
        ("iri", '"text"', "IRI"),
        ("construct", "PARIHS.C.cultur", "PARIHS.C.culture"),
        ("integer", "1.5", "whole number"),
        ("integer", "1) } #", "whole number"),
        ("integer", "１", "whole number"),
        ("decimal", "1e3", "0.5"),
        ("date", "2012-13-01", "2012"),
        ("date", "29/05/2012", "2012-05-29"),
        ("boolean", "maybe", "yes or no"),
    ],
)
def test_what_is_not_of_the_kind_is_refused(
    every_kind: Question, kind: str, text: str, hint: str
) -> None:
    """The message names the parameter, what was given, what is expected and an example."""
    with pytest.raises(ParameterError) as caught:
        every_kind.bindings({kind: text}, base=BASE)
    message = str(caught.value)
    assert f"parameter '{kind}'" in message
    assert text in message
    assert hint in message
    assert f"for example {kind}={every_kind.parameter(kind).example}" in message


def test_a_missing_or_unknown_parameter_is_named() -> None:
    """Required parameters are asked for, empty ones count as missing, others are refused."""
    for given in ({}, {"record": ""}, {"record": None}):
        with pytest.raises(ParameterError, match=r"cq-102 needs .*'record'.*record=programme/"):
            QUESTIONS["102"].bindings(given)
    with pytest.raises(ParameterError, match=r"cq-031 has no parameter 'them'.*programme"):
        QUESTIONS["31"].bindings({"them": "x"})
    with pytest.raises(ParameterError, match=r"'km:Study' is not one of km:Barrier, km:Enabler"):
        QUESTIONS["101"].bindings({"kind": "km:Study"})


@pytest.mark.parametrize(
    "text",
    [
        'x") } UNION { ?study ?p ?title',
        "x\\u0022) . ?a ?b ?title }",
        "?title",
        "*/ SERVICE <http://localhost:9/> { ?a ?b ?c }",
        "x'; DROP ALL; #",
        "\\",
    ],
)
def test_text_that_looks_like_a_query_stays_text(
    every_kind: Question, text: str, dataset: EvidenceDataset
) -> None:
    """A text is compared as a text: it matches no title, and the query stays what it was."""
    assert text == every_kind.bindings({"string": text})["string"].value
    assert [] == answer(every_kind, dataset.store, {"string": text}).rows
    title = "Exploring preconception care"
    rows = answer(every_kind, dataset.store, {"string": title}).rows
    assert [title] == [row["title"] for row in rows]


@pytest.mark.parametrize(
    ("question_id", "parameters", "rows"),
    [
        ("20", {"thin": "0"}, 1),
        ("20", {"thin": "2"}, 16),
        ("20", {"programme": "programme/ndl-clahrc"}, 0),
        ("31", {"programme": "programme/ndl-ndl"}, 7),
        ("31", {"programme": "programme/ndl-clahrc"}, 0),
        ("32", {"study": "study/ndl-MH1"}, 4),
        ("32", {"programme": "programme/ndl-ndl"}, 64),
        ("32", {"programme": "programme/ndl-clahrc"}, 0),
        ("32", {"study": "study/ndl-MH1", "programme": "programme/ndl-clahrc"}, 0),
        ("33", {"theme": "theme/ndl-mental-health"}, 4),
        ("33", {"programme": "programme/ndl-ndl"}, 16),
        ("33", {"programme": "programme/ndl-clahrc"}, 0),
        ("33", {"theme": "theme/ndl-implementation"}, 0),
        ("37", {"kind": "km:DifferentDate"}, 0),
        ("37", {"kind": "km:Contradictory", "about": "study/ndl-CYP3"}, 3),
        ("37", {"about": "study/none"}, 0),
        ("38", {"kind": "org:Post"}, 42),
        ("101", {"kind": "km:Barrier", "within": "PARIHS.E"}, 4),
        ("101", {"within": "PARIHS.C.evaluation"}, 1),
        ("101", {"about": "case/ndl-SR1-case"}, 1),
        ("102", {"record": "study/ndl-CYP3"}, 2),
        ("102", {"record": "study/none"}, 0),
    ],
)
def test_each_parameter_chooses(
    question_id: str, parameters: dict[str, str], rows: int, dataset: EvidenceDataset
) -> None:
    """A parameter narrows the answer to what it names; what does not exist yields nothing."""
    assert rows == len(answer(QUESTIONS[question_id], dataset.store, parameters).rows)


def test_answers_repeat_the_parameters_they_used(dataset: EvidenceDataset) -> None:
    """Defaults are listed beside what was given, in the notation that people type."""
    found = dataset.ask("20", programme=f"{dataset.base}programme/ndl-ndl")
    assert {"thin": "1", "programme": "programme/ndl-ndl"} == found.parameters


def test_options_offer_what_exists(dataset: EvidenceDataset) -> None:
    """A picker lists the records of the class by name, or the legal choices."""
    studies = options(QUESTIONS["32"].parameter("study"), dataset.store)
    assert 16 == len(studies)
    assert ("study/ndl-CYP1", "Consensus in assessment and treatment outcomes") == (
        studies[0].value,
        studies[0].label[:46],
    )
    kinds = options(QUESTIONS["37"].parameter("kind"), dataset.store)
    assert [("km:Contradictory", "contradictory"), ("km:DifferentUnit", "different unit")] == [
        (kind.value, kind.label) for kind in kinds[:2]
    ]
    assert [] == options(QUESTIONS["20"].parameter("thin"), dataset.store)
    numbered = {
        option.value for option in options(QUESTIONS["102"].parameter("record"), dataset.store)
    }
    assert "programme/ndl-ndl" in numbered
    assert all(dataset.ask("102", record=value).rows for value in numbered)
    for question in QUESTIONS.values():
        for parameter in question.parameters:
            for option in options(parameter, dataset.store):
                assert question.bindings(
                    {"record": "study/x", parameter.name: option.value}
                    if question.id == "cq-102"
                    else {parameter.name: option.value}
                )


def test_a_number_outside_its_bounds_is_refused() -> None:
    """A score lies on its scale, and the message says which that is."""
    question = QUESTIONS["7"]
    for text in ("-0.1", "1.01", "7"):
        with pytest.raises(ParameterError, match="0 or more and 1 or less"):
            question.bindings({"score": text})
    assert "1" == question.bindings({"score": "1"})["score"].value
    assert "0" == question.bindings({"score": "0"})["score"].value


@pytest.mark.parametrize(
    "facts", ["kind: string, minimum: 0", "kind: integer, maximum: many", "kind: date, maximum: 3"]
)
def test_bounds_are_of_numbers_alone(facts: str, tmp_path: Path) -> None:
    """A header with bounds of a text, or with bounds that are no numbers, is refused."""
    line = "#+   - {name: string, kind: string, label: l, help: h, example: x}"
    text = _EVERY_KIND.replace(
        line, f'#+   - {{name: string, {facts}, label: l, help: h, example: "1"}}'
    )
    with pytest.raises(InputError, match=r"string: (only numbers|maximum is no number)"):
        parse_question(text, tmp_path / "cq-900-x.rq")
