"""Which picture says most of what a store holds; read from the cube, however much there is."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from kmgraph.cube import cube_table
from kmgraph.figures.bars import Bar, Bars, Part
from kmgraph.figures.overview import DIRECTIONS, Corner, Overview
from kmgraph.figures.picture import Picture
from kmgraph.stores.base import QuadStore

#: Most rows of bars; what is beyond is counted together.
MOST_BARS: Final = 14
_STATES: Final = (Part("filled", "good"), Part("vacant", "poor"), Part("unknown", "unknown"))
_STUDIES: Final = (Part("studies", "good"),)
_NAMED: Final = {
    "theme": "Studies by theme",
    "setting": "Studies by setting",
    "design": "Studies by design",
}


def read_overview(store: QuadStore) -> Picture | None:
    """Return the picture that says most of a store, or None where nothing is counted.

    What came of cases where cases are read and outcomes measured; else the posts of knowledge
    brokers by theme; else the studies by theme, setting or design.

    :param store: a view whose records are counted in its cube.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_overview(MemoryStore()) is None
    True
    """
    return _cases(store) or _posts(store) or _studies(store)


def _cases(store: QuadStore) -> Overview | None:
    """Return what came of cases, by the framework that most cases are read by."""
    read: dict[str, Counter[str]] = {}
    for row in _rows(store, "readings-by-quadrant", "scheme", "quadrant"):
        read.setdefault(row["scheme"], Counter())[row["quadrant"]] += row["unitCount"]
    went: Counter[tuple[str, str, str]] = Counter()
    for row in _rows(store, "outcomes-by-reading", "scheme", "quadrant", "direction"):
        went[row["scheme"], row["quadrant"], row["direction"]] += row["unitCount"]
    if not read:
        return None
    scheme = max(sorted(read), key=lambda name: read[name].total())
    corners = tuple(
        Corner(name, cases, tuple(went[scheme, name, part.name] for part in DIRECTIONS))
        for name, cases in sorted(read[scheme].items())
    )
    return Overview(scheme, corners) if any(one.measured for one in corners) else None


def _posts(store: QuadStore) -> Bars | None:
    """Return the posts of knowledge brokers by theme."""
    counted: dict[str, Counter[str]] = {}
    for row in _rows(store, "fellow-posts-by-theme", "theme", "postStatus"):
        counted.setdefault(row["theme"], Counter())[row["postStatus"]] += row["unitCount"]
    if not counted:
        return None
    known = [part.name for part in _STATES[:-1]]
    bars = [
        Bar(theme, (*(by[name] for name in known), by.total() - sum(by[name] for name in known)))
        for theme, by in counted.items()
    ]
    note = "A post that serves several themes is counted in each of them."
    return Bars(
        "Knowledge-broker posts by theme", ("post", "posts"), _STATES, _first(bars), notes=(note,)
    )


def _studies(store: QuadStore) -> Bars | None:
    """Return the studies by what most is recorded of."""
    for name, title in _NAMED.items():
        grouping = "studies-by-theme" if name == "theme" else "studies-by-setting"
        rows = _rows(store, grouping, name)
        if any(row[name] != "not reported" for row in rows):
            bars = [Bar(row[name], (row["unitCount"],)) for row in rows]
            note = f"A study of several {name}s is counted in each of them."
            return Bars(title, ("study", "studies"), _STUDIES, _first(bars), notes=(note,))
    return None


def _first(bars: list[Bar]) -> tuple[Bar, ...]:
    """Return the longest bars, and the others as one."""
    ordered = sorted(bars, key=lambda bar: (-bar.total, bar.label))
    if len(ordered) <= MOST_BARS:
        return tuple(ordered)
    rest = ordered[MOST_BARS - 1 :]
    counts = tuple(map(sum, zip(*(bar.counts for bar in rest), strict=True)))
    return (*ordered[: MOST_BARS - 1], Bar(f"{len(rest):,} others", counts))


def _rows(store: QuadStore, grouping: str, *by: str) -> list[dict[str, Any]]:
    """Return the observations of a grouping at one level, with names as texts."""
    table = cube_table(store, grouping, by=dict.fromkeys(by))
    return [
        {name: str(row[name]) for name in by} | {"unitCount": int(row["unitCount"])}
        for row in table.to_dicts()
    ]
