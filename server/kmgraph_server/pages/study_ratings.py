"""What the page of a study says of the ratings of its cases."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import rooted
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.queries import Solution, text_of
from kmgraph_server.pages.shown import Shown, link, show

_CASE: Final = ox.NamedNode(expand("km:ImplementationCase"))
_OF_STUDY: Final = ox.NamedNode(expand("km:ofStudy"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_RATED: Final = expand("km:Rated")
_COMPUTED: Final = expand("km:Computed")
_DEFAULT: Final = ox.DefaultGraph()
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_ASSESSMENT: Final = ox.NamedNode(expand("km:Assessment"))
_OF_PROGRAMME: Final = ox.NamedNode(expand("km:partOfProgramme"))
_IN_SCHEME: Final = ox.NamedNode(expand("skos:inScheme"))
#: What is read of a rating.
_PROPERTIES: Final = {
    name: ox.NamedNode(expand(prop))
    for name, prop in (
        ("construct", "km:construct"),
        ("status", "km:ratingStatus"),
        ("score", "km:score"),
        ("position", "km:approachPosition"),
        ("band", "km:band"),
        ("bandKind", "km:bandKind"),
        ("appropriateness", "km:appropriateness"),
        ("date", "dcterms:date"),
    )
}
_ORDER: Final = ("about", "construct", "date", "rating")
#: Most records about one case or programme that are looked at.
_MOST_READ: Final = 1000

COLUMNS: Final = ("Rating", "What was found", "Framework", "Recorded for")


def rating_rows(
    store: QuadStore, study: str, names: Names, limit: int
) -> tuple[tuple[Shown, ...], ...]:
    """Return the ratings of the cases of a study, each with what was found and by which framework.

    :param study: IRI of the study.
    :param limit: most ratings to return.
    """
    node = ox.NamedNode(study)
    abouts = [*_subjects(store, _OF_STUDY, node), *_objects(store, node, _OF_PROGRAMME)]
    rows = [row for about in abouts for row in _ratings(store, about)]
    rows.sort(key=lambda row: tuple(text_of(row, name) for name in _ORDER))
    return tuple(
        (
            link(text_of(row, "rating"), names),
            Shown(_found(row, names)),
            link(text_of(row, "scheme"), names) if row["scheme"] else Shown(""),
            link(text_of(row, "about"), names),
        )
        for row in rows[:limit]
    )


def _ratings(store: QuadStore, about: ox.NamedNode) -> Iterator[Solution]:
    """Yield the ratings of a case or a programme.

    Each is looked up by itself: a join over all ratings takes seconds where there are many.
    """
    for rating in islice(_subjects(store, _ABOUT, about), _MOST_READ):
        if next(store.quads(rating, _TYPE, _ASSESSMENT, _DEFAULT), None) is None:
            continue
        row: Solution = {"rating": rating, "about": about, "scheme": None}
        for name, prop in _PROPERTIES.items():
            values = [quad.object for quad in store.quads(rating, prop, None, _DEFAULT)]
            row[name] = min(values, key=str, default=None)
        if isinstance(construct := row["construct"], ox.NamedNode):
            row["scheme"] = min(_objects(store, construct, _IN_SCHEME), key=str, default=None)
        yield row


def _subjects(store: QuadStore, prop: ox.NamedNode, value: ox.NamedNode) -> list[ox.NamedNode]:
    """Return what points to a thing by a property, sorted."""
    quads = store.quads(None, prop, value, _DEFAULT)
    return sorted({q.subject for q in quads if isinstance(q.subject, ox.NamedNode)}, key=str)


def _objects(store: QuadStore, node: ox.NamedNode, prop: ox.NamedNode) -> list[ox.NamedNode]:
    """Return what a thing points to by a property."""
    quads = store.quads(node, prop, None, _DEFAULT)
    return [quad.object for quad in quads if isinstance(quad.object, ox.NamedNode)]


def profiles(store: QuadStore, study: str, names: Names, limit: int) -> tuple[Shown, ...]:
    """Return links to the profiles of the cases of a study.

    :param study: IRI of the study.
    :param limit: most links to return.
    """
    pointing = store.quads(None, _OF_STUDY, ox.NamedNode(study), _DEFAULT)
    cases = {quad.subject for quad in pointing if isinstance(quad.subject, ox.NamedNode)}
    iris = sorted(
        case.value for case in cases if next(store.quads(case, _TYPE, _CASE, _DEFAULT), None)
    )
    return tuple(
        Shown(names.name(iri), rooted(f"/profile?{urlencode({'case': iri})}"))
        for iri in iris[:limit]
    )


def _found(row: Solution, names: Names) -> str:
    """Return score, band, position and appropriateness in words, or why there is none."""
    status = text_of(row, "status")
    if status and status != _RATED:
        return names.name(status)
    score, band = show(row["score"], names).text, text_of(row, "band")
    parts = []
    if score:
        parts.append(f"{score} {names.name(band)}" if band else score)
    elif band:
        judged = "" if text_of(row, "bandKind") == _COMPUTED else "judged "
        parts.append(f"{judged}{names.name(band)}")
    if row["position"]:
        parts.append(f"{show(row['position'], names).text} from task to enabling")
    if row["appropriateness"]:
        parts.append(names.name(text_of(row, "appropriateness")))
    return ", ".join(parts) or "rated, without a value"
