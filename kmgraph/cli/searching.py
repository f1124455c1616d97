"""The command that finds records by words: search."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from kmgraph.cli.common import command_errors, echo_json, store_option, view_option
from kmgraph.namespaces import compact
from kmgraph.search import Found, open_index, plain
from kmgraph.stores.generations import GenerationStore


@click.command(epilog='Example: kmgraph search "knowledge brokr" --kind study --store store')
@click.argument("words", nargs=-1, required=True)
@store_option
@view_option
@click.option("--kind", "kinds", multiple=True, help="Only records of this kind, as it is named.")
@click.option("--limit", default=20, show_default=True, help="Records at most, up to 200.")
@click.option("--offset", default=0, show_default=True, help="Records to leave out at first.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@command_errors
def search(
    words: tuple[str, ...],
    store: Path,
    view: str,
    kinds: tuple[str, ...],
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """Find records by WORDS in what they are called and what is said of them.

    The best come first. Slips of typing are forgiven, the last word may be a beginning, and words
    in double quotes stand one after the other.
    """
    with open_index(GenerationStore(store), view) as index:
        chosen = [index.kind(name) for name in kinds]
        found = index.search(" ".join(words), kinds=chosen, limit=limit, offset=offset)
    if as_json:
        echo_json(to_json(found))
    else:
        click.echo(to_text(found))


def to_json(found: Found) -> dict[str, Any]:
    """Return what was found as JSON has it, without the marks in excerpts.

    >>> to_json(Found((), 0, (), {}, True))["total"]
    0
    """
    told = asdict(found)
    for hit in told["hits"]:
        hit["excerpt"] = plain(hit["excerpt"])
    return told


def to_text(found: Found) -> str:
    """Return what was found for people to read."""
    names = {kind.iri: kind.label for kind in found.kinds}
    lines = []
    for word, others in found.instead.items():
        lines.append(f"Nobody wrote '{word}': {', '.join(others)} was looked for too.")
    if not found.has_every_word:
        lines.append("No record has all the words: those that have some of them.")
    for hit in found.hits:
        lines.append(f"{hit.label} ({names[hit.kind]})")
        lines.append(f"  {compact(hit.iri)}")
        if (said := plain(hit.excerpt)) != hit.label:
            lines.append(f"  {said}")
    kinds = ", ".join(f"{kind.label} {kind.count:,}" for kind in found.kinds)
    lines.append(f"{found.total:,} found" + (f"; by kind: {kinds}" if kinds else ""))
    return "\n".join(lines)


COMMANDS = (search,)
