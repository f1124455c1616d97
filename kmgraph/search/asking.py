"""What somebody typed, as a query of the index."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kmgraph.errors import InputError

#: A search says no more than this; what is longer is refused, and not cut.
MOST_CHARACTERS: Final = 300
_MOST_WORDS: Final = 24
_PIECE: Final = re.compile(r'"([^"]*)"|([^\s"]+)')
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words in quotes that stand one after the other.

    :ivar words: the words, in small letters.
    :ivar is_phrase: whether they were in quotes, and are then looked for as they stand.
    """

    words: tuple[str, ...]
    is_phrase: bool


def asked(text: str) -> tuple[Term, ...]:
    """Return what a search asks for, in the order in which it was typed.

    :raises InputError: there is no word in it, or it is too long.

    >>> [term.words for term in asked('Falls "stroke unit" C.culture')]
    [('falls',), ('stroke', 'unit'), ('c',), ('culture',)]
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(
            f"the search has {len(text):,} characters, and {MOST_CHARACTERS} are the most: "
            "use fewer words"
        )
    terms: list[Term] = []
    for quoted, plain in _PIECE.findall(text):
        words = tuple(_WORD.findall((quoted or plain).lower()))
        if quoted and words:
            terms.append(Term(words, is_phrase=True))
        else:
            terms += [Term((word,), is_phrase=False) for word in words]
    if not terms:
        raise InputError("the search holds no word: type a word or a part of one")
    return tuple(terms[:_MOST_WORDS])


def expression(
    terms: Sequence[Term], alike: Callable[[str], Sequence[str]], *, every: bool = True
) -> str:
    """Return the query of the index.

    :param alike: gives the words to look for in place of a word that the index does not know.
    :param every: whether each term must be there, or any of them.

    >>> expression(asked("fals care"), lambda word: ["falls"] if word == "fals" else [])
    '("fals" OR "falls") AND ("care" *)'
    """
    parts = []
    for number, term in enumerate(terms):
        if term.is_phrase:
            parts.append(_quoted(" ".join(term.words)))
            continue
        word = term.words[0]
        others = [_quoted(other) for other in alike(word)]
        # Whoever types is still at the last word.
        is_last = number == len(terms) - 1
        own = f"{_quoted(word)} *" if is_last and not others else _quoted(word)
        parts.append(f"({' OR '.join([own, *others])})")
    return (" AND " if every else " OR ").join(parts)


def _quoted(words: str) -> str:
    """Return words as one string of the index's query language; only letters and digits come in."""
    return f'"{words}"'
