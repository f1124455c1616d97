"""Each shipped question gives the answer that was worked out from the documents."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import DEFAULT_BASE, compact
from kmgraph.questions import Answer, PassageView, answer, load_catalogue

EXPECTED = Path(__file__).parent / "expected"


def _place(passage: PassageView) -> str:
    """Return a passage as the expected files write it: document and lines, row or id."""
    document = (passage.document_iri or "").rpartition("ndl-")[2]
    if passage.line_from is not None:
        same = passage.line_from == passage.line_to
        lines = f"{passage.line_from}" if same else f"{passage.line_from}-{passage.line_to}"
        return f"{document} {lines}"
    if passage.row is not None:
        return f"{document} row {passage.row}"
    return f"{document} {passage.iri.rpartition('ndl-')[2]}"


def _plain(value: Any) -> Any:
    """Return a value as the expected files write it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, str) and value.startswith(DEFAULT_BASE):
        return value.removeprefix(DEFAULT_BASE)
    return compact(value) if isinstance(value, str) and "://" in value else value


def _comparable(found: Answer) -> list[dict[str, Any]]:
    """Return an answer's rows as the expected files write them."""
    places = {passage.iri: _place(passage) for passage in found.passages}
    return [
        {
            name: [places[iri] for iri in value] if isinstance(value, list) else _plain(value)
            for name, value in row.items()
            if value is not None
        }
        for row in found.rows
    ]


def test_each_question_has_an_expected_answer_and_each_answer_a_question() -> None:
    """A question without an expected answer fails, and so does an answer that nobody asks for."""
    assert sorted(load_catalogue()) == sorted(path.stem for path in EXPECTED.glob("*.json"))


@pytest.mark.parametrize("path", sorted(EXPECTED.glob("*.json")), ids=lambda path: path.stem)
def test_answer_on_the_shipped_bundle(path: Path, dataset: EvidenceDataset) -> None:
    """The whole answer, rows in order, with the place of each passage, is the expected one."""
    expected = json.loads(path.read_text(encoding="utf-8"))
    found = answer(load_catalogue()[path.stem], dataset.store, expected["parameters"])
    rows = _comparable(found)
    assert expected["comment"]
    for number, (wanted, row) in enumerate(zip(expected["rows"], rows, strict=False)):
        assert wanted == row, f"row {number}"
    assert len(expected["rows"]) == len(rows)


@pytest.mark.parametrize("question_id", sorted(load_catalogue()))
def test_every_row_has_its_passages(question_id: str, dataset: EvidenceDataset) -> None:
    """Each row rests on passages, and each passage says which document it is in."""
    parameters = {"record": "programme/ndl-ndl"} if question_id == "cq-102" else {}
    found = answer(load_catalogue()[question_id], dataset.store, parameters)
    assert found.rows
    assert all(row["passages"] for row in found.rows)
    assert {iri for row in found.rows for iri in row["passages"]} == {
        passage.iri for passage in found.passages
    }
    assert all(passage.document_title for passage in found.passages)
