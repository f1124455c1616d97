"""What the graph holds of cases: assessments, summaries, diagnoses and flips, as small nodes.

Three queries read one case, and the same three read all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.derivation import flips_are_stored, flips_of
from kmgraph.namespaces import KM, compact, expand
from kmgraph.readings.frameworks import load_labels
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.terms import Term, python_value

#: Cases whose flips are worked out together where the store holds none.
_AT_ONCE = 100
_RESTS_ON = "prov:wasDerivedFrom"
#: Properties that name a thing, best first.
_NAMING = tuple(
    expand(name) for name in ("foaf:name", "skos:prefLabel", "dcterms:title", "dcterms:identifier")
)
Solution = dict[str, Term | None]


@dataclass(frozen=True, slots=True)
class Node:
    """An assessment, a summary, a diagnosis or a flip.

    :ivar kind: local name of its class, such as ``ElementSummary``.
    :ivar values: prefixed name of each property to its values, sorted.
    """

    iri: str
    kind: str
    values: Mapping[str, tuple[Term, ...]]

    def texts(self, prop: str) -> tuple[str, ...]:
        """Return the values of a property as text; an IRI as it is."""
        return tuple(
            term.value
            for term in self.values.get(prop, ())
            if isinstance(term, ox.NamedNode | ox.Literal)
        )

    def text(self, prop: str) -> str:
        """Return the first value of a property as text; empty where there is none."""
        return next(iter(self.texts(prop)), "")

    def words(self, prop: str) -> tuple[str, ...]:
        """Return the coded values of a property in words."""
        labels = load_labels()
        return tuple(labels.get(iri, compact(iri)) for iri in self.texts(prop))

    def word(self, prop: str) -> str:
        """Return a coded value in words; empty where there is none."""
        return next(iter(self.words(prop)), "")

    def number(self, prop: str) -> Decimal | None:
        """Return a number, or None where there is none."""
        for term in self.values.get(prop, ()):
            if isinstance(value := python_value(term), Decimal | int):
                return Decimal(value)
        return None

    def count(self, prop: str) -> int:
        """Return a whole number; 0 where there is none."""
        return int(self.number(prop) or 0)

    def boolean(self, prop: str) -> bool | None:
        """Return a truth value, or None where there is none."""
        for term in self.values.get(prop, ()):
            if isinstance(value := python_value(term), bool):
                return value
        return None

    @property
    def parts(self) -> tuple[str, ...]:
        """IRIs of what it was made from."""
        return self.texts(_RESTS_ON)

    @property
    def is_rated(self) -> bool:
        """Whether it is an assessment that has a rating."""
        return self.text("km:ratingStatus") == f"{KM}Rated"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the graph holds of one case.

    :ivar nodes: IRI to assessment, summary, diagnosis or flip, sorted by IRI.
    :ivar names: what to call raters, roles, records and documents, by IRI.
    """

    case: str
    nodes: Mapping[str, Node] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    identifier: str = ""
    study: str = ""
    study_label: str = ""
    is_synthetic: bool = False

    @property
    def path(self) -> str:
        """Id of the case with the prefix of its dataset; its IRI where it lies elsewhere."""
        return self.case.rpartition("/case/")[2]

    def of_kind(self, kind: str) -> list[Node]:
        """Return the nodes of one class, such as ``Assessment``."""
        return [node for node in self.nodes.values() if node.kind == kind]

    def name(self, iri: str) -> str:
        """Return what to call a thing."""
        return self.names.get(iri) or load_labels().get(iri) or iri.rpartition("/")[2]

    def rater_label(self, node: Node) -> str:
        """Return what to call the rater of an assessment: a name, else a role."""
        for prop in ("km:rater", "km:raterRole"):
            if iri := node.text(prop):
                return self.name(iri)
        return "not named"


def read_case_facts(store: QuadStore, case: str) -> CaseFacts | None:
    """Return what the graph holds of one case, or None where it is none.

    :param case: IRI of the case.
    """
    return next(read_facts(store, case=case), None)


def read_facts(
    store: QuadStore, *, case: str = "", kind: str = "", others: bool = False
) -> Iterator[CaseFacts]:
    """Yield what the graph holds of cases, in the order of their ids.

    :param case: IRI of one case; all cases, where it is empty.
    :param kind: local name of the one class to read; all that belong to readings, if empty.
    :param others: whether what is held of programmes follows that of the cases.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(read_facts(MemoryStore()))
    []
    """
    only = {"case": case} if case else {}
    described = list(_merged_cases(solve(store, "cases", **only)))
    if not described and not others:
        return
    nodes = read_nodes(store, case=case, kind=kind)
    names = read_names(store, case=case)
    if kind in ("", "Flip") and not flips_are_stored(store):
        _add_flips(store, [text_of(row, "case") for row in described], nodes, names)
    for row in described:
        iri = text_of(row, "case")
        yield CaseFacts(
            iri,
            nodes.pop(iri, {}),
            names.get(iri, {}),
            text_of(row, "label") or text_of(row, "identifier"),
            text_of(row, "identifier"),
            text_of(row, "study"),
            text_of(row, "studyLabel"),
            text_of(row, "synthetic") == "true",
        )
    if others:
        for about, held in sorted(nodes.items()):
            yield CaseFacts(about, held, names.get(about, {}))


def read_nodes(store: QuadStore, *, case: str = "", kind: str = "") -> dict[str, dict[str, Node]]:
    """Return assessments and what is derived from them, by what they are about and by IRI.

    :param case: IRI of one case or programme; all, where it is empty.
    :param kind: local name of the one class to read.
    """
    only = {"case": case} if case else {}
    if kind:
        only["class"] = KM + kind
    values: dict[tuple[str, str, str], dict[str, list[Term]]] = {}
    for row in _rows(store, "statements", only):
        about, class_, node, prop, value = row
        key = (about.value, node.value, class_.value)  # type: ignore[union-attr]
        held = values.setdefault(key, defaultdict(list))
        held[_short(prop.value)].append(value)  # type: ignore[union-attr, arg-type]
    found: dict[str, dict[str, Node]] = defaultdict(dict)
    for subject, iri, of_class in sorted(values):
        held = values[subject, iri, of_class]
        ordered = {name: tuple(sorted(terms, key=str)) for name, terms in held.items()}
        found[subject][iri] = Node(iri, of_class.removeprefix(KM), ordered)
    return found


def _add_flips(
    store: QuadStore,
    cases: Sequence[str],
    nodes: dict[str, dict[str, Node]],
    names: dict[str, dict[str, str]],
) -> None:
    """Add the flips of cases that a store leaves to be worked out, and what they name."""
    for start in range(0, len(cases), _AT_ONCE):
        chosen = [ox.NamedNode(case) for case in cases[start : start + _AT_ONCE]]
        flips = OxigraphStore(flips_of(store, chosen), store.base)
        for case, found in read_nodes(flips, kind="Flip").items():
            nodes[case] = dict(sorted((nodes.get(case, {}) | found).items()))
            held = names.setdefault(case, {})
            for iri in {flip.text("km:changed") for flip in found.values()} - held.keys():
                if name := _name_of(store, iri):
                    held[iri] = name


def _name_of(store: QuadStore, iri: str) -> str:
    """Return the best name of a thing; empty where it has none."""
    thing = ox.NamedNode(iri)
    for naming in _NAMING:
        quads = store.quads(thing, ox.NamedNode(naming), None, ox.DefaultGraph())
        if found := [quad.object.value for quad in quads if isinstance(quad.object, ox.Literal)]:
            return min(found)
    return ""


def read_names(store: QuadStore, *, case: str = "") -> dict[str, dict[str, str]]:
    """Return what to call what readings speak of, by case and IRI."""
    best: dict[str, dict[str, tuple[int, str]]] = defaultdict(dict)
    for about, thing, naming, name in _rows(store, "names", {"case": case} if case else {}):
        rank = (_NAMING.index(naming.value), name.value)  # type: ignore[union-attr]
        held = best[about.value]  # type: ignore[union-attr]
        iri = thing.value  # type: ignore[union-attr]
        held[iri] = min(rank, held.get(iri, rank))
    return {about: {iri: name for iri, (_, name) in names.items()} for about, names in best.items()}


def solve(store: QuadStore, name: str, **iris: str) -> Iterator[Solution]:
    """Yield the solutions of one of the queries in ``queries/readings``.

    :param iris: IRIs for variables of the query.
    """
    text = artefacts.read_text("queries", f"readings/{name}.rq")
    found = store.query(text, bindings={key: ox.NamedNode(iri) for key, iri in iris.items()})
    if isinstance(found, Solutions):
        for row in found:
            yield dict(zip(found.variables, row, strict=True))


def text_of(row: Solution, name: str) -> str:
    """Return a value of a solution as text; empty where it is unbound."""
    term = row.get(name)
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""


def _rows(store: QuadStore, name: str, iris: Mapping[str, str]) -> Iterator[Sequence[Term | None]]:
    """Yield the solutions of a query as tuples, which is quicker than by name."""
    text = artefacts.read_text("queries", f"readings/{name}.rq")
    found = store.query(text, bindings={key: ox.NamedNode(iri) for key, iri in iris.items()})
    if isinstance(found, Solutions):
        yield from found


def _merged_cases(rows: Iterator[Solution]) -> Iterator[Solution]:
    """Yield one row for each case: texts in several languages give several."""
    seen: set[str] = set()
    for row in rows:
        iri = text_of(row, "case")
        if iri not in seen:
            seen.add(iri)
            yield row


@cache
def _short(iri: str) -> str:
    """Return the prefixed name of a property."""
    return compact(iri)
