"""Write to graphs of a store: by a SPARQL update, or by putting, adding to and deleting a graph.

The stages, in order: wait for nobody (the writer's lock is taken or the write is refused), work
out the net change of each graph on a scratch copy of what the writer sees, make it to every view
that shows the graph, derive what follows, validate, publish. Whatever fails before the last stage
leaves the store as it was, and a write that changes nothing publishes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import (
    PublicationError,
    StaleGenerationError,
)
from kmgraph.formats import Format
from kmgraph.namespaces import KM
from kmgraph.pipeline.conformance import tell_keeper, validate_for
from kmgraph.pipeline.erased_rows import refuse_erased
from kmgraph.pipeline.following import RULES, follow, following_digest
from kmgraph.pipeline.graph_writes import Written, work_out
from kmgraph.pipeline.options import Clock
from kmgraph.pipeline.publication import put_vocabulary, refuse_pooling_loaded, staging
from kmgraph.pipeline.telling import entities_of, tell_feeds
from kmgraph.progress import Progress, silent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones, refuse_gone
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.views import visible_in
from kmgraph.updates import (
    Document,
    WriteRequest,
    WriteSummary,
    parse_update,
)

_SYNTHETIC: Final = f"{KM}synthetic"
_Store = str | Path | GenerationStore


def update(
    store: _Store,
    text: str,
    *,
    view: str = "public",
    using_graphs: Sequence[str] = (),
    using_named: Sequence[str] = (),
    base_iri: str | None = None,
    visibility: str | None = None,
    validate: bool = True,
    expected_generation: int | None = None,
    union_default_graph: bool = True,
    progress: Progress = silent,
) -> WriteSummary:
    """Do a SPARQL update, all of its operations or none.

    See :class:`kmgraph.updates.WriteRequest` for the parameters and :func:`write` for what it
    raises.

    :param store: the store or its folder.
    :param text: the update.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     insertion = "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1, 2 } }"
    ...     update(store, insertion, validate=False).graphs
    {'urn:g': (2, 0)}
    """
    request = WriteRequest(
        "update",
        text=text,
        view=view,
        using_graphs=tuple(using_graphs),
        using_named=tuple(using_named),
        base_iri=base_iri,
        visibility=visibility,
        validate=validate,
        expected_generation=expected_generation,
        union_default_graph=union_default_graph,
    )
    return write(store, request, progress=progress)


def put_graph(
    store: _Store,
    graph: str | None,
    content: bytes,
    fmt: Format,
    *,
    replace: bool,
    progress: Progress = silent,
    **fields: Any,
) -> WriteSummary:
    """Write an RDF document into a graph, which is made where it is missing.

    :param graph: IRI of the graph; None for the default graph.
    :param replace: whether the document takes the place of what the graph holds.
    :param fields: further fields of :class:`kmgraph.updates.WriteRequest`.

    >>> import tempfile
    >>> from kmgraph.formats import TURTLE
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     text = b"<urn:a> <urn:b> [] ."
    ...     put_graph(store, "urn:g", text, TURTLE, replace=True, validate=False).created
    ('urn:g',)
    """
    documents = (Document(content, fmt.name),)
    request = WriteRequest("put" if replace else "post", documents=documents, graph=graph, **fields)
    return write(store, request, progress=progress)


def delete_graph(
    store: _Store, graph: str | None, *, progress: Progress = silent, **fields: Any
) -> WriteSummary:
    """Remove a graph.

    :param graph: IRI of the graph; None for the default graph.
    :param fields: further fields of :class:`kmgraph.updates.WriteRequest`.
    :raises GraphNotFoundError: there is none that the writer sees.
    """
    return write(store, WriteRequest("delete", graph=graph, **fields), progress=progress)


def write(
    store: _Store,
    request: WriteRequest,
    *,
    before_publish: Callable[[], None] | None = None,
    progress: Progress = silent,
) -> WriteSummary:
    """Do what a request asks for, and publish the result as the next generation.

    :param store: the store or its folder.
    :param before_publish: called when all is ready; if it raises, nothing is published.
    :returns: what was done; nothing is published where nothing has changed.
    :raises QueryError: the update cannot be read or evaluated.
    :raises InputError: the request contradicts itself, or a document is not well-formed.
    :raises GraphConflictError: a graph may not be written to in this way.
    :raises GraphNotFoundError: a graph is missing.
    :raises StaleGenerationError: the data is not what the request expects.
    :raises StoreLockedError: another process is writing.
    :raises NonConformanceError: the shapes are violated in what the writer sees. What else is
        violated is written to the report of the generation and to the log, and refuses nothing.
    :raises GoneError: something that was erased would be written again.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    clock = Clock()
    with clock.phase("read"):
        base_iri = request.base_iri
        is_update = request.kind == "update"
        operations = parse_update(request.text, base_iri=base_iri) if is_update else []
    with (
        target.begin(reason=request.kind, progress=progress) as writer,
        staging(target) as directory,
    ):
        _refuse_stale(target, request)
        with clock.phase("evaluate"):
            written = work_out(target, request, operations, directory)
        if not written:
            current = target.current_id()
            known = None if current is None else target.generation()
            return WriteSummary(known, changed=False, seconds=clock.seconds)
        with clock.phase("apply"):
            _refuse(target, written, request.view)
            for graph in written:
                graph.hand_to(writer)
            is_new = put_vocabulary(target, writer, directory)
            # It is judged by this view, even where the last token that opened it has gone.
            writer.want_view(visible_in(request.view))
            writer.prepare()
        with clock.phase("derive"):
            change = None if is_new else _change(written)
            followed = follow(target, writer, directory, progress, change=change)
        hidden = 0
        if request.validate:
            with clock.phase("validate"):
                hidden = validate_for(
                    target, writer, request.view, directory, progress, changes=followed.changes
                )
        with clock.phase("publish"):
            if before_publish is not None:
                before_publish()
            generation = writer.publish(
                extra={RULES: following_digest()}, reason=_reason(request, written)
            )
            tell_keeper(generation.id, hidden)
            tell_feeds(target, changed=entities_of(_change(written)), progress=progress)
    return WriteSummary(
        generation,
        changed=True,
        created=tuple(graph.info.iri for graph in written if graph.is_created),
        removed=tuple(graph.info.iri for graph in written if graph.is_removed),
        graphs={graph.info.iri: graph.numbers for graph in written},
        seconds=clock.seconds,
    )


def _refuse_stale(store: GenerationStore, request: WriteRequest) -> None:
    """Raise where the store is not as the request expects; the writer's lock is held."""
    current = store.current_id()
    if request.expected_generation not in (None, current or 0):
        raise StaleGenerationError(
            f"the data has changed: generation {current or 0} is current, and the request expects "
            f"{request.expected_generation}: read it again"
        )
    if not request.expected_digests:
        return
    graphs = store.generation().graphs if current is not None else ()
    seen = visible_in(request.view)
    held = {graph.iri: graph.digest for graph in graphs if graph.visibility in seen}
    for iri, digest in request.expected_digests.items():
        if held.get(iri, "") != digest:
            raise StaleGenerationError(f"the graph <{iri}> has changed: read it again")


def _refuse(target: GenerationStore, written: list[Written], view: str) -> None:
    """Raise where what was erased would come back, or real and synthetic data would meet.

    A graph that is said to be synthetic, or not, is noted to be so.

    :param view: key of the view of the writer, who is told of no other graphs.
    """
    refuse_gone(target.path, (graph.info.iri for graph in written if not graph.is_removed))
    erased = Tombstones.of(target.path)
    for number, graph in enumerate(written):
        kinds: set[bool] = set()
        for triple in refuse_erased(graph.added.triples() if graph.added else (), erased):
            if triple.predicate.value == _SYNTHETIC and isinstance(triple.object, ox.Literal):
                kinds.add(triple.object.value in ("true", "1"))
        if len(kinds) > 1:
            raise PublicationError("synthetic and real data are never pooled in one graph")
        for is_synthetic in kinds:
            shown = visible_in(view)
            refuse_pooling_loaded(target, graph.info.name, is_synthetic, shown=shown)
            info: Mapping[str, Any] = {**graph.info.info, "synthetic": is_synthetic}
            written[number] = replace(graph, info=replace(graph.info, info=info))


def _change(written: Sequence[Written]) -> list[TripleFile] | None:
    """Return the triples that were added or deleted; None where a graph went with all of its."""
    if any(graph.is_removed for graph in written):
        return None
    return [file for graph in written for file in (graph.added, graph.deleted) if file]


def _reason(request: WriteRequest, written: Sequence[Written]) -> str:
    """Return what the log says; it names no graph, because some readers do not see all."""
    added, deleted = (sum(graph.numbers[side] for graph in written) for side in (0, 1))
    number = f"{len(written)} graph{'' if len(written) == 1 else 's'}"
    return f"{request.kind} ({number}, +{added} -{deleted})"
