"""Each question gives the answer that was worked out by hand, on the bundle that it names.

A file of ``expected/`` may name a set of bundles of ``conftest.py``; without a name it is on
``clahrc-ndl``.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.namespaces import DEFAULT_BASE, compact
from kmgraph.questions import Answer, PassageView, answer, load_catalogue

EXPECTED = Path(__file__).parent / "expected"
#: What stands before the ids of each bundle.
PREFIX = re.compile(r"^.*/(ndl|fx|sys|kmr|net)-")
Bundles = Mapping[str, EvidenceDataset]


def _place(passage: PassageView) -> str:
    """Return a passage as the expected files write it: document and lines, row or id."""
    document = PREFIX.sub("", passage.document_iri or "")
    if passage.line_from is not None:
        same = passage.line_from == passage.line_to
        lines = f"{passage.line_from}" if same else f"{passage.line_from}-{passage.line_to}"
        return f"{document} {lines}"
    if passage.row is not None:
        return f"{document} row {passage.row}"
    return f"{document} {PREFIX.sub('', passage.iri)}"


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


def _read(question_id: str) -> dict[str, Any]:
    """Return the expected answer to a question."""
    expected: dict[str, Any] = json.loads((EXPECTED / f"{question_id}.json").read_text("utf-8"))
    return expected


@pytest.mark.parametrize("question_id", sorted(load_catalogue()))
def test_answer_on_its_bundle(question_id: str, bundles: Bundles) -> None:
    """The whole answer, rows in order, with the place of each passage, is the expected one."""
    expected = _read(question_id)
    store = bundles[expected.get("bundle", "clahrc-ndl")].store
    rows = _comparable(answer(load_catalogue()[question_id], store, expected["parameters"]))
    assert expected["comment"]
    for number, (wanted, row) in enumerate(zip(expected["rows"], rows, strict=False)):
        assert wanted == row, f"row {number}"
    assert len(expected["rows"]) == len(rows)


@pytest.mark.parametrize("question_id", sorted(load_catalogue()))
def test_every_row_has_its_passages(question_id: str, bundles: Bundles) -> None:
    """Each row rests on passages, and each passage says which document it is in."""
    expected = _read(question_id)
    store = bundles[expected.get("bundle", "clahrc-ndl")].store
    parameters = {"record": "programme/ndl-ndl"} if question_id == "cq-102" else {}
    found = answer(load_catalogue()[question_id], store, parameters)
    assert found.rows
    assert all(row["passages"] for row in found.rows)
    assert {iri for row in found.rows for iri in row["passages"]} == {
        passage.iri for passage in found.passages
    }
    assert all(passage.document_title for passage in found.passages)
