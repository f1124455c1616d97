"""Commands about who may see and do what: token create, list, revoke, refresh."""

from __future__ import annotations

from pathlib import Path

import click

from kmgraph.access.tokens import SCOPES, TokenRegister
from kmgraph.cli.common import (
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
)
from kmgraph.pipeline.republishing import create_token, republish
from kmgraph.stores.generations import GenerationStore


@click.group(epilog="Example: kmgraph token create anna --scope read --group north --store store")
def token() -> None:
    """Make, list and revoke the tokens that callers of a server show."""


@token.command(
    epilog="Example: kmgraph token create anna --scope read,write --group north "
    "--expires 2030-01-31 --store store"
)
@click.argument("name")
@store_option
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("read",),
    show_default=True,
    help=f"What the token is for, of {', '.join(SCOPES)}, separated by commas.",
)
@click.option("--group", "groups", multiple=True, help="A group whose graphs the token opens.")
@click.option("--expires", help="Last day (2030-01-31) or moment (2030-01-31T12:00Z), by UTC.")
@json_option
@quiet_option
@command_errors
def create(
    name: str,
    store: Path,
    scopes: tuple[str, ...],
    groups: tuple[str, ...],
    expires: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make a token called NAME and print it, once.

    A token of several groups opens a view of its own; where there is none yet, a generation that
    has it is published first.
    """
    wanted = [scope.strip() for text in scopes for scope in text.split(",")]
    progress, close = progress_for(quiet or as_json)
    try:
        made = create_token(
            GenerationStore(store), name, wanted, groups, expires, progress=progress
        )
    finally:
        close()
    published = made.generation.id if made.generation else None
    if as_json:
        echo_json({"token": made.secret, **made.token.to_dict(), "generation": published})
        return
    click.echo(made.secret)
    if published is not None:
        click.echo(f"generation {published} is published: it has the view of the token", err=True)
    click.echo("keep the token now: it is not shown again", err=True)


@token.command(name="list", epilog="Example: kmgraph token list --store store")
@store_option
@json_option
@command_errors
def list_tokens(store: Path, as_json: bool) -> None:
    """List the tokens, but not what they are."""
    found = TokenRegister(GenerationStore(store).path).list()
    if as_json:
        echo_json([token.to_dict() for token in found])
        return
    for one in found:
        facts = one.to_dict()
        end = f"expires {facts['expires']}" if one.expires else "does not expire"
        if one.is_expired():
            end = f"expired {facts['expires']}"
        scopes = ",".join(facts["scopes"])
        click.echo(f"{one.name}: {scopes}; sees {one.view}; made {facts['created']}; {end}")
    if not found:
        click.echo("there are no tokens: everybody sees what is public, and nobody can write")


@token.command(epilog="Example: kmgraph token revoke anna --store store")
@click.argument("name")
@store_option
@json_option
@command_errors
def revoke(name: str, store: Path, as_json: bool) -> None:
    """Revoke the token NAME; a running server refuses it from then on."""
    TokenRegister(GenerationStore(store).path).revoke(name)
    if as_json:
        echo_json({"revoked": name})
    else:
        click.echo(f"the token '{name}' is revoked")


@token.command(epilog="Example: kmgraph token refresh --store store")
@store_option
@json_option
@quiet_option
@command_errors
def refresh(store: Path, as_json: bool, quiet: bool) -> None:
    """Publish a generation with just the views that the tokens need, if any lacks or is over.

    It is wanted where the tokens of another store or of a backup were put into this one.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        generation = republish(GenerationStore(store), progress=progress)
    finally:
        close()
    if as_json:
        echo_json(
            {
                "generation": generation.id if generation else None,
                "views": list(generation.views) if generation else None,
            }
        )
    elif generation is None:
        click.echo("the tokens have their views already")
    else:
        views = ", ".join(generation.views)
        click.echo(f"generation {generation.id} is published, with the views {views}")


COMMANDS = (token,)
