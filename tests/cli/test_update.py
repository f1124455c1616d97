"""Updates from the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from kmgraph.cli import cli
from kmgraph.stores.generations import GenerationStore

INSERT = "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1, 2 } }"


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    GenerationStore.create(tmp_path / "store")
    return str(tmp_path / "store")


def run(*arguments, text=None):
    """Run a command."""
    return CliRunner().invoke(cli, [*arguments, "--quiet"], input=text)


def test_an_update_says_what_it_did(store):
    """In words, and as JSON; doing it again changes nothing."""
    result = run("update", INSERT, "--store", store, "--no-validate")
    assert result.exit_code == 0, result.output
    assert "2 triples added and 0 deleted in 1 graph" in result.output
    again = run("update", INSERT, "--store", store, "--no-validate")
    assert again.output == "Nothing changed.\n"
    removed = run("update", "DROP GRAPH <urn:g>", "--store", store, "--no-validate", "--json")
    assert json.loads(removed.output)["deleted"] == 2


def test_an_update_comes_from_a_file_or_from_standard_input(store, tmp_path):
    """A long one need not be quoted for the shell."""
    path = tmp_path / "change.ru"
    path.write_text(INSERT, encoding="utf-8")
    assert "2 triples" in run("update", f"@{path}", "--store", store, "--no-validate").output
    more = "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 3 } }"
    assert (
        "1 triple added" in run("update", "-", "--store", store, "--no-validate", text=more).output
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("INSERT DATA {", "query-syntax"),
        ("LOAD <http://127.0.0.1/x>", "outbound-request"),
        ("INSERT DATA { GRAPH <https://w3id.org/kmgraph/id/graph/ontology> { <urn:a> <urn:b> 1 } }",
         "graph-conflict"),
        ("@no-such-file.ru", "file-access"),
    ],
)  # fmt: skip
def test_an_update_that_cannot_be_done_says_why(store, text, code):
    """And leaves the store as it was."""
    result = run("update", text, "--store", store, "--no-validate")
    assert result.exit_code == 1
    assert f"Error [{code}]" in result.output
    assert GenerationStore(store).current_id() is None
