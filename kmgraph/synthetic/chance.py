"""Random numbers that are the same on every machine.

Only :meth:`random.Random.random` is drawn from, which Python promises to keep, and only the four
basic operations are done with what it gives: they are exact to the last bit everywhere, while
``exp`` and ``log`` are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from functools import cache
from hashlib import blake2b
from random import Random
from typing import Final, TypeVar

_T = TypeVar("_T")

#: Steps of the table of the logistic function in one unit of its argument.
_STEPS: Final = 100
#: Beyond this argument the logistic function is taken at it.
_LOGIT_LIMIT: Final = 8


class Stream:
    """A stream of random numbers of its own.

    :param seed: seed of the whole programme.
    :param name: what the stream is for; each name has another stream.

    >>> Stream(7, "study/1").below(1000) == Stream(7, "study/1").below(1000)
    True
    >>> Stream(7, "study/1").normal() == Stream(7, "study/2").normal()
    False
    """

    __slots__ = ("_draw",)

    def __init__(self, seed: int, name: str) -> None:
        digest = blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
        self._draw = Random(int.from_bytes(digest, "big")).random  # noqa: S311 - no secret

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self._draw() < probability

    def between(self, low: float, high: float) -> float:
        """Return a number from a range, each as likely."""
        return low + (high - low) * self._draw()

    def below(self, limit: int) -> int:
        """Return a whole number from 0 to below a limit, each as likely."""
        return int(limit * self._draw())

    def pick(self, items: Sequence[_T]) -> _T:
        """Return one of the items, each as likely."""
        return items[int(len(items) * self._draw())]

    def weighted(self, items: Sequence[tuple[_T, float]]) -> _T:
        """Return one of the items; the weights add up to 1."""
        draw = self._draw()
        for item, weight in items:
            draw -= weight
            if draw < 0:
                return item
        return items[-1][0]

    def successes(self, trials: int, mean: float) -> int:
        """Return how many of some trials succeed, so many on average."""
        probability = mean / trials
        return sum(self._draw() < probability for _ in range(trials))

    def normal(self) -> float:
        """Return a number of mean 0 and standard deviation 1, bell-shaped, from -3 to 3."""
        draw = self._draw
        return 2.0 * (draw() + draw() + draw()) - 3.0


def clamp(value: float) -> float:
    """Return a number moved into the range from 0 to 1.

    >>> clamp(-0.2), clamp(0.3), clamp(1.5)
    (0.0, 0.3, 1.0)
    """
    return 0.0 if value < 0.0 else 1.0 if value > 1.0 else value


def logistic(logit: float) -> float:
    """Return 1 / (1 + exp(-logit)), for the argument rounded to two places.

    >>> logistic(0), round(logistic(2), 4), logistic(2) == logistic(2.001)
    (0.5, 0.8808, True)
    """
    limited = max(-_LOGIT_LIMIT, min(_LOGIT_LIMIT, logit))
    return _logistics()[int((limited + _LOGIT_LIMIT) * _STEPS + 0.5)]


@cache
def _logistics() -> tuple[float, ...]:
    """Return the logistic function at each step; decimals are exact on every machine."""
    context = Context(prec=28)
    steps = range(-_LOGIT_LIMIT * _STEPS, _LOGIT_LIMIT * _STEPS + 1)
    powers = (context.exp(context.divide(Decimal(-step), Decimal(_STEPS))) for step in steps)
    return tuple(float(context.divide(Decimal(1), Decimal(1) + power)) for power in powers)
