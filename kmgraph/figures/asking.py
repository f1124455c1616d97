"""What pictures ask a store: their queries, and what a name stands for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.entity import Entity
from kmgraph.errors import RecordNotFoundError
from kmgraph.figures import style
from kmgraph.namespaces import expand
from kmgraph.readings.facts import Solution, text_of
from kmgraph.records import SEGMENTS
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

#: Ids that are named where another was asked for in vain.
_SOME: Final = 5


def iri_of(store: QuadStore, kind: str, name: str) -> str:
    """Return the IRI of what an id, a path below the base or an IRI stands for.

    :raises RecordNotFoundError: nothing is known of it; the message names some that there are.
    """
    iri = name
    if "://" not in name and not name.startswith("urn:"):
        iri = f"{store.base}{kind}/{name.removeprefix(f'{kind}/')}"
    try:
        is_known = bool(Entity(store, iri))
    except ValueError:
        is_known = False
    if not is_known:
        raise RecordNotFoundError(
            f"there is no {kind} '{style.clean(name)}': {_there(store, kind)}"
        )
    return iri


def _there(store: QuadStore, kind: str) -> str:
    """Return how many records of a kind there are, and the ids of the first ones."""
    class_iri = expand(SEGMENTS[kind].class_name)
    rows = solutions(store, "records", folder="support", **{"class": class_iri})
    prefix = f"{store.base}{kind}/"
    ids = list(dict.fromkeys(text_of(row, "record").removeprefix(prefix) for row in rows))
    if not ids:
        return "the store has none"
    verb = "is" if len(ids) == 1 else "are"
    some = ", ".join(ids[:_SOME])
    return f"there {verb} {len(ids)}, the first being {some}"


def solutions(
    store: QuadStore, name: str, *, folder: str = "figures", **iris: str
) -> Iterator[Solution]:
    """Yield the solutions of one of the queries in ``queries/figures``, or in another folder."""
    text = artefacts.read_text("queries", f"{folder}/{name}.rq")
    found = store.query(text, bindings={key: ox.NamedNode(iri) for key, iri in iris.items()})
    if isinstance(found, Solutions):
        for row in found:
            yield dict(zip(found.variables, row, strict=True))
