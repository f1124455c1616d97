"""What ``kmgraph export --all`` does: write a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from kmgraph.cli.common import echo_json, progress_for
from kmgraph.snapshots import SnapshotFile, write_snapshot


def snapshot_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a snapshot."""
    options = (
        click.option(
            "--all", "every", is_flag=True, help="Write a snapshot, to be kept and cited."
        ),
        click.option(
            "--to",
            type=click.Path(path_type=Path),
            help="With --all: empty folder to write to; a place in the store by default.",
        ),
        click.option("--generation", type=int, help="With --all: which; the current by default."),
        click.option("--quiet", is_flag=True, help="With --all: show no progress."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def snapshot_is_wanted(every: bool, to: Path | None, generation: int | None, quiet: bool) -> bool:
    """Say whether a snapshot is wanted.

    :raises click.UsageError: options of a snapshot are given and ``--all`` is not.
    """
    if not every and (to is not None or generation is not None or quiet):
        raise click.UsageError("--to, --generation and --quiet go with --all")
    return every


def export_snapshot(
    store: Path,
    *,
    view: str,
    to: Path | None,
    generation: int | None,
    quiet: bool,
    as_json: bool,
    every: bool = True,
) -> None:
    """Write a snapshot and say what is in it."""
    progress, close = progress_for(quiet or as_json)
    try:
        made = write_snapshot(store, view=view, generation=generation, to=to, progress=progress)
    finally:
        close()
    snapshot = made.snapshot
    if as_json:
        echo_json({"folder": str(snapshot.folder), "is_new": made.is_new, **snapshot.to_dict()})
        return
    did = "wrote" if made.is_new else "was there already:"
    click.echo(f"{did} snapshot {snapshot.iri} in {snapshot.folder}")
    for file in snapshot.files:
        click.echo(f"  {file.name}: {_size(file)}")
    for left_out in snapshot.left_out:
        click.echo(f"left out: {left_out}")
    click.echo(snapshot.citation)


def _size(file: SnapshotFile) -> str:
    """Return in words how large a file is."""
    if file.statements is not None:
        return f"{file.statements:,} statements"
    return f"{file.rows:,} rows" if file.rows is not None else file.holds
