"""What the page of a study shows beyond that of any record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.notes import Note, read_notes, with_basis
from kmgraph_server.pages.queries import Solution, select, text_of
from kmgraph_server.pages.shown import Shown, link, show
from kmgraph_server.pages.study_ratings import COLUMNS, profiles, rating_rows

_FILLED: Final = expand("km:Filled")
_VACANT: Final = expand("km:Vacant")
#: What a table holds, as it is named where there is none of it.
_MISSING: Final = {
    "posts": "posts",
    "communities": "communities of practice",
    "panels": "panels",
    "claims": "claims in documents",
    "discrepancies": "disagreements between sources",
    "ratings": "ratings",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table on a page.

    :ivar empty: what is said instead where there are no rows.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Shown, ...], ...]
    empty: str
    lede: str = ""


@dataclass(frozen=True, slots=True)
class StudySections:
    """The sections of a study's page, and the figures at its head.

    :ivar profiles: links to the profiles of its cases.
    """

    filled: int
    vacant: int
    communities: int
    panels: int
    claims: int
    tables: tuple[Table, ...]
    profiles: tuple[Shown, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether anything is counted at the head of the page."""
        counts = (self.filled, self.vacant, self.communities, self.panels, self.claims)
        return any(counts)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not recorded, in words."""
        return tuple(_MISSING[one.id] for one in self.tables if not one.rows and one.id in _MISSING)


def read_sections(store: QuadStore, iri: str, names: Names, limit: int) -> StudySections:
    """Return the sections of a study's page.

    :param iri: IRI of the study.
    :param limit: most rows of a table; posts and communities are never so many.
    """
    noted = _Noted(store, names)
    posts = select(store, "study-posts", study=iri)
    communities = _communities(select(store, "study-communities", study=iri), names, noted)
    panels = select(store, "study-panels", study=iri)
    claims = select(store, "study-claims", study=iri)
    tables = (
        _posts(posts, names, noted),
        communities,
        _panels(panels, names, noted),
        _claims(claims[:limit], names, noted, iri),
        _discrepancies(select(store, "study-discrepancies", study=iri), names),
        Table(
            "ratings",
            "Ratings of its cases and its programme",
            COLUMNS,
            rating_rows(store, iri, names, limit),
            "No rating is recorded for this study.",
        ),
    )
    return StudySections(
        sum(text_of(row, "status") == _FILLED for row in posts),
        sum(text_of(row, "status") == _VACANT for row in posts),
        len(communities.rows),
        len({text_of(row, "panel") for row in panels if text_of(row, "reviews") == "true"}),
        len(claims),
        tables,
        profiles(store, iri, names, limit),
    )


class _Noted:
    """Adds to values what is recorded about single statements.

    Each record's notes are read once.
    """

    def __init__(self, store: QuadStore, names: Names) -> None:
        self._store, self._names = store, names
        self._notes: dict[str, list[Note]] = {}

    def __call__(self, shown: Shown, iri: str, curie: str, term: Term | None) -> Shown:
        """Return the value of a record's property with how the statement is known."""
        if iri not in self._notes:
            self._notes[iri] = read_notes(self._store, iri)
        return with_basis(shown, self._notes[iri], expand(curie), term, self._names)


def _cell(row: Solution, name: str, names: Names) -> Shown:
    """Return a value of a solution as a page shows it."""
    return show(row.get(name), names)


def _in_words(row: Solution, name: str, names: Names) -> Shown:
    """Return a coded value in words, without a link: the word says it all."""
    iri = text_of(row, name)
    return Shown(words.ASSERTIONS.get(iri) or names.name(iri)) if iri else Shown("")


def _record(row: Solution, name: str, names: Names) -> Shown:
    """Return a link to a record."""
    return link(text_of(row, name), names)


def _posts(rows: list[Solution], names: Names, noted: _Noted) -> Table:
    """Return the table of posts."""

    def known(shown: Shown, row: Solution, curie: str, name: str) -> Shown:
        return noted(shown, text_of(row, "post"), curie, row[name])

    return Table(
        "posts",
        "Knowledge-broker posts",
        ("Post", "Status", "Share of full time", "Held by", "How it is known"),
        tuple(
            (
                known(_record(row, "post", names), row, "km:alignedWith", "study"),
                known(_in_words(row, "status", names), row, "km:postStatus", "status"),
                known(
                    Shown(_cell(row, "share", names).text), row, "km:fullTimeEquivalent", "share"
                ),
                known(_cell(row, "holder", names), row, "org:heldBy", "holder")
                if row["holder"]
                else Shown("nobody named"),
                _in_words(row, "assertion", names),
            )
            for row in rows
        ),
        "No post is recorded for this study.",
    )


def _communities(rows: list[Solution], names: Names, noted: _Noted) -> Table:
    """Return the table of communities, one row each."""
    merged: dict[str, Solution] = {}
    traits: dict[str, dict[str, dict[str, Shown]]] = {}
    properties = {"buildsOn": "km:buildsOn", "characteristic": "km:exhibits"}
    for row in rows:
        iri = text_of(row, "community")
        merged.setdefault(iri, row)
        held = traits.setdefault(iri, {name: {} for name in properties})
        for name, values in held.items():
            if value := text_of(row, name):
                text = Shown(names.name(value))
                values[text.text] = noted(text, iri, properties[name], row[name])

    def before(iri: str, row: Solution) -> Shown:
        if not row["preExisting"]:
            return Shown("not reported")
        return noted(_cell(row, "preExisting", names), iri, "km:preExisting", row["preExisting"])

    return Table(
        "communities",
        "Communities of practice",
        ("Community", "What it is", "Existed before", "Grew from", "Shows"),
        tuple(
            (
                link(iri, names),
                _cell(row, "description", names),
                before(iri, row),
                *(_joined(traits[iri][name]) for name in properties),
            )
            for iri, row in merged.items()
        ),
        "No community of practice is recorded for this study.",
    )


def _joined(values: dict[str, Shown]) -> Shown:
    """Return several values as one, in order of their texts."""
    ordered = [values[text] for text in sorted(values)]
    return replace(ordered[0], more=tuple(ordered[1:])) if ordered else Shown("")


def _panels(rows: list[Solution], names: Names, noted: _Noted) -> Table:
    """Return the table of panels."""

    def known(shown: Shown, row: Solution, curie: str, name: str) -> Shown:
        return noted(shown, text_of(row, "panel"), curie, row[name]) if row[name] else shown

    def reviews(row: Solution) -> Shown:
        does = text_of(row, "reviews") == "true"
        return known(Shown("yes"), row, "km:reviews", "study") if does else Shown("not reported")

    return Table(
        "panels",
        "Panels and who reviews it",
        ("Panel", "Kind", "Reviews the study", "How often", "Appointed by"),
        tuple(
            (
                _record(row, "panel", names),
                known(_in_words(row, "kind", names), row, "km:panelKind", "kind"),
                reviews(row),
                known(_in_words(row, "frequency", names), row, "km:reviewFrequency", "frequency")
                if row["frequency"]
                else Shown("not reported"),
                known(_in_words(row, "appointment", names), row, "km:appointment", "appointment"),
            )
            for row in rows
        ),
        "No panel is recorded for this study.",
    )


def _claims(rows: list[Solution], names: Names, noted: _Noted, study: str) -> Table:
    """Return the table of claims."""
    about = ox.NamedNode(study)
    return Table(
        "claims",
        "What documents say of it",
        ("Claim", "Number", "What is counted", "How it is known"),
        tuple(
            (
                noted(_record(row, "claim", names), text_of(row, "claim"), "km:about", about),
                _number(row, names),
                _counted(row, names),
                _in_words(row, "assertion", names),
            )
            for row in rows
        ),
        "No claim about this study is recorded.",
    )


def _number(row: Solution, names: Names) -> Shown:
    """Return the number of a claim, or its range."""
    value = _cell(row, "value", names)
    upper = f" to {_cell(row, 'valueTo', names).text}" if row["valueTo"] else ""
    return Shown(f"{value.text}{upper}")


def _counted(row: Solution, names: Names) -> Shown:
    """Return what the number of a claim counts, and its unit."""
    unit = text_of(row, "unit")
    quantity = _in_words(row, "quantity", names).text
    return Shown(f"{quantity} ({unit})" if quantity and unit else quantity or unit)


def _discrepancies(rows: list[Solution], names: Names) -> Table:
    """Return the table of disagreements."""
    return Table(
        "discrepancies",
        "Where sources disagree",
        ("Disagreement", "Kind", "What to know"),
        tuple(
            (
                _record(row, "discrepancy", names),
                _in_words(row, "kind", names),
                _cell(row, "explanation", names),
            )
            for row in rows
        ),
        "No disagreement between claims about this study is recorded.",
        "Claims that do not agree are kept side by side. None of them is corrected.",
    )
