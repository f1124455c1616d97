"""Map one bundle to a file of N-Quads, beside a list of where each record comes from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kmgraph.bundles.cells import cell_text
from kmgraph.bundles.check import BundleCheck, CheckedRow, raise_for_problems
from kmgraph.bundles.problems import Problem, sort_problems
from kmgraph.errors import BundleError
from kmgraph.mapping.mapper import Mapper, Place
from kmgraph.mapping.quotes import QuoteFinder
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.records import TABLES, Kind

_PROGRESS_EVERY = 500


@dataclass(slots=True)
class StagedDataset:
    """A bundle mapped to quads, ready to be loaded.

    :ivar quads: file of N-Quads, all in the dataset's graph.
    :ivar rows: file with one line a record: IRI, file, row, separated by tabs.
    :ivar records: sheet to number of records.
    :ivar rejected: number of rows that were not built.
    :ivar problems: problems found, where good records are built all the same.
    :ivar missing_documents: ids of documents of which the reader has no copy.
    """

    name: str
    facts: dict[str, Any]
    quads: Path
    rows: Path
    records: Counter[str] = field(default_factory=Counter)
    statements: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)
    missing_documents: list[str] = field(default_factory=list)

    @property
    def visibility(self) -> str:
        """Group that may read it, or ``public``."""
        return str(self.facts.get("visibility") or "public")

    @property
    def synthetic(self) -> bool:
        """Whether its records were generated."""
        return bool(self.facts.get("synthetic"))


@dataclass(frozen=True, slots=True)
class Rejection:
    """The rows of a bundle that cannot be built, and why.

    :ivar reasons: sheet and row to the reasons.
    """

    reasons: dict[tuple[str, int], list[str]]
    problems: list[Problem]


def find_rejections(check: BundleCheck) -> Rejection:
    """Return the faulty rows of a bundle and, transitively, the rows that depend on them."""
    reasons: dict[tuple[str, int], list[str]] = {}
    problems = list(check.file_problems)
    rejected_ids: set[str] = set()
    first = True
    while True:
        grown = False
        for row in check.rows():
            key = (row.raw.sheet, row.raw.number)
            if first:
                problems.extend(row.problems)
            if key in reasons:
                continue
            why = _reasons(row, rejected_ids) if not first else _own_reasons(row)
            if why:
                reasons[key] = why
                grown = True
                if row.record_id and not any(p.code == "duplicate-id" for p in row.problems):
                    rejected_ids.add(row.record_id)
        if not grown:
            return Rejection(reasons, sort_problems(problems))
        first = False


def _own_reasons(row: CheckedRow) -> list[str]:
    """Return what is wrong with a row itself."""
    if not row.rejected:
        return []
    found = [f"{p.column or 'row'}: {p.code} (expected {p.expected})" for p in row.problems]
    return found or ["the file or its header has a problem"]


def _reasons(row: CheckedRow, rejected_ids: set[str]) -> list[str]:
    """Return the rejected records that a row points to."""
    reasons = []
    for column in TABLES[row.raw.sheet].columns:
        if column.kind is not Kind.REF:
            continue
        value = row.values.get(column.name)
        items = value if isinstance(value, tuple) else (value,) if value else ()
        reasons += [
            f"{column.name}: depends-on-rejected {item}" for item in items if item in rejected_ids
        ]
    return reasons


def stage(
    check: BundleCheck,
    elsewhere: StoreElsewhere,
    base: str,
    directory: Path,
    *,
    documents: Path | None = None,
    rejection: Rejection | None = None,
    progress: Progress = silent,
) -> StagedDataset:
    """Map a bundle to quads.

    :param rejection: rows to leave out; None stops at any problem instead.
    :raises BundleError: the bundle has problems; all of them are attached.
    """
    facts = check.dataset
    _require_dataset(check, rejection)
    name = str(facts["id"])
    place = Place(
        base,
        name,
        facts.get("id_prefix") or "",
        facts.get("language") or "en",
        {other: elsewhere.prefix_of(other) for other in facts.get("extends") or ()},
    )
    quotes = QuoteFinder(documents, check.document_hashes) if documents else None
    mapper = Mapper(place, check.vocabulary, check.sheet_of, quotes or (lambda values: None))
    staged = StagedDataset(name, facts, directory / f"{name}.nq", directory / f"{name}.rows.tsv")
    problems = list(check.file_problems)
    end = f" <{graph_iri(base, name)}> .\n"
    with (
        staged.quads.open("w", encoding="utf-8") as quads,
        staged.rows.open("w", encoding="utf-8") as rows,
    ):
        for number, row in enumerate(check.rows()):
            if number % _PROGRESS_EVERY == 0:
                progress(ProgressEvent("mapping", name, number, check.row_count))
            problems.extend(row.problems)
            if rejection and (row.raw.sheet, row.raw.number) in rejection.reasons:
                staged.rejected += 1
                continue
            if problems and rejection is None:
                continue
            for statement in mapper.statements(row.raw.sheet, row.values):
                quads.write(statement + end)
                staged.statements += 1
            staged.records[row.raw.sheet] += 1
            iri = mapper.record_iri(row.raw.sheet, row.values["id"])
            rows.write(f"{iri}\t{row.raw.file}\t{row.raw.number}\n")
    progress(ProgressEvent("mapping", name, check.row_count, check.row_count))
    if rejection is None:
        raise_for_problems(check.source.name, sort_problems(problems))
    staged.problems = sort_problems(problems)
    staged.missing_documents = quotes.missing if quotes else []
    return staged


def _require_dataset(check: BundleCheck, rejection: Rejection | None) -> None:
    """Raise where the dataset row is missing or faulty, because nothing can be built then.

    :raises BundleError: with all problems of the bundle.
    """
    bad = [p for p in check.file_problems if p.sheet == "dataset" or not p.sheet]
    if rejection is not None:
        bad += [p for p in rejection.problems if p.sheet == "dataset"]
    if bad or not check.dataset.get("id"):
        problems = rejection.problems if rejection else check.problems()
        raise BundleError(
            f"bundle '{check.source.name}' has no usable dataset row, so none of it can be built",
            problems,
        )


def rejected_rows(check: BundleCheck, rejection: Rejection) -> list[tuple[str, dict[str, str]]]:
    """Return the rejected rows as they stood, each with its reasons in ``_problem``."""
    rows: list[tuple[str, dict[str, str]]] = []
    for row in check.rows():
        raw = row.raw
        reasons = rejection.reasons.get((raw.sheet, raw.number))
        if raw.sheet == "dataset" or reasons:
            cells = {name: _raw_text(value) for name, value in raw.cells.items()}
            rows.append((raw.sheet, {"_problem": " | ".join(reasons or []), **cells}))
    return rows


def _raw_text(value: object) -> str:
    """Return a raw cell as text that reads back as the same cell."""
    if isinstance(value, list | tuple):
        return ";".join(cell_text(item).replace(";", r"\;") for item in value)
    return value if isinstance(value, str) else cell_text(value)
