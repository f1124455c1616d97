"""The profile of a case: elements, their parts, who rated them how, and what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kmgraph.errors import InputError
from kmgraph.figures import style
from kmgraph.figures.picture import Cell, Picture
from kmgraph.figures.profile_drawing import draw_profile
from kmgraph.figures.profile_rows import ProfileRow, is_amount, own_parts, rows_of
from kmgraph.figures.profile_text import profile_text
from kmgraph.figures.sheet import Sheet
from kmgraph.readings.model import (
    AMOUNT_ONLY,
    CaseReading,
    ConstructReading,
    ElementReading,
    Rating,
)


class Profile(Picture):
    """The picture of the reading of one case.

    :param reading: the reading of a case under one version of the framework.
    :raises InputError: it is no reading of a case.

    >>> Profile(CaseReading("urn:c", "Ward 1", scheme_label="PARIHS 2004")).title
    'Ward 1: profile by PARIHS 2004'
    """

    def __init__(self, reading: CaseReading) -> None:
        if not isinstance(reading, CaseReading):
            raise InputError(
                f"a profile is drawn of the reading of a case, not of {reading!r}: take one from "
                'the cases of a dataset, such as dataset.cases["..."]'
            )
        self.reading = reading

    @property
    def title(self) -> str:
        """Case and version of the framework."""
        scheme = self.reading.scheme_label or self.reading.scheme
        return style.clean(f"{self.reading.label}: profile by {scheme}")

    @property
    def description(self) -> str:
        """Every row in words, with what qualifies them."""
        parts = [self.facts.coverage, *self.facts.warnings]
        parts += [f"{row.label}: {_said(row)}." for row in self.rows]
        return " ".join(part for part in (*parts, *self.facts.diagnosis) if part)

    @cached_property
    def rows(self) -> list[ProfileRow]:
        """The rows, in the order of the framework."""
        return rows_of(self.reading)

    @cached_property
    def facts(self) -> ProfileFacts:
        """What stands above and below the rows."""
        return facts_of(self.reading)

    def to_table(self) -> list[dict[str, Cell]]:
        """Return one row an element and a construct, with every rating in words."""
        table: list[dict[str, Cell]] = []
        for element in self.reading.elements:
            table.append(
                {
                    "element": element.label,
                    "construct": "all of it",
                    "id": element.notation,
                    "status": _element_status(element),
                    "score": element.score,
                    "position": element.position,
                    "band": element.band or None,
                    "lower bound": element.lower_bound,
                    "upper bound": element.upper_bound,
                    "raters": element.rater_count,
                    "spread": element.rater_spread,
                    "ratings": None,
                }
            )
            for construct in own_parts(element):
                is_whole = construct.notation == element.notation
                table.append(
                    {
                        "element": element.label,
                        "construct": f"{construct.label}{', as a whole' if is_whole else ''}",
                        "id": construct.notation,
                        "status": _with_amount(construct.status, construct),
                        "score": construct.score,
                        "position": construct.position,
                        "band": construct.band or None,
                        "lower bound": None,
                        "upper bound": None,
                        "raters": construct.rater_count,
                        "spread": construct.rater_spread,
                        "ratings": "; ".join(map(rating_in_words, construct.ratings)) or None,
                    }
                )
        return table

    def to_text(self, width: int = 100) -> str:
        """Return the profile as text, one line a row."""
        return profile_text(self.title, self.rows, self.facts.above, self.facts.below, width)

    def _draw(self, onto: Sheet) -> None:
        draw_profile(onto, self.reading.label, self.rows, self.facts.above, self.facts.below)


def _said(row: ProfileRow) -> str:
    """Return what a row says, and why it has no place."""
    return "; ".join(part for part in dict.fromkeys((row.words, row.absence)) if part)


def _element_status(element: ElementReading) -> str:
    """Return how much of an element is rated, in words."""
    parts = [f"{element.rated_count} of {element.sub_element_count} rated"]
    if element.is_direct:
        parts.append("rated as a whole")
    elif not element.iri and element.status.startswith("rated"):
        parts.append(element.status)
    return _with_amount(", ".join(parts), element)


def _with_amount(status: str, found: ElementReading | ConstructReading) -> str:
    """Return a status that says what a score of facilitation as a whole is."""
    return f"{status}: {AMOUNT_ONLY}" if is_amount(found) else status


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What stands above and below the rows of a profile.

    :ivar coverage: version of the framework, and how much of each element is rated.
    :ivar warnings: what qualifies all of it.
    :ivar diagnosis: the reading of the case, and how far it can be trusted.
    """

    coverage: str
    warnings: tuple[str, ...]
    diagnosis: tuple[str, ...]

    @property
    def above(self) -> tuple[str, ...]:
        """The lines under the title."""
        return (self.coverage, *self.warnings)

    @property
    def below(self) -> tuple[str, ...]:
        """The lines under the rows."""
        return self.diagnosis


def facts_of(reading: CaseReading) -> ProfileFacts:
    """Return what stands above and below the rows of a profile.

    >>> facts_of(CaseReading("urn:c", "C", scheme_label="PARIHS 1998", is_verified=False)).warnings
    ('This version of the framework was not checked against a published source.',)
    """
    covered = [
        f"{element.label.lower()} {element.rated_count} of {element.sub_element_count} rated"
        for element in reading.elements
    ]
    warnings = []
    if reading.is_synthetic:
        warnings.append(style.SYNTHETIC)
    if not reading.is_verified:
        warnings.append(style.UNCHECKED)
    scheme = reading.scheme_label or reading.scheme
    return ProfileFacts(
        style.clean(f"{scheme}: {', '.join(covered) or 'nothing rated'}."),
        tuple(warnings),
        tuple(_diagnosis(reading)),
    )


def _diagnosis(reading: CaseReading) -> list[str]:
    """Return the diagnosis of a case in words."""
    found = reading.diagnosis
    if found is None:
        return []
    lines = [f"Reading: {found.quadrant}."]
    if found.possible_quadrants:
        lines[0] = (
            f"Reading: {found.quadrant}; still possible: {_either(found.possible_quadrants)}."
        )
    if found.suggested_facilitation:
        lines.append(f"Suggested: {found.suggested_facilitation}.")
    words = style.FIT_WORDS.get(found.fit, found.fit)
    lines.append(f"{words[:1].upper()}{words[1:]}.")
    if found.appropriateness:
        lines.append(f"Raters found it {_either(found.appropriateness, 'and')}.")
    return [style.clean(" ".join(lines)), style.HYPOTHESIS]


def _either(words: tuple[str, ...], last: str = "or") -> str:
    """Return words as a list in a sentence."""
    return f" {last} ".join(filter(None, ("; ".join(words[:-1]), words[-1])))


def rating_in_words(rating: Rating) -> str:
    """Return a rating in words: who, when and what.

    >>> rating_in_words(Rating("urn:r", "PARIHS.E", status="not reported", role="nurse"))
    'nurse: not reported'
    """
    who = rating.rater_label if rating.rater else rating.role or rating.rater_label
    what = _what(rating)
    when = f" ({rating.date})" if rating.date else ""
    unused = "" if rating.is_used or rating.status != "rated" else ", not used"
    return style.clean(f"{who}{when}: {what}{unused}")


def _what(rating: Rating) -> str:
    """Return what a rater found."""
    if rating.status != "rated":
        return rating.status
    parts = []
    if rating.score is not None:
        parts.append(style.number(rating.score))
    if rating.position is not None:
        parts.append(f"position {style.number(rating.position)}")
    if rating.band and rating.score is None:
        parts.append(f"judged {rating.band}")
    if rating.appropriateness:
        parts.append(rating.appropriateness)
    return ", ".join(parts) or rating.status


def profile(reading: CaseReading) -> Profile:
    """Return the profile of a case as a picture.

    :param reading: the reading of a case, such as ``dataset.cases["..."]``.
    :raises InputError: it is no reading of a case.

    >>> print(profile(CaseReading("urn:c", "Ward 1", scheme_label="PARIHS 2004")).to_text(60))
    Ward 1: profile by PARIHS 2004
    PARIHS 2004: nothing rated.
    """
    return Profile(reading)
