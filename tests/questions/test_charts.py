"""Charts of answers: what is drawn is what the rows say, and nothing that they do not say."""

import inspect
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError, NoChartError
from kmgraph.figures.chart import MOST_DRAWN, Chart, ChartRow
from kmgraph.figures.chart_drawing import grounds
from kmgraph.questions import GROUPS, Answer, load_catalogue, parse_question
from kmgraph.questions.parameters import KINDS

NAME = Path("cq-020-vacant-or-thin-posts.rq")
HEADER = """#+ id: cq-020
#+ title: Marks
#+ question: How many marks has each ward?
{group}#+ framework: none
#+ status: stable
#+ since: 0.1.0
#+ graphs: [datasets]
#+ entailment: none
#+ returns:
#+   - {{name: ward, kind: text, meaning: The ward.}}
#+   - {{name: sort, kind: text, meaning: Sort of mark.}}
#+   - {{name: marks, kind: number, unit: marks, meaning: Marks.}}
#+   - {{name: score, kind: number, meaning: Score.}}
#+   - {{name: passages, kind: passages, meaning: Where.}}
#+ order: ward
#+ chart: {chart}
#+ source: nobody
#+ tags: [marks]
SELECT ?ward ?sort ?marks ?score ?passages {{
  VALUES (?ward ?sort ?marks ?score) {{
    ("North" "good" 3 0.5) ("North" "poor" 1 0.7) ("North" "poor" 2 UNDEF)
    ("South" "good" UNDEF UNDEF) ("All" "good" 6 0.6)
  }}
}}
"""


def asked(chart: str, group: str = "") -> Answer:
    """Return the answer to a question with a chart."""
    from kmgraph.questions import answer
    from kmgraph.stores.oxigraph import MemoryStore

    return answer(parse_question(HEADER.format(chart=chart, group=group), NAME), MemoryStore())


def drawn(chart: str) -> Chart:
    """Return the chart of the answer."""
    found = asked(chart).to_chart()
    assert found is not None
    return found


def test_rows_are_added_up_and_totals_left_out() -> None:
    """Three marks of two sorts; a ward without a number is not drawn as nought."""
    found = drawn(
        "{kind: stacked, shows: Marks, by: ward, series: sort, values: marks, "
        "leaves_out: {ward: All}}"
    )
    assert found.series == ("good", "poor")
    assert found.rows == (ChartRow("North", (Decimal(3), Decimal(3))),)
    assert "1 row without a number not drawn." in found.notes
    assert "Where several numbers fall on one place, they are added up." in found.notes
    assert found.to_table() == [{"name": "North", "good": 3, "poor": 3}]


def test_scores_are_never_added_up() -> None:
    """Of numbers without a unit the mean is drawn, and the chart says so."""
    found = drawn("{kind: heat, shows: Score, by: ward, values: score, least: 0, greatest: 1}")
    assert [row.numbers for row in found.rows] == [(Decimal("0.6"),), (Decimal("0.6"),)]
    assert "Where several numbers fall on one place, their mean is drawn." in found.notes


def test_rows_are_counted_where_no_values_are_named() -> None:
    """A count of none is a nought; most comes first where the header says so."""
    found = drawn("{kind: stacked, shows: Rows, by: ward, series: sort, most_first: true}")
    assert [(row.label, row.numbers) for row in found.rows] == [
        ("North", (1, 2)), ("South", (1, 0)), ("All", (1, 0)),
    ]  # fmt: skip
    assert found.to_text().splitlines()[2] == "North  good 1, poor 2"


def test_dots_stay_apart_and_what_is_the_same_is_told_below() -> None:
    """Two numbers of one ward are two lanes; a name that all rows share is said once."""
    found = drawn("{kind: dot, shows: Score, by: [ward, sort], values: [score, marks]}")
    assert [row.label for row in found.rows] == [
        "North · good", "North · poor", "North · poor", "All · good",
    ]  # fmt: skip
    assert found.rows[2].numbers == (None, 2)
    assert "not known" in found.to_text()


@pytest.mark.parametrize(
    ("chart", "problem"),
    [
        ("{kind: pie, shows: Marks, by: ward}", "kind is one of"),
        ("{kind: bar, by: ward}", "is a mapping with by, kind, shows"),
        ("{kind: bar, shows: Marks, by: ward, colour: red}", "is a mapping with"),
        ("{kind: bar, shows: Marks, by: theme}", "names 'theme', which is not returned"),
        ("{kind: bar, shows: Marks, by: ward, values: sort}", "numbers, and 'sort' is of text"),
        ("{kind: bar, shows: Marks, by: ward, series: sort}", "stacked ones have several"),
        ("{kind: dot, shows: Marks, by: ward}", "dots need values"),
        ("{kind: bar, shows: Marks, by: passages}", "named by passages"),
        ("{kind: heat, shows: M, by: ward, series: sort, values: [marks, score]}", "not both"),
        ("{kind: bar, shows: Marks, by: ward, least: low}", "are numbers"),
        ("{kind: bar, shows: Marks, by: ward, most_first: 3}", "true or false"),
        ("[bar]", "is a mapping with"),
    ],
)
def test_a_wrong_chart_is_refused_when_the_question_loads(chart: str, problem: str) -> None:
    """The message names the file and the key."""
    with pytest.raises(InputError, match=f"cq-020-.*'chart': .*{problem}"):
        asked(chart)


def test_a_group_is_one_of_those_that_there_are() -> None:
    """A question without one is among the others."""
    chart = "{kind: bar, shows: Rows, by: ward}"
    assert asked(chart).question.group == "other"
    assert asked(chart, "#+ group: unsure\n").question.group == "unsure"
    with pytest.raises(InputError, match="'group': 'sundry' is none of took-hold"):
        asked(chart, "#+ group: sundry\n")


def test_every_shipped_question_has_a_group_and_counts_have_a_chart() -> None:
    """What returns two counted numbers or more is drawn."""
    for question in load_catalogue().values():
        assert question.group in GROUPS
        assert question.group != "other"
        counted = [one for one in question.returns if one.kind == "number" and one.unit]
        assert question.chart is not None or len(counted) < 2, question.id


def test_a_chart_of_the_example_says_what_its_table_says(example: EvidenceDataset) -> None:
    """Posts by theme: the sums are those of the rows, and the totals are not drawn again."""
    answer = example.ask("31")
    chart = answer.to_chart()
    assert chart is not None
    themes = {row["themeLabel"]: row for row in answer.rows if row["theme"]}
    assert {row.label for row in chart.rows} == set(themes)
    for row in chart.rows:
        held = themes[row.label]
        numbers = (held["filledPosts"], held["vacantPosts"], held["unknownPosts"])
        assert row.numbers == tuple(map(Decimal, numbers))
    svg = answer.to_svg()
    assert svg == example.ask("31").to_svg()
    root = ET.fromstring(svg)  # noqa: S314
    title, told = (root.find(f"{{http://www.w3.org/2000/svg}}{name}") for name in ("title", "desc"))
    assert title is not None and title.text == "Studies, fellows and communities by theme"
    assert (
        told is not None and told.text is not None and "Mental Health: Filled posts 6" in told.text
    )
    assert answer.to_png(40).startswith(b"\x89PNG")


def test_each_kind_is_drawn_with_hard_labels() -> None:
    """Long and empty names, markup, many series and many rows."""
    rows = tuple(
        ChartRow(f"<b>{'ward ' * 30}</b>{place}", (Decimal(place), None, Decimal("0.5")))
        for place in range(MOST_DRAWN + 3)
    )
    series = ("filled", "not reported", "x" * 200)
    for kind in ("bar", "stacked", "dot", "line", "heat"):
        shown = rows[:8] if kind == "line" else rows
        chart = Chart(kind, "Title & more", "Posts", series, shown)
        assert ET.fromstring(chart.to_svg()) is not None  # noqa: S314
        assert ("The first 40 of 43 rows" in chart.description) == (kind != "line")
    assert len(Chart("bar", "T", "S", series, rows).to_table()) == len(rows)


def test_series_differ_in_more_than_colour() -> None:
    """What is not known is hatched, each in its own way."""
    looks = grounds(["filled", "not reported", "vacant", "no record"])
    assert [bool(hatch) for _, _, hatch in looks] == [False, True, False, True]
    assert len(set(looks)) == 4


def test_an_answer_without_a_chart_says_so(example: EvidenceDataset) -> None:
    """Where the question has none, and where nothing can be drawn."""
    for question_id, said in (("37", "has no chart"), ("5", "nothing in this answer")):
        answer = example.ask(question_id)
        assert answer.to_chart() is None
        with pytest.raises(NoChartError, match=said):
            answer.to_svg()


def test_a_question_of_ones_own_is_asked_like_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: EvidenceDataset
) -> None:
    """A folder that the environment names adds to those that are shipped."""
    chart = "{kind: bar, shows: Rows, by: ward}"
    text = HEADER.format(chart=chart, group="").replace("cq-020", "cq-901")
    (tmp_path / "cq-901-marks.rq").write_text(text, encoding="utf-8")
    shipped = set(load_catalogue())
    monkeypatch.setenv("KMGRAPH_QUESTIONS", str(tmp_path))
    assert set(load_catalogue()) - shipped == {"cq-901"}
    found = example.questions.cq_901()
    assert len(found.rows) == 5
    assert "North" in found.to_svg()
    monkeypatch.setenv("KMGRAPH_QUESTIONS", str(tmp_path / "none"))
    with pytest.raises(InputError, match="there is no such folder"):
        load_catalogue()


def test_no_parameter_has_a_name_that_is_taken() -> None:
    """Requests choose pages and formats by these names."""
    text = HEADER.format(chart="{kind: bar, shows: Rows, by: ward}", group="").replace(
        "#+ returns:",
        "#+ parameters:\n#+   - {name: whole, kind: string, label: W, help: '', example: a}\n"
        "#+ returns:",
    )
    with pytest.raises(InputError, match="'whole' is taken"):
        parse_question(text, NAME)


@pytest.fixture
def functions(example: EvidenceDataset) -> Mapping[str, Callable[..., Any]]:
    """The functions of the questions by name."""
    names = [one for one in dir(example.questions) if one.startswith("cq_")]
    return {name: getattr(example.questions, name) for name in names}


def test_each_question_is_a_function(
    functions: Mapping[str, Callable[..., Any]], example: EvidenceDataset
) -> None:
    """With the parameters of its header, found by completion, and the answer that asking gives."""
    catalogue = load_catalogue()
    assert [name.replace("_", "-") for name in functions] == list(catalogue)
    for name, function in functions.items():
        question = catalogue[name.replace("_", "-")]
        named = list(inspect.signature(function).parameters.values())
        assert [one.name for one in named] == [
            *(one.name for one in question.parameters), "page", "page_size", "whole",
        ]  # fmt: skip
        assert all(one.kind is one.KEYWORD_ONLY for one in named)
        text = inspect.getdoc(function) or ""
        assert text.startswith(question.question)
        assert all(f":param {one.name}: {one.label}: {KINDS[one.kind][0]}" in text
                   for one in question.parameters)  # fmt: skip
    found = functions["cq_020"](thin=2)
    assert found.to_json() == example.ask("20", thin="2").to_json()
    assert functions["cq_020"](page=1, page_size=2).page_size == 2


def test_a_function_takes_what_its_signature_says(
    functions: Mapping[str, Callable[..., Any]], example: EvidenceDataset
) -> None:
    """What is needed is asked for, and no other name is taken."""
    with pytest.raises(TypeError, match="record"):
        functions["cq_102"]()
    with pytest.raises(TypeError, match="theme"):
        functions["cq_031"](theme="x")
    with pytest.raises(AttributeError, match="no question 'cq_999'"):
        example.questions.__getattr__("cq_999")
