"""Diagnoses explained: the rule and how far it was checked, and what would overturn it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kmgraph.explanation.model import Explanation
from kmgraph.explanation.summaries import UNVERIFIED, SummaryExplainer
from kmgraph.namespaces import expand
from kmgraph.readings.assembling import read_diagnosis, read_flip
from kmgraph.readings.facts import Node
from kmgraph.readings.frameworks import Framework, load_definitions, load_frameworks, load_positions
from kmgraph.readings.model import HYPOTHESIS, DiagnosisReading, FlipReading, plain

#: Said of every diagnosis, and of all that is told of one.
STATUS: Final = f"the table from quadrant to facilitation is {HYPOTHESIS}"


class DiagnosisExplainer:
    """Explains the diagnoses of one case.

    :param summaries: explains the summaries of the case.
    """

    def __init__(self, summaries: SummaryExplainer) -> None:
        self.summaries, self.facts = summaries, summaries.facts

    def diagnosis(self, node: Node) -> Explanation:
        """Return a diagnosis with the summaries it was read from and what would overturn it."""
        reading = read_diagnosis(node, self.facts)
        framework = self._framework(node)
        return Explanation(
            node.iri,
            self._path(node.iri),
            self._label(framework),
            "diagnosis",
            facts=tuple(self._facts(node, reading)),
            rule=self._rule(node, reading),
            status=self._status(node, framework),
            children=(
                *self._elements(node, framework),
                *self._appropriateness(node),
                self._flips(reading),
            ),
        )

    def flip(self, node: Node) -> Explanation:
        """Return a single change that would overturn a diagnosis."""
        reading = read_flip(node, self.facts)
        diagnosis = self.facts.nodes.get(node.text("km:ofDiagnosis"))
        changed = self.facts.nodes.get(reading.changed)
        children = []
        if changed is not None:
            children.append(self.summaries.assessments.explain(changed, "what is left out"))
        if diagnosis is not None:
            children.append(self.diagnosis(diagnosis))
        return Explanation(
            node.iri,
            self._path(node.iri),
            f"{reading.kind}, {reading.changed_label}",
            "flip",
            facts=(
                flip_in_words(reading),
                f"evidence would be {reading.evidence_band or 'without a band'}, "
                f"context {reading.context_band or 'without a band'}",
            ),
            rule="the reading is worked out anew with this one change and no other",
            status=STATUS,
            children=tuple(children),
        )

    def case(self) -> Explanation:
        """Return the case with its diagnoses, or with why it has none."""
        diagnoses = self.facts.of_kind("Diagnosis")
        children = [self.diagnosis(node) for node in diagnoses]
        told = {iri for node in diagnoses for iri in node.texts("km:fromSummary")}
        children += [
            self.summaries.element(node)
            for node in self.facts.of_kind("ElementSummary")
            if node.iri not in told
        ]
        facts = []
        if not diagnoses:
            facts.append("no diagnosis: neither evidence nor context of a PARIHS version is rated")
            children += [self._missing(load_frameworks()["parihs-2004"])]
        return Explanation(
            self.facts.case,
            self._path(self.facts.case),
            self.facts.label or self.facts.path,
            "case",
            facts=tuple(facts),
            children=tuple(children),
        )

    def _missing(self, framework: Framework) -> Explanation:
        """Return what the records say of a framework of which nothing is rated."""
        return Explanation(
            framework.iri,
            framework.iri,
            framework.label,
            "framework",
            "not rated",
            children=tuple(self.summaries.missing(element) for element in framework.elements),
        )

    def _facts(self, node: Node, reading: DiagnosisReading) -> Iterator[str]:
        """Yield what a diagnosis says."""
        if reading.possible_quadrants:
            yield f"quadrant: {reading.quadrant}; still possible: " + "; ".join(
                reading.possible_quadrants
            )
        else:
            yield f"quadrant: {reading.quadrant}"
        yield (
            f"evidence is {reading.evidence_band or 'without a band'}, "
            f"context {reading.context_band or 'without a band'}"
        )
        if reading.weakest:
            both = " and ".join(label.lower() for label in reading.weakest)
            yield f"weakest: {both}{', with equal scores' if len(reading.weakest) > 1 else ''}"
        yield f"suggested facilitation: {reading.suggestion}"
        yield f"fit of the facilitation used: {self._fit(node, reading)}"
        if reading.appropriateness:
            yield (
                f"raters found the facilitation {', '.join(reading.appropriateness)}; that is "
                "rated, the fit is computed, and they may disagree"
            )

    def _fit(self, node: Node, reading: DiagnosisReading) -> str:
        """Return whether the facilitation fits, and why."""
        placed = (self.facts.nodes.get(iri) for iri in node.texts("km:fromSummary"))
        positions = [one.number("km:approachPosition") for one in placed if one]
        position = next((one for one in positions if one is not None), None)
        if not reading.suggested_facilitation:
            why = "no approach is suggested"
        elif position is None:
            why = "no position of the facilitation used is known"
        elif ends := load_positions().get(node.text("km:suggestedFacilitation")):
            low, high = (plain(Decimal(end)) for end in ends)
            why = (
                f"its position is {plain(position)}, the suggested approach lies from {low} "
                f"to {high}"
            )
        else:
            why = f"its position is {plain(position)}, and the suggested approach has none"
        return f"{reading.fit}: {why} ({HYPOTHESIS})"

    def _rule(self, node: Node, reading: DiagnosisReading) -> str:
        """Return the rule that was applied, in words."""
        definition = load_definitions().get(node.text("km:ruleApplied"), "")
        return f"{reading.rule}. {definition}".strip(". ") + "." if definition else reading.rule

    def _status(self, node: Node, framework: Framework) -> str:
        """Return how far the rule and the framework were checked."""
        words = [f"the rule is {node.word('km:verificationStatus') or UNVERIFIED}", STATUS]
        if not framework.is_verified:
            words.append(f"{framework.label} is {UNVERIFIED}")
        return "; ".join(words)

    def _elements(self, node: Node, framework: Framework) -> Iterator[Explanation]:
        """Yield the elements in the order of the framework, rated or not."""
        summaries = {
            self.facts.nodes[iri].text("km:element"): self.facts.nodes[iri]
            for iri in node.texts("km:fromSummary")
            if iri in self.facts.nodes
        }
        for element in framework.elements:
            if element.concept.iri in summaries:
                yield self.summaries.element(summaries[element.concept.iri])
            else:
                yield self.summaries.missing(element)

    def _appropriateness(self, node: Node) -> Iterator[Explanation]:
        """Yield the ratings of how well the facilitation suits the case."""
        for iri in node.parts:
            if (part := self.facts.nodes.get(iri)) and part.kind == "Assessment":
                yield self.summaries.assessments.explain(part, "rated appropriateness")

    def _flips(self, reading: DiagnosisReading) -> Explanation:
        """Return the single changes that would overturn a diagnosis."""
        if not reading.flips:
            return Explanation(
                "", "", "none: no single change gives another quadrant", "what would overturn it"
            )
        return Explanation(
            "",
            "",
            f"{len(reading.flips)} single change{'s' if len(reading.flips) > 1 else ''}",
            "what would overturn it",
            children=tuple(
                Explanation(flip.iri, self._path(flip.iri), flip_in_words(flip), "flip")
                for flip in reading.flips
            ),
        )

    def _framework(self, node: Node) -> Framework:
        """Return the framework of a diagnosis."""
        iri = node.text("km:scheme")
        every = load_frameworks().by_name.values()
        return next(framework for framework in every if framework.iri == iri)

    def _label(self, framework: Framework) -> str:
        """Return what to call the diagnosis of the case."""
        return f"{self.facts.label or self.facts.path} by {framework.label}"

    def _path(self, iri: str) -> str:
        """Return an IRI without the base of the store."""
        return self.summaries.assessments.path(iri)


def flip_in_words(flip: FlipReading) -> str:
    """Return a flip as a sentence.

    >>> flip_in_words(FlipReading("urn:f", "rater left out", "urn:r", "Nurse", "indeterminate"))
    'rater left out: Nurse; the quadrant would be indeterminate'
    """
    to = f" to {plain(flip.edge)}" if flip.edge is not None else ""
    return f"{flip.kind}: {flip.changed_label}{to}; the quadrant would be {flip.quadrant}"


#: Classes that this package explains by their own reading.
EXPLAINED: Final = {
    expand(f"km:{name}"): name
    for name in ("Assessment", "ConstructSummary", "ElementSummary", "Diagnosis", "Flip")
}
