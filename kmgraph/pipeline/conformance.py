"""Judge what a writer prepared by what its writer sees, and tell the keeper of the rest."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from kmgraph.pipeline.publication import REPORT_FILE
from kmgraph.pipeline.validating import (
    REST_FILE,
    Changes,
    Known,
    locations,
    put_report,
    together,
    validate_view,
    views_to_validate,
)
from kmgraph.progress import Progress
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import view_key, visible_in
from kmgraph.stores.writer import GenerationWriter
from kmgraph.validation import Severity

_LOG: Final = logging.getLogger(__name__)


def validate_for(
    store: GenerationStore,
    writer: GenerationWriter,
    view: str,
    directory: Path,
    progress: Progress,
    *,
    changes: Changes | None = None,
) -> int:
    """Validate what a writer has prepared, for one who sees a view of it.

    The view alone decides: were a write refused for what it leads to elsewhere, whoever wrote
    could guess what is there. The report of everything lies beside what is published.

    :param view: key of the view.
    :param changes: view to the triples that a small change added or deleted, where that is known.
    :returns: the number of violations that are found in other views only.
    :raises NonConformanceError: the shapes are violated in the view.
    """
    key = view_key(visible_in(view) & visible_in(writer.views[-1]))
    keys = list(dict.fromkeys([key, *views_to_validate(writer)]))
    known = Known.of(store, writer, changes, keys)
    if known is None:
        found = validate_view(writer, key, None, progress)
    else:
        found = known.touched(writer, key).report
    # Nor does it say in which row of a hidden bundle a record is described.
    shown = locations(store, writer, shown=visible_in(key))
    found.located(shown).raise_for_nonconformance()
    rest, everywhere = directory / REST_FILE, locations(store, writer)
    if known is not None:
        everything = known.report(writer, keys, everywhere, rest)
    else:
        others = [validate_view(writer, other, None, progress, rest=rest) for other in keys[1:]]
        everything = together([found, *others]).located(everywhere)
    put_report(writer, everything, rest, keys)
    return everything.count(Severity.VIOLATION)


def tell_keeper(generation_id: int, violations: int) -> None:
    """Write to the log that a published generation has violations that its writer does not see."""
    if violations:
        _LOG.warning(
            "generation %d violates the shapes in %d place(s) that its writer does not see: its "
            "file %s lists them",
            generation_id,
            violations,
            REPORT_FILE,
        )
