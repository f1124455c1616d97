"""Validate what a writer has prepared, and keep the report beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RDFS
from kmgraph.pipeline import workers
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.publication import REPORT_FILE, parent_file, rows_lists
from kmgraph.pipeline.staging import StagedDataset
from kmgraph.progress import Progress
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.stores.writer import GenerationWriter
from kmgraph.terms import Term
from kmgraph.validation import (
    Earlier,
    Report,
    Result,
    Severity,
    Touched,
    ends_of,
    retyped,
    shapes_digest,
    validate_changes,
    validate_quads,
)

#: Name of the sidecar file with what was found beyond what the report holds.
REST_FILE: Final = "validation-rest.jsonl"
#: Name of the sidecar file that says what a report was made by.
BASIS_FILE: Final = "validation-basis.txt"
_BELOW: Final = f"{RDFS}subClassOf"
#: Statements below which one thread is as quick as several.
_SMALL: Final = 100_000


#: View to the triples that were added to it or deleted from it.
Changes = Mapping[str, Sequence[ox.Triple]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before views are validated after a small change.

    :ivar changes: view to the triples that were added or deleted.
    :ivar earlier: the report of the generation before.
    :ivar nodes: what the change touches in any view, and what was wrong with it.
    """

    changes: Changes
    earlier: Earlier
    nodes: frozenset[Term]

    @classmethod
    def of(
        cls,
        store: GenerationStore,
        writer: GenerationWriter,
        changes: Changes | None,
        keys: Sequence[str],
    ) -> Known | None:
        """Return what the current generation tells, or None where all is to be looked at.

        :param changes: what has changed since, where that is known.
        :param keys: the views to validate.
        """
        content = parent_file(store, REPORT_FILE) if changes else b""
        if not content or changes is None or set(store.generation().views) != set(writer.views):
            return None
        if parent_file(store, BASIS_FILE) != _basis(content, keys):
            return None
        if not all(key in changes and isinstance(writer.view(key), OxigraphStore) for key in keys):
            return None
        triples = [triple for one in changes.values() for triple in one]
        if any(triple.predicate.value == _BELOW for triple in triples):
            return None
        rest = store.generation_dir(None) / "files" / REST_FILE
        earlier = Earlier.read(content, rest if rest.is_file() else None)
        if earlier is None:
            return None
        # What pointed at a node of another class than now may be right by now.
        wrong = earlier.nodes_with(retyped(triples))
        wrong |= {
            item.focus_node for item in earlier.results if item.severity is Severity.VIOLATION
        }
        return cls(changes, earlier, frozenset(ends_of(triples)) | wrong)

    def report(
        self,
        writer: GenerationWriter,
        keys: Sequence[str],
        locator: RowLocations | None,
        rest: Path,
    ) -> Report:
        """Return the report of everything: what changed, and what did not.

        :param keys: the views to validate.
        :param rest: file for what the report does not hold.
        """
        found = [self.touched(writer, key, locator) for key in keys]
        near = self.nodes.union(*(one.near for one in found))
        if len(keys) > 1 and near != self.nodes:
            # What one view led to is looked at in each.
            found = [self.touched(writer, key, locator, near) for key in keys]
        return self.earlier.merged(found, rest)

    def touched(
        self,
        writer: GenerationWriter,
        key: str,
        locator: RowLocations | None = None,
        nodes: Iterable[Term] | None = None,
    ) -> Touched:
        """Return what is wrong in one view with what the change touches.

        :param nodes: nodes to look at beside; None for those that it touches in any view.
        """
        view = writer.view(key)
        assert isinstance(view, OxigraphStore)  # noqa: S101 - looked at beforehand
        also = self.nodes if nodes is None else nodes
        return validate_changes(view, self.changes[key], also=also, locator=locator)


def validate_prepared(
    store: GenerationStore,
    writer: GenerationWriter,
    staged: Sequence[StagedDataset],
    directory: Path,
    progress: Progress,
    *,
    changes: Changes | None = None,
) -> Report:
    """Validate what the writer has prepared, and keep the report beside it.

    The view that shows everything is validated, and so is each other view of which something is
    derived that the first does not have.

    :param changes: view to the triples that a small change added or deleted, where that is known.
    :raises NonConformanceError: the shapes are violated.
    """
    locator = locations(store, writer, staged)
    rest = directory / REST_FILE
    keys = views_to_validate(writer)
    known = Known.of(store, writer, changes, keys)
    if known is not None:
        report = known.report(writer, keys, locator, rest)
    else:
        found = [validate_view(writer, key, locator, progress, rest=rest) for key in keys]
        report = found[0] if len(found) == 1 else together(found)
    put_report(writer, report, rest, keys)
    report.raise_for_nonconformance()
    return report


def together(reports: Sequence[Report]) -> Report:
    """Return what several views were found to have, each result once.

    Of what a report does not hold, the largest number of any view counts.

    >>> together([Report.of([]), Report.of([])]).conforms
    True
    """
    results: dict[Result, None] = {}
    left_out = dict(sorted(pair for report in reports for pair in report.left_out))
    for report in reports:
        results.update(dict.fromkeys(report.results))
    return Report.of(results, left_out.items())


def put_report(writer: GenerationWriter, report: Report, rest: Path, keys: Sequence[str]) -> None:
    """Keep a report beside the views, and the file of what it does not hold, if there is one.

    :param keys: the views that were validated.
    """
    content = report.to_json().encode()
    writer.put_file(REPORT_FILE, content)
    writer.put_file(BASIS_FILE, _basis(content, keys))
    if report.left_out:
        writer.put_file(REST_FILE, rest)


def _basis(content: bytes, keys: Sequence[str]) -> bytes:
    """Return what tells a report by these shapes of these views from any other.

    A report that something else has rewritten since, as an erasure does, is another one too.

    :param content: the report.
    """
    told = "\n".join([shapes_digest(), *keys, hashlib.sha256(content).hexdigest()])
    return hashlib.sha256(told.encode()).hexdigest().encode() + b"\n"


def locations(
    store: GenerationStore,
    writer: GenerationWriter,
    staged: Sequence[StagedDataset] = (),
    *,
    shown: Collection[str] | None = None,
) -> RowLocations:
    """Return what finds the file and row of each record that was built.

    :param shown: visibilities of the graphs whose records are found; None for all.
    """
    fresh = {dataset.name: dataset.rows for dataset in staged}
    rows: list[bytes | Path] = []
    for graph in writer.graphs:
        if shown is None or graph.visibility in shown:
            rows += rows_lists(store, graph.name)
            rows += [fresh[graph.name]] if graph.name in fresh else []
    return RowLocations(store.base, rows)


def validate_view(
    writer: GenerationWriter,
    key: str,
    locator: RowLocations | None,
    progress: Progress,
    *,
    rest: Path | None = None,
) -> Report:
    """Return what the shapes find in one view that the writer has prepared.

    :param locator: finds the file and row of a record; None leaves them out.
    :param rest: file for what is found beyond what a report holds.
    """
    view = writer.view(key)
    return validate_quads(
        view,
        locator=locator,
        rest=rest,
        workers=1 if view.count() < _SMALL else workers.count(),
        progress=progress,
    )


def views_to_validate(writer: GenerationWriter) -> list[str]:
    """Return the views whose statements, derived ones too, are all statements of a listed one."""
    *others, master = writer.views
    held = {(graph.iri, graph.digest) for graph in writer.own_graphs(master)}
    listed = [master]
    for key in others:
        own = {(graph.iri, graph.digest) for graph in writer.own_graphs(key)}
        if not own <= held:
            listed.append(key)
            held |= own
    return listed
