"""Which references a record cannot do without.

A record that loses such a reference, because what it pointed to was erased, goes too: what is left
would say nothing, and the shapes would refuse it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.namespaces import expand
from kmgraph.records import TABLES, Kind


@dataclass(frozen=True, slots=True)
class Need:
    """So many values are needed in some columns together.

    :ivar columns: names of the columns.
    :ivar minimum: how many values they have to hold at least.
    """

    columns: tuple[str, ...]
    minimum: int = 1


#: Sheet to what its rows need beyond the required columns, as the rules of rows say.
_BEYOND: Final[dict[str, tuple[Need, ...]]] = {
    "memberships": (Need(("member", "member_kind")),),
    "participations": (Need(("who", "participant_kind")),),
    "claims": (Need(("passages",)),),
    "discrepancies": (Need(("claims",), 2),),
    "statement_notes": (Need(("object", "value")),),
}


def needs_of(sheet: str) -> tuple[Need, ...]:
    """Return what the rows of a sheet cannot do without, as far as references are concerned.

    >>> needs_of("people"), needs_of("memberships")[0].columns
    ((), ('group',))
    """
    required = [
        Need((column.name,))
        for column in TABLES[sheet].columns
        if column.kind is Kind.REF and column.required
    ]
    return (*required, *_BEYOND.get(sheet, ()))


def predicates_of(sheet: str, need: Need) -> frozenset[str]:
    """Return the IRIs of the properties that the columns of a need become.

    >>> sorted(predicates_of("memberships", needs_of("memberships")[0]))
    ['http://www.w3.org/ns/org#organization']
    """
    columns = (TABLES[sheet].column(name) for name in need.columns)
    return frozenset(expand(column.predicate) for column in columns if column.predicate)
