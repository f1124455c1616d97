"""The files that a bundle is mapped to; several processes add to them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kmgraph.bundles.check import CheckedRow
from kmgraph.mapping.mapper import Mapper
from kmgraph.mapping.part_mapping import append, sum_of
from kmgraph.stores.digest import LineSum

#: Statements that are held before they are written.
_HELD: Final = 2_000


class StagedFiles:
    """Takes the statements of a bundle and where its records come from.

    :param quads: file of N-Quads.
    :param rows: file with one line a record.
    :param graph: IRI of the graph of all statements.
    :ivar statements: number of statements.
    :ivar sum: digest of the graph.
    """

    def __init__(self, quads: Path, rows: Path, graph: str) -> None:
        self.quads, self.rows, self.end = quads, rows, f" <{graph}> .\n"
        self.statements, self.sum = 0, LineSum()
        self._held: list[str] = []
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        for path in (self.quads, self.rows):
            path.write_bytes(b"")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.flush()

    def add(self, statements: Iterable[str]) -> None:
        """Add statements without their end."""
        self._held += statements
        if len(self._held) > _HELD:
            self.flush()

    def add_row(self, mapper: Mapper, row: CheckedRow) -> None:
        """Add the statements of a row, and where its record comes from."""
        raw, record_id = row.raw, row.values["id"]
        iri = mapper.record_iri(raw.sheet, record_id)
        self._lines.append(f"{iri}\t{raw.file}\t{raw.number}\t{record_id}\n")
        self.add(mapper.statements(raw.sheet, row.values))

    def count(self, statements: int, total: LineSum) -> None:
        """Count what another process added."""
        self.statements += statements
        self.sum.merge(total)

    def flush(self) -> None:
        """Write what is held."""
        if self._held:
            quads = self.end.join([*self._held, ""]).encode()
            self.count(len(self._held), sum_of(quads, self.end))
            append(self.quads, quads)
        if self._lines:
            append(self.rows, "".join(self._lines).encode())
        self._held, self._lines = [], []
