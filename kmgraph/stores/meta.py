"""What is written down about a generation: its graphs, views, counts and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kmgraph.errors import StoreCorruptError


@dataclass(frozen=True, slots=True)
class GraphInfo:
    """A named graph of a generation.

    :ivar name: short name, such as that of a dataset.
    :ivar iri: the graph's IRI.
    :ivar visibility: ``public`` or the name of a group.
    :ivar triples: number of triples; a graph may be empty.
    :ivar kind: what fills it, such as ``dataset`` or ``derived``.
    :ivar info: what else its maker wrote down.
    :ivar digest: canonical hash of its triples.
    :ivar swept: when an erasure last took something from it, in ISO 8601; empty where none did.
    """

    name: str
    iri: str
    visibility: str = "public"
    triples: int = 0
    kind: str = "dataset"
    info: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    swept: str = ""


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state of a store.

    :ivar id: number; later generations have higher ones.
    :ivar created: when it was published, in ISO 8601 with the offset from UTC.
    :ivar parent: id of the generation it was made from, or None.
    :ivar reason: why it was made.
    :ivar graphs: its named graphs, by name.
    :ivar views: keys of its views; the last shows everything.
    :ivar counts: what was counted when it was published.
    :ivar digest: canonical hash of the named graphs of the view that shows everything.
    :ivar files: sidecar files, each with the graph it belongs to or None.
    :ivar extra: what else the publisher wrote down.
    :ivar derived: key of a view to the graphs that it alone has: what is derived of what it shows.
    :ivar unoptimised: key of a view to the number of statements that were written to it since it
        was last optimised.
    :ivar content_id: id of the generation that brought this content, where only the way in which
        it lies on the disk has changed since; 0 where it is this one.
    :ivar content_created: when that was published; empty where it is this one.
    """

    id: int
    created: str
    parent: int | None
    reason: str
    graphs: tuple[GraphInfo, ...]
    views: tuple[str, ...]
    counts: Mapping[str, Any]
    digest: str
    files: Mapping[str, str | None] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    derived: Mapping[str, tuple[GraphInfo, ...]] = field(default_factory=dict)
    unoptimised: Mapping[str, int] = field(default_factory=dict)
    content_id: int = 0
    content_created: str = ""

    @property
    def master(self) -> str:
        """Return the key of the view that shows everything."""
        return self.views[-1]

    @property
    def content_since(self) -> tuple[int, str]:
        """Return the id of the generation that brought this content, and when that was."""
        return self.content_id or self.id, self.content_created or self.created

    def to_json(self) -> bytes:
        """Return the content of ``meta.json``."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode() + b"\n"


def read_meta(path: Path) -> Generation:
    """Read the ``meta.json`` of a generation.

    :raises StoreCorruptError: the file is missing or not as kmgraph writes it.
    """
    try:
        fields = json.loads(path.read_bytes())
        fields["graphs"] = tuple(GraphInfo(**graph) for graph in fields["graphs"])
        fields["views"] = tuple(fields["views"])
        fields["derived"] = {
            key: tuple(GraphInfo(**graph) for graph in graphs)
            for key, graphs in fields.get("derived", {}).items()
        }
        return Generation(**fields)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreCorruptError(
            f"{path}: the description of this generation cannot be read ({error}): "
            "roll back to another one, or restore the store from a copy"
        ) from error
