"""The files of a snapshot, as rows of metadata, and what a snapshot is as a dataset of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from kmgraph.metadata.rows import Row, Rows, literals, moment, summed
from kmgraph.namespaces import DCTERMS, graph_iri
from kmgraph.snapshots import Snapshot, cited
from kmgraph.terms import Term

_MADE: Final = ("made/snapshot.rq", "made/snapshot-parts.rq", "made/files.rq")
_LICENCE: Final = ox.NamedNode(f"{DCTERMS}license")


def file_rows(
    snapshot: Snapshot, files_at: str, datasets: Mapping[str | None, Term]
) -> Iterator[Row]:
    """Yield a row for each file of a snapshot that is a form of a dataset.

    :param files_at: where the files are on the web, ending in a slash; empty where that is the
        snapshot's own IRI.
    :param datasets: IRI of a graph to the dataset that it holds; None to that of everything.
    """
    start = files_at or f"{snapshot.iri}/"
    for file in snapshot.files:
        of = datasets.get(file.graph)
        if of is None:
            continue
        yield {
            "of": of,
            "address": ox.NamedNode(start + quote(file.name)),
            "size_bytes": ox.Literal(file.size_bytes),
            **literals(
                {
                    "name": file.name,
                    "holds": file.holds,
                    "media_type": file.media_type,
                    "sha256": file.sha256,
                    "compression": file.compression or "none",
                }
            ),
        }


def snapshot_of(
    snapshot: Snapshot, *, files_at: str = "", page: str = "", previous: str = ""
) -> list[ox.Triple]:
    """Return what a snapshot is, in DCAT 3: a dataset that never changes, its parts and its files.

    Licence and publisher are those that the snapshot was written with. They are given for each
    part, and for the whole where all parts have the same ones.

    :param files_at: where the files are on the web, ending in a slash; empty where that is the
        snapshot's own IRI.
    :param page: address of the page about it; empty where there is none.
    :param previous: IRI of the snapshot before; empty where there is none.

    Source: https://www.w3.org/TR/vocab-dcat-3/#dataset-versions
    """
    told = cited(snapshot)
    whole = ox.NamedNode(snapshot.iri)
    parts: dict[str | None, Term] = {None: whole}
    rows = Rows()
    for file in snapshot.files:
        if file.graph is None:
            continue
        name = file.graph.removeprefix(graph_iri(snapshot.base, ""))
        # A dataset and its graph have the same name.
        one = told.parts.get(f"{snapshot.base}dataset/{name}")
        part = parts[file.graph] = ox.NamedNode(f"{snapshot.iri}#part-{quote(name, safe='')}")
        rows.add(
            "part",
            {
                "part": part,
                "name": ox.Literal(quote(name, safe="")),
                "of": ox.NamedNode(one.iri if one else file.graph),
                "title": ox.Literal(one.title if one else f"Graph {name}"),
                "publisher": ox.Literal(one.publisher) if one and one.publisher else None,
            },
        )
        if one and one.licence:
            licence = {"dataset": part, "property": _LICENCE, "value": ox.NamedNode(one.licence)}
            rows.add("datasets", licence)
    version = str(snapshot.generation)
    if snapshot.revision > 1:
        version += f", revision {snapshot.revision}"
    rows.add(
        "publication",
        {
            "catalogue": whole,
            "data": whole,
            "source": ox.NamedNode(f"{snapshot.base}catalog#data"),
            "licence": ox.NamedNode(told.licence) if told.licence else None,
            "publisher": ox.Literal("; ".join(told.publishers)) if told.publishers else None,
            "previous": ox.NamedNode(previous) if previous else None,
            "page": ox.NamedNode(page) if page else None,
            "modified": moment(snapshot.created),
            "statements": ox.Literal(snapshot.statements),
            **literals(
                {
                    "identifier": snapshot.iri,
                    "version": version,
                    "view": snapshot.view,
                    "digest": snapshot.digest,
                    "citation": snapshot.citation,
                }
            ),
        },
    )
    for row in file_rows(snapshot, files_at, parts):
        rows.add("file", row)
    return summed(rows.make(_MADE), ("summed/kinds.rq",))
