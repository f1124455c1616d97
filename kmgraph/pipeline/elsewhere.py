"""Records outside a bundle that it may point to: of other datasets, or of its own older rows."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from kmgraph.bundles.check import BundleCheck
from kmgraph.namespaces import expand, graph_iri, record_iri
from kmgraph.records import TABLES
from kmgraph.stores.base import QuadStore

#: What a record has in the graph of the dataset that describes it.
_IDENTIFIER = ox.NamedNode(expand("dcterms:identifier"))


class StoreElsewhere:
    """Looks records up in the bundles of the same run, then in the current generation.

    :param store: the current generation's master view, or None before the first build.
    :param checks: dataset id to the check of a bundle of the same run.
    :ivar appended: dataset whose existing records count as the bundle's own, or None.
    """

    def __init__(
        self,
        store: QuadStore | None,
        checks: Mapping[str, BundleCheck],
        *,
        appended: str | None = None,
    ) -> None:
        self._store, self._checks, self.appended = store, checks, appended

    def prefix_of(self, dataset: str) -> str:
        """Return the id prefix of a dataset, or an empty text where it has none."""
        if dataset in self._checks:
            return self._checks[dataset].dataset.get("id_prefix") or ""
        if self._store is None:
            return ""
        subject = ox.NamedNode(record_iri(self._store.base, "dataset", dataset))
        predicate = ox.NamedNode(expand("km:idPrefix"))
        graph = ox.NamedNode(graph_iri(self._store.base, dataset))
        for quad in self._store.quads(subject, predicate, None, graph):
            if isinstance(quad.object, ox.Literal):
                return quad.object.value
        return ""

    def has_dataset(self, dataset: str) -> bool:
        """Return whether the dataset is in this run or in the store."""
        if dataset in self._checks:
            return True
        return self._store is not None and (
            graph_iri(self._store.base, dataset) in self._store.graph_names()
        )

    def sheet_of(self, dataset: str, record_id: str) -> str | None:
        """Return the sheet of a record of another dataset, or None where there is no such."""
        if dataset in self._checks:
            return self._checks[dataset].sheet_of(record_id)
        return self._stored_sheet(dataset, record_id)

    def existing_sheet(self, record_id: str) -> str | None:
        """Return the sheet of a record that the appended dataset has already."""
        if self.appended is None:
            return None
        return self._stored_sheet(self.appended, record_id)

    def _stored_sheet(self, dataset: str, record_id: str) -> str | None:
        """Return the sheet of a record of the store."""
        if self._store is None:
            return None
        graph = ox.NamedNode(graph_iri(self._store.base, dataset))
        # By its id, which the store has an index of: there are many kinds of records to try.
        found = {
            quad.subject.value
            for quad in self._store.quads(None, _IDENTIFIER, ox.Literal(record_id), graph)
            if isinstance(quad.subject, ox.NamedNode)
        }
        local = self.prefix_of(dataset) + record_id if found else ""
        for table in TABLES.values() if found else ():
            if record_iri(self._store.base, table.segment, local) in found:
                return table.sheet
        return None
