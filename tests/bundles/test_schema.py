"""The JSON Schema and the documentation come from the definition that the readers use."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from helpers import full_bundle as fb

import kmgraph
from kmgraph.bundles.template import json_schema, tables_markdown
from kmgraph.dataset import EvidenceDataset
from kmgraph.records import TABLES, Kind

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_the_schema_is_a_schema() -> None:
    """JSON Schema tools can use it."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_valid_bundles_are_valid(example: EvidenceDataset, tmp_path: Path) -> None:
    """What the readers accept, the schema accepts: the full bundle and the shipped example."""
    assert [] == list(VALIDATOR.iter_errors(fb.full_bundle()))
    kmgraph.export_bundle(example, tmp_path / "example.json")
    written = json.loads((tmp_path / "example.json").read_text(encoding="utf-8"))
    assert [] == list(VALIDATOR.iter_errors(written))


@pytest.mark.parametrize("sheet", TABLES)
def test_the_schema_knows_what_is_needed(sheet: str) -> None:
    """A record without a needed column, or with one too many, is invalid."""
    for column in TABLES[sheet].columns:
        if column.required:
            broken = fb.full_bundle()
            del broken[sheet][0][column.name]
            assert list(VALIDATOR.iter_errors(broken)), column.name
        if column.kind is Kind.CODE and not column.many:
            broken = fb.full_bundle()
            broken[sheet][0][column.name] = "nonsense"
            assert list(VALIDATOR.iter_errors(broken)), column.name
    broken = fb.full_bundle()
    broken[sheet][0]["colour"] = "red"
    assert list(VALIDATOR.iter_errors(broken))


def test_the_documentation_has_every_column() -> None:
    """Every sheet and column is documented, with its meaning and its property."""
    text = tables_markdown()
    for table in TABLES.values():
        section = text.split(f"## {table.sheet}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section
            assert column.doc in section
