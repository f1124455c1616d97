"""The rows of a large bundle that are mapped in parts, by several processes.

A process maps what is plainly right in a part and adds it to the staged files; the other rows come
back here, where they are checked and mapped as those of a small bundle are.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from kmgraph.bundles.check import BundleCheck, CheckedRow
from kmgraph.bundles.parts import Part, are_many
from kmgraph.bundles.scanning import run_here
from kmgraph.bundles.worker_pool import WorkerPool
from kmgraph.mapping.mapper import Place
from kmgraph.mapping.part_mapping import Job, map_part
from kmgraph.pipeline import workers
from kmgraph.pipeline.staged_files import StagedFiles
from kmgraph.progress import Progress, ProgressEvent, silent


class QuickRows:
    """Maps parts of a bundle.

    :param parts: none where the bundle is mapped row by row.
    :param files: what the statements are added to, or None where rows are only checked.
    :param progress: is told of each part.
    :ivar files: names of the files that are read in parts.
    :ivar records: sheet to number of records that were mapped.
    :ivar words: segment and words of terms that were used.
    :ivar done: number of rows that were mapped so far.
    """

    def __init__(
        self,
        check: BundleCheck,
        place: Place,
        parts: Sequence[Part],
        files: StagedFiles | None = None,
        progress: Progress = silent,
    ) -> None:
        self._progress = progress
        self._check, self._place, self._parts, self._staged = check, place, parts, files
        self.files = frozenset(part.file for part in parts)
        self.records: Counter[str] = Counter()
        self.words: set[tuple[str, str]] = set()
        self.done = 0

    def __enter__(self) -> Self:
        self._directory = TemporaryDirectory(
            prefix="kmgraph-", dir=self._staged.quads.parent if self._staged else None
        )
        self._pool: WorkerPool | None = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, trace)
        self._directory.cleanup()

    def checked(self) -> Iterator[CheckedRow]:
        """Map the parts, and yield the rows that are not plainly right, checked."""
        if not self._parts:
            return
        job = self._written_job()
        size = workers.count()
        run = run_here
        if size > 1 and are_many(self._parts):
            self._pool = WorkerPool(size)
            run = self._pool.run
        tasks = [(job, part) for part in self._parts]
        for part, mapped in zip(self._parts, run(map_part, tasks), strict=True):
            self.records[part.sheet] += mapped.records
            self.words |= mapped.words
            self.done += mapped.records
            name, rows = self._place.dataset, self._check.row_count
            self._progress(ProgressEvent("mapping", name, self.done, rows))
            if self._staged:
                self._staged.count(mapped.statements, mapped.total)
            for raw in mapped.odd:
                yield self._check.checked(raw)

    def _written_job(self) -> Path:
        """Return a file with the job."""
        import numpy as np

        folder = Path(self._directory.name)
        index = self._check.index
        assert index is not None  # noqa: S101 - there are parts, so their ids were collected
        np.save(folder / "ids.npy", index.keys)
        staged = self._staged
        job = Job(
            self._place,
            folder / "ids.npy",
            index.asks,
            staged.quads if staged else None,
            staged.rows if staged else None,
            staged.end if staged else "",
        )
        path = folder / "job.pickle"
        path.write_bytes(pickle.dumps(job))
        return path
