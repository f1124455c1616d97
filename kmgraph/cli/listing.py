"""The command that lists studies or cases: list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kmgraph.cli.common import command_errors, echo_json, store_option, view_option
from kmgraph.errors import InputError
from kmgraph.facets import KINDS, ORDERS, Listed, open_facets
from kmgraph.namespaces import compact
from kmgraph.stores.generations import GenerationStore


@click.command(
    "list",
    epilog="Example: kmgraph list case --choose context=Low --choose outcome=Improved --store s",
)
@click.argument("kind", type=click.Choice(KINDS))
@store_option
@view_option
@click.option(
    "--choose",
    "choices",
    multiple=True,
    metavar="FACET=VALUE",
    help="Only what has this value; 'none' stands for not recorded. Values of one facet widen.",
)
@click.option("--words", default="", help="Words of the name or the id, or of the study of a case.")
@click.option("--order", type=click.Choice(ORDERS), default="name", show_default=True)
@click.option("--limit", default=20, show_default=True, help="How many are listed; 0 for all.")
@click.option("--offset", default=0, show_default=True, help="How many to leave out at first.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, with all facets and counts.")
@command_errors
def list_(
    kind: str,
    store: Path,
    view: str,
    choices: tuple[str, ...],
    words: str,
    order: str,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """List what is of a KIND, narrowed by theme, design, bands, barriers, outcomes and more.

    It is told how many have each value, so that one sees what choosing it too would leave.
    """
    with open_facets(GenerationStore(store), view) as index:
        found = index.listed(
            kind, _chosen(choices), words=words, order=order, first=offset, limit=limit or None
        )
    if as_json:
        echo_json(to_json(found))
    else:
        click.echo(to_text(found))


def _chosen(choices: tuple[str, ...]) -> dict[str, list[str]]:
    """Return facet to values.

    :raises InputError: a choice has no equals sign.
    """
    chosen: dict[str, list[str]] = {}
    for choice in choices:
        facet, sign, value = choice.partition("=")
        if not sign:
            raise InputError(f"'{choice[:60]}' is no choice: write FACET=VALUE")
        chosen.setdefault(facet, []).append(value)
    return chosen


def to_json(found: Listed) -> dict[str, Any]:
    """Return a list as JSON has it."""
    return {
        "kind": found.kind,
        "total": found.total,
        "of": found.of,
        "units": [
            {
                "iri": unit.iri,
                "name": unit.name,
                "id": unit.code or None,
                "start": unit.start or None,
                "study": unit.study or None,
                "values": {name: [one.code for one in held] for name, held in unit.values.items()},
            }
            for unit in found.units
        ],
        "facets": {
            one.facet.name: [
                {"code": value.value.code, "label": value.value.label, "count": value.count}
                for value in one.values
            ]
            for one in found.facets
        },
    }


def to_text(found: Listed) -> str:
    """Return a list for people to read."""
    lines = []
    for unit in found.units:
        lines.append(unit.name)
        lines.append(f"  {compact(unit.iri)}")
        told = [one.label for held in unit.values.values() for one in held]
        if told:
            lines.append(f"  {', '.join(told)}")
    lines.append(f"{found.total:,} of {found.of:,}")
    for one in found.facets:
        values = [value for value in one.values if value.value.code != "none"]
        if values:
            counts = ", ".join(f"{value.value.code} {value.count:,}" for value in values[:5])
            more = f" and {len(values) - 5} more" if len(values) > 5 else ""
            lines.append(f"{one.facet.name}: {counts}{more}")
    return "\n".join(lines)


COMMANDS = (list_,)
