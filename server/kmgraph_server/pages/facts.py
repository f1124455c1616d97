"""What the home page says of a dataset, read once for each generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kmgraph.namespaces import expand
from kmgraph_server.pages.queries import number_of, select, text_of

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

#: Most studies that the home page lists under one theme.
LISTED: Final = 12


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A study in a list."""

    iri: str
    title: str
    identifier: str
    acronym: str
    filled: int
    vacant: int


@dataclass(frozen=True, slots=True)
class ThemeCard:
    """A theme with its first studies.

    :ivar studies: number of its studies; ``lines`` may hold fewer.
    """

    iri: str
    label: str
    programme: str
    studies: int
    lines: tuple[StudyLine, ...]


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """Numbers and lists of a dataset.

    :ivar numbers: prefixed name of a class to the number of its records.
    :ivar filled: posts that are filled; ``vacant`` those that are vacant.
    :ivar themes: themes with studies, by name.
    :ivar triples: number of statements of the merged graph.
    """

    numbers: dict[str, int]
    filled: int
    vacant: int
    unknown: int
    themes: tuple[ThemeCard, ...]
    triples: int

    @classmethod
    def read(cls, dataset: EvidenceDataset) -> DatasetFacts:
        """Read the facts of a dataset."""
        counts = dataset.counts()
        names = (
            "km:Study km:Programme km:DiffusionFellowPost km:CommunityOfPractice km:Claim "
            "km:Passage km:Document km:Discrepancy km:Determinant km:Assessment "
            "km:StepRecord km:ImprovementCycle"
        ).split()
        posts = {
            text_of(row, "status"): number_of(row, "posts")
            for row in select(dataset.store, "posts-by-status")
        }
        return cls(
            {name: counts.get(expand(name), 0) for name in names},
            posts.get(expand("km:Filled"), 0),
            posts.get(expand("km:Vacant"), 0),
            posts.get(expand("km:StatusUnknown"), 0),
            _themes(dataset),
            len(dataset),
        )


def _themes(dataset: EvidenceDataset) -> tuple[ThemeCard, ...]:
    """Return the themes that have studies, each with the first of them."""
    lines: dict[str, list[StudyLine]] = {}
    for row in select(dataset.store, "studies-by-theme"):
        found = lines.setdefault(text_of(row, "theme"), [])
        if len(found) < LISTED:
            found.append(
                StudyLine(
                    text_of(row, "study"),
                    text_of(row, "title"),
                    text_of(row, "identifier"),
                    text_of(row, "acronym"),
                    number_of(row, "filled"),
                    number_of(row, "vacant"),
                )
            )
    return tuple(
        ThemeCard(
            text_of(row, "theme"),
            text_of(row, "label"),
            text_of(row, "programmeLabel"),
            number_of(row, "studies"),
            tuple(lines.get(text_of(row, "theme"), ())),
        )
        for row in select(dataset.store, "themes")
    )
