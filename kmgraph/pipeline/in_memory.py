"""Build bundles and records in memory, without a store on disk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.sources import Source
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import BundleError, PublicationError
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.following import follow_in_memory
from kmgraph.pipeline.staging import stage
from kmgraph.pipeline.vocabulary_graphs import VOCABULARY, write_vocabulary_graph
from kmgraph.progress import Progress, silent
from kmgraph.records import Dataset, Record
from kmgraph.stores.oxigraph import MemoryStore


def build_in_memory(
    bundles: Sequence[str | Path | Source] | str | Path | Source,
    *,
    base: str = DEFAULT_BASE,
    documents: str | Path | None = None,
    progress: Progress = silent,
) -> EvidenceDataset:
    """Build bundles in memory, with ontology, frameworks, mappings and what is derived beside.

    Rows are checked as for a store; the shapes are not run (see :func:`kmgraph.validate`).

    :param bundles: one bundle or several, each with a dataset of its own.
    :param documents: folder with the reader's copies of documents, to take quotes from.
    :raises BundleError: a bundle has problems; all are attached.
    :raises PublicationError: real and synthetic data would be pooled.

    >>> from kmgraph.bundles.files import example_path
    >>> len(list(build_in_memory(example_path("clahrc-ndl")).studies()))
    16
    """
    given = list(bundles) if isinstance(bundles, list | tuple) else [bundles]
    sources: list[Source] = [
        open_bundle(item) if isinstance(item, str | Path) else item  # type: ignore[misc]
        for item in given
    ]
    store = MemoryStore(base=base)
    checks: dict[str, BundleCheck] = {}
    with TemporaryDirectory(prefix="kmgraph-") as directory:
        folder = Path(directory)
        for name in VOCABULARY:
            write_vocabulary_graph(name, base, folder / f"{name}.nq")
            store.load_nquads(folder / f"{name}.nq")
        for source in sources:
            elsewhere = StoreElsewhere(None, dict(checks))
            check = BundleCheck(source, elsewhere=elsewhere, progress=progress)
            name = str(check.dataset.get("id") or "")
            if name in checks:
                raise BundleError(f"two of the bundles hold the dataset '{name}': merge them")
            staged = stage(
                check,
                elsewhere,
                base,
                folder,
                documents=Path(documents) if documents else None,
                progress=progress,
            )
            checks[name] = check
            store.load_nquads(staged.quads)
        _refuse_pooling(checks)
        follow_in_memory(store, folder, progress)
    return EvidenceDataset(store)


def _refuse_pooling(checks: dict[str, BundleCheck]) -> None:
    """Raise where real and synthetic data would meet in one store."""
    if len({bool(check.dataset.get("synthetic")) for check in checks.values()}) > 1:
        raise PublicationError("synthetic data and real data are never pooled")


class DatasetBuilder:
    """Collects typed records and builds them.

    :param dataset: the dataset row.

    >>> from kmgraph.records import Study
    >>> builder = DatasetBuilder(Dataset(
    ...     id="mine", title="Mine", publisher="Me", version="1",
    ...     licence="https://creativecommons.org/licenses/by/4.0/"))
    >>> builder.add(Study(id="S1", title="Our study"))
    >>> [study.label for study in builder.build().studies()]
    ['Our study']
    """

    def __init__(self, dataset: Dataset) -> None:
        self._records: list[Record] = [dataset]

    def add(self, *records: Record) -> None:
        """Add records; they are checked when the dataset is built."""
        self._records.extend(records)

    def bundle(self) -> MemoryBundle:
        """Return the records as a bundle, to be built into a store."""
        dataset = self._records[0]
        return MemoryBundle(self._records, name=dataset.id)

    def build(self, *, base: str = DEFAULT_BASE) -> EvidenceDataset:
        """Build the records in memory.

        :raises BundleError: the records have problems; all are attached.
        """
        return build_in_memory(self.bundle(), base=base)
