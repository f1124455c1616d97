"""The command line: tables, JSON, CSV and GraphML."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import networkx as nx
import pytest
from click.testing import CliRunner, Result

import kmgraph
from kmgraph.cli.root import cli
from kmgraph.pipeline import validating
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation import Report
from tests.network.conftest import DRAWN


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a store with the drawn network."""
    store = GenerationStore.create(tmp_path_factory.mktemp("drawn") / "store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validating, "validate_quads", lambda *given, **options: Report.of(()))
        kmgraph.build([DRAWN], store)
    return store.path


def run(path: Path, *arguments: str) -> Result:
    """Run the command on a store."""
    return CliRunner().invoke(cli, ["network", *arguments, "--store", str(path), "--quiet"])


def test_measures_as_a_table(path: Path) -> None:
    """The record that most ways lead over comes first; no person is listed."""
    lines = run(path).stdout.splitlines()
    assert "betweenness  ties  articulation point  part size  kind          name" == lines[0]
    assert ["0.465812", "3", "yes", "13", "study", "Study", "2"] == lines[1].split()
    assert 12 == len(lines)


def test_bridges_and_overlap_as_csv(path: Path) -> None:
    """Each row names both ends, and bridges their passages."""
    rows = list(csv.DictReader(StringIO(run(path, "bridges", "--format", "csv").stdout)))
    assert ("Broker", "Study 2", "4") == tuple(
        rows[0][name] for name in ("first_name", "second_name", "smaller_side")
    )
    assert all(row["passages"].startswith("https://") for row in rows)
    (row,) = csv.DictReader(StringIO(run(path, "overlap", "--format", "csv").stdout))
    assert ("2", "0.666667") == (row["shared"], row["jaccard"])


def test_a_vacancy_in_words_and_as_json(path: Path) -> None:
    """What is cut off, and that nothing is."""
    text = run(path, "if-vacant", "post/fx-broker").stdout
    assert text.startswith(
        "Without Broker, its part falls into 3 (9, 2, 1): 3 records lose their bridge.\n"
    )
    found = json.loads(run(path, "if-vacant", "post/fx-broker", "--format", "json").stdout)
    assert [(11, 1), (11, 1), (11, 0)] == [
        (row["reach_before"], row["reach_after"]) for row in found["if-vacant"]
    ]
    assert "Without Liaison, nothing is cut off: 12 records stay connected.\n" == (
        run(path, "if-vacant", "post/fx-liaison").stdout
    )
    assert "Fellow is vacant already and ties nothing.\n" == (
        run(path, "if-vacant", "post/fx-fellow").stdout
    )


def test_graphml_is_read_by_another_library(path: Path) -> None:
    """The whole network goes out, with kinds, names and what its ties rest on."""
    graph = nx.parse_graphml(run(path, "--format", "graphml").stdout)
    assert (14, 14) == (len(graph), graph.number_of_edges())
    base = "https://w3id.org/kmgraph/id/"
    assert {"kind": "post", "name": "Fellow", "status": "vacant"} == (
        graph.nodes[f"{base}post/fx-fellow"]
    )
    edge = graph.edges[f"{base}post/fx-broker", f"{base}study/fx-s3"]
    assert ("alignment", f"{base}post/fx-broker") == (edge["kinds"], edge["records"])


def test_kinds_are_chosen(path: Path) -> None:
    """With posts and studies alone, study 2 parts two from two."""
    rows = json.loads(run(path, "--kinds", "post, study", "--format", "json").stdout)["measures"]
    assert {"post", "study"} == {row["kind"] for row in rows}
    assert "No two communities share a member who is recorded.\n" == (
        run(path, "overlap", "--kinds", "post,study").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["if-vacant"], "'if-vacant' needs a post"),
        (["bridges", "post/fx-broker"], "nothing else takes one"),
        (["if-vacant", "post/fx-nobody"], "holds no record 'post/fx-nobody'"),
        (["--kinds", "posts"], "no kind of record 'posts'"),
        (["--programme", "programme/none"], "there is no programme 'programme/none'"),
    ],
)
def test_what_cannot_be_asked_is_refused(path: Path, arguments: list[str], message: str) -> None:
    """The message says what is wrong, and the command fails."""
    result = run(path, *arguments)
    assert 1 == result.exit_code
    assert message in result.stderr


def test_bridges_say_what_they_rest_on(path: Path) -> None:
    """Measures and bridges have it as a column of the files."""
    rows = list(csv.DictReader(StringIO(run(path, "bridges", "--format", "csv").stdout)))
    assert {"stated"} == {row["basis"] for row in rows}
    rows = list(csv.DictReader(StringIO(run(path, "--format", "csv").stdout)))
    assert {"all ties stated", "no ties"} == {row["basis"] for row in rows}
