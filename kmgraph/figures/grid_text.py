"""A grid of cases as text: plain characters, so that every terminal shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.grid_layout import band_edges
from kmgraph.figures.grid_points import GridPoint, Tally, tallies
from kmgraph.mapping.mapper import BAND_EDGES

_SIGNS: Final = {"fits": "o", "does not fit": "x", "unknown": "?"}
_FITS: Final = {"unknown": "not known"}
_COLUMNS, _ROWS = 51, 21
#: Width of the strip for cases without evidence.
_ASIDE: Final = 6
#: Cases that are listed one by one.
_LISTED: Final = 25
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def grid_text(
    title: str,
    points: Sequence[GridPoint],
    warnings: Sequence[str],
    width: int,
    note: str = "",
) -> str:
    """Return a grid as text.

    :param warnings: lines under the title.
    :param note: what is said under the numbers of cases, such as which are not shown.
    :param width: columns of the terminal; the plane itself takes 64.

    >>> print(grid_text("Cases", [], [], 90).splitlines()[-1])
    The step from quadrant to facilitation is our reading of a hypothesis, unverified.
    """
    width = max(width, _COLUMNS + _ASIDE + 8)
    is_listed = len(points) <= _LISTED
    lines = [part for text in (title, *warnings) for part in textwrap.wrap(text, width)]
    lines += ["", *_plane(points, is_listed=is_listed), "", *_explained(is_listed), ""]
    if is_listed:
        lines += [*_listed(points, width), ""] if points else []
    lines += [*_tallied(tallies(points)), ""]
    if note:
        lines += [*textwrap.wrap(note, width), ""]
    return "\n".join([*lines, *textwrap.wrap(style.HYPOTHESIS, width)])


def _column(score: Decimal) -> int:
    """Return the column of a score of evidence."""
    return _within_band(score, _COLUMNS - 1)


def _row(score: Decimal) -> int:
    """Return the row of a score of context; high context is at the top."""
    return _ROWS - 1 - _within_band(score, _ROWS - 1)


def _within_band(score: Decimal, steps: int) -> int:
    """Return the step nearest to a score among those in its band.

    >>> [_within_band(Decimal(text), 20) for text in ("0.39", "0.4", "0.6", "0.601")]
    [7, 8, 12, 13]
    """
    first, last = band_edges(score)
    nearest = round(float(score) * steps)
    lowest = round(first * steps) + (score > BAND_EDGES[1])
    highest = round(last * steps) - (score < BAND_EDGES[0])
    return min(max(nearest, lowest), highest)


def _plane(points: Sequence[GridPoint], *, is_listed: bool) -> Iterator[str]:
    """Yield the lines of the plane, with the strips for what has no score."""
    cells: dict[tuple[int | None, int | None], list[str]] = {}
    for number, point in enumerate(points):
        evidence, context = point.evidence.score, point.context.score
        place = (
            None if evidence is None else _column(evidence),
            None if context is None else _row(context),
        )
        sign = _LETTERS[number] if is_listed else _SIGNS.get(point.fit, "?")
        cells.setdefault(place, []).append(sign)
    signs = {place: _sign(found) for place, found in cells.items()}
    yield f"{'no':>{_ASIDE}}     low evidence,                      high evidence,"
    yield f"{'evid.':>{_ASIDE}}     high context                       high context"
    for row in range(_ROWS):
        score = Decimal(_ROWS - 1 - row) / (_ROWS - 1)
        mark = {0: "1", 8: ".6", 12: ".4", _ROWS - 1: "0"}.get(row, "")
        line = "".join(
            signs.get((column, row), _ground(column, score)) for column in range(_COLUMNS)
        )
        yield f"{signs.get((None, row), '.'):>{_ASIDE}} {mark:>2} |{line}|"
    yield f"{'':>{_ASIDE}}     {_scale()}"
    line = "".join(signs.get((column, None), ".") for column in range(_COLUMNS))
    neither = len(cells.get((None, None), ()))
    yield f"{neither if neither else '':>{_ASIDE}}     {line} no context"
    if neither:
        yield f"{'neither':>{_ASIDE + 1}}"


def _ground(column: int, context: Decimal) -> str:
    """Return what stands where no case is: the mixed bands are dotted."""
    evidence = Decimal(column) / (_COLUMNS - 1)
    low, high = Decimal("0.4"), Decimal("0.6")
    return ":" if low <= evidence <= high or low <= context <= high else " "


def _sign(found: Sequence[str]) -> str:
    """Return what stands where cases are: the sign of one, or how many there are."""
    if len(found) == 1:
        return found[0]
    return str(len(found)) if len(found) < 10 else "#"


def _scale() -> str:
    """Return the line under the plane."""
    cells = [" "] * _COLUMNS
    for text, column in (
        ("0", 0),
        ("low", 10),
        (".4", 20),
        ("mixed", 25),
        (".6", 30),
        ("high", 40),
    ):
        start = max(0, column - len(text) // 2)
        cells[start : start + len(text)] = text
    cells[-1] = "1"
    return "".join(cells)


def _explained(is_listed: bool) -> list[str]:
    """Return what the signs mean."""
    several = "a digit for several cases at one place, # for ten and more; dotted: mixed"
    if is_listed:
        return [f"a letter for a case, {several}"]
    return [
        f"o {style.FIT_WORDS['fits']}, x {style.FIT_WORDS['does not fit']}, "
        f"? {style.FIT_WORDS['unknown']};",
        several,
    ]


def _listed(points: Sequence[GridPoint], width: int) -> Iterator[str]:
    """Yield one line a case."""
    rows = [("", "case", "evidence", "context", "facilitation")]
    for number, point in enumerate(points):
        sides = (point.evidence.words, point.context.words)
        fit = _FITS.get(point.fit, point.fit)
        rows.append((_LETTERS[number], style.clean(point.label), *sides, fit))
    others = [max(style.column_width(row[index]) for row in rows) for index in (2, 3, 4)]
    room = max(12, width - sum(others) - 3 - 2 * 3)
    longest = min(room, max(style.column_width(row[1]) for row in rows))
    for letter, label, *rest in rows:
        name = style.padded(style.shortened(label, longest), longest)
        cells = (style.padded(text, wide) for text, wide in zip(rest, others, strict=True))
        yield f"{letter:1}  {name}  {'  '.join(cells)}".rstrip()


def _tallied(found: Sequence[Tally]) -> Iterator[str]:
    """Yield how many cases are in each quadrant, by fit."""
    yield f"{'':30}{'cases':>8}{'fits':>8}{'not':>8}{'unknown':>9}"
    for tally in found:
        counts = f"{tally.total:>8,}{tally.fits:>8,}{tally.misfits:>8,}{tally.unknown:>9,}"
        yield f"{tally.name:30}{counts}"
