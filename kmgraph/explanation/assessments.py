"""Assessments explained: what was rated by whom, on what it rests, and why it does not count."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kmgraph.explanation.model import Explanation
from kmgraph.questions import PassageView, find_passages
from kmgraph.readings.assembling import in_time, notation_of, read_rating, used_parts
from kmgraph.readings.facts import CaseFacts, Node
from kmgraph.readings.frameworks import load_frameworks
from kmgraph.readings.model import Rating, plain, value_in_words
from kmgraph.stores.base import QuadStore

#: Properties that a rating counts by, each in a series of its own.
_COUNTED = ("km:score", "km:approachPosition", "km:band", "km:appropriateness")


class AssessmentExplainer:
    """Explains the assessments of one case.

    :param store: the store, for passages.
    :param facts: what the graph holds of the case.
    """

    def __init__(self, store: QuadStore, facts: CaseFacts) -> None:
        self.store, self.facts = store, facts
        self.used = used_parts(facts)
        self._wholes = {
            part: node
            for node in facts.of_kind("Assessment")
            for part in node.texts("km:aggregates")
        }

    def path(self, iri: str) -> str:
        """Return an IRI without the base of the store."""
        return iri.removeprefix(self.store.base)

    def explain(self, node: Node, relation: str = "") -> Explanation:
        """Return an assessment with the passages that it rests on.

        :param relation: how it stands to what it is listed below.
        """
        rating = read_rating(node, self.facts)
        children = [
            Explanation(
                part,
                self.path(part),
                self.label(self.facts.nodes[part]),
                "assessment",
                "summed up in it",
                facts=tuple(_facts(read_rating(self.facts.nodes[part], self.facts))),
            )
            for part in rating.aggregates
            if part in self.facts.nodes
        ]
        return Explanation(
            node.iri,
            self.path(node.iri),
            self.label(node),
            "assessment",
            relation,
            facts=tuple(_facts(rating)),
            children=(*children, *explain_passages(self.store, node.parts)),
        )

    def label(self, node: Node) -> str:
        """Return what to call an assessment: construct, rater and date."""
        construct = node.text("km:construct")
        label = load_frameworks().labels.get(construct, notation_of(construct))
        when = f", {node.text('dcterms:date')}" if node.text("dcterms:date") else ""
        return f"{label} by {self.facts.rater_label(node)}{when}"

    def bearing_on(self, construct: str) -> list[Node]:
        """Return the assessments that bear on a construct or are proposed to, in time."""
        frameworks = load_frameworks()
        return sorted(
            (
                node
                for node in self.facts.of_kind("Assessment")
                if construct in frameworks.may_bear_on(node.text("km:construct"))
            ),
            key=in_time,
        )

    def unused(self, construct: str) -> list[Explanation]:
        """Return the assessments of a construct that enter no summary, each with the reason."""
        return [
            self.explain(node, f"not used: {self.reason(node, construct)}")
            for node in self.bearing_on(construct)
            if node.iri not in self.used
        ]

    def reason(self, node: Node, construct: str) -> str:
        """Return why an assessment enters no summary.

        :param construct: IRI of the construct that it bears on.
        """
        frameworks = load_frameworks()
        if not node.is_rated:
            return f"{node.word('km:ratingStatus')}, which says nothing of high or low"
        if node.text("km:about") not in ("", self.facts.case):
            return "it is about something else than the case"
        if construct in frameworks.may_measure.get(node.text("km:construct"), ()):
            scale = notation_of(node.text("km:construct"))
            return f"that the scale {scale} measures this is proposed, not published"
        if whole := self._wholes.get(node.iri):
            return f"it is summed up in {self.label(whole)} [{self.path(whole.iri)}]"
        if later := self._later(node):
            return (
                f"superseded by the same rater's rating of {later.text('dcterms:date')} "
                f"[{self.path(later.iri)}]"
            )
        found = frameworks.element_of(construct)
        if found and found[1].concept.iri == construct:
            if node.values.get("km:score") or node.text("km:band"):
                return "it rates the element itself, and sub-elements are rated"
            return "how well facilitation suits a case enters no score"
        return "it has nothing that counts for this construct"

    def _later(self, node: Node) -> Node | None:
        """Return the latest assessment of the same series, where it is later than this one."""
        same = [other for other in self.facts.of_kind("Assessment") if _same_series(node, other)]
        latest = max(same, key=in_time, default=node)
        return latest if latest.text("dcterms:date") > node.text("dcterms:date") else None


def _same_series(node: Node, other: Node) -> bool:
    """Say whether two assessments are of one construct, rater, instrument and level."""
    same = all(
        node.text(prop) == other.text(prop)
        for prop in ("km:construct", "km:instrument", "km:constructLevel")
    )
    counts = any(node.values.get(p) and other.values.get(p) for p in _COUNTED)
    return same and other.is_rated and counts and _who(node) == _who(other)


def _who(node: Node) -> str:
    """Return who rated: the rater, else the role; nobody otherwise."""
    return node.text("km:rater") or node.text("km:raterRole")


def _facts(rating: Rating) -> Iterable[str]:
    """Yield what is known of an assessment, one sentence each."""
    if rating.status != "rated":
        yield f"not rated: {rating.status}"
    elif known := value_in_words(rating):
        yield f"rated {known}{_from_raw(rating)}"
    elif rating.raw_score is not None:
        yield f"raw score {plain(rating.raw_score)}, which is no rating from low to high"
    if rating.appropriateness and rating.appropriateness != value_in_words(rating):
        yield f"facilitation found {rating.appropriateness}"
    who = f"{rating.rater_label}, {rating.role}" if rating.role else rating.rater_label
    details = [
        f"rater: {who if rating.rater_label != rating.role else rating.role}",
        f"date: {rating.date}" if rating.date else "no date",
        f"instrument: {rating.instrument}" if rating.instrument else "",
        f"round: {rating.round}" if rating.round else "",
        f"level of the construct: {rating.construct_level}" if rating.construct_level else "",
        f"level of the informant: {rating.informant_level}" if rating.informant_level else "",
        f"{rating.responding} of {rating.eligible} people answered" if rating.eligible else "",
    ]
    yield "; ".join(detail for detail in details if detail)
    if rating.outcome_known:
        yield "the rater knew the outcome, so that it cannot explain the outcome"
    if rating.descriptor:
        yield f"in short: {rating.descriptor}"


def _from_raw(rating: Rating) -> str:
    """Return how a score came from the raw score of an instrument."""
    raw, low, high = rating.raw_score, rating.scale_low, rating.scale_high
    if raw is None:
        return ""
    if low is None or high is None or rating.score is None:
        return f", from {plain(raw)}"
    ends = f"{plain(raw)} on a scale from {plain(low)} to {plain(high)}"
    # Some published scales run from high to low; then the score is given, not computed.
    is_linear = high > low and abs((raw - low) / (high - low) - rating.score) < Decimal("0.001")
    sum_ = f": ({plain(raw)} - {plain(low)}) / ({plain(high)} - {plain(low)})" if is_linear else ""
    return f", from {ends}{sum_}"


def explain_passages(store: QuadStore, iris: Iterable[str]) -> tuple[Explanation, ...]:
    """Return passages with their places, and their words where these are public."""
    return tuple(explain_passage(store, passage) for passage in find_passages(store, iris))


def explain_passage(store: QuadStore, passage: PassageView) -> Explanation:
    """Return one passage."""
    facts = [f"“{passage.quote}”"] if passage.quote else []
    if passage.gist and not passage.quote:
        facts.append(f"in short: {passage.gist}")
    return Explanation(
        passage.iri,
        passage.iri.removeprefix(store.base),
        passage.place,
        "passage",
        facts=tuple(facts),
    )
