"""The lists of studies and cases: what is chosen, what can be chosen too, and what fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from kmgraph.facets import CountedFacet, CountedValue, Listed, Unit, load_facets
from kmgraph.figures.grid_points import NOT_RATED
from kmgraph_server.addresses import rooted
from kmgraph_server.pages.names import Names

#: Units on one page.
PAGE_UNITS: Final = 50
#: Values of a facet that are shown before the others are unfolded.
_FIRST_VALUES: Final = 7
#: Facets that are open where nothing of them is chosen.
_OPEN: Final = 3
#: Facets whose values a row shows as marks; the others are said in words.
MARKED: Final = ("evidence", "context", "facilitation", "outcome")
#: What a mark would not tell anybody.
_SILENT: Final = frozenset({"unknown"})
_SAID: Final = ("theme", "design", "setting")
_ON_GRID: Final = frozenset({"theme", "evidence", "context"})
PATHS: Final = {"study": "/studies", "case": "/cases"}


@dataclass(frozen=True, slots=True)
class ListChoice:
    """What is asked for.

    :ivar chosen: facet to codes of its values.
    """

    kind: str
    chosen: Mapping[str, tuple[str, ...]]
    words: str = ""
    order: str = "name"
    page: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is chosen."""
        return bool(self.words or any(self.chosen.values()))

    def query(self, *, page: int = 1) -> str:
        """Return the query of its address, with a question mark; empty where all is listed."""
        pairs = [("q", self.words)] if self.words else []
        pairs += [(name, code) for name, codes in self.chosen.items() for code in codes]
        pairs += [("order", self.order)] if self.order != "name" else []
        pairs += [("page", str(page))] if page > 1 else []
        return f"?{urlencode(pairs)}" if pairs else ""

    def without(self, facet: str, code: str) -> str:
        """Return the address without one value."""
        rest = {
            name: tuple(one for one in codes if (name, one) != (facet, code))
            for name, codes in self.chosen.items()
        }
        left = ListChoice(self.kind, rest, self.words, self.order)
        return rooted(PATHS[self.kind]) + left.query()

    def in_order(self, order: str) -> str:
        """Return the query of its address in another order."""
        return ListChoice(self.kind, self.chosen, self.words, order).query()

    @property
    def without_words(self) -> str:
        """Return the address without words."""
        return rooted(PATHS[self.kind]) + ListChoice(self.kind, self.chosen, "", self.order).query()


@dataclass(frozen=True, slots=True)
class ShownFacet:
    """A facet of the form.

    :ivar first: values that are shown.
    :ivar more: values that unfold.
    """

    name: str
    label: str
    meaning: str
    first: tuple[CountedValue, ...]
    more: tuple[CountedValue, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A unit of the list.

    :ivar study: name and address of the study of a case; empty for a study.
    :ivar marks: label of a facet, its values in words, and the code of its only value.
    :ivar said: what is said of it in words.
    """

    href: str
    name: str
    code: str
    start: str
    study: tuple[str, str]
    said: tuple[str, ...]
    marks: tuple[tuple[str, str, str], ...]


def shown_facets(facets: Sequence[CountedFacet]) -> list[ShownFacet]:
    """Return the facets of the form; those that tell nothing apart are left out."""
    found: list[ShownFacet] = []
    for one in facets:
        told = [value for value in one.values if value.value.code != "none"]
        if not told and not one.chosen:
            continue
        kept = [v for n, v in enumerate(one.values) if n < _FIRST_VALUES or v.is_chosen]
        # One that would be alone behind a fold is shown too.
        if len(one.values) - len(kept) == 1:
            kept = list(one.values)
        rest = tuple(value for value in one.values if value not in kept)
        facet = one.facet
        is_open = bool(one.chosen) or len(found) < _OPEN
        found.append(ShownFacet(facet.name, facet.label, facet.meaning, tuple(kept), rest, is_open))
    return found


def grid_choice(choice: ListChoice, facets: Sequence[CountedFacet]) -> tuple[dict[str, Any], bool]:
    """Return what of a choice the grid of evidence and context can take, and whether that is all.

    The grid takes one theme and one band each.
    """
    taken: dict[str, Any] = {}
    for one in facets:
        if one.facet.name in _ON_GRID and len(one.chosen) == 1:
            value = one.chosen[0].value
            if one.facet.name == "theme":
                taken["theme"] = value.iri
            else:
                taken[one.facet.name] = NOT_RATED if value.code == "none" else value.code.lower()
    if taken.get("theme") == "none":
        del taken["theme"]
    given = {name for name, codes in choice.chosen.items() if codes}
    return taken, not choice.words and given == set(taken)


def shown_rows(listed: Listed, names: Names) -> list[Row]:
    """Return the rows of a page."""
    labels = {facet.name: facet.label for facet in load_facets()}
    return [
        Row(
            names.link(unit.iri) or "",
            unit.name,
            unit.code,
            unit.start,
            (unit.study_name, names.link(unit.study) or "") if unit.study else ("", ""),
            tuple(filter(None, (_words(unit, name) for name in _SAID))),
            tuple(
                (labels[name], _words(unit, name), _mark(unit, name))
                for name in MARKED
                if unit.values[name] and _mark(unit, name) not in _SILENT
            ),
        )
        for unit in listed.units
    ]


def _words(unit: Unit, facet: str) -> str:
    """Return the values of a facet in words."""
    return ", ".join(value.label for value in unit.values[facet])


def _mark(unit: Unit, facet: str) -> str:
    """Return what a mark is coloured by: the only value, or that there are several."""
    codes = {value.code for value in unit.values[facet]}
    return codes.pop().lower() if len(codes) == 1 else "several"


def file_rows(listed: Listed) -> list[dict[str, Any]]:
    """Return the rows of a file: a column for each facet, several values with semicolons."""

    def of(unit: Unit) -> dict[str, str]:
        """Return the columns of the study of a case."""
        return {"study": unit.study, "study_name": unit.study_name}

    return [
        {
            "iri": unit.iri,
            "name": unit.name,
            "id": unit.code,
            "start": unit.start,
            **(of(unit) if listed.kind == "case" else {}),
            **{name: "; ".join(one.label for one in unit.values[name]) for name in unit.values},
        }
        for unit in listed.units
    ]


def told(listed: Listed, choice: ListChoice, next_href: str | None) -> dict[str, Any]:
    """Return a page as JSON has it, with how many units each further choice would leave."""
    return {
        "kind": listed.kind,
        "total": listed.total,
        "of": listed.of,
        "page": choice.page,
        "page_size": PAGE_UNITS,
        "next": next_href,
        "units": [
            {
                "iri": unit.iri,
                "name": unit.name,
                "id": unit.code or None,
                "start": unit.start or None,
                "study": {"iri": unit.study, "name": unit.study_name} if unit.study else None,
                "values": {
                    name: [{"code": one.code, "label": one.label} for one in values]
                    for name, values in unit.values.items()
                },
            }
            for unit in listed.units
        ],
        "facets": [
            {
                "name": one.facet.name,
                "label": one.facet.label,
                "values": [
                    {
                        "code": value.value.code,
                        "label": value.value.label,
                        "count": value.count,
                        "is_chosen": value.is_chosen,
                    }
                    for value in one.values
                ],
            }
            for one in listed.facets
        ],
    }
