"""What changed of a record from one state of the data to the next, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kmgraph.terms import Term
from kmgraph.versions.record_history import RecordVersion
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown, link, show

#: Most records and most properties that are told of one state.
_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A record that changed.

    :ivar change: ``added``, ``changed`` or ``removed``.
    :ivar properties: name, values before and values after of each property that differs.
    """

    record: Shown
    change: str
    properties: tuple[tuple[str, tuple[Shown, ...], tuple[Shown, ...]], ...]


def history_lines(version: RecordVersion, names: Names) -> list[ChangeLine]:
    """Return what changed in a state: the record itself first, then what is recorded about it."""
    return [
        ChangeLine(
            link(one.iri, names, one.label or None),
            one.change,
            tuple(
                (
                    words.sentence(names.property(prop.predicate)),
                    _values(prop.removed, names),
                    _values(prop.added, names),
                )
                for prop in one.properties[:_MOST]
            )
            if one.change == "changed"
            else (),
        )
        for one in version.changes[:_MOST]
    ]


def _values(terms: Iterable[Term], names: Names) -> tuple[Shown, ...]:
    """Return values as a page shows them."""
    return tuple(show(term, names) for term in terms)
