"""Read what is recorded of a piece of work: what was tried, met, done and found.

Single statements are looked up, and nothing is joined, so that the time does not grow with the
store.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, TypeVar

import pyoxigraph as ox

from kmgraph.namespaces import FRAMEWORK, KM, RDF, compact, expand
from kmgraph.readings.account_model import (
    BARRIER,
    EITHER_WAY,
    ENABLER,
    Account,
    CaseLine,
    Cycle,
    Determinant,
    ElementBand,
    Finding,
    Outcome,
    Strategy,
)
from kmgraph.readings.facts import Node
from kmgraph.readings.frameworks import DEFAULT_SCHEME
from kmgraph.stores.base import QuadStore

#: Most cases of a study that are read, and most records about one piece of work.
CASES_READ: Final = 50
RECORDS_READ: Final = 1000
_DEFAULT: Final = ox.DefaultGraph()
_ABOUT: Final = ox.NamedNode(expand("km:about"))
_OF_STUDY: Final = ox.NamedNode(expand("km:ofStudy"))
_TYPE: Final = ox.NamedNode(f"{RDF}type")
_SCHEME: Final = f"{FRAMEWORK}{DEFAULT_SCHEME}/"
_KINDS: Final = ("Determinant", "Strategy", "Outcome", "ImprovementCycle")
_DERIVED: Final = ("ElementSummary", "Diagnosis")
_NAMES: Final = ("skos:prefLabel", "dcterms:title", "km:statement", "foaf:name", "rdfs:label")
_IDS: Final = ("skos:notation", "dcterms:identifier")

_T = TypeVar("_T", bound=Finding)


def read_account(store: QuadStore, iri: str) -> Account:
    """Return what is recorded of a case, of a study with its cases, or of a programme.

    :param iri: IRI of the case, the study or the programme; of others nothing is found.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_account(MemoryStore(), "urn:nothing").outcomes
    ()
    """
    return _Reader(store).account(iri)


class _Reader:
    """Reads records of a store one by one; each name is looked up once."""

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self._labels: dict[str, str] = {}

    def account(self, iri: str) -> Account:
        """Return what is recorded of a piece of work."""
        work = self._node(iri)
        is_case = f"{KM}ImplementationCase" in work.texts("rdf:type")
        iris = [iri] if is_case else self._cases_of(iri)
        cases = [work] if is_case else [self._node(one) for one in iris[:CASES_READ]]
        study = work.text("km:ofStudy") if is_case else iri
        of_study = self._node(study) if is_case and study else work
        about = {
            one: self._records(one) for one in dict.fromkeys([iri, *(case.iri for case in cases)])
        }
        records = [node for held in about.values() for node in held]
        settings = [setting for one in (work, *cases) for setting in one.texts("km:setting")]
        return Account(
            iri,
            study,
            of_study.text("km:partOfProgramme"),
            tuple(self._case_line(case, about[case.iri]) for case in cases),
            len(iris),
            tuple(dict.fromkeys(settings)),
            tuple(self._determinant(one) for one in records if one.kind == "Determinant"),
            tuple(self._strategy(one) for one in records if one.kind == "Strategy"),
            tuple(self._outcome(one) for one in records if one.kind == "Outcome"),
            tuple(sorted(map(self._cycle, _cycles(records)), key=_in_sequence)),
        )

    def _cases_of(self, study: str) -> list[str]:
        """Return the IRIs of the cases of a study, sorted."""
        pointing = self._store.quads(None, _OF_STUDY, ox.NamedNode(study), _DEFAULT)
        return _subjects(pointing)

    def _records(self, about: str) -> list[Node]:
        """Return the records about a piece of work and what was worked out of it, by IRI."""
        pointing = self._store.quads(None, _ABOUT, ox.NamedNode(about), _DEFAULT)
        wanted = (one for one in _subjects(pointing) if self._kind(one))
        return [self._node(one) for one in islice(wanted, RECORDS_READ)]

    def _kind(self, iri: str) -> str:
        """Return which of the classes that are read a record is of; empty for none."""
        types = self._store.quads(ox.NamedNode(iri), _TYPE, None, _DEFAULT)
        found = {str(getattr(quad.object, "value", "")).removeprefix(KM) for quad in types}
        return next((one for one in (*_KINDS, *_DERIVED) if one in found), "")

    def _node(self, iri: str) -> Node:
        """Return a record with all that is said of it."""
        found: dict[str, list[ox.NamedNode | ox.Literal]] = {}
        for quad in self._store.quads(ox.NamedNode(iri), None, None, _DEFAULT):
            if isinstance(quad.object, ox.NamedNode | ox.Literal):
                found.setdefault(compact(quad.predicate.value), []).append(quad.object)
        values = {prop: tuple(sorted(terms, key=str)) for prop, terms in found.items()}
        return Node(iri, self._kind(iri), values)

    def _label(self, iri: str) -> str:
        """Return what to call a thing: its name, else its id, else its short IRI."""
        if iri not in self._labels:
            node = self._node(iri)
            named = (node.text(prop) for prop in (*_NAMES, *_IDS))
            self._labels[iri] = next(filter(None, named), compact(iri))
        return self._labels[iri]

    def _word(self, node: Node, prop: str) -> str:
        """Return what a record points to in words; empty where it points to nothing."""
        return ", ".join(self._label(iri) for iri in node.texts(prop))

    def _finding(self, kind: type[_T], node: Node, **further: Any) -> _T:
        """Return a record as a finding of a kind."""
        named = (node.text(prop) for prop in (*_NAMES, *_IDS))
        common: dict[str, Any] = {
            "iri": node.iri,
            "about": node.text("km:about"),
            "text": next(filter(None, named), compact(node.iri)),
            "constructs": node.texts("km:construct"),
            "assertion": node.word("km:assertionKind"),
            "passages": node.parts,
            "date": node.text("dcterms:date"),
        }
        return kind(**{**common, **further})

    def _determinant(self, node: Node) -> Determinant:
        """Return what helped or hindered."""
        types = node.texts("rdf:type")
        effect = BARRIER if f"{KM}Barrier" in types else EITHER_WAY
        level = node.text("km:constructLevel")
        return self._finding(
            Determinant,
            node,
            effect=ENABLER if f"{KM}Enabler" in types else effect,
            level=level.rpartition("/")[2],
            level_label=self._label(level) if level else "",
            informant=self._word(node, "km:informantRole"),
        )

    def _strategy(self, node: Node) -> Strategy:
        """Return what was done."""
        return self._finding(
            Strategy,
            node,
            actor=self._word(node, "km:actor"),
            action=node.text("km:action"),
            target=self._word(node, "km:target"),
            dose=node.text("km:dose"),
            timing=node.text("km:timing"),
            cost=node.text("km:cost"),
        )

    def _outcome(self, node: Node) -> Outcome:
        """Return what came of it."""
        return self._finding(
            Outcome,
            node,
            status=node.word("km:measurementStatus") or "not reported",
            direction=node.word("km:direction"),
            effect=_effect(node),
            comparator=node.text("km:comparator"),
            participants=node.text("km:participantCount"),
            certainty=node.word("km:certainty"),
            months=node.text("km:timepointMonths"),
        )

    def _cycle(self, node: Node) -> Cycle:
        """Return a cycle of improvement."""
        return self._finding(
            Cycle,
            node,
            series=node.text("km:series"),
            sequence=node.count("km:sequence"),
            aim=node.text("km:aim"),
            change=node.text("km:changeTested"),
            plan=node.text("km:plan"),
            prediction=node.text("km:prediction"),
            did=node.text("km:did"),
            studied=node.text("km:studied"),
            learned=node.text("km:learned"),
            acted=node.text("km:acted"),
            decision=node.word("km:cycleDecision"),
            start=node.text("schema:startDate"),
            end=node.text("schema:endDate"),
        )

    def _case_line(self, case: Node, records: Iterable[Node]) -> CaseLine:
        """Return a case in a line, with what was worked out of its ratings."""
        derived = [one for one in records if one.text("km:scheme") == _SCHEME]
        return CaseLine(
            case.iri,
            self._label(case.iri),
            case.texts("km:ofInnovation"),
            case.texts("km:atSite"),
            tuple(
                ElementBand(
                    one.text("km:element").rpartition("/")[2],
                    one.word("km:band"),
                    one.text("km:score"),
                    one.text("km:approachPosition"),
                )
                for one in derived
                if one.kind == "ElementSummary"
            ),
            next((one.word("km:quadrant") for one in derived if one.kind == "Diagnosis"), ""),
            case.text("schema:startDate"),
            case.text("schema:endDate"),
        )


def _subjects(quads: Iterable[ox.Quad]) -> list[str]:
    """Return the IRIs of the subjects of statements, sorted."""
    return sorted({one.subject.value for one in quads if isinstance(one.subject, ox.NamedNode)})


def _cycles(records: Iterable[Node]) -> list[Node]:
    """Return the cycles of improvement among records."""
    return [one for one in records if one.kind == "ImprovementCycle"]


def _in_sequence(cycle: Cycle) -> tuple[str, str, int, str]:
    """Return what cycles are ordered by: work, run, place in the run, IRI."""
    return (cycle.about, cycle.series, cycle.sequence, cycle.iri)


def _effect(node: Node) -> str:
    """Return the size of an effect with its measure and its interval; empty where none is.

    >>> _effect(Node("urn:o", "Outcome", {}))
    ''
    """
    estimate = node.text("km:estimate")
    if not estimate:
        return ""
    low, high = node.text("km:intervalLow"), node.text("km:intervalHigh")
    interval = f" (interval {low} to {high})" if low and high else ""
    return f"{node.text('km:effectMeasure') or 'effect'} {estimate}{interval}"
