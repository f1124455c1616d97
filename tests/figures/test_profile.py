"""The profile of a case says what is known, and what is not, and never draws the latter at 0."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from helpers.svg import texts

from kmgraph.errors import InputError
from kmgraph.figures import profile, profile_drawing, sheet
from kmgraph.figures.profile_rows import rows_of
from kmgraph.readings.model import CaseReading, ConstructReading, ElementReading, Rating

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def row_of(case, notation):
    """Return the row of a construct."""
    return next(row for row in rows_of(case) if row.notation == notation and not row.is_summary)


def line_of(text, label):
    """Return the line of a construct in the text of a profile."""
    return next(line for line in text.splitlines() if line.strip().startswith(label))


def test_the_worked_summary_is_said_with_coverage_and_bounds(case):
    """0.583 mixed, 3 of 4 rated, 0.4375 to 0.6875."""
    said = texts(profile(case).to_svg())
    assert "0.583 mixed, 3 of 4 rated" in said
    assert any(text.startswith("could be 0.438 to 0.688") for text in said)


@pytest.mark.parametrize(
    ("notation", "label", "words"),
    [
        ("PARIHS.E.local", "Local data", "not reported"),
        ("PARIHS.C.evaluation", "Evaluation", "no record"),
        ("PARIHS.C.receptive", "Receptive context", "suppressed"),
        ("PARIHS.F.skills", "Skills", "not measured"),
    ],
)
def test_what_is_not_rated_stands_in_words_and_has_no_mark(case, notation, label, words):
    """In the picture, in the text and in the table."""
    row = row_of(case, notation)
    assert (words, None, ()) == (row.absence, row.value, row.marks)
    picture = profile(case)
    assert words in texts(picture.to_svg())
    line = line_of(picture.to_text(100), label)
    assert line.endswith(words)
    assert not re.search(r"[.:*@o]{5}", line)
    cells = next(cells for cells in picture.to_table() if cells["id"] == notation)
    assert (words, None, None) == (cells["status"], cells["score"], cells["position"])


def test_a_score_of_zero_is_drawn(case):
    """Zero is a rating; what is missing is none."""
    assert Decimal(0) == row_of(case, "PARIHS.E.patient").value
    assert line_of(profile(case).to_text(100), "Patient experience").split()[2].startswith("@")


def test_a_judged_band_has_no_score(case):
    """Its mark says so, and lies in the band."""
    row = row_of(case, "PARIHS.C.leadership")
    assert row.value is None
    assert [(None, "high")] == [(mark.value, mark.band) for mark in row.marks]
    assert "judged high, 1 rater" == row.words
    picture = profile(case)
    assert "judged" in texts(picture.to_svg())
    assert "hollow: band judged without a score" in texts(picture.to_svg())
    assert "j" in line_of(picture.to_text(100), "Leadership").split()[1]


def test_the_spread_lies_between_raters_of_one_time(case):
    """A rating of another year widens the row and not the spread."""
    assert (Decimal("0.5"), Decimal(1)) == row_of(case, "PARIHS.C.culture").spread
    assert row_of(case, "PARIHS.E.research").spread is None


def test_a_rating_that_is_not_used_is_told_apart(case):
    """The earlier rating of a nurse stands below the line."""
    marks = row_of(case, "PARIHS.E.clinical").marks
    assert [(Decimal("0.5"), False), (Decimal("0.75"), True)] == [
        (mark.value, mark.is_used) for mark in marks
    ]
    assert "nurse (2011)" not in profile(case).to_text()
    cells = next(c for c in profile(case).to_table() if c["id"] == "PARIHS.E.clinical")
    assert "not named (2012): 0.75" not in cells["ratings"]
    assert "nurse (2012): 0.75; nurse (2011): 0.5, not used" == cells["ratings"]


def test_facilitation_has_positions_and_neither_side_is_better(case):
    """No band is named in its block, in the picture or in the text."""
    row = row_of(case, "PARIHS.F.purpose")
    assert ("position 0.25, 1 rater", Decimal("0.25")) == (row.words, row.value)
    alone = profile(CaseReading("urn:c", "C", elements=case.elements[2:]))
    said = texts(alone.to_svg())
    assert {"task", "enabling", "neither side is better"} <= set(said)
    assert not {"low", "mixed", "high"} & set(said)
    assert "low" not in alone.to_text()


def test_appropriateness_is_shown_where_there_is_no_position(case):
    """It is rated of facilitation as a whole."""
    row = row_of(case, "PARIHS.F")
    assert ("rated for appropriateness", "partly appropriate") == (row.absence, row.words)


def test_an_element_without_poles_has_no_scale():
    """Facilitation of 1998 has neither bands nor sides."""
    part = ConstructReading("", "urn:p", "P98.F.role", "Role", runs="")
    element = ElementReading("", "urn:f", "P98.F", "Facilitation", runs="", constructs=(part,))
    picture = profile(CaseReading("urn:c", "C", elements=(element,)))
    assert not {"low", "mixed", "high", "task", "enabling"} & set(texts(picture.to_svg()))
    assert "low" not in picture.to_text()


def test_a_rating_of_the_whole_that_parts_overrule_says_so():
    """The score of the element is that of its parts."""
    direct = ConstructReading(
        "urn:s",
        "urn:E",
        "PARIHS.E",
        "Evidence",
        status="rated",
        score=Decimal("0.9"),
        band="high",
        rater_count=1,
        ratings=(Rating("urn:r", "PARIHS.E", score=Decimal("0.9")),),
    )
    element = ElementReading("urn:e", "urn:E", "PARIHS.E", "Evidence", constructs=(direct,))
    row = row_of(CaseReading("urn:c", "C", elements=(element,)), "PARIHS.E")
    assert ("Evidence, as a whole", "0.9 high, 1 rater, not used") == (row.label, row.words)


def test_parts_of_a_part_stand_once():
    """The constructs of a level of context are not repeated under context."""
    leaf = ConstructReading("", "urn:l", "iP.C.local.culture", "Culture")
    level = ElementReading("", "urn:cl", "iP.C.local", "Local", constructs=(leaf,), above="iP.C")
    whole = ElementReading("", "urn:c", "iP.C", "Context", constructs=(leaf,), parts=(level,))
    case = CaseReading("urn:c", "C", scheme="i-parihs-2016", elements=(whole, level))
    assert ["Context", "Local", "Culture"] == [row.label for row in rows_of(case)]
    assert 3 == len(profile(case).to_table())


def test_the_diagnosis_says_that_it_rests_on_a_hypothesis(case):
    """In every form."""
    picture = profile(case)
    for said in (" ".join(texts(picture.to_svg())), picture.to_text(120), picture.description):
        assert "our reading of a hypothesis, unverified" in said
        assert "still possible: high evidence, high context or low evidence, high context" in said


def test_what_qualifies_all_of_it_is_said(case, case_with):
    """Synthetic data, and a framework that was not checked."""
    picture = profile(case_with(is_verified=False, is_synthetic=True))
    for said in (" ".join(texts(picture.to_svg())), picture.to_text(120), picture.description):
        assert "Synthetic data" in said
        assert "not checked against a published source" in said
    assert "Synthetic" not in profile(case).to_text()


def test_roles_have_shapes_of_their_own(case):
    """Each is in the legend, and no two share a shape."""
    svg = profile(case).to_svg()
    roles = ("facilitator", "manager", "nurse", "patient")
    assert {f"rating: {role}" for role in roles} <= set(texts(svg))


def test_more_roles_than_shapes_share_the_last(case_with):
    """Nothing fails, and every role is named."""
    many = tuple(
        Rating(f"urn:{n}", "PARIHS.E.x", score=Decimal(n) / 20, role=f"role {n:02}", is_used=True)
        for n in range(20)
    )
    part = ConstructReading(
        "urn:s", "urn:x", "PARIHS.E.x", "X", status="rated", score=Decimal("0.5"), ratings=many
    )
    element = ElementReading("urn:e", "urn:E", "PARIHS.E", "Evidence", constructs=(part,))
    said = " ".join(texts(profile(case_with(elements=(element,))).to_svg()))
    assert all(f"role {n:02}" in said for n in range(20))


def test_lines_of_text_fit_the_terminal(case_with):
    """Long labels in any script."""
    case = case_with(label="A very long name of a case " * 6 + "病棟")
    for width in (60, 80, 100):
        assert all(len(line) <= width for line in profile(case).to_text(width).splitlines())


@pytest.mark.parametrize("given", [None, "id", 3])
def test_what_is_no_reading_is_refused(given):
    """The message says what to give."""
    with pytest.raises(InputError, match="a profile is drawn of the reading of a case"):
        profile(given)


def whole_of_facilitation(**fields):
    """Return a case whose facilitation was rated as a whole."""
    whole = ConstructReading(
        "urn:s", "urn:F", "PARIHS.F", "Facilitation", runs="task to enabling", **fields
    )
    element = ElementReading(
        "urn:e",
        "urn:F",
        "PARIHS.F",
        "Facilitation",
        runs="task to enabling",
        score=Decimal("0.75"),
        band="high",
        sub_element_count=2,
        is_direct=True,
        constructs=(whole,),
    )
    return CaseReading("urn:c", "C", elements=(element,))


def test_a_score_of_facilitation_is_said_in_words():
    """It says how much there is, and has no place from task to enabling."""
    picture = profile(
        whole_of_facilitation(
            status="rated",
            score=Decimal("0.75"),
            band="high",
            rater_count=1,
            ratings=(Rating("urn:r", "PARIHS.F", score=Decimal("0.75"), is_used=True),),
        )
    )
    drawn, said = texts(picture.to_svg()), "how much facilitation, not how well it fits"
    assert 2 == drawn.count(said)
    assert "no position given" not in drawn
    assert "score 0.75 high" in " ".join(drawn)
    for text in (picture.to_text(100), picture.description):
        assert 2 == " ".join(text.split()).count(said)
        assert 2 == text.count("score 0.75 high")
    first, second = picture.to_table()
    assert f"0 of 2 rated, rated as a whole: {said}" == first["status"]
    assert (f"rated: {said}", Decimal("0.75"), "high") == (
        second["status"],
        second["score"],
        second["band"],
    )


def test_ratings_that_are_not_used_say_so():
    """Their row has a mark below the line."""
    part = ConstructReading(
        "",
        "urn:p",
        "PARIHS.C.culture",
        "Culture",
        status="rated, not used",
        ratings=(Rating("urn:r", "ORCA.C.1", score=Decimal("0.5"), is_proposed=True),),
    )
    element = ElementReading("", "urn:C", "PARIHS.C", "Context", constructs=(part,))
    picture = profile(CaseReading("urn:c", "C", elements=(element,)))
    assert "rated, not used" in line_of(picture.to_text(), "Culture")
    assert line_of(picture.to_text(), "Context").endswith("rated, not used")


@pytest.mark.parametrize("value", ["0", "0.1", "0.9", "1"])
@pytest.mark.parametrize("count", [9, 40])
def test_marks_beside_each_other_stay_on_the_axis(case_with, monkeypatch, value, count):
    """At both ends, however many roles agree."""
    many = tuple(
        Rating(f"urn:{n}", "PARIHS.E.x", score=Decimal(value), role=f"role {n:02}", is_used=True)
        for n in range(count)
    )
    part = ConstructReading("urn:s", "urn:x", "PARIHS.E.x", "X", status="rated", ratings=many)
    element = ElementReading("urn:e", "urn:E", "PARIHS.E", "Evidence", constructs=(part,))
    places, mark = [], sheet.Sheet.mark

    def noted(self, x, y, shape, **look):
        places.append(x)
        mark(self, x, y, shape, **look)

    monkeypatch.setattr(sheet.Sheet, "mark", noted)
    profile(case_with(elements=(element,))).to_svg()
    drawn = places[:count]
    assert count == len(set(drawn))
    left, right = (profile_drawing._x(end) for end in (0, 1))
    assert left - 0.001 <= min(drawn) and max(drawn) <= right + 0.001


def test_the_spread_is_between_two_different_raters(case_with):
    """Two ratings of one rater are no difference between raters."""
    given = (("a", "0.1"), ("a", "0.5"), ("b", "0.5"), ("b", "0.4"))
    ratings = tuple(
        Rating(f"urn:{n}", "PARIHS.C.x", score=Decimal(score), rater=f"urn:{who}", is_used=True)
        for n, (who, score) in enumerate(given)
    )
    part = ConstructReading(
        "urn:s",
        "urn:x",
        "PARIHS.C.x",
        "X",
        status="rated",
        score=Decimal("0.375"),
        rater_spread=Decimal("0.1"),
        ratings=ratings,
    )
    element = ElementReading("urn:e", "urn:C", "PARIHS.C", "Context", constructs=(part,))
    row = row_of(case_with(elements=(element,)), "PARIHS.C.x")
    assert (Decimal("0.4"), Decimal("0.5")) == row.spread


def test_letters_that_the_font_lacks_are_shown_as_such():
    """In a PNG, which cannot take another font; an SVG keeps its text."""
    one, other, signs = (
        profile(CaseReading("urn:c", label)).to_png(60)
        for label in ("病棟", "日本", "\ufffd\ufffd")
    )
    assert one[-2000:] == other[-2000:] == signs[-2000:]
    assert "病棟" in " ".join(texts(profile(CaseReading("urn:c", "病棟")).to_svg()))
