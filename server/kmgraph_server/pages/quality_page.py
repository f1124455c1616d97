"""What the page of data quality tells, read once for each view of a generation."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from kmgraph.figures.coverage import Coverage, read_coverage
from kmgraph.namespaces import compact, expand
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation.kept import KeptReport, kept_report
from kmgraph_server.pages.queries import number_of, select, text_of

if TYPE_CHECKING:
    from pathlib import Path

    from kmgraph_server.snapshots import Snapshot

#: Disagreements, and gaps, that the page shows; files and questions have more.
SHOWN: Final = 20
_GAPS: Final = 10
_KNOWN_HOW: Final = {
    expand("km:Inferred"): "inferred",
    expand("km:DerivedByPosition"): "derived by position",
}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """What one claim of a disagreement says.

    :ivar passages: IRI and place of each passage that it stands in.
    """

    iri: str
    statement: str
    sources: str
    passages: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Claims that do not agree."""

    iri: str
    label: str
    kind: str
    explanation: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Unstated:
    """Records of a kind that no document states as they stand.

    :ivar kind: prefixed name of the class; empty for single values of records.
    :ivar how: how they are known instead, in words.
    """

    kind: str
    iri: str
    how: str
    records: int


@dataclass(frozen=True, slots=True)
class QualityFacts:
    """What is told of the data.

    :ivar report: what the last validation found; None where no report is kept.
    :ivar gaps: the first rows of the answer to where nothing is rated.
    :ivar gap_total: how many of them there are.
    :ivar frameworks: IRI and name of frameworks that were not checked against a source.
    """

    report: KeptReport | None
    coverage: Coverage
    disagreements: tuple[Disagreement, ...]
    unstated: tuple[Unstated, ...]
    frameworks: tuple[tuple[str, str], ...]
    gaps: tuple[Row, ...]
    gap_total: int

    @property
    def wanted(self) -> list[Any]:
        """What is lacking most, of that which can be lacking; most first."""
        lacking = [one for one in self.coverage.parts if one.lacking]
        return sorted(lacking, key=lambda one: -one.lacking / one.of)


_KEPT: WeakKeyDictionary[Snapshot, QualityFacts] = WeakKeyDictionary()
_LOCK: Final = threading.Lock()


def quality_facts(served: Snapshot, store: Path | None) -> QualityFacts:
    """Return what is told of the data of a view; read once for each.

    :param store: folder of the store; None where a dataset in memory is served.
    """
    with _LOCK:
        found = _KEPT.get(served)
        if found is None:
            found = _KEPT[served] = _read(served, store)
        return found


def _read(served: Snapshot, store: Path | None) -> QualityFacts:
    """Read what is told."""
    coverage = read_coverage(served.dataset.store)
    gaps: tuple[Row, ...] = ()
    total = 0
    if any(one.unit == "case" for one in coverage.parts):
        answer = served.dataset.ask("cq-106", page=1, page_size=_GAPS)
        gaps, total = tuple(answer.rows[:_GAPS]), answer.total or len(answer.rows)
    return QualityFacts(
        _report(served, store),
        coverage,
        _disagreements(served),
        _unstated(served),
        tuple(
            (text_of(row, "scheme"), text_of(row, "label"))
            for row in select(served.dataset.store, "quality-frameworks")
        ),
        gaps,
        total,
    )


def _report(served: Snapshot, store: Path | None) -> KeptReport | None:
    """Return the report that was kept of the generation."""
    described = served.described
    if store is None or described is None:
        return None
    is_partial = served.key != described.master
    target, view = GenerationStore(store), served.dataset.store
    return kept_report(target, described.id, view, is_partial=is_partial)


def _disagreements(served: Snapshot) -> tuple[Disagreement, ...]:
    """Return the disagreements with all their sides."""
    answer = served.dataset.ask("cq-037")
    places = {one.iri: one.place for one in answer.passages}
    found = []
    for _, group in groupby(answer.rows, key=lambda row: row["discrepancy"]):
        rows = list(group)
        sides = (
            Side(
                row["claim"],
                row["statement"] or "",
                row["source"] or "",
                tuple((iri, places[iri]) for iri in row["passages"] or () if iri in places),
            )
            for row in rows
        )
        first = rows[0]
        found.append(
            Disagreement(
                first["discrepancy"],
                first["discrepancyLabel"] or "",
                first["discrepancyKind"] or "",
                first["explanation"] or "",
                tuple(sides),
            )
        )
    # What cannot both be true comes first; what agrees after all comes last.
    order = {"contradictory": 0, "compatible": 2}
    return tuple(sorted(found, key=lambda one: order.get(one.kind, 1)))


def _unstated(served: Snapshot) -> tuple[Unstated, ...]:
    """Return the records that no document states as they stand, by kind."""
    asked = served.catalogue["cq-038"].parameters[0].choices
    note = expand("km:StatementNote")
    found = []
    for row in select(served.dataset.store, "quality-inferred"):
        iri = text_of(row, "class")
        # A record is of several kinds; the question lists each of its own kinds once.
        kind = compact(iri)
        if kind in asked or iri == note:
            how = _KNOWN_HOW[text_of(row, "assertion")]
            is_kind = iri != note
            found.append(Unstated(kind if is_kind else "", iri, how, number_of(row, "records")))
    return tuple(found)


def rows_of(facts: QualityFacts, part: str) -> list[dict[str, Any]]:
    """Return a part of the page as rows of a table.

    :param part: one of :data:`PARTS`.
    """
    return _ROWS[part](facts)


def _report_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for each result of the report."""
    return [
        {
            "severity": remark.severity.value,
            "message": remark.message,
            "record": result.focus,
            "property": result.path,
            "value": result.value,
            "place": result.place,
        }
        for remark in (facts.report.remarks if facts.report else ())
        for result in remark.results
    ]


def _coverage_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for each thing that can be recorded."""
    return [
        {
            "unit": one.unit,
            "what": one.what,
            "recorded": one.have,
            "not recorded": one.lacking,
            "all": one.of,
        }
        for one in facts.coverage.parts
    ]


def _theme_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for each theme."""
    return [
        {
            "theme": one.label,
            "programme": one.programme,
            "studies": one.studies,
            "cases": one.cases,
            "evidence rated": one.rated[0],
            "context rated": one.rated[1],
            "facilitation rated": one.rated[2],
            "iri": one.iri,
        }
        for one in facts.coverage.themes
    ]


def _disagreement_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for each side of each disagreement."""
    return [
        {
            "disagreement": one.label,
            "kind": one.kind,
            "statement": side.statement,
            "sources": side.sources,
            "places": "; ".join(place for _, place in side.passages),
            "explanation": one.explanation,
            "iri": one.iri,
            "claim": side.iri,
        }
        for one in facts.disagreements
        for side in one.sides
    ]


def _unverified_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for each kind of record and each framework that waits to be checked."""
    records = [
        {"kind": one.kind or "statement note", "why": one.how, "records": one.records}
        for one in facts.unstated
    ]
    frameworks = [
        {"kind": f"framework: {label}", "why": "not checked against a source", "records": 1}
        for _, label in facts.frameworks
    ]
    return records + frameworks


def _gap_rows(facts: QualityFacts) -> list[dict[str, Any]]:
    """Return a row for what is lacking, most first."""
    return [
        {"unit": one.unit, "lacking": one.otherwise, "records": one.lacking, "all": one.of}
        for one in facts.wanted
    ]


_ROWS: Final = {
    "report": _report_rows,
    "coverage": _coverage_rows,
    "themes": _theme_rows,
    "disagreements": _disagreement_rows,
    "unverified": _unverified_rows,
    "collect": _gap_rows,
}
#: The parts of the page that can be taken away.
PARTS: Final = tuple(_ROWS)
