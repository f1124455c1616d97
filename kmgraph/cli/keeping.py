"""Commands that look after a store: log, rollback, gc."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from kmgraph.cli.common import command_errors, echo_json, json_option, store_option
from kmgraph.stores.generations import GenerationStore


@click.command(epilog="Example: kmgraph log --store store")
@store_option
@json_option
@command_errors
def log(store: Path, as_json: bool) -> None:
    """List the generations that are kept, the newest last."""
    opened = GenerationStore(store)
    generations = opened.generations()
    if as_json:
        echo_json([asdict(generation) for generation in generations])
        return
    current = opened.current_id()
    for generation in generations:
        mark = "*" if generation.id == current else " "
        own = generation.derived.get(generation.master, ())
        graphs = ", ".join(f"{g.name} {g.triples:,}" for g in (*generation.graphs, *own))
        click.echo(f"{mark} {generation.id:>4}  {generation.created}  {generation.reason}")
        click.echo(f"        {graphs}")
    if not generations:
        click.echo("nothing is published yet: build a bundle first")


@click.command(epilog="Example: kmgraph rollback 3 --store store")
@click.argument("generation_id", type=int)
@store_option
@click.option("--reason", help="What the log says of it.")
@json_option
@command_errors
def rollback(generation_id: int, store: Path, reason: str | None, as_json: bool) -> None:
    """Publish a new generation with the content of an old one."""
    generation = GenerationStore(store).rollback(generation_id, reason=reason)
    if as_json:
        echo_json({"generation": generation.id, "content_of": generation_id})
    else:
        click.echo(f"generation {generation.id} has the content of generation {generation_id}")


@click.command(epilog="Example: kmgraph gc --keep 3 --store store")
@store_option
@click.option("--keep", type=click.IntRange(min=1), required=True, help="How many to keep.")
@json_option
@command_errors
def gc(store: Path, keep: int, as_json: bool) -> None:
    """Remove old generations, except those that a reader holds."""
    outcome = GenerationStore(store).gc(keep)
    if as_json:
        echo_json({"removed": list(outcome.removed), "in_use": list(outcome.in_use)})
        return
    removed = ", ".join(map(str, outcome.removed)) or "none"
    click.echo(f"removed: {removed}")
    if outcome.in_use:
        click.echo(f"in use, so kept: {', '.join(map(str, outcome.in_use))}")


COMMANDS = (log, rollback, gc)
