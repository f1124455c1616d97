"""The report that a build kept beside a generation, as far as a view may show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import NotFoundError
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation.result import Severity

#: Name of the file that holds the report.
REPORT_FILE: Final = "validation.json"


@dataclass(frozen=True, slots=True)
class KeptResult:
    """One result: which record it is about, and where that stands.

    :ivar focus: IRI of the record.
    :ivar path: IRI of the property; empty where there is none.
    :ivar value: the value, as N-Triples have it; empty where there is none.
    :ivar place: file and row of the record in its bundle; empty where they are not known.
    """

    focus: str
    path: str
    value: str
    place: str


@dataclass(frozen=True, slots=True)
class Remark:
    """Results that say the same.

    :ivar severity: how badly they weigh.
    :ivar message: what is wrong, in words.
    :ivar shape: IRI of the shape that says so.
    :ivar results: the records that it is said of.
    """

    severity: Severity
    message: str
    shape: str
    results: tuple[KeptResult, ...]


@dataclass(frozen=True, slots=True)
class KeptReport:
    """What the last validation found, as far as a view may show it.

    :ivar remarks: gravest first, then those with most results.
    :ivar checked: when the generation was published that was checked, in ISO 8601.
    :ivar left_out: results that were found beside these, and counted only.
    """

    remarks: tuple[Remark, ...]
    checked: str
    left_out: int = 0

    def count(self, severity: Severity) -> int:
        """Return how many results of a severity there are."""
        return sum(len(one.results) for one in self.remarks if one.severity is severity)


def kept_report(
    target: GenerationStore, generation_id: int, view: QuadStore, *, is_partial: bool
) -> KeptReport | None:
    """Return the report that was kept of a generation; None where none was.

    A report is about all graphs. In a view of some of them, only results are told whose record,
    and whose value, the view holds: messages are of the shapes, and quote no data.

    :param view: the view of the caller.
    :param is_partial: whether the generation has graphs that the view does not show.
    :raises GenerationNotFoundError: the store does not hold the generation.
    """
    try:
        said = json.loads(target.read_file(generation_id, REPORT_FILE))
    except NotFoundError:
        return None
    grouped: dict[tuple[Severity, str, str], list[KeptResult]] = {}
    for one in said["results"]:
        result = _result(one)
        if not is_partial or _is_shown(view, result):
            key = (Severity(one["severity"]), str(one["message"]), str(one["sourceShape"] or ""))
            grouped.setdefault(key, []).append(result)
    remarks = [Remark(*key, tuple(results)) for key, results in grouped.items()]
    remarks.sort(key=lambda one: (one.severity.rank, -len(one.results), one.message, one.shape))
    left_out = 0 if is_partial else sum(dict(said.get("leftOut") or {}).values())
    return KeptReport(tuple(remarks), target.generation(generation_id).created, left_out)


def _result(said: Mapping[str, Any]) -> KeptResult:
    """Return a result of a report."""
    place = said.get("file") or ""
    if place and said.get("row"):
        place = f"{place}, row {said['row']}"
    return KeptResult(
        str(said["focusNode"]), str(said["path"] or ""), str(said["value"] or ""), place
    )


def _is_shown(view: QuadStore, result: KeptResult) -> bool:
    """Say whether a view holds the record of a result, and the value that it is about."""
    try:
        focus = ox.NamedNode(result.focus)
    except ValueError:
        return False
    said = [quad.object for quad in view.quads(focus, None, None, ox.DefaultGraph())]
    if not said or not result.value:
        return bool(said)
    return result.value == str(focus) or any(str(term) == result.value for term in said)
