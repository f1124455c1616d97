"""The vocabulary of the data as their VoID description counts it: classes and their properties.

Source: https://www.w3.org/TR/void/#class-property-partitions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kmgraph.metadata.counting import Counts

_SILENT = ("", "")


def vocabulary(counts: Counts, labels: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the classes that have records, with the properties of these, most used first.

    :param counts: what was counted of the data.
    :param labels: label and definition by IRI.

    >>> from kmgraph.metadata.counting import count
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> vocabulary(count(MemoryStore(), None), {})
    []
    """
    properties: dict[str, list[dict[str, Any]]] = {}
    for row in counts.rows("class-properties"):
        iri = row["property"].value
        properties.setdefault(row["class"].value, []).append(
            {
                "iri": iri,
                "label": labels.get(iri, _SILENT)[0],
                "triples": int(row["triples"].value),
            }
        )
    found = []
    for row in counts.rows("classes"):
        iri = row["class"].value
        label, definition = labels.get(iri, _SILENT)
        used = sorted(properties.get(iri, ()), key=lambda one: (-one["triples"], one["iri"]))
        found.append(
            {
                "iri": iri,
                "label": label,
                "definition": definition,
                "records": int(row["entities"].value),
                "properties": used,
            }
        )
    return sorted(found, key=lambda one: str(one["iri"]))
