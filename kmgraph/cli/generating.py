"""Command that writes a synthetic bundle: generate."""

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
)
from kmgraph.synthetic import generate as generate_bundle
from kmgraph.synthetic.sheets import FORMATS
from kmgraph.synthetic.writing import (
    DEFAULT_CASES,
    DEFAULT_RATERS,
    DEPTHS,
    PROGRAMME_DEPTH,
)


@click.command(epilog="Example: kmgraph generate synthetic --studies 200 --seed 1")
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--studies", type=int, required=True, help="How many studies.")
@click.option("--seed", type=int, required=True, help="Same seed, same bytes.")
@click.option(
    "--id",
    "dataset_id",
    default=None,
    help="Dataset id; synthetic-programme or synthetic-registry where none is given.",
)
@click.option(
    "--depth",
    type=click.Choice(DEPTHS),
    default=PROGRAMME_DEPTH,
    show_default=True,
    help="All tables, or the ten records a study that a public register gives.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help="Kind of the files.",
)
@click.option(
    "--cases",
    type=float,
    default=DEFAULT_CASES,
    show_default=True,
    help="Cases of a study on average, 1 to 4.",
)
@click.option(
    "--raters",
    type=float,
    default=DEFAULT_RATERS,
    show_default=True,
    help="Raters of a case on average, 1 to 3.",
)
@json_option
@quiet_option
@command_errors
def generate(
    directory: Path,
    studies: int,
    seed: int,
    dataset_id: str | None,
    depth: str,
    file_format: str,
    cases: float,
    raters: float,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a synthetic programme or registry to DIR, a new or empty folder, as a bundle.

    No record of it is of a real study, place or person, and its dataset says so.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        summary = generate_bundle(
            directory,
            studies=studies,
            seed=seed,
            dataset_id=dataset_id,
            cases=cases,
            raters=raters,
            depth=depth,
            file_format=file_format,
            progress=progress,
        )
    finally:
        close()
    if as_json:
        echo_json(asdict(summary) | {"total": summary.total})
        return
    sizes = ", ".join(f"{sheet} {count:,}" for sheet, count in summary.records.items())
    click.echo(f"wrote {summary.total:,} records to {directory} in {summary.elapsed_s:.1f} s")
    click.echo(sizes)


COMMANDS = (generate,)
