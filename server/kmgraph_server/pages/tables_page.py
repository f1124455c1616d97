"""The tables that people take away into a spreadsheet: one row a study, a case, a rating."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kmgraph.namespaces import compact
from kmgraph.snapshots.tables import RecordTable, load_tables

#: Most rows of a table that is made while somebody waits: about a second for each thousand.
MOST_ROWS: Final = 5_000
#: What people call the tables, in the order in which they look for them.
TITLES: Final = {
    "studies": "Studies",
    "cases": "Cases",
    "assessments": "Ratings",
    "determinants": "Barriers and enablers",
    "outcomes": "Outcomes",
}
_BETWEEN: Final = "; "


@dataclass(frozen=True, slots=True)
class OfferedTable:
    """A table that can be taken away.

    :ivar total: number of its rows.
    """

    table: RecordTable
    title: str
    total: int

    @property
    def is_offered(self) -> bool:
        """Whether it is made while somebody waits."""
        return 0 < self.total <= MOST_ROWS


def offered_tables(numbers: Mapping[str, int]) -> list[OfferedTable]:
    """Return the tables, in the order in which people look for them.

    :param numbers: prefixed name of a class to the number of its records.

    >>> [(one.title, one.is_offered) for one in offered_tables({"km:Study": 16})][:2]
    [('Studies', True), ('Cases', False)]
    """
    known = {table.name: table for table in load_tables()}
    return [
        OfferedTable(known[name], title, numbers.get(compact(known[name].class_iri), 0))
        for name, title in TITLES.items()
    ]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without lists, for a spreadsheet.

    >>> flat({"iri": "urn:a", "levels": ["ward", "trust"], "score": 0.5})
    {'iri': 'urn:a', 'levels': 'ward; trust', 'score': 0.5}
    """
    return {
        name: _BETWEEN.join(str(one) for one in value if one is not None)
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }
