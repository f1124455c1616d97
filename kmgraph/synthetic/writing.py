"""Write a synthetic programme as a bundle of CSV files, one study after the other."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph.bundles.rules import ROW_RULES
from kmgraph.errors import InputError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.records import TABLES
from kmgraph.synthetic import model
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
from kmgraph.synthetic.study import MAX_CASES, MAX_RATERS, study_rows
from kmgraph.vocabulary import load_vocabulary

DEFAULT_ID: Final = "synthetic-programme"
DEFAULT_PREFIX: Final = "syn-"
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
    dataset_id: str = DEFAULT_ID,
    cases: float = DEFAULT_CASES,
    raters: float = DEFAULT_RATERS,
    progress: Progress = silent,
) -> GenerateSummary:
    """Write a synthetic rated programme as a bundle.

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
    :raises InputError: the folder is in use, or a number is out of range.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = generate(folder, studies=3, seed=1)
    >>> summary.records["studies"], summary.dataset
    (3, 'synthetic-programme')
    """
    started_s = time.monotonic()
    target = Path(directory)
    _check_whole("studies", studies, 1, MAX_STUDIES)
    programme = SyntheticProgramme(seed, cases, raters)
    dataset = _dataset_cells(programme, studies, dataset_id)
    _check_name(dataset)
    _claim_folder(target)
    with _Sheets(target) as sheets:
        for sheet, cells in programme.rows(studies):
            sheets.write(sheet, cells)
            if sheet == "studies" and sheets.counts[sheet] % _PROGRESS_EVERY == 0:
                progress(ProgressEvent("generate", "studies", sheets.counts[sheet], studies))
        sheets.write("dataset", dataset)
    progress(ProgressEvent("generate", "studies", studies, studies))
    records = {sheet: count for sheet, count in sheets.counts.items() if count}
    return GenerateSummary(target, dataset_id, studies, seed, records, time.monotonic() - started_s)


class _Sheets:
    """The CSV files of a bundle, each opened when its first row comes."""

    def __init__(self, directory: Path) -> None:
        self.counts = dict.fromkeys(TABLES, 0)
        self._directory = directory
        self._stack = ExitStack()
        self._writers: dict[str, Any] = {}

    def __enter__(self) -> _Sheets:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, sheet: str, cells: dict[str, str]) -> None:
        """Write one row."""
        names, write_row = self._writers.get(sheet) or self._open(sheet)
        write_row(map(cells.get, names))
        self.counts[sheet] += 1

    def _open(self, sheet: str) -> tuple[list[str], Any]:
        """Open the file of a sheet and write its header."""
        names = [column.name for column in TABLES[sheet].columns]
        path = self._directory / f"{sheet}.csv"
        file = self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        self._writers[sheet] = names, writer.writerow
        return names, writer.writerow


def _dataset_cells(programme: SyntheticProgramme, studies: int, dataset_id: str) -> dict[str, str]:
    """Return the row of the dataset, which states how its records came about."""
    default = dataset_id == DEFAULT_ID
    return {
        "id": dataset_id,
        "title": "Synthetic programme: generated, not observed",
        "description": (
            f"Generated by kmgraph from seed {programme.seed}: {studies} studies, "
            f"{programme.cases:g} cases a study and {programme.raters:g} raters a case on average. "
            f"No record is of a real study, place or person. Model of the outcome: "
            f"{model.STATEMENT}."
        ),
        "publisher": "kmgraph generate",
        "licence": _LICENCE,
        "version": "1",
        "visibility": "public",
        "synthetic": "yes",
        "id_prefix": DEFAULT_PREFIX if default else f"{dataset_id}-",
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
