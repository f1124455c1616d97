"""Check metadata against shapes of its own: ours, and what DCAT-AP asks of a catalogue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.metadata.describing import catalogue_of, examples_of, void_of
from kmgraph.metadata.keeping import Kept, counts_of
from kmgraph.metadata.model import Publication
from kmgraph.questions import load_catalogue
from kmgraph.stores.base import QuadStore
from kmgraph.validation import Report, SetEngine, ShaclEngine
from kmgraph.validation.engine import DEFAULT_TIMEOUT_S


def metadata_of(
    view: QuadStore, publication: Publication, known: Kept | None = None
) -> list[ox.Triple]:
    """Return all that is said of a view: its counts, the catalogue and the example queries.

    :param view: what is published.
    :param publication: where it is published.
    :param known: what is known of it; it is counted where nothing is given.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> len(metadata_of(MemoryStore(), Publication())) > 100
    True
    """
    counted = known or counts_of(view)
    answered = counted.questions or frozenset()
    questions = [one for one in load_catalogue().values() if one.id in answered]
    found = {
        *void_of(view, publication, counted.counts),
        *catalogue_of(view, publication),
        *examples_of(questions, publication),
    }
    return sorted(found, key=str)


def validate_metadata(
    triples: Iterable[ox.Triple],
    *,
    engine: ShaclEngine | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Report:
    """Check metadata against the shapes in ``shapes/metadata``.

    :param triples: the metadata.
    :param engine: the engine; our own by default.
    :param timeout_s: seconds after which to give up.
    :returns: the report; that metadata does not conform is a result, not an error.
    :raises ShapesError: the engine failed or took too long.

    Source: https://semiceu.github.io/DCAT-AP/releases/3.0.0/

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> validate_metadata(void_of(MemoryStore(), Publication())).conforms
    True
    """
    chosen: ShaclEngine = SetEngine() if engine is None else engine
    shapes = [artefacts.folder("shapes") / "header.ttl"]
    shapes += artefacts.files("shapes", "metadata/*.ttl")
    with tempfile.TemporaryDirectory(prefix="kmgraph-metadata-") as folder:
        data = Path(folder) / "metadata.nt"
        data.write_text("".join(f"{triple} .\n" for triple in triples), encoding="utf-8")
        return chosen.validate(data, shapes, timeout_s=timeout_s)
