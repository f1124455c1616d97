"""Commands that draw: profile, grid, progress."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import click

from kmgraph.cli.common import command_errors, store_option, view_option
from kmgraph.dataset import open_store
from kmgraph.errors import InputError
from kmgraph.figures import GRID_SCHEMES, Picture, read_grid, read_progress, recorded_schemes
from kmgraph.figures import profile as picture_of
from kmgraph.readings.frameworks import DEFAULT_SCHEME

_NARROWEST, _WIDEST = 60, 120
_FORMS: Final = (".svg", ".png", ".txt")
_to_option = click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write: .svg, .png or .txt; the terminal by default.",
)


@click.command(epilog="Example: kmgraph profile case/syn-S1-c1 --store store --to profile.svg")
@click.argument("case")
@store_option
@view_option
@click.option(
    "--scheme", default=DEFAULT_SCHEME, show_default=True, help="Version of the framework."
)
@_to_option
@command_errors
def profile(case: str, store: Path, view: str, scheme: str, target: Path | None) -> None:
    """Draw the profile of a case, given by its id or IRI.

    It shows elements, their parts, who rated them how, and what is not reported.
    """
    _check(target)
    with open_store(store, view=view) as evidence:
        _show(picture_of(evidence.cases.by(scheme)[case]), target)


@click.command(epilog="Example: kmgraph grid --store store --theme theme/syn-stroke --to grid.png")
@store_option
@view_option
@click.option(
    "--scheme",
    type=click.Choice(GRID_SCHEMES),
    default=GRID_SCHEMES[0],
    show_default=True,
    help="Version of the framework.",
)
@click.option("--programme", default="", help="Only cases of this programme, by id or IRI.")
@click.option("--theme", default="", help="Only cases of this theme, by id or IRI.")
@click.option("--study", default="", help="Only cases of this study, by id or IRI.")
@_to_option
@command_errors
def grid(
    store: Path,
    view: str,
    scheme: str,
    programme: str,
    theme: str,
    study: str,
    target: Path | None,
) -> None:
    """Draw cases by evidence and context, with how well their facilitation fits."""
    _check(target)
    with open_store(store, view=view) as evidence:
        found = read_grid(evidence.store, scheme, programme=programme, theme=theme, study=study)
        _show(found, target)


@click.command(epilog="Example: kmgraph progress --scheme queri --store store --to work.svg")
@store_option
@view_option
@click.option(
    "--scheme", required=True, help="Short name of the framework, such as queri, npt or pdsa."
)
@click.option("--programme", default="", help="Only work of this programme, by id or IRI.")
@click.option("--theme", default="", help="Only work of this theme, by id or IRI.")
@click.option("--study", default="", help="Only work of this study, by id or IRI.")
@_to_option
@command_errors
def progress(
    store: Path,
    view: str,
    scheme: str,
    programme: str,
    theme: str,
    study: str,
    target: Path | None,
) -> None:
    """Draw how far work has come by a framework.

    A process framework, such as queri or ward-kta-2009, shows its steps; pdsa shows what was
    decided in each cycle; others, such as npt, the latest rating of each construct.
    """
    _check(target)
    with open_store(store, view=view) as evidence:
        found = read_progress(evidence.store, scheme, programme=programme, theme=theme, study=study)
        _show(found, target)
        if not found.rows:
            names = ", ".join(recorded_schemes(evidence.store)) or "none"
            click.echo(f"frameworks by which something is recorded here: {names}", err=True)


def _check(target: Path | None) -> None:
    """Refuse a file of a kind that is not written, before anything is read.

    :raises InputError: its name ends otherwise.
    """
    if target is not None and target.suffix.lower() not in _FORMS:
        raise InputError(f"{target}: a picture goes into a file that ends in {', '.join(_FORMS)}")


def _show(picture: Picture, target: Path | None) -> None:
    """Write a picture to the terminal or to a file."""
    columns = shutil.get_terminal_size((100, 24)).columns
    if target is None:
        click.echo(picture.to_text(max(_NARROWEST, min(columns, _WIDEST))))
    elif target.suffix.lower() == ".png":
        target.write_bytes(picture.to_png())
    elif target.suffix.lower() == ".svg":
        target.write_text(picture.to_svg(), encoding="utf-8")
    else:
        target.write_text(f"{picture.to_text()}\n", encoding="utf-8")


COMMANDS = (profile, grid, progress)
