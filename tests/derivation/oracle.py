"""A plain reading of what summaries, diagnoses and flips are, in exact fractions.

It shares no code with the rules: it loops where they join, and computes in fractions where they
compute in decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import Any

#: Element to its sub-elements, by scheme and side.
FRAMEWORKS: dict[str, dict[str, tuple[str, tuple[str, ...]]]] = {
    "parihs-2004": {
        "E": ("PARIHS.E", ("research", "clinical", "patient", "local")),
        "C": ("PARIHS.C", ("receptive", "culture", "leadership", "evaluation")),
        "F": ("PARIHS.F", ("purpose", "role", "skills")),
    },
    "parihs-1998": {
        "E": ("P98.E", ("research", "clinical", "patient")),
        "C": ("P98.C", ("culture", "leadership", "measurement")),
    },
}
EDGES = (Fraction(4, 10), Fraction(6, 10))
QUADRANTS = {
    ("High", "High"): "HighEvidenceHighContext",
    ("High", "Low"): "HighEvidenceLowContext",
    ("Low", "High"): "LowEvidenceHighContext",
    ("Low", "Low"): "LowEvidenceLowContext",
}
#: Quadrant to the positions that the suggested facilitation has.
POSITIONS = {
    "HighEvidenceHighContext": (Fraction(0), Fraction(4, 10)),
    "HighEvidenceLowContext": (Fraction(6, 10), Fraction(1)),
    "LowEvidenceLowContext": (Fraction(6, 10), Fraction(1)),
}


@dataclass(frozen=True)
class Rated:
    """One assessment, as a test draws it."""

    id: str
    construct: str
    kind: str
    value: Any
    rater: str | None = None
    role: str | None = None
    instrument: str | None = None
    level: str | None = None
    date: str = ""
    document: str = "d1"

    @property
    def who(self) -> str:
        """A rater without a name is nobody else than the one of this rating."""
        return self.rater or self.id

    @property
    def series(self) -> tuple[str, ...]:
        """What a later rating supersedes."""
        name = self.rater or self.role or ""
        return (self.construct, self.kind, name, self.instrument or "", self.level or "")


def round6(number: Fraction | None) -> Fraction | None:
    """Round half to even, to six places."""
    return None if number is None else Fraction(round(number * 10**6), 10**6)


def mean(numbers: Iterable[Fraction]) -> Fraction:
    """Return the mean."""
    listed = list(numbers)
    return sum(listed, Fraction(0)) / len(listed)


def band(score: Fraction | None, edges: tuple[Fraction, Fraction] = EDGES) -> str | None:
    """Return the band of a score."""
    if score is None:
        return None
    return "Low" if score < edges[0] else "High" if score > edges[1] else "Mixed"


def latest(ratings: Iterable[Rated]) -> list[Rated]:
    """Return the ratings that no later one of their series supersedes."""
    last: dict[tuple[str, ...], str] = {}
    listed = list(ratings)
    for rating in listed:
        last[rating.series] = max(last.get(rating.series, ""), rating.date)
    return [rating for rating in listed if rating.date == last[rating.series]]


def place(ratings: Iterable[Rated]) -> Fraction | None:
    """Return the mean over raters, instruments and levels."""
    own: dict[tuple[str, ...], list[Fraction]] = defaultdict(list)
    for rating in ratings:
        own[(rating.who, rating.instrument or "", rating.level or "")].append(rating.value)
    return mean(mean(values) for values in own.values()) if own else None


def rater_spread(ratings: Iterable[Rated]) -> Fraction | None:
    """Return the largest difference between raters of one construct, time and level."""
    groups: dict[tuple[str, ...], list[Rated]] = defaultdict(list)
    for rating in ratings:
        groups[(rating.construct, rating.date, rating.level or "")].append(rating)
    spreads = [
        abs(one.value - other.value)
        for group in groups.values()
        for one, other in combinations(group, 2)
        if one.who != other.who
    ]
    return max(spreads) if spreads else None


@dataclass
class Summary:
    """An element of a case."""

    score: Fraction | None = None
    position: Fraction | None = None
    coverage: Fraction | None = None
    lower: Fraction | None = None
    upper: Fraction | None = None
    rater_spread: Fraction | None = None
    profile_spread: Fraction | None = None
    raters: int = 0
    direct: bool = False
    used: frozenset[str] = frozenset()
    unscored: frozenset[str] = frozenset()
    constructs: dict[str, Fraction | None] = field(default_factory=dict)


def summarise(
    ratings: Iterable[Rated],
    element: str,
    parts: tuple[str, ...],
    assumed: Mapping[str, Fraction] | None = None,
) -> Summary | None:
    """Sum up an element; None where nothing of it is rated."""
    subs = [f"{element}.{part}" for part in parts]
    is_facilitation = element.endswith("F")
    kinds = {"position"} if is_facilitation else {"score", "band"}
    own = [r for r in ratings if r.construct in subs and r.kind in kinds]
    direct = [r for r in ratings if r.construct == element and r.kind in {"score", "band"}]
    assumed = assumed or {}
    rated = {r.construct for r in own} | set(assumed)
    parts_used = latest(own if rated else direct)
    if not parts_used and not assumed:
        return None
    placed = [r for r in parts_used if r.kind in ("score", "position")]
    values = {c: place(r for r in placed if r.construct == c) for c in [*subs, element]}
    values.update(assumed)
    known = [values[c] for c in subs if values[c] is not None]
    summary = Summary(
        coverage=Fraction(len(rated), len(subs)),
        rater_spread=rater_spread(placed),
        raters=len({r.who for r in parts_used}),
        direct=not rated and values[element] is not None,
        used=frozenset(r.id for r in parts_used),
        unscored=frozenset(r.id for r in parts_used if r.kind == "band"),
        constructs={c: v for c, v in values.items() if v is not None},
    )
    total = mean(known) if known else values[element] if not rated else None
    if is_facilitation:
        if rated:
            summary.position = total
        else:
            summary.score = total
        return summary
    summary.score = total
    summary.lower = sum(known, Fraction(0)) / len(subs)
    summary.upper = (sum(known, Fraction(0)) + len(subs) - len(known)) / len(subs)
    summary.profile_spread = max(known) - min(known) if len(known) > 1 else None
    return summary


def quadrant(evidence: str | None, context: str | None) -> str:
    """Return where two bands place a case."""
    return QUADRANTS.get((evidence or "", context or ""), "Indeterminate")


def possible(evidence: str | None, context: str | None) -> set[str]:
    """Return the quadrants that are still possible."""
    if quadrant(evidence, context) != "Indeterminate":
        return set()
    either = {"Low", "High"}
    return {
        QUADRANTS[(e, c)]
        for e in (either if evidence in (None, "Mixed") else {evidence})
        for c in (either if context in (None, "Mixed") else {context})
    }


def fit(quadrant_name: str, position: Fraction | None) -> str:
    """Return whether facilitation is of the suggested sort."""
    wanted = POSITIONS.get(quadrant_name)
    if wanted is None or position is None or EDGES[0] <= position <= EDGES[1]:
        return "Unknown"
    return "Fits" if wanted[0] <= position <= wanted[1] else "Misfits"


def bands(
    ratings: Iterable[Rated],
    scheme: str,
    edges: tuple[Fraction, Fraction] = EDGES,
    assumed: Mapping[str, Fraction] | None = None,
) -> tuple[str | None, str | None]:
    """Return the bands of evidence and context."""
    listed, found = list(ratings), []
    for side in ("E", "C"):
        element, parts = FRAMEWORKS[scheme][side]
        given = {c: v for c, v in (assumed or {}).items() if c.startswith(f"{element}.")}
        summary = summarise(listed, element, parts, given)
        found.append(band(round6(summary.score), edges) if summary else None)
    return found[0], found[1]


def flips(ratings: list[Rated], scheme: str) -> set[tuple[Any, ...]]:
    """Return kind, what is changed, edge, and quadrant and bands afterwards, of each flip."""
    elements = {side: FRAMEWORKS[scheme][side] for side in ("E", "C")}
    tops = tuple(element for element, _ in elements.values())
    used = [r for r in ratings if r.construct.startswith(tops) and r.kind in ("score", "band")]
    now = quadrant(*bands(ratings, scheme))
    found: set[tuple[Any, ...]] = set()

    def tried(kind: str, changed: str, result: tuple[str | None, str | None], edge: Any) -> None:
        if quadrant(*result) != now:
            found.add((kind, changed, edge, quadrant(*result), *result))

    for rating in used:
        rest = [r for r in ratings if r.id != rating.id]
        tried("RatingLeftOut", rating.id, bands(rest, scheme), None)
    for name in {r.rater or r.role for r in used} - {None}:
        rest = [r for r in ratings if (r.rater or r.role) != name]
        tried("RaterLeftOut", str(name), bands(rest, scheme), None)
    for document in {r.document for r in used}:
        rest = [r for r in ratings if r.document != document]
        tried("DocumentLeftOut", document, bands(rest, scheme), None)
    for shift in (Fraction(-1, 20), Fraction(1, 20)):
        low, high = EDGES[0] + shift, EDGES[1] + shift
        tried("LowEdgeMoved", "Low", bands(ratings, scheme, (low, EDGES[1])), low)
        tried("HighEdgeMoved", "High", bands(ratings, scheme, (EDGES[0], high)), high)
    scored = {r.construct for r in ratings if r.kind == "score"}
    for element, parts in elements.values():
        missing = [f"{element}.{p}" for p in parts if f"{element}.{p}" not in scored]
        groups = {sub: (sub,) for sub in missing}
        if len(missing) > 1:
            groups[element] = tuple(missing)
        for changed, subs in groups.items():
            for kind, pole in (("MissingSetLow", 0), ("MissingSetHigh", 1)):
                assumed = {sub: Fraction(pole) for sub in subs}
                tried(kind, changed, bands(ratings, scheme, assumed=assumed), None)
    return found
