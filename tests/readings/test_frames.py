"""Ratings, summaries, diagnoses and flips as DataFrames."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from kmgraph.dataset import EvidenceDataset

pytest.importorskip("pandas")
RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"


def rows_of(sheet: str) -> int:
    """Return the number of rows of a sheet of the fixture."""
    with (RATED / f"{sheet}.csv").open(encoding="utf-8", newline="") as file:
        return len(list(csv.DictReader(file)))


def test_one_row_a_rating(rated: EvidenceDataset) -> None:
    """Every assessment of the bundle is there once, rated or not, used or not."""
    frame = rated.ratings()
    assert rows_of("assessments") == len(frame) == frame["rating"].nunique()
    assert "float64" == str(frame["score"].dtype)
    unrated = frame[frame["status"] != "rated"]
    assert len(unrated) and unrated["score"].isna().all() and not unrated["is_used"].any()
    research = frame[
        (frame["case_label"] == "Worked example") & (frame["construct"] == "PARIHS.E.research")
    ]
    assert [1.0, 1.0, 1.0] == list(research["score"])
    assert {"PARIHS.E"} == set(research["element"]) and {"parihs-2004"} == set(research["scheme"])
    assert {"Manager", "Nurse", "Therapist"} == set(research["rater_label"])
    assert all(len(passages) == 1 for passages in research["passages"])


def test_a_scale_counts_for_what_it_is_published_to_measure(rated: EvidenceDataset) -> None:
    """A rating of a scale stands under the scale, and says what it counts for."""
    frame = rated.ratings().set_index("construct")
    leadership = frame.loc["ORCA.C.3"]
    assert {"PARIHS.C.leadership"} == set(leadership["counts_for"])
    assert {"orca-2009"} == set(leadership["scheme"])
    assert 1 == int(leadership["is_used"].sum())
    proposed = frame.loc[["ORCA.C.5"]]
    assert proposed["counts_for"].isna().all() and not proposed["is_used"].any()


def test_summaries_agree_with_the_readings(rated: EvidenceDataset) -> None:
    """The table and the objects hold the same."""
    frame = rated.summaries()
    elements = frame[frame["kind"] == "element"].set_index("summary")
    count = 0
    for scheme in ("parihs-2004", "parihs-1998", "i-parihs-2016"):
        for reading in rated.cases.by(scheme).readings():
            for element in reading.elements:
                if element.iri:
                    count += 1
                    row = elements.loc[element.iri]
                    assert (row["score"] != row["score"]) == (element.score is None)
                    assert element.score is None or float(element.score) == row["score"]
                    assert (element.band or None) == row["band"]
                    assert element.rated_count == row["rated_count"]
    assert count == len(elements)
    constructs = frame[frame["kind"] == "construct"]
    assert len(constructs) and constructs["coverage"].isna().all()


def test_diagnoses_and_flips(rated: EvidenceDataset) -> None:
    """Each diagnosis says what its suggestion rests on; each flip leads somewhere else."""
    diagnoses = rated.diagnoses()
    assert diagnoses["note"].str.contains("hypothesis, unverified").all()
    both = diagnoses[diagnoses["case_label"] == "Three versions"].set_index("scheme")["quadrant"]
    assert "high evidence, high context" == both["parihs-2004"]
    assert "low evidence, low context" == both["parihs-1998"]
    flips = rated.flips()
    assert len(flips) and (flips["quadrant"] != flips["quadrant_then"]).all()
    assert set(flips["diagnosis"]) <= set(diagnoses["diagnosis"])
    per_case = {
        (reading.iri, flip.iri)
        for reading in rated.cases.readings()
        for flip in (reading.diagnosis.flips if reading.diagnosis else ())
    }
    newer = flips[flips["scheme"] == "parihs-2004"]
    assert per_case == set(zip(newer["case"], newer["flip"], strict=True))


def test_nothing_rated_gives_empty_tables_with_their_columns(example: EvidenceDataset) -> None:
    """The shipped example has no ratings; its tables are empty and typed."""
    assert 0 == len(example.ratings()) == len(example.summaries())
    assert "quadrant" in example.diagnoses().columns
    assert "edge" in example.flips().columns


def test_without_pandas_the_extra_is_named() -> None:
    """A missing package is named with the command that installs it."""
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from kmgraph.dataset import EvidenceDataset\n"
        "from kmgraph.stores.oxigraph import MemoryStore\n"
        "from kmgraph.errors import MissingExtraError\n"
        "try: EvidenceDataset(MemoryStore()).ratings()\n"
        "except MissingExtraError as error: assert 'kmgraph[frames]' in str(error)\n"
        "else: sys.exit(1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
