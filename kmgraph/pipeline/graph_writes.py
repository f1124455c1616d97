"""Work out what a request changes in each graph, on what its writer sees.

Nothing here changes the store: an update is evaluated on a scratch copy, and a document that is
put or added is compared with the graph.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kmgraph.errors import GraphConflictError, GraphNotFoundError, InputError, RdfParseError
from kmgraph.formats import format_by_name, to_rdf_format
from kmgraph.pipeline.load import is_rdf_1_2
from kmgraph.stores.delta import TripleFile, write_triples
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.skolem import Skolemiser
from kmgraph.stores.writer import GenerationWriter
from kmgraph.updates import (
    Document,
    GraphChange,
    GraphRights,
    Operation,
    Using,
    WriteRequest,
    evaluate,
    quad_of,
)


@dataclass(frozen=True, slots=True)
class Written:
    """What becomes of one graph.

    :ivar info: the graph as it is to be written down.
    :ivar numbers: how many triples are added to it and deleted from it.
    :ivar added: the triples that are added.
    :ivar deleted: the triples that are deleted.
    :ivar is_created: whether the graph is new.
    :ivar is_removed: whether the graph goes with all that it holds.
    """

    info: GraphInfo
    numbers: tuple[int, int]
    added: TripleFile | None = None
    deleted: TripleFile | None = None
    is_created: bool = False
    is_removed: bool = False

    def hand_to(self, writer: GenerationWriter) -> None:
        """Ask for the change."""
        if self.is_removed:
            writer.remove_graph(self.info.name)
        else:
            writer.change_graph(self.info, added=self.added, deleted=self.deleted)


def work_out(
    target: GenerationStore,
    request: WriteRequest,
    operations: Sequence[Operation],
    directory: Path,
) -> list[Written]:
    """Return what becomes of each graph that changes.

    :param operations: those of an update.
    :param directory: an empty folder to work in; the files with the triples stay there.
    :raises KmGraphError: as :func:`kmgraph.pipeline.updating.write` has it.
    """
    generation = None if target.current_id() is None else target.generation()
    rights = GraphRights(target.base, generation, request.view, request.visibility)
    with _seen(target, request.view) as before:
        if request.kind == "update":
            changes = _updated(target, request, operations, before, rights, directory)
            return [_filed(c, rights, directory / f"{n}") for n, c in enumerate(changes)]
        if request.kind == "delete":
            return _deleted(request, rights)
        return _put(target, request, before, rights, directory)


@contextmanager
def _seen(target: GenerationStore, view: str) -> Iterator[ox.Store]:
    """Give what a writer sees, to read."""
    if target.current_id() is None:
        yield ox.Store()
        return
    with target.open_view(view) as opened:
        yield opened._store


def _updated(
    target: GenerationStore,
    request: WriteRequest,
    operations: Sequence[Operation],
    before: ox.Store,
    rights: GraphRights,
    directory: Path,
) -> Iterable[GraphChange]:
    """Return the net changes of an update."""
    if target.current_id() is None:
        after = ox.Store()
    else:
        # The engine holds on to a place as long as an error that was raised there is looked at.
        scratch = directory / f"scratch-{secrets.token_hex(8)}"
        before.backup(str(scratch))
        after = ox.Store(str(scratch))
    is_given = bool(request.using_graphs or request.using_named)
    return evaluate(
        operations,
        before,
        after,
        rights,
        base=target.base,
        base_iri=request.base_iri,
        using=Using(request.using_graphs, request.using_named) if is_given else None,
        union_default_graph=request.union_default_graph,
    )


def _filed(change: GraphChange, rights: GraphRights, path: Path) -> Written:
    """Return a change of a graph with its triples in files."""
    if change.is_removed:
        known = rights.known(change.iri)
        if known is None:  # pragma: no cover - only what is known can be removed
            raise GraphNotFoundError(f"there is no graph <{change.iri}>")
        return Written(known, (0, len(change.deleted)), is_removed=True)
    return Written(
        rights.described(change.iri),
        (len(change.added), len(change.deleted)),
        added=write_triples(change.added, path.with_suffix(".added.nt")),
        deleted=write_triples(change.deleted, path.with_suffix(".deleted.nt")),
        is_created=change.is_created,
    )


def _deleted(request: WriteRequest, rights: GraphRights) -> list[Written]:
    """Return what the deletion of a graph does; the default graph is always there."""
    iri = _target(request, rights)
    known = rights.known(iri)
    if rights.is_own(iri):
        rights.check(iri)
    if known is None:
        rights.require(iri, is_there=False)
        return []
    return [Written(known, (0, known.triples), is_removed=True)]


def _target(request: WriteRequest, rights: GraphRights) -> str:
    """Return the IRI of the graph that a request is about."""
    if request.graph is not None:
        return request.graph
    if request.union_default_graph and request.kind != "post":
        raise GraphConflictError(
            "the default graph is the merge of all graphs, so it can be added to, and neither "
            "replaced nor deleted: name a graph"
        )
    return rights.default


def _put(
    target: GenerationStore,
    request: WriteRequest,
    before: ox.Store,
    rights: GraphRights,
    directory: Path,
) -> list[Written]:
    """Return what putting or adding documents does to a graph."""
    iri = _target(request, rights)
    rights.check(iri)
    rights.check_visibility_of(iri)
    graph = ox.NamedNode(iri)
    new = _read(request.documents, target.base, iri, request.base_iri or iri)
    added = (quad.triple for quad in new if quad_of(quad.triple, graph) not in before)
    deleted: Iterable[ox.Triple] = ()
    if request.kind == "put":
        held = before.quads_for_pattern(None, None, None, graph)
        deleted = (quad.triple for quad in held if quad_of(quad.triple) not in new)
    plus = write_triples(added, directory / "added.nt")
    minus = write_triples(deleted, directory / "deleted.nt")
    numbers = (plus.count(), minus.count())
    is_created = rights.known(iri) is None
    if not (any(numbers) or is_created):
        return []
    return [Written(rights.described(iri), numbers, plus, minus, is_created)]


def _read(documents: Iterable[Document], base: str, graph: str, base_iri: str) -> ox.Store:
    """Return the triples of documents, blank nodes of each replaced by IRIs of their own.

    :raises RdfParseError: a document is not well-formed.
    :raises InputError: a document holds what belongs to another graph, or RDF 1.2.
    """
    store = ox.Store()
    names = Skolemiser(base)
    for document in documents:
        names.forget()
        store.bulk_extend(_quads(document, names, graph, base_iri))
    return store


def _quads(document: Document, names: Skolemiser, graph: str, base_iri: str) -> Iterator[ox.Quad]:
    """Yield the triples of a document as quads of a default graph."""
    fmt = to_rdf_format(format_by_name(document.format, "graph"))
    wanted = (ox.DefaultGraph(), ox.NamedNode(graph))

    def named(term: Any) -> Any:
        return names.iri(term.value) if isinstance(term, ox.BlankNode) else term

    try:
        for quad in ox.parse(document.content, fmt, base_iri=base_iri):
            if quad.graph_name not in wanted:
                raise InputError(
                    f"{document.source} names the graph {quad.graph_name}, and <{graph}> is "
                    "written: send each graph to its own address"
                )
            if is_rdf_1_2(quad):
                raise InputError(
                    f"{document.source} holds what only RDF 1.2 has, such as {quad.triple}: "
                    "stores take RDF 1.1"
                )
            yield ox.Quad(named(quad.subject), quad.predicate, named(quad.object))
    except SyntaxError as error:
        raise RdfParseError(
            error.msg, source=document.source, line=error.lineno, column=error.offset
        ) from error
