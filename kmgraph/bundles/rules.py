"""Rules that look at several cells of a row together.

Each rule takes the typed values of a row and yields ``(column, code, expected)``. A cell that could
not be read has no value here, so that one mistake is reported once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import TAKEN_NAMES
from kmgraph.vocabulary import Vocabulary

Values = Mapping[str, Any]
Fault = tuple[str, str, str]
Rule = Callable[[Values, Vocabulary], Iterator[Fault]]

#: Scores are compared to this many decimal places.
SCORE_PLACES: Final = 6
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_PREFIX: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_FACILITATION_TOPS: Final = frozenset({"PARIHS.F", "P98.F", "iP.Fac"})
#: Elements whose parts are approaches to facilitation, so that none of them is low or high.
_APPROACH_TOPS: Final = frozenset({"PARIHS.F", "P98.F"})
_RATINGS: Final = ("score", "raw_score", "band", "approach_position", "appropriateness")


def precedes(end: str, start: str) -> bool:
    """Return whether one date lies before another, as far as both are precise.

    >>> precedes("2009", "2010-05"), precedes("2010", "2010-05")
    (True, False)
    """
    shared = min(len(end), len(start))
    return end[:shared] < start[:shared]


def rescale(raw: Decimal, low: Decimal, high: Decimal) -> Decimal:
    """Return the place of a raw score between the ends of its scale, 0 to 1.

    >>> rescale(Decimal(4), Decimal(1), Decimal(5))
    Decimal('0.750000')
    """
    return round((raw - low) / (high - low), SCORE_PLACES)


def _is_empty(row: Values, column: str) -> bool:
    """Return whether a cell could be read and holds nothing."""
    return column in row and not row[column]


def _is_language(tag: str) -> bool:
    """Return whether a text is a language tag that the store takes."""
    try:
        ox.Literal("", language=tag)
    except ValueError:
        return False
    return bool(_LANGUAGE.fullmatch(tag))


def _dates(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if row.get("start") and row.get("end") and precedes(row["end"], row["start"]):
        yield "end", "end-before-start", f"a date not before {row['start']}"


def _dataset(row: Values, _: Vocabulary) -> Iterator[Fault]:
    name = row.get("id")
    if name and not _NAME.fullmatch(name):
        yield "id", "bad-name", "lower-case letters, digits and hyphens"
    elif name in TAKEN_NAMES:
        yield "id", "reserved-name", "a name other than " + ", ".join(sorted(TAKEN_NAMES))
    if row.get("visibility") and not _NAME.fullmatch(row["visibility"]):
        yield "visibility", "bad-name", "public, or a group's name in lower case"
    if row.get("language") and not _is_language(row["language"]):
        yield "language", "bad-language", "a language tag such as en"
    if row.get("id_prefix") and not _PREFIX.fullmatch(row["id_prefix"]):
        yield "id_prefix", "bad-id", "letters, digits and . - _ ~ only"


def _passage(row: Values, _: Vocabulary) -> Iterator[Fault]:
    first, last = row.get("line_from"), row.get("line_to")
    if first is not None and last is not None and last < first:
        yield "line_to", "out-of-order", f"a line not before {first}"
    if row.get("quote") and _is_empty(row, "quote_basis"):
        yield "quote_basis", "missing-basis", "published or consent"


def _person(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if row.get("name") or row.get("orcid"):
        if _is_empty(row, "naming_basis"):
            yield "naming_basis", "missing-basis", "why the name or ORCID may be shown"
        if _is_empty(row, "review_date"):
            yield "review_date", "missing-value", "when the basis is to be reviewed"


def _post(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if row.get("status") == "vacant" and row.get("held_by"):
        yield "held_by", "vacant-with-holder", "no holder while the post is vacant"


def _membership(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if _is_empty(row, "member") and _is_empty(row, "member_kind"):
        yield "member", "missing-value", "a member or a kind of member"


def _participation(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if _is_empty(row, "who") and _is_empty(row, "participant_kind"):
        yield "who", "missing-value", "who took part, or a kind of people"


def _cycle(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if row.get("id") and row.get("follows") == row["id"]:
        yield "follows", "wrong-reference", "an earlier cycle, not the cycle itself"


def _evidence(row: Values, _: Vocabulary) -> Iterator[Fault]:
    """Where there is no evidence there is no finding either."""
    if row.get("kind") in ("none_found", "not_reported"):
        for column in ("direction", "certainty"):
            if row.get(column) is not None:
                yield column, "unmeasured-with-result", "an empty cell where there is no evidence"


def _plan(row: Values, _: Vocabulary) -> Iterator[Fault]:
    """What is reported to have been done is not unreported."""
    if row.get("fulfilment") in (None, "not_reported") and "fulfilment" in row:
        for column in ("done", "done_claims"):
            if row.get(column):
                yield column, "unmeasured-with-result", "an empty cell, or what became of the plan"


def _claim(row: Values, _: Vocabulary) -> Iterator[Fault]:
    value, upper = row.get("value"), row.get("value_to")
    if value is not None and upper is not None and upper < value:
        yield "value_to", "out-of-order", f"a number not below {value}"
    if "value" in row and "quantity_kind" in row:
        if value is not None and not row["quantity_kind"]:
            yield "quantity_kind", "missing-value", "what the number counts"
        if value is None and row["quantity_kind"]:
            yield "value", "missing-value", "the number"
    if _is_empty(row, "passages"):
        yield "passages", "missing-value", "where the claim stands"


def _discrepancy(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if "claims" in row and len(row["claims"]) == 1:
        yield "claims", "too-few-values", "two claims or more"


def _statement_note(row: Values, _: Vocabulary) -> Iterator[Fault]:
    if "object" in row and "value" in row:
        if row["object"] and row["value"]:
            yield "value", "too-many-values", "an object or a value, not both"
        if not row["object"] and not row["value"]:
            yield "object", "missing-value", "an object or a value"


def _determinant(row: Values, _: Vocabulary) -> Iterator[Fault]:
    valence = row.get("valence") or 0
    if (row.get("kind") == "barrier" and valence > 0) or (
        row.get("kind") == "enabler" and valence < 0
    ):
        yield "valence", "wrong-sign", "a sign that goes with barrier or enabler"


def _outcome(row: Values, _: Vocabulary) -> Iterator[Fault]:
    low, high = row.get("interval_low"), row.get("interval_high")
    if low is not None and high is not None and high < low:
        yield "interval_high", "out-of-order", f"a number not below {low}"
    if row.get("measurement") not in (None, "measured"):
        for column in ("direction", "estimate", "standard_error", "interval_low", "interval_high"):
            if row.get(column) is not None:
                yield column, "unmeasured-with-result", "no result for what was not measured"


def _assessment(row: Values, vocabulary: Vocabulary) -> Iterator[Fault]:
    yield from _survey(row)
    if "rating_status" not in row:
        return
    if row["rating_status"] not in (None, "rated"):
        for column in _RATINGS:
            if row.get(column) is not None:
                yield column, "unrated-with-rating", "an empty cell, or the status 'rated'"
        return
    yield from _scale(row, vocabulary)
    yield from _facilitation(row, vocabulary)
    if row.get("score") is not None and row.get("band"):
        yield "band", "score-and-band", "an empty cell beside a score"
    if all(column in row and row[column] is None for column in _RATINGS):
        yield "score", "rated-without-rating", "a score, a band, or why it is not rated"


def _survey(row: Values) -> Iterator[Fault]:
    """Nobody answers who was not asked, and what is withheld is withheld with its number."""
    eligible, responding = row.get("eligible"), row.get("responding")
    if eligible is not None and responding is not None and responding > eligible:
        yield "responding", "out-of-order", f"at most the {eligible} eligible"
    if row.get("id") in (row.get("aggregates") or ()):
        yield "aggregates", "wrong-reference", "finer ratings, not the rating itself"
    if row.get("rating_status") in (None, "rated"):
        return
    if row.get("aggregates"):
        yield "aggregates", "unrated-with-rating", "an empty cell, or the status 'rated'"
    if row["rating_status"] == "suppressed" and responding is not None:
        yield "responding", "unrated-with-rating", "an empty cell: the number is withheld too"


def _scale(row: Values, vocabulary: Vocabulary) -> Iterator[Fault]:
    """A raw score lies on its scale, and the score is what the scale makes of it."""
    construct = vocabulary.constructs.get(row.get("construct") or "")
    raw_only = construct is not None and construct.raw_only
    if raw_only:
        for column in ("score", "band"):
            if row.get(column) is not None:
                yield column, "raw-score-only", "an empty cell beside the raw_score"
    raw, low, high = row.get("raw_score"), row.get("scale_low"), row.get("scale_high")
    if low is not None and high is not None and high <= low:
        yield "scale_high", "out-of-order", f"a number above {low}"
        return
    if raw is None:
        return
    if (low is not None and raw < low) or (high is not None and raw > high):
        yield "raw_score", "out-of-range", f"a number from {low} to {high}"
        return
    if low is not None and high is not None:
        score = None if raw_only else row.get("score")
        if score is not None and round(score, SCORE_PLACES) != rescale(raw, low, high):
            yield "score", "score-mismatch", f"{rescale(raw, low, high)}, or an empty cell"
        return
    if raw_only:
        return
    # Without its scale a raw score gives no score, and the row needs another rating.
    if all(row.get(c) is None and c in row for c in ("score", "band", "appropriateness")):
        for column in ("scale_low", "scale_high"):
            if column in row and row[column] is None:
                yield column, "missing-value", "the end of the scale, or a score"


def _facilitation(row: Values, vocabulary: Vocabulary) -> Iterator[Fault]:
    """Facilitation's parts have a position; how well it suits is rated of facilitation itself."""
    construct = vocabulary.constructs.get(row.get("construct") or "")
    if construct is None:
        return
    if construct.top in _APPROACH_TOPS and construct.notation != construct.top:
        for column in ("score", "raw_score", "band"):
            if row.get(column) is not None:
                instead = "an approach_position" if construct.task_enabling else "an empty cell"
                yield column, "not-for-facilitation", instead
    if not construct.task_enabling and row.get("approach_position") is not None:
        yield "approach_position", "only-for-facilitation", "an empty cell"
    is_whole = construct.notation in _FACILITATION_TOPS
    if not is_whole and row.get("appropriateness") is not None:
        yield "appropriateness", "only-for-facilitation", "facilitation itself as the construct"


#: Sheet to the rules of its rows.
ROW_RULES: Final[dict[str, tuple[Rule, ...]]] = {
    "dataset": (_dataset,),
    "programmes": (_dates,),
    "studies": (_dates,),
    "cases": (_dates,),
    "posts": (_dates, _post),
    "memberships": (_dates, _membership),
    "activities": (_dates,),
    "strategies": (_dates,),
    "steps": (_dates,),
    "cycles": (_dates, _cycle),
    "participations": (_dates, _participation),
    "evidence": (_evidence,),
    "plans": (_plan,),
    "people": (_person,),
    "passages": (_passage,),
    "claims": (_claim,),
    "discrepancies": (_discrepancy,),
    "statement_notes": (_statement_note,),
    "determinants": (_determinant,),
    "outcomes": (_outcome,),
    "assessments": (_assessment,),
}
