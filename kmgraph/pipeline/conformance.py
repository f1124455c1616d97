"""Validate what a writer prepared, and tell its writer of nothing that the writer does not see."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import NonConformanceError
from kmgraph.namespaces import SH
from kmgraph.pipeline.publication import locations, validate_prepared, validate_view
from kmgraph.progress import Progress
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import view_key, visible_in
from kmgraph.stores.writer import GenerationWriter
from kmgraph.validation import Report, Result, Severity

#: Stands for the shapes that are violated out of a writer's sight.
_HIDDEN_SHAPE: Final = "https://w3id.org/kmgraph/shapes#HiddenResults"


def validate_for(
    store: GenerationStore,
    writer: GenerationWriter,
    view: str,
    directory: Path,
    progress: Progress,
) -> Report:
    """Validate what a writer has prepared, for one who sees a view of it.

    :param view: key of the view.
    :returns: the report of everything, where it conforms.
    :raises NonConformanceError: the shapes are violated. The report holds what is found in the
        view; what else is violated is counted.
    """
    try:
        return validate_prepared(store, writer, (), directory, progress)
    except NonConformanceError as error:
        key = view_key(visible_in(view) & visible_in(writer.views[-1]))
        if key == writer.views[-1]:
            raise
        everything: Report = error.report
    shown = validate_view(writer, key, locations(store, writer), directory, progress)
    hidden = len(set(everything.violations) - set(shown.violations))
    told = [*shown.results, *([_hidden(store.base, hidden)] if hidden else [])]
    # Not from the error that was caught, which knows of everything.
    Report.of(told).raise_for_nonconformance()
    return shown  # pragma: no cover - one of the two kinds of violations was there


def _hidden(base: str, number: int) -> Result:
    """Return the one result that stands for those that a writer does not see."""
    return Result(
        focus_node=ox.NamedNode(base),
        severity=Severity.VIOLATION,
        component=f"{SH}NodeConstraintComponent",
        source_shape=ox.NamedNode(_HIDDEN_SHAPE),
        messages=(f"{number} further violation(s) concern records that are not shown to you",),
    )
