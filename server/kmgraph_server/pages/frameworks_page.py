"""What the pages of frameworks and matrices show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from kmgraph.coded import (
    LARGE,
    CodedRecord,
    ConstructCounts,
    ConstructNode,
    Crossed,
    FrameworkTree,
    MappedTo,
    Matrix,
    coded_cases,
    count_codings,
    framework_names,
    read_mapped,
    read_tree,
)
from kmgraph.questions import find_passages
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown
from kmgraph_server.snapshots import Snapshot

#: Most records that stand in a cell of a page; a file holds all.
_CELL = 4
_NOTHING = ConstructCounts()


@dataclass(frozen=True, slots=True)
class FrameworkLine:
    """A framework in the list of all.

    :ivar codings: coded records, each counted once for each of its constructs.
    :ivar used: constructs that something is coded to.
    :ivar cases: cases that are coded by it; None where that was not counted.
    """

    tree: FrameworkTree
    codings: int
    used: int
    cases: int | None


@dataclass(frozen=True, slots=True)
class ConstructLine:
    """A construct in the tree of a framework.

    :ivar mapped: name of each other framework that mappings lead to, to how many.
    """

    node: ConstructNode
    counts: ConstructCounts
    mapped: dict[str, int]


@dataclass(frozen=True, slots=True)
class MappingLine:
    """A mapping on the page of a construct."""

    mapped: MappedTo
    framework: str
    label: str
    slug: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A record in a cell of a matrix.

    :ivar sign: one character; ``words`` say the same.
    :ivar title: the statement in full.
    :ivar passages: places of its passages, with links.
    """

    tone: str
    sign: str
    words: str
    title: str
    href: str | None
    passages: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class CellPage:
    """A cell of a matrix: the first marks, and how many more there are."""

    marks: tuple[Mark, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class RowPage:
    """A row of a matrix."""

    head: Shown
    cells: tuple[CellPage, ...] = field(default=())


def framework_lines(served: Snapshot) -> list[FrameworkLine]:
    """Return all frameworks, those that are used first."""
    store = served.dataset.store
    counts = count_codings(store)
    lines = []
    for name in framework_names():
        tree = read_tree(name)
        used = [counts[one.iri] for one in tree.constructs if one.iri in counts]
        codings = sum(one.codings for one in used)
        # In a large store to count the cases of each framework takes seconds.
        cases = None if codings > LARGE else (coded_cases(store, tree).total if used else 0)
        lines.append(FrameworkLine(tree, codings, len(used), cases))
    return sorted(lines, key=lambda one: (-one.codings, one.tree.label.casefold()))


def construct_lines(served: Snapshot, tree: FrameworkTree) -> list[ConstructLine]:
    """Return the constructs of a framework with what is coded to each."""
    store = served.dataset.store
    counts = count_codings(store)
    mapped = read_mapped(store, tree.by_iri)
    return [
        ConstructLine(
            node,
            counts.get(node.iri, _NOTHING),
            dict(Counter(one.scheme for one in mapped.get(node.iri, ()))),
        )
        for node in tree.constructs
    ]


def mapping_lines(served: Snapshot, node: ConstructNode) -> list[MappingLine]:
    """Return the mappings that lead from a construct to others that there are."""
    found = []
    for one in read_mapped(served.dataset.store, [node.iri]).get(node.iri, ()):
        if one.scheme in framework_names() and one.end in read_tree(one.scheme).by_iri:
            there = read_tree(one.scheme)
            end = there.by_iri[one.end]
            found.append(MappingLine(one, there.label, end.label, end.slug))
    return found


def places_of(served: Snapshot, passages: Iterable[str]) -> dict[str, str]:
    """Return passages with their places in words, looked up together."""
    wanted = list(passages)
    if not wanted:
        return {}
    return {one.iri: one.place for one in find_passages(served.dataset.store, wanted)}


def matrix_rows(matrix: Matrix, served: Snapshot) -> list[RowPage]:
    """Return the rows of a matrix."""
    places = places_of(served, matrix.passages)
    return [
        RowPage(
            Shown(row.label, served.names.link(row.iri)),
            tuple(
                cell_of(row.cells.get(column.iri, ()), served.names, places)
                for column in matrix.columns
            ),
        )
        for row in matrix.rows
    ]


def crossed_page(crossed: Crossed, served: Snapshot, limit: int) -> list[RowPage]:
    """Return the rows of a crossed table.

    :param limit: most rows to return.
    """
    rows = crossed.rows[:limit]
    iris = {row for row, _ in rows}
    records = [one for pair, found in crossed.cells.items() if pair[0] in iris for one in found]
    places = places_of(served, {passage for one in records for passage in one.passages})
    pages = []
    for row, label in rows:
        cells = []
        for column, _ in crossed.columns:
            found = crossed.cells.get((row, column), ())
            marks = tuple(
                Mark(
                    "",
                    "",
                    one.label,
                    "",
                    served.names.link(one.iri),
                    _links(one.passages, served.names, places),
                )
                for one in found[:_CELL]
            )
            cells.append(CellPage(marks, len(found) - len(marks)))
        pages.append(RowPage(Shown(label, served.names.link(row) if row else None), tuple(cells)))
    return pages


def cell_of(
    records: tuple[CodedRecord, ...] | list[CodedRecord], names: Names, places: dict[str, str]
) -> CellPage:
    """Return a cell of a matrix."""
    marks = tuple(mark_of(one, names, places) for one in records[:_CELL])
    return CellPage(marks, len(records) - len(marks))


def mark_of(record: CodedRecord, names: Names, places: dict[str, str]) -> Mark:
    """Return a record with its sign and its words."""
    return Mark(
        record.tone,
        record.sign,
        record.words,
        record.statement,
        names.link(record.iri),
        _links(record.passages, names, places),
    )


def _links(passages: tuple[str, ...], names: Names, places: dict[str, str]) -> tuple[Shown, ...]:
    """Return passages with links and places."""
    return tuple(Shown(places.get(one, one), names.link(one)) for one in passages)
