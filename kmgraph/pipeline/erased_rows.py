"""Leave out of a bundle what was erased from the store that it is built into.

The rows of erased records are passed over, and references to them are taken out of other rows. A
row that loses a reference it cannot do without is passed over too, and so on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kmgraph.bundles.cells import cell_text, join_items, split_items
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.problems import Problem
from kmgraph.bundles.sources import RawRow, Report
from kmgraph.errors import GoneError
from kmgraph.mapping.mapper import Place
from kmgraph.pipeline.standing import Need, needs_of, references
from kmgraph.records import TABLES
from kmgraph.stores.tombstones import Tombstones


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

    :raises GoneError: names the IRI; it is told to whoever loads the file only.

    >>> list(refuse_erased([], Tombstones()))
    []
    """
    for triple in triples:
        for term in triple if tombstones else ():
            if isinstance(term, ox.NamedNode) and tombstones.is_gone(term.value):
                raise GoneError(f"{term} was erased from this store: take it out of the file")
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
                if row.sheet == "dataset" or not record_id or record_id in self._dropped:
                    continue
                lost = self._lost(row)
                is_touched = is_touched or bool(lost)
                if self._is_gone(row.sheet, record_id) or not self._stands(row, lost):
                    self._dropped.add(record_id)
            if len(self._dropped) == before:
                return is_touched or bool(before)

    def _lost(self, row: RawRow) -> Mapping[str, list[str]]:
        """Return column to what it holds without references to what goes, where it holds less."""
        lost = {}
        for column in references(row.sheet):
            items = _items(row.cells.get(column.name))
            kept = [item for item in items if not self._points_nowhere(item)]
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
        return not any(
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


def _items(raw: object) -> list[str]:
    """Return the items of a raw cell."""
    if isinstance(raw, list | tuple):
        return [text for item in raw if (text := cell_text(item))]
    return split_items(cell_text(raw))
