"""The command that says why: explain."""

from __future__ import annotations

from pathlib import Path

import click

from kmgraph.cli.common import command_errors, echo_json, json_option, store_option, view_option
from kmgraph.dataset import open_store


@click.command(epilog="Example: kmgraph explain case/a/diagnosis/parihs-2004 --store store")
@click.argument("iri")
@store_option
@view_option
@json_option
@click.option(
    "--width", type=click.IntRange(min=40), default=100, show_default=True, help="Longest line."
)
@command_errors
def explain(iri: str, store: Path, view: str, as_json: bool, width: int) -> None:
    """Show what something rests on: rule, summaries, ratings, raters, passages.

    IRI is a whole IRI, what stands after the base of the store, or the id of a case, which stands
    for its diagnoses.
    """
    with open_store(store, view=view) as evidence:
        found = evidence.explain(iri)
        if as_json:
            echo_json(found.to_dict())
        else:
            click.echo(found.to_text(width))


COMMANDS = (explain,)
