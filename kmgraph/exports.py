"""Hand a dataset on: as RDF files, or as the bundle that it could be built from."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.files import write_csv_bundle, write_json_bundle, write_xlsx_bundle
from kmgraph.bundles.opening import open_bundle
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import InputError
from kmgraph.formats import format_by_extension
from kmgraph.mapping.inverse import DatasetReader
from kmgraph.namespaces import graph_iri
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.staging import stage
from kmgraph.stores.meta import Generation


def export(dataset: EvidenceDataset, path: str | Path) -> int:
    """Write a dataset to an RDF file, in the format of the file's ending.

    N-Quads, TriG and JSON-LD hold the named graphs; Turtle, N-Triples and RDF/XML hold their
    merge. The file appears whole or not at all.

    :param path: ends in ``.nq``, ``.trig``, ``.jsonld``, ``.ttl``, ``.nt`` or ``.rdf``.
    :returns: the size of the file in bytes.
    :raises InputError: the ending is of no such format, or the file cannot be written.
    """
    target = Path(path)
    fmt = format_by_extension(target)
    partial = target.with_name(f".{target.name}.part")
    try:
        with partial.open("wb") as file:
            dataset.store.dump(file, fmt)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


@dataclass(frozen=True, slots=True)
class BundleExport:
    """What was written of a dataset.

    :ivar records: sheet to number of records.
    :ivar left_out: statements of the graph that no column holds, as N-Triples.
    :ivar gained: statements that building the bundle adds, as N-Triples; only a graph that updates
        changed can lack what a bundle gives.
    """

    records: dict[str, int]
    left_out: tuple[str, ...]
    gained: tuple[str, ...] = ()


def export_bundle(
    dataset: EvidenceDataset, path: str | Path, *, name: str | None = None
) -> BundleExport:
    """Write the records of a dataset as a bundle; building it gives the same graph.

    What updates did to the graph comes along as far as the columns can say it; the rest is told.

    :param path: a folder for CSV files, or a file that ends in ``.xlsx`` or ``.json``.
    :param name: id of the dataset; needed only where the store holds several.
    :returns: what was written, which statements no column could hold, and which building adds.
    :raises BundleError: records that updates changed are none that a bundle may have.
    :raises InputError: there is something at the path, or no or more than one dataset to choose.
    :raises GraphNotFoundError: the store has no dataset of this id.
    """
    target = Path(path)
    if target.exists() and (not target.is_dir() or any(target.glob("*.csv"))):
        raise InputError(f"{target} is there already: choose another place")
    chosen = name or _only_dataset(dataset)
    reader = DatasetReader(dataset.store, chosen)
    with TemporaryDirectory(prefix="kmgraph-") as name_of_folder:
        folder = Path(name_of_folder)
        written = folder / f"bundle{target.suffix.lower()}"
        if target.suffix.lower() == ".xlsx":
            write_xlsx_bundle(reader.rows(), written)
        elif target.suffix.lower() == ".json":
            write_json_bundle(reader.rows(), written)
        else:
            written = folder / "bundle"
            write_csv_bundle(reader.rows(), written)
        outcome = _read_back(dataset, chosen, written, folder)
        try:
            if written.is_dir():
                shutil.copytree(written, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(written, target)
        except OSError as error:
            raise InputError(f"{target} cannot be written: {error}") from error
    return outcome


def _only_dataset(dataset: EvidenceDataset) -> str:
    """Return the id of the only dataset."""
    names = [card.identifier for card in dataset.datasets()]
    if len(names) != 1:
        raise InputError(
            f"the store holds {len(names)} datasets ({', '.join(names)}): name one of them"
        )
    return names[0]


def _read_back(dataset: EvidenceDataset, name: str, bundle: Path, folder: Path) -> BundleExport:
    """Return what a written bundle holds, and in what the graph that it gives is another one.

    :raises InputError: it gives statements that the graph, which nobody edited, does not have.
    """
    elsewhere = StoreElsewhere(dataset.store, {})
    check = BundleCheck(open_bundle(bundle), elsewhere=elsewhere)
    staged = stage(check, elsewhere, dataset.base, folder)
    graph = graph_iri(dataset.base, name)
    held = {
        str(ox.Triple(quad.subject, quad.predicate, quad.object))
        for quad in dataset.store.quads(None, None, None, ox.NamedNode(graph))
    }
    with staged.quads.open("rb") as file:
        given = {str(quad.triple) for quad in ox.parse(file, format=ox.RdfFormat.N_QUADS)}
    gained = sorted(given - held)
    if gained and not _is_edited(dataset, graph):
        raise InputError(
            f"the dataset '{name}' cannot be written as a bundle: it would gain {gained[0][:200]}"
        )
    return BundleExport(dict(staged.records), tuple(sorted(held - given)), tuple(gained))


def _is_edited(dataset: EvidenceDataset, graph: str) -> bool:
    """Return whether updates changed a graph."""
    generation = getattr(dataset.store, "generation", None)
    graphs = generation.graphs if isinstance(generation, Generation) else ()
    return any(info.iri == graph and info.info.get("edited") for info in graphs)
