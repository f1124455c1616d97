"""Decide whether a write may be done, by what its sender expects of the data. Pure functions.

A tag of a graph says what the graph holds; a tag that begins with a number, as those of answers to
queries and to updates do, says which generation is current. A store that was only
optimised since has a new number with the content of the old one, which then counts as well.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-13
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from enum import Enum
from typing import Final

from kmgraph_server.conditions import Verdict, holds, judge
from kmgraph_server.errors import PreconditionError

#: A tag whose first part is the id of a generation.
_OF_GENERATION: Final = re.compile('(W/)?"([0-9]{1,18})-[!#-~\x80-\xff]*"')
_UNEXPECTED: Final = "the data is not what the request expects: read it again"
_THERE: Final = "what the request expects to be new, or changed, is there as it was"


class Basis(Enum):
    """What must stay as it was judged until the write is done."""

    NOTHING = "nothing"
    CONTENT = "content"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is before a write.

    :ivar generation: id of the current generation; 0 where nothing is published.
    :ivar modified: when its content was published, as a header has it.
    :ivar is_there: whether there is something at the address that is written to.
    :ivar tags: tags of its content in all forms.
    :ivar content_id: id of the first generation with the content of the current one; 0 where no
        other has it.
    """

    generation: int
    modified: str | None
    is_there: bool
    tags: tuple[str, ...] = ()
    content_id: int = 0


def http_date(moment: str) -> str | None:
    """Return a moment as a header has it; None for what is no moment.

    >>> http_date("2026-01-01T01:00:00.5+01:00")
    'Thu, 01 Jan 2026 00:00:00 GMT'
    """
    with suppress(ValueError):
        found = dt.datetime.fromisoformat(moment).astimezone(dt.UTC)
        return format_datetime(found.replace(microsecond=0), usegmt=True)
    return None


def judge_write(field: Callable[[str], str | None], standing: Standing) -> Basis:
    """Return what a write rests on, if its conditions hold.

    :param field: returns the value of a header of the request, or None.
    :raises PreconditionError: a condition does not hold.

    >>> judge_write({"If-Match": '"7-ab"'}.get, Standing(7, None, True)).name
    'DATA'
    >>> judge_write({"If-None-Match": "*"}.get, Standing(7, None, False)).name
    'CONTENT'
    """
    basis = _expected(field, standing)
    known = field("If-None-Match")
    if known is not None:
        if _matched(known, standing, weakly=True) is not Basis.NOTHING:
            raise PreconditionError(_THERE)
        basis = Basis.CONTENT if basis is Basis.NOTHING else basis
    return basis


def _expected(field: Callable[[str], str | None], standing: Standing) -> Basis:
    """Return what a write rests on by what it expects to be there."""
    expected, since = field("If-Match"), field("If-Unmodified-Since")
    if expected is not None:
        basis = _matched(expected, standing, weakly=False)
        if basis is Basis.NOTHING:
            raise PreconditionError(_UNEXPECTED)
        return basis
    if since is None:
        return Basis.NOTHING
    only = {"If-Unmodified-Since": since}
    if judge("PUT", only.get, None, standing.modified) is Verdict.FAILED:
        raise PreconditionError(_UNEXPECTED)
    return Basis.DATA


def _matched(value: str, standing: Standing, *, weakly: bool) -> Basis:
    """Return what a list of tags, or ``*``, matches."""
    if value.strip() == "*":
        return Basis.CONTENT if standing.is_there else Basis.NOTHING
    if any(holds(value, tag, weakly=weakly) for tag in standing.tags):
        return Basis.CONTENT
    numbers = (int(match[2]) for match in _OF_GENERATION.finditer(value) if weakly or not match[1])
    last = standing.generation
    first = standing.content_id or last
    is_current = any(first <= number <= last for number in numbers)
    return Basis.DATA if last and is_current else Basis.NOTHING
