"""Build bundles without publishing them, and publish later what was built.

A preview is a store of its own in a folder: a copy of the current generation, with the next one
built on it by the same stages as any build. Nobody who reads or writes the store notices.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kmgraph.bundles.sources import Source
from kmgraph.errors import InputError
from kmgraph.pipeline.building import build
from kmgraph.pipeline.options import BuildOptions, BuildSummary
from kmgraph.pipeline.telling import tell_feeds
from kmgraph.progress import Progress, silent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.previews import copy_current, publish_copy


@dataclass(frozen=True, slots=True)
class Preview:
    """What was built and is not published.

    :ivar store: the copy, whose current generation is the one that was built.
    :ivar before: id of the generation that it was built on; None where nothing was published.
    :ivar summary: what the build did.
    """

    store: GenerationStore
    before: int | None
    summary: BuildSummary


def build_preview(
    bundles: Sequence[str | Path | Source],
    store: str | Path | GenerationStore,
    folder: str | Path,
    options: BuildOptions | None = None,
) -> Preview:
    """Build bundles into a copy of a store, and publish nothing.

    The store is not locked, and what erasures and tokens demand of a build holds here too.

    :param folder: where the copy is made, best on the disk of the store; it must not be there yet,
        and is not where nothing could be built.
    :raises InputError: the folder is there already.
    :raises BundleError: a bundle has problems; all are attached.
    :raises NonConformanceError: the shapes are violated.
    :raises PublicationError: as :func:`kmgraph.pipeline.build` does.
    :raises StaleGenerationError: the store was changed while it was copied.

    >>> import tempfile
    >>> from kmgraph.bundles.files import example_path
    >>> with tempfile.TemporaryDirectory() as place:
    ...     store = GenerationStore.create(Path(place) / "store")
    ...     bundle = example_path("clahrc-ndl")
    ...     preview = build_preview([bundle], store, Path(place) / "preview")
    ...     print(store.current_id(), preview.summary.records["studies"])
    ...     publish_preview(store, preview.store.path).id
    None 16
    1
    """
    options = options or BuildOptions()
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    place = Path(folder)
    if place.exists():
        raise InputError(f"{place} is there already: name a folder that is not")
    try:
        copy = copy_current(target, place, progress=options.progress)
        before = copy.current_id()
        return Preview(copy, before, build(bundles, copy, options))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def publish_preview(
    store: str | Path | GenerationStore, folder: str | Path, *, progress: Progress = silent
) -> Generation:
    """Publish what :func:`build_preview` built, if the store is still as it was then.

    :param folder: folder of the preview, which is removed.
    :raises StaleGenerationError: the store has changed since, or something was erased from it.
    :raises StoreLockedError: another process is writing; try again.
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    generation = publish_copy(target, Path(folder), progress=progress)
    shutil.rmtree(folder, ignore_errors=True)
    tell_feeds(target, progress=progress)
    return generation
