"""Write the generations of a store anew without what an erasure takes away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from kmgraph.cube import CUBE, build_cube
from kmgraph.derivation import derive
from kmgraph.listings import build_listings
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline import workers
from kmgraph.pipeline.derived_graphs import shows_people
from kmgraph.pipeline.following import RULES, following_digest
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.publication import REPORT_FILE
from kmgraph.pipeline.sidecars import Sidecars
from kmgraph.pipeline.sweeping import Mentions, Sweep
from kmgraph.progress import Progress, ProgressEvent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.exchange import exchange_part
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.rewriting import Files, write_generation
from kmgraph.validation import Report, validate_quads

#: What the log of generations says of the one that an erasure publishes.
_REASON: Final = "erase what was asked to be erased"


class Rewriting:
    """Writes swept generations.

    :param mentions: notes what stays of texts of erased records.
    """

    def __init__(
        self, target: GenerationStore, directory: Path, mentions: Mentions, progress: Progress
    ) -> None:
        self._target, self._directory = target, directory
        self._mentions, self._progress = mentions, progress
        self._number = 0
        self._swept: str | None = None
        self.report: Report | None = None

    def publish(self, sweep: Sweep, *, validate: bool) -> Generation:
        """Publish a new generation with what stays of the current one."""
        current = sweep.generation
        number = current.id + 1
        sidecars = self._sidecars(sweep)
        described = replace(
            sidecars.described(),
            id=number,
            parent=current.id,
            reason=_REASON,
            content_id=0,
            content_created="",
        )
        # A report is of the generation that was validated, and this one may not be.
        files = {n: c for n, c in sidecars.files.items() if described.files.get(n) is not None}

        def with_report(view: QuadStore) -> Mapping[str, bytes]:
            if not validate:
                return files
            rows = [content for name, content in files.items() if name.startswith("rows/")]
            self.report = self._validated(view, rows)
            return {**files, REPORT_FILE: self.report.to_json().encode()}

        part = self._part(number)
        written = self._write(part, sweep, described, with_report)
        self._swept = written.created
        self._target.publish_part(part, progress=self._progress)
        return written

    def replace(self, sweep: Sweep) -> None:
        """Put what stays of a generation in its place."""
        sidecars = self._sidecars(sweep)
        part = self._part(sweep.generation.id)
        self._write(part, sweep, sidecars.described(), lambda view: sidecars.files)
        sweep.store.close()
        exchange_part(part, self._progress)

    def _part(self, number: int) -> Path:
        """Return the empty folder that a generation is written into."""
        part = self._target.path / "generations" / f"{number:06}.part"
        part.mkdir()
        return part

    def _sidecars(self, sweep: Sweep) -> Sidecars:
        """Return the swept files of a generation."""
        number, names = sweep.generation.id, sweep.generation.files
        return Sidecars(sweep, ((n, self._target.read_file(number, n)) for n in names))

    def _write(self, part: Path, sweep: Sweep, described: Generation, files: Files) -> Generation:
        """Write a swept generation to a folder."""
        self._number += 1
        work = self._directory / f"{self._number}"
        work.mkdir()
        self._progress(ProgressEvent("sweep", f"generation {sweep.generation.id}"))
        triples: dict[str, Path] = {}
        for number, graph in enumerate(sweep.graphs):
            triples[graph.name] = work / f"graph-{number}.nt"
            sweep.write(graph, triples[graph.name], self._mentions)
        dropped = {graph.name for graph in sweep.generation.graphs} - set(triples)
        for graph in sweep.generation.graphs:
            sweep.statements += graph.triples if graph.name in dropped else 0
        wanted = replace(described, extra={**described.extra, RULES: following_digest()})
        written = write_generation(
            part,
            work,
            self._target.base,
            wanted,
            triples,
            (self._derive, self._count, self._list),
            files,
            swept=self._swept,
            progress=self._progress,
        )
        shutil.rmtree(work)
        return written

    def _derive(self, view: QuadStore, key: str, folder: Path) -> Mapping[str, Path]:
        """Derive what follows from a view: IRI of a graph to its file."""
        people = shows_people(key)
        found = derive(view, folder, people=people, progress=self._progress).files
        return {graph_iri(self._target.base, name): path for name, path in found.items()}

    def _count(self, view: QuadStore, key: str, folder: Path) -> Mapping[str, Path]:
        """Count what a view shows: IRI of the graph to its file."""
        built = build_cube(view, folder, workers=workers.count(), progress=self._progress)
        return {} if built.path is None else {graph_iri(self._target.base, CUBE): built.path}

    def _list(self, view: QuadStore, key: str, folder: Path) -> Mapping[str, Path]:
        """List what a view shows: IRI of the graph to its file."""
        path, statements = build_listings(
            view, folder, workers=workers.count(), progress=self._progress
        )
        return {graph_iri(self._target.base, CUBE): path} if statements else {}

    def _validated(self, view: QuadStore, rows: Sequence[bytes]) -> Report:
        """Return the report on what is left; nobody's erasure fails for it."""
        locator = RowLocations(self._target.base, rows)
        return validate_quads(
            view, locator=locator, workers=workers.count(), progress=self._progress
        )
