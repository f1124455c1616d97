"""What the page of a study or a case tells first: what was tried, where, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kmgraph.figures import profile
from kmgraph.network.nearby import Shared, nearby
from kmgraph.questions import PassageView, find_passages
from kmgraph.readings import CaseReading
from kmgraph.readings.account_model import Account, CaseLine, Cycle, Determinant, Outcome, Strategy
from kmgraph.readings.accounts import read_account
from kmgraph.readings.cases import Cases
from kmgraph.readings.model import plain
from kmgraph.stores.base import QuadStore
from kmgraph_server.pages import words
from kmgraph_server.pages.account_brief import (
    ELEMENTS,
    BriefItem,
    band_in_words,
    brief_of,
    is_adoption,
)
from kmgraph_server.pages.entity_page import Source, group_passages
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.profile_strips import StripProfile, place_of, strips_of
from kmgraph_server.pages.reading_box import ReadingBox
from kmgraph_server.pages.shown import Shown, link
from kmgraph_server.pages.study_page import Table

#: Most studies that are named for each thing in common.
_NEIGHBOURS: Final = 5
#: A flip in words, by its kind.
_FLIPS: Final = {
    "missing set to low": "If {} were rated, and low",
    "missing set to high": "If {} were rated, and high",
    "rating left out": "Without the rating of {}",
    "rater left out": "Without the ratings of {}",
    "document left out": "Without what stands in {}",
    "edge of low moved": "If low ended at {}",
    "edge of high moved": "If high began at {}",
}


@dataclass(frozen=True, slots=True)
class Flip:
    """A single change that would give another quadrant.

    :ivar before: what is said before the link to what is changed; ``after`` what follows it.
    """

    before: str
    changed: Shown
    after: str
    quadrant: str


@dataclass(frozen=True, slots=True)
class Common:
    """What the study has in common with others.

    :ivar studies: the first of the others; ``count`` says how many there are.
    :ivar is_whole: whether the count is of all of them.
    """

    kind: str
    through: Shown
    studies: tuple[Shown, ...]
    count: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """A passage that something rests on.

    :ivar words: words of the passage where they are recorded, else what it says.
    :ivar is_verbatim: whether they are its own words.
    """

    place: Shown
    words: str
    is_verbatim: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A determinant, a strategy or an outcome.

    :ivar kind: what it did, or what came of it, in a word or two; may be empty.
    :ivar facts: what else is known of it, each with its label.
    :ivar about: what it is recorded for, where that is not the page itself.
    """

    what: Shown
    kind: str
    facts: tuple[tuple[str, str], ...]
    constructs: tuple[Shown, ...]
    quotes: tuple[Quote, ...]
    about: Shown | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is recorded of a piece of work, ready to be shown.

    :ivar levels: determinants by the level of change that they stand at.
    """

    levels: tuple[tuple[str, tuple[Line, ...]], ...]
    strategies: tuple[Line, ...]
    outcomes: tuple[Line, ...]

    @property
    def has_any(self) -> bool:
        """Whether anything is recorded."""
        return bool(self.levels or self.strategies or self.outcomes)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case of a study in a row.

    :ivar bands: evidence, context and facilitation in words.
    :ivar result: what came of it.
    """

    case: Shown
    tried: tuple[Shown, ...]
    sites: tuple[Shown, ...]
    result: str
    bands: tuple[tuple[str, str], ...]
    quadrant: str


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A cycle of improvement in a row."""

    cycle: Shown
    record: Cycle
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The account of a study or a case.

    :ivar reading: of the case that it is of, or that the study has as its only one.
    :ivar case: IRI of the case whose profile is shown; empty without one.
    :ivar case_count: number of cases, of which ``cases`` may hold fewer.
    :ivar wide: what is recorded for the whole programme.
    :ivar sources: the passages of all of it, by document.
    """

    iri: str
    study: Shown | None
    reading: CaseReading | None
    brief: tuple[BriefItem, ...]
    cases: tuple[CaseRow, ...]
    case_count: int
    case: str
    strips: StripProfile | None
    flips: tuple[Flip, ...]
    findings: Findings
    wide: Findings
    programme: Shown | None
    runs: tuple[tuple[str, tuple[CycleRow, ...]], ...]
    sources: tuple[Source, ...]
    passage_count: int
    neighbours: tuple[Common, ...]

    def contents(
        self, readings: Sequence[ReadingBox], tables: Sequence[Table]
    ) -> tuple[tuple[str, str], ...]:
        """Return id and title of the sections of the page, in their order.

        :param readings: diagnoses that have sections of their own.
        :param tables: tables of a study.
        """
        of_cases = [("cases", "Its cases")] if self.cases else []
        profile_parts = [("profile", "Profile by PARIHS")] if self.strips else []
        boxes = [(f"reading-{one.scheme}", f"Reading by {one.title}") for one in readings]
        flips = [("flips", "What would overturn the reading")] if self.strips else []
        held = (
            ("determinants", "What helped and hindered", self.findings.levels),
            ("strategies", "What was done", self.findings.strategies),
            ("outcomes", "What came of it", self.findings.outcomes),
            ("cycles", "Cycles of improvement", self.runs),
        )
        told = [(name, title) for name, title, one in held if one]
        rests = [("passages", "Passages")] if self.sources else []
        wide = [("programme", "Its whole programme")] if self.wide.has_any else []
        own = [(one.id, one.title) for one in tables if one.rows]
        near = [("neighbours", "Neighbours")] if self.neighbours else []
        last = [*near, ("facts", "What is recorded"), ("cite", "History and how to cite")]
        return (*of_cases, *profile_parts, *boxes, *flips, *told, *own, *rests, *wide, *last)


def read_account_page(store: QuadStore, iri: str, names: Names) -> AccountPage:
    """Return the account of a study or a case.

    :param iri: IRI of the study or the case.
    """
    account = read_account(store, iri)
    wide = read_account(store, account.programme) if account.programme else Account("")
    # One case can be told in full; several have pages of their own.
    only = account.cases[0].iri if account.case_count == 1 else ""
    reading = Cases(store)[only] if only else None
    rated = reading if reading is not None and reading.ratings else None
    cited = [*account.passages, *wide.passages]
    cited += [iri for one in (rated.ratings if rated else ()) for iri in one.passages]
    places = {one.iri: one for one in find_passages(store, dict.fromkeys(cited))}
    teller = _Teller({account.iri, only}, names, places)
    own = [places[one] for one in dict.fromkeys(cited) if one not in wide.passages]
    return AccountPage(
        iri,
        link(account.study, names) if account.study else None,
        reading,
        brief_of(account, rated, names, places),
        tuple(teller.case(one, account.outcomes) for one in account.cases)
        if account.case_count > 1
        else (),
        account.case_count,
        only if rated else "",
        strips_of(profile(rated), names, places) if rated else None,
        tuple(teller.flips(rated)) if rated else (),
        teller.findings(account),
        teller.findings(wide),
        link(account.programme, names) if account.programme else None,
        tuple(teller.runs(account.cycles)),
        group_passages(own, names),
        len(own),
        tuple(teller.neighbours(nearby(store, account.study))) if account.study else (),
    )


class _Teller:
    """Makes records ready to be shown.

    :param own: IRIs of what the page is about: the study, and the case that is its only one.
    :param places: passages by their IRIs.
    """

    def __init__(self, own: set[str], names: Names, places: dict[str, PassageView]) -> None:
        self._own, self._names, self._places = own, names, places

    def findings(self, account: Account) -> Findings:
        """Return what is recorded of a piece of work."""
        outcomes = sorted(account.outcomes, key=lambda one: (not is_adoption(one), one.text))
        return Findings(
            tuple(
                (level, tuple(self._determinant(one) for one in held))
                for level, held in account.by_level
            ),
            tuple(self._strategy(one) for one in account.strategies),
            tuple(self._outcome(one) for one in outcomes),
        )

    def _determinant(self, one: Determinant) -> Line:
        return self._line(one, one.effect, (("told by", one.informant), ("when", one.date)))

    def _strategy(self, one: Strategy) -> Line:
        facts = (
            ("who", one.actor),
            ("did what", one.action),
            ("to whom", one.target),
            ("how much", one.dose),
            ("when", one.timing or one.date),
            ("at what cost", one.cost),
        )
        return self._line(one, "", facts)

    def _outcome(self, one: Outcome) -> Line:
        facts = (
            ("size of the effect", one.effect),
            ("compared with", one.comparator),
            ("people", one.participants),
            ("certainty", one.certainty),
            ("after", f"{one.months} months" if one.months else ""),
            ("when", one.date),
        )
        return self._line(one, one.result, facts)

    def _line(
        self,
        one: Determinant | Strategy | Outcome,
        kind: str,
        facts: Iterable[tuple[str, str]],
    ) -> Line:
        known = (*facts, ("how it is known", one.assertion))
        return Line(
            link(one.iri, self._names, one.text),
            kind,
            tuple((label, text.rstrip(".")) for label, text in known if text),
            tuple(link(iri, self._names) for iri in one.constructs),
            self._quotes(one.passages),
            None if one.about in self._own else link(one.about, self._names),
        )

    def _quotes(self, passages: Sequence[str]) -> tuple[Quote, ...]:
        found = []
        for iri in passages:
            view = self._places.get(iri)
            told = (view.quote or view.gist or "") if view else ""
            is_verbatim = bool(view and view.quote)
            found.append(Quote(place_of(iri, self._names, self._places), told, is_verbatim))
        return tuple(found)

    def case(self, case: CaseLine, outcomes: Sequence[Outcome]) -> CaseRow:
        """Return a case of a study in a row."""
        own = [one for one in outcomes if one.about == case.iri]
        told = [one for one in own if is_adoption(one)] or own
        return CaseRow(
            link(case.iri, self._names, case.label),
            tuple(link(iri, self._names) for iri in case.innovations),
            tuple(link(iri, self._names) for iri in case.sites),
            "; ".join(dict.fromkeys(one.result for one in told)) or "not reported",
            tuple((label, band_in_words(case, element)) for element, label in ELEMENTS.items()),
            case.quadrant or "no reading",
        )

    def flips(self, reading: CaseReading) -> Iterable[Flip]:
        """Yield single changes that would give another quadrant."""
        elements = {one.concept for one in reading.elements}
        for flip in reading.diagnosis.flips if reading.diagnosis else ():
            told = _FLIPS.get(flip.kind, f"{words.sentence(flip.kind)}: {{}}")
            if flip.changed in elements and flip.edge is None:
                told = told.replace("If {} were rated, and", "If all that is missing of {} were")
            before, _, after = told.partition("{}")
            changed = link(flip.changed, self._names, flip.changed_label or None)
            if flip.edge is not None:
                changed = Shown(plain(flip.edge))
            yield Flip(before.strip(), changed, after.strip(), flip.quadrant)

    def neighbours(self, shared: Iterable[Shared]) -> Iterable[Common]:
        """Yield what the study has in common with others."""
        for one in shared:
            first = tuple(link(iri, self._names) for iri in one.studies[:_NEIGHBOURS])
            through = link(one.through, self._names)
            yield Common(words.sentence(one.kind), through, first, len(one.studies), one.is_whole)

    def runs(self, cycles: Sequence[Cycle]) -> Iterable[tuple[str, tuple[CycleRow, ...]]]:
        """Yield runs of cycles with their names."""
        found: dict[tuple[str, str], list[CycleRow]] = {}
        for one in cycles:
            row = CycleRow(link(one.iri, self._names, one.text), one, self._quotes(one.passages))
            found.setdefault((one.about, one.series), []).append(row)
        for number, ((_, series), rows) in enumerate(found.items(), 1):
            yield series or f"Run {number}", tuple(rows)
