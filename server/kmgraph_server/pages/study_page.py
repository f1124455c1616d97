"""What the page of a study shows beyond that of any record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.queries import Solution, select, text_of
from kmgraph_server.pages.shown import Shown, link, show

_FILLED: Final = expand("km:Filled")
_VACANT: Final = expand("km:Vacant")


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
    """The sections of a study's page, and the figures at its head."""

    filled: int
    vacant: int
    communities: int
    panels: int
    claims: int
    tables: tuple[Table, ...]


def read_sections(store: QuadStore, iri: str, names: Names, limit: int) -> StudySections:
    """Return the sections of a study's page.

    :param iri: IRI of the study.
    :param limit: most rows of a table; posts and communities are never so many.
    """
    posts = select(store, "study-posts", study=iri)
    communities = _communities(select(store, "study-communities", study=iri), names)
    panels = select(store, "study-panels", study=iri)
    claims = select(store, "study-claims", study=iri)
    findings = select(store, "study-findings", study=iri)
    own = [row for row in findings if text_of(row, "wide") == "false"]
    wide = [row for row in findings if text_of(row, "wide") == "true"]
    found = text_of
    tables = (
        _posts(posts, names),
        communities,
        _panels(panels, names),
        _claims(claims[:limit], names),
        _discrepancies(select(store, "study-discrepancies", study=iri), names),
        _findings("findings", "What helped, hindered and came of it", own[:limit], names),
        _findings("programme", "What is recorded for its whole programme", wide[:limit], names),
    )
    return StudySections(
        sum(found(row, "status") == _FILLED for row in posts),
        sum(found(row, "status") == _VACANT for row in posts),
        len(communities.rows),
        len({text_of(row, "panel") for row in panels if text_of(row, "reviews") == "true"}),
        len(claims),
        tables,
    )


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


def _posts(rows: list[Solution], names: Names) -> Table:
    """Return the table of posts."""
    return Table(
        "posts",
        "Knowledge-broker posts",
        ("Post", "Status", "Share of full time", "Held by", "How it is known"),
        tuple(
            (
                _record(row, "post", names),
                _in_words(row, "status", names),
                Shown(_cell(row, "share", names).text),
                _cell(row, "holder", names) if row["holder"] else Shown("nobody named"),
                _in_words(row, "assertion", names),
            )
            for row in rows
        ),
        "No post is recorded for this study.",
    )


def _communities(rows: list[Solution], names: Names) -> Table:
    """Return the table of communities, one row each."""
    merged: dict[str, Solution] = {}
    traits: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        iri = text_of(row, "community")
        merged.setdefault(iri, row)
        held = traits.setdefault(iri, {"buildsOn": set(), "characteristic": set()})
        for name, values in held.items():
            if value := text_of(row, name):
                values.add(names.name(value))
    return Table(
        "communities",
        "Communities of practice",
        ("Community", "What it is", "Existed before", "Grew from", "Shows"),
        tuple(
            (
                link(iri, names),
                _cell(row, "description", names),
                _cell(row, "preExisting", names) if row["preExisting"] else Shown("not reported"),
                Shown("; ".join(sorted(traits[iri]["buildsOn"]))),
                Shown("; ".join(sorted(traits[iri]["characteristic"]))),
            )
            for iri, row in merged.items()
        ),
        "No community of practice is recorded for this study.",
    )


def _panels(rows: list[Solution], names: Names) -> Table:
    """Return the table of panels."""
    return Table(
        "panels",
        "Panels and who reviews it",
        ("Panel", "Kind", "Reviews the study", "How often", "Appointed by"),
        tuple(
            (
                _record(row, "panel", names),
                _in_words(row, "kind", names),
                Shown("yes" if text_of(row, "reviews") == "true" else "not reported"),
                _in_words(row, "frequency", names) if row["frequency"] else Shown("not reported"),
                _in_words(row, "appointment", names),
            )
            for row in rows
        ),
        "No panel is recorded for this study.",
    )


def _claims(rows: list[Solution], names: Names) -> Table:
    """Return the table of claims."""
    return Table(
        "claims",
        "What documents say of it",
        ("Claim", "Number", "What is counted", "How it is known"),
        tuple(
            (
                _record(row, "claim", names),
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


def _findings(table_id: str, title: str, rows: list[Solution], names: Names) -> Table:
    """Return a table of determinants, strategies, outcomes and ratings."""
    kinds: dict[str, list[str]] = {}
    for row in rows:
        kinds.setdefault(text_of(row, "finding"), []).append(text_of(row, "class"))
    about = {text_of(row, "finding"): text_of(row, "about") for row in rows}
    lines = [
        (Shown(words.sentence(", ".join(names.kinds(classes)))), link(iri, names), about[iri])
        for iri, classes in kinds.items()
    ]
    lines.sort(key=lambda line: (line[0].text, line[1].text))
    lede = "These speak of the programme as a whole, not of this study alone."
    return Table(
        table_id,
        title,
        ("Kind", "In a few words", "Recorded for"),
        tuple((kind, finding, link(target, names)) for kind, finding, target in lines),
        "Nothing of the kind is recorded.",
        lede if table_id == "programme" else "",
    )
