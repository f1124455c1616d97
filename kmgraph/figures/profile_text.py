"""A profile as text: plain characters, so that every terminal shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.profile_rows import ProfileRow

_NARROWEST, _LONGEST_LABEL, _WIDEST_BAR = 60, 30, 41
#: Columns that the words at the end of a line need.
_WORDS: Final = 32
_KEY: Final = (
    ("*", "score or position"),
    ("@", "score or position where ratings are too"),
    ("o", "rating, or a digit for several"),
    (",", "rating that the summary does not use"),
    ("j", "band judged without a score, in its middle"),
    ("=", "spread of raters"),
    ("<", "<--> what the score could be with what is missing"),
)


def profile_text(
    title: str,
    rows: Sequence[ProfileRow],
    above: Sequence[str],
    below: Sequence[str],
    width: int,
) -> str:
    """Return a profile as text.

    :param above: lines under the title.
    :param below: lines under the rows.
    :param width: columns of the terminal; taken as 60 where it is less.

    >>> row = ProfileRow("E", "E", "urn:E", "Evidence", True, absence="nothing rated")
    >>> print(profile_text("Ward 1", [row], [], [], 60))
    Ward 1
    <BLANKLINE>
              0  low .4  .6 high  1
    Evidence  nothing rated
    """
    width = max(width, _NARROWEST)
    longest = max((style.column_width(_label(row)) for row in rows), default=0)
    label_width = min(longest, _LONGEST_LABEL)
    bar_width = max(21, min(_WIDEST_BAR, width - label_width - 2 - _WORDS))
    lines = [part for text in (title, *above) for part in textwrap.wrap(text, width)]
    bars = []
    element = ""
    for row in rows:
        if row.element != element:
            element = row.element
            lines += ["", f"{' ' * (label_width + 2)}{_scale(row, bar_width)}".rstrip()]
        bar = _bar(row, bar_width)
        bars.append(bar)
        lines += _line(row, bar, label_width, width)
    lines += _key(bars)
    return "\n".join([*lines, *_foot(below, width)])


def _label(row: ProfileRow) -> str:
    """Return the label of a row, set in where it is part of an element."""
    label = row.label if row.is_summary else f"  {row.label}"
    return style.shortened(label, _LONGEST_LABEL)


def _line(row: ProfileRow, bar: str, label_width: int, width: int) -> list[str]:
    """Return the lines of a row: its words stand below where there is no room beside."""
    label = style.padded(_label(row), label_width)
    notes = [note for note in (row.words, row.more) if note]
    if row.absence:
        said = "; ".join([row.absence, *notes]) if row.words not in ("", row.absence) else ""
        return textwrap.wrap(
            said or row.absence,
            width,
            initial_indent=f"{label}  ",
            subsequent_indent=" " * (label_width + 2),
            drop_whitespace=True,
        )
    first = f"{label}  {bar}"
    beside = width - style.column_width(first) - 2
    indent = " " * (label_width + 2)
    found = [first]
    for note in notes:
        if len(note) <= beside and found[-1] is first:
            found = [f"{first}  {note}"]
        else:
            found += textwrap.wrap(note, width, initial_indent=indent, subsequent_indent=indent)
    return found


def _scale(row: ProfileRow, width: int) -> str:
    """Return the line above an element that says which way its rows run."""
    if row.is_position:
        return "task" + "enabling".rjust(width - 4)
    cells = [" "] * width
    if not row.is_banded:
        return ""
    for text, place in (("0", 0.0), ("low", 0.2), (".4", 0.4), (".6", 0.6), ("high", 0.8)):
        start = max(0, round(place * (width - 1)) - len(text) // 2)
        cells[start : start + len(text)] = text
    cells[width - 1] = "1"
    return "".join(cells)


def _cell(value: Decimal | float, width: int) -> int:
    """Return the column of a bar that a value lies in."""
    return round(float(value) * (width - 1))


def _bar(row: ProfileRow, width: int) -> str:
    """Return the line on which a row has its marks."""
    cells = ["."] * width
    if row.is_banded:
        for edge in (0.4, 0.6):
            cells[_cell(edge, width)] = ":"
    if row.bounds:
        low, high = (_cell(bound, width) for bound in row.bounds)
        cells[low : high + 1] = "-" * (high - low + 1)
        cells[low], cells[high] = "<", ">"
    if row.spread:
        low, high = (_cell(end, width) for end in row.spread)
        cells[low : high + 1] = "=" * (high - low + 1)
    used = _place_ratings(row, cells, width)
    if row.value is not None:
        place = _cell(row.value, width)
        cells[place] = "@" if place in used else "*"
    return "".join(cells)


def _place_ratings(row: ProfileRow, cells: list[str], width: int) -> dict[int, int]:
    """Put the ratings of a row into its cells; return how many are used at each."""
    used: dict[int, int] = {}
    for mark in row.marks:
        if mark.value is None:
            if mark.band in style.BAND_EDGES:
                cells[_cell(sum(style.BAND_EDGES[mark.band]) / 2, width)] = "j"
        elif mark.is_used:
            place = _cell(mark.value, width)
            used[place] = used.get(place, 0) + mark.count
        else:
            cells[_cell(mark.value, width)] = ","
    for place, count in used.items():
        cells[place] = "o" if count == 1 else str(min(count, 9))
    return used


def _key(bars: Sequence[str]) -> list[str]:
    """Return what the characters that occur mean."""
    drawn = set("".join(bars))
    found = [
        words if words.startswith(sign) else f"{sign} {words}"
        for sign, words in _KEY
        if sign in drawn or (sign == "o" and drawn & set("23456789"))
    ]
    return ["", *found] if found else []


def _foot(below: Sequence[str], width: int) -> list[str]:
    """Return the lines under the rows."""
    lines = [part for text in below for part in textwrap.wrap(text, width)]
    return ["", *lines] if lines else []
