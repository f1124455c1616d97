"""What stands in each row of a profile, before it is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, groupby
from typing import Final

from kmgraph.figures import style
from kmgraph.readings.model import (
    AMOUNT_ONLY,
    NO_RECORD,
    NOT_RATED,
    NOT_USED,
    TASK_TO_ENABLING,
    CaseReading,
    ConstructReading,
    ElementReading,
    Rating,
)

LOW_TO_HIGH: Final = "low to high"
_RATED: Final = "rated"
_JUDGED: Final = "judged"
#: Said of what is rated and has no place, by how it runs.
_UNPLACED: Final = {TASK_TO_ENABLING: "no position given", LOW_TO_HIGH: "no score given"}
_NOTHING: Final = "nothing rated"
_NO_POLES: Final = "no poles are published"
#: Ratings this close together are drawn beside each other.
_CLOSE: Final = Decimal("0.015")


@dataclass(frozen=True, slots=True)
class Mark:
    """Ratings of one role at one place of a row.

    :ivar value: score or position; None where the rater judged a band only.
    :ivar band: the band that was judged, where there is no score.
    :ivar role: role of the raters in words.
    :ivar count: how many ratings these are.
    :ivar is_used: whether the summary was made with them.
    """

    value: Decimal | None
    band: str
    role: str
    count: int
    is_used: bool


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One row of a profile: an element, or one of its constructs.

    :ivar element: notation of the element.
    :ivar label: what to call the construct.
    :ivar is_summary: whether the row sums up an element.
    :ivar runs: ``low to high``; ``task to enabling``, where neither side is better; or empty,
        where no poles are published.
    :ivar value: score or position; None where there is none.
    :ivar absence: why nothing is drawn at a place, in words; empty where something is.
    :ivar words: value, band and raters in words.
    :ivar more: further words, of a summary.
    :ivar bounds: lowest and highest score that what is missing could give.
    :ivar spread: the ratings of the two raters who differ most, at one date and level.
    """

    element: str
    notation: str
    concept: str
    label: str
    is_summary: bool
    runs: str = LOW_TO_HIGH
    value: Decimal | None = None
    absence: str = ""
    words: str = ""
    more: str = ""
    bounds: tuple[Decimal, Decimal] | None = None
    spread: tuple[Decimal, Decimal] | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def is_position(self) -> bool:
        """Whether it runs from task to enabling."""
        return self.runs == TASK_TO_ENABLING

    @property
    def is_banded(self) -> bool:
        """Whether it runs from low to high."""
        return self.runs == LOW_TO_HIGH


def rows_of(reading: CaseReading) -> list[ProfileRow]:
    """Return the rows of a profile, in the order of the framework.

    >>> element = ElementReading("", "urn:E", "PARIHS.E", "Evidence", sub_element_count=4)
    >>> rows_of(CaseReading("urn:c", "C", elements=(element,)))[0].absence
    'nothing rated'
    """
    return [
        row
        for element in reading.elements
        for row in (_summary(element), *(_construct(element, one) for one in own_parts(element)))
    ]


def own_parts(element: ElementReading) -> list[ConstructReading]:
    """Return the constructs of an element but for those that stand under one of its parts."""
    below = {construct.notation for part in element.parts for construct in part.constructs}
    return [construct for construct in element.constructs if construct.notation not in below]


def _summary(element: ElementReading) -> ProfileRow:
    """Return the row that sums up an element."""
    is_position = element.runs == TASK_TO_ENABLING
    value = element.position if is_position else element.score
    bounds = None
    if not is_position and element.lower_bound is not None and element.upper_bound is not None:
        bounds = (element.lower_bound, element.upper_bound)
    return ProfileRow(
        element=element.notation,
        notation=element.notation,
        concept=element.concept,
        label=style.clean(element.label),
        is_summary=True,
        runs=element.runs,
        value=value,
        absence="" if value is not None or bounds else _nothing_of(element),
        words=_summary_words(element, value),
        more="; ".join(_further(element, bounds)),
        bounds=bounds,
    )


def _nothing_of(element: ElementReading) -> str:
    """Return why an element has no place in its row."""
    if _is_unrated(element):
        return _NOTHING if element.status == NOT_RATED else style.clean(element.status)
    if is_amount(element):
        return AMOUNT_ONLY
    return _UNPLACED.get(element.runs, _NO_POLES)


def _is_unrated(element: ElementReading) -> bool:
    """Say whether nothing of an element is summed up."""
    return not element.rated_count and not element.is_direct and not element.iri


def is_amount(found: ElementReading | ConstructReading) -> bool:
    """Say whether facilitation has a score: how much there is, and not where it lies.

    >>> is_amount(ConstructReading("", "urn:F", "PARIHS.F", "Facilitation", TASK_TO_ENABLING))
    False
    """
    return found.runs == TASK_TO_ENABLING and found.score is not None and found.position is None


def _summary_words(element: ElementReading, value: Decimal | None) -> str:
    """Return score, band and coverage of an element in words."""
    if _is_unrated(element):
        return ""
    parts = []
    if is_amount(element) and element.score is not None:
        parts.append(f"score {_value_words(element.score, element.band, LOW_TO_HIGH)}")
    elif value is not None:
        parts.append(_value_words(value, element.band, element.runs))
    elif element.rated_count and element.runs == LOW_TO_HIGH:
        parts.append("no score, judged only")
    if element.is_direct:
        parts.append("rated as a whole")
    if element.sub_element_count:
        parts.append(f"{element.rated_count} of {element.sub_element_count} rated")
    return ", ".join(parts)


def _value_words(value: Decimal, band: str, runs: str) -> str:
    """Return a score with its band, or a position, in words."""
    if runs == TASK_TO_ENABLING:
        return f"position {style.number(value)}"
    return f"{style.number(value)} {band}".strip()


def _further(element: ElementReading, bounds: tuple[Decimal, Decimal] | None) -> Iterator[str]:
    """Yield what else is known of an element."""
    if bounds and bounds[0] != bounds[1]:
        yield f"could be {style.number(bounds[0])} to {style.number(bounds[1])}"
    if element.rater_count:
        yield style.plural(element.rater_count, "rater")
    if element.profile_spread is not None:
        yield f"parts {style.number(element.profile_spread)} apart"


def _construct(element: ElementReading, construct: ConstructReading) -> ProfileRow:
    """Return the row of one construct."""
    is_position = construct.runs == TASK_TO_ENABLING
    value = construct.position if is_position else construct.score
    is_whole = construct.notation == element.notation
    marks = tuple(_marks(construct.ratings, is_position=is_position))
    return ProfileRow(
        element=element.notation,
        notation=construct.notation,
        concept=construct.concept,
        label=f"{style.clean(construct.label)}{', as a whole' if is_whole else ''}",
        is_summary=False,
        runs=construct.runs,
        value=value,
        absence="" if value is not None or marks else _absence(construct),
        words=_construct_words(construct, value, has_marks=bool(marks)),
        spread=_spread(construct, is_position=is_position),
        marks=marks,
    )


def _absence(construct: ConstructReading) -> str:
    """Return why a construct has no place in its row."""
    if construct.status not in (_RATED, _JUDGED):
        return style.clean(construct.status) or NO_RECORD
    if is_amount(construct):
        return AMOUNT_ONLY
    return _UNPLACED.get(construct.runs, _NO_POLES)


def _construct_words(construct: ConstructReading, value: Decimal | None, *, has_marks: bool) -> str:
    """Return value, band and raters of a construct in words."""
    parts = []
    has_value = value is not None or is_amount(construct)
    if value is not None:
        parts.append(_value_words(value, construct.band, construct.runs))
    elif is_amount(construct) and construct.score is not None:
        parts.append(f"score {_value_words(construct.score, construct.band, LOW_TO_HIGH)}")
    if construct.judged_bands:
        judged = [band if count == 1 else f"{band} ×{count}" for band, count in _counted(construct)]
        parts.append(f"judged {' and '.join(judged)}")
    parts += _appropriateness(construct.ratings)
    if construct.rater_count and (has_value or construct.judged_bands):
        parts.append(style.plural(construct.rater_count, "rater"))
    if construct.rater_spread is not None:
        parts.append(f"{style.number(construct.rater_spread)} apart")
    if has_value and construct.ratings and not any(r.is_used for r in construct.ratings):
        parts.append("not used")
    if construct.status == NOT_USED and has_marks:
        parts.append(NOT_USED)
    return ", ".join(parts)


def _counted(construct: ConstructReading) -> list[tuple[str, int]]:
    """Return the judged bands from low to high, each with how often it was judged."""
    bands = construct.judged_bands
    known = [band for band in style.BAND_EDGES if band in bands]
    others = sorted({band for band in bands if band not in style.BAND_EDGES})
    return [(band, bands.count(band)) for band in [*known, *others]]


def _appropriateness(ratings: Iterable[Rating]) -> list[str]:
    """Return how well raters find that facilitation suits the case, with the number of each."""
    said = [rating for rating in ratings if rating.appropriateness]
    # Diagnoses use them; a case without a diagnosis has them all the same.
    used = [rating for rating in said if rating.is_used] or said
    found = sorted(style.clean(rating.appropriateness) for rating in used)
    return [
        word if (count := len(list(group))) == 1 else f"{word} ×{count}"
        for word, group in groupby(found)
    ]


def _marks(ratings: Sequence[Rating], *, is_position: bool) -> Iterator[Mark]:
    """Yield the marks of a row from low to high, judged ones after the scored."""
    found: dict[tuple[bool, Decimal, str, str, bool], int] = {}
    for rating in ratings:
        value = rating.position if is_position else rating.score
        band = "" if is_position or value is not None else rating.band
        if rating.status != _RATED or (value is None and not band):
            continue
        role = style.clean(rating.role) or "role not given"
        key = (value is None, value or Decimal(0), band, role, rating.is_used)
        found[key] = found.get(key, 0) + 1
    for (is_judged, value, band, role, is_used), count in sorted(found.items()):
        yield Mark(None if is_judged else value, band, role, count, is_used)


def _spread(construct: ConstructReading, *, is_position: bool) -> tuple[Decimal, Decimal] | None:
    """Return the ratings whose difference is the published spread, or None.

    Two different raters are compared at one date and level, so the ends of the line may lie
    closer together than the outermost ratings of the row.
    """
    if not construct.rater_spread:
        return None
    places: dict[tuple[str, str], list[tuple[Decimal, str]]] = {}
    for rating in construct.ratings:
        value = rating.position if is_position else rating.score
        if rating.is_used and value is not None:
            places.setdefault((rating.date, rating.construct_level), []).append(
                (value, _who(rating))
            )
    for _, values in sorted(places.items()):
        for (low, one), (high, other) in combinations(sorted(values), 2):
            if one != other and abs(high - low - construct.rater_spread) < Decimal("0.000002"):
                return low, high
    return None


def _who(rating: Rating) -> str:
    """Return the rater; a rating whose rater is not named stands for a rater of its own."""
    return rating.rater or rating.iri


def beside(marks: Sequence[Mark]) -> list[list[Mark]]:
    """Return marks in groups that lie too close together to be drawn at one place.

    >>> one, two = (Mark(Decimal("0.5"), "", role, 1, True) for role in ("nurse", "manager"))
    >>> [len(group) for group in beside([one, two])]
    [2]
    """
    groups: list[list[Mark]] = []
    for mark in marks:
        last = groups[-1][-1] if groups else None
        if last is not None and _are_close(last, mark):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _are_close(one: Mark, other: Mark) -> bool:
    """Say whether two marks would cover each other."""
    if one.value is None or other.value is None:
        return one.value is other.value and one.band == other.band
    return abs(one.value - other.value) <= _CLOSE
