"""Turn a dataset's named graph back into the rows of a bundle.

Building those rows again gives the same graph; a statement that no column holds (from RDF that was
loaded as it is) stays behind and is counted by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import pyoxigraph as ox

from kmgraph.bundles.cells import join_items
from kmgraph.errors import GraphNotFoundError
from kmgraph.mapping.mapper import split_record_iri
from kmgraph.namespaces import FRAMEWORK, compact, expand, graph_iri, record_iri
from kmgraph.records import TABLES, Column, Kind, Table
from kmgraph.stores.base import QuadStore
from kmgraph.vocabulary import Vocabulary, load_vocabulary

Row = dict[str, str]


@dataclass(frozen=True)
class DatasetReader:
    """Reads the records of one dataset of a store.

    :ivar store: the store or view.
    :ivar dataset: id of the dataset.
    """

    store: QuadStore
    dataset: str

    @cached_property
    def _graph(self) -> ox.NamedNode:
        return ox.NamedNode(graph_iri(self.store.base, self.dataset))

    @cached_property
    def _iri(self) -> str:
        return record_iri(self.store.base, "dataset", self.dataset)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return load_vocabulary()

    @cached_property
    def _codes(self) -> Mapping[str, Mapping[str, str]]:
        """Class to IRI to code."""
        return {
            owner: {iri: code for code, iri in codes.items()}
            for owner, codes in self._vocabulary.codes.items()
        }

    @cached_property
    def _prefix(self) -> str:
        return self._literal(self._iri, "km:idPrefix")

    @cached_property
    def _extended(self) -> dict[str, str]:
        """Id of each extended dataset to its id prefix."""
        datasets = [iri.rpartition("/")[2] for iri in self._objects(self._iri, "km:extends")]
        return {
            name: self._literal(
                record_iri(self.store.base, "dataset", name),
                "km:idPrefix",
                ox.NamedNode(graph_iri(self.store.base, name)),
            )
            for name in datasets
        }

    def _values(
        self, subject: str, predicate: str, graph: ox.NamedNode | None = None
    ) -> list[ox.Literal]:
        quads = self.store.quads(
            ox.NamedNode(subject), ox.NamedNode(expand(predicate)), None, graph or self._graph
        )
        return [quad.object for quad in quads]  # type: ignore[misc]

    def _objects(self, subject: str, predicate: str) -> list[str]:
        return sorted(value.value for value in self._values(subject, predicate))

    def _literal(self, subject: str, predicate: str, graph: ox.NamedNode | None = None) -> str:
        values = self._values(subject, predicate, graph)
        return values[0].value if values else ""

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Yield sheet and row of every record, sheet by sheet, in the order of their ids.

        :raises GraphNotFoundError: the store holds no such dataset.
        """
        if not self._values(self._iri, "dcterms:identifier"):
            raise GraphNotFoundError(
                f"the store has no dataset '{self.dataset}': 'kmgraph log' lists what it has"
            )
        for table in TABLES.values():
            for subject, record_id in sorted(self._subjects(table), key=lambda pair: pair[1]):
                yield table.sheet, self._row(table, subject, record_id)

    def _subjects(self, table: Table) -> Iterator[tuple[str, str]]:
        """Yield IRI and id of the records of a table, extended ones included."""
        if table.sheet == "dataset":
            yield self._iri, self.dataset
            return
        seen = set()
        class_node = ox.NamedNode(expand(table.class_name))
        type_node = ox.NamedNode(expand("rdf:type"))
        for quad in self.store.quads(None, type_node, class_node, self._graph):
            iri = quad.subject.value  # type: ignore[union-attr]
            split = split_record_iri(self.store.base, iri)
            if split and split[0] == table.sheet and iri not in seen:
                seen.add(iri)
                yield iri, split[1].removeprefix(self._prefix)
        if self._extended:
            yield from self._extension_subjects(table, seen)

    def _extension_subjects(self, table: Table, own: set[str]) -> Iterator[tuple[str, str]]:
        """Yield the records of other datasets that this one describes further."""
        start = f"{self.store.base}{table.segment}/"
        subjects = {
            quad.subject.value  # type: ignore[union-attr]
            for quad in self.store.quads(None, None, None, self._graph)
        }
        for iri in sorted(subjects - own):
            if iri.startswith(start) and "/" not in iri[len(start) :]:
                yield iri, self._record_id(iri)

    def _record_id(self, iri: str) -> str:
        """Return the id of a record as this dataset's bundle writes it."""
        split = split_record_iri(self.store.base, iri)
        local = split[1] if split else iri
        if not self._values(iri, "dcterms:identifier"):
            for name, prefix in self._extended.items():
                graph = ox.NamedNode(graph_iri(self.store.base, name))
                if self._values(iri, "dcterms:identifier", graph):
                    return f"{name}:{local.removeprefix(prefix)}"
        return local.removeprefix(self._prefix)

    def _row(self, table: Table, subject: str, record_id: str) -> Row:
        """Return the cells of one record."""
        row = {column.name: self._cell(column, subject) for column in table.columns}
        row["id"] = record_id
        if table.sheet == "dataset":
            row["publisher"] = self._literal(f"{subject}/publisher", "foaf:name")
            row["extends"] = join_items(list(self._extended))
        elif table.sheet == "passages":
            row["quote"] = self._literal(f"{subject}/quote", "oa:exact")
        elif table.sheet == "assessments":
            kinds = self._objects(subject, "km:bandKind")
            if kinds == [expand("km:Computed")]:
                row["band"] = ""
        return row

    def _cell(self, column: Column, subject: str) -> str:
        """Return one cell."""
        if not column.predicate or column.kind is Kind.ID:
            return ""
        items = [self._item(column, v) for v in self._values(subject, column.predicate)]
        kept = sorted(item for item in items if item is not None)
        if not column.many:
            return kept[0] if kept else ""
        return join_items(kept)

    def _item(self, column: Column, value: ox.Literal | ox.NamedNode) -> str | None:
        """Return one item of a cell, or None where the value belongs to another column."""
        kind = column.kind
        if kind is Kind.BOOLEAN:
            return "yes" if value.value == "true" else "no"
        if kind in (Kind.CODE, Kind.TYPE):
            return self._codes.get(column.codes, {}).get(value.value)
        if kind is Kind.REF:
            split = split_record_iri(self.store.base, value.value)
            return self._record_id(value.value) if split and split[0] in column.targets else None
        if kind is Kind.CONSTRUCT:
            found = self._vocabulary.constructs.get(value.value.rpartition("/")[2])
            return found.notation if found and found.iri == value.value else None
        if kind is Kind.SCHEME:
            is_scheme = value.value.startswith(FRAMEWORK) and value.value.endswith("/")
            return value.value[len(FRAMEWORK) : -1] if is_scheme else None
        if kind is Kind.TERM:
            labels = self._objects(value.value, "skos:prefLabel")
            return labels[0] if labels else unquote(value.value.rpartition("/")[2])
        if kind is Kind.PROPERTY:
            return compact(value.value)
        return value.value
