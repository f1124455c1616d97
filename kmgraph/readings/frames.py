"""Ratings, summaries, diagnoses and flips as tables: one row each, set by set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from kmgraph.errors import MissingExtraError
from kmgraph.namespaces import FRAMEWORK
from kmgraph.readings.assembling import notation_of, read_diagnosis, read_flip, read_rating
from kmgraph.readings.facts import CaseFacts, Node, read_facts, solve, text_of
from kmgraph.readings.frameworks import load_frameworks
from kmgraph.readings.model import HYPOTHESIS
from kmgraph.stores.base import QuadStore

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

_CASE: Final = ("case", "case_label", "study", "study_label")
#: Columns of each table; those of numbers, of counts and of truth values are typed so.
RATING_COLUMNS: Final = (
    "rating", *_CASE, "scheme", "element", "construct", "construct_label", "counts_for",
    "rater", "rater_label", "role", "round", "date", "instrument", "status", "score", "raw_score",
    "scale_low", "scale_high", "band", "band_kind", "position", "appropriateness",
    "construct_level", "informant_level", "outcome_known", "eligible", "responding", "is_used",
    "aggregates", "descriptor", "passages",
)  # fmt: skip
SUMMARY_COLUMNS: Final = (
    "summary", *_CASE, "kind", "scheme", "element", "construct", "construct_label", "score",
    "position", "band", "coverage", "rated_count", "sub_element_count", "lower_bound",
    "upper_bound", "rater_count", "rater_spread", "profile_spread", "is_direct", "unscored",
    "is_verified",
)  # fmt: skip
DIAGNOSIS_COLUMNS: Final = (
    "diagnosis", *_CASE, "scheme", "evidence_band", "context_band", "quadrant",
    "possible_quadrants", "weakest", "suggested_facilitation", "fit", "appropriateness", "rule",
    "status", "note",
)  # fmt: skip
FLIP_COLUMNS: Final = (
    "flip", *_CASE, "scheme", "diagnosis", "quadrant", "kind", "changed", "changed_label", "edge",
    "affects", "quadrant_then", "evidence_band_then", "context_band_then",
)  # fmt: skip
_NUMBERS: Final = frozenset(
    "score raw_score scale_low scale_high position coverage lower_bound upper_bound rater_spread "
    "profile_spread edge".split()
)
_COUNTS: Final = frozenset(
    "eligible responding rated_count sub_element_count rater_count unscored".split()
)
_TRUTHS: Final = frozenset("outcome_known is_used is_direct is_verified".split())


def ratings_frame(store: QuadStore) -> pd.DataFrame:
    """Return one row for each rating, those of programmes too.

    :raises MissingExtraError: pandas is not installed.
    """
    return _frame(_rating_rows(store), RATING_COLUMNS)


def summaries_frame(store: QuadStore) -> pd.DataFrame:
    """Return one row for each summary, of elements and of constructs.

    :raises MissingExtraError: pandas is not installed.
    """
    return _frame(_summary_rows(store), SUMMARY_COLUMNS)


def diagnoses_frame(store: QuadStore) -> pd.DataFrame:
    """Return one row for each diagnosis, each saying how far its rule was checked.

    :raises MissingExtraError: pandas is not installed.
    """
    return _frame(_diagnosis_rows(store), DIAGNOSIS_COLUMNS)


def flips_frame(store: QuadStore) -> pd.DataFrame:
    """Return one row for each single change that would overturn a diagnosis.

    :raises MissingExtraError: pandas is not installed.
    """
    return _frame(_flip_rows(store), FLIP_COLUMNS)


def _frame(rows: Iterable[Row], columns: tuple[str, ...]) -> pd.DataFrame:
    """Return rows as a DataFrame with typed columns."""
    try:
        import pandas
    except ImportError as error:
        raise MissingExtraError("pandas", "frames") from error
    held = list(rows)
    return pandas.DataFrame(
        {
            name: pandas.Series([_cell(row[name]) for row in held], dtype=_dtype(name))
            for name in columns
        }
    )


def _cell(value: Any) -> Any:
    """Return a value as a cell holds it: no text is None, a Decimal a float."""
    if isinstance(value, Decimal):
        return float(value)
    return list(value) if isinstance(value, tuple) else None if value == "" else value


def _dtype(name: str) -> str:
    """Return the type of a column."""
    if name in _NUMBERS:
        return "float64"
    return "Int64" if name in _COUNTS else "boolean" if name in _TRUTHS else "object"


def _case_row(facts: CaseFacts) -> Row:
    """Return the cells that say what a row is about."""
    return dict(zip(_CASE, (facts.case, facts.label, facts.study, facts.study_label), strict=True))


def _rating_rows(store: QuadStore) -> Iterator[Row]:
    """Yield the ratings, those of cases first."""
    used = {text_of(row, "part") for row in solve(store, "used")}
    for facts in read_facts(store, kind="Assessment", others=True):
        yield from (_rating_row(node, facts, used) for node in facts.nodes.values())


def _rating_row(node: Node, facts: CaseFacts, used: set[str]) -> Row:
    """Return one rating."""
    rating = read_rating(node, facts, is_used=node.iri in used)
    construct = node.text("km:construct")
    found = load_frameworks().element_of(construct)
    cells = {name: getattr(rating, name) for name in RATING_COLUMNS if hasattr(rating, name)}
    return {
        **cells,
        **_case_row(facts),
        "rating": node.iri,
        "scheme": scheme_of(construct),
        "element": found[1].concept.notation if found else "",
        "construct_label": load_frameworks().labels.get(construct, ""),
        "counts_for": notation_of(found[2]) if found else "",
    }


def scheme_of(construct: str) -> str:
    """Return the short name of the framework of a construct.

    >>> scheme_of("https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.C.culture")
    'parihs-2004'
    """
    return construct.removeprefix(FRAMEWORK).partition("/")[0]


def _summary_rows(store: QuadStore) -> Iterator[Row]:
    """Yield the summaries of each case: of its elements, and of the constructs within them."""
    constructs = {facts.case: facts for facts in read_facts(store, kind="ConstructSummary")}
    for facts in read_facts(store, kind="ElementSummary"):
        yield from (_summary_row(node, facts) for node in facts.nodes.values())
        within = constructs[facts.case]
        yield from (_summary_row(node, within) for node in within.nodes.values())


def _summary_row(node: Node, facts: CaseFacts) -> Row:
    """Return one summary."""
    is_element = node.kind == "ElementSummary"
    construct = node.text("km:element" if is_element else "km:construct")
    found = load_frameworks().element_of(construct)
    return {
        **_case_row(facts),
        "summary": node.iri,
        "kind": "element" if is_element else "construct",
        "scheme": scheme_of(construct),
        "element": found[1].concept.notation if found else "",
        "construct": notation_of(construct),
        "construct_label": load_frameworks().labels.get(construct, ""),
        "score": node.number("km:score"),
        "position": node.number("km:approachPosition"),
        "band": node.word("km:band"),
        "coverage": node.number("km:coverage"),
        "rated_count": node.count("km:ratedCount") if is_element else None,
        "sub_element_count": node.count("km:subElementCount") if is_element else None,
        "lower_bound": node.number("km:lowerBound"),
        "upper_bound": node.number("km:upperBound"),
        "rater_count": node.count("km:raterCount"),
        "rater_spread": node.number("km:raterSpread"),
        "profile_spread": node.number("km:profileSpread"),
        "is_direct": bool(node.boolean("km:fromDirectRating")) if is_element else None,
        "unscored": len(node.texts("km:unscoredAssessment")),
        "is_verified": _is_verified(construct),
    }


def _is_verified(construct: str) -> bool | None:
    """Say whether a construct was checked against a published source."""
    found = load_frameworks().element_of(construct)
    if found is None:
        return None
    concepts = (found[1].concept, *found[1].sub_elements)
    return next(one.is_verified for one in concepts if one.iri == construct)


def _diagnosis_rows(store: QuadStore) -> Iterator[Row]:
    """Yield the diagnoses."""
    for facts in read_facts(store, kind="Diagnosis"):
        for node in facts.nodes.values():
            reading = read_diagnosis(node, facts)
            cells = {n: getattr(reading, n) for n in DIAGNOSIS_COLUMNS if hasattr(reading, n)}
            yield {
                **cells,
                **_case_row(facts),
                "diagnosis": node.iri,
                "scheme": scheme_of(node.text("km:scheme")),
                "note": f"suggested facilitation and fit: {HYPOTHESIS}",
            }


def _flip_rows(store: QuadStore) -> Iterator[Row]:
    """Yield the single changes that would overturn diagnoses."""
    diagnoses = {facts.case: facts for facts in read_facts(store, kind="Diagnosis")}
    assessments = {facts.case: facts for facts in read_facts(store, kind="Assessment")}
    for facts in read_facts(store, kind="Flip"):
        held = CaseFacts(facts.case, assessments[facts.case].nodes, facts.names)
        for node in facts.nodes.values():
            diagnosis = diagnoses[facts.case].nodes[node.text("km:ofDiagnosis")]
            flip = read_flip(node, held)
            yield {
                **_case_row(facts),
                "flip": node.iri,
                "scheme": scheme_of(diagnosis.text("km:scheme")),
                "diagnosis": diagnosis.iri,
                "quadrant": diagnosis.word("km:quadrant"),
                "kind": flip.kind,
                "changed": flip.changed,
                "changed_label": flip.changed_label,
                "edge": flip.edge,
                "affects": tuple(notation_of(iri) for iri in node.texts("km:affects")),
                "quadrant_then": flip.quadrant,
                "evidence_band_then": flip.evidence_band,
                "context_band_then": flip.context_band,
            }
