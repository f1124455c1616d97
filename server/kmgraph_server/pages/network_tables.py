"""The tables and the graph of the network."""

from __future__ import annotations

from itertools import islice
from typing import Any

from kmgraph_server.addresses import rooted
from kmgraph_server.pages.network_page import HEIGHT, TIES, WIDTH, Choice, ShownNetwork, record_href
from kmgraph_server.state import snapshot

#: Said where a record has no measures: not all of the network was read, or it is a person.
NOT_MEASURED = "not measured"


def node_rows(shown: ShownNetwork) -> list[dict[str, Any]]:
    """Return the records with their measures, the one that most ways lead over first."""
    network, picture = shown.whole.network, shown.picture
    measured = {one.node.iri: one for one in shown.whole.positions}
    order = {iri: number for number, iri in enumerate(measured)}
    nodes = network.nodes if shown.middle is None else picture.nodes
    rows = []
    for node in sorted(nodes, key=lambda one: (order.get(one.iri, len(order)), one.iri)):
        found = measured.get(node.iri)
        rows.append(
            {
                "name": node.label,
                "kind": node.kind,
                "status": node.status,
                "ties": picture.degrees.get(node.iri, 0) if network.is_shown(node) else "",
                "betweenness": str(found.betweenness) if found else NOT_MEASURED,
                "falls apart without it": _yes(found.is_articulation_point) if found else "",
                "basis": found.basis if found else "",
                "iri": node.iri,
            }
        )
    return rows


def tie_rows(shown: ShownNetwork, limit: int | None = None) -> list[dict[str, Any]]:
    """Return the ties, with what supports them.

    :param limit: most rows to return.
    """
    picture = shown.picture
    is_around = shown.middle is not None
    ties = picture.ties if is_around else shown.whole.network.ties
    by_iri = {node.iri: node for node in shown.whole.network.nodes}
    return [
        {
            "first": by_iri[tie.first].label,
            "second": by_iri[tie.second].label,
            "kinds of tie": ", ".join(TIES.get(kind, kind) for kind in tie.kinds),
            "how it is known": tie.basis.replace("_", " ") or "not reported",
            "first iri": tie.first,
            "second iri": tie.second,
            "passages": " ".join(tie.passages),
        }
        for tie in islice(ties, limit)
    ]


def as_graph(shown: ShownNetwork, choice: Choice) -> dict[str, Any]:
    """Return what is drawn, as the script of the page reads it."""
    picture, names = shown.picture, snapshot().names
    named = picture.named()
    return {
        "title": picture.title,
        "said": list(picture.notes),
        "middle": picture.middle or None,
        "nodes": [
            {
                "iri": node.iri,
                "name": node.label,
                "kind": node.kind,
                "status": node.status or None,
                "ties": picture.degrees.get(node.iri, 0),
                "x": round(50 + picture.places[node.iri][0] * (WIDTH - 100), 1),
                "y": round(40 + picture.places[node.iri][1] * (HEIGHT - 90), 1),
                "is_named": node.iri in named,
                "page": names.link(node.iri) or rooted("/"),
                "around": record_href(node.iri, choice),
            }
            for node in picture.nodes
        ],
        "ties": [
            {
                "first": tie.first,
                "second": tie.second,
                "kinds": [TIES.get(kind, kind) for kind in tie.kinds],
                "basis": tie.basis.replace("_", " ") or "not reported",
                "records": list(tie.records),
                "passages": list(tie.passages),
            }
            for tie in picture.ties
        ],
    }


def _yes(value: bool) -> str:
    """Return a yes or a no."""
    return "yes" if value else "no"
