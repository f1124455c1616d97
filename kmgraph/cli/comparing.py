"""Commands about what changed: diff, feed."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Final

import click
import pyoxigraph as ox

from kmgraph.cli.common import (
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
    view_option,
)
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions import AnswerReport, Difference, RecordChange, answer_changes, update_feed
from kmgraph.versions import diff as compare
from kmgraph.versions.answers import row_text

_SIGNS: Final = {"added": "+", "removed": "-", "changed": "~"}
#: Most records, properties of one, rows of an answer and reasons of one that are shown.
_RECORDS: Final = 50
_PROPERTIES: Final = 10
_ROWS: Final = 10
_REASONS: Final = 4


@click.command(epilog="Example: kmgraph diff 1 2 --answers --store store")
@click.argument("old", type=int)
@click.argument("new", type=int)
@store_option
@view_option
@click.option("--triples", is_flag=True, help="Write the triples that differ instead, as lines.")
@click.option("--answers", is_flag=True, help="Compare the answers to the saved questions too.")
@json_option
@command_errors
def diff(
    old: int, new: int, store: Path, view: str, triples: bool, answers: bool, as_json: bool
) -> None:
    """Show what changed between two generations: in triples, in records and in answers.

    --triples and --json leave nothing out; the text names fifty records at most.
    """
    with compare(store, old, new, view=view) as difference:
        if triples:
            for change in difference.triples():
                click.echo(change.line)
        elif as_json:
            echo_json(_as_dict(difference, answers))
        else:
            _print_graphs(difference)
            _print_records(difference)
            if answers:
                _print_answers(difference)


def _as_dict(difference: Difference, answers: bool) -> dict[str, object]:
    """Return all that differs as plain values."""
    counts = difference.touched().counts
    found: dict[str, object] = {
        "old": {"generation": difference.old.id, "created": difference.old.created},
        "new": {"generation": difference.new.id, "created": difference.new.created},
        "view": difference.view,
        "graphs": [
            {
                "name": graph.name,
                "iri": graph.iri,
                "part": graph.part,
                "before": graph.before,
                "after": graph.after,
                "added": counts.get(graph.iri, (0, 0))[0],
                "removed": counts.get(graph.iri, (0, 0))[1],
            }
            for graph in difference.graphs
        ],
        "records": sorted(
            (record.to_dict() for record in difference.records()), key=lambda one: one["iri"]
        ),
    }
    if answers:
        report = AnswerReport()
        found["answers"] = [one.to_dict() for one in answer_changes(difference, report=report)]
        found["compared"] = report.to_dict()
    return found


def _print_graphs(difference: Difference) -> None:
    """Print how many triples differ, graph by graph."""
    counts = difference.touched().counts
    click.echo(f"generation {difference.old.id} -> {difference.new.id}, view {difference.view}")
    click.echo("triples:")
    same = []
    for graph in difference.graphs:
        added, removed = counts.get(graph.iri, (0, 0))
        if added or removed:
            click.echo(f"  {graph.part} {graph.name}: {added:,} added, {removed:,} removed")
        else:
            same.append(graph.name)
    if same:
        click.echo(f"  the same: {', '.join(same)}")


def _print_records(difference: Difference) -> None:
    """Print the records that changed, and in which properties."""
    base = difference.new_store.base
    counts: Counter[str] = Counter()
    kept: list[RecordChange] = []
    for record in difference.records():
        counts[record.change] += 1
        if len(kept) < _RECORDS:
            kept.append(record)
    told = ", ".join(f"{counts[change]:,} {change}" for change in _SIGNS)
    click.echo(f"records: {told}")
    for record in sorted(kept, key=lambda one: (one.kind, one.iri)):
        name = record.iri.removeprefix(base)
        click.echo(f"  {_SIGNS[record.change]} {record.kind}  {name}  {record.label}".rstrip())
        if record.change == "changed":
            for one in record.properties[:_PROPERTIES]:
                click.echo(f"      {one.text}")
            _print_more(len(record.properties) - _PROPERTIES, "properties", "      ")
    _print_more(counts.total() - len(kept), "records (--json has all of them)", "  ")


def _print_answers(difference: Difference) -> None:
    """Print the questions that are answered differently, and why."""
    base, report = difference.new_store.base, AnswerReport()
    click.echo("answers:")
    for answer in answer_changes(difference, report=report):
        given = "".join(
            f" -p {name}={value.removeprefix(base)}" for name, value in answer.parameters.items()
        )
        sizes = f"{answer.rows_before} -> {answer.rows_after} rows"
        click.echo(f"  {answer.question.id}{given}  {answer.question.title}: {sizes}")
        for row in islice(answer.rows, _ROWS):
            click.echo(f"    {_SIGNS[row.change]} {row_text(answer.question, row, base)}")
            names = [iri.removeprefix(base) for iri in row.because_of]
            more = f" and {len(names) - _REASONS} more" if len(names) > _REASONS else ""
            click.echo(f"        because of {', '.join(names[:_REASONS])}{more}")
        _print_more(len(answer.rows) - _ROWS, "rows", "    ")
    times = sum(map(len, report.asked.values()))
    click.echo(
        f"  compared: {len(report.asked)} questions, asked {times} times; "
        f"{len(report.unaffected)} that nothing bears on"
    )
    if report.cut:
        click.echo(f"  not all values of parameters were tried: {', '.join(sorted(report.cut))}")
    for name, reason in report.failed.items():
        click.echo(f"  {name} could not be asked: {reason}")


def _print_more(number: int, what: str, indent: str) -> None:
    """Print how many things are not shown."""
    if number > 0:
        click.echo(f"{indent}... and {number:,} more {what}")


@click.command(epilog="Example: kmgraph feed --store store")
@store_option
@view_option
@click.option("--page", type=int, help="Write a page of the feed as TriG.")
@quiet_option
@command_errors
def feed(store: Path, view: str, page: int | None, quiet: bool) -> None:
    """Bring the change feed up to date, and say how far it goes or write a page of it.

    Once it was begun, publications tell it themselves.
    """
    progress, close = progress_for(quiet)
    try:
        found = update_feed(GenerationStore(store), view=view, progress=progress)
    finally:
        close()
    if page is None:
        told = f"{len(found):,} members on {found.pages} page(s)"
        click.echo(f"{told}, up to generation {found.generation}")
        click.echo(f"stream: {found.iri}")
        return
    ox.serialize(found.page_quads(page), sys.stdout.buffer, ox.RdfFormat.TRIG)


COMMANDS = (diff, feed)
