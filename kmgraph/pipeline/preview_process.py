"""The process that builds a preview for a server, with limits of time and memory.

``python -m kmgraph.pipeline.preview_process ORDER`` reads the order, a JSON file, and leaves what
came of it beside: ``progress.json`` while it builds, ``outcome.json`` when it has built, and then
``answers.json``, again and again, while it compares the answers to saved questions.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.sources import Source
from kmgraph.errors import BundleError, KmGraphError, NonConformanceError
from kmgraph.execution.worker import MemoryLimit
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.options import BuildOptions
from kmgraph.pipeline.preview_report import (
    MOST_REMARKS,
    compare_answers,
    comparison,
    rows_of_problems,
    rows_of_report,
)
from kmgraph.pipeline.previewing import Preview, build_preview
from kmgraph.pipeline.publication import rows_lists
from kmgraph.progress import ProgressEvent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import visible_in
from kmgraph.validation import Report
from kmgraph.versions import Difference, diff

ORDER_FILE: Final = "order.json"
PROGRESS_FILE: Final = "progress.json"
OUTCOME_FILE: Final = "outcome.json"
ANSWERS_FILE: Final = "answers.json"
#: Folder of the copy of the store, beside the order.
COPY_FOLDER: Final = "store"
#: What the phases of a build are called to people.
_STEPS: Final = {
    "read": "Reading the tables",
    "check": "Checking the rows",
    "mapping": "Checking the rows",
    "checkpoint": "Copying the current records",
    "bulk_load": "Putting the records in",
    "optimize": "Putting the records in",
    "derivation": "Working out what follows",
    "validation": "Checking against the rules of the vocabulary",
    "sync": "Writing the preview",
}
_COMPARING: Final = "Comparing with what is published"
#: So much longer than its parent waits, the process ends itself, in seconds.
_GRACE_S: Final = 5.0
_HIDDEN: Final = (
    "the dataset belongs to a group that your token does not see: correct its visibility, or use "
    "a token of that group"
)
_TOO_LARGE: Final = (
    "The preview needs more memory than it may take here. Build the bundle on the machine that "
    "has the store."
)
_FAILED: Final = "The preview could not be built. The log of the server says more."


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be built.

    :ivar store: folder of the store.
    :ivar bundle: folder or file of the bundle.
    :ivar view: key of the view that the writer sees, to whom all may be told.
    :ivar append: whether the rows are added to the dataset that is there.
    :ivar memory_bytes: most memory, besides what the process starts with.
    :ivar limit_s: longest time.
    :ivar compare_s: longest time to compare answers; 0 compares none.
    """

    store: str
    bundle: str
    view: str
    append: bool
    memory_bytes: int
    limit_s: float
    compare_s: float

    def save(self, folder: Path) -> None:
        """Write the order into the folder of the preview."""
        (folder / ORDER_FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Return the order in the folder of a preview."""
        return cls(**json.loads((folder / ORDER_FILE).read_bytes()))


def main(arguments: list[str]) -> None:
    """Build what the order in a folder says.

    :param arguments: the folder.
    """
    (name,) = arguments
    folder = Path(name)
    order = Order.read(folder)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Also where the server is gone that would have ended it.
    signal.setitimer(signal.ITIMER_REAL, order.limit_s + _GRACE_S)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    MemoryLimit(order.memory_bytes).set(order.memory_bytes)
    began = time.monotonic()
    outcome = _outcome(order, folder)
    told = outcome["report"][:MOST_REMARKS]
    left = len(outcome["report"]) - len(told)
    is_compared = bool(order.compare_s and outcome["comparison"])
    if is_compared:
        outcome["comparison"]["comparing"] = True
    _write(folder / OUTCOME_FILE, {**outcome, "report": told, "report_left": left})
    if is_compared:
        # It ends the process, in the middle of whatever question.
        left_s = order.limit_s - (time.monotonic() - began)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, min(order.compare_s, left_s)))
        _compare_answers(folder, outcome["before"])


def _compare_answers(folder: Path, before: int) -> None:
    """Compare the answers to saved questions, and write what is known after each."""
    with _difference(GenerationStore(folder / COPY_FOLDER), before) as difference:
        compare_answers(difference, partial(_write, folder / ANSWERS_FILE))


def _outcome(order: Order, folder: Path) -> dict[str, Any]:
    """Build, and return what came of it."""
    told: dict[str, Any] = {"state": "refused", "report": [], "comparison": None}
    try:
        source = open_bundle(order.bundle)
        preview = _build(order, source, folder)
        if not visible_in(preview.store.generation().master) <= visible_in(order.view):
            return told | _refusal("access-denied", _HIDDEN)
        tell = _Teller(folder)
        tell.say(_COMPARING)
        return {
            "state": "ready",
            "report": _report(preview, _dataset_of(source)),
            "comparison": _compared(preview),
            **_numbers(preview),
        }
    except BundleError as error:
        return told | _refusal(error.code, str(error), rows_of_problems(error.problems))
    except NonConformanceError as error:
        return told | _refusal(error.code, str(error), rows_of_report(error.report))
    except KmGraphError as error:
        return told | _refusal(error.code, str(error))
    except MemoryError:
        return told | {"state": "failed", "code": "query-memory", "message": _TOO_LARGE}
    except Exception as error:
        traceback.print_exception(error, file=sys.stderr)
        return told | {"state": "failed", "code": "internal", "message": _FAILED}


def _refusal(code: str, message: str, rows: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return what is told of a bundle that cannot be built."""
    return {"code": code, "message": message, "report": rows or []}


def _build(order: Order, source: Source, folder: Path) -> Preview:
    """Build the bundle into a copy of the store."""
    options = BuildOptions(
        append=order.append, reason="records from the browser", progress=_Teller(folder)
    )
    return build_preview([source], order.store, folder / COPY_FOLDER, options)


def _dataset_of(source: Source) -> str:
    """Return the id of the dataset of a bundle that was built."""
    rows = source.rows(lambda problem: None)
    return next(str(row.cells.get("id")) for row in rows if row.sheet == "dataset")


def _report(preview: Preview, dataset: str) -> list[dict[str, Any]]:
    """Return what the shapes remark about the records of the bundle, and about no other."""
    store = preview.store
    own = RowLocations(store.base, rows_lists(store, dataset))
    report = (preview.summary.report or Report.of([])).located(own)
    return [row for row in rows_of_report(report) if row["file"]]


def _compared(preview: Preview) -> dict[str, Any] | None:
    """Return what differs from what is published; None where nothing is."""
    if preview.before is None:
        return None
    with _difference(preview.store, preview.before) as difference:
        return comparison(difference)


def _difference(store: GenerationStore, before: int) -> Difference:
    """Return what differs between the generation of a preview and the one before it."""
    return diff(store, before, view=store.generation().master)


def _numbers(preview: Preview) -> dict[str, Any]:
    """Return how much was built."""
    summary = preview.summary
    return {
        "generation": summary.generation.id,
        "before": preview.before,
        "view": summary.generation.master,
        "records": dict(summary.records),
        "left_out": summary.left_out,
        "triples": {graph.name: graph.triples for graph in summary.generation.graphs},
    }


class _Teller:
    """Writes down what a build is at, so that whoever waits can read it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / PROGRESS_FILE
        self._said = ""

    def __call__(self, event: ProgressEvent) -> None:
        """Take a progress event."""
        self.say(_STEPS.get(event.phase, self._said))

    def say(self, text: str) -> None:
        """Write what is done, where that is something else than before."""
        if text != self._said:
            self._said = text
            _write(self._path, {"step": text})


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a file that is there whole or not at all."""
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    os.replace(aside, path)


if __name__ == "__main__":
    main(sys.argv[1:])
