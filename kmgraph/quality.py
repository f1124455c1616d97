"""Validate what there is: a dataset, a bundle that is not built yet, or a store."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.sources import Source
from kmgraph.dataset import EvidenceDataset
from kmgraph.derivation import is_derived
from kmgraph.formats import NQUADS
from kmgraph.namespaces import DEFAULT_BASE, graph_iri
from kmgraph.pipeline import workers
from kmgraph.pipeline.derived_graphs import derive_in_memory
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.locations import RowLocations
from kmgraph.pipeline.publication import rows_lists
from kmgraph.pipeline.staging import stage
from kmgraph.pipeline.vocabulary_graphs import VOCABULARY, write_vocabulary_graph
from kmgraph.progress import Progress, silent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.validation import Locator, Report, ShaclEngine, validate_quads


def validate(
    dataset: EvidenceDataset, *, engine: ShaclEngine | None = None, progress: Progress = silent
) -> Report:
    """Check a dataset against the shapes.

    :param engine: the engine; our own by default.

    :returns: the report; that the data does not conform is a result and no error.
    :raises ShapesError: the engine failed.
    """
    return _validate(dataset.store, None, engine, progress)


def validate_bundle(
    bundle: str | Path | Source,
    *,
    store: str | Path | GenerationStore | None = None,
    encoding: str | None = None,
    engine: ShaclEngine | None = None,
    progress: Progress = silent,
) -> Report:
    """Check a bundle without building it into a store: rows first, then the shapes.

    :param store: a store with the datasets that the bundle extends.
    :param engine: the engine; our own by default.
    :raises BundleError: rows have problems; all are attached.
    """
    source = open_bundle(bundle, encoding=encoding) if isinstance(bundle, str | Path) else bundle
    if store is None:
        return _validate_bundle(source, None, DEFAULT_BASE, engine, progress)
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    with target.open_view(target.generation().master) as current:
        return _validate_bundle(source, current, target.base, engine, progress)


def _validate_bundle(
    source: Source,
    current: QuadStore | None,
    base: str,
    engine: ShaclEngine | None,
    progress: Progress,
) -> Report:
    """Check a bundle beside what a store holds."""
    elsewhere = StoreElsewhere(current, {})
    check = BundleCheck(source, elsewhere=elsewhere, progress=progress, workers=workers.count())
    with TemporaryDirectory(prefix="kmgraph-") as name, MemoryStore(base=base) as store:
        folder = Path(name)
        # Rows are checked as they are mapped; what is wrong with them is raised before all else.
        staged = stage(check, elsewhere, base, folder, progress=progress)
        if current is not None:
            with (folder / "current.nq").open("wb") as file:
                current.dump(file, NQUADS)
            store.load_nquads(folder / "current.nq")
        for graph in VOCABULARY:
            write_vocabulary_graph(graph, base, folder / f"{graph}.nq")
            store.replace_graph(graph_iri(base, graph), folder / f"{graph}.nq")
        store.replace_graph(graph_iri(base, staged.name), staged.quads)
        _drop_derived(store)
        derive_in_memory(store, folder, progress)
        rows = RowLocations(base, [staged.rows.read_bytes()])
        return _validate(store, rows, engine, progress)


def _drop_derived(store: MemoryStore) -> None:
    """Remove what was derived before, which is to be derived anew."""
    start = graph_iri(store.base, "")
    for iri in store.graph_names():
        if is_derived(iri.removeprefix(start)):
            store.remove_graph(iri)


def validate_store(
    store: str | Path | GenerationStore,
    *,
    engine: ShaclEngine | None = None,
    progress: Progress = silent,
) -> Report:
    """Check the current generation of a store, all groups' graphs included.

    :param engine: the engine; our own by default.

    :raises StoreUnavailableError: there is no store, or nothing is published in it yet.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    generation = target.generation()
    rows = [path for graph in generation.graphs for path in rows_lists(target, graph.name)]
    with target.open_view(generation.master) as view:
        return _validate(view, RowLocations(target.base, rows), engine, progress)


def _validate(
    store: QuadStore, locator: Locator | None, engine: ShaclEngine | None, progress: Progress
) -> Report:
    """Check the merged graph of a store."""
    return validate_quads(
        store, locator=locator, engine=engine, workers=workers.count(), progress=progress
    )
