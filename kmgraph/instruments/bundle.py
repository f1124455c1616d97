"""From scores to the rows of a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.cells import CellProblem, cell_text, read_item
from kmgraph.bundles.files import write_csv_bundle
from kmgraph.errors import InputError
from kmgraph.instruments.answers import to_decimal
from kmgraph.instruments.catalogue import Instrument
from kmgraph.instruments.scoring import Cell, Level
from kmgraph.records import Assessment, Column, Kind, Organisation, Person, Record
from kmgraph.vocabulary import load_vocabulary

#: Level to the level (Ferlie and Shortell) that the construct is then rated at.
_CONSTRUCT_LEVELS: Final = {Level.PERSON: "FS.1", Level.UNIT: "FS.2", Level.FACILITY: "FS.3"}
#: It is persons who answer, whatever their answers are summed up to.
_INFORMANT_LEVEL: Final = "FS.1"
_NOT_IN_IDS: Final = re.compile(r"[^A-Za-z0-9]+")
_PASSAGE: Final = Column("passages", Kind.ID, "Id of a passage.", "p-survey")


def assessment_id(cell: Cell) -> str:
    """Return the id of the row of a cell, the same each time the same answers are scored.

    >>> cell = Cell(Level.UNIT, "ACT.1", "c1", "w3", "w3", None, None, "2011", None, None, None)
    >>> assessment_id(cell)
    'ACT.1~unit~w3~c1~2011'
    """
    parts = [cell.scale, cell.level.value, cell.name, cell.case, cell.date]
    if cell.by_role and cell.role:
        parts.append(_role_name(cell.role))
    return "~".join(part.replace(":", ".") for part in parts if part)


def _role_name(role: str) -> str:
    """Return a role as it stands in ids."""
    return _NOT_IN_IDS.sub("-", role).strip("-")


def to_records(
    cells: Sequence[Cell], instrument: Instrument, *, passages: Iterable[str] = ()
) -> list[Record]:
    """Return the assessments of the cells, and the units, facilities and persons who rate.

    The rater of a unit's score is the unit, of a facility's the facility: the people there
    together. Where roles are scored apart, it is the people of that role there, so that two roles
    of a unit are two raters. A suppressed score is an assessment with the status ``suppressed``
    and no numbers.

    :param passages: ids of the passages that the assessments rest on.
    :returns: organisations, people and assessments, each once.
    :raises InputError: two cells would have the same id, or a passage has an id that none can
        have.

    >>> from fractions import Fraction
    >>> from kmgraph.instruments.catalogue import find_instrument
    >>> cell = Cell(Level.UNIT, "ACT.1", "c1", "w3", "w3", None, None, "2011", Fraction(7, 2), 9, 6)
    >>> [record.id for record in to_records([cell], find_instrument("ACT"))]
    ['w3', 'ACT.1~unit~w3~c1~2011']
    """
    given = tuple(dict.fromkeys(map(_passage, passages)))
    raters = {record.id: record for cell in cells for record in _raters(cell)}
    assessments: dict[str, Assessment] = {}
    for cell in cells:
        record = _assessment(cell, instrument, given)
        if record.id in assessments:
            raise InputError(
                f"two scores would have the id {record.id}: give units, cases and roles names "
                "that differ in more than spaces and marks"
            )
        assessments[record.id] = record
    return [*raters.values(), *assessments.values()]


def write_scores(records: Iterable[Record], directory: str | Path) -> dict[str, int]:
    """Write the records as sheets of a bundle: ``assessments.csv`` and the raters.

    :returns: sheet to number of rows.
    :raises InputError: the folder has one of the files already.
    """
    rows = [(record.table.sheet, _cells(record)) for record in records]
    target = Path(directory)
    for sheet in dict(rows):
        if (target / f"{sheet}.csv").exists():
            raise InputError(
                f"{target} has {sheet}.csv already: choose another folder, then add the rows to "
                "your bundle"
            )
    return write_csv_bundle(rows, target)


def _passage(name: str) -> str:
    """Return the id of a passage.

    :raises InputError: no passage can have it.
    """
    found = read_item(_PASSAGE, name, load_vocabulary())
    if isinstance(found, CellProblem):
        raise InputError(f"'{name}' is no id of a passage: it takes {found.expected}")
    return name


def _assessment(cell: Cell, instrument: Instrument, passages: tuple[str, ...]) -> Assessment:
    """Return the assessment of a cell."""
    values: dict[str, Any] = {
        "id": assessment_id(cell),
        "about": cell.case,
        "construct": cell.scale,
        "rating_status": "suppressed",
        "instrument": instrument.cell,
        "rater": _rater_id(cell),
        "rater_role": cell.role,
        "construct_level": _CONSTRUCT_LEVELS[cell.level],
        "informant_level": _INFORMANT_LEVEL,
        "date": cell.date,
        "passages": passages,
        "assertion_kind": "computed",
    }
    if cell.score is not None:
        low, high = instrument.scales[cell.scale].score_range
        values |= {
            "rating_status": "rated",
            "raw_score": to_decimal(cell.score),
            "scale_low": low,
            "scale_high": high,
            "eligible": cell.eligible,
            "responding": cell.responding,
            "aggregates": tuple(map(assessment_id, cell.parts)),
        }
    return Assessment(**values)


def _rater_id(cell: Cell) -> str:
    """Return the id of who rates."""
    if cell.level is Level.PERSON:
        return f"respondent-{cell.name}"
    if cell.by_role and cell.role:
        # Of this dataset, even where the place is of another.
        return f"{cell.name.replace(':', '.')}~{_role_name(cell.role)}"
    return cell.name


def _raters(cell: Cell) -> Iterator[Record]:
    """Yield who rates, and the places above it; those of other datasets are described there."""
    values: dict[str, Any]
    if cell.level is Level.PERSON:
        # No unit: with a role and a place a pseudonym is a name.
        values = {"id": _rater_id(cell), "pseudonym": f"Respondent {cell.name}"}
        yield Person(**values)
        return
    above = cell.facility if cell.facility != cell.unit else None
    for place, part_of in ((above, None), (cell.unit, above)):
        if place and ":" not in place:
            values = {"id": place, "name": place, "part_of": part_of}
            yield Organisation(**values)
    if (rater := _rater_id(cell)) != cell.name:
        values = {"id": rater, "name": f"{cell.name}, {cell.role}", "part_of": cell.name}
        yield Organisation(**values)


def _cells(record: Record) -> dict[str, str]:
    """Return the cells of a record, without those that are empty."""
    values = {column.name: getattr(record, column.name) for column in record.table.columns}
    return {name: cell_text(value) for name, value in values.items() if value not in (None, ())}
