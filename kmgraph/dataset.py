"""The evidence dataset: what people who use kmgraph from Python hold in their hands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pyoxigraph as ox
import rdflib

from kmgraph import artefacts
from kmgraph.crosswalks import Crosswalk, crosswalk
from kmgraph.entity import Entity
from kmgraph.errors import AccessDeniedError, InputError
from kmgraph.explanation import Explanation, explain
from kmgraph.formats import NQUADS, NTRIPLES
from kmgraph.namespaces import PREFIXES, expand
from kmgraph.network import KINDS, StakeholderNetwork
from kmgraph.questions import Answer, Questions, answer, load_catalogue
from kmgraph.readings import (
    Cases,
    diagnoses_frame,
    flips_frame,
    ratings_frame,
    summaries_frame,
)
from kmgraph.records import SEGMENTS, TABLES
from kmgraph.results import Solutions
from kmgraph.search import SearchIndex, open_index, with_searches
from kmgraph.stores.base import Answer as QueryAnswer
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC
from kmgraph.terms import Term, python_value

if TYPE_CHECKING:
    import pandas as pd


_G = TypeVar("_G", bound=rdflib.Graph)


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """What a dataset says of itself; empty texts where it is silent."""

    iri: str
    identifier: str
    title: str
    description: str
    publisher: str
    licence: str
    version: str
    issued: str
    synthetic: bool


class EvidenceDataset:
    """Named graphs of evidence and their merge, to be asked and handed on.

    :param store: the store, or a view of a generation.
    :param view: key of the view; None where there are no views, as in memory.
    :param index: opens the index of its words; made in memory where nothing is given.
    :ivar base: base IRI of the records.

    It is a context manager that closes its store.
    """

    def __init__(
        self,
        store: QuadStore,
        *,
        view: str | None = None,
        index: Callable[[], SearchIndex] | None = None,
    ) -> None:
        self.store = store
        self.base = store.base
        self._view = view
        self._open_index = index
        self._index: SearchIndex | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        if self._index is not None:
            self._index.close()
            self._index = None
        self.store.close()

    def __len__(self) -> int:
        """Return the number of triples of the merged graph."""
        return self.store.count()

    @property
    def generation(self) -> int | None:
        """Id of the generation that is read, or None for a dataset in memory."""
        found = getattr(self.store, "generation", None)
        return getattr(found, "id", None)

    def query(self, text: str, *, bindings: Mapping[str, Term] | None = None) -> QueryAnswer:
        """Answer a SPARQL query over the merged graph; see :meth:`QuadStore.query`.

        It may search by words; see :func:`kmgraph.search.with_searches`.
        """
        return self.store.query(with_searches(text, self.search_index), bindings=bindings)

    def search_index(self) -> SearchIndex:
        """Return the index of the words of this view; it is made where there is none yet."""
        if self._open_index is None:
            # What is in memory may change from one search to the next.
            return SearchIndex.of(self.store)
        if self._index is None:
            self._index = self._open_index()
        return self._index

    @property
    def questions(self) -> Questions:
        """The saved questions, each of which can be called: ``questions.cq_031()``."""
        return Questions(load_catalogue().values(), self.store)

    def ask(
        self,
        question_id: str,
        parameters: Mapping[str, str] | None = None,
        /,
        *,
        page: int | None = None,
        page_size: int | None = None,
        whole: bool = False,
        **named: str,
    ) -> Answer:
        """Answer a saved question.

        :param question_id: such as ``cq-031`` or ``31``.
        :param parameters: its parameters as text, by name; they may be given as keywords too.
        :param page: page of the answer, from 1; the whole answer where neither page nor size is
            given, unless more than a thousand records are listed for the question.
        :param page_size: how many records a page is about; 20 where none is given.
        :param whole: whether all rows are wanted with whole lists, however long that takes.
        :raises QuestionNotFoundError: there is no such question.
        :raises ParameterError: a parameter is missing, unknown or of the wrong kind.
        """
        params = {**(parameters or {}), **named}
        question = self.questions[question_id]
        return answer(question, self.store, params, page=page, page_size=page_size, whole=whole)

    def entity(self, name: str) -> Entity:
        """Return one entity.

        :param name: its IRI, or what stands after the base, such as ``study/ndl-MH1``, or a
            prefixed name.
        """
        if "://" in name or name.startswith("urn:"):
            return Entity(self.store, name)
        prefix, colon, _ = name.partition(":")
        if colon and prefix in PREFIXES:
            return Entity(self.store, expand(name))
        return Entity(self.store, self.base + name)

    def records(self, sheet: str) -> Iterator[Entity]:
        """Yield the records of a sheet, in the order of their ids.

        :param sheet: such as ``studies``.
        :raises InputError: there is no such sheet.
        """
        if sheet not in TABLES:
            raise InputError(f"no sheet '{sheet}': there are {', '.join(TABLES)}")
        for row in self._support("records", {"class": expand(TABLES[sheet].class_name)}):
            iri = row["record"].value
            # A panel is an organisation too, and is a record of the sheet of panels alone.
            owner = SEGMENTS.get(iri.removeprefix(self.base).partition("/")[0])
            if owner is None or owner.sheet == sheet:
                yield Entity(self.store, iri)

    def studies(self) -> Iterator[Entity]:
        """Yield the studies, in the order of their ids."""
        return self.records("studies")

    @property
    def cases(self) -> Cases:
        """The PARIHS readings of the cases, by id: ``cases["a"].evidence.research.score``."""
        return Cases(self.store)

    def ratings(self) -> pd.DataFrame:
        """Return the ratings as a tidy DataFrame: one row each, used in a summary or not.

        :raises MissingExtraError: pandas is not installed.
        """
        return ratings_frame(self.store)

    def summaries(self) -> pd.DataFrame:
        """Return the summaries of elements and of constructs as a DataFrame.

        :raises MissingExtraError: pandas is not installed.
        """
        return summaries_frame(self.store)

    def diagnoses(self) -> pd.DataFrame:
        """Return the diagnoses as a DataFrame; each says how far its rule was checked.

        :raises MissingExtraError: pandas is not installed.
        """
        return diagnoses_frame(self.store)

    def flips(self) -> pd.DataFrame:
        """Return the single changes that would overturn a diagnosis as a DataFrame.

        :raises MissingExtraError: pandas is not installed.
        """
        return flips_frame(self.store)

    def explain(self, name: str) -> Explanation:
        """Return why something is as it is: rule, ratings, raters and passages, as a tree.

        :param name: its IRI, what stands after the base (``case/a/diagnosis/parihs-2004``), or
            the id of a case, which stands for its diagnoses.
        :raises RecordNotFoundError: the store says nothing of it.
        """
        return explain(self.store, name)

    def crosswalk(
        self, source: str, target: str, *, case: str | None = None, steps: int = 1
    ) -> Crosswalk:
        """Return what is coded in one framework, seen through another, and what is lost.

        :param source: short name of the framework that was coded in, such as ``parihs-2004``.
        :param target: short name of the framework that it is to be seen through.
        :param case: a case, study or programme, such as ``case/ndl-SR1-case``; all by default.
        :param steps: longest path, in mappings: 1, 2 or 3.
        :raises NotFoundError: there is no such framework.
        :raises RecordNotFoundError: the store says nothing of the case.
        """
        return crosswalk(source, target, steps=steps, dataset=self, case=case)

    def network(
        self,
        *,
        kinds: Collection[str] = KINDS,
        programme: str | None = None,
        people: bool | None = None,
    ) -> StakeholderNetwork:
        """Return the stakeholder network: who is tied to whom, who bridges, what a vacancy cuts.

        :param kinds: kinds of records in it: ``person``, ``post``, ``community``, ``panel``,
            ``organisation``, ``agency`` and ``study``; ``programme`` and ``theme`` only if named.
        :param programme: only the studies of this programme and what is tied to them, by IRI or
            what stands after the base.
        :param people: whether measures may be of people; by default they are in views of groups.
        :raises InputError: there is no such kind.
        :raises AccessDeniedError: measures of people are wanted of the public view.
        """
        if people and self._view == PUBLIC:
            raise AccessDeniedError(
                "the public view has no measures of people: open the view of a group"
            )
        if people is None:
            people = self._view not in (None, PUBLIC)
        return StakeholderNetwork.read(self.store, kinds=kinds, programme=programme, people=people)

    def counts(self) -> dict[str, int]:
        """Return the number of records by class IRI."""
        return {
            row["class"].value: int(row["records"].value) for row in self._support("class-counts")
        }

    def datasets(self) -> list[DatasetCard]:
        """Return what each dataset says of itself."""
        cards = []
        for row in self._support("datasets"):
            text = {name: "" if term is None else term.value for name, term in row.items()}
            cards.append(
                DatasetCard(
                    iri=text.pop("dataset"), synthetic=text.pop("synthetic") == "true", **text
                )
            )
        return cards

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return label and definition of the terms of the vocabulary, by IRI."""
        return {
            row["term"].value: (
                row["label"].value,
                "" if row["definition"] is None else row["definition"].value,
            )
            for row in self._support("labels")
        }

    def _support(
        self, name: str, bindings: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the solutions of one of the queries in ``queries/support``."""
        text = artefacts.read_text("queries", f"support/{name}.rq")
        terms = {key: ox.NamedNode(iri) for key, iri in (bindings or {}).items()}
        found = self.store.query(text, bindings=terms)
        if isinstance(found, Solutions):
            for row in found:
                yield dict(zip(found.variables, row, strict=True))

    def to_rdflib_graph(self) -> rdflib.Graph:
        """Return a copy of the merged graph as an rdflib Graph."""
        graph = rdflib.Graph()
        graph.parse(data=self._dumped(NTRIPLES), format="nt")
        return _with_namespaces(graph)

    def to_rdflib_dataset(self) -> rdflib.Dataset:
        """Return a copy of the named graphs as an rdflib Dataset."""
        dataset = rdflib.Dataset()
        dataset.parse(data=self._dumped(NQUADS), format="nquads")
        _with_namespaces(dataset)
        return dataset

    def _dumped(self, fmt: Any) -> bytes:
        import io

        buffer = io.BytesIO()
        self.store.dump(buffer, fmt)
        return buffer.getvalue()

    def to_dataframe(self, query_or_sheet: str) -> pd.DataFrame:
        """Return the solutions of a SELECT query, or the records of a sheet, as a DataFrame.

        A sheet gives one row a record and one column a property; several values of a property
        are a list.

        :raises InputError: the query is not a SELECT.
        :raises MissingExtraError: pandas is not installed.
        """
        if query_or_sheet in TABLES:
            return self._sheet_frame(query_or_sheet)
        found = self.query(query_or_sheet)
        if not isinstance(found, Solutions):
            raise InputError("only a SELECT query gives a DataFrame")
        return found.to_dataframe()

    def _sheet_frame(self, sheet: str) -> pd.DataFrame:
        """Return the records of a sheet as a DataFrame."""
        empty: Solutions = Solutions([], [])
        frame_type = type(empty.to_dataframe())
        columns = [c for c in TABLES[sheet].columns if c.predicate]
        rows = []
        for record in self.records(sheet):
            row: dict[str, Any] = {"iri": record.iri}
            for column in columns:
                values = [python_value(term) for term in record.values(column.predicate)]
                row[column.name] = values if column.many else values[0] if values else None
            rows.append(row)
        names: Sequence[str] = ["iri", *(column.name for column in columns)]
        return frame_type(rows, columns=list(names))


def open_store(
    path: str | Path, *, view: str = "public", generation: int | None = None
) -> EvidenceDataset:
    """Open a published generation of a store for reading.

    :param path: folder of the store.
    :param view: view to read; ``public`` shows what everyone may see.
    :param generation: id of a kept generation; the current one by default.
    :raises StoreUnavailableError: there is no store, or nothing is published in it yet.
    """
    target = GenerationStore(path)
    store = target.open_view(view, generation)
    if generation not in (None, target.current_id()):
        return EvidenceDataset(store, view=view)
    return EvidenceDataset(store, view=view, index=lambda: open_index(target, view))


def _with_namespaces(graph: _G) -> _G:
    """Bind the known prefixes to a graph."""
    for prefix, iri in PREFIXES.items():
        graph.bind(prefix, iri, replace=True)
    return graph
