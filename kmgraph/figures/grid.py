"""Many cases by evidence and context, with how well their facilitation fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kmgraph.errors import InputError
from kmgraph.figures import style
from kmgraph.figures.grid_drawing import draw_grid
from kmgraph.figures.grid_points import (
    ELSEWHERE,
    NOT_RATED,
    GridPoint,
    elsewhere_in_words,
    is_read,
    point_of,
    tallies,
)
from kmgraph.figures.grid_text import grid_text
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.sheet import Sheet
from kmgraph.readings.model import CaseReading


class Grid(Picture):
    """The picture of many cases in the plane of evidence and context.

    :param points: the cases, in the order of their numbers.
    :param scheme_label: name of the framework that all of them are read under.
    :param subject: what the cases have in common, such as a theme; may be empty.
    :param others: cases of the same subject that have no rating under this framework; they are
        counted and listed apart.

    >>> Grid([GridPoint("urn:a", "A")], "PARIHS 2004").title
    '1 case by evidence and context, PARIHS 2004'
    """

    def __init__(
        self,
        points: Sequence[GridPoint],
        scheme_label: str,
        *,
        subject: str = "",
        others: Sequence[GridPoint] = (),
        is_verified: bool = True,
        is_synthetic: bool = False,
    ) -> None:
        self.points, self.others = tuple(points), tuple(others)
        self.scheme_label, self.subject = style.clean(scheme_label), style.clean(subject)
        self.is_verified, self.is_synthetic = is_verified, is_synthetic

    @property
    def title(self) -> str:
        """How many cases, of what, under which framework."""
        cases = style.plural(len(self.points), "case")
        of = f" of {self.subject}" if self.subject else ""
        return f"{cases}{of} by evidence and context, {self.scheme_label}"

    @property
    def description(self) -> str:
        """How many cases are where, in words."""
        parts = [
            f"{tally.name}: {style.plural(tally.total, 'case')} (facilitation fits {tally.fits}, "
            f"does not fit {tally.misfits}, not known {tally.unknown})."
            for tally in tallies(self.points)
        ]
        return " ".join(filter(None, [*self.warnings, *parts, self.note, style.HYPOTHESIS]))

    @property
    def note(self) -> str:
        """How many cases have no rating under the framework, and which; may be empty."""
        return elsewhere_in_words(self.others)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What qualifies all of it."""
        found = [style.SYNTHETIC] if self.is_synthetic else []
        return (*found, *(() if self.is_verified else (style.UNCHECKED,)))

    def narrowed(self, *, evidence: str = "", context: str = "", fit: str = "") -> Grid:
        """Return the cases of some bands, or with one kind of fit.

        :param evidence: ``low``, ``mixed``, ``high`` or ``not rated``; any where it is empty.
        :param context: likewise.
        :param fit: ``fits``, ``does not fit`` or ``unknown``; any where it is empty.

        >>> Grid([GridPoint("urn:a", "A")], "PARIHS 2004").narrowed(evidence="low").title
        '0 cases of evidence low by evidence and context, PARIHS 2004'
        """
        wanted = {"evidence": evidence, "context": context, "facilitation": fit}
        said = [f"{name} {value}" for name, value in wanted.items() if value]
        if not said:
            return self
        kept = [
            point
            for point in self.points
            if evidence in ("", point.evidence.band or NOT_RATED)
            and context in ("", point.context.band or NOT_RATED)
            and fit in ("", point.fit)
        ]
        return Grid(
            kept,
            self.scheme_label,
            subject=", ".join(filter(None, [self.subject, *said])),
            is_verified=self.is_verified,
            is_synthetic=self.is_synthetic,
        )

    def to_table(self) -> list[dict[str, Cell]]:
        """Return one row a case; those without a rating under the framework have no number."""
        numbered = [*enumerate(self.points, 1), *((None, point) for point in self.others)]
        return [
            {
                "number": number,
                "case": point.label,
                "evidence": point.evidence.score,
                "evidence band": point.evidence.band or None,
                "evidence bounds": _bounds(point.evidence.bounds),
                "context": point.context.score,
                "context band": point.context.band or None,
                "context bounds": _bounds(point.context.bounds),
                "not scored": "; ".join(_absences(point)) or None,
                "quadrant": point.quadrant or ("no diagnosis" if number else ELSEWHERE),
                "facilitation": point.fit,
                "study": point.study or None,
                "iri": point.iri,
            }
            for number, point in numbered
        ]

    def to_text(self, width: int = 100) -> str:
        """Return the grid as text, with the number of cases in each quadrant."""
        return grid_text(self.title, self.points, self.warnings, width, self.note)

    def _draw(self, onto: Sheet) -> None:
        draw_grid(onto, self.title, self.points, self.warnings, self.note)


def _bounds(bounds: tuple[object, object] | None) -> str | None:
    """Return bounds in words."""
    return None if bounds is None else f"{bounds[0]} to {bounds[1]}"


def _absences(point: GridPoint) -> Iterable[str]:
    """Yield why a case has no score, for evidence and context."""
    for name, found in (("evidence", point.evidence), ("context", point.context)):
        if found.score is None:
            yield f"{name} {found.absence}"


def grid(readings: Iterable[CaseReading], *, subject: str = "") -> Grid:
    """Return many cases by evidence and context as a picture.

    :param readings: readings under one version of the framework, such as
        ``dataset.cases.values()``; a case that comes twice counts once.
    :param subject: what the cases have in common, for the title.
    :raises InputError: they are no readings of cases, are read under several versions, or under
        one without evidence and context, or real and synthetic cases are mixed.

    >>> print(grid([]).title)
    0 cases by evidence and context, PARIHS
    """
    found = _each_once(readings)
    shown = [reading for reading in found if is_read(reading)]
    schemes = sorted({reading.scheme for reading in found})
    if len(schemes) > 1:
        raise InputError(f"cases read under {' and '.join(schemes)} do not go into one grid")
    if len({reading.is_synthetic for reading in found}) > 1:
        raise InputError("synthetic and real cases do not go into one grid")
    first = found[0] if found else None
    return Grid(
        [point_of(reading) for reading in shown],
        (first.scheme_label or first.scheme) if first else "PARIHS",
        subject=subject,
        others=[point_of(reading) for reading in found if not is_read(reading)],
        is_verified=all(reading.is_verified for reading in found),
        is_synthetic=any(reading.is_synthetic for reading in found),
    )


def _each_once(readings: Iterable[CaseReading]) -> list[CaseReading]:
    """Return readings by the IRIs of their cases and frameworks, each once.

    :raises InputError: one of them is no reading of a case.
    """
    how = "give readings, such as dataset.cases.values()"
    if isinstance(readings, CaseReading):
        raise InputError(f"a grid is drawn of several cases, not of one: {how}, or [reading]")
    if not isinstance(readings, Iterable):
        raise InputError(f"a grid is drawn of readings of cases, not of {readings!r}: {how}")
    found: dict[tuple[str, str, bool], CaseReading] = {}
    for reading in readings:
        if not isinstance(reading, CaseReading):
            raise InputError(f"a grid is drawn of readings of cases, not of {reading!r}: {how}")
        found.setdefault((reading.iri, reading.scheme, reading.is_synthetic), reading)
    return list(found.values())
