"""What can be erased, and what has to be said for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import InputError
from kmgraph.namespaces import PREFIXES, RDF, RESERVED_GRAPHS, graph_iri, record_iri
from kmgraph.pipeline.sweeping import Sweep
from kmgraph.stores.tombstones import Tombstones

#: Texts to erase have to be at least so long: shorter ones stand in too much.
_SHORTEST_TEXT: Final = 3


def check_texts(texts: Sequence[str]) -> None:
    """Raise for texts that stand in too much.

    :raises InputError: one of them is too short.

    >>> check_texts(["Jane Doe"])
    """
    for text in texts:
        if len(text.strip()) < _SHORTEST_TEXT:
            raise InputError(f"'{text}' is too short to be erased wherever it stands")


def check_reason(reason: str | None, erased: Sequence[str]) -> None:
    """Raise for a reason that would keep in the log what is erased.

    :raises InputError: it does.

    >>> check_reason("asked for", ["Jane Doe"])
    """
    if reason and any(text in reason for text in erased):
        raise InputError("the reason names what is to be erased: give one without personal data")


def targets_of(base: str, iri: str) -> list[str]:
    """Return the IRIs that are erased: a dataset goes with its graph.

    :raises InputError: the IRI is none, belongs to a vocabulary, or names what the store fills.

    >>> targets_of("https://x.org/", "https://x.org/dataset/a")
    ['https://x.org/dataset/a', 'https://x.org/graph/a']
    """
    try:
        ox.NamedNode(iri)
    except ValueError as error:
        raise InputError(f"'{iri}' is no absolute IRI: give the whole IRI of a record") from error
    alone = Tombstones().with_erased([iri], ())
    if base.startswith(iri) or alone.is_gone(f"{base}x"):
        raise InputError(f"<{iri}> stands for all records: give the IRI of one")
    is_term = iri.startswith(tuple(PREFIXES.values())) and not iri.startswith(base)
    if is_term or any(alone.is_gone(f"{namespace}x") for namespace in PREFIXES.values()):
        raise InputError(f"<{iri}> belongs to a vocabulary, which is no record")
    for start, other in (("graph", "dataset"), ("dataset", "graph")):
        prefix = f"{base}{start}/"
        name = iri.removeprefix(prefix)
        if iri.startswith(prefix) and name and "/" not in name:
            if name in RESERVED_GRAPHS:
                raise InputError(f"the store fills the graph '{name}' itself: it cannot be erased")
            partner = record_iri(base, other, name) if other == "dataset" else graph_iri(base, name)
            return [iri, partner]
    return [iri]


def refuse_term(sweep: Sweep, node: ox.NamedNode) -> None:
    """Raise for a property or a class, without which other records cannot be written.

    A record of the store itself is none, whatever others say with its IRI.

    :param sweep: the sweep of one generation.
    :raises InputError: it is one.
    """
    if node.value.startswith(sweep.store.base):
        return
    described = {g.iri for g in sweep.generation.graphs if g.kind == "vocabulary"}
    for quad in sweep.store.quads(node):
        if getattr(quad.graph_name, "value", "") in described:
            raise InputError(f"<{node.value}> belongs to the vocabulary, which is no record")
    uses = (
        sweep.store.quads(None, node),
        sweep.store.quads(None, ox.NamedNode(f"{RDF}type"), node),
    )
    if any(next(use, None) for use in uses):
        raise InputError(
            f"<{node.value}> is used as a property or a class in generation "
            f"{sweep.generation.id}, and records could not be written without it: delete these "
            "statements first if it is a record"
        )


def require_texts(stones: Tombstones, iris: Sequence[str], texts: Sequence[str]) -> None:
    """Raise where an interrupted erasure would count as finished without its texts.

    :param iris: what is erased now; none where all that was interrupted is finished.
    :raises InputError: fewer texts are given than it had.

    >>> require_texts(Tombstones(), (), [])
    """
    asked = {stone.digest for iri in iris if (stone := stones.find(iri))}
    due = {s.digest: s.texts for s in stones.unfinished if s.texts}
    if iris and due.keys() - asked:
        raise InputError(
            "an interrupted erasure of something else had texts: finish it first with "
            "'kmgraph purge --finish --text TEXT'"
        )
    if len(texts) < sum(due.values()):
        raise InputError(
            f"the interrupted erasure had {sum(due.values())} text(s): give them again"
        )
