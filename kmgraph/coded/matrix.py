"""Cases by the constructs of a framework, a page of cases at a time.

Pages are read by look-ups and by no query, so that one is as quick among 20,000 cases as among 20.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.coded.crossing import label_of
from kmgraph.coded.records import ABOUT, CONSTRUCT, CodedRecord, records_about
from kmgraph.coded.tree import ConstructNode, FrameworkTree
from kmgraph.listings import ALL, Blocks, iri_of, listing_iri, stored_blocks
from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
#: Cases above which all are listed, coded or not.
LARGE: Final = 1_000
_OF_STUDY: Final = ox.NamedNode(expand("km:ofStudy"))
_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_CLASSES: Final = {
    "theme": ox.NamedNode(expand("km:Theme")),
    "programme": ox.NamedNode(expand("km:Programme")),
}
#: What a study belongs to, by what a matrix can be narrowed to.
_BELONGS: Final = {
    "theme": ox.NamedNode(expand("km:theme")),
    "programme": ox.NamedNode(expand("km:partOfProgramme")),
}


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """What is coded about one case.

    :ivar iri: the case; a study or a programme, where records are about the whole of it.
    :ivar label: its name.
    :ivar study: IRI of the study of a case; empty for others.
    :ivar cells: IRI of each construct that something is coded to, to what is.
    """

    iri: str
    label: str
    study: str
    cells: dict[str, tuple[CodedRecord, ...]]


@dataclass(frozen=True, slots=True)
class CaseList:
    """Cases in the order of their labels, read a page at a time.

    :ivar total: how many there are.
    :ivar is_whole: whether cases that nothing is coded about are listed too.
    """

    total: int
    listed: Blocks | Sequence[tuple[str, str]]
    is_whole: bool

    def page(self, start: int, size: int) -> list[tuple[str, str]]:
        """Return label and IRI of some of them.

        >>> CaseList(2, [("a", "urn:a"), ("b", "urn:b")], False).page(1, 5)
        [('b', 'urn:b')]
        """
        if not isinstance(self.listed, Blocks):
            return list(self.listed[start : start + size])
        lines = self.listed.page(start, size)
        return [(line.partition("\t")[0], iri_of(line)) for line in lines]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A part of the cases of a view, by the constructs of a framework.

    :ivar columns: the constructs that something in these rows is coded to, in their order.
    :ivar rows: the cases.
    :ivar total: how many cases there are on all pages.
    """

    framework: FrameworkTree
    columns: tuple[ConstructNode, ...]
    rows: tuple[MatrixRow, ...]
    total: int

    @property
    def passages(self) -> list[str]:
        """Return the IRIs of all passages that its cells rest on."""
        return sorted(
            {
                passage
                for row in self.rows
                for records in row.cells.values()
                for record in records
                for passage in record.passages
            }
        )


def coded_cases(
    store: QuadStore, framework: FrameworkTree, *, theme: str = "", programme: str = ""
) -> CaseList:
    """Return the cases that something is coded about by a framework, in the order of labels.

    Studies and programmes that records are about as a whole are among them. In a large store to
    look at each case would take seconds: all its cases are listed there.

    :param theme: IRI of a theme whose studies alone are wanted.
    :param programme: IRI of a programme, likewise.

    >>> from kmgraph.coded.tree import read_tree
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> coded_cases(MemoryStore(), read_tree("parihs-2004")).total
    0
    """
    subjects: set[str] | None = None
    for kind, chosen in (("theme", theme), ("programme", programme)):
        if chosen:
            found = _belonging(store, _BELONGS[kind], chosen)
            subjects = found if subjects is None else subjects & found
    listed = stored_blocks(store, listing_iri(store.base, "cases", ALL))
    if listed is not None and listed.total > LARGE:
        if subjects is None:
            return CaseList(listed.total, listed, is_whole=True)
        cases = [iri for iri in subjects if "/case/" in iri]
        return CaseList(len(cases), _sorted(store, cases), is_whole=True)
    coded = _coded(store, framework)
    kept = coded if subjects is None else coded & subjects
    return CaseList(len(kept), _sorted(store, kept), is_whole=False)


def narrowing(store: QuadStore, kind: str) -> list[tuple[str, str]]:
    """Return what a matrix can be narrowed to: label and IRI of each, by label.

    :param kind: ``theme`` or ``programme``.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> narrowing(MemoryStore(), "theme")
    []
    """
    kinds = store.quads(None, _TYPE, _CLASSES[kind], _DEFAULT)
    return _sorted(store, {getattr(quad.subject, "value", "") for quad in kinds} - {""})


def read_matrix(
    store: QuadStore, framework: FrameworkTree, cases: Sequence[tuple[str, str]], total: int
) -> Matrix:
    """Return a matrix of some cases.

    :param cases: label and IRI of each, a part of what :func:`coded_cases` returns.
    :param total: how many cases there are on all pages.

    >>> from kmgraph.coded.tree import read_tree
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_matrix(MemoryStore(), read_tree("parihs-2004"), [], 0).columns
    ()
    """
    rows = tuple(_row(store, framework, label, iri) for label, iri in cases)
    used = {construct for row in rows for construct in row.cells}
    columns = tuple(one for one in framework.constructs if one.iri in used)
    return Matrix(framework, columns, rows, total)


def _row(store: QuadStore, framework: FrameworkTree, label: str, iri: str) -> MatrixRow:
    """Return what is coded about one case."""
    cells: dict[str, list[CodedRecord]] = {}
    for record in records_about(store, iri):
        for construct in record.constructs:
            if construct in framework.by_iri:
                cells.setdefault(construct, []).append(record)
    study = next(store.quads(ox.NamedNode(iri), _OF_STUDY, None, _DEFAULT), None)
    return MatrixRow(
        iri,
        label,
        getattr(study.object, "value", "") if study else "",
        {construct: tuple(records) for construct, records in cells.items()},
    )


def _coded(store: QuadStore, framework: FrameworkTree) -> set[str]:
    """Return the IRIs of all that something is coded about by a framework."""
    subjects: set[str] = set()
    for construct in framework.constructs:
        for quad in store.quads(None, CONSTRUCT, ox.NamedNode(construct.iri), _DEFAULT):
            for about in store.quads(quad.subject, ABOUT, None, _DEFAULT):
                subjects.add(getattr(about.object, "value", ""))
    return subjects - {""}


def _sorted(store: QuadStore, iris: Collection[str]) -> list[tuple[str, str]]:
    """Return records by their labels: label and IRI of each."""
    return sorted((label_of(store, iri), iri) for iri in iris)


def _belonging(store: QuadStore, prop: ox.NamedNode, whole: str) -> set[str]:
    """Return the IRIs of a theme or programme, of its studies and of their cases."""
    found = {whole}
    for quad in store.quads(None, prop, ox.NamedNode(whole), _DEFAULT):
        found.add(getattr(quad.subject, "value", ""))
        for case in store.quads(None, _OF_STUDY, quad.subject, _DEFAULT):
            found.add(getattr(case.subject, "value", ""))
    return found
