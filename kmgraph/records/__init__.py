"""Typed records: one dataclass for each sheet of a bundle.

:data:`TABLES` lists the sheets in the order of the documentation. Everything that depends on the
shape of a bundle is generated from it.

>>> TABLES["studies"].record.__name__
'Study'
>>> TABLES["studies"].column("start").predicate
'schema:startDate'
"""

from __future__ import annotations

from typing import Final

from kmgraph.records.actor import (
    Community,
    Membership,
    Organisation,
    Panel,
    Person,
    Post,
)
from kmgraph.records.base import Record, SourcedRecord, Table
from kmgraph.records.columns import LIST_SEPARATOR, Column, Kind
from kmgraph.records.coproduction import Change, PanelReview, Participation
from kmgraph.records.finding import Assessment, Determinant, Outcome, Strategy
from kmgraph.records.mobilisation import (
    Agency,
    Approach,
    Challenge,
    Evidence,
    Plan,
    Theory,
)
from kmgraph.records.process import Cycle, Step
from kmgraph.records.programme import Activity, Programme, Question, Review, Theme
from kmgraph.records.source import (
    Claim,
    Dataset,
    Discrepancy,
    Document,
    Passage,
    StatementNote,
)
from kmgraph.records.study import ImplementationCase, Innovation, Site, Study

_RECORDS: tuple[type[Record], ...] = (
    Dataset,
    Programme,
    Theme,
    Organisation,
    Study,
    Innovation,
    Site,
    ImplementationCase,
    Person,
    Post,
    Community,
    Membership,
    Panel,
    Activity,
    Review,
    Plan,
    Question,
    Step,
    Cycle,
    Participation,
    Change,
    PanelReview,
    Agency,
    Approach,
    Theory,
    Evidence,
    Challenge,
    Assessment,
    Determinant,
    Strategy,
    Outcome,
    Claim,
    Discrepancy,
    StatementNote,
    Document,
    Passage,
)

#: Sheet name to table, in the order of the documentation.
TABLES: Final[dict[str, Table]] = {record.table.sheet: record.table for record in _RECORDS}
#: IRI path segment to table.
SEGMENTS: Final[dict[str, Table]] = {record.table.segment: record.table for record in _RECORDS}

__all__ = [
    "LIST_SEPARATOR",
    "SEGMENTS",
    "TABLES",
    "Activity",
    "Agency",
    "Approach",
    "Assessment",
    "Challenge",
    "Change",
    "Claim",
    "Column",
    "Community",
    "Cycle",
    "Dataset",
    "Determinant",
    "Discrepancy",
    "Document",
    "Evidence",
    "ImplementationCase",
    "Innovation",
    "Kind",
    "Membership",
    "Organisation",
    "Outcome",
    "Panel",
    "PanelReview",
    "Participation",
    "Passage",
    "Person",
    "Plan",
    "Post",
    "Programme",
    "Question",
    "Record",
    "Review",
    "Site",
    "SourcedRecord",
    "StatementNote",
    "Step",
    "Strategy",
    "Study",
    "Table",
    "Theme",
    "Theory",
]
