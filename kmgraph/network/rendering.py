"""A network and its measures as tables, JSON, CSV and GraphML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from kmgraph.network.model import BridgeLoss
from kmgraph.network.network import StakeholderNetwork

Row = dict[str, Any]


def measure_rows(network: StakeholderNetwork) -> list[Row]:
    """Return the position of each record as a row.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> measure_rows(StakeholderNetwork.read(MemoryStore()))
    []
    """
    return [
        {
            "iri": position.node.iri,
            "kind": position.node.kind,
            "name": position.node.label,
            "status": position.node.status,
            "betweenness": str(position.betweenness),
            "ties": position.ties,
            "articulation_point": _yes(position.is_articulation_point),
            "part_size": position.part_size,
            "basis": position.basis,
        }
        for position in network.positions()
    ]


def bridge_rows(network: StakeholderNetwork) -> list[Row]:
    """Return each bridge as a row.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> bridge_rows(StakeholderNetwork.read(MemoryStore()))
    []
    """
    return [
        {
            "first": bridge.tie.first,
            "first_name": network.node(bridge.tie.first).label,
            "second": bridge.tie.second,
            "second_name": network.node(bridge.tie.second).label,
            "kinds": " ".join(bridge.tie.kinds),
            "basis": _basis(bridge.tie.basis),
            "smaller_side": bridge.smaller_side,
            "passages": " ".join(bridge.tie.passages),
        }
        for bridge in network.bridges()
    ]


def overlap_rows(network: StakeholderNetwork) -> list[Row]:
    """Return each pair of communities with shared members as a row.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> overlap_rows(StakeholderNetwork.read(MemoryStore()))
    []
    """
    return [
        {
            "first": overlap.first,
            "first_name": network.node(overlap.first).label,
            "second": overlap.second,
            "second_name": network.node(overlap.second).label,
            "shared": overlap.shared,
            "jaccard": str(overlap.jaccard),
        }
        for overlap in network.communities_overlap()
    ]


def loss_rows(found: BridgeLoss) -> list[Row]:
    """Return each record that loses its bridge as a row.

    >>> from kmgraph.network import NetworkNode
    >>> loss_rows(BridgeLoss(NetworkNode("urn:a", "post"), (), ()))
    []
    """
    return [
        {
            "iri": loss.node.iri,
            "kind": loss.node.kind,
            "name": loss.node.label,
            "reach_before": loss.reach_before,
            "reach_after": loss.reach_after,
        }
        for loss in found.losses
    ]


def loss_text(found: BridgeLoss) -> str:
    """Return in a sentence what happens where a record goes.

    >>> from kmgraph.network import NetworkNode
    >>> loss_text(BridgeLoss(NetworkNode("urn:a", "post", "A", "vacant"), (), ()))
    'A is vacant already and ties nothing.'
    """
    name, number = found.gone.label, len(found.losses)
    if found.gone.is_vacant:
        return f"{name} is vacant already and ties nothing."
    if not found.parts:
        return f"{name} is tied to nothing, so nothing loses a bridge without it."
    if len(found.parts) == 1:
        return f"Without {name}, nothing is cut off: {found.parts[0]} records stay connected."
    if not found.losses:
        are = "record is" if found.cut_off == 1 else "records are"
        return (
            f"Without {name}, {found.cut_off} {are} cut off, but no study, community or "
            "organisation."
        )
    sizes = ", ".join(map(str, found.parts))
    records = "record loses its bridge" if number == 1 else "records lose their bridge"
    return f"Without {name}, its part falls into {len(found.parts)} ({sizes}): {number} {records}."


def to_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return some columns of rows as a table for a terminal.

    >>> print(to_table([{"name": "A", "ties": 12}], ["name", "ties"]))
    name  ties
    A       12
    """
    cells = [[str(row[column]) for column in columns] for row in rows]
    heads = [column.replace("_", " ") for column in columns]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    numbers = [bool(rows) and _is_number(rows[0][column]) for column in columns]
    lines = [
        "  ".join(
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(line, widths, numbers, strict=True)
        ).rstrip()
        for line in (heads, *cells)
    ]
    return "\n".join(lines)


def to_csv(rows: Sequence[Row], columns: Sequence[str]) -> str:
    r"""Return rows as CSV with a header line.

    >>> to_csv([{"name": "A", "ties": 2}], ["name", "ties"])
    'name,ties\nA,2\n'
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def to_json(network: StakeholderNetwork, found: dict[str, list[Row]] | None = None) -> str:
    """Return records, ties and their grounds as JSON.

    :param found: rows of measures that go with them, by what they answer.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> json.loads(to_json(StakeholderNetwork.read(MemoryStore())))
    {'nodes': [], 'ties': []}
    """
    nodes = [
        {"iri": node.iri, "kind": node.kind, "name": node.label, "status": node.status or None}
        for node in network.nodes
    ]
    ties = [
        {
            "first": tie.first,
            "second": tie.second,
            "grounds": [
                {
                    "kind": ground.kind,
                    "basis": _basis(ground.basis),
                    "records": list(ground.records),
                }
                for ground in tie.grounds
            ],
            "basis": _basis(tie.basis),
            "passages": list(tie.passages),
        }
        for tie in network.ties
    ]
    whole = {"nodes": nodes, "ties": ties, **(found or {})}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def to_graphml(network: StakeholderNetwork) -> str:
    """Return the network as GraphML, for programs that draw or measure graphs.

    Source: http://graphml.graphdrawing.org/specification.html

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> to_graphml(StakeholderNetwork.read(MemoryStore())).count("<node")
    0
    """
    root = ET.Element("graphml", xmlns="http://graphml.graphdrawing.org/xmlns")
    for target, names in (
        ("node", ("kind", "name", "status")),
        ("edge", ("kinds", "basis", "records")),
    ):
        for name in names:
            key = {"id": f"{target}-{name}", "for": target, "attr.name": name}
            ET.SubElement(root, "key", key | {"attr.type": "string"})
    graph = ET.SubElement(root, "graph", id="network", edgedefault="undirected")
    for node in network.nodes:
        element = ET.SubElement(graph, "node", id=node.iri)
        facts = {"kind": node.kind, "name": node.label, "status": node.status}
        _add_data(element, "node", facts.items())
    for tie in network.ties:
        element = ET.SubElement(graph, "edge", source=tie.first, target=tie.second)
        facts = {
            "kinds": " ".join(tie.kinds),
            "basis": _basis(tie.basis),
            "records": " ".join(tie.records),
        }
        _add_data(element, "edge", facts.items())
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _add_data(element: ET.Element, target: str, facts: Iterable[tuple[str, str]]) -> None:
    """Add the facts that are not empty to an element of GraphML."""
    for name, value in facts:
        if value:
            ET.SubElement(element, "data", key=f"{target}-{name}").text = value


def _is_number(value: Any) -> bool:
    """Return whether a cell stands at the right of its column."""
    return isinstance(value, int) or str(value).replace(".", "", 1).isdigit()


def _basis(code: str) -> str:
    """Return how a tie is supported, in words."""
    return "derived by position" if code == "by_position" else code or "not reported"


def _yes(value: bool) -> str:
    """Return a yes or a no."""
    return "yes" if value else "no"
