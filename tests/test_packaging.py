"""A wheel has what a checkout has."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import kmgraph
from kmgraph import artefacts
assert "_artefacts" in str(artefacts.folder("ontology")), artefacts.folder("ontology")
assert "site" in kmgraph.__file__
with kmgraph.build_in_memory(kmgraph.bundles.files.example_path("clahrc-ndl")) as evidence:
    assert len(list(evidence.studies())) == 16
    assert evidence.ask("31").rows
import kmgraph.quality
assert kmgraph.quality.validate_bundle(artefacts.folder("examples") / "clahrc-ndl").conforms
from kmgraph_server import create_app
"""


def test_a_wheel_works_without_the_checkout(tmp_path: Path) -> None:
    """Ontology, shapes, queries, example and server are found where a wheel puts them."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    subprocess.run(
        [sys.executable, "-c", "import kmgraph.bundles.files\n" + CODE],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
