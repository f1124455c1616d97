"""Decide whether a client has what it asks for already. Pure functions.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-13
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

#: Methods that ask and change nothing, so that "not modified" can be an answer.
SAFE: Final = frozenset({"GET", "HEAD", "QUERY"})
#: Content codings that a tag can be of.
CODINGS: Final = ("zstd", "gzip")
#: Anything may stand in a tag but quotes and control characters.
_TAG: Final = re.compile('(W/)?"([!#-~\x80-\xff]*)"')
_LONGEST_DATE: Final = 64
#: Headers that tell of a body, and are not sent without it.
_OF_BODY: Final = ("content-", "link", "last-modified")
#: A policy is about the page and no part of it.
_KEPT: Final = frozenset({"content-location", "content-security-policy"})

Headers = Iterable[tuple[str, str]]


class Verdict(Enum):
    """What the conditions of a request lead to."""

    SEND = 200
    NOT_MODIFIED = 304
    FAILED = 412


def judge(
    method: str, field: Callable[[str], str | None], etag: str | None, modified: str | None
) -> Verdict:
    """Return what the conditions of a request lead to.

    :param field: returns the value of a header of the request, or None.
    :param etag: strong tag, in quotes, of what would be sent.
    :param modified: date of its last change, as a header has it.

    >>> judge("GET", {"If-None-Match": 'W/"a", "b"'}.get, '"a"', None).name
    'NOT_MODIFIED'
    >>> judge("GET", {"If-Match": '"b"'}.get, '"a"', None).name
    'FAILED'
    """
    expected, known = field("If-Match"), field("If-None-Match")
    if expected is not None:
        if not holds(expected, etag, weakly=False):
            return Verdict.FAILED
    elif _is_before(field("If-Unmodified-Since"), modified):
        return Verdict.FAILED
    if known is not None:
        if not holds(known, etag):
            return Verdict.SEND
        return Verdict.NOT_MODIFIED if method in SAFE else Verdict.FAILED
    since = field("If-Modified-Since")
    if method in ("GET", "HEAD") and _is_date(since) and modified is not None:
        return Verdict.SEND if _is_before(since, modified) else Verdict.NOT_MODIFIED
    return Verdict.SEND


def holds(value: str, etag: str | None, *, weakly: bool = True) -> bool:
    """Say whether a list of tags, or ``*``, matches a tag.

    :param value: value of If-None-Match or If-Match.
    :param etag: strong tag of what there is; None where there is nothing, or no tag of it.
    :param weakly: whether weak tags of the list match too.

    >>> holds("*", '"a"'), holds("*", None), holds('W/"a"', '"a"', weakly=False)
    (True, False, False)
    """
    if etag is None:
        return False
    if value.strip() == "*":
        return True
    return any(
        f'"{match[2]}"' == etag and (weakly or not match[1]) for match in _TAG.finditer(value)
    )


def _date(value: str | None) -> dt.datetime | None:
    """Return a date of a header, or None for none and for what is no date."""
    if value is None or len(value) > _LONGEST_DATE:
        return None
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _is_date(value: str | None) -> bool:
    """Say whether a header holds a date."""
    return _date(value) is not None


def _is_before(given: str | None, modified: str | None) -> bool:
    """Say whether a client's date is before that of the last change; False where one lacks."""
    if given is None:
        return False
    left, right = _date(given), _date(modified)
    return left is not None and right is not None and left < right


def with_coding(etag: str, coding: str | None) -> str:
    """Return the tag of the same content in a content coding.

    >>> with_coding('"3-ab"', "gzip"), with_coding('"3-ab"', None)
    ('"3-ab-gzip"', '"3-ab"')
    """
    return f'{etag[:-1]}-{coding}"' if coding else etag


def in_all_codings(etag: str) -> tuple[str, ...]:
    """Return a tag and those of the same content in each content coding.

    >>> in_all_codings('"a"')
    ('"a"', '"a-zstd"', '"a-gzip"')
    """
    return etag, *(with_coding(etag, coding) for coding in CODINGS)


def without_body(headers: Headers) -> list[tuple[str, str]]:
    """Return the headers of "not modified": those of the whole answer that are not of its body.

    >>> without_body([("Content-Type", "text/csv"), ("ETag", '"a"'), ("Vary", "Accept")])
    [('ETag', '"a"'), ('Vary', 'Accept')]
    """
    kept = []
    for name, value in headers:
        lower = name.lower()
        if lower in _KEPT or not lower.startswith(_OF_BODY):
            kept.append((name, value))
    return kept
