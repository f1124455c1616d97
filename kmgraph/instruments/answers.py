"""What was answered: typed rows, and the score of one person on one scale.

All arithmetic is exact: scores are fractions until they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from kmgraph.instruments.catalogue import Scale, ScoringRule

#: The two items of a difference: own view, and the view ascribed to others.
_OWN, _OTHERS = 1, 2
_HUNDRED: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """One respondent's answer to one item.

    :ivar respondent: pseudonym of who answers.
    :ivar case: id of the case that is rated.
    :ivar unit: id of the unit that the respondent works in.
    :ivar facility: id of the facility that the unit belongs to, or None.
    :ivar role: role of the respondent, or None.
    :ivar date: date of the survey round: a year, month or day; or None.
    :ivar scale: id of the scale.
    :ivar item: number of the item within the scale, from 1.
    :ivar value: the answer, or None for do not know.
    """

    respondent: str
    case: str
    unit: str
    facility: str | None
    role: str | None
    date: str | None
    scale: str
    item: int
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Eligible:
    """How many people of a unit could have answered.

    :ivar unit: id of the unit.
    :ivar count: number of people.
    :ivar date: date of the survey round; None stands for every round.
    :ivar facility: facility of a unit in which nobody answered, or None.
    :ivar case: case of a unit in which nobody answered, or None.
    """

    unit: str
    count: int
    date: str | None = None
    facility: str | None = None
    case: str | None = None


def person_score(
    scale: Scale,
    answers: Mapping[int, Decimal | None],
    *,
    minimum_answered: Decimal = Decimal(0),
) -> Fraction | None:
    """Return the score of one person on one scale, in the units of the instrument.

    :param answers: number of an item to the answer; None is do not know. Items that are not there
        were not answered.
    :param minimum_answered: share of the items of the scale, 0 to 1, that has to be answered.
    :returns: the score, or None where too little was answered; a difference needs both items.

    >>> from kmgraph.instruments.catalogue import find_instrument
    >>> scale = find_instrument("ORCA").scales["ORCA.C.1"]
    >>> person_score(scale, {1: Decimal(4), 2: None, 3: Decimal(5)})
    Fraction(9, 2)
    """
    given = {item: Fraction(value) for item, value in answers.items() if value is not None}
    if not given or Fraction(len(given), scale.item_count) < Fraction(minimum_answered):
        return None
    if scale.rule is ScoringRule.DIFFERENCE:
        return given[_OWN] - given[_OTHERS] if given.keys() >= {_OWN, _OTHERS} else None
    mean = mean_of(list(given.values()))
    if scale.rule is ScoringRule.PER_CENT:
        low, high = Fraction(scale.minimum), Fraction(scale.maximum)
        return _HUNDRED * (mean - low) / (high - low)
    return mean


def mean_of(values: list[Fraction]) -> Fraction:
    """Return the exact mean.

    >>> mean_of([Fraction(1), Fraction(2)])
    Fraction(3, 2)
    """
    return sum(values, Fraction(0)) / len(values)


def to_decimal(value: Fraction, places: int = 6) -> Decimal:
    """Return a fraction as a decimal number, rounded half to even.

    >>> to_decimal(Fraction(2, 3)), to_decimal(Fraction(7, 2))
    (Decimal('0.666667'), Decimal('3.5'))
    """
    # Rounding a fraction is exact and half to even, which dividing decimals first would not be.
    whole = round(value * 10**places)
    number = Decimal(whole).scaleb(-places)
    return number.normalize() + 0 if number else Decimal(0)
