"""Make the chart of an answer of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kmgraph.figures.chart import Chart, ChartRow
from kmgraph.figures.style import SYNTHETIC, plural
from kmgraph.questions.headings import heading
from kmgraph.questions.model import Charted, Returned

if TYPE_CHECKING:
    from kmgraph.questions.answer import Answer

_Row = Mapping[str, Any]
#: Most series of a stacked chart; the smallest others are put together.
_MOST_SERIES: Final = 7
_MOST_COLUMNS: Final = 12
_UNNAMED: Final = "not reported"
_REST: Final = "all others"


def chart_of(found: Answer) -> Chart | None:
    """Return the chart of an answer.

    :returns: None where the question has none, or the answer has nothing to draw.

    >>> from kmgraph.questions import answer, load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> chart_of(answer(load_catalogue()["31"], MemoryStore())) is None
    True
    """
    charted = found.question.chart
    if charted is None:
        return None
    left_out = dict(charted.leaves_out)
    rows = [
        row for row in found.rows if not any(row[name] == text for name, text in left_out.items())
    ]
    columns = {column.name: column for column in found.columns}
    names, same = _named(charted, rows, columns)
    series, drawn, joined = _drawn(charted, rows, names, columns)
    kept = [row for row in drawn if any(number is not None for number in row.numbers)]
    if not kept:
        return None
    if charted.most_first:
        kept.sort(key=lambda row: -sum((one for one in row.numbers if one is not None), Decimal(0)))
    notes = [same] if same else []
    if len(kept) < len(drawn):
        notes.append(f"{plural(len(drawn) - len(kept), 'row')} without a number not drawn.")
    if joined:
        notes.append(joined)
    if (found.pages or 0) > 1:
        notes.append(f"Page {found.page} of {found.pages:,} of the answer alone is drawn.")
    if found.question.unverified:
        notes.append(f"Not checked: {found.question.unverified}")
    if found.is_synthetic:
        notes.append(SYNTHETIC)
    series, kept = _limited(charted, series, kept)
    least, greatest = (Decimal(one) if one else None for one in (charted.least, charted.greatest))
    return Chart(
        charted.kind, found.question.title, charted.shows, series, tuple(kept), least, greatest,
        tuple(notes),
    )  # fmt: skip


def _named(
    charted: Charted, rows: Sequence[_Row], columns: Mapping[str, Returned]
) -> tuple[list[str], str]:
    """Return the name of each row, and a sentence on what is the same in all of them."""
    parts = [[row[name] for name in charted.by] for row in rows]
    every = list(zip(*parts, strict=True))
    varying = [place for place, one in enumerate(every) if len(set(one)) > 1]
    if not varying:
        varying = [0]
    named = [
        " · ".join(str(part[place]) for place in varying if part[place] is not None) or _UNNAMED
        for part in parts
    ]
    said = [
        f"{heading(columns[charted.by[place]])}: {_text(one[0])}"
        for place, one in enumerate(every)
        if place not in varying
    ]
    return named, f"{'; '.join(said)}." if said else ""


def _text(value: Any) -> str:
    """Return a value as the name of a row or of a series."""
    return _UNNAMED if value is None or not str(value).strip() else str(value)


def _drawn(
    charted: Charted,
    rows: Sequence[_Row],
    names: Sequence[str],
    columns: Mapping[str, Returned],
) -> tuple[tuple[str, ...], list[ChartRow], str]:
    """Return the series, the rows of the chart, and a sentence on what was put together."""
    cells: dict[str, dict[str, list[Decimal]]] = {}
    series: dict[str, None] = {}
    labels = {name: heading(columns[name]) for name in charted.values}
    for place, (name, row) in enumerate(zip(names, rows, strict=True)):
        # Dots of one name stay apart, each in a lane of its own.
        key = f"{name}\n{place}" if charted.kind == "dot" and not charted.series else name
        line = cells.setdefault(key, {})
        for one, number in _numbers(charted, row, labels):
            series.setdefault(one)
            held = line.setdefault(one, [])
            if number is not None:
                held.append(number)
    is_counted = not charted.values
    several = any(len(held) > 1 for line in cells.values() for held in line.values())
    # What has a unit is counted, but for percentages; scores and shares have none.
    adds = is_counted or all(columns[name].unit not in ("", "percent") for name in charted.values)
    how = "they are added up" if adds else "their mean is drawn"
    is_told = several and not is_counted
    said = f"Where several numbers fall on one place, {how}." if is_told else ""
    empty = Decimal(0) if is_counted else None
    made = [
        ChartRow(
            key.partition("\n")[0],
            tuple(_joined(line.get(one), empty, adds=adds) for one in series),
        )
        for key, line in cells.items()
    ]
    return tuple(series), made, said


def _numbers(
    charted: Charted, row: _Row, labels: Mapping[str, str]
) -> list[tuple[str, Decimal | None]]:
    """Return what a row of an answer adds to its row of the chart, by series."""
    if not charted.values:
        return [(_text(row[charted.series]) if charted.series else "rows", Decimal(1))]
    numbers = [(name, _number(row[name])) for name in charted.values]
    if charted.series:
        return [(_text(row[charted.series]), number) for _, number in numbers]
    return [(labels[name], number) for name, number in numbers]


def _number(value: Any) -> Decimal | None:
    """Return a number of an answer."""
    return None if value is None else Decimal(str(value))


def _joined(held: list[Decimal] | None, empty: Decimal | None, *, adds: bool) -> Decimal | None:
    """Return the sum of numbers or their mean."""
    if not held:
        return empty
    total = sum(held, Decimal(0))
    return total if adds else total / len(held)


def _limited(
    charted: Charted, series: tuple[str, ...], rows: list[ChartRow]
) -> tuple[tuple[str, ...], list[ChartRow]]:
    """Return no more series than can be told apart; the smallest are put together."""
    most = _MOST_COLUMNS if charted.kind == "heat" else _MOST_SERIES
    if len(series) <= most:
        return series, rows
    sums = [
        sum((row.numbers[place] or Decimal(0) for row in rows), Decimal(0))
        for place in range(len(series))
    ]
    largest = sorted(range(len(series)), key=lambda place: -sums[place])[: most - 1]
    kept = sorted(largest)
    adds = charted.kind == "stacked" or not charted.values

    def line(row: ChartRow) -> ChartRow:
        """Return a row with fewer numbers."""
        others = [
            number
            for place, number in enumerate(row.numbers)
            if place not in kept and number is not None
        ]
        return ChartRow(
            row.label,
            (*(row.numbers[place] for place in kept), _joined(others, None, adds=adds)),
        )

    return (*(series[place] for place in kept), _REST), [line(row) for row in rows]
