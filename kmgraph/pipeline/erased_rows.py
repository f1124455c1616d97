"""Leave out of a bundle what was erased from the store that it is built into.

The rows of erased records are passed over, and references to them are taken out of other rows, as
is what names them in words. A row that loses what it cannot do without is passed over too, and so
on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.bundles.cells import cell_text, join_items, split_items
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import RawRow, Report
from kmgraph.errors import GoneError
from kmgraph.mapping.mapper import Place
from kmgraph.pipeline.standing import Need, needs_of
from kmgraph.records import TABLES, Kind
from kmgraph.stores.tombstones import Tombstones, gone

#: Most answers about IRIs that are kept, to bound memory.
_KEPT_ANSWERS: Final = 50_000


def without_erased(
    check: BundleCheck, place: Place, tombstones: Tombstones
) -> ErasedRowsLeftOut | None:
    """Return a bundle without what was erased, or None where it has nothing of it.

    :param check: a check of the bundle.
    :param place: where the records of the bundle live.
    :raises GoneError: the dataset as a whole was erased.
    """
    if not tombstones or not place.dataset:
        return None
    if tombstones.is_gone(place.iri("dataset", place.dataset)):
        raise GoneError(
            f"the dataset of bundle '{check.source.name}' was erased from this store: "
            "build it under another id, or leave it out"
        )
    bundle = ErasedRowsLeftOut(check, place, tombstones)
    return bundle if bundle.is_touched else None


def refuse_erased(triples: Iterable[ox.Triple], tombstones: Tombstones) -> Iterator[ox.Triple]:
    """Pass triples on, and stop at one that names what was erased.

    An IRI may also stand within a text, a datatype or another IRI.

    :raises GoneError: names the term; it is told to whoever writes it only, and never logged.

    >>> list(refuse_erased([], Tombstones()))
    []
    """
    named_again = functools.lru_cache(maxsize=_KEPT_ANSWERS)(tombstones.named_by)
    for triple in triples:
        for term in triple if tombstones else ():
            named_by = named_again if isinstance(term, ox.NamedNode) else tombstones.named_by
            if named_by(term):
                raise gone(str(term))
        yield triple


class ErasedRowsLeftOut:
    """A bundle without what was erased.

    :ivar is_touched: whether the bundle has anything of it.
    :ivar left_out: number of rows that are passed over.
    """

    def __init__(self, check: BundleCheck, place: Place, tombstones: Tombstones) -> None:
        self._source, self._check, self._place = check.source, check, place
        self._tombstones = tombstones
        self._dropped: set[str] = set()
        self._verdicts: dict[str, bool] = {}
        self.is_touched = self._find_dropped()
        self.left_out = len(self._dropped)

    @property
    def name(self) -> str:
        """Name of the bundle."""
        return self._source.name

    @property
    def main_file(self) -> str:
        """File that problems of the bundle as a whole are reported in."""
        return self._source.main_file

    def digest(self) -> str:
        """Return the SHA-256 of the bundle's content."""
        return self._source.digest()

    def copy_sheet(self, file: str, sheet: str, directory: Path) -> None:
        """Write a sheet that could not be read to its end, as it stands."""
        self._source.copy_sheet(file, sheet, directory)

    def rows(self, report: Report) -> Iterator[RawRow]:
        """Yield the rows that stay."""
        for row in self._source.rows(report):
            if row.sheet == "dataset" or cell_text(row.cells.get("id")) not in self._dropped:
                yield self._cleaned(row)

    def _find_dropped(self) -> bool:
        """Find the rows to pass over; say whether the bundle has anything erased."""
        is_touched = False
        while True:
            before = len(self._dropped)
            for row in self._source.rows(_ignore):
                record_id = cell_text(row.cells.get("id"))
                if not record_id or record_id in self._dropped:
                    continue
                lost = self._lost(row)
                is_touched = is_touched or bool(lost)
                if row.sheet == "dataset":
                    self._require_dataset(row, lost)
                    continue
                if self._is_gone(row.sheet, record_id) or not self._stands(row, lost):
                    self._dropped.add(record_id)
            if len(self._dropped) == before:
                return is_touched or bool(before)

    def _require_dataset(self, row: RawRow, lost: Mapping[str, list[str]]) -> None:
        """Raise where what describes the dataset cannot be cleaned."""
        for name in _emptied(row, lost):
            raise GoneError(
                f"{row.file}: the dataset's {name} names what was erased from this store: "
                "correct it"
            )

    def _lost(self, row: RawRow) -> Mapping[str, list[str]]:
        """Return column to what it holds without what names what goes, where it holds less."""
        lost = {}
        for column in TABLES[row.sheet].columns:
            raw = row.cells.get(column.name)
            if column.kind is Kind.REF:
                items = _items(raw)
                kept = [item for item in items if not self._points_nowhere(item)]
            elif self._tombstones.named_in(cell_text(raw)):
                items = _items(raw) if column.many else [cell_text(raw)]
                kept = [item for item in items if not self._tombstones.named_in(item)]
            else:
                continue
            if len(kept) < len(items):
                lost[column.name] = kept
        return lost

    def _points_nowhere(self, item: str) -> bool:
        """Say whether an id is that of a record that goes."""
        if item in self._dropped:
            return True
        if item not in self._verdicts:
            sheet = self._check.sheet_of(item)
            # Of a record that neither the bundle nor the store has, any kind may have been erased.
            sheets = [sheet] if sheet else list(TABLES)
            self._verdicts[item] = any(self._is_gone(name, item) for name in sheets)
        return self._verdicts[item]

    def _is_gone(self, sheet: str, record_id: str) -> bool:
        """Say whether the record of an id was erased."""
        dataset, colon, _ = record_id.partition(":")
        if colon and dataset not in self._place.other_prefixes:
            return False
        return self._tombstones.is_gone(self._place.iri(TABLES[sheet].segment, record_id))

    def _stands(self, row: RawRow, lost: Mapping[str, list[str]]) -> bool:
        """Say whether a row has what it needs without what it lost."""
        return not _emptied(row, lost) and not any(
            self._left(row, need, lost) < need.minimum
            for need in needs_of(row.sheet)
            if lost.keys() & set(need.columns)
        )

    def _left(self, row: RawRow, need: Need, lost: Mapping[str, list[str]]) -> int:
        """Return how many values the columns of a need hold still."""
        cells = (lost.get(name, _items(row.cells.get(name))) for name in need.columns)
        return sum(len(items) for items in cells)

    def _cleaned(self, row: RawRow) -> RawRow:
        """Return a row without references to what goes."""
        lost = self._lost(row)
        if not lost:
            return row
        cells: dict[str, Any] = {**row.cells}
        for name, kept in lost.items():
            cells[name] = join_items(kept)
        return replace(row, cells=cells)


def _ignore(problem: Problem) -> None:
    """Pass over a problem, which the check of the bundle reports."""


def _emptied(row: RawRow, lost: Mapping[str, list[str]]) -> list[str]:
    """Return the required columns that hold nothing any more."""
    table = TABLES[row.sheet]
    return [name for name, kept in lost.items() if not kept and table.column(name).required]


def _items(raw: object) -> list[str]:
    """Return the items of a raw cell."""
    if isinstance(raw, list | tuple):
        return [text for item in raw if (text := cell_text(item))]
    return split_items(cell_text(raw))
