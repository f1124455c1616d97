"""Which saved questions two generations answer differently, and why.

A question is asked of both generations unless nothing that differs bears on what its query reads.
It is asked with its parameters left open or at their defaults, and then, for each parameter that
names a record or a term, with the values that occur in the records that changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import KmGraphError
from kmgraph.namespaces import RDF, expand
from kmgraph.questions import Parameter, Question, Returned, load_catalogue
from kmgraph.questions.paging import find_rows
from kmgraph.questions.parameters import to_text
from kmgraph.results import Row
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term, display
from kmgraph.versions.difference import Difference
from kmgraph.versions.reading import reads
from kmgraph.versions.reasons import Reasons
from kmgraph.versions.records import ADDED, CHANGED, REMOVED

#: Most values of a parameter that are tried.
VALUES: Final = 10
_TYPE: Final = ox.NamedNode(f"{RDF}type")


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of an answer that is new, gone, or has other values.

    :ivar change: ``added``, ``removed`` or ``changed``.
    :ivar before: the row as the older generation has it; None where it is new.
    :ivar after: the row as the newer generation has it; None where it is gone.
    :ivar columns: names of the columns whose values differ; all that have one, of a whole row.
    :ivar because_of: IRIs of the changed records and passages that the row rests on.
    """

    change: str
    before: Row | None
    after: Row | None
    columns: tuple[str, ...]
    because_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """A saved question that two generations answer differently.

    :ivar question: the question.
    :ivar parameters: what it was asked with, by name, as text.
    :ivar rows_before: number of rows in the older generation.
    :ivar rows_after: number of rows in the newer one.
    :ivar rows: the rows that differ.
    """

    question: Question
    parameters: Mapping[str, str]
    rows_before: int
    rows_after: int
    rows: tuple[RowChange, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the change as plain values."""
        names = [column.name for column in self.question.returns]
        return {
            "question": self.question.id,
            "title": self.question.title,
            "parameters": dict(self.parameters),
            "rows": {"before": self.rows_before, "after": self.rows_after},
            "changes": [
                {
                    "change": one.change,
                    "columns": list(one.columns),
                    "before": _row_dict(names, one.before),
                    "after": _row_dict(names, one.after),
                    "because_of": list(one.because_of),
                }
                for one in self.rows
            ],
        }


def _row_dict(names: Sequence[str], row: Row | None) -> dict[str, str | None] | None:
    """Return a row by the names of its columns, its terms as N-Triples have them."""
    if row is None:
        return None
    return {name: str(t) if t is not None else None for name, t in zip(names, row, strict=True)}


@dataclass(slots=True)
class AnswerReport:
    """What was compared so far; it grows while the changes of answers are read.

    :ivar unaffected: ids of questions that nothing bears on, which were not asked.
    :ivar asked: id of a question to the sets of parameters that it was asked with.
    :ivar cut: id of a question to the parameters of which only some values were tried.
    :ivar failed: id of a question to why it could not be asked.
    """

    unaffected: list[str] = field(default_factory=list)
    asked: dict[str, list[Mapping[str, str]]] = field(default_factory=dict)
    cut: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "unaffected": self.unaffected,
            "asked": {name: [dict(one) for one in sets] for name, sets in self.asked.items()},
            "cut": self.cut,
            "failed": self.failed,
        }


def answer_changes(
    difference: Difference,
    *,
    questions: Iterable[Question] | None = None,
    report: AnswerReport | None = None,
    values: int = VALUES,
    asks_all: bool = False,
) -> Iterator[AnswerChange]:
    """Yield the saved questions that two generations answer differently, with the rows and why.

    :param questions: which questions; all that are shipped by default.
    :param report: told of what was compared.
    :param values: most values of a parameter that are tried.
    :param asks_all: whether to ask also what nothing bears on, which costs time and finds nothing.

    >>> import tempfile
    >>> from kmgraph.stores.generations import GenerationStore
    >>> from kmgraph.versions.difference import diff
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first") as writer:
    ...         _ = writer.publish()
    ...     with diff(store, 1, 1) as difference:
    ...         list(answer_changes(difference))
    []
    """
    told = report if report is not None else AnswerReport()
    chosen = load_catalogue().values() if questions is None else questions
    touched = difference.touched()
    occurring = _Occurring(difference, values)
    for question in chosen:
        if not asks_all and not reads(question.query).bears_on(touched):
            told.unaffected.append(question.id)
            continue
        for parameters in _parameter_sets(question, occurring, told):
            told.asked.setdefault(question.id, []).append(parameters)
            try:
                found = _compared(question, parameters, difference)
            except KmGraphError as error:
                told.failed[question.id] = str(error)
                break
            if found is not None:
                yield found


def _compared(
    question: Question, parameters: Mapping[str, str], difference: Difference
) -> AnswerChange | None:
    """Return in what two answers differ; None where they are the same."""
    before = _asked(question, parameters, difference.old_store)
    after = _asked(question, parameters, difference.new_store)
    gone, new = Counter(before), Counter(after)
    removed, added = list((gone - new).elements()), list((new - gone).elements())
    if not removed and not added:
        return None
    reasons = Reasons(difference, reads(question.query))
    rows = tuple(_row_changes(question, removed, added, reasons))
    return AnswerChange(question, parameters, len(before), len(after), rows)


def _asked(question: Question, parameters: Mapping[str, str], store: QuadStore) -> list[Row]:
    """Return the whole answer of a store, with the lists in its cells in order."""
    bindings = question.bindings(parameters, base=store.base)
    rows, _ = find_rows(question, store, bindings, None)
    return [tuple(map(_in_order, question.returns, row)) for row in rows]


def _in_order(column: Returned, term: Term | None) -> Term | None:
    """Return a term; where it is a list, without what SPARQL leaves open."""
    if not isinstance(term, ox.Literal) or column.kind not in ("passages", "texts"):
        return term
    separator = " " if column.kind == "passages" else "\n"
    parts = {part.strip() for part in term.value.split(separator)} - {""}
    return ox.Literal(separator.join(sorted(parts)))


def _row_changes(
    question: Question, removed: list[Row], added: list[Row], reasons: Reasons
) -> Iterator[RowChange]:
    """Yield the rows that differ; one that went and one that came about the same are a pair."""
    partners: dict[tuple[Term | None, ...], list[Row]] = {}
    for row in added:
        partners.setdefault(_about(question, row), []).append(row)
    for row in removed:
        waiting = partners.get(_about(question, row))
        other = waiting.pop(0) if waiting else None
        columns = _differing(question, row, other)
        because_of = reasons.of([row] if other is None else [row, other])
        change = REMOVED if other is None else CHANGED
        yield RowChange(change, row, other, columns, because_of)
    for rows in partners.values():
        for row in rows:
            columns = _differing(question, None, row)
            yield RowChange(ADDED, None, row, columns, reasons.of([row]))


def _about(question: Question, row: Row) -> tuple[Term | None, ...]:
    """Return the records that a row is about."""
    pairs = zip(question.returns, row, strict=True)
    return tuple(term for column, term in pairs if column.kind == "iri")


def _differing(question: Question, before: Row | None, after: Row | None) -> tuple[str, ...]:
    """Return the names of the columns in which two rows differ."""
    nothing = (None,) * len(question.returns)
    triples = zip(question.returns, before or nothing, after or nothing, strict=True)
    return tuple(column.name for column, one, two in triples if one != two)


class _Occurring:
    """The IRIs that occur in the records that changed, and of which classes they are."""

    def __init__(self, difference: Difference, most: int) -> None:
        self._difference, self._most = difference, most
        self._known: dict[str, set[str]] | None = None

    def fitting(self, parameter: Parameter) -> tuple[list[str], bool]:
        """Return values that fit a parameter, and whether there are more of them."""
        if parameter.kind not in ("iri", "construct"):
            return [], False
        wanted = {expand(name) for name in parameter.of} or {expand("skos:Concept")}
        choices = {name if "://" in name else expand(name) for name in parameter.choices}
        found = [
            iri
            for iri, classes in self._all().items()
            if (iri in choices if choices else classes & wanted)
        ]
        return sorted(found)[: self._most], len(found) > self._most

    def _all(self) -> dict[str, set[str]]:
        """Return the IRIs that occur, with their classes in either generation."""
        if self._known is None:
            self._known = {}
            for record in self._difference.records():
                self._note(record.iri)
                for one in record.properties:
                    for term in (*one.removed, *one.added):
                        if isinstance(term, ox.NamedNode):
                            self._note(term.value)
        return self._known

    def _note(self, iri: str) -> None:
        """Note an IRI and what it is."""
        known = self._known
        if known is None or iri in known:
            return
        node = ox.NamedNode(iri)
        stores = (self._difference.old_store, self._difference.new_store)
        known[iri] = {
            quad.object.value
            for store in stores
            for quad in store.quads(node, _TYPE)
            if isinstance(quad.object, ox.NamedNode)
        }


def _parameter_sets(
    question: Question, occurring: _Occurring, report: AnswerReport
) -> Iterator[Mapping[str, str]]:
    """Yield what a question is asked with: nothing, then one value after the other."""
    needed = [one for one in question.parameters if one.required and not one.default]
    if not needed:
        yield {}
    for parameter in question.parameters:
        if any(one is not parameter for one in needed):
            continue
        values, is_cut = occurring.fitting(parameter)
        if is_cut:
            report.cut.setdefault(question.id, []).append(parameter.name)
        for value in values:
            yield {parameter.name: value}


def row_text(question: Question, change: RowChange, base: str) -> str:
    """Return a row that differs in a line: what it is about, and what changed.

    :param base: base IRI of the records, which is left out.
    """
    row = change.after if change.after is not None else change.before or ()
    names = [column.name for column in question.returns]
    kinds = {column.name: column.kind for column in question.returns}
    label_of = {column.of: column.name for column in question.returns if column.of}
    cells = dict(zip(names, row, strict=True))
    about = [
        _shown(cells.get(label_of.get(name, "")) or cells[name], base)
        for name in names
        if kinds[name] == "iri" and cells[name] is not None
    ]
    if not about:
        about = [_shown(term, base) for term in row if term is not None][:2]
    if change.change != CHANGED or change.before is None or change.after is None:
        return "; ".join(about)
    before = dict(zip(names, change.before, strict=True))
    told = [
        f"{name}: {_listed(kinds[name], before[name], base)} -> "
        f"{_listed(kinds[name], cells[name], base)}"
        for name in change.columns
    ]
    return f"{'; '.join(about)} | {', '.join(told)}"


def _listed(kind: str, term: Term | None, base: str) -> str:
    """Return a cell as text; of passages only how many there are."""
    if kind == "passages" and isinstance(term, ox.Literal):
        return f"{len(term.value.split())}"
    return _shown(term, base)


def _shown(term: Term | None, base: str) -> str:
    """Return a term as short text."""
    if term is None:
        return "nothing"
    return to_text(term, base=base) if isinstance(term, ox.NamedNode) else display(term)
