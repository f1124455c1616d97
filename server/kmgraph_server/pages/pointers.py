"""Under which headings a page lists what points to a thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kmgraph.entity import Statement
from kmgraph.namespaces import expand
from kmgraph_server.pages import words
from kmgraph_server.pages.entailed import DERIVED_KINDS
from kmgraph_server.pages.names import Names

_ABOUT: Final = expand("km:about")
_RESTS_ON: Final = expand("prov:wasDerivedFrom")
#: Properties of which one implies the next: what points by several is listed once, by the first.
_IMPLIED: Final = tuple(
    expand(name)
    for name in ("km:ofDiagnosis", "km:fromSummary", "prov:wasDerivedFrom", "km:unscoredAssessment")
)
_WORKED_OUT: Final = "What was worked out about it"
_FROM_IT: Final = "What was worked out from it"
_RANK: Final = {prop: number for number, prop in enumerate(words.INCOMING)}


def once(statements: Iterable[Statement]) -> list[Statement]:
    """Return statements without those that another one of the same record implies."""
    listed = list(statements)
    best: dict[str, int] = {}
    for one in listed:
        if one.iri and one.predicate in _IMPLIED:
            place = _IMPLIED.index(one.predicate)
            best[one.iri] = min(place, best.get(one.iri, place))
    return [
        one
        for one in listed
        if one.predicate not in _IMPLIED
        or not one.iri
        or _IMPLIED.index(one.predicate) == best[one.iri]
    ]


def heading(statement: Statement, *, is_passage: bool, names: Names) -> str:
    """Return the heading under which a statement about a thing is listed.

    :param is_passage: whether the thing is a passage.
    """
    if statement.predicate == _ABOUT and not DERIVED_KINDS.isdisjoint(statement.types):
        return _WORKED_OUT
    if statement.predicate == _RESTS_ON and not is_passage:
        return _FROM_IT
    known = words.INCOMING.get(statement.predicate)
    return known or f"Linked to it by “{names.property(statement.predicate)}”"


def rank(statement: Statement) -> tuple[int, str]:
    """Return where the heading of a statement stands among the others."""
    return (_RANK.get(statement.predicate, len(_RANK)), statement.predicate)
