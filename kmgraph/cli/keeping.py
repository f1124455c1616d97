"""Commands that look after a store: log, rollback, gc, optimise, backup, restore."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from kmgraph.cli.common import (
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
)
from kmgraph.pipeline.republishing import roll_back
from kmgraph.pipeline.telling import tell_feeds
from kmgraph.snapshots import remove_snapshots
from kmgraph.stores.backups import BackupSummary, back_up
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.optimising import optimise as optimise_store
from kmgraph.stores.restoring import restore as restore_backup


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
    generation = roll_back(GenerationStore(store), generation_id, reason=reason)
    if as_json:
        echo_json({"generation": generation.id, "content_of": generation_id})
    else:
        click.echo(f"generation {generation.id} has the content of generation {generation_id}")


@click.command(epilog="Example: kmgraph gc --keep 3 --store store")
@store_option
@click.option("--keep", type=click.IntRange(min=1), required=True, help="How many to keep.")
@click.option("--snapshots", is_flag=True, help="Remove the snapshots of what is removed too.")
@json_option
@command_errors
def gc(store: Path, keep: int, snapshots: bool, as_json: bool) -> None:
    """Remove old generations, except those that a reader holds.

    Their snapshots stay, because people may have cited them, unless --snapshots is given.
    """
    opened = GenerationStore(store)
    tell_feeds(opened)
    outcome = opened.gc(keep)
    gone = remove_snapshots(opened, outcome.removed) if snapshots else []
    if as_json:
        facts = {"removed": list(outcome.removed), "in_use": list(outcome.in_use)}
        echo_json({**facts, "snapshots": [snapshot.iri for snapshot in gone]})
        return
    removed = ", ".join(map(str, outcome.removed)) or "none"
    click.echo(f"removed: {removed}")
    for snapshot in gone:
        click.echo(f"removed: snapshot {snapshot.iri}")
    if outcome.in_use:
        click.echo(f"in use, so kept: {', '.join(map(str, outcome.in_use))}")


@click.command(epilog="Example: kmgraph optimise --store store")
@store_option
@json_option
@quiet_option
@command_errors
def optimise(store: Path, as_json: bool, quiet: bool) -> None:
    """Publish the current generation again, written so that it is quickest to read.

    Builds do so by themselves, and a server does after many small changes. The data stay the same;
    readers and writers may go on meanwhile, and whoever writes comes first.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        made = optimise_store(GenerationStore(store), progress=progress)
    finally:
        close()
    if as_json:
        echo_json({"generation": made.id if made else None})
    elif made is None:
        click.echo("nothing was published: somebody wrote meanwhile, or optimises already")
    else:
        click.echo(f"generation {made.id} is published")


@click.command(epilog="Example: kmgraph backup backups/monday.tar.gz --store store")
@click.argument("target", metavar="FILE-OR-FOLDER", type=click.Path(path_type=Path))
@store_option
@click.option("--all-generations", is_flag=True, help="Keep the older generations too.")
@click.option("--no-tokens", is_flag=True, help="Leave the tokens out.")
@json_option
@quiet_option
@command_errors
def backup(
    target: Path, store: Path, all_generations: bool, no_tokens: bool, as_json: bool, quiet: bool
) -> None:
    """Write a store to FILE (.tar, .tar.gz), or to a new file in FOLDER.

    Servers and builds may go on meanwhile: what is current at the beginning is kept. The file holds
    all that the store holds, hidden graphs too, and its owner alone may read it.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        made = back_up(
            GenerationStore(store),
            target,
            all_generations=all_generations,
            tokens=not no_tokens,
            progress=progress,
        )
    finally:
        close()
    if as_json:
        echo_json(_backup_facts(made))
    else:
        numbers = ", ".join(map(str, made.generations))
        tokens = "with" if made.has_tokens else "without"
        click.echo(f"wrote {made.length:,} bytes to {made.file}")
        click.echo(f"generations: {numbers}; {made.files:,} files, {tokens} tokens")


@click.command(epilog="Example: kmgraph restore backups/monday.tar.gz --store new-store")
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@store_option
@json_option
@quiet_option
@command_errors
def restore(backup: Path, store: Path, as_json: bool, quiet: bool) -> None:
    """Make a new store of BACKUP, if it is whole and nothing is where the store is to be.

    Generations keep their ids, and tokens that are in the backup are valid again.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        made = restore_backup(backup, store, progress=progress)
    finally:
        close()
    if as_json:
        echo_json({**_backup_facts(made), "store": str(store)})
    else:
        tokens = "with" if made.has_tokens else "without"
        click.echo(
            f"store at {store}: generation {made.generations[-1]} is current, {tokens} tokens"
        )


def _backup_facts(made: BackupSummary) -> dict[str, object]:
    """Return what is in a backup as plain values."""
    return {
        "file": str(made.file),
        "bytes": made.length,
        "base": made.base,
        "generations": list(made.generations),
        "files": made.files,
        "tokens": made.has_tokens,
    }


COMMANDS = (log, rollback, gc, optimise, backup, restore)
