"""Derive who bridges, and what is lost without them, from the ties of people, posts and bodies."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pyoxigraph as ox

from kmgraph.derivation.rules import PUBLISHED
from kmgraph.network import StakeholderNetwork
from kmgraph.network.statements import network_statements
from kmgraph.stores.base import QuadStore

#: Name of this step among the rules, in the times that a build shows.
RULE: Final = "stakeholder-network"


def derive_network(
    store: QuadStore,
    add: Callable[[tuple[str, ...], ox.Store], object],
    on_rule: Callable[[str, float], object],
    *,
    people: bool,
) -> None:
    """Derive from the network of a store or view, as one network however many datasets it shows.

    :param add: is given the names of the datasets that it was made from, and a store in which
        everything is published.
    :param on_rule: is told the seconds.
    :param people: whether measures may be of people.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> derive_network(MemoryStore(), print, lambda rule, seconds: None, people=False)
    """
    began = time.perf_counter()
    network = StakeholderNetwork.read(store, people=people, described=False)
    work = ox.Store()
    work.bulk_extend(
        ox.Quad(triple.subject, triple.predicate, triple.object, PUBLISHED)
        for triple in network_statements(network, store.base)
    )
    on_rule(RULE, time.perf_counter() - began)
    if len(work):
        add(network.datasets, work)
