"""Turn what the graph holds of a case into its reading."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kmgraph.namespaces import KM
from kmgraph.readings.facts import CaseFacts, Node
from kmgraph.readings.frameworks import (
    Concept,
    Element,
    Framework,
    Frameworks,
    load_frameworks,
    load_labels,
)
from kmgraph.readings.model import (
    NO_RECORD,
    NOT_USED,
    SUITABILITY,
    CaseReading,
    ConstructReading,
    DiagnosisReading,
    ElementReading,
    FlipReading,
    Rating,
)


def notation_of(construct: str) -> str:
    """Return the id of a construct.

    >>> notation_of("https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C.culture")
    'PARIHS.C.culture'
    """
    return construct.rpartition("/")[2]


def read_rating(
    node: Node, facts: CaseFacts, *, is_used: bool = False, is_proposed: bool = False
) -> Rating:
    """Return one assessment as a rating.

    :param is_used: whether the summaries were made with it.
    :param is_proposed: whether it is only proposed that it measures what it is listed under.
    """
    return Rating(
        iri=node.iri,
        construct=notation_of(node.text("km:construct")),
        status=node.word("km:ratingStatus"),
        score=node.number("km:score"),
        raw_score=node.number("km:rawScore"),
        position=node.number("km:approachPosition"),
        band=node.word("km:band"),
        band_kind=node.word("km:bandKind"),
        appropriateness=node.word("km:appropriateness"),
        rater=node.text("km:rater"),
        rater_label=facts.rater_label(node),
        role=facts.name(node.text("km:raterRole")) if node.text("km:raterRole") else "",
        round=node.word("km:ratingRound"),
        instrument=node.text("km:instrument"),
        construct_level=_level(node, "km:constructLevel"),
        informant_level=_level(node, "km:informantLevel"),
        date=node.text("dcterms:date"),
        outcome_known=node.boolean("km:outcomeKnown"),
        is_used=is_used and not is_proposed,
        is_proposed=is_proposed,
        passages=node.parts,
        scale_low=node.number("km:scaleLow"),
        scale_high=node.number("km:scaleHigh"),
        descriptor=node.text("km:descriptor"),
        aggregates=node.texts("km:aggregates"),
        eligible=_count(node, "km:eligibleCount"),
        responding=_count(node, "km:respondingCount"),
    )


def _level(node: Node, prop: str) -> str:
    """Return a level in words."""
    iri = node.text(prop)
    return load_frameworks().labels.get(iri, notation_of(iri)).lower() if iri else ""


def _count(node: Node, prop: str) -> int | None:
    """Return a whole number, or None where there is none."""
    return node.count(prop) if node.values.get(prop) else None


def read_case(facts: CaseFacts, scheme: str) -> CaseReading:
    """Return the reading of a case under one framework.

    :param scheme: short name of the framework.
    :raises NotFoundError: cases are not read under a framework of this name.
    """
    frameworks = load_frameworks()
    return _Reader(facts, frameworks, frameworks[scheme]).read()


class _Reader:
    """Reads one case under one framework.

    :param facts: what the graph holds of the case.
    """

    def __init__(self, facts: CaseFacts, frameworks: Frameworks, framework: Framework) -> None:
        self.facts, self.frameworks, self.framework = facts, frameworks, framework
        self.summaries = {node.text("km:element"): node for node in facts.of_kind("ElementSummary")}
        self.constructs = {
            node.text("km:construct"): node for node in facts.of_kind("ConstructSummary")
        }
        self.used = used_parts(facts)
        self.bearing: dict[str, list[Node]] = {}
        for node in facts.of_kind("Assessment"):
            for construct in frameworks.may_bear_on(node.text("km:construct")):
                self.bearing.setdefault(construct, []).append(node)

    def read(self) -> CaseReading:
        """Return the reading."""
        facts, framework = self.facts, self.framework
        return CaseReading(
            iri=facts.case,
            label=facts.label,
            study=facts.study,
            study_label=facts.study_label,
            scheme=framework.name,
            scheme_label=framework.label,
            elements=self._elements(),
            diagnosis=self._diagnosis(),
            is_verified=framework.is_verified,
            is_synthetic=facts.is_synthetic,
            identifier=facts.path,
            read_by=ReadAgain(facts),
        )

    def _elements(self) -> tuple[ElementReading, ...]:
        """Return the elements in the order of the framework, each with those within it."""
        found: dict[str, ElementReading] = {}
        # From the last to the first, so that the parts are there before the whole.
        for element in reversed(self.framework.elements):
            parts = [
                found[part.concept.iri]
                for part in self.framework.elements
                if part.above == element.concept.iri
            ]
            found[element.concept.iri] = self._element(element, parts)
        return tuple(found[element.concept.iri] for element in self.framework.elements)

    def _element(self, element: Element, parts: Iterable[ElementReading]) -> ElementReading:
        """Return one element."""
        concept = element.concept
        constructs = [self._construct(one, element) for one in element.sub_elements]
        if concept.iri in self.bearing:
            constructs.insert(0, self._construct(concept, element))
        node = self.summaries.get(concept.iri) or Node("", "", {})
        return ElementReading(
            iri=node.iri,
            concept=concept.iri,
            notation=concept.notation,
            label=concept.label,
            runs=runs_of(element),
            score=node.number("km:score"),
            position=node.number("km:approachPosition"),
            band=node.word("km:band"),
            coverage=node.number("km:coverage"),
            rated_count=node.count("km:ratedCount"),
            sub_element_count=len(element.sub_elements),
            lower_bound=node.number("km:lowerBound"),
            upper_bound=node.number("km:upperBound"),
            rater_count=node.count("km:raterCount"),
            rater_spread=node.number("km:raterSpread"),
            profile_spread=node.number("km:profileSpread"),
            is_direct=bool(node.boolean("km:fromDirectRating")),
            constructs=tuple(constructs),
            is_verified=concept.is_verified,
            above=notation_of(element.above),
            parts=tuple(parts),
        )

    def _construct(self, concept: Concept, element: Element) -> ConstructReading:
        """Return one construct with its ratings, used or not."""
        node = self.constructs.get(concept.iri) or Node("", "", {})
        assessments = self.bearing.get(concept.iri, [])
        return ConstructReading(
            iri=node.iri,
            concept=concept.iri,
            notation=concept.notation,
            label=concept.label,
            runs=concept.runs or runs_of(element),
            status=status_of(node, telling(concept.iri, assessments)),
            score=node.number("km:score"),
            position=node.number("km:approachPosition"),
            band=node.word("km:band"),
            judged_bands=self._judged(node),
            rater_count=node.count("km:raterCount"),
            rater_spread=node.number("km:raterSpread"),
            ratings=tuple(
                read_rating(
                    one,
                    self.facts,
                    is_used=one.iri in self.used,
                    is_proposed=concept.iri
                    not in self.frameworks.bears_on(one.text("km:construct")),
                )
                for one in sorted(assessments, key=in_time)
            ),
            is_verified=concept.is_verified,
        )

    def _judged(self, summary: Node) -> tuple[str, ...]:
        """Return the bands that raters judged without a score, each once, from low to high."""
        judged = (self.facts.nodes.get(iri) for iri in summary.texts("km:unscoredAssessment"))
        bands = {node.word("km:band") for node in judged if node}
        return tuple(band for band in ("low", "mixed", "high") if band in bands)

    def _diagnosis(self) -> DiagnosisReading | None:
        """Return the diagnosis under the framework, where there is one."""
        for node in self.facts.of_kind("Diagnosis"):
            if node.text("km:scheme") == self.framework.iri:
                return read_diagnosis(node, self.facts)
        return None


def used_parts(facts: CaseFacts) -> set[str]:
    """Return the IRIs of what the summaries of elements and the diagnoses were made from."""
    kinds = ("ElementSummary", "Diagnosis")
    return {part for node in facts.nodes.values() if node.kind in kinds for part in node.parts}


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """Reads the same facts under another framework; unlike a function, it can be pickled."""

    facts: CaseFacts

    def __call__(self, scheme: str) -> CaseReading:
        return read_case(self.facts, scheme)


def runs_of(element: Element) -> str:
    """Return how an element runs: as it is published, or as all of its sub-elements do."""
    if element.concept.runs:
        return element.concept.runs
    kinds = {concept.runs for concept in element.sub_elements}
    return kinds.pop() if len(kinds) == 1 else ""


def status_of(summary: Node, assessments: Collection[Node]) -> str:
    """Return whether a construct is rated, and if not, what the records say of that."""
    if summary.iri:
        scored = any(summary.values.get(name) for name in ("km:score", "km:approachPosition"))
        only_judged = bool(summary.texts("km:unscoredAssessment")) and not scored
        return "judged" if only_judged else "rated"
    # How well facilitation suits a case is a rating that no summary of a construct is made from.
    rated = [node for node in assessments if node.is_rated]
    kinds = {SUITABILITY if node.text("km:appropriateness") else NOT_USED for node in rated}
    reasons = {node.word("km:ratingStatus") for node in assessments if not node.is_rated}
    return "; ".join(sorted(kinds)) or ", ".join(sorted(reasons)) or NO_RECORD


def telling(construct: str, assessments: Iterable[Node]) -> list[Node]:
    """Return the assessments that tell how a construct stands.

    That a scale was not reported tells nothing of what it is only proposed to measure.
    """
    bears_on = load_frameworks().bears_on
    return [
        one
        for one in assessments
        if one.is_rated or construct in bears_on(one.text("km:construct"))
    ]


def in_time(node: Node) -> tuple[str, str]:
    """Return what assessments are ordered by: date, undated first, then IRI."""
    return node.text("dcterms:date"), node.iri


def read_diagnosis(node: Node, facts: CaseFacts) -> DiagnosisReading:
    """Return a diagnosis with the single changes that would overturn it."""
    flips = [
        read_flip(flip, facts)
        for flip in facts.of_kind("Flip")
        if flip.text("km:ofDiagnosis") == node.iri
    ]
    return DiagnosisReading(
        iri=node.iri,
        quadrant=node.word("km:quadrant"),
        evidence_band=node.word("km:evidenceBand"),
        context_band=node.word("km:contextBand"),
        possible_quadrants=tuple(sorted(node.words("km:possibleQuadrant"))),
        weakest=_in_order(node.texts("km:weakestElement")),
        suggested_facilitation=node.word("km:suggestedFacilitation"),
        fit=node.word("km:facilitationFit") or "unknown",
        appropriateness=tuple(sorted(node.words("km:ratedAppropriateness"))),
        rule=node.word("km:ruleApplied"),
        status=node.word("km:verificationStatus"),
        flips=tuple(sorted(flips, key=lambda flip: (flip.kind, flip.changed_label, flip.iri))),
    )


def _in_order(elements: Iterable[str]) -> tuple[str, ...]:
    """Return the labels of elements in the order of their framework."""
    found = [load_frameworks().element_of(iri) for iri in elements]
    pairs = [(one[0].elements.index(one[1]), one[1].concept.label) for one in found if one]
    return tuple(label for _, label in sorted(pairs))


def read_flip(node: Node, facts: CaseFacts) -> FlipReading:
    """Return one single change that would overturn a diagnosis."""
    changed = node.text("km:changed")
    return FlipReading(
        iri=node.iri,
        kind=node.word("km:changeKind"),
        changed=changed,
        changed_label=changed_label(changed, facts),
        quadrant=node.word("km:quadrantThen"),
        evidence_band=node.word("km:evidenceBandThen"),
        context_band=node.word("km:contextBandThen"),
        edge=node.number("km:edgeThen"),
    )


def changed_label(iri: str, facts: CaseFacts) -> str:
    """Return what to call what a flip changes: a rating, rater, document, construct or band."""
    if (node := facts.nodes.get(iri)) and node.kind == "Assessment":
        construct = node.text("km:construct")
        label = load_frameworks().labels.get(construct, notation_of(construct))
        when = f" {node.text('dcterms:date')}" if node.text("dcterms:date") else ""
        return f"{label} by {facts.rater_label(node)}{when}"
    if iri.startswith(KM):
        return load_labels().get(iri, notation_of(iri))
    return load_frameworks().labels.get(iri) or facts.name(iri)
