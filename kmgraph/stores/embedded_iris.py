"""Find where a text may hold an IRI of which only a digest is known.

An erased IRI may stand anywhere in a text, behind ``source:`` or before ``'s page``, and with
percent signs in the query of another IRI. Only its scheme and its greatest length are known. So
every place where such an IRI may begin is taken, with every place where it may end.

``p1`` does not stand in ``p10``, ``p1-b``, ``p1.2`` or ``p1%20x``, which name others. It stands in
``p1/quote``, ``p1?v=2``, ``p1,`` and, in a text but not in an IRI, in ``p1.`` before a space.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, unquote

#: ASCII as it may stand in an IRI; all else is written with percent signs.
_PLAIN: Final = "".join(map(chr, range(0x21, 0x7F)))
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_RUN: Final = re.compile(r"[^\x00-\x20<>\"{}|^`\\]*")
#: What is read beyond the greatest length, to see whether an IRI goes on.
_SLACK: Final = 64
#: How often a separator may be written with percent signs, as in ``%3A``, ``%253A``, ``%25253A``.
_ENCODED: Final = r"%(?:25){0,3}"
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_LETTER: Final = r"[^\W_]|[\u0300-\u036f]|%[0-9A-Fa-f]{2}"
#: In a text, scripts without capitals may follow an IRI without a space.
_LETTER_IN_TEXT: Final = (
    r"[A-Za-z0-9\u00aa-\u058f\u1e00-\u1fff]|%[0-9A-Fa-f]{2}|(?<=[^\x00-\x7f])[^\W_]"
)
#: Whether it is a text, and whether the IRI has an authority, to where an IRI does not go on.
_ENDS: Final = {
    (False, True): re.compile(rf"(?!{_LETTER}|[._~-])"),
    (False, False): re.compile(rf"(?!{_LETTER}|[._~-]|[:@]+(?:{_LETTER}))"),
    (True, True): re.compile(rf"(?![._~-]*(?:{_LETTER_IN_TEXT})|_\()"),
    (True, False): re.compile(rf"(?![._~:@-]*(?:{_LETTER_IN_TEXT}))"),
}


def canonical(iri: str) -> str:
    """Return an IRI, or a piece of one, in the form that equal ones share.

    >>> canonical("https://x.org/Zoë"), canonical("https://x.org/Zo%c3%ab")
    ('https://x.org/Zo%C3%AB', 'https://x.org/Zo%C3%AB')
    """
    plain = iri if iri.isascii() else quote(iri, safe=_PLAIN, errors="replace")
    return _ESCAPE.sub(lambda match: match[0].upper(), plain) if "%" in plain else plain


def scheme_of(iri: str) -> str:
    """Return the scheme of an IRI in lower case; empty for what has none.

    >>> scheme_of("HTTPS://x.org/"), scheme_of("x")
    ('https', '')
    """
    match = _SCHEME.match(iri)
    return match[0].lower() if match else ""


def beginnings(
    text: str, schemes: tuple[str, ...], limit: int, *, is_iri: bool
) -> Iterator[list[str]]:
    """Yield for each place where an IRI may begin the pieces that it may consist of.

    The first piece is the shortest IRI that may stand there, that with the second the next.

    :param schemes: schemes of the IRIs looked for, in lower case.
    :param limit: greatest length of an IRI.
    :param is_iri: whether the text is an IRI itself, which ends where it ends.

    >>> ["".join(found[:3]) for found in beginnings("(x:y//p1's)", ("x",), 64, is_iri=False)]
    ['x:y//p1']
    """
    if not schemes or (":" not in text and "%" not in text):
        return
    for match in _starts(schemes).finditer(text):
        scheme, separators = match[1].lower(), match[2]
        depth = max((part.count("25") + 1 for part in separators.split("%")[1:]), default=0)
        raw = text[match.start() + len(scheme) : match.start() + (limit + _SLACK) * (2 * depth + 1)]
        for _ in range(depth + 1):
            if raw.startswith(":"):
                yield _pieces(scheme, raw, limit, is_text=not is_iri)
            raw = unquote(raw)


def _pieces(scheme: str, raw: str, limit: int, *, is_text: bool) -> list[str]:
    """Return what stands between the places where an IRI may end."""
    found = _RUN.match(raw)
    run = scheme + (found[0] if found else "")
    pieces, start = [], 0
    for match in _ENDS[is_text, raw.startswith("://")].finditer(run, len(scheme) + 1):
        if match.start() > limit:
            break
        pieces.append(canonical(run[start : match.start()]))
        start = match.start()
    return pieces


@functools.lru_cache(maxsize=8)
def _starts(schemes: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern that finds where an IRI of some schemes may begin."""
    names = "|".join(sorted(map(re.escape, schemes), key=len, reverse=True))
    return re.compile(rf"({names})((?::|{_ENCODED}3A)(?:{_ENCODED}2F)?)", re.IGNORECASE | re.ASCII)
