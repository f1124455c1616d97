"""Read how many cases there are by evidence and context, from the cube."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pyoxigraph as ox

from kmgraph.cube import cube_table, parts
from kmgraph.entity import Entity
from kmgraph.figures.asking import iri_of, solutions
from kmgraph.figures.grid_counts import BANDS, CountedCell, CountedGrid, FitCount
from kmgraph.figures.grid_points import NOT_RATED
from kmgraph.namespaces import expand
from kmgraph.readings.frameworks import load_frameworks
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

_ABOUT = ox.NamedNode(expand("km:about"))


def read_counts(
    store: QuadStore, scheme: str = "parihs-2004", *, theme: str = ""
) -> CountedGrid | None:
    """Return the cases of a store counted by evidence and context; None where nothing is counted.

    The numbers stand in the cube of the view, so it is as quick for many cases as for few.

    :param scheme: short name of the framework.
    :param theme: IRI or id of a theme whose cases are counted; all where it is empty.
    :raises RecordNotFoundError: there is no such theme.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_counts(MemoryStore()) is None
    True
    """
    framework = load_frameworks()[scheme]
    held: dict[str, Term | None] = {"scheme": ox.NamedNode(framework.iri)}
    subject = ""
    if theme:
        iri = iri_of(store, "theme", theme)
        held["theme"], subject = ox.NamedNode(iri), f"theme {Entity(store, iri).label}"
    banded = _rows(store, "readings-by-band", held, "evidenceBand", "contextBand")
    fitting = _rows(store, "readings-by-quadrant", held, "quadrant", "fit")
    cells = tuple(
        CountedCell(
            _band(row["evidenceBand"]),
            _band(row["contextBand"]),
            int(row["unitCount"]),
            str(row["observation"]),
        )
        for row in banded
    )
    if not cells:
        return None
    fits = tuple(FitCount(row["quadrant"], row["fit"], int(row["unitCount"])) for row in fitting)
    return CountedGrid(
        framework.label,
        cells,
        fits,
        subject,
        framework.is_verified,
        is_synthetic=any(True for _ in solutions(store, "made-up")),
    )


def cases_counted(store: QuadStore, observation: str, limit: int) -> list[str]:
    """Return the IRIs of the first cases that a cell counts, in no order that means anything.

    :param observation: IRI of the observation that counts them.
    :param limit: most cases to return.
    """
    return list(islice(_cases(store, observation), limit))


def _cases(store: QuadStore, observation: str) -> Iterator[str]:
    """Yield the cases whose diagnoses an observation counts."""
    for unit in parts(store, observation):
        for quad in store.quads(unit, _ABOUT, None, ox.DefaultGraph()):
            if isinstance(quad.object, ox.NamedNode):
                yield quad.object.value


def _rows(
    store: QuadStore, grouping: str, held: dict[str, Term | None], *by: str
) -> list[dict[str, Any]]:
    """Return the observations of a grouping by two dimensions."""
    return cube_table(store, grouping, by={**held, **dict.fromkeys(by)}).to_dicts()


def _band(name: str) -> str:
    """Return a band as cells have it."""
    return name if name in BANDS else NOT_RATED
