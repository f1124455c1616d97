"""The command that shows one framework through another: crosswalk."""

from __future__ import annotations

from pathlib import Path

import click

from kmgraph.cli.common import command_errors, view_option
from kmgraph.crosswalks import Crosswalk
from kmgraph.crosswalks import crosswalk as find
from kmgraph.crosswalks.finding import LONGEST
from kmgraph.dataset import open_store
from kmgraph.errors import InputError
from kmgraph.stores.views import PUBLIC

_TABLE = "table"


@click.command(
    epilog="Example: kmgraph crosswalk parihs-2004 cfir-2022 --store store --case case/ndl-SR1-case"
)
@click.argument("source")
@click.argument("target")
@click.option(
    "--steps",
    type=click.IntRange(1, LONGEST),
    default=1,
    show_default=True,
    help="Longest path, in mappings; each is shown, with the weakest.",
)
@click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of a store whose codings are to be shown.",
)
@view_option
@click.option("--case", help="A case, study or programme of the store; all codings by default.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice([_TABLE, "csv", "json"]),
    default=_TABLE,
    show_default=True,
)
@command_errors
def crosswalk(
    source: str, target: str, steps: int, store: Path | None, view: str, case: str | None, fmt: str
) -> None:
    """Show the framework SOURCE through the framework TARGET, and what is lost.

    Frameworks are named as in parihs-2004 or cfir-2022. Without a store, all constructs of SOURCE
    are shown; with one, what is coded to them.
    """
    if store is None:
        if case is not None or view != PUBLIC:
            raise InputError("a case or a view is looked up in a store: name it with --store")
        _show(find(source, target, steps=steps), fmt)
        return
    with open_store(store, view=view) as evidence:
        _show(evidence.crosswalk(source, target, case=case, steps=steps), fmt)


def _show(walk: Crosswalk, fmt: str) -> None:
    """Write a crosswalk in the format that was asked for."""
    if fmt == "csv":
        click.echo(walk.to_csv(), nl=False)
    else:
        click.echo(walk.to_json() if fmt == "json" else walk.to_table())


COMMANDS = (crosswalk,)
