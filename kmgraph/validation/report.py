"""The outcome of validation, as callers hold it."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import NonConformanceError
from kmgraph.validation import writing
from kmgraph.validation.result import Locator, Result, Severity, locate

#: Most results of one constraint that a report holds.
MOST_HELD: Final = 10_000
#: Lines that are written to a file at once.
_LINES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found, gravest first for each record.

    :ivar results: the results in a fixed order: by focus node, then severity, path and shape.
    :ivar left_out: severities, and how many results of each were found beside these.

    >>> Report.of([]).conforms
    True
    >>> print(Report.of([]).to_text())
    conforms: nothing to remark
    """

    results: tuple[Result, ...]
    left_out: tuple[tuple[Severity, int], ...] = ()

    @classmethod
    def of(cls, results: Iterable[Result], left_out: Iterable[tuple[Severity, int]] = ()) -> Report:
        """Return a report of these results, put in order."""
        return cls(tuple(sorted(results, key=_order)), tuple(left_out))

    def count(self, severity: Severity) -> int:
        """Return how many results of a severity there are, those left out included.

        >>> Report((), ((Severity.WARNING, 3),)).count(Severity.WARNING)
        3
        """
        return len(self._of_severity(severity)) + dict(self.left_out).get(severity, 0)

    @property
    def conforms(self) -> bool:
        """Return whether the graph may be published: no result is a violation.

        This is laxer than ``sh:conforms`` of SHACL, which a mere warning makes false.
        """
        return self.count(Severity.VIOLATION) == 0

    @property
    def violations(self) -> tuple[Result, ...]:
        """Return the results that stop publication."""
        return self._of_severity(Severity.VIOLATION)

    @property
    def warnings(self) -> tuple[Result, ...]:
        """Return the results that are worth a look and stop nothing."""
        return self._of_severity(Severity.WARNING)

    @property
    def infos(self) -> tuple[Result, ...]:
        """Return the remarks."""
        return self._of_severity(Severity.INFO)

    def located(self, locator: Locator) -> Report:
        """Return the report with the place of each record in its bundle.

        :param locator: finds a record by its IRI; see :func:`kmgraph.validation.locate`.
        """
        return Report(
            left_out=self.left_out,
            results=tuple(_located(result, locator) for result in self.results),
        )

    def raise_for_nonconformance(self) -> None:
        """Raise an error if there is a violation.

        :raises NonConformanceError: there is one; the error holds the report.
        """
        if not self.conforms:
            first = self.violations[0]
            raise NonConformanceError(
                f"{writing.tally(self.results, self.left_out)}; the first: "
                f"{writing.heading(first)}: {first.message}",
                self,
            )

    def to_text(self) -> str:
        """Return the report in plain words, grouped by record, with file and row."""
        return writing.to_text(self.results, self.left_out)

    def to_json(self) -> str:
        """Return the report as a JSON object, with results in order and file and row."""
        return writing.to_json(self.results, self.left_out)

    def to_turtle(self) -> str:
        """Return the report as a SHACL report in Turtle.

        Source: https://www.w3.org/TR/shacl/#validation-report
        """
        return writing.to_turtle(self.results)

    def _of_severity(self, severity: Severity) -> tuple[Result, ...]:
        """Return the results of one severity."""
        return tuple(result for result in self.results if result.severity is severity)


class Held:
    """Takes results as they are found, and holds so many of each constraint; threads may share it.

    :param most: most results of one constraint of one shape that are held.
    :param rest: file that takes the others, a JSON object a line; None leaves them out.
    :param locator: finds the place of a record in its bundle, for those in the file.

    >>> Held(most=0).report().conforms
    True
    """

    def __init__(
        self, most: int = MOST_HELD, *, rest: Path | None = None, locator: Locator | None = None
    ) -> None:
        self._most, self._rest, self._locator = most, rest, locator
        self._results: list[Result] = []
        self._numbers: Counter[tuple[str, str, str]] = Counter()
        self._left_out: Counter[Severity] = Counter()
        self._lock = threading.Lock()

    def take(self, results: Iterable[Result]) -> None:
        """Take results, as many as there are."""
        lines: list[str] = []
        for result in results:
            key = (str(result.source_shape), result.component, str(result.source_constraint))
            with self._lock:
                self._numbers[key] += 1
                if self._numbers[key] <= self._most:
                    self._results.append(result)
                    continue
                self._left_out[result.severity] += 1
            if self._rest is not None:
                lines.append(writing.to_line(_located(result, self._locator)))
                if len(lines) >= _LINES:
                    self._write(lines)
        self._write(lines)

    def _write(self, lines: list[str]) -> None:
        """Write lines to the file, and forget them."""
        if lines and self._rest is not None:
            with self._lock, self._rest.open("a", encoding="utf-8") as file:
                file.writelines(lines)
        lines.clear()

    def report(self) -> Report:
        """Return what is held, with the numbers of the others."""
        left_out = sorted(self._left_out.items(), key=lambda item: item[0].rank)
        report = Report.of(self._results, left_out)
        return report if self._locator is None else report.located(self._locator)


def _located(result: Result, locator: Locator | None) -> Result:
    """Return a result with the place of its record."""
    node = result.focus_node
    if locator is None or not isinstance(node, ox.NamedNode):
        return result
    return dataclasses.replace(result, location=locate(node.value, locator))


def _order(result: Result) -> tuple[str, int, str, str, str, str]:
    """Return the key by which results are sorted."""
    return (
        str(result.focus_node),
        result.severity.rank,
        str(result.path or ""),
        str(result.source_shape),
        result.component,
        str(result.value or ""),
    )
