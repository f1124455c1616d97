"""Summaries explained: the arithmetic written out, and every rating that went in or did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from kmgraph.explanation.arithmetic import (
    bound_in_words,
    in_band,
    mean,
    mean_in_words,
    shown,
)
from kmgraph.explanation.assessments import AssessmentExplainer
from kmgraph.explanation.model import Explanation
from kmgraph.readings.assembling import in_time, notation_of, runs_of, status_of, telling
from kmgraph.readings.facts import CaseFacts, Node
from kmgraph.readings.frameworks import Concept, Element, Frameworks, load_frameworks
from kmgraph.readings.model import AMOUNT_ONLY, NO_RECORD, NOT_USED, TASK_TO_ENABLING, plain

UNVERIFIED: Final = "from general knowledge, unverified"
_OURS: Final = "the rule is kmgraph's own definition, not a published formula"
_CONSTRUCT_RULE: Final = (
    "of each rater, instrument and level the latest rating counts, and each of them counts as "
    "one; several at one date count as their mean"
)
_ELEMENT_RULE: Final = (
    "the mean of the sub-elements that have a score, to six places, and then the band; what is "
    "not rated is never taken as low; a rating of the element itself counts only where no "
    "sub-element is rated"
)
_POSITION_RULE: Final = (
    "the mean of the positions of its parts, from task (0) to enabling (1); neither end is "
    "better, so there is no score and no band; a score of facilitation as a whole says how much "
    "of it there is, and counts only where no part has a position"
)
_AMOUNT_RULE: Final = (
    "the mean of the ratings of facilitation as a whole, which counts only where no part has a "
    "position; it says how much facilitation there is, not how it lies from task to enabling and "
    "not how well it fits, so no fit is computed from it"
)


class SummaryExplainer:
    """Explains the summaries of one case.

    :param assessments: explains the assessments of the case.
    """

    def __init__(self, assessments: AssessmentExplainer) -> None:
        self.assessments = assessments
        self.facts: CaseFacts = assessments.facts
        self.frameworks: Frameworks = load_frameworks()
        self._constructs = {
            node.text("km:construct"): node for node in self.facts.of_kind("ConstructSummary")
        }

    def construct(self, node: Node, relation: str = "") -> Explanation:
        """Return the summary of a construct with its ratings, used or not."""
        construct = node.text("km:construct")
        parts = sorted(self._nodes(node.parts), key=in_time)
        unscored = set(node.texts("km:unscoredAssessment"))
        children = [
            self.assessments.explain(
                part, "counted as rated, not scored" if part.iri in unscored else "used"
            )
            for part in parts
            if part.iri in self.assessments.used
        ]
        return Explanation(
            node.iri,
            self.assessments.path(node.iri),
            self._label(construct),
            "construct summary",
            relation,
            facts=tuple(self._construct_facts(node, parts, unscored)),
            rule=_CONSTRUCT_RULE,
            status="; ".join(filter(None, (_OURS, self._verified(node)))),
            children=(*children, *self.assessments.unused(construct)),
        )

    def _construct_facts(self, node: Node, parts: list[Node], unscored: set[str]) -> Iterator[str]:
        """Yield how the value of a construct came about."""
        for prop, what in (("km:score", "score"), ("km:approachPosition", "position")):
            result = node.number(prop)
            if result is None:
                continue
            counted = [one for one in parts if one.iri not in unscored]
            raters, several = _by_rater(counted, prop, self.facts)
            yield from several
            yield f"{what}: {mean_in_words(raters, result)}{in_band(node.word('km:band'))}"
        if judged := [self.facts.nodes[iri] for iri in sorted(unscored) if iri in self.facts.nodes]:
            bands = ", ".join(f"{one.word('km:band')} by {self._who(one)}" for one in judged)
            yield f"judged without a score: {bands}"
        yield _raters(node)

    def element(self, node: Node, relation: str = "") -> Explanation:
        """Return the summary of an element with its sub-elements, rated or not."""
        iri = node.text("km:element")
        found = self.frameworks.element_of(iri)
        label = self._label(iri)
        if found is None:
            return Explanation(node.iri, self.assessments.path(node.iri), label, "element summary")
        element = found[1]
        rated = {
            one.iri: summary
            for one in (element.concept, *element.sub_elements)
            if (summary := self._constructs.get(one.iri))
        }
        return Explanation(
            node.iri,
            self.assessments.path(node.iri),
            label,
            "element summary",
            relation,
            facts=tuple(self._element_facts(node, element, rated)),
            rule=_rule_of(node, element),
            status="; ".join(filter(None, (_OURS, self._verified(node)))),
            children=tuple(self._element_children(node, element, rated)),
        )

    def _element_facts(self, node: Node, element: Element, rated: dict[str, Node]) -> Iterator[str]:
        """Yield how the values of an element came about."""
        score, position = node.number("km:score"), node.number("km:approachPosition")
        band = in_band(node.word("km:band"))
        if node.boolean("km:fromDirectRating"):
            yield (
                f"score: {plain(score)}{band}, as the element itself was rated and none of its "
                "sub-elements was"
            )
            if runs_of(element) == TASK_TO_ENABLING:
                yield f"that is {AMOUNT_ONLY}"
        elif score is not None:
            yield f"score: {mean_in_words(_named(element, rated, 'km:score'), score)}{band}"
        elif position is None:
            yield "no score and so no band: there are judged bands only"
        if position is not None:
            parts = _named(element, rated, "km:approachPosition")
            yield f"position: {mean_in_words(parts, position)}"
        yield from _bounds(node, element, rated)
        total, count = node.count("km:subElementCount"), node.count("km:ratedCount")
        yield (
            f"coverage: {count} of {total} sub-elements rated = {plain(node.number('km:coverage'))}"
        )
        yield _raters(node)
        if (spread := node.number("km:profileSpread")) is not None:
            values = [number for _, number in _named(element, rated, "km:score")]
            yield (
                f"spread of the profile: {shown(max(values))} - {shown(min(values))} "
                f"= {plain(spread)}"
            )

    def _element_children(
        self, node: Node, element: Element, rated: dict[str, Node]
    ) -> Iterator[Explanation]:
        """Yield the sub-elements in the order of the framework, and the element's own ratings."""
        is_direct = bool(node.boolean("km:fromDirectRating"))
        own = element.concept.iri
        if is_direct and own in rated:
            yield self.construct(rated[own], "used")
        for concept in element.sub_elements:
            if concept.iri in rated:
                scored = rated[concept.iri].values.get("km:score")
                placed = rated[concept.iri].values.get("km:approachPosition")
                relation = "used" if scored or placed else "counted as rated, not scored"
                yield self.construct(rated[concept.iri], relation)
            else:
                yield self.missing(concept)
        if not is_direct:
            yield from self.assessments.unused(own)

    def missing(self, concept: Concept | Element) -> Explanation:
        """Return a construct that nobody rated, with what the records say of that."""
        named = concept.concept if isinstance(concept, Element) else concept
        kind = "element" if isinstance(concept, Element) else "sub-element"
        inside = concept.sub_elements if isinstance(concept, Element) else ()
        return Explanation(
            "",
            "",
            named.label,
            kind,
            _missing_in_words(self._status(named.iri), {self._status(one.iri) for one in inside}),
            children=(
                *self.assessments.unused(named.iri),
                *(self.missing(one) for one in inside if self.assessments.bearing_on(one.iri)),
            ),
        )

    def _status(self, construct: str) -> str:
        """Return what the records say of a construct that has no summary."""
        bearing = self.assessments.bearing_on(construct)
        return status_of(Node("", "", {}), telling(construct, bearing))

    def _label(self, construct: str) -> str:
        """Return what to call a construct of the case."""
        name = self.frameworks.labels.get(construct, notation_of(construct))
        return f"{name} ({notation_of(construct)}) of {self.facts.label or self.facts.path}"

    def _nodes(self, iris: Iterable[str]) -> list[Node]:
        """Return the nodes that are known of some IRIs."""
        return [self.facts.nodes[iri] for iri in iris if iri in self.facts.nodes]

    def _verified(self, node: Node) -> str:
        """Return how far what is summed up was checked; empty where it was."""
        status = node.word("km:verificationStatus")
        return f"the construct is {status}, unverified" if status else ""

    def _who(self, node: Node) -> str:
        """Return who rated."""
        return self.facts.rater_label(node)


def _by_rater(
    parts: list[Node], prop: str, facts: CaseFacts
) -> tuple[list[tuple[str, Decimal | Fraction]], list[str]]:
    """Return the value of each rater, instrument and level, and how several at one date made it.

    A rating whose rater is not named stands for a rater of its own.
    """
    grouped: dict[tuple[str, ...], list[Node]] = {}
    for node in parts:
        if node.number(prop) is not None:
            kept = (node.text("km:instrument"), node.text("km:constructLevel"))
            grouped.setdefault((node.text("km:rater") or node.iri, *kept), []).append(node)
    whos = Counter(who for who, *_ in grouped)
    raters: list[tuple[str, Decimal | Fraction]] = []
    several = []
    for (rater, *_), nodes in grouped.items():
        values = [number for one in nodes if (number := one.number(prop)) is not None]
        who = facts.rater_label(nodes[0])
        if whos[rater] > 1:
            who += f" ({_circumstances(nodes[0])})"
        raters.append((who, mean(values)))
        if len(nodes) > 1:
            listed = ", ".join(
                f"{shown(value)} ({_circumstances(one)})"
                for value, one in zip(values, nodes, strict=True)
            )
            several.append(f"{who}: mean of {listed} = {shown(mean(values))}")
    return raters, several


def _circumstances(node: Node) -> str:
    """Return what tells several ratings of one rater apart."""
    level = load_frameworks().labels.get(node.text("km:constructLevel"), "")
    parts = (node.text("dcterms:date"), node.text("km:instrument"), level.lower())
    return ", ".join(part for part in parts if part) or "no date"


def _named(
    element: Element, rated: dict[str, Node], prop: str
) -> list[tuple[str, Decimal | Fraction]]:
    """Return the sub-elements that have a value, in the order of the framework, with it."""
    return [
        (concept.label.lower(), number)
        for concept in element.sub_elements
        if concept.iri in rated and (number := rated[concept.iri].number(prop)) is not None
    ]


def _bounds(node: Node, element: Element, rated: dict[str, Node]) -> Iterator[str]:
    """Yield how the bounds of an element came about."""
    lower, upper = node.number("km:lowerBound"), node.number("km:upperBound")
    if lower is None or upper is None:
        return
    scores = [Decimal(str(shown(number))) for _, number in _named(element, rated, "km:score")]
    missing = len(element.sub_elements) - len(scores)
    if not missing:
        yield f"bounds: every sub-element has a score, so both are {plain(lower)}"
        return
    low = bound_in_words(scores, missing, 0, lower)
    high = bound_in_words(scores, missing, 1, upper)
    verb = "has" if missing == 1 else "have"
    without = f"{missing} of {len(element.sub_elements)} sub-elements {verb} no score"
    if len(element.sub_elements) > _LONG:
        low, high = plain(lower), plain(upper)
    yield f"bounds: {without}; at 0 that gives {low}, at 1 {high}"


#: Elements with more sub-elements than this have sums too long to be written out.
_LONG: Final = 8


def _raters(node: Node) -> str:
    """Return how many raters there are and how far they differ."""
    count = node.count("km:raterCount")
    spread = node.number("km:raterSpread")
    if count == 1:
        return "1 rater"
    text = f"{count} raters"
    if spread is None:
        return f"{text}; no two of them rated the same construct at the same date and level"
    return (
        f"{text}; the largest difference between two of them at one construct, date and level is "
        f"{plain(spread)}"
    )


def _rule_of(node: Node, element: Element) -> str:
    """Return the rule by which an element was summed up."""
    if node.number("km:approachPosition") is not None:
        return _POSITION_RULE
    is_amount = runs_of(element) == TASK_TO_ENABLING and node.boolean("km:fromDirectRating")
    return _AMOUNT_RULE if is_amount else _ELEMENT_RULE


def _missing_in_words(status: str, inside: Collection[str]) -> str:
    """Return how a construct without a summary stands.

    :param status: what the records say of the construct itself.
    :param inside: what they say of its parts.
    """
    if status == NO_RECORD and NOT_USED in inside:
        return NOT_USED
    return status if status.startswith("rated") else f"not rated: {status}"
