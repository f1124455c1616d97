"""Load RDF as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import InputError, RdfParseError
from kmgraph.formats import format_by_extension, to_rdf_format
from kmgraph.namespaces import RESERVED_GRAPHS, graph_iri
from kmgraph.pipeline.options import BuildSummary, Clock
from kmgraph.pipeline.publication import graph_facts, put_vocabulary, staging, validate_prepared
from kmgraph.pipeline.skolem import skolemised_lines
from kmgraph.progress import Progress, silent
from kmgraph.stores.generations import GenerationStore

_GRAPH_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def load_rdf(
    path: str | Path,
    graph: str,
    store: str | Path | GenerationStore,
    *,
    visibility: str = "public",
    merge_graphs: bool = False,
    progress: Progress = silent,
) -> BuildSummary:
    """Load an RDF file as it is into a graph of the store, replacing that graph.

    Blank nodes become IRIs that depend on the content only.

    :param path: a file in Turtle, N-Triples, N-Quads, TriG, JSON-LD or RDF/XML.
    :param graph: name of the graph.
    :param merge_graphs: put the triples of all graphs of the file into this one.
    :raises RdfParseError: the file is not well-formed.
    :raises InputError: the name is reserved, or the file names graphs of its own.
    :raises NonConformanceError: the shapes are violated; nothing was published.
    """
    source = Path(path)
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    if graph in RESERVED_GRAPHS:
        raise InputError(f"the store fills the graph '{graph}' itself: choose another name")
    if not _GRAPH_NAME.fullmatch(graph):
        raise InputError(f"'{graph}' cannot be a graph's name: letters, digits and . _ - may")
    if graph_facts(target).get(graph, {}).get("kind") == "dataset":
        raise InputError(
            f"the graph '{graph}' is that of a dataset, which is built from a bundle: "
            "choose another name"
        )
    clock = Clock()
    iri = graph_iri(target.base, graph)
    with (
        target.begin(reason=f"load {source.name} into {graph}", progress=progress) as writer,
        staging(target) as directory,
    ):
        quads = directory / "loaded.nq"
        with clock.phase("read"), quads.open("w", encoding="utf-8") as file:
            triples = _read_rdf(source, iri, merge_graphs)
            file.writelines(skolemised_lines(triples, target.base, iri))
        with clock.phase("load"):
            info = {"title": source.name}
            writer.replace_graph(graph, quads, visibility=visibility, kind="loaded", info=info)
            put_vocabulary(target, writer, directory)
            writer.prepare()
        with clock.phase("validate"):
            report = validate_prepared(target, writer, (), directory, progress)
        with clock.phase("publish"):
            generation = writer.publish(counts={})
    return BuildSummary(generation, report=report, seconds=clock.seconds)


def _read_rdf(path: Path, graph: str, merge_graphs: bool) -> Iterator[ox.Triple]:
    """Yield the triples of a file that belong to one graph."""
    fmt = format_by_extension(path)
    wanted = (ox.DefaultGraph(), ox.NamedNode(graph))
    try:
        for quad in ox.parse(path=str(path), format=to_rdf_format(fmt)):
            if not merge_graphs and quad.graph_name not in wanted:
                raise InputError(
                    f"{path.name} names the graph {quad.graph_name}: split the file, or "
                    "put all its graphs into this one with --merge-graphs"
                )
            if _is_rdf_1_2(quad):
                raise InputError(
                    f"{path.name} holds what only RDF 1.2 has, such as {quad.triple}: "
                    "stores take RDF 1.1"
                )
            yield quad.triple
    except SyntaxError as error:
        raise RdfParseError(
            error.msg, source=path.name, line=error.lineno, column=error.offset
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}") from error


def _is_rdf_1_2(quad: ox.Quad) -> bool:
    """Return whether a statement has a triple as a term, or a text with a direction."""
    term = quad.object
    directed = isinstance(term, ox.Literal) and getattr(term, "direction", None) is not None
    return directed or isinstance(term, ox.Triple) or isinstance(quad.subject, ox.Triple)
