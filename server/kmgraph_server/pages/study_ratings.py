"""What the page of a study says of the ratings of its cases."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import rooted
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.queries import Solution, select, text_of
from kmgraph_server.pages.shown import Shown, link, show

_CASE: Final = ox.NamedNode(expand("km:ImplementationCase"))
_OF_STUDY: Final = ox.NamedNode(expand("km:ofStudy"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_RATED: Final = expand("km:Rated")
_COMPUTED: Final = expand("km:Computed")
_DEFAULT: Final = ox.DefaultGraph()

COLUMNS: Final = ("Rating", "What was found", "Framework", "Recorded for")


def rating_rows(
    store: QuadStore, study: str, names: Names, limit: int
) -> tuple[tuple[Shown, ...], ...]:
    """Return the ratings of the cases of a study, each with what was found and by which framework.

    :param study: IRI of the study.
    :param limit: most ratings to return.
    """
    found: dict[str, Solution] = {}
    for row in select(store, "study-ratings", study=study):
        # A rating of several constructs, or with several values, has several rows.
        found.setdefault(text_of(row, "rating"), row)
    return tuple(
        (
            link(iri, names),
            Shown(_found(row, names)),
            link(text_of(row, "scheme"), names) if row["scheme"] else Shown(""),
            link(text_of(row, "about"), names),
        )
        for iri, row in list(found.items())[:limit]
    )


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
