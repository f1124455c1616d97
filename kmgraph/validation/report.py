"""The outcome of validation, as callers hold it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import pyoxigraph as ox

from kmgraph.errors import NonConformanceError
from kmgraph.validation import writing
from kmgraph.validation.result import Locator, Result, Severity, locate


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found, gravest first for each record.

    :ivar results: the results in a fixed order: by focus node, then severity, path and shape.

    >>> Report.of([]).conforms
    True
    >>> print(Report.of([]).to_text())
    conforms: nothing to remark
    """

    results: tuple[Result, ...]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Report:
        """Return a report of these results, put in order."""
        return cls(tuple(sorted(results, key=_order)))

    @property
    def conforms(self) -> bool:
        """Return whether the graph may be published: no result is a violation.

        This is laxer than ``sh:conforms`` of SHACL, which a mere warning makes false.
        """
        return not self.violations

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
            tuple(
                dataclasses.replace(result, location=locate(result.focus_node.value, locator))
                if isinstance(result.focus_node, ox.NamedNode)
                else result
                for result in self.results
            )
        )

    def raise_for_nonconformance(self) -> None:
        """Raise an error if there is a violation.

        :raises NonConformanceError: there is one; the error holds the report.
        """
        if not self.conforms:
            first = self.violations[0]
            raise NonConformanceError(
                f"{writing.tally(self.results)}; the first: {writing.heading(first)}: "
                f"{first.message}",
                self,
            )

    def to_text(self) -> str:
        """Return the report in plain words, grouped by record, with file and row."""
        return writing.to_text(self.results)

    def to_json(self) -> str:
        """Return the report as a JSON object, with results in order and file and row."""
        return writing.to_json(self.results)

    def to_turtle(self) -> str:
        """Return the report as a SHACL report in Turtle.

        Source: https://www.w3.org/TR/shacl/#validation-report
        """
        return writing.to_turtle(self.results)

    def _of_severity(self, severity: Severity) -> tuple[Result, ...]:
        """Return the results of one severity."""
        return tuple(result for result in self.results if result.severity is severity)


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
