"""The command that shows numbers of the cube: cube."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from kmgraph.cli.common import command_errors, store_option, view_option
from kmgraph.cube import cube_table, load_groupings, parts
from kmgraph.dataset import open_store
from kmgraph.errors import InputError
from kmgraph.namespaces import PREFIXES, compact
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

_FORMATS: Final = ("table", "json", "csv")


@click.command(epilog="Example: kmgraph cube studies-by-theme --by theme --store store")
@click.argument("grouping", required=False)
@store_option
@view_option
@click.option(
    "--by",
    multiple=True,
    metavar="DIMENSION[=VALUE]",
    help="Tell a dimension apart, or keep one value of it; may be repeated. All by default.",
)
@click.option("--parts", "observation", help="List the records that one observation counts.")
@click.option("--format", "fmt", type=click.Choice(_FORMATS), default="table", show_default=True)
@command_errors
def cube(
    grouping: str | None,
    store: Path,
    view: str,
    by: tuple[str, ...],
    observation: str | None,
    fmt: str,
) -> None:
    """Show how many records there are by theme, quadrant, status and other dimensions.

    Without GROUPING, the groupings are listed. A dimension that is not named in --by stands for
    all its values together, and a record with several of them counts once.
    """
    with open_store(store, view=view) as evidence:
        if observation is not None:
            _print_parts(evidence.store, observation)
        elif grouping is None:
            _print_groupings(evidence.store, fmt)
        else:
            chosen = dict(_chosen(evidence.store, text) for text in by) if by else None
            _print_table(cube_table(evidence.store, grouping, by=chosen), fmt)


def _chosen(store: QuadStore, text: str) -> tuple[str, Term | None]:
    """Read a dimension, and the value to keep of it, from an option."""
    name, has_value, value = text.partition("=")
    if not has_value:
        return name, None
    if not value:
        raise InputError(f"'{text}' names no value: write {name}=VALUE, or {name} for all")
    return name, _term(store, value)


def _term(store: QuadStore, value: str) -> Term:
    """Return what a caller names: an IRI, a prefixed name, a record, or else a text."""
    prefix, _, local = value.partition(":")
    if "://" in value:
        return ox.NamedNode(value)
    if prefix in PREFIXES and local:
        return ox.NamedNode(PREFIXES[prefix] + local)
    if "/" in value and " " not in value:
        return ox.NamedNode(store.base + value)
    return ox.Literal(value)


def _print_parts(store: QuadStore, observation: str) -> None:
    """Print the IRIs of the records that an observation counts."""
    iri = observation if "://" in observation else store.base + observation
    for unit in parts(store, iri):
        click.echo(unit.value)


def _print_groupings(store: QuadStore, fmt: str) -> None:
    """Print the groupings, with what they count and by what."""
    rows: list[dict[str, object]] = []
    for grouping in load_groupings():
        found = cube_table(store, grouping.id, by={}).to_dicts()
        rows.append(
            {
                "grouping": grouping.id,
                "units": sum(row["unitCount"] for row in found),
                "of": " ".join(compact(name) for name in grouping.classes),
                "by": " ".join(grouping.dimensions),
            }
        )
    if fmt == "json":
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    names = ["grouping", "units", "of", "by"]
    values = [[ox.Literal(str(row[name])) for name in names] for row in rows]
    _print_table(Solutions(names, map(tuple, values)), fmt)


def _print_table(table: Solutions, fmt: str) -> None:
    """Print a table of observations."""
    if fmt == "csv":
        click.echo(table.serialize("csv"), nl=False)
    elif fmt == "json":
        rows = [{name: _plain(value) for name, value in row.items()} for row in table.to_dicts()]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        kept = [name for name in table.variables if name != "observation"]
        places = [table.variables.index(name) for name in kept]
        click.echo(Solutions(kept, (tuple(row[p] for p in places) for row in table)).to_table())


def _plain(value: object) -> object:
    """Return a value as JSON can hold it."""
    return value if isinstance(value, int | str | float | bool) or value is None else str(value)


COMMANDS = (cube,)
