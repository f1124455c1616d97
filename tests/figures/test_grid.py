"""Many cases by evidence and context: what has no score stands beside the plane, never at 0."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal

import pytest
from helpers.svg import texts

from kmgraph.errors import InputError
from kmgraph.figures import Grid, GridPoint, grid
from kmgraph.figures.grid_layout import band_edges, fanned, lanes
from kmgraph.figures.grid_points import Side, cell_of, side, tallies

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def at(evidence, context, number=0, fit="fits"):
    """Return a case at a place; None for no score."""
    sides = (
        side(None, is_rated=False) if score is None else side(Decimal(score), "band")
        for score in (evidence, context)
    )
    return GridPoint(f"urn:case/{number}", f"Case {number}", *sides, "indeterminate", fit)


def scattered(count):
    """Return cases at many places, some without a score."""
    chance = random.Random(7)
    scores = [None, *(str(Decimal(n) / 16) for n in range(17))]
    fits = ("fits", "does not fit", "unknown")
    return [
        at(chance.choice(scores), chance.choice(scores), n, chance.choice(fits))
        for n in range(count)
    ]


def test_a_case_without_a_score_is_in_a_strip():
    """It is counted beside the plane, and said in words in the table."""
    picture = Grid([at(None, "0.5"), at("0.5", None, 1), at(None, None, 2)], "PARIHS 2004")
    said = texts(picture.to_svg())
    assert {"evidence has", "context has", "no score", "neither:", "1 case"} <= set(said)
    rows = picture.to_table()
    assert [None, Decimal("0.5"), None] == [row["evidence"] for row in rows]
    assert "evidence not rated; context not rated" == rows[2]["not scored"]
    plane = [line for line in picture.to_text().splitlines() if line.endswith("|")]
    assert 21 == len(plane)
    inside = "".join(line[line.index("|") : -1] for line in plane)
    assert not set("abc") & set(inside)
    assert any(line.lstrip().startswith("a") for line in plane)


def test_each_of_few_cases_has_a_number_and_its_name():
    """The number in the plane is the one in the list and in the table."""
    picture = Grid([at("0.2", "0.8", n) for n in range(25)], "PARIHS 2004")
    said = texts(picture.to_svg())
    assert 2 == said.count("17")
    assert "Case 16" in said
    assert 17 == picture.to_table()[16]["number"]


@pytest.mark.parametrize("count", [0, 1, 25, 26, 61, 300, 301, 1000])
def test_every_number_of_cases_can_be_drawn(count):
    """With the number in the title, and the same bytes each time."""
    points = scattered(count)
    picture = Grid(points, "PARIHS 2004")
    assert f"{count:,} case" in texts(picture.to_svg())[0]
    assert picture.to_svg() == Grid(points, "PARIHS 2004").to_svg()
    assert picture.to_png(40).startswith(b"\x89PNG")
    assert count == sum(tally.total for tally in tallies(points))
    assert picture.to_text()


def test_many_cases_are_counted():
    """The numbers in the cells and in the corner add up to all cases."""
    points = scattered(2000)
    drawn = texts(Grid(points, "PARIHS 2004").to_svg())
    first = drawn.index("low evidence, high context")
    end = drawn.index("low evidence, high context", first + 1)
    cells = sum(int(text) for text in drawn[:end] if text.isdigit() and text not in ("0", "1"))
    neither = sum(p.evidence.score is None and p.context.score is None for p in points)
    ones = sum(text == "1" for text in drawn[:end]) - 2  # the two on the axes
    assert 2000 - neither == cells + ones
    assert f"{neither} cases" in drawn


def test_edges_of_bands_are_mixed():
    """No cell holds scores of two bands."""
    bands = {}
    for thousandth in range(1001):
        score = Decimal(thousandth) / 1000
        band = "low" if score < Decimal("0.4") else "high" if score > Decimal("0.6") else "mixed"
        bands.setdefault(cell_of(score), set()).add(band)
    assert set(range(10)) == bands.keys()
    assert all(len(found) == 1 for found in bands.values())


def test_cases_at_one_place_do_not_cover_each_other():
    """They stand around it, always the same way, and stay near it."""
    points = [at("0.8", "0.8", n) for n in range(30)]
    moved = fanned(points, 0.1)
    assert moved == fanned(points, 0.1)
    for one, other in itertools.combinations(moved.values(), 2):
        assert (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 > 0.06**2
    assert all(abs(x) < 0.55 and abs(y) < 0.55 for x, y in moved.values())
    assert fanned([at("0.1", "0.1"), at("0.9", "0.1", 1)], 0.1) == {
        "urn:case/0": (0, 0),
        "urn:case/1": (0, 0),
    }


def test_marks_of_a_strip_do_not_touch_while_there_is_room():
    """Each gets the first lane that is free."""
    assert {"a": 0, "b": 1, "c": 2, "d": 0} == lanes(
        [("a", 1.0), ("b", 1.05), ("c", 1.06), ("d", 2.0)], 0.1, 3
    )


def test_schemes_are_not_merged(case, case_with):
    """Nor are real and synthetic cases, nor is i-PARIHS drawn by evidence and context."""
    with pytest.raises(InputError, match="parihs-1998 and parihs-2004"):
        grid([case, case_with(scheme="parihs-1998")])
    with pytest.raises(InputError, match="synthetic and real"):
        grid([case, case_with(is_synthetic=True)])
    with pytest.raises(InputError, match="no evidence and context"):
        grid([case_with(scheme="i-parihs-2016")])


def test_readings_become_places(case):
    """Scores, bounds, quadrant and fit are those of the reading."""
    (point,) = grid([case]).points
    assert "0.583 mixed, could be 0.438 to 0.688" == point.evidence.all_words
    assert (Decimal("0.75"), "indeterminate", "unknown") == (
        point.context.score,
        point.quadrant,
        point.fit,
    )


def test_fit_is_told_by_words_and_shape():
    """The legend names each, and the hypothesis stands beside it."""
    said = texts(Grid(scattered(5), "PARIHS 2004").to_svg())
    assert {"facilitation fits", "facilitation does not fit", "fit not known"} <= set(said)
    assert any("our reading of a hypothesis, unverified" in text for text in said)


def test_a_side_says_what_it_lacks():
    """A judged band is not the same as nothing."""
    assert "not rated" == Side().words
    assert "judged only, could be 0 to 1" == side(None, "", Decimal(0), Decimal(1)).all_words


def test_a_case_that_comes_twice_counts_once(case):
    """By its IRI."""
    assert 1 == len(grid([case, case]).points)


@pytest.mark.parametrize("given", ["one", 1, [1], None, "id", {"a": 1}])
def test_what_is_no_reading_is_refused(case, given):
    """The message says what to give."""
    with pytest.raises(InputError, match=r"give readings, such as dataset\.cases\.values"):
        grid(case if given == "one" else given)


def test_the_picture_names_cases_without_a_rating():
    """At its foot, and not in the plane."""
    others = [at(None, None, n) for n in range(20)]
    picture = Grid([at("0.2", "0.8")], "PARIHS 2004", others=others)
    said = " ".join(texts(picture.to_svg()))
    assert "20 more cases have no rating under this framework: Case 0; Case 1" in said
    assert "and 8 more." in said and "Case 19" not in said
    assert "neither: 0 cases" in said


@pytest.mark.parametrize("score", ["0.39", "0.4", "0.6", "0.61"])
def test_cases_at_one_place_stay_within_their_bands(score):
    """Marks that are moved apart do not leave the bands that their cases are in."""
    from kmgraph.figures.grid_places import Places

    plane = Places(1.0)
    low, high = band_edges(Decimal(score))
    for x, y in plane.of([at(score, score, n) for n in range(12)]).values():
        assert plane.x(low) < x < plane.x(high)
        assert plane.y(high) < y < plane.y(low)


def test_text_puts_a_case_into_its_band():
    """A score just beside an edge is not printed on the row or column of the edge."""
    from kmgraph.figures.grid_text import _column, _row

    below, edge, top, above = map(Decimal, ("0.39", "0.4", "0.6", "0.61"))
    assert _column(below) < _column(edge) < _column(top) < _column(above)
    assert _row(below) > _row(edge) > _row(top) > _row(above)
