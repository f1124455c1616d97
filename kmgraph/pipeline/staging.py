"""Map one bundle to a file of N-Quads, beside a list of where each record comes from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from kmgraph.bundles.cells import cell_text, join_items
from kmgraph.bundles.check import BundleCheck, CheckedRow, raise_for_problems
from kmgraph.bundles.files import RejectedRow
from kmgraph.bundles.problems import Problem, sort_problems
from kmgraph.errors import BundleError
from kmgraph.mapping.mapper import Mapper, Place
from kmgraph.mapping.quotes import QuoteFinder
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.erased_rows import ErasedRowsLeftOut
from kmgraph.pipeline.quick_rows import QuickRows
from kmgraph.pipeline.staged_files import StagedFiles
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.records import TABLES, Kind
from kmgraph.stores.digest import EMPTY

_PROGRESS_EVERY = 500


@dataclass(frozen=True, slots=True)
class Rejection:
    """The rows of a bundle that cannot be built, and why.

    :ivar reasons: sheet and row to the reasons.
    """

    reasons: dict[tuple[str, int], list[str]]
    problems: list[Problem]


@dataclass(slots=True)
class StagedDataset:
    """A bundle mapped to quads, ready to be loaded.

    :ivar quads: file of N-Quads, all in the dataset's graph.
    :ivar rows: file with one line a record: IRI, file, row and id, separated by tabs.
    :ivar records: sheet to number of records.
    :ivar statements: number of lines of the quads; none stands twice.
    :ivar digest: digest of the graph, as :mod:`kmgraph.stores.digest` has it.
    :ivar check: the check of the bundle that it was mapped from.
    :ivar rejection: the rows that were not built, where good records are built all the same.
    :ivar problems: problems found, where good records are built all the same.
    :ivar missing_documents: ids of documents of which the reader has no copy.
    :ivar quotes_beyond: ids of passages whose lines lie beyond the end of the copy.
    """

    name: str
    check: BundleCheck
    quads: Path
    rows: Path
    records: Counter[str] = field(default_factory=Counter)
    statements: int = 0
    digest: str = EMPTY
    rejection: Rejection | None = None
    problems: list[Problem] = field(default_factory=list)
    missing_documents: list[str] = field(default_factory=list)
    quotes_beyond: list[str] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """The dataset row."""
        return self.check.dataset

    @property
    def is_partial(self) -> bool:
        """Whether anything of the bundle was not built."""
        rejection = self.rejection
        return bool(rejection and (rejection.reasons or rejection.problems))

    @property
    def left_out(self) -> int:
        """Number of rows left out because they, or what they need, were erased from the store."""
        source = self.check.source
        return source.left_out if isinstance(source, ErasedRowsLeftOut) else 0

    @property
    def visibility(self) -> str:
        """Group that may read it, or ``public``."""
        return str(self.facts.get("visibility") or "public")

    @property
    def synthetic(self) -> bool:
        """Whether its records were generated."""
        return bool(self.facts.get("synthetic"))


def place_of(check: BundleCheck, elsewhere: StoreElsewhere, base: str) -> Place:
    """Return where the records of a bundle live."""
    facts = check.dataset
    return Place(
        base,
        str(facts.get("id") or ""),
        facts.get("id_prefix") or "",
        facts.get("language") or "en",
        {other: elsewhere.prefix_of(other) for other in facts.get("extends") or ()},
    )


def find_rejections(
    check: BundleCheck, place: Place, refused: Mapping[str, list[str]]
) -> Rejection:
    """Return the rows that cannot be built and, transitively, the rows that depend on them.

    :param refused: IRIs of records that the shapes refuse, with the reasons.
    """
    if not refused and _is_sound(check, place):
        return Rejection({}, sort_problems(check.file_problems))
    reasons: dict[tuple[str, int], list[str]] = {}
    problems = list(check.file_problems)
    dependents: dict[str, list[tuple[tuple[str, int], str, str]]] = {}
    pending: list[str] = []
    for row in check.rows():
        key = (row.raw.sheet, row.raw.number)
        problems.extend(row.problems)
        own = [f"{p.column or 'row'}: {p.code} (expected {p.expected})" for p in row.problems]
        own += row.reasons
        if refused and row.values.get("id"):
            own += refused.get(place.iri(TABLES[row.raw.sheet].segment, row.values["id"]), [])
        if own:
            reasons[key] = reasons.get(key, []) + own
        if key in reasons:
            # The first record of an id stands, whatever becomes of a second one.
            if row.record_id and not any(p.code == "duplicate-id" for p in row.problems):
                pending.append(row.record_id)
            continue
        for column, item in _references(row):
            dependents.setdefault(item, []).append((key, row.record_id, column))
    while pending:
        rejected = pending.pop()
        for key, record_id, column in dependents.get(rejected, ()):
            if key not in reasons:
                pending.append(record_id)
            why = f"{column}: depends-on-rejected {rejected}"
            reasons.setdefault(key, []).append(why)
    return Rejection(reasons, sort_problems(problems))


def _is_sound(check: BundleCheck, place: Place) -> bool:
    """Return whether no row of a large bundle has anything wrong with it."""
    parts = check.quick_parts()
    if not parts:
        return False
    with QuickRows(check, place, parts) as quick:
        rows = chain(check.rows_without(quick.files), quick.checked())
        return not any(row.rejected for row in rows)


def _references(row: CheckedRow) -> Iterator[tuple[str, str]]:
    """Yield column and id of the records that a row points to."""
    for column in TABLES[row.raw.sheet].columns:
        if column.kind is Kind.REF:
            value = row.values.get(column.name)
            for item in value if isinstance(value, tuple) else (value,) if value else ():
                yield column.name, item


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
    _require_dataset(check, rejection)
    name = str(check.dataset["id"])
    place = place_of(check, elsewhere, base)
    quotes = QuoteFinder(documents, check.document_hashes()) if documents else None
    mapper = Mapper(place, check.vocabulary, check.sheet_of, quotes or (lambda values: None))
    staged = StagedDataset(name, check, directory / f"{name}.nq", directory / f"{name}.rows.tsv")
    problems = list(check.file_problems)
    reasons = rejection.reasons if rejection else {}
    # Words of the reader's own copies are looked up row by row.
    parts = [] if reasons else check.quick_parts(but=("passages",) if quotes else ())
    with (
        StagedFiles(staged.quads, staged.rows, graph_iri(base, name)) as files,
        QuickRows(check, place, parts, files, progress) as quick,
    ):
        for row in _told(check, quick, name, progress):
            problems.extend(row.problems)
            if (row.raw.sheet, row.raw.number) in reasons or (problems and rejection is None):
                continue
            files.add_row(mapper, row)
            staged.records[row.raw.sheet] += 1
        for segment, words in quick.words:
            files.add(mapper.mint(segment, words))
    if rejection is None:
        raise_for_problems(check.source.name, sort_problems(problems))
    staged.records.update(quick.records)
    staged.statements, staged.digest = files.statements, files.sum.hexdigest()
    staged.problems, staged.rejection = sort_problems(problems), rejection
    if quotes:
        staged.missing_documents, staged.quotes_beyond = quotes.missing, quotes.beyond
    return staged


def _told(
    check: BundleCheck, quick: QuickRows, name: str, progress: Progress
) -> Iterator[CheckedRow]:
    """Yield the rows that are mapped one by one, and tell how many were mapped in all."""
    rows = chain(check.rows_without(quick.files), quick.checked())
    for number, row in enumerate(rows):
        if number % _PROGRESS_EVERY == 0:
            progress(ProgressEvent("mapping", name, number + quick.done, check.row_count))
        yield row
    progress(ProgressEvent("mapping", name, check.row_count, check.row_count))


def _require_dataset(check: BundleCheck, rejection: Rejection | None) -> None:
    """Raise where the dataset row is missing or faulty, because nothing can be built then.

    :raises BundleError: with all problems of the bundle.
    """
    bad = any(p.sheet in ("dataset", "") for p in check.file_problems)
    if rejection is not None:
        bad = bad or ("dataset", check.dataset.get("_number")) in rejection.reasons
    if bad or not check.dataset.get("id"):
        problems = rejection.problems if rejection else check.problems()
        raise BundleError(
            f"bundle '{check.source.name}' has no usable dataset row, so none of it can be built",
            problems,
        )


def rejected_rows(check: BundleCheck, rejection: Rejection) -> Iterator[RejectedRow]:
    """Yield the dataset row and the rejected rows as they stood, each with its reasons."""
    for row in check.rows():
        raw = row.raw
        reasons = rejection.reasons.get((raw.sheet, raw.number), [])
        if raw.sheet == "dataset" or reasons:
            cells = {name: _raw_text(value) for name, value in raw.cells.items()}
            surplus = [(name, _raw_text(value)) for name, value in raw.surplus]
            yield RejectedRow(raw.sheet, " | ".join(reasons), cells, surplus)


def _raw_text(value: object) -> str:
    """Return a raw cell as text that reads back as the same cell."""
    if isinstance(value, list | tuple) and not any(isinstance(v, list | dict) for v in value):
        return join_items([cell_text(item) for item in value])
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if isinstance(value, str) else cell_text(value)
