"""What is recorded of a piece of work as tables, for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from kmgraph.readings.account_model import NOT_REPORTED, Account, Finding
from kmgraph.readings.model import CaseReading, Rating

#: A value of a table; None where nothing is recorded that could be one.
Cell = str | int | Decimal | None
Row = dict[str, Cell]


def determinant_rows(account: Account) -> list[Row]:
    """Return one row for each thing that helped or hindered.

    >>> determinant_rows(Account("urn:c"))
    []
    """
    return [
        {
            "effect": one.effect,
            "statement": one.text,
            "level": one.level_label or NOT_REPORTED,
            "told by": one.informant or NOT_REPORTED,
            **_common(one),
        }
        for one in account.determinants
    ]


def strategy_rows(account: Account) -> list[Row]:
    """Return one row for each strategy.

    >>> strategy_rows(Account("urn:c"))
    []
    """
    return [
        {
            "strategy": one.text,
            "who": one.actor or NOT_REPORTED,
            "did what": one.action or NOT_REPORTED,
            "to whom": one.target or NOT_REPORTED,
            "how much": one.dose or NOT_REPORTED,
            "when": one.timing or NOT_REPORTED,
            "cost": one.cost or NOT_REPORTED,
            **_common(one),
        }
        for one in account.strategies
    ]


def outcome_rows(account: Account) -> list[Row]:
    """Return one row for each outcome.

    >>> outcome_rows(Account("urn:c"))
    []
    """
    return [
        {
            "outcome": one.text,
            "measured": one.status,
            "result": one.result,
            "size of the effect": one.effect or NOT_REPORTED,
            "compared with": one.comparator or NOT_REPORTED,
            "people": one.participants or NOT_REPORTED,
            "certainty": one.certainty or NOT_REPORTED,
            "months": one.months or NOT_REPORTED,
            **_common(one),
        }
        for one in account.outcomes
    ]


#: Name of a table to what makes its rows.
TABLES: Final[Mapping[str, Callable[[Account], list[Row]]]] = {
    "determinants": determinant_rows,
    "strategies": strategy_rows,
    "outcomes": outcome_rows,
}


def rating_rows(reading: CaseReading) -> list[Row]:
    """Return one row for each rating of a case, with the construct that it is of.

    >>> rating_rows(CaseReading("urn:c", "Ward 1"))
    []
    """
    return [_rating(reading, one) for one in reading.ratings]


def _rating(reading: CaseReading, one: Rating) -> Row:
    """Return a rating as a row."""
    return {
        "case": reading.label,
        "framework": reading.scheme_label or reading.scheme,
        "construct": one.construct,
        "rater": one.rater_label,
        "role": one.role or NOT_REPORTED,
        "date": one.date or NOT_REPORTED,
        "status": one.status,
        "score": one.score,
        "position": one.position,
        "band": one.band or None,
        "appropriateness": one.appropriateness or None,
        "instrument": one.instrument or NOT_REPORTED,
        "rests on": one.descriptor or NOT_REPORTED,
        "used": "yes" if one.is_used else "no",
        "record": one.iri,
        "passages": _joined(one.passages),
    }


def _common(one: Finding) -> Row:
    """Return what every finding has."""
    return {
        "coded to": _joined(iri.rpartition("/")[2] for iri in one.constructs),
        "date": one.date or NOT_REPORTED,
        "how it is known": one.assertion or NOT_REPORTED,
        "recorded for": one.about,
        "record": one.iri,
        "passages": _joined(one.passages),
    }


def _joined(texts: Iterable[str]) -> str | None:
    """Return texts in one cell; None where there is none."""
    return "; ".join(texts) or None
