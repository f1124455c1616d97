"""Validate what a writer has prepared, and keep the report beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.pipeline import workers
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.publication import REPORT_FILE, parent_file, rows_lists
from kmgraph.pipeline.staging import StagedDataset
from kmgraph.progress import Progress
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.stores.writer import GenerationWriter
from kmgraph.validation import Report, Result, validate_changes, validate_quads

#: Name of the sidecar file with what was found beyond what the report holds.
REST_FILE: Final = "validation-rest.jsonl"
#: Nodes with something wrong above which a change is validated with everything else.
_MOST_FAULTY: Final = 1_000
#: Statements below which one thread is as quick as several.
_SMALL: Final = 100_000


#: View to the triples that were added to it or deleted from it.
Changes = Mapping[str, Sequence[ox.Triple]]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a view is validated.

    :ivar changes: view to the triples that a small change added or deleted; empty where the whole
        of each view is to be looked at.
    :ivar faulty: the nodes with which something was wrong before.
    """

    changes: Changes
    faulty: tuple[ox.NamedNode, ...] = ()

    @classmethod
    def of(cls, store: GenerationStore, changes: Changes | None) -> Known:
        """Return what the report of the current generation tells.

        :param changes: what has changed since.
        """
        content = parent_file(store, REPORT_FILE) if changes else b""
        if not content or changes is None:
            return NOTHING_KNOWN
        report = json.loads(content)
        nodes = dict.fromkeys(result["focusNode"] for result in report["results"])
        if report.get("leftOut") or len(nodes) > _MOST_FAULTY:
            return NOTHING_KNOWN
        if any(node[:1] in '_"' for node in nodes):
            return NOTHING_KNOWN
        return cls(changes, tuple(ox.NamedNode(node) for node in nodes))


NOTHING_KNOWN: Final = Known({})


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
    known = Known.of(store, changes)
    reports = [
        validate_view(writer, key, locator, progress, rest=rest, known=known)
        for key in views_to_validate(writer)
    ]
    report = reports[0] if len(reports) == 1 else together(reports)
    put_report(writer, report, rest)
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


def put_report(writer: GenerationWriter, report: Report, rest: Path) -> None:
    """Keep a report beside the views, and the file of what it does not hold, if there is one."""
    writer.put_file(REPORT_FILE, report.to_json().encode())
    if rest.is_file():
        writer.put_file(REST_FILE, rest)


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
    known: Known = NOTHING_KNOWN,
) -> Report:
    """Return what the shapes find in one view that the writer has prepared.

    Where the generation before was validated and the change is small, only what it touches is
    looked at, and what was wrong before.

    :param locator: finds the file and row of a record; None leaves them out.
    :param rest: file for what is found beyond what a report holds.
    :param known: what is known of the generation before and of what has changed since.
    """
    view = writer.view(key)
    if key in known.changes and isinstance(view, OxigraphStore):
        return validate_changes(view, known.changes[key], also=known.faulty, locator=locator).report
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
