"""The profile of a case row by row: a strip with the bands, and the same in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kmgraph.figures import style
from kmgraph.figures.profile import Profile, rating_in_words
from kmgraph.figures.profile_rows import Mark, ProfileRow, own_parts
from kmgraph.questions import PassageView
from kmgraph_server.pages.entity_page import where
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.shown import Shown, link

#: Width of a strip in the units of its drawing; templates know it too.
WIDTH: Final = 200
#: Shapes of roles, in the order in which roles are met; the last one stands for all others.
SHAPES: Final = ("square", "triangle", "diamond", "down", "cross")


@dataclass(frozen=True, slots=True)
class Dot:
    """A mark on a strip.

    :ivar x: where it is.
    :ivar shape: one of the shapes of roles.
    :ivar words: whose rating it is, and what it says.
    """

    x: float
    shape: str
    is_used: bool
    words: str


@dataclass(frozen=True, slots=True)
class Word:
    """A rating with the place that it stands at.

    :ivar rating: who, when and what, with a link to the rating.
    :ivar places: the passages that it rests on.
    """

    rating: Shown
    places: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """A row of a profile.

    :ivar is_element: whether it sums up an element.
    :ivar is_banded: whether it runs from low to high; otherwise it runs from task to enabling.
    :ivar band: ``low``, ``mixed`` or ``high``; empty where there is none.
    :ivar value: where its value lies; None without one.
    :ivar bounds: between what the value may lie, with what is missing.
    :ivar found: score, band and raters in words, or why there is none.
    :ivar said: on whose word it is.
    """

    construct: Shown
    is_element: bool
    is_banded: bool
    band: str
    value: float | None
    bounds: tuple[float, float] | None
    dots: tuple[Dot, ...]
    found: str
    more: str
    said: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class StripProfile:
    """The rows of a profile with the meaning of their marks.

    :ivar roles: shape and role of each mark.
    """

    strips: tuple[Strip, ...]
    roles: tuple[tuple[str, str], ...]


def strips_of(picture: Profile, names: Names, places: dict[str, PassageView]) -> StripProfile:
    """Return the rows of a profile, in the order of the picture.

    :param places: the passages that ratings rest on, by IRI.
    """
    roles = sorted({mark.role for row in picture.rows for mark in row.marks})
    shapes = {role: SHAPES[min(number, len(SHAPES) - 1)] for number, role in enumerate(roles)}
    said = {
        (element.notation, construct.notation): tuple(
            Word(
                link(rating.iri, names, rating_in_words(rating)),
                tuple(place_of(iri, names, places) for iri in rating.passages),
            )
            for rating in construct.ratings
        )
        for element in picture.reading.elements
        for construct in own_parts(element)
    }
    bands: dict[tuple[str, str], str] = {}
    for element in picture.reading.elements:
        bands[element.notation, element.notation] = element.band
        for part in own_parts(element):
            bands[element.notation, part.notation] = part.band
    strips = tuple(
        Strip(
            link(row.concept, names, row.label),
            row.is_summary,
            row.is_banded,
            bands.get((row.element, row.notation), ""),
            _x(row.value),
            _bounds(row),
            tuple(_dots(row.marks, shapes)),
            _words(row, bands.get((row.element, row.notation), "")),
            row.more,
            () if row.is_summary else said.get((row.element, row.notation), ()),
        )
        for row in picture.rows
    )
    return StripProfile(strips, tuple((shape, role) for role, shape in shapes.items()))


def place_of(iri: str, names: Names, places: dict[str, PassageView]) -> Shown:
    """Return a link to a passage, called by the place that it stands at.

    The document is named where there are several.

    :param places: the passages of the page, by IRI.
    """
    found = places.get(iri)
    if found is None:
        return link(iri, names)
    is_only = len({one.document_iri for one in places.values()}) == 1
    return link(iri, names, where(found) if is_only else found.place)


def _words(row: ProfileRow, band: str) -> str:
    """Return what was found without its band, which stands before it."""
    said = "; ".join(part for part in (row.absence, row.words) if part)
    if not band or row.value is None:
        return said
    score = style.number(row.value)
    return said.replace(f"{score} {band}", score, 1)


def _x(value: Decimal | None) -> float | None:
    """Return where a score or a position is on a strip."""
    return None if value is None else round(float(value) * WIDTH, 1)


def _bounds(row: ProfileRow) -> tuple[float, float] | None:
    """Return between what a value lies; None where nothing is missing."""
    if row.bounds is None or row.bounds[0] == row.bounds[1]:
        return None
    low, high = (round(float(bound) * WIDTH, 1) for bound in row.bounds)
    return low, high


def _dots(marks: Sequence[Mark], shapes: dict[str, str]) -> list[Dot]:
    """Return the marks of a row; those at one place stand beside each other."""
    found: list[Dot] = []
    taken: dict[float, int] = {}
    for mark in marks:
        value = mark.value if mark.value is not None else _middle(mark.band)
        if value is None:
            continue
        place = _x(value) or 0.0
        beside = taken.get(place, 0)
        taken[place] = beside + 1
        many = f", {mark.count} ratings" if mark.count > 1 else ""
        what = style.number(mark.value) if mark.value is not None else f"judged {mark.band}"
        words = f"{mark.role}: {what}{many}{'' if mark.is_used else ', not used'}"
        found.append(Dot(min(place + 9 * beside, WIDTH), shapes[mark.role], mark.is_used, words))
    return found


def _middle(band: str) -> Decimal | None:
    """Return the middle of a band that was judged without a score."""
    edges = style.BAND_EDGES.get(band)
    return Decimal(str(sum(edges) / 2)) if edges else None
