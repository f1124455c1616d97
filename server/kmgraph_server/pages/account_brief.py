"""What a clinician asks first of a study or a case, answered in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.profile import rating_in_words
from kmgraph.questions import PassageView
from kmgraph.readings import CaseReading, ConstructReading, ElementReading
from kmgraph.readings.account_model import (
    BARRIER,
    ENABLER,
    NOT_REPORTED,
    Account,
    CaseLine,
    Outcome,
)
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.profile_strips import place_of
from kmgraph_server.pages.shown import Shown, link

#: The elements that a case is placed by, with what people call them.
ELEMENTS: Final = {"PARIHS.E": "Evidence", "PARIHS.C": "Context", "PARIHS.F": "Facilitation"}
#: Most lines of an answer; the sections below have the others.
_MOST: Final = 4
#: End of the id of the construct that outcomes are coded to which say whether it took hold.
_SUCCESS: Final = ".SI"


@dataclass(frozen=True, slots=True)
class Point:
    """A line of an answer.

    :ivar text: what is said before the links; may be empty.
    :ivar shown: the records that say so.
    :ivar after: what is said after them.
    :ivar places: the passages that it rests on.
    :ivar is_below: whether it belongs to the line before.
    """

    text: str
    shown: tuple[Shown, ...] = ()
    after: str = ""
    places: tuple[Shown, ...] = ()
    is_below: bool = False


@dataclass(frozen=True, slots=True)
class BriefItem:
    """A question with its answer.

    :ivar none: what is said where nothing is known.
    """

    question: str
    points: tuple[Point, ...]
    none: str = NOT_REPORTED


def is_adoption(outcome: Outcome) -> bool:
    """Say whether an outcome tells if the innovation took hold."""
    return any(iri.endswith(_SUCCESS) for iri in outcome.constructs)


def band_in_words(case: CaseLine, element: str) -> str:
    """Return where an element of a case lies, in words.

    >>> band_in_words(CaseLine("urn:c", "Ward 1"), "PARIHS.C")
    'not rated'
    """
    found = next((one for one in case.bands if one.element == element), None)
    if found is None:
        return "not rated"
    if found.position:
        return f"{style.number(Decimal(found.position))} from task (0) to enabling (1)"
    score = style.number(Decimal(found.score)) if found.score else ""
    return " ".join(part for part in (found.band, score) if part) or "judged only"


def brief_of(
    account: Account,
    reading: CaseReading | None,
    names: Names,
    places: dict[str, PassageView],
) -> tuple[BriefItem, ...]:
    """Return what is asked first, with answers; nothing where nothing at all is known.

    :param reading: of the one case; None where there are several, or nobody rated it.
    :param places: the passages that it rests on, by IRI.
    """
    teller = _Teller(names, places)
    items = (
        BriefItem("What was tried", tuple(teller.tried(account))),
        BriefItem("Where", tuple(teller.where(account))),
        BriefItem("Did it take hold", tuple(teller.results(account))),
        BriefItem("How sure", tuple(teller.certainty(account, reading))),
        BriefItem("Why", tuple(teller.reasons(account, reading))),
        BriefItem("On whose word", tuple(teller.raters(account, reading))),
    )
    return items if any(item.points for item in items) else ()


class _Teller:
    """Answers what is asked first."""

    def __init__(self, names: Names, places: dict[str, PassageView]) -> None:
        self._names, self._places = names, places

    def tried(self, account: Account) -> Iterator[Point]:
        """Yield the innovations, and what was done so that they would take hold."""
        iris = dict.fromkeys(iri for case in account.cases for iri in case.innovations)
        if iris:
            yield self._linked("", iris)
        if account.strategies:
            named = [link(one.iri, self._names, one.text) for one in account.strategies]
            yield Point("Strategies:", _first(named), _others(named))

    def where(self, account: Account) -> Iterator[Point]:
        """Yield sites, settings and time."""
        sites = dict.fromkeys(iri for case in account.cases for iri in case.sites)
        if sites:
            yield self._linked("", sites)
        if account.settings:
            yield self._linked("Setting:", account.settings)
        times = {
            " to ".join(filter(None, (case.start, case.end)))
            for case in account.cases
            if case.start
        }
        if len(times) == 1:
            yield Point(f"When: {times.pop()}")

    def results(self, account: Account) -> Iterator[Point]:
        """Yield the outcomes, first those that tell whether it took hold."""
        ordered = sorted(account.outcomes, key=lambda one: (not is_adoption(one), one.text))
        if len(account.cases) > 1:
            counts: dict[str, int] = {}
            for one in ordered:
                if is_adoption(one):
                    counts[one.result] = counts.get(one.result, 0) + 1
            for result, count in counts.items():
                yield Point(f"{words.sentence(result)}: {words.plural(count, 'case')}")
            if counts:
                return
        for one in ordered[:_MOST]:
            after = f"after {one.months} months" if one.months else ""
            yield Point(
                f"{words.sentence(one.result)}:",
                (link(one.iri, self._names, one.text),),
                after,
                self._where(one.passages),
            )
        if len(ordered) > _MOST:
            yield Point(f"and {words.plural(len(ordered) - _MOST, 'other outcome')} below")

    def certainty(self, account: Account, reading: CaseReading | None) -> Iterator[Point]:
        """Yield how sure outcomes are, how much is rated, and how firm the reading is."""
        known = dict.fromkeys(one.certainty for one in account.outcomes if one.certainty)
        if known:
            yield Point(f"Certainty of the outcomes as appraised: {', '.join(known)}")
        read = [case for case in account.cases if case.bands]
        if account.case_count > 1 and read:
            yield Point(f"Rated: {len(read)} of {words.plural(len(account.cases), 'case')}")
        for element in reading.elements[:2] if reading else ():
            rated = f"{element.rated_count} of {element.sub_element_count} parts rated"
            yield Point(f"{element.label}: {rated if element.iri else 'not rated'}")
        if reading and reading.diagnosis:
            count = len(reading.diagnosis.flips)
            firm = (
                f"{words.plural(count, 'single change')} would"
                if count
                else "no single change would"
            )
            yield Point(f"Reading: {reading.diagnosis.quadrant}; {firm} give another")

    def reasons(self, account: Account, reading: CaseReading | None) -> Iterator[Point]:
        """Yield what is low, on whose word, and what hindered and helped."""
        for element in reading.elements[:2] if reading else ():
            yield from self._element(element)
        if account.case_count > 1:
            yield from self._weak(account.cases)
        for effect, label in ((BARRIER, "What hindered"), (ENABLER, "What helped")):
            held = [one for one in account.determinants if one.effect == effect]
            for one in held[:_MOST]:
                text = link(one.iri, self._names, one.text)
                told = f"told by {one.informant}" if one.informant else ""
                yield Point(f"{label}:", (text,), told, self._where(one.passages))
            if len(held) > _MOST:
                yield Point(f"and {words.plural(len(held) - _MOST, effect)} more below")

    def _weak(self, cases: Sequence[CaseLine]) -> Iterator[Point]:
        """Yield in which cases evidence or context is low."""
        for element in list(ELEMENTS)[:2]:
            low = [one for one in cases if band_in_words(one, element).startswith("low")]
            if low:
                named = [link(one.iri, self._names, one.label) for one in low]
                yield Point(f"{ELEMENTS[element]} is low in", _first(named), _others(named))

    def _element(self, element: ElementReading) -> Iterator[Point]:
        """Yield an element with its parts that pull it down."""
        if not element.band:
            return
        yield Point(
            "",
            (link(element.concept, self._names, element.label),),
            _is(element),
        )
        for part in element.constructs if element.band != "high" else ():
            if part.band in ("low", "mixed") or {"low", "mixed"} & set(part.judged_bands):
                yield from self._part(part)

    def _part(self, part: ConstructReading) -> Iterator[Point]:
        """Yield each rating of a part of an element: what it says, on whose word, and where."""
        name = link(part.concept, self._names, part.label)
        for one in part.ratings:
            if one.status == "rated":
                yield Point(
                    "",
                    (name, link(one.iri, self._names, rating_in_words(one))),
                    f"({one.descriptor})" if one.descriptor else "",
                    self._where(one.passages),
                    is_below=True,
                )

    def raters(self, account: Account, reading: CaseReading | None) -> Iterator[Point]:
        """Yield who rated it, and the documents that it stands in."""
        found: dict[str, int] = {}
        for one in reading.ratings if reading else ():
            if one.status == "rated":
                who = one.rater_label if one.rater else one.role or one.rater_label
                found[who] = found.get(who, 0) + 1
        told = [f"{who} ({words.plural(count, 'rating')})" for who, count in sorted(found.items())]
        if told:
            yield Point(f"Rated by {', '.join(told)}")
        elif any(case.bands for case in account.cases):
            yield Point("Raters: on the page of each case")
        cited = [*account.passages]
        cited += [iri for one in (reading.ratings if reading else ()) for iri in one.passages]
        documents: dict[str, str] = {}
        for iri in cited:
            view = self._places.get(iri)
            if view and view.document_iri:
                documents[view.document_iri] = view.document_title or ""
        if documents:
            held = [link(iri, self._names, title or None) for iri, title in documents.items()]
            yield Point("Documents:", _first(held), _others(held))

    def _where(self, passages: Sequence[str]) -> tuple[Shown, ...]:
        """Return links to passages, called by their places."""
        return tuple(place_of(iri, self._names, self._places) for iri in passages)

    def _linked(self, text: str, iris: Iterable[str]) -> Point:
        """Return a line of links."""
        held = [link(iri, self._names) for iri in iris]
        return Point(text, _first(held), _others(held))


def _is(element: ElementReading) -> str:
    """Return where an element lies, as the end of a sentence."""
    score = f" ({style.number(element.score)})" if element.score is not None else ""
    of = "" if element.band == "high" else "; on the word of"
    return f"is {element.band}{score}{of}"


def _first(held: Sequence[Shown]) -> tuple[Shown, ...]:
    """Return the links that are shown."""
    return tuple(held[: _MOST + 1])


def _others(held: Sequence[Shown]) -> str:
    """Return how many links are not shown, in words."""
    left = len(held) - len(_first(held))
    return f"and {left} more" if left > 0 else ""
