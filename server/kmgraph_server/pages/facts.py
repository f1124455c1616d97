"""What the home page says of a dataset, read once for each generation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from kmgraph import artefacts
from kmgraph.figures import Picture
from kmgraph.figures.reading_overview import read_overview
from kmgraph.namespaces import compact
from kmgraph.questions import Question, load_catalogue
from kmgraph_server.pages.queries import number_of, select, text_of

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

#: With more studies than these, the home page counts them by theme and lists none.
LISTED: Final = 60
#: Questions that the home page begins with, those about cases only where cases are read.
_ASKED: Final = ("cq-031", "cq-101", "cq-037", "cq-027")
_ASKED_OF_CASES: Final = ("cq-010", "cq-011", "cq-103")


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

    :ivar studies: number of its studies; ``lines`` may hold fewer, or none.
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
    :ivar overview: the picture that says most; None where nothing is counted.
    """

    numbers: dict[str, int]
    filled: int
    vacant: int
    unknown: int
    themes: tuple[ThemeCard, ...]
    overview: Picture | None

    @property
    def questions(self) -> tuple[str, ...]:
        """Ids of the questions to begin with."""
        return (*_ASKED, *(_ASKED_OF_CASES if self.numbers.get("km:Diagnosis") else ()))

    @property
    def message(self) -> str:
        """What the picture says, in a sentence; empty where it needs none."""
        return getattr(self.overview, "message", "")

    @classmethod
    def read(cls, dataset: EvidenceDataset) -> DatasetFacts:
        """Read the facts of a dataset."""
        store = dataset.store
        numbers = {
            compact(text_of(row, "class")): number_of(row, "records")
            for row in select(store, "class-sizes")
        }
        posts = {
            compact(text_of(row, "status")): number_of(row, "posts")
            for row in select(store, "posts-by-status")
        }
        return cls(
            numbers,
            posts.get("km:Filled", 0),
            posts.get("km:Vacant", 0),
            posts.get("km:StatusUnknown", 0),
            _themes(dataset, is_listed=numbers.get("km:Study", 0) <= LISTED),
            read_overview(store),
        )


@cache
def asked_first(ids: tuple[str, ...]) -> tuple[tuple[Question, ...], int]:
    """Return the questions to begin with, and how many questions there are.

    To read the headers of all of them takes most of a second, which the first page does without.

    :param ids: ids of the questions.

    >>> [question.id for question in asked_first(("cq-037", "cq-031"))[0]]
    ['cq-037', 'cq-031']
    """
    files = artefacts.files("queries", "competency/*.rq")
    found = load_catalogue(path for path in files if path.name.startswith(ids))
    return tuple(found[name] for name in ids), len(files)


def _themes(dataset: EvidenceDataset, *, is_listed: bool) -> tuple[ThemeCard, ...]:
    """Return the themes that have studies, each with its studies where these are few."""
    lines = _lines(dataset) if is_listed else {}
    # A view without a cube is small, or about to get one.
    rows = select(dataset.store, "themes-counted") or select(dataset.store, "themes")
    return tuple(
        ThemeCard(
            text_of(row, "theme"),
            text_of(row, "label"),
            text_of(row, "programmeLabel"),
            number_of(row, "studies"),
            tuple(lines.get(text_of(row, "theme"), ())),
        )
        for row in rows
    )


def _lines(dataset: EvidenceDataset) -> dict[str, list[StudyLine]]:
    """Return the studies of each theme."""
    lines: dict[str, list[StudyLine]] = {}
    for row in select(dataset.store, "studies-by-theme"):
        lines.setdefault(text_of(row, "theme"), []).append(
            StudyLine(
                text_of(row, "study"),
                text_of(row, "title"),
                text_of(row, "identifier"),
                text_of(row, "acronym"),
                number_of(row, "filled"),
                number_of(row, "vacant"),
            )
        )
    return lines
