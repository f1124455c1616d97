"""The files of the catalogue: their headers, and how questions are found."""

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import yaml

from kmgraph import artefacts
from kmgraph.errors import InputError, QuestionNotFoundError
from kmgraph.namespaces import PREFIXES
from kmgraph.questions import load_catalogue, parse_question
from kmgraph.questions.catalogue import Catalogue
from kmgraph.questions.header import KEYS

FILES = artefacts.files("queries", "competency/*.rq")
NAME = Path("cq-020-vacant-or-thin-posts.rq")
GOOD = artefacts.read_text("queries", f"competency/{NAME}")


def _ids(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_header_keys_stand_in_their_order(path: Path) -> None:
    """Each header has its keys in the order of the README, and its file a plain name."""
    lines = [line[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("#+")]
    keys = list(yaml.safe_load("\n".join(lines)))
    assert [key for key in KEYS if key in keys] == keys
    assert re.fullmatch(r"cq-[0-9]{3}-[a-z0-9-]+\.rq", path.name)


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_query_returns_what_its_header_lists(path: Path) -> None:
    """Parameters and returned variables together are what the query selects."""
    question = load_catalogue()[path.name[:6]]
    solutions = ox.Store().query(question.query)
    assert isinstance(solutions, ox.QuerySolutions)
    selected = {variable.value for variable in solutions.variables}
    listed = {variable.name for variable in question.returns}
    counted = question.listing.counted if question.listing else ()
    listed |= {variable for _, variable in counted}
    assert listed | {parameter.name for parameter in question.parameters} == selected
    assert any(variable.kind == "passages" for variable in question.returns)


@pytest.mark.parametrize("path", artefacts.files("queries", "*/*.rq"), ids=_ids)
def test_prefixes_are_those_of_the_table(path: Path) -> None:
    """A query declares prefixes as the table has them; a question, only those that it uses."""
    text = path.read_text(encoding="utf-8")
    declared = dict(re.findall(r"^PREFIX (\w+): <(.+)>$", text, re.MULTILINE))
    body = re.sub(r"^(#.*|PREFIX .*)$", "", text, flags=re.MULTILINE)
    assert {prefix: PREFIXES[prefix] for prefix in declared} == declared
    if path in FILES:
        assert set(declared) == {p for p in declared if re.search(rf"\b{p}:\w", body)}


def test_readme_describes_every_key() -> None:
    """The README of the queries explains each key of the header."""
    readme = artefacts.read_text("queries", "README.md")
    assert [] == [key for key in KEYS if f"`{key}`" not in readme]


def test_questions_are_found_by_id_or_number_in_order() -> None:
    """Ids come in order; a number alone finds its question."""
    catalogue = load_catalogue()
    assert sorted(catalogue) == list(catalogue)
    assert {"cq-020", "cq-031", "cq-032", "cq-033", "cq-037", "cq-038"} <= set(catalogue)
    for name in ("31", "031", "cq-31", "CQ-031", "cq-031"):
        assert "cq-031" == catalogue[name].id
        assert name in catalogue
    assert "cq-999" not in catalogue


def test_an_unknown_question_names_near_ones() -> None:
    """The error says which ids are like the one given, and how to list all."""
    with pytest.raises(QuestionNotFoundError, match=r"'40'.*cq-\d+ \(.*kmgraph questions"):
        load_catalogue()["40"]


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("#+ title: ", "#+ titel: ", "titel", "unknown"),
        ("#+ status: stable", "#+ status: done", "status", "neither stable nor draft"),
        ("#+ id: cq-020", "#+ id: cq-021", "id", "begin the file's name"),
        ("#+ since: 0.1.0", "#+ since: 0.1", "since", "put it in quotes"),
        ("#+ graphs: [datasets, ontology]", "#+ graphs: datasets", "graphs", "must be a list"),
        ("#+ order: fewest filled posts first, then title\n", "", "order", "is missing"),
        ("kind: integer, label", "kind: int, label", "parameters", "kind is one of"),
        ('default: "1"', 'default: "one"', "parameters", "'one' is not a whole number"),
        ('default: "1"', "default: 1", "parameters", "put it in quotes"),
        (
            "label: Thin cover, ",
            "label: Thin cover, options: none, ",
            "parameters",
            "no such query",
        ),
        ("label: Thin cover, ", "", "parameters", "'label' is missing"),
        ("kind: passages", "kind: passage", "returns", "kind is one of"),
        ("of: study, meaning", "of: studi, meaning", "returns", "which is not returned"),
        ("{name: themes,", "{name: study,", "returns", "'study' stands twice"),
        ("{name: themes,", "{name: my themes,", "returns", "letters and digits"),
        ("{name: themes,", "{nam: themes,", "returns", "a mapping with a name"),
    ],
)
def test_a_wrong_header_is_named_by_file_and_key(
    old: str, new: str, key: str, problem: str
) -> None:
    """The error names the file, the key and what is wrong with it."""
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        parse_question(GOOD.replace(old, new, 1), NAME)
    assert f"{NAME}: header key '{key}'" in str(caught.value)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("SELECT * { ?s ?p ?o }", "has no header"),
        ("#+ - a\nSELECT * {}", "no list of 'key: value' lines"),
        ("#+ id: [\nSELECT * {}", "not YAML"),
        ("\n".join(line for line in GOOD.splitlines() if line.startswith("#+")), "no query"),
    ],
)
def test_a_file_that_is_no_question_is_refused(text: str, problem: str) -> None:
    """A file without header or query says so."""
    with pytest.raises(InputError, match=problem):
        parse_question(text, NAME)


def test_two_questions_of_one_id_are_refused() -> None:
    """Ids are unique; the error names both files."""
    question = parse_question(GOOD, NAME)
    with pytest.raises(InputError, match=rf"{NAME}.*{NAME}"):
        Catalogue([question, question])
