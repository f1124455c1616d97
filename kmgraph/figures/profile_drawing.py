"""Draw the profile of a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.profile_rows import Mark, ProfileRow, beside
from kmgraph.figures.sheet import Sheet

#: Distances in inches.
_MARGIN: Final = 0.3
_PLOT_LEFT: Final = 3.0
_PLOT_WIDTH: Final = 4.1
_WORDS_LEFT: Final = 7.35
_ROW: Final = 0.42
_LINE: Final = 0.21
#: How far above the line of a row the raters' marks are, and below it the unused ones.
_ABOVE, _BELOW = 0.13, 0.1
_APART: Final = 0.14
#: Distance of the lines at the end of a row.
_STEP: Final = 0.14


def draw_profile(
    sheet: Sheet,
    label: str,
    rows: Sequence[ProfileRow],
    above: Sequence[str],
    below: Sequence[str],
) -> None:
    """Draw a profile and set the height of the sheet.

    :param label: label of the case.
    :param above: lines under the title.
    :param below: lines under the rows.
    """
    roles = _roles(rows)
    y = _head(sheet, label, above)
    for element in dict.fromkeys(row.element for row in rows):
        y = _block(sheet, [row for row in rows if row.element == element], roles, y)
    y = _legend(sheet, rows, roles, y + 0.1)
    for text in below:
        for line in sheet.wrap(text, sheet.width - 2 * _MARGIN, 9.5, lines=4):
            sheet.text(_MARGIN, y, line, size=9.5)
            y += _LINE
    sheet.set_height(y + 0.1)


def _head(sheet: Sheet, label: str, above: Sequence[str]) -> float:
    """Write the title; return where the rows begin."""
    y = 0.35
    for line in sheet.wrap(label, sheet.width - 2 * _MARGIN, 14, bold=True, lines=2):
        sheet.text(_MARGIN, y, line, size=14, bold=True)
        y += 0.28
    for number, text in enumerate(above):
        for line in sheet.wrap(text, sheet.width - 2 * _MARGIN, 9.5):
            sheet.text(_MARGIN, y, line, size=9.5, colour=style.SOFT, bold=number > 0)
            y += _LINE
    return y + 0.05


def _roles(rows: Sequence[ProfileRow]) -> dict[str, tuple[str, str]]:
    """Return shape and colour of each role; roles beyond the shapes share the last one."""
    names = sorted({mark.role for row in rows for mark in row.marks})
    last = len(style.ROLE_MARKS) - 1
    return {name: style.ROLE_MARKS[min(number, last)] for number, name in enumerate(names)}


def _x(value: Decimal | float) -> float:
    """Return the place of a score or position on the sheet."""
    return _PLOT_LEFT + float(value) * _PLOT_WIDTH


def _block(
    sheet: Sheet, rows: Sequence[ProfileRow], roles: dict[str, tuple[str, str]], top: float
) -> float:
    """Draw the rows of an element; return where they end."""
    height = _ROW * len(rows)
    y = top + 0.3
    if rows[0].is_position:
        _sides(sheet, y - 0.12, y, height)
    elif rows[0].is_banded:
        _band_names(sheet, y - 0.12)
    for number, row in enumerate(rows):
        # A row without a place has no bands either, so that it seems to be in none of them.
        if row.is_banded and not row.absence:
            _bands(sheet, y + number * _ROW)
        _row(sheet, row, roles, y + (number + 0.5) * _ROW)
    return y + height + 0.12


def _band_names(sheet: Sheet, y: float) -> None:
    """Name the bands above the rows that run from low to high."""
    soft = style.SOFT
    for band, (low, high) in style.BAND_EDGES.items():
        sheet.text(_x((low + high) / 2), y, band, size=8.5, colour=soft, align="center")
    for place, text in ((0, "0"), (0.4, "0.4"), (0.6, "0.6"), (1, "1")):
        sheet.text(_x(place), y, text, size=7.5, colour=soft, align="center")


def _bands(sheet: Sheet, top: float) -> None:
    """Shade the bands of one row."""
    for band, (low, high) in style.BAND_EDGES.items():
        hatch = "///" if band == "mixed" else ""
        ground = style.BAND_GROUNDS[band]
        sheet.box(_x(low), top, _x(high) - _x(low), _ROW, ground=ground, hatch=hatch)
    for edge in (0.4, 0.6):
        sheet.line([_x(edge)] * 2, [top, top + _ROW])


def _sides(sheet: Sheet, words_y: float, top: float, height: float) -> None:
    """Name the two sides of the rows that run from task to enabling; neither is better."""
    sheet.text(_x(0), words_y, "task", size=8.5, colour=style.SOFT, align="center")
    sheet.text(_x(1), words_y, "enabling", size=8.5, colour=style.SOFT, align="center")
    sheet.text(
        _x(0.5),
        words_y,
        "neither side is better",
        size=7.5,
        colour=style.SOFT,
        align="center",
        italic=True,
    )
    for place in (0.0, 0.5, 1.0):
        sheet.line([_x(place)] * 2, [top, top + height], thickness=0.5, dashed=place == 0.5)


def _row(sheet: Sheet, row: ProfileRow, roles: dict[str, tuple[str, str]], y: float) -> None:
    """Draw one row."""
    indent = 0 if row.is_summary else 0.15
    room = _PLOT_LEFT - _MARGIN - indent - 0.2
    size = 10.0 if row.is_summary else 9.0
    lines = sheet.wrap(row.label, room, size, bold=row.is_summary, lines=2)
    for number, line in enumerate(lines):
        offset = (number - (len(lines) - 1) / 2) * 0.15
        sheet.text(_MARGIN + indent, y + offset, line, size=size, bold=row.is_summary)
    if row.absence:
        _nothing(sheet, row.absence, y)
    else:
        sheet.line([_x(0), _x(1)], [y, y], thickness=0.6)
    if row.bounds:
        _whisker(sheet, _x(row.bounds[0]), _x(row.bounds[1]), y)
    if row.spread:
        sheet.line([_x(end) for end in row.spread], [y - _ABOVE] * 2, colour=style.INK)
    _raters(sheet, row, roles, y)
    if row.value is not None:
        _score(sheet, _x(row.value), y, is_summary=row.is_summary)
    _words(sheet, row, y)


def _nothing(sheet: Sheet, absence: str, y: float) -> None:
    """Say in a row why it has no place."""
    sheet.line([_x(0), _x(1)], [y, y], dashed=True)
    sheet.text(
        _x(0.5),
        y,
        absence,
        colour=style.SOFT,
        ground=style.PAPER,
        italic=True,
        align="center",
    )


def _whisker(sheet: Sheet, low: float, high: float, y: float) -> None:
    """Draw what a score could be with what is missing."""
    sheet.line([low, high], [y, y], colour=style.INK, thickness=1.8)
    for end in (low, high):
        sheet.line([end, end], [y - 0.07, y + 0.07], colour=style.INK, thickness=1.8)


def _score(sheet: Sheet, x: float, y: float, *, is_summary: bool) -> None:
    """Draw the score of a construct, or that of an element."""
    sheet.mark(x, y, "d" if is_summary else "o", size=12 if is_summary else 7)


def _raters(sheet: Sheet, row: ProfileRow, roles: dict[str, tuple[str, str]], y: float) -> None:
    """Draw the ratings of a row: those used above the line, others below it."""
    used = [mark for mark in row.marks if mark.is_used]
    for group in beside(used):
        apart = min(_APART, _PLOT_WIDTH / len(group))
        half = (len(group) - 1) / 2 * apart
        # Marks beside each other stay on the axis, also at its ends.
        middle = min(max(_place(group[0]), _x(0) + half), _x(1) - half)
        if group[0].value is None:
            low, high = (_x(edge) for edge in style.BAND_EDGES.get(group[0].band, (0, 1)))
            sheet.line([low + 0.05, high - 0.05], [y - _ABOVE] * 2, dashed=True)
        for number, mark in enumerate(group):
            shape, colour = roles[mark.role]
            x = middle - half + number * apart
            filled = mark.value is not None
            sheet.mark(x, y - _ABOVE, shape, colour=colour, filled=filled)
        _count(sheet, group, middle + half + 0.65 * _APART, y, half)
    for mark in row.marks:
        if not mark.is_used:
            sheet.mark(_place(mark), y + _BELOW, "|", colour=roles[mark.role][1], size=7)


def _place(mark: Mark) -> float:
    """Return the place of a mark; a judged band has its mark in the middle of the band."""
    if mark.value is not None:
        return _x(mark.value)
    return _x(sum(style.BAND_EDGES.get(mark.band, (0.0, 1.0))) / 2)


def _count(sheet: Sheet, group: Sequence[Mark], x: float, y: float, half: float) -> None:
    """Write beside marks how many ratings they are, and that they were judged.

    :param half: half of how far the outermost marks lie apart.
    """
    total = sum(mark.count for mark in group)
    parts = [f"×{total}"] if total > len(group) else []
    parts += ["judged"] if group[0].value is None else []
    if parts:
        room = _WORDS_LEFT - 0.1 - x
        text = " ".join(parts)
        wide = sheet.width_of(text, 7)
        align = "left" if wide <= room else "right"
        before = 2 * half + 1.3 * _APART
        place = x if wide <= room else x - before
        ground = style.BAND_GROUNDS.get(group[0].band, "")
        sheet.text(place, y - _ABOVE, text, size=7.5, colour=style.SOFT, align=align, ground=ground)


def _words(sheet: Sheet, row: ProfileRow, y: float) -> None:
    """Write what a row says at its end: what matters most, then in smaller print the rest."""
    room = sheet.width - _WORDS_LEFT - _MARGIN / 2
    words = sheet.wrap(row.words, room, 8.5, bold=row.is_summary, lines=2)
    more = sheet.wrap(row.more, room, 7.5, lines=2 if len(words) < 2 else 1)
    height = y - (len(words) + len(more) - 1) / 2 * _STEP
    for number, text in enumerate([*words, *more]):
        is_more = number >= len(words)
        sheet.text(
            _WORDS_LEFT,
            height + number * _STEP,
            text,
            size=7.5 if is_more else 8.5,
            bold=row.is_summary and not is_more,
            colour=style.SOFT if is_more else style.INK,
        )


def _legend(
    sheet: Sheet, rows: Sequence[ProfileRow], roles: dict[str, tuple[str, str]], y: float
) -> float:
    """Explain the marks that occur; return where the explanation ends."""
    return flow(sheet, [*_signs(rows), *_role_signs(rows, roles)], y)


_Entry = tuple[Callable[[Sheet, float, float], None], str]


def flow(sheet: Sheet, entries: Sequence[_Entry], y: float) -> float:
    """Write entries of a legend in lines; return where they end.

    :param entries: what draws a sign around a point, and the words that explain it.
    """
    if not entries:
        return y
    x = _MARGIN
    for draw, words in entries:
        wide = 0.42 + sheet.width_of(words, 8.5)
        if x > _MARGIN and x + wide > sheet.width - _MARGIN:
            x, y = _MARGIN, y + 0.24
        draw(sheet, x + 0.15, y)
        sheet.text(x + 0.36, y, words, size=8.5)
        x += wide + 0.22
    return y + 0.36


def _signs(rows: Sequence[ProfileRow]) -> list[_Entry]:
    """Return the entries for what does not depend on roles."""
    entries: list[_Entry] = []
    if any(row.value is not None and not row.is_summary for row in rows):
        entries.append((lambda s, x, y: s.mark(x, y, "o", size=7), "score or position of a part"))
    if any(row.value is not None and row.is_summary for row in rows):
        entries.append((lambda s, x, y: s.mark(x, y, "d", size=12), "of the element"))
    if any(row.bounds for row in rows):
        words = "what the score could be with what is missing"
        entries.append((lambda s, x, y: _whisker(s, x - 0.14, x + 0.14, y), words))
    if any(row.spread for row in rows):
        draw = _short_line
        entries.append((draw, "raters who differ most, at one time and level"))
    return entries


def _short_line(sheet: Sheet, x: float, y: float) -> None:
    """Draw the sign of a spread."""
    sheet.line([x - 0.14, x + 0.14], [y, y], colour=style.INK)


def _pair(sheet: Sheet, x: float, y: float) -> None:
    """Draw the sign of ratings at one place."""
    for offset in (-0.5, 0.5):
        sheet.mark(x + offset * _APART, y, "s", colour=style.SOFT)


def _role_signs(rows: Sequence[ProfileRow], roles: dict[str, tuple[str, str]]) -> list[_Entry]:
    """Return the entries for the raters of each role, and for judged and unused ratings."""
    entries: list[_Entry] = []
    shared: dict[tuple[str, str], list[str]] = {}
    for role, look in roles.items():
        shared.setdefault(look, []).append(role)
    for (shape, colour), names in shared.items():

        def draw(sheet: Sheet, x: float, y: float, look: tuple[str, str] = (shape, colour)) -> None:
            sheet.mark(x, y, look[0], colour=look[1])

        entries.append((draw, f"rating: {', '.join(names)}"))
    marks = [mark for row in rows for mark in row.marks]
    if any(len(group) > 1 for row in rows for group in beside([m for m in row.marks if m.is_used])):
        entries.append((_pair, "side by side: ratings at one place"))
    if any(mark.value is None for mark in marks):
        entries.append(
            (
                lambda s, x, y: s.mark(x, y, "s", colour=style.SOFT, filled=False),
                "hollow: band judged without a score",
            )
        )
    if any(not mark.is_used for mark in marks):
        entries.append(
            (
                lambda s, x, y: s.mark(x, y, "|", colour=style.SOFT),
                "below the line: rating that the summary does not use",
            )
        )
    return entries
