"""Tokens, backups and restores from the command line, as a keeper of a server uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmgraph.access import TokenRegister
from kmgraph.cli import cli
from kmgraph.stores.generations import GenerationStore


def run(*arguments: object, code: int = 0) -> Result:
    """Run a command and check its exit code."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert code == result.exit_code, (result.stdout, result.stderr, result.exception)
    return result


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with graphs of three groups."""
    made = GenerationStore.create(tmp_path / "store")
    with made.begin(reason="groups") as writer:
        for group in ("public", "north", "south", "west"):
            writer.replace_graph(group, None, visibility=group)
        writer.publish()
    return made.path


def test_a_token_is_printed_once_and_alone(store: Path) -> None:
    """Standard output can be given to another program."""
    made = run("token", "create", "anna", "--scope", "read,write", "--group", "north",
               "--expires", "2999-01-31", "--store", store, "--quiet")  # fmt: skip
    secret = made.stdout.strip()
    assert "not shown again" in made.stderr and secret not in made.stderr
    token = TokenRegister(store).find(secret)
    assert (token.name, token.scopes, token.groups) == ("anna", {"read", "write"}, {"north"})
    listed = run("token", "list", "--store", store).stdout
    assert "anna: read,write; sees public+north; made 20" in listed
    assert "expires 2999-01-31T23:59:59+00:00" in listed
    assert secret not in listed and token.digest not in listed


def test_scopes_may_be_given_one_by_one_and_read_is_the_default(store: Path) -> None:
    run("token", "create", "ben", "--scope", "read", "--scope", "admin", "--store", store)
    run("token", "create", "eva", "--store", store)
    scopes = {token.name: token.scopes for token in TokenRegister(store).list()}
    assert scopes == {"ben": {"read", "admin"}, "eva": {"read"}}


def test_scripts_read_all_of_it(store: Path) -> None:
    made = json.loads(
        run("token", "create", "both", "--group", "north", "--group", "south",
            "--store", store, "--json").stdout
    )  # fmt: skip
    assert (made["view"], made["generation"]) == ("public+north+south", 2)
    assert TokenRegister(store).find(made["token"]).name == "both"
    (listed,) = json.loads(run("token", "list", "--store", store, "--json").stdout)
    assert "token" not in listed and "digest" not in listed
    assert listed == {key: made[key] for key in listed}
    assert json.loads(run("token", "revoke", "both", "--store", store, "--json").stdout) == {
        "revoked": "both"
    }
    refreshed = json.loads(run("token", "refresh", "--store", store, "--json").stdout)
    assert refreshed["generation"] == 3 and "public+north+south" not in refreshed["views"]
    again = json.loads(run("token", "refresh", "--store", store, "--json").stdout)
    assert again == {"generation": None, "views": None}


def test_a_revoked_token_is_gone(store: Path) -> None:
    secret = run("token", "create", "anna", "--store", store).stdout.strip()
    assert "is revoked" in run("token", "revoke", "anna", "--store", store).stdout
    assert "there are no tokens" in run("token", "list", "--store", store).stdout
    failed = run("token", "revoke", "anna", "--store", store, code=1)
    assert "Error [not-found]: there is no token 'anna'" in failed.stderr
    assert secret not in failed.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("a b",),
        ("anna", "--scope", "root"),
        ("anna", "--group", "public"),
        ("anna", "--group", "A+B"),
        ("anna", "--expires", "tomorrow"),
        ("anna", "--expires", "2001-01-01"),
    ],
)
def test_wrong_arguments_make_no_token(store: Path, arguments: tuple[str, ...]) -> None:
    failed = run("token", "create", *arguments, "--store", store, code=1)
    assert failed.stdout == "" and "Error [input]" in failed.stderr
    assert not (store / "tokens.json").exists()


def test_a_locked_store_makes_no_token_that_needs_a_view(store: Path) -> None:
    with GenerationStore(store).begin(reason="a long build"):
        failed = run("token", "create", "both", "--group", "north", "--group", "west",
                     "--store", store, code=1)  # fmt: skip
    assert "store-locked" in failed.stderr and "No token was made" in failed.stderr
    assert TokenRegister(store).list() == ()


def test_commands_of_tokens_have_help_with_an_example() -> None:
    for name in ("create", "list", "revoke", "refresh"):
        text = " ".join(run("token", name, "--help").stdout.split())
        assert f"Example: kmgraph token {name}" in text


def test_a_store_is_backed_up_and_restored(store: Path, tmp_path: Path) -> None:
    run("token", "create", "both", "--group", "north", "--group", "south", "--store", store)
    target = tmp_path / "b.tar.gz"
    assert "generations: 2; " in run("backup", target, "--store", store, "--quiet").stdout
    text = run("restore", target, "--store", tmp_path / "new", "--quiet").stdout
    assert text == f"store at {tmp_path / 'new'}: generation 2 is current, with tokens\n"
    assert "public+north+south" in GenerationStore(tmp_path / "new").generation().views
    made = json.loads(
        run("backup", tmp_path, "--store", store, "--all-generations", "--no-tokens",
            "--json").stdout
    )  # fmt: skip
    assert (made["generations"], made["tokens"]) == ([1, 2], False)
    back = json.loads(run("restore", made["file"], "--store", tmp_path / "other", "--json").stdout)
    assert back["generations"] == [1, 2]
    assert "already" in run("backup", target, "--store", store, code=1).stderr
    assert "already" in run("restore", target, "--store", store, code=1).stderr
    log = json.loads(run("log", "--store", tmp_path / "other", "--json").stdout)
    assert [generation["id"] for generation in log] == [1, 2]
