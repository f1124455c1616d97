"""The command that measures who bridges: network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from kmgraph.cli.common import (
    command_errors,
    progress_for,
    quiet_option,
    store_option,
    view_option,
)
from kmgraph.dataset import open_store
from kmgraph.errors import InputError
from kmgraph.network import KINDS, StakeholderNetwork
from kmgraph.network.rendering import (
    Row,
    bridge_rows,
    loss_rows,
    loss_text,
    measure_rows,
    overlap_rows,
    to_csv,
    to_graphml,
    to_json,
    to_table,
)
from kmgraph.progress import ProgressEvent

_FORMATS: Final = ("table", "json", "csv", "graphml")
#: What is asked to the rows that answer it.
_ROWS: Final[dict[str, Callable[[StakeholderNetwork], list[Row]]]] = {
    "measures": measure_rows,
    "bridges": bridge_rows,
    "overlap": overlap_rows,
}
#: Columns of the files, and those that fit on a terminal.
_COLUMNS: Final = {
    "measures": "iri kind name status betweenness ties articulation_point part_size basis".split(),
    "bridges": "first first_name second second_name kinds basis smaller_side passages".split(),
    "overlap": "first first_name second second_name shared jaccard".split(),
    "if-vacant": "iri kind name reach_before reach_after".split(),
}
_SHOWN: Final = {
    "measures": "betweenness ties articulation_point part_size kind name".split(),
    "bridges": "smaller_side kinds first_name second_name".split(),
    "overlap": "shared jaccard first_name second_name".split(),
    "if-vacant": "reach_before reach_after kind name".split(),
}
#: What is said where there are no rows.
_NOTHING: Final = {
    "measures": "There is no record of these kinds.",
    "bridges": "No tie is a bridge.",
    "overlap": "No two communities share a member who is recorded.",
}


@click.command(epilog="Example: kmgraph network if-vacant post/ndl-MH1-df-1 --store store")
@click.argument("what", type=click.Choice([*_ROWS, "if-vacant"]), default="measures")
@click.argument("post", required=False)
@store_option
@view_option
@click.option(
    "--kinds",
    default=",".join(KINDS),
    show_default=True,
    help="Kinds of records in the network, by commas; 'programme' and 'theme' may be added.",
)
@click.option("--programme", help="Only the studies of this programme and what is tied to them.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(_FORMATS),
    default="table",
    show_default=True,
    help="Form of the output; GraphML is the whole network, and JSON has it too.",
)
@quiet_option
@command_errors
def network(
    what: str,
    post: str | None,
    store: Path,
    view: str,
    kinds: str,
    programme: str | None,
    fmt: str,
    quiet: bool,
) -> None:
    """Measure who bridges between studies, communities and organisations.

    WHAT is 'measures' (betweenness, articulation points), 'bridges' (ties that alone connect),
    'overlap' (communities with shared members) or 'if-vacant' with a POST, by IRI or what stands
    after the base. The public view has no measures of people.
    """
    if (what == "if-vacant") != (post is not None):
        raise InputError("'if-vacant' needs a post, and nothing else takes one")
    progress, close = progress_for(quiet)
    try:
        with open_store(store, view=view) as evidence:
            progress(ProgressEvent("network", "reading"))
            chosen = [kind.strip() for kind in kinds.split(",") if kind.strip()]
            found = evidence.network(kinds=chosen, programme=programme)
            size = f"{len(found.nodes):,} records, {len(found.ties):,} ties"
            progress(ProgressEvent("measures", size))
            text = _rendered(found, what, post, fmt)
    finally:
        close()
    click.echo(text, nl=not text.endswith("\n"))


def _rendered(found: StakeholderNetwork, what: str, post: str | None, fmt: str) -> str:
    """Return what was asked in the form that was asked."""
    if fmt == "graphml":
        return to_graphml(found)
    loss = None if post is None else found.if_vacant(post)
    rows = _ROWS[what](found) if loss is None else loss_rows(loss)
    if fmt == "csv":
        return to_csv(rows, _COLUMNS[what])
    if fmt == "json":
        return to_json(found, {what: rows})
    table = to_table(rows, _SHOWN[what]) if rows else _NOTHING.get(what, "")
    head = "" if loss is None else loss_text(loss)
    return "\n".join(text for text in (head, table) if text)


COMMANDS = (network,)
