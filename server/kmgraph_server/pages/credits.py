"""Whose data a page shows: what the foot of each page says of title, publisher and licence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from kmgraph.dataset import DatasetCard
from kmgraph_server.signposting import datasets_of

if TYPE_CHECKING:
    from kmgraph_server.snapshots import Snapshot

#: Names of graphs that are written out; of more, the number is told.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Credits:
    """Whose data are shown.

    :ivar cards: the datasets that the data are of.
    :ivar others: graphs that the data are of and that no record describes, in words; empty where
        there are none.
    """

    cards: Sequence[DatasetCard] = ()
    others: str = ""


def credits_of(served: Snapshot | None, iri: str | None = None) -> Credits:
    """Return whose data a page shows.

    :param served: the view that is shown; None where there is none.
    :param iri: IRI of the thing that the page is about; None where it is about none. What no
        graph of data says anything of, such as a term, is of all.

    >>> credits_of(None).others
    ''
    """
    if served is None:
        return Credits()
    cards, graphs = served.cards, dict(served.undescribed)
    if iri:
        store = served.dataset.store
        try:
            node = ox.NamedNode(iri)
        except ValueError:
            return Credits(cards, _in_words(list(graphs)))
        own = set(datasets_of(store, iri))
        held = [
            name
            for name, graph in graphs.items()
            if next(store.quads(node, None, None, ox.NamedNode(graph)), None) is not None
        ]
        if own or held:
            return Credits([card for card in cards if card.iri in own], _in_words(held))
    return Credits(cards, _in_words(list(graphs)))


def _in_words(names: Sequence[str]) -> str:
    """Return which graphs there are, in words."""
    if len(names) > _NAMED:
        return f"{len(names):,} graphs"
    start = "graph" if len(names) == 1 else "graphs"
    return f"{start} {', '.join(names)}" if names else ""
