"""The command that erases a person or a record: purge."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kmgraph.cli.common import (
    EXIT_FAILED,
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
)
from kmgraph.errors import InputError
from kmgraph.namespaces import compact
from kmgraph.pipeline import purging
from kmgraph.pipeline.purging import PurgeSummary, Swept
from kmgraph.progress import Progress

#: Most texts found elsewhere that are listed in words; JSON has all of them.
_LISTED = 20


@click.command(epilog="Example: kmgraph purge https://example.org/id/person/p1 --store store")
@click.argument("iri", required=False)
@store_option
@click.option("--reason", help="Why, for the log of erasures; without any personal data.")
@click.option(
    "--text",
    "texts",
    multiple=True,
    help="Erase every statement with a text or an address that holds this too, such as a name; "
    "may be repeated.",
)
@click.option(
    "--also",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder of bundles or exports to search; what is found there is named, not changed.",
)
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option(
    "--finish",
    is_flag=True,
    help="Instead of an IRI: erase again all that was ever erased, after a crash or a restore.",
)
@click.option("--no-validate", is_flag=True, help="Do not validate what is left.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@quiet_option
@command_errors
def purge(
    iri: str | None,
    store: Path,
    reason: str | None,
    texts: tuple[str, ...],
    also: tuple[Path, ...],
    dry_run: bool,
    finish: bool,
    no_validate: bool,
    yes: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Erase the person or record IRI from every generation of a store.

    It cannot be undone. A tombstone stays that does not say what was erased. With --also, the
    exit code is 1 while a file there holds it still.
    """
    if finish == (iri is not None):
        raise click.UsageError("give an IRI, or --finish")
    if iri is not None and (dry_run or not yes):
        planned = purging.preview(store, iri, texts=texts)
        if dry_run:
            _show(planned, as_json, also, planned_only=True)
            return
        _ask(planned, as_json)
    progress, close = progress_for(quiet or as_json)
    try:
        summary = _run(iri, store, reason, texts, also, not no_validate, progress)
    finally:
        close()
    _show(summary, as_json, also)
    if summary.leftovers:
        sys.exit(EXIT_FAILED)


def _ask(planned: PurgeSummary, as_json: bool) -> None:
    """Ask whether to go on.

    :raises InputError: there is nobody to ask.
    """
    if as_json or not sys.stdin.isatty():
        raise InputError("an erasure cannot be undone: say --yes, or look first with --dry-run")
    click.echo("\n".join(_lines(planned)))
    click.confirm("Erase all of this? It cannot be undone", abort=True)


def _run(
    iri: str | None,
    store: Path,
    reason: str | None,
    texts: tuple[str, ...],
    also: tuple[Path, ...],
    validate: bool,
    progress: Progress,
) -> PurgeSummary:
    """Erase an IRI, or what earlier erasures left."""
    if iri is None:
        return purging.finish(store, texts=texts, validate=validate, progress=progress)
    return purging.purge(
        store, iri, reason=reason, texts=texts, also=also, validate=validate, progress=progress
    )


def _show(
    summary: PurgeSummary, as_json: bool, also: tuple[Path, ...], *, planned_only: bool = False
) -> None:
    """Write what was done, or would be done."""
    if as_json:
        echo_json(summary.to_dict())
        return
    if not summary.changed:
        click.echo("nothing is left to erase in this store")
    else:
        click.echo("\n".join(_lines(summary)))
    if summary.generation is not None:
        erasures = f"; erasure {', '.join(summary.log_ids)}" if summary.log_ids else ""
        click.echo(f"generation {summary.generation.id} is published{erasures}")
    for iri in summary.snapshots:
        click.echo(f"{'would be removed' if planned_only else 'removed'}: snapshot {iri}")
    if summary.texts_due:
        click.echo(
            f"{summary.texts_due} text(s) were erased from this store before and are kept nowhere: "
            "after restoring a backup, give them again with --finish --text TEXT"
        )
    if summary.report is not None and summary.report.violations:
        number = len(summary.report.violations)
        click.echo(f"what is left violates the shapes {number} time(s): see 'kmgraph validate'")
    for found in summary.leftovers:
        click.echo(f"still in {found.file}: {found.holds}")
    if not also and not planned_only:
        click.echo(
            "bundles, exports, backups and logs elsewhere are yours to erase: "
            "search folders with --also"
        )


def _lines(summary: PurgeSummary) -> list[str]:
    """Return what goes in words."""
    lines = [_line(swept) for swept in summary.swept]
    properties = sorted({prop for swept in summary.swept for prop in swept.pointing})
    for prop in properties:
        number = max(swept.pointing.get(prop, 0) for swept in summary.swept)
        lines.append(f"  pointing to it by {compact(prop)}: {number:,}")
    for mention in summary.mentions[:_LISTED]:
        lines.append(
            f"stays, though it says '{mention.text}': {mention.statements:,} statement(s) by "
            f"{compact(mention.property)}, such as of <{mention.subjects[0]}>"
        )
    more = len(summary.mentions) - _LISTED
    if more > 0:
        lines.append(f"and {more:,} more such texts, which --json lists")
    if summary.mentions:
        lines.append("(--text TEXT erases such statements too)")
    return lines


def _line(swept: Swept) -> str:
    """Return in words what goes from one generation."""
    text = f"generation {swept.generation}: {swept.statements:,} statement(s)"
    if swept.texts:
        text += f", {sum(swept.texts.values()):,} of them for a text"
    records = ", ".join(f"{sheet} {number:,}" for sheet, number in swept.dependents.items())
    return text + (f"; records that cannot stand without it: {records}" if records else "")


COMMANDS = (purge,)
