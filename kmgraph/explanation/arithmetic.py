"""Sums written out, so that a reader can follow them with a pencil."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

from kmgraph.readings.model import plain

_PLACES: Final = Decimal("0.000001")
#: How far a mean of rounded numbers may lie from the rounded mean.
_ROUNDING: Final = Fraction(2, 1_000_000)
LOW_EDGE: Final = Decimal("0.4")
HIGH_EDGE: Final = Decimal("0.6")
_BANDS: Final = {
    "low": f"low: below {LOW_EDGE}",
    "mixed": f"mixed: {LOW_EDGE} to {HIGH_EDGE}",
    "high": f"high: above {HIGH_EDGE}",
}


def mean(numbers: Iterable[Decimal | Fraction]) -> Fraction:
    """Return the exact mean of some numbers.

    >>> mean([Decimal(1), Decimal("0.75"), Decimal(0)])
    Fraction(7, 12)
    """
    held = [Fraction(number) for number in numbers]
    return sum(held, Fraction(0)) / len(held)


def rounded(number: Decimal | Fraction) -> Decimal:
    """Return a number rounded half-even to six places, as summaries have it.

    >>> rounded(Fraction(7, 12))
    Decimal('0.583333')
    """
    exact = Fraction(number)
    scaled = Fraction(exact / Fraction(_PLACES))
    return (Decimal(round(scaled)) * _PLACES).quantize(_PLACES, ROUND_HALF_EVEN)


def shown(number: Decimal | Fraction) -> str:
    """Return a number to six places without trailing zeros.

    >>> shown(Fraction(7, 12)), shown(Decimal("0.750"))
    ('0.583333', '0.75')
    """
    return plain(rounded(number))


def in_band(band: str) -> str:
    """Return a band with its edges in brackets; empty for none.

    >>> in_band("mixed")
    ' (mixed: 0.4 to 0.6)'
    """
    return f" ({_BANDS.get(band, band)})" if band else ""


def mean_in_words(parts: Sequence[tuple[str, Decimal | Fraction]], result: Decimal | None) -> str:
    """Return how a mean came about.

    :param parts: what each number is of, and the number.
    :param result: the mean as it was published.

    >>> mean_in_words([("research", Decimal(1)), ("patient", Decimal("0.5"))], Decimal("0.75"))
    'mean of research 1, patient 0.5 = 0.75'
    >>> mean_in_words([("research", Decimal(1))], Decimal(1))
    'research 1, the only one'
    """
    listed = ", ".join(f"{name} {shown(number)}".strip() for name, number in parts)
    if not parts or result is None:
        return plain(result)
    own = mean(number for _, number in parts)
    if abs(own - Fraction(result)) > _ROUNDING:
        # Never a sum that does not add up: another version may have written the summary.
        return f"{plain(result)} as published, though the mean of {listed} is {shown(own)}"
    return f"{listed}, the only one" if len(parts) == 1 else f"mean of {listed} = {plain(result)}"


def bound_in_words(
    scores: Sequence[Decimal], missing: int, pole: int, result: Decimal | None
) -> str:
    """Return how a bound came about.

    :param scores: scores of the sub-elements that have one.
    :param missing: number of those that have none.
    :param pole: what these are taken to be, 0 or 1.

    >>> bound_in_words([Decimal(1), Decimal("0.75"), Decimal(0)], 1, 1, Decimal("0.6875"))
    '(1 + 0.75 + 0 + 1) / 4 = 0.6875'
    """
    terms = [shown(score) for score in scores] + [str(pole)] * missing
    return f"({' + '.join(terms)}) / {len(terms)} = {plain(result)}"
