"""What stands between mapped quads and a published generation."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import EditedGraphError, NotFoundError, PublicationError
from kmgraph.mapping.mapper import split_record_iri
from kmgraph.namespaces import DCTERMS
from kmgraph.pipeline.following import is_followed
from kmgraph.pipeline.staging import StagedDataset
from kmgraph.pipeline.vocabulary_graphs import (
    VOCABULARY,
    vocabulary_digest,
    write_vocabulary_graph,
)
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.writer import GenerationWriter

#: Name of the sidecar file that holds the report of the last validation.
REPORT_FILE = "validation.json"
_IDENTIFIER: Final = ox.NamedNode(f"{DCTERMS}identifier")
#: Kinds of graphs that may hold no data at all.
_LOADED = ("loaded", "updates")


def rows_file(name: str) -> str:
    """Return the name of the sidecar file that says where a dataset's records come from.

    >>> rows_file("clahrc-ndl")
    'rows/clahrc-ndl.tsv'
    """
    return f"rows/{name}.tsv"


def is_rows_file(file: str, name: str) -> bool:
    """Say whether a sidecar file is the list of a dataset, or one that an addition put beside it.

    >>> is_rows_file("rows/a.tsv", "a"), is_rows_file("rows/a/0002.tsv", "a")
    (True, True)
    """
    return file == rows_file(name) or file.startswith(f"rows/{name}/")


def rows_lists(store: GenerationStore, name: str) -> list[Path]:
    """Return the lists of where a dataset's records come from, in the order they were written."""
    if store.current_id() is None:
        return []
    generation = store.generation()
    found = [file for file in generation.files if is_rows_file(file, name)]
    folder = store.generation_dir(generation.id) / "files"
    return [folder / file for file in sorted(found, key=lambda file: (file.count("/"), file))]


@contextmanager
def staging(store: GenerationStore) -> Iterator[Path]:
    """Give an empty folder inside the store; the writer's lock must be held.

    What a killed build left there is removed first.
    """
    directory = store.path / "staging"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def parent_file(store: GenerationStore, name: str) -> bytes:
    """Return a sidecar file of the current generation, or nothing where there is none."""
    current = store.current_id()
    if current is None:
        return b""
    try:
        return store.read_file(current, name)
    except NotFoundError:
        return b""


def graph_facts(store: GenerationStore) -> dict[str, Mapping[str, Any]]:
    """Return what is written down of each graph of the current generation, by name."""
    if store.current_id() is None:
        return {}
    return {g.name: {"kind": g.kind, **g.info} for g in store.generation().graphs}


def put_dataset(
    store: GenerationStore,
    writer: GenerationWriter,
    dataset: StagedDataset,
    digest: str,
    *,
    append: bool,
) -> None:
    """Hand a mapped dataset to the writer, with the list of where its records come from."""
    info = {
        "title": dataset.facts.get("title"),
        "synthetic": dataset.synthetic,
        "records": dict(dataset.records),
    }
    if not append:
        if not dataset.is_partial:
            info["digest"] = digest
        held = graph_facts(store).get(dataset.name, {}).get("kind", "dataset")
        if held != "dataset":
            made = "made by updates" if held == "updates" else "loaded from a file"
            raise PublicationError(
                f"the graph '{dataset.name}' was {made}: give the dataset another id"
            )
        writer.replace_graph(
            dataset.name,
            dataset.quads,
            visibility=dataset.visibility,
            info=info,
            statements=dataset.statements,
            digest=dataset.digest or None,
            takes_file=True,
        )
        writer.put_file(rows_file(dataset.name), dataset.rows, graph=dataset.name)
        return
    # The dataset is no longer what one bundle gives, so that 'if changed' builds it again.
    old = graph_facts(store).get(dataset.name, {})
    counts = dict(old.get("records", {}))
    for sheet, number in dataset.records.items():
        if sheet != "dataset":
            counts[sheet] = counts.get(sheet, 0) + number
    writer.append_to_graph(dataset.name, dataset.quads, info={**info, "records": counts})
    # The lists there are may be long, so they stay as they are and a further one is put there.
    part = f"rows/{dataset.name}/{len(rows_lists(store, dataset.name)) + 1:06}.tsv"
    writer.put_file(part, dataset.rows, graph=dataset.name)


def put_vocabulary(
    store: GenerationStore, writer: GenerationWriter, directory: Path, *, from_scratch: bool = False
) -> bool:
    """Hand ontology, frameworks and mappings to the writer, where they changed; say whether so."""
    held = {} if from_scratch else graph_facts(store)
    is_changed = False
    for name in VOCABULARY:
        digest = vocabulary_digest(name)
        if held.get(name, {}).get("digest") == digest:
            continue
        path = directory / f"{name}.nq"
        write_vocabulary_graph(name, store.base, path)
        writer.replace_graph(name, path, kind="vocabulary", info={"digest": digest})
        is_changed = True
    return is_changed


def holds_all(store: GenerationStore, digests: Sequence[str]) -> bool:
    """Return whether the current generation holds these bundles, by this vocabulary and rules."""
    if not is_followed(store):
        return False
    held = {str(facts.get("digest")) for facts in graph_facts(store).values()}
    return {*digests, *map(vocabulary_digest, VOCABULARY)} <= held


def refuse_edited(
    store: GenerationStore,
    staged: Sequence[StagedDataset],
    *,
    append: bool,
    discard_edits: bool,
    from_scratch: bool,
) -> None:
    """Raise where a build would lose what updates did.

    :raises EditedGraphError: names the graphs and the ways out.
    """
    if discard_edits and not append:
        return
    built = {dataset.name for dataset in staged}
    lost = [
        name
        for name, facts in sorted(graph_facts(store).items())
        if (facts.get("edited") and (name in built or from_scratch))
        or (facts["kind"] == "updates" and from_scratch)
    ]
    if not lost:
        return
    names = ", ".join(f"'{name}'" for name in lost)
    if append:
        raise EditedGraphError(
            f"{names} was edited by updates, and is no longer what its bundle gives: write it out "
            "with 'kmgraph export --bundle', add the rows there, and build that with "
            "--discard-edits"
        )
    raise EditedGraphError(
        f"updates changed {names}, and this build would lose what they did: take the edits into "
        "the bundle with 'kmgraph export --bundle', then build with --discard-edits"
    )


def refuse_edited_graph(store: GenerationStore, name: str) -> None:
    """Raise where loading a file would lose what updates did to its graph.

    :raises EditedGraphError: names the graph and the way out.
    """
    facts = graph_facts(store).get(name, {})
    if facts.get("edited") or facts.get("kind") == "updates":
        raise EditedGraphError(
            f"updates changed the graph '{name}', and loading a file into it would lose what they "
            "did: choose another name, or load with --discard-edits"
        )


def refuse_pooling(
    store: GenerationStore, staged: Sequence[StagedDataset], *, from_scratch: bool
) -> None:
    """Raise where real and synthetic data would meet in one store.

    :raises PublicationError: names the synthetic datasets.
    """
    held = {} if from_scratch else _kinds_held(store)
    _refuse_both({**held, **{dataset.name: dataset.synthetic for dataset in staged}})


def refuse_pooling_loaded(
    store: GenerationStore,
    name: str,
    synthetic: bool | None,
    *,
    shown: Collection[str] | None = None,
) -> None:
    """Raise where a loaded graph would bring real and synthetic data together in one store.

    :param name: name of the graph, which is replaced.
    :param synthetic: whether its data are synthetic; None for a graph without any.
    :param shown: visibilities of the graphs that may be named; None for all.
    :raises PublicationError: names the synthetic graphs.
    """
    if synthetic is None:
        return
    held = _kinds_held(store)
    hidden = set() if shown is None else _hidden(store, shown) - {name}
    _refuse_both({**held, name: synthetic}, hidden)


def _hidden(store: GenerationStore, shown: Collection[str]) -> set[str]:
    """Return the names of the graphs of other visibilities."""
    graphs = () if store.current_id() is None else store.generation().graphs
    return {graph.name for graph in graphs if graph.visibility not in shown}


def _kinds_held(store: GenerationStore) -> dict[str, bool]:
    """Return whether each graph of the store that holds data holds synthetic ones."""
    kinds = {}
    for name, facts in graph_facts(store).items():
        synthetic = facts.get("synthetic")
        if facts["kind"] == "dataset" or (facts["kind"] in _LOADED and synthetic is not None):
            kinds[name] = bool(synthetic)
    return kinds


def _refuse_both(kinds: Mapping[str, bool], hidden: Collection[str] = ()) -> None:
    """Raise where some graphs hold synthetic data and others real data.

    :param hidden: names of graphs that are not told.
    """
    if len(set(kinds.values())) > 1:
        told = {name: "what you are not shown" if name in hidden else name for name in kinds}
        synthetic, real = (
            ", ".join(dict.fromkeys(told[name] for name, flag in kinds.items() if flag is wanted))
            for wanted in (True, False)
        )
        raise PublicationError(
            f"synthetic data ({synthetic}) and real data ({real}) are never pooled: put them into "
            "stores of their own. Of data that were generated, the dataset says km:synthetic true"
        )


def refuse_described_twice(
    store: GenerationStore, writer: GenerationWriter, name: str, *, appended: Path | None = None
) -> None:
    """Raise where another dataset describes a record of this one.

    :param appended: N-Quads that were added to the dataset, if only these are new.
    :raises PublicationError: names the records and the datasets.
    """
    graphs = {graph.name: graph for graph in writer.graphs if graph.kind == "dataset"}
    new = graphs.pop(name)
    entities = None if appended is None else _described(TripleFile(appended, new.iri))
    clashes = []
    for other in graphs.values():
        for iri in _described_in_both(writer.master_view(), new, other, entities):
            # A term of the dataset's own, such as a place, is no record: both may say the same.
            if split_record_iri(store.base, iri) is not None:
                clashes.append(f"{iri} (also in '{other.name}')")
    if clashes:
        raise PublicationError(
            f"dataset '{name}' describes {len(clashes)} record(s) that another dataset "
            f"describes: {', '.join(sorted(clashes)[:5])}. Give one of them an id_prefix, or let "
            "it say that it extends the other"
        )


def _described(file: TripleFile) -> list[ox.NamedNode]:
    """Return what the triples of a file give an identifier."""
    return [
        triple.subject
        for triple in file.triples()
        if triple.predicate == _IDENTIFIER and isinstance(triple.subject, ox.NamedNode)
    ]


def _described_in_both(
    view: QuadStore, new: GraphInfo, other: GraphInfo, entities: Iterable[ox.NamedNode] | None
) -> set[str]:
    """Return the IRIs that have an identifier in two graphs.

    A record has its identifier in one dataset only: a dataset that extends another adds
    statements without it. The smaller graph is read, and the larger one asked.

    :param entities: what is new in the first; None for all of it.
    """
    asked = other
    if entities is None:
        read, asked = sorted((new, other), key=lambda graph: graph.triples)
        found = view.quads(None, _IDENTIFIER, None, ox.NamedNode(read.iri))
        entities = (quad.subject for quad in found if isinstance(quad.subject, ox.NamedNode))
    graph = ox.NamedNode(asked.iri)
    return {e.value for e in entities if any(True for _ in view.quads(e, _IDENTIFIER, None, graph))}
