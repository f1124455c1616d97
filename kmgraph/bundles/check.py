"""Check a bundle: every cell, every reference, every rule; all problems of a run.

A bundle is read twice and never held in memory: the first pass learns which ids there are, the
second types the cells and follows the references. The files of a large bundle are read in parts,
where they can be, and by several processes.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

from kmgraph.bundles.cells import cell_text, printable, read_cell
from kmgraph.bundles.csv_folder import CsvFolder
from kmgraph.bundles.headers import near
from kmgraph.bundles.id_index import IdIndex, is_hashed, keyed
from kmgraph.bundles.parts import Part, are_many
from kmgraph.bundles.problems import Problem, sort_problems
from kmgraph.bundles.rules import ROW_RULES
from kmgraph.bundles.scanning import QuickScan, find_repeated, run_here, scan_parts
from kmgraph.bundles.sources import RawRow, Report, Source
from kmgraph.bundles.worker_pool import WorkerPool
from kmgraph.errors import BundleError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.records import TABLES, Column, Kind
from kmgraph.vocabulary import Vocabulary, load_vocabulary

#: Problems that leave the rest of a file unread.
_BLOCKING = frozenset(
    {
        "unreadable-file",
        "unreadable-workbook",
        "bad-json",
        "broken-row",
        "missing-column",
        "duplicate-column",
        "unknown-sheet",
        "duplicate-sheet",
    }
)
_PROGRESS_EVERY = 10_000
#: Number of ids above which the nearest one is not searched for.
_HINTS_BELOW = 2_000


class Elsewhere(Protocol):
    """Records outside the bundle that it may point to."""

    def has_dataset(self, dataset: str) -> bool:
        """Return whether there is a dataset of this id."""

    def sheet_of(self, dataset: str, record_id: str) -> str | None:
        """Return the sheet of a record of another dataset, or None where there is no such."""

    def existing_sheet(self, record_id: str) -> str | None:
        """Return the sheet of a record that the dataset has already, when rows are appended."""


class Nowhere:
    """No records outside the bundle."""

    def has_dataset(self, dataset: str) -> bool:
        """Return False."""
        return False

    def sheet_of(self, dataset: str, record_id: str) -> str | None:
        """Return None."""
        return None

    def existing_sheet(self, record_id: str) -> str | None:
        """Return None."""
        return None


@dataclass(slots=True)
class CheckedRow:
    """A row with its typed values and its problems.

    :ivar values: column to value, for the cells that could be read.
    :ivar reasons: why it cannot be built, beyond its problems.
    """

    raw: RawRow
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Whether the row cannot be built."""
        return bool(self.problems or self.reasons)

    @property
    def record_id(self) -> str:
        """Id of the record as the bundle writes it, or an empty text."""
        return self.values.get("id") or cell_text(self.raw.cells.get("id"))


class BundleCheck:
    """The checks of one bundle.

    :param source: the bundle.
    :param elsewhere: other records that it may point to.
    :param workers: number of processes that read a large bundle.
    """

    def __init__(
        self,
        source: Source,
        *,
        elsewhere: Elsewhere | None = None,
        vocabulary: Vocabulary | None = None,
        progress: Progress = silent,
        workers: int = 1,
    ) -> None:
        self.source = source
        self.vocabulary = vocabulary or load_vocabulary()
        self.dataset: dict[str, Any] = {}
        self.row_count = 0
        #: The files that are read in parts.
        self.quick = QuickScan()
        #: The ids of the bundle, where any file is read in parts.
        self.index: IdIndex | None = None
        #: Problems with files, sheets and headers, found by the first pass.
        self.file_problems: list[Problem] = []
        #: Sheets that could not be read to their end, with the file they stand in.
        self.blocked: set[tuple[str, str]] = set()
        self._elsewhere = elsewhere or Nowhere()
        self._progress = progress
        self._sheets = list(TABLES)
        self._ids: dict[str, int] = {}
        self._duplicates: set[tuple[str, int]] = set()
        planned = source.parts() if isinstance(source, CsvFolder) else {}
        if planned:
            self._scan_parts(planned, workers)
        self._scan()
        if self.quick.parts:
            self._index_ids()

    def _scan_parts(self, planned: Mapping[str, Sequence[Part]], workers: int) -> None:
        """First pass over the files that are read in parts."""

        def done(records: int) -> None:
            self._progress(ProgressEvent("read", self.source.name, records))

        if workers == 1 or not are_many(chain.from_iterable(planned.values())):
            self.quick = scan_parts(planned, run_here, done)
        else:
            with WorkerPool(workers) as pool:
                self.quick = scan_parts(planned, pool.run, done)
        self.row_count = self.quick.records

    def _scan(self) -> None:
        """First pass: collect ids, the dataset row and problems with files."""
        for row in self._raw_rows(self.file_problems.append, self.quick.files):
            self.row_count += 1
            if self.row_count % _PROGRESS_EVERY == 0:
                self._progress(ProgressEvent("read", self.source.name, self.row_count))
            if row.sheet == "dataset":
                self._read_dataset(row)
            record_id = cell_text(row.cells.get("id"))
            if not record_id or row.sheet == "dataset":
                continue
            if record_id in self._ids:
                self._duplicates.add((row.sheet, row.number))
            else:
                self._ids[record_id] = self._sheets.index(row.sheet)
        self._progress(ProgressEvent("read", self.source.name, self.row_count, self.row_count))
        for problem in self.file_problems:
            if problem.code in _BLOCKING or (problem.code == "bad-encoding" and not problem.column):
                self.blocked.add((problem.file, problem.sheet))
        self._blocked_sheets = {sheet for _, sheet in self.blocked}
        if not self.dataset and not any(sheet in ("dataset", "") for _, sheet in self.blocked):
            self._miss_dataset()

    def _raw_rows(self, report: Report, skip: Container[str] = ()) -> Iterator[RawRow]:
        """Yield the rows of the bundle but those of some files."""
        if isinstance(self.source, CsvFolder):
            return self.source.rows(report, skip=skip)
        return self.source.rows(report)

    def _index_ids(self) -> None:
        """Put the ids of all files into one index, and find those that stand twice."""
        keys, self.quick.keys = self.quick.keys, []
        by_sheet: dict[int, list[str]] = {}
        for record_id, sheet in self._ids.items():
            if is_hashed(record_id):
                by_sheet.setdefault(sheet, []).append(record_id)
        keys += [keyed(ids, sheet) for sheet, ids in by_sheet.items()]
        self.index = IdIndex.of(keys)
        names = [*self._ids, *(name for name, _ in self.quick.names)]
        if self.index.shared_hashes() or not all(map(is_hashed, names)):
            rows = self._raw_rows(lambda problem: None)
            self._duplicates |= find_repeated(rows, self.index)
        # All of them, where they are few enough to look for one that is near.
        self._ids = dict.fromkeys(names, 0) if self.row_count < _HINTS_BELOW else {}

    def _read_dataset(self, row: RawRow) -> None:
        """Remember the first dataset row; a second one is a problem of its own."""
        if self.dataset:
            return
        for column in TABLES["dataset"].columns:
            value, _ = read_cell(column, row.cells.get(column.name), self.vocabulary)
            if value is None and column.default:
                value, _ = read_cell(column, column.default, self.vocabulary)
            self.dataset[column.name] = value
        self.dataset["_number"] = row.number

    def _miss_dataset(self) -> None:
        main, expected = self.source.main_file, "a sheet 'dataset' with one row"
        code = "missing-sheet"
        self.file_problems.append(Problem(main, "dataset", 0, "", "", code, expected))

    def use_elsewhere(self, elsewhere: Elsewhere) -> None:
        """Choose anew which other records the bundle may point to."""
        self._elsewhere = elsewhere

    def rows(self) -> Iterator[CheckedRow]:
        """Second pass: yield every row with its values and problems."""
        return self.rows_without(())

    def rows_without(self, files: Container[str]) -> Iterator[CheckedRow]:
        """Yield every row with its values and problems, but for those of some files.

        :param files: names of files that are read in parts.
        """
        for number, raw in enumerate(self._raw_rows(lambda problem: None, files), start=1):
            if number % _PROGRESS_EVERY == 0:
                self._progress(ProgressEvent("check", self.source.name, number, self.row_count))
            yield self.checked(raw)

    def checked(self, raw: RawRow) -> CheckedRow:
        """Return a row with its values, its problems and other reasons not to build it."""
        row = self._check_row(raw)
        if raw.surplus:
            names = ", ".join(printable(name) or "no header" for name, _ in raw.surplus)
            row.reasons.append(f"no column of the table takes: {names}")
        if raw.sheet in self._blocked_sheets:
            row.reasons.append("the table could not be read to its end")
        return row

    def quick_parts(self, *, but: Container[str] = ()) -> list[Part]:
        """Return the parts whose rows may be checked and mapped a block at a time.

        :param but: sheets that are to be read row by row.
        """
        if getattr(self._elsewhere, "appended", None) is not None:
            return []
        refused = {part.sheet for part in self.quick.parts if part.sheet in self._blocked_sheets}
        return [p for p in self.quick.parts if p.sheet not in refused and p.sheet not in but]

    def document_hashes(self) -> dict[str, str]:
        """Return document id to the SHA-256 of its text version, as far as the bundle says."""
        return {
            cell_text(row.cells.get("id")): cell_text(row.cells.get("sha256")).lower()
            for row in self.source.rows(lambda problem: None)
            if row.sheet == "documents"
        }

    def problems(self) -> list[Problem]:
        """Return all problems of the bundle, sorted.

        >>> from kmgraph.bundles.memory import MemoryBundle
        >>> from kmgraph.records import Study
        >>> [p.code for p in BundleCheck(MemoryBundle([Study(id="S1", title="")])).problems()]
        ['missing-sheet', 'missing-value']
        """
        found = list(self.file_problems)
        for row in self.rows():
            found.extend(row.problems)
        return sort_problems(found)

    def _check_row(self, raw: RawRow) -> CheckedRow:
        """Return a row with its values and problems."""
        row = CheckedRow(raw, {}, list(raw.faults))
        foreign = self._foreign_id(raw)
        for column in TABLES[raw.sheet].columns:
            self._check_cell(row, column, foreign)
        self._check_id(row)
        for rule in ROW_RULES.get(raw.sheet, ()):
            for name, code, expected in rule(row.values, self.vocabulary):
                value = cell_text(raw.cells.get(name))
                row.problems.append(_problem(raw, name, value, code, expected))
        return row

    def _check_cell(self, row: CheckedRow, column: Column, foreign: bool) -> None:
        """Type one cell and follow its references."""
        raw = row.raw
        value, faults = read_cell(column, raw.cells.get(column.name), self.vocabulary)
        if not faults and column.required and value in (None, ()) and not foreign:
            code = "missing-id" if column.kind is Kind.ID else "missing-value"
            row.problems.append(_problem(raw, column.name, "", code, column.doc))
            return
        for fault in faults:
            row.problems.append(_problem(raw, column.name, fault.found, fault.code, fault.expected))
        if not faults:
            row.values[column.name] = value
            if column.kind is Kind.REF:
                items = value if column.many else (value,) if value else ()
                self._check_references(row, column, items)

    def _hint(self, item: str) -> str:
        """Return what may help to put a reference to no record right."""
        dataset, colon, _ = item.partition(":")
        if colon and not self._elsewhere.has_dataset(dataset):
            return f" of '{dataset}', which is not in the store: build that dataset first"
        return near(item, list(self._ids)) if len(self._ids) < _HINTS_BELOW else ""

    def _check_references(self, row: CheckedRow, column: Column, items: tuple[str, ...]) -> None:
        """Report references to no record, or to one of the wrong kind."""
        for item in items:
            sheet = self.sheet_of(item)
            if sheet is None and self._blocked_sheets.intersection(column.targets):
                # The record may stand in the part of its table that could not be read.
                row.reasons.append(f"{column.name}: depends-on-rejected {item}")
                continue
            if sheet is None:
                code, expected = "dangling-reference", f"the id of a record{self._hint(item)}"
            elif sheet not in column.targets:
                code = "wrong-reference"
                expected = f"an id of {' or '.join(column.targets)}, not of {sheet}"
            else:
                continue
            row.problems.append(_problem(row.raw, column.name, item, code, expected))
            row.values.pop(column.name, None)

    def sheet_of(self, record_id: str) -> str | None:
        """Return the sheet of the record of this id, or None where there is no such record."""
        dataset, colon, local = record_id.partition(":")
        if colon:
            if dataset not in (self.dataset.get("extends") or ()):
                return None
            return self._elsewhere.sheet_of(dataset, local)
        known: IdIndex | dict[str, int] = self._ids if self.index is None else self.index
        number = known.get(record_id)
        if number is not None:
            return self._sheets[number]
        return self._elsewhere.existing_sheet(record_id)

    def _foreign_id(self, raw: RawRow) -> bool:
        """Return whether the row describes a record of another dataset further."""
        return ":" in cell_text(raw.cells.get("id"))

    def _check_id(self, row: CheckedRow) -> None:
        """Report ids that stand twice, and rows that describe what the bundle may not."""
        raw, record_id = row.raw, row.values.get("id")
        if raw.sheet == "dataset":
            if raw.number != self.dataset.get("_number"):
                row.problems.append(_problem(raw, "", "", "too-many-rows", "one row in this sheet"))
                return
            if record_id and ":" in record_id:
                row.problems.append(_problem(raw, "id", record_id, "bad-id", "a plain name"))
            for other in row.values.get("extends") or ():
                if not self._elsewhere.has_dataset(other):
                    expected = "a dataset in the store, or one built before this"
                    row.problems.append(
                        _problem(raw, "extends", other, "dangling-reference", expected)
                    )
            return
        if not record_id:
            return
        is_foreign = self._foreign_id(raw)
        if is_foreign and self.sheet_of(record_id) != raw.sheet:
            expected = f"a record of {raw.sheet} of a dataset that this one extends"
            row.problems.append(_problem(raw, "id", record_id, "dangling-reference", expected))
        if (raw.sheet, raw.number) in self._duplicates or (
            not is_foreign and self._elsewhere.existing_sheet(record_id)
        ):
            expected = "an id that no other record has"
            row.problems.append(_problem(raw, "id", record_id, "duplicate-id", expected))


def _problem(raw: RawRow, column: str, value: str, code: str, expected: str) -> Problem:
    """Return a problem of a row."""
    return Problem(raw.file, raw.sheet, raw.number, column, value, code, expected)


def raise_for_problems(name: str, problems: list[Problem]) -> None:
    """Raise if there are problems.

    :raises BundleError: with all problems attached.
    """
    if problems:
        count = len(problems)
        first = problems[0]
        raise BundleError(
            f"bundle '{name}' has {count} problem{'s' if count != 1 else ''}; nothing was built. "
            f"The first: {first}. Correct them, or build the good records with --keep-going",
            problems,
        )
