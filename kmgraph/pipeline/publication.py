"""What stands between mapped quads and a published generation."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import EditedGraphError, NotFoundError, PublicationError
from kmgraph.formats import NTRIPLES
from kmgraph.mapping.mapper import split_record_iri
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.derived_graphs import RULES, rules_digest
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.staging import StagedDataset
from kmgraph.pipeline.vocabulary_graphs import (
    VOCABULARY,
    vocabulary_digest,
    write_vocabulary_graph,
)
from kmgraph.progress import Progress
from kmgraph.results import Solutions
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.writer import GenerationWriter
from kmgraph.validation import Report, Result, validate_triples

#: Name of the sidecar file that holds the report of the last validation.
REPORT_FILE = "validation.json"
#: Kinds of graphs that may hold no data at all.
_LOADED = ("loaded", "updates")


def rows_file(name: str) -> str:
    """Return the name of the sidecar file that says where a dataset's records come from.

    >>> rows_file("clahrc-ndl")
    'rows/clahrc-ndl.tsv'
    """
    return f"rows/{name}.tsv"


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
    name = rows_file(dataset.name)
    if not append:
        if not dataset.is_partial:
            info["digest"] = digest
        held = graph_facts(store).get(dataset.name, {}).get("kind", "dataset")
        if held != "dataset":
            made = "made by updates" if held == "updates" else "loaded from a file"
            raise PublicationError(
                f"the graph '{dataset.name}' was {made}: give the dataset another id"
            )
        writer.replace_graph(dataset.name, dataset.quads, visibility=dataset.visibility, info=info)
        writer.put_file(name, dataset.rows, graph=dataset.name)
        return
    # The dataset is no longer what one bundle gives, so that 'if changed' builds it again.
    old = graph_facts(store).get(dataset.name, {})
    counts = dict(old.get("records", {}))
    for sheet, number in dataset.records.items():
        if sheet != "dataset":
            counts[sheet] = counts.get(sheet, 0) + number
    writer.append_to_graph(dataset.name, dataset.quads, info={**info, "records": counts})
    rows = parent_file(store, name) + dataset.rows.read_bytes()
    writer.put_file(name, rows, graph=dataset.name)


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
    if store.current_id() is None or store.generation().extra.get(RULES) != rules_digest():
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


def refuse_described_twice(store: GenerationStore, writer: GenerationWriter, name: str) -> None:
    """Raise where another dataset describes a record of this one.

    :raises PublicationError: names the records and the datasets.
    """
    query = artefacts.read_text("queries", "checks/described-twice.rq")
    new = ox.NamedNode(graph_iri(store.base, name))
    datasets = {graph.iri: graph.name for graph in writer.graphs if graph.kind == "dataset"}
    answer = writer.master_view().query(query, bindings={"new": new})
    clashes = []
    if isinstance(answer, Solutions):
        for row in answer.to_dicts():
            # A term of the dataset's own, such as a place, is no record: both may say the same.
            is_record = split_record_iri(store.base, row["entity"]) is not None
            if is_record and row["other"] in datasets:
                clashes.append(f"{row['entity']} (also in '{datasets[row['other']]}')")
    if clashes:
        raise PublicationError(
            f"dataset '{name}' describes {len(clashes)} record(s) that another dataset "
            f"describes: {', '.join(clashes[:5])}. Give one of them an id_prefix, or let it say "
            "that it extends the other"
        )


def validate_prepared(
    store: GenerationStore,
    writer: GenerationWriter,
    staged: Sequence[StagedDataset],
    directory: Path,
    progress: Progress,
) -> Report:
    """Validate what the writer has prepared, and keep the report beside it.

    The view that shows everything is validated, and so is each other view of which something is
    derived that the first does not have.

    :raises NonConformanceError: the shapes are violated.
    """
    locator = locations(store, writer, staged)
    results: dict[Result, None] = {}
    for key in views_to_validate(writer):
        found = validate_view(writer, key, locator, directory, progress)
        results.update(dict.fromkeys(found.results))
    report = Report.of(results)
    writer.put_file(REPORT_FILE, report.to_json().encode())
    report.raise_for_nonconformance()
    return report


def locations(
    store: GenerationStore,
    writer: GenerationWriter,
    staged: Sequence[StagedDataset] = (),
    *,
    shown: Collection[str] | None = None,
) -> RowLocations:
    """Return what finds the file and row of each record that was built.

    :param shown: visibilities of the graphs whose records are found; None for all.
    """
    fresh = {dataset.name: dataset.rows for dataset in staged}
    rows = [
        parent_file(store, rows_file(graph.name)) + _read(fresh.get(graph.name))
        for graph in writer.graphs
        if shown is None or graph.visibility in shown
    ]
    return RowLocations(store.base, rows)


def validate_view(
    writer: GenerationWriter,
    key: str,
    locator: RowLocations | None,
    directory: Path,
    progress: Progress,
) -> Report:
    """Return what the shapes find in one view that the writer has prepared.

    :param locator: finds the file and row of a record; None leaves them out.
    """
    path = directory / f"merged-{key}.nt"
    with path.open("wb") as file:
        writer.view(key).dump(file, NTRIPLES)
    found = validate_triples(path, locator=locator, progress=progress)
    path.unlink()
    return found


def views_to_validate(writer: GenerationWriter) -> list[str]:
    """Return the views whose statements, derived ones too, are all statements of a listed one."""
    *others, master = writer.views
    held = {(graph.iri, graph.digest) for graph in writer.own_graphs(master)}
    listed = [master]
    for key in others:
        own = {(graph.iri, graph.digest) for graph in writer.own_graphs(key)}
        if not own <= held:
            listed.append(key)
            held |= own
    return listed


def _read(path: Path | None) -> bytes:
    """Return the bytes of a file, or nothing for no file."""
    return path.read_bytes() if path else b""
