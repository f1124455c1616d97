"""Write a synthetic programme or registry as a bundle, one study after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kmgraph.bundles.rules import ROW_RULES
from kmgraph.errors import InputError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.records import TABLES
from kmgraph.synthetic import model, registry
from kmgraph.synthetic.chance import Stream
from kmgraph.synthetic.mobilisation import mobilisation_rows, regional_rows
from kmgraph.synthetic.programme import (
    PLAN_PASSAGE,
    Region,
    Row,
    draw_region,
    programme_rows,
    region_of,
    region_rows,
)
from kmgraph.synthetic.registry import SyntheticRegistry
from kmgraph.synthetic.sheets import FORMATS, Sheets
from kmgraph.synthetic.study import MAX_CASES, MAX_RATERS, study_rows
from kmgraph.vocabulary import load_vocabulary

#: How much is known of each study: all tables, or the few that a public register gives.
PROGRAMME_DEPTH: Final = "programme"
REGISTRY_DEPTH: Final = "registry"
DEPTHS: Final = (PROGRAMME_DEPTH, REGISTRY_DEPTH)
#: Depth to the id of the dataset where none is given, and to the prefix of its ids then.
DEFAULT_IDS: Final = {
    PROGRAMME_DEPTH: ("synthetic-programme", "syn-"),
    REGISTRY_DEPTH: ("synthetic-registry", "syr-"),
}
#: Cases of a study and raters of a case, on average.
DEFAULT_CASES: Final = 1.5
DEFAULT_RATERS: Final = 1.5
MAX_STUDIES: Final = 10_000_000
MAX_SEED: Final = 2**63 - 1
_LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"
_PROGRESS_EVERY: Final = 1_000


@dataclass(frozen=True, slots=True)
class SyntheticProgramme:
    """A synthetic programme, of which any study can be had by its number.

    :ivar seed: what all random numbers follow from.
    :ivar cases: cases of a study on average, from 1 to 4.
    :ivar raters: raters of a case on average, from 1 to 3.

    >>> rows = list(SyntheticProgramme(seed=7).study(3))
    >>> rows == list(SyntheticProgramme(seed=7).study(3))
    True
    """

    seed: int
    cases: float = DEFAULT_CASES
    raters: float = DEFAULT_RATERS

    def __post_init__(self) -> None:
        """Refuse what no programme can be made of.

        :raises InputError: a number is out of range.
        """
        _check_whole("seed", self.seed, 0, MAX_SEED)
        _check_mean("cases", self.cases, MAX_CASES)
        _check_mean("raters", self.raters, MAX_RATERS)

    def rows(self, studies: int) -> Iterator[Row]:
        """Yield sheet and cells of every row but that of the dataset.

        :param studies: number of studies.
        """
        yield from programme_rows(self.seed, studies)
        yield from mobilisation_rows({"passages": PLAN_PASSAGE})
        region: Region | None = None
        for number in range(1, studies + 1):
            if region is None or region.number != region_of(number):
                region = draw_region(self.seed, region_of(number))
                yield from region_rows(self.seed, region)
                yield from self._regional_rows(region)
            yield from study_rows(self.seed, number, region, self.cases, self.raters)

    def _regional_rows(self, region: Region) -> Iterator[Row]:
        """Return the rows of the agency of a region."""
        stream = Stream(self.seed, f"mobilisation/{region.number}")
        passages = {"passages": f"{region.prefix}-p"}
        return regional_rows(stream, region.prefix, region.number, passages)

    def study(self, number: int) -> Iterator[Row]:
        """Yield the rows of one study, the same whether others are made or not.

        :param number: number of the study, from 1.
        :raises InputError: there can be no such study.

        >>> {sheet for sheet, _ in SyntheticProgramme(seed=7).study(1)} >= {"studies", "cases"}
        True
        """
        _check_whole("study", number, 1, MAX_STUDIES)
        region = draw_region(self.seed, region_of(number))
        return study_rows(self.seed, number, region, self.cases, self.raters)


@dataclass(frozen=True, slots=True)
class GenerateSummary:
    """What was generated.

    :ivar dataset: id of the dataset.
    :ivar records: sheet to number of rows, in the order of the documentation.
    :ivar elapsed_s: how long it took.

    >>> GenerateSummary(Path("b"), "d", 2, 1, {"studies": 2, "cases": 3}, 0.1).total
    5
    """

    directory: Path
    dataset: str
    studies: int
    seed: int
    records: dict[str, int]
    elapsed_s: float

    @property
    def total(self) -> int:
        """Number of rows of all sheets."""
        return sum(self.records.values())


def generate(
    directory: Path | str,
    *,
    studies: int,
    seed: int,
    dataset_id: str | None = None,
    cases: float = DEFAULT_CASES,
    raters: float = DEFAULT_RATERS,
    depth: str = PROGRAMME_DEPTH,
    file_format: str = "csv",
    progress: Progress = silent,
) -> GenerateSummary:
    """Write a synthetic rated programme, or a registry of studies, as a bundle.

    The same arguments give the same bytes on every machine, and memory does not grow with the
    number of studies. The dataset row comes last, so that a folder that was not finished is no
    bundle.

    :param directory: a folder that is empty or not there yet.
    :param studies: how many studies.
    :param seed: what all random numbers follow from.
    :param dataset_id: id of the dataset; another one than the default gets an id prefix of its
        own, so that two programmes fit into one store.
    :param cases: cases of a study on average, from 1 to 4.
    :param raters: raters of a case on average, from 1 to 3.
    :param depth: ``programme`` for all tables, or ``registry`` for about nine records a study.
    :param file_format: ``csv``, ``jsonl`` or ``parquet``.
    :raises InputError: the folder is in use, a number is out of range, or there is no such depth
        or format.
    :raises MissingExtraError: Parquet is wanted and pyarrow is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = generate(folder, studies=3, seed=1)
    >>> summary.records["studies"], summary.dataset
    (3, 'synthetic-programme')
    """
    started_s = time.monotonic()
    target = Path(directory)
    _check_whole("studies", studies, 1, MAX_STUDIES)
    _check_choice("depth", depth, DEPTHS)
    _check_choice("format", file_format, FORMATS)
    programme = SyntheticProgramme(seed, cases, raters)
    dataset = _dataset_cells(programme, studies, dataset_id, depth)
    _check_name(dataset)
    if depth == REGISTRY_DEPTH:
        _check_registry(cases, raters)
    _claim_folder(target)
    rows = (SyntheticRegistry(seed) if depth == REGISTRY_DEPTH else programme).rows(studies)
    with Sheets(target, _columns(dataset, depth), file_format) as sheets:
        for sheet, cells in _told(rows, studies, progress):
            sheets.write(sheet, cells)
        sheets.write("dataset", dataset)
    records = {sheet: count for sheet, count in sheets.counts.items() if count}
    elapsed_s = time.monotonic() - started_s
    return GenerateSummary(target, dataset["id"], studies, seed, records, elapsed_s)


def _told(rows: Iterator[Row], studies: int, progress: Progress) -> Iterator[Row]:
    """Yield rows, and tell of the studies among them."""
    written = 0
    for row in rows:
        yield row
        if row[0] == "studies":
            written += 1
            if written % _PROGRESS_EVERY == 0:
                progress(ProgressEvent("generate", "studies", written, studies))
    progress(ProgressEvent("generate", "studies", studies, studies))


def _columns(dataset: dict[str, str], depth: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of each sheet: all that there are, or those that a registry fills."""
    if depth == REGISTRY_DEPTH:
        own = registry.COLUMNS | {"dataset": tuple(dataset)}
        return {sheet: own[sheet] for sheet in TABLES if sheet in own}
    return {
        sheet: tuple(column.name for column in table.columns) for sheet, table in TABLES.items()
    }


def _dataset_cells(
    programme: SyntheticProgramme, studies: int, dataset_id: str | None, depth: str
) -> dict[str, str]:
    """Return the row of the dataset, which states how its records came about."""
    default_id, default_prefix = DEFAULT_IDS[depth]
    default = dataset_id in (None, default_id)
    means = f"{programme.cases:g} cases a study and {programme.raters:g} raters a case on average"
    known, statement = (
        ("one case a study", registry.STATEMENT)
        if depth == REGISTRY_DEPTH
        else (means, model.STATEMENT)
    )
    return {
        "id": default_id if dataset_id is None else dataset_id,
        "title": f"Synthetic {depth}: generated, not observed",
        "description": (
            f"Generated by kmgraph from seed {programme.seed}: {studies} studies, {known}. "
            f"No record is of a real study, place or person. Model of the outcome: {statement}."
        ),
        "publisher": "kmgraph generate",
        "licence": _LICENCE,
        "version": "1",
        "visibility": "public",
        "synthetic": "yes",
        "id_prefix": default_prefix if default else f"{dataset_id}-",
        "language": "en",
    }


def _claim_folder(directory: Path) -> None:
    """Make the folder, or see that it is empty.

    :raises InputError: there is something in the way.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory} is a file: choose a folder")
    if directory.is_dir() and any(directory.iterdir()):
        raise InputError(f"{directory} is not empty: choose a new or empty folder")
    directory.mkdir(parents=True, exist_ok=True)


def _check_name(dataset: dict[str, str]) -> None:
    """Refuse an id that the build would refuse.

    :raises InputError: it is no name of a dataset.
    """
    faults = [fault for rule in ROW_RULES["dataset"] for fault in rule(dataset, load_vocabulary())]
    if not dataset["id"] or faults:
        expected = faults[0][2] if faults else "a name"
        raise InputError(f"the dataset id is '{dataset['id']}': it takes {expected}")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    """Refuse what is no whole number in a range.

    :raises InputError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}: it takes a whole number from {low} to {high}")


def _check_mean(name: str, value: float, high: int) -> None:
    """Refuse a mean that is out of range.

    :raises InputError: it is.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= high:
        raise InputError(f"{name} is {value!r}: it takes a number from 1 to {high}, a mean")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse what is none of some choices.

    :raises InputError: it is not.
    """
    if value not in choices:
        raise InputError(f"{name} is {value!r}: it takes one of {', '.join(choices)}")


def _check_registry(cases: float, raters: float) -> None:
    """Refuse numbers that a registry has no use for.

    :raises InputError: there are some.
    """
    if (cases, raters) != (DEFAULT_CASES, DEFAULT_RATERS):
        raise InputError("a registry has one case a study and one rater a case: leave both out")
