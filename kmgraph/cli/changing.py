"""The command that changes a store by SPARQL: update."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from kmgraph.cli.common import (
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
)
from kmgraph.errors import InputError
from kmgraph.pipeline.updating import update as update_store
from kmgraph.stores.generations import GenerationStore

_EXAMPLE: Final = (
    "Example: kmgraph update 'INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 } }' --store store"
)


@click.command(epilog=_EXAMPLE)
@click.argument("text")
@store_option
@click.option("--view", help="View that the update sees; by default the one of everything.")
@click.option("--visibility", help="'public' or the group that sees a graph that is new.")
@click.option(
    "--no-validate", "validate", flag_value=False, default=True, help="Do not check the shapes."
)
@json_option
@quiet_option
@command_errors
def update(
    text: str,
    store: Path,
    view: str | None,
    visibility: str | None,
    validate: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Change a store by a SPARQL update, or by one that a file holds.

    TEXT is the update, '@' with the name of a file, or '-' for standard input. All of it is done,
    or nothing.
    """
    target = GenerationStore(store)
    seen = view or (target.generation().master if target.current_id() else "public")
    progress, end = progress_for(quiet)
    try:
        summary = update_store(
            target,
            _read(text),
            view=seen,
            visibility=visibility,
            validate=validate,
            progress=progress,
        )
    finally:
        end()
    if as_json:
        echo_json(summary.to_dict())
        return
    click.echo(_told(summary))


def _read(text: str) -> str:
    """Return the text of an update."""
    if text == "-":
        return sys.stdin.read()
    if text.startswith("@"):
        path = Path(text[1:])
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: this is no UTF-8 text") from error
    return text


def _told(summary: Any) -> str:
    """Return what was done in words."""
    if not summary.changed:
        return "Nothing changed."
    number = summary.generation.id if summary.generation else 0
    added = _counted(summary.added, "triple")
    graphs = _counted(len(summary.graphs), "graph")
    return f"Generation {number}: {added} added and {summary.deleted:,} deleted in {graphs}"


def _counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


COMMANDS: Final = (update,)
