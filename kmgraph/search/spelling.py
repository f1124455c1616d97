"""Words that look like one that nobody wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

#: Shorter words have too many neighbours.
_SHORTEST: Final = 4
#: From so many letters on, two slips are forgiven instead of one.
_LONG: Final = 8
_MOST: Final = 3


def alike(word: str, known: Mapping[str, int]) -> Sequence[str]:
    """Return known words that are a slip or two away, the likeliest first.

    A slip is a letter too many, too few, a wrong one, or two that changed places: the optimal
    string alignment distance.

    :param known: words, and how often each was written.

    >>> alike("facilitaton", {"facilitation": 9, "falls": 3})
    ['facilitation']
    >>> alike("falls", {"falls": 3})
    []
    """
    if word in known or len(word) < _SHORTEST or not word.isalpha():
        return []
    slips = 1 if len(word) < _LONG else 2
    near = process.extract(
        word, known.keys(), scorer=OSA.distance, score_cutoff=slips, limit=10 * _MOST
    )
    ordered = sorted(near, key=lambda found: (found[1], -known[found[0]], found[0]))
    return [found[0] for found in ordered[:_MOST]]
