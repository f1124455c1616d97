"""How a build is asked for, and what it tells afterwards."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kmgraph.bundles.problems import Problem
from kmgraph.progress import Progress, silent
from kmgraph.stores.meta import Generation
from kmgraph.validation import Report, Severity


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """How to build.

    :ivar keep_going: build the good records and set the others aside.
    :ivar rejects: folder that takes the rejected rows; needed with ``keep_going``.
    :ivar documents: folder with the reader's copies of documents, to take quotes from.
    :ivar append: add the rows to the dataset instead of replacing it.
    :ivar discard_edits: build even where this loses what updates did to a graph.
    :ivar from_scratch: build into an empty generation instead of the current one's copy.
    :ivar if_changed: do nothing where the current generation holds these very bundles.
    :ivar encoding: encoding of CSV files that are not UTF-8 or UTF-16.
    :ivar flips: whether what would flip a reading is stored; None decides by the number of cases,
        and what is not stored is worked out when it is asked for.
    :ivar reason: what the log says of the new generation.
    :ivar progress: takes progress events.
    """

    keep_going: bool = False
    rejects: Path | None = None
    documents: Path | None = None
    append: bool = False
    discard_edits: bool = False
    from_scratch: bool = False
    if_changed: bool = False
    encoding: str | None = None
    flips: bool | None = None
    reason: str = ""
    progress: Progress = silent


@dataclass(slots=True)
class BuildSummary:
    """What a build did.

    :ivar generation: the published generation; the current one where nothing had changed.
    :ivar changed: whether a new generation was published.
    :ivar records: sheet to number of records built.
    :ivar rejected: number of rows set aside.
    :ivar left_out: number of rows left out because they, or what they need, were erased from the
        store.
    :ivar problems: problems of the rows set aside.
    :ivar report: the validation report, or None where nothing was built.
    :ivar seconds: phase to its duration in seconds.
    :ivar rule_seconds: rule of derivation to the seconds that it took.
    :ivar unread: files that could not be read to their end, and were set aside whole.
    :ivar missing_documents: ids of documents of which the reader has no copy.
    :ivar quotes_beyond: ids of passages whose lines lie beyond the end of the reader's copy.
    """

    generation: Generation
    changed: bool = True
    records: Counter[str] = field(default_factory=Counter)
    rejected: int = 0
    left_out: int = 0
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    report: Report | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    rule_seconds: dict[str, float] = field(default_factory=dict)
    missing_documents: list[str] = field(default_factory=list)
    quotes_beyond: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain values, for machine-readable output."""
        return {
            "generation": self.generation.id,
            "changed": self.changed,
            "triples": {graph.name: graph.triples for graph in self.generation.graphs},
            "derived": {
                view: {graph.name: graph.triples for graph in graphs}
                for view, graphs in self.generation.derived.items()
            },
            "records": dict(self.records),
            "rejected": self.rejected,
            "left_out": self.left_out,
            "unread": self.unread,
            "problems": [asdict(problem) for problem in self.problems],
            "warnings": self.report.count(Severity.WARNING) if self.report else 0,
            "missing_documents": self.missing_documents,
            "quotes_beyond": self.quotes_beyond,
            "seconds": {phase: round(s, 3) for phase, s in self.seconds.items()},
            "rule_seconds": {rule: round(s, 4) for rule, s in self.rule_seconds.items()},
        }


class Clock:
    """Adds up the time of each phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
