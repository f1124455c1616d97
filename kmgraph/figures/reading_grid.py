"""Read a grid from a store with a few queries, however many cases there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Final

from kmgraph.entity import Entity
from kmgraph.errors import InputError
from kmgraph.figures import style
from kmgraph.figures.asking import iri_of, solutions
from kmgraph.figures.grid import Grid
from kmgraph.figures.grid_points import GridPoint, Side, side
from kmgraph.figures.reading_cases import described_case, read_case
from kmgraph.readings.facts import Solution, solve, text_of
from kmgraph.readings.frameworks import Framework, load_frameworks, load_labels
from kmgraph.stores.base import QuadStore
from kmgraph.terms import python_value

#: So few cases are looked up one by one, however many others the store has.
_ONE_BY_ONE: Final = 400
#: Frameworks whose cases stand in the plane of evidence and context.
GRID_SCHEMES: Final = ("parihs-2004", "parihs-1998")


def read_grid(
    store: QuadStore,
    scheme: str = GRID_SCHEMES[0],
    *,
    programme: str = "",
    theme: str = "",
    study: str = "",
) -> Grid:
    """Return the cases of a store by evidence and context as a picture.

    :param scheme: short name of the framework: ``parihs-2004`` or ``parihs-1998``.
    :param programme: IRI or id of a programme whose cases are shown; all where it is empty.
    :param theme: IRI or id of a theme, likewise.
    :param study: IRI or id of a study, likewise.
    :raises InputError: the framework has no evidence and context.
    :raises RecordNotFoundError: there is no such programme, theme or study.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_grid(MemoryStore()).title
    '0 cases by evidence and context, PARIHS, version of 2004 and 2008'
    """
    if scheme not in GRID_SCHEMES:
        raise InputError(
            f"{style.shortened(style.clean(scheme), 60)} has no evidence and context: take "
            f"{' or '.join(GRID_SCHEMES)}"
        )
    framework = load_frameworks()[scheme]
    wanted = {"programme": programme, "theme": theme, "study": study}
    chosen = {kind: iri_of(store, kind, name) for kind, name in wanted.items() if name}
    cases: set[str] | None = None
    for iri in chosen.values():
        found = {text_of(row, "case") for row in solutions(store, "cases-of", of=iri)}
        cases = found if cases is None else cases & found
    subject = ", ".join(f"{kind} {Entity(store, iri).label}" for kind, iri in chosen.items())
    return _grid(store, framework, subject, cases)


def read_some(store: QuadStore, scheme: str, cases: Collection[str], *, subject: str) -> Grid:
    """Return the chosen cases of a store by evidence and context as a picture.

    :param scheme: short name of a framework of :data:`GRID_SCHEMES`.
    :param cases: IRIs of the cases.
    :param subject: what they have in common, in words.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_some(MemoryStore(), "parihs-2004", [], subject="the ward").title
    '0 cases of the ward by evidence and context, PARIHS, version of 2004 and 2008'
    """
    return _grid(store, load_frameworks()[scheme], subject, set(cases))


def _grid(
    store: QuadStore, framework: Framework, subject: str, cases: Collection[str] | None
) -> Grid:
    """Return the chosen cases, or all of them, by evidence and context."""
    if cases is not None and len(cases) <= _ONE_BY_ONE:
        described = sorted(
            (row for iri in cases for row in described_case(store, iri)), key=_in_order
        )
        read = [read_case(store, framework, row) for row in described]
        assessed = {point.iri for point, is_assessed in read if is_assessed}
        points = [point for point, _ in read]
    else:
        described = [row for row in _cases(store) if cases is None or text_of(row, "case") in cases]
        assessed = _assessed(store, framework)
        points = list(_points(store, framework, described))
    return Grid(
        [point for point in points if point.iri in assessed],
        framework.label,
        subject=subject,
        others=[point for point in points if point.iri not in assessed],
        is_verified=framework.is_verified,
        is_synthetic=any(text_of(row, "synthetic") == "true" for row in described),
    )


def _in_order(row: Solution) -> tuple[str, str]:
    """Return what cases are sorted by."""
    return text_of(row, "identifier"), text_of(row, "case")


def _cases(store: QuadStore) -> Iterator[Solution]:
    """Yield each case once, in the order of ids; labels in several languages give several rows."""
    seen: set[str] = set()
    for row in solve(store, "cases"):
        iri = text_of(row, "case")
        if iri not in seen:
            seen.add(iri)
            yield row


def _assessed(store: QuadStore, framework: Framework) -> set[str]:
    """Return the cases of which anything is recorded under a framework, rated or not."""
    rows = solutions(store, "assessed", scheme=framework.iri)
    return {text_of(row, "case") for row in rows}


def _points(
    store: QuadStore, framework: Framework, described: list[Solution]
) -> Iterator[GridPoint]:
    """Yield where each case stands."""
    found = {
        element.concept.notation.rpartition(".")[2]: element.concept.iri
        for element in framework.elements
    }
    evidence, context = (dict(_sides(store, found[letter])) for letter in "EC")
    diagnoses = {
        text_of(row, "case"): row for row in solutions(store, "diagnoses", scheme=framework.iri)
    }
    labels, nothing = load_labels(), Side()
    for row in described:
        iri = text_of(row, "case")
        diagnosis = diagnoses.get(iri, {})
        yield GridPoint(
            iri,
            style.clean(text_of(row, "label") or text_of(row, "identifier") or iri),
            evidence.get(iri, nothing),
            context.get(iri, nothing),
            labels.get(text_of(diagnosis, "quadrant"), ""),
            labels.get(text_of(diagnosis, "fit"), "unknown"),
            style.clean(text_of(row, "studyLabel")),
        )


def _sides(store: QuadStore, element: str) -> Iterator[tuple[str, Side]]:
    """Yield each case that has a summary of an element, with what it says."""
    labels = load_labels()
    for row in solutions(store, "summaries", element=element):
        band = labels.get(text_of(row, "band"), "")
        score, lower, upper = (_number(row, name) for name in ("score", "lower", "upper"))
        yield text_of(row, "case"), side(score, band, lower, upper)


def _number(row: Solution, name: str) -> Decimal | None:
    """Return a number of a solution, or None."""
    term = row.get(name)
    value = None if term is None else python_value(term)
    return Decimal(value) if isinstance(value, Decimal | int) else None
