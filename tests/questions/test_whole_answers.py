"""The whole answer is had from the command line too."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kmgraph.cli import asking
from kmgraph.dataset import EvidenceDataset
from kmgraph.questions import twins


def test_whole_lists_can_be_asked_for(
    dataset: EvidenceDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the option the lists are cut where the cube answers, and the table says so."""
    monkeypatch.setattr(twins, "LARGE", 0)
    monkeypatch.setattr(asking, "open_store", lambda path, view: dataset)
    monkeypatch.setattr(EvidenceDataset, "close", lambda self: None)
    asked = ["31", "--store", str(tmp_path)]
    cut = CliRunner().invoke(asking.ask, asked)
    whole = CliRunner().invoke(asking.ask, [*asked, "--whole"])
    assert (cut.exit_code, whole.exit_code) == (0, 0), cut.output + whole.output
    assert "counted beforehand; lists tell of 3 records a row at most" in cut.output
    assert "counted beforehand" not in whole.output
    assert len(whole.output) > len(cut.output)
