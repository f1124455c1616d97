"""Write the whole cube of a store or view."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from kmgraph.cube.counting import count_all
from kmgraph.cube.groupings import Grouping, load_groupings
from kmgraph.cube.statements import (
    code_lines,
    dataset_lines,
    head_lines,
    list_lines,
    measure_lines,
    observation_lines,
    slice_lines,
)
from kmgraph.cube.tally import ALL, Tally
from kmgraph.cube.terms import label_of, level_of
from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore

#: Name of the graph of a view that holds the cube.
CUBE = "cube"


@dataclass(slots=True)
class BuiltCube:
    """What was counted.

    :ivar path: N-Quads file of the graph; None where nothing of what is counted is there.
    :ivar statements: number of its lines.
    :ivar seconds: grouping to the seconds that it took.
    :ivar cells: grouping to its number of observations.
    """

    path: Path | None = None
    statements: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)


def build_cube(
    store: QuadStore, directory: Path, *, workers: int = 1, progress: Progress = silent
) -> BuiltCube:
    """Count everything that a store holds by every grouping.

    A grouping of which there is no unit has no dataset.

    :param directory: where the file goes.
    :param workers: number of queries that run at once.

    >>> from tempfile import TemporaryDirectory
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with TemporaryDirectory() as folder:
    ...     build_cube(MemoryStore(), Path(folder)).path is None
    True
    """
    built = BuiltCube()
    path = directory / "cube.nq"
    used: dict[str, set[str]] = {}
    with path.open("wb") as output:
        writer = _Writer(store.base, output)
        for grouping, tally, seconds in _counted(store, workers, progress):
            writer.write(_grouping_lines(store.base, grouping, tally, used))
            built.seconds[grouping.id] = seconds
            built.cells[grouping.id] = len(tally.cells)
        if used:
            writer.write(head_lines(store.base))
        writer.write(_vocabulary_lines(store, used))
    built.statements = writer.lines
    built.path = path if writer.lines else None
    return built


def _counted(
    store: QuadStore, workers: int, progress: Progress
) -> Iterator[tuple[Grouping, Tally, float]]:
    """Yield the groupings in order, each with what it counts and the seconds that it took."""

    def count(grouping: Grouping) -> tuple[Grouping, Tally, float]:
        began = time.perf_counter()
        tally = count_all(store, grouping)
        return grouping, tally, time.perf_counter() - began

    with ThreadPoolExecutor(workers) as pool:
        # The engine lets go of the interpreter while it answers, so threads are enough.
        for grouping, tally, seconds in pool.map(count, load_groupings()):
            progress(ProgressEvent("cube", grouping.id))
            yield grouping, tally, seconds


class _Writer:
    """Writes lines of N-Triples as N-Quads of the graph of the cube."""

    def __init__(self, base: str, output: IO[bytes]) -> None:
        self._end = f" <{graph_iri(base, CUBE)}> .\n".encode()
        self._output = output
        self.lines = 0

    def write(self, lines: Iterator[bytes]) -> None:
        """Write some lines."""
        for line in lines:
            self._output.write(line[:-3] + self._end)
            self.lines += 1


def _grouping_lines(
    base: str, grouping: Grouping, tally: Tally, used: dict[str, set[str]]
) -> Iterator[bytes]:
    """Yield the statements of one dataset, and note the values that it uses."""
    if not tally.cells:
        return
    yield from dataset_lines(base, grouping)
    for level in sorted({level_of(grouping, cell) for cell in tally.cells}):
        yield from slice_lines(base, grouping, level)
    for cell, (units, value) in sorted(tally.cells.items()):
        yield from observation_lines(base, grouping, cell)
        yield from measure_lines(base, grouping, cell, units, value)
        for name, term in zip(grouping.dimensions, cell, strict=True):
            used.setdefault(name, set()).add(term)


def _vocabulary_lines(store: QuadStore, used: Mapping[str, set[str]]) -> Iterator[bytes]:
    """Yield the statements of the code lists."""
    for name, values in sorted(used.items()):
        yield from list_lines(store.base, name)
        for value in sorted(values | {ALL}):
            yield from code_lines(store.base, name, value, label_of(store, value))
