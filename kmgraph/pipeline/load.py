"""Load RDF as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import InputError, PublicationError, RdfParseError
from kmgraph.formats import format_by_extension, to_rdf_format
from kmgraph.namespaces import KM, RDF, TAKEN_NAMES, expand, graph_iri
from kmgraph.pipeline.erased_rows import refuse_erased
from kmgraph.pipeline.following import RULES, follow, following_digest
from kmgraph.pipeline.options import BuildSummary, Clock
from kmgraph.pipeline.publication import (
    graph_facts,
    put_vocabulary,
    refuse_edited_graph,
    refuse_pooling_loaded,
    staging,
)
from kmgraph.pipeline.skolem import skolemised_lines
from kmgraph.pipeline.telling import tell_feeds
from kmgraph.pipeline.validating import validate_prepared
from kmgraph.progress import Progress, silent
from kmgraph.records import TABLES
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones

_GRAPH_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TYPE: Final = f"{RDF}type"
_SYNTHETIC: Final = f"{KM}synthetic"
_DATASET: Final = expand(TABLES["dataset"].class_name)
#: Classes of kmgraph's own whose members are records of some dataset.
_RECORD_CLASSES: Final = frozenset(
    iri for table in TABLES.values() if (iri := expand(table.class_name)).startswith(KM)
) - {_DATASET}


def load_rdf(
    path: str | Path,
    graph: str,
    store: str | Path | GenerationStore,
    *,
    visibility: str = "public",
    merge_graphs: bool = False,
    discard_edits: bool = False,
    progress: Progress = silent,
) -> BuildSummary:
    """Load an RDF file as it is into a graph of the store, replacing that graph.

    Blank nodes become IRIs that depend on the content only. A file whose datasets say
    ``km:synthetic true`` holds synthetic data; one with other datasets, or with records and no
    dataset, holds real data; any other file may stand beside both.

    :param path: a file in Turtle, N-Triples, N-Quads, TriG, JSON-LD or RDF/XML.
    :param graph: name of the graph.
    :param merge_graphs: put the triples of all graphs of the file into this one.
    :param discard_edits: load even where this loses what updates did to the graph.
    :raises RdfParseError: the file is not well-formed.
    :raises InputError: the name is reserved, or the file names graphs of its own.
    :raises GoneError: the file names what was erased from the store.
    :raises PublicationError: real and synthetic data would be pooled.
    :raises EditedGraphError: updates changed the graph, and what they did would be lost.
    :raises NonConformanceError: the shapes are violated; nothing was published.
    """
    source = Path(path)
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    if graph in TAKEN_NAMES:
        raise InputError(f"the store fills the graph '{graph}' itself: choose another name")
    if not _GRAPH_NAME.fullmatch(graph):
        raise InputError(f"'{graph}' cannot be a graph's name: letters, digits and . _ - may")
    if graph_facts(target).get(graph, {}).get("kind") == "dataset":
        raise InputError(
            f"the graph '{graph}' is that of a dataset, which is built from a bundle: "
            "choose another name"
        )
    if not discard_edits:
        refuse_edited_graph(target, graph)
    clock = Clock()
    iri = graph_iri(target.base, graph)
    with (
        target.begin(reason=f"load {source.name} into {graph}", progress=progress) as writer,
        staging(target) as directory,
    ):
        erased = Tombstones.of(target.path)
        quads = directory / "loaded.nq"
        with clock.phase("read"), quads.open("w", encoding="utf-8") as file:
            marks = _Marks(refuse_erased(_read_rdf(source, iri, merge_graphs), erased))
            file.writelines(skolemised_lines(marks, target.base, iri))
        synthetic = marks.synthetic(source.name)
        refuse_pooling_loaded(target, graph, synthetic)
        with clock.phase("load"):
            info = {"title": source.name, "synthetic": synthetic}
            writer.replace_graph(graph, quads, visibility=visibility, kind="loaded", info=info)
            put_vocabulary(target, writer, directory)
            writer.prepare()
        with clock.phase("derive"):
            followed = follow(target, writer, directory, progress)
        with clock.phase("validate"):
            report = validate_prepared(target, writer, (), directory, progress)
        with clock.phase("publish"):
            generation = writer.publish(counts={}, extra={RULES: following_digest()})
            tell_feeds(target, progress=progress)
    return BuildSummary(
        generation, report=report, seconds=clock.seconds, rule_seconds=followed.seconds
    )


class _Marks:
    """Passes triples on, and notes what they say of whether they were generated.

    :param triples: the triples of a file.
    """

    def __init__(self, triples: Iterator[ox.Triple]) -> None:
        self._triples = triples
        self._generated: set[ox.NamedNode | ox.BlankNode | ox.Triple] = set()
        self._observed: set[ox.NamedNode | ox.BlankNode | ox.Triple] = set()
        self._has_records = False

    def __iter__(self) -> Iterator[ox.Triple]:
        """Yield the triples."""
        for triple in self._triples:
            predicate, value = triple.predicate.value, getattr(triple.object, "value", "")
            if predicate == _SYNTHETIC:
                is_generated = value in ("true", "1")
                (self._generated if is_generated else self._observed).add(triple.subject)
            elif predicate == _TYPE and value == _DATASET:
                self._observed.add(triple.subject)
            elif predicate == _TYPE and value in _RECORD_CLASSES:
                self._has_records = True
            yield triple

    def synthetic(self, source: str) -> bool | None:
        """Return whether the data are synthetic, or None for what may stand beside both kinds.

        :raises PublicationError: the file holds both kinds.
        """
        if self._generated and self._observed - self._generated:
            raise PublicationError(
                f"{source} holds synthetic and real datasets, which are never pooled: split it"
            )
        if self._generated or self._observed or self._has_records:
            return bool(self._generated)
        return None


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
            if is_rdf_1_2(quad):
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


def is_rdf_1_2(quad: ox.Quad) -> bool:
    """Return whether a statement has a triple as a term, or a text with a direction."""
    term = quad.object
    directed = isinstance(term, ox.Literal) and getattr(term, "direction", None) is not None
    return directed or isinstance(term, ox.Triple) or isinstance(quad.subject, ox.Triple)
