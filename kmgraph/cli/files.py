"""Commands that write files: template, example, export, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from kmgraph.bundles.files import copy_example, examples
from kmgraph.bundles.template import (
    json_schema,
    tables_markdown,
    write_template,
    write_workbook_template,
)
from kmgraph.cli.common import command_errors, echo_json, json_option, store_option, view_option
from kmgraph.cli.snapshotting import export_snapshot, snapshot_is_wanted, snapshot_options
from kmgraph.dataset import open_store
from kmgraph.exports import export as export_file
from kmgraph.exports import export_bundle

#: Most statements that a message names.
_LISTED: Final = 20


@click.command(epilog="Example: kmgraph template my-bundle")
@click.argument("target", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@command_errors
def template(target: Path, as_json: bool) -> None:
    """Write an empty bundle with explained headers to DIR (or to a file that ends in .xlsx)."""
    if target.suffix.lower() == ".xlsx":
        write_workbook_template(target)
        names = [target.name]
    else:
        names = write_template(target)
    if as_json:
        echo_json({"directory": str(target), "files": names})
    else:
        click.echo(f"wrote {len(names)} file(s) to {target}")


@click.command(epilog="Example: kmgraph example clahrc-ndl my-copy")
@click.argument("name", type=click.Choice(examples()))
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@json_option
@command_errors
def example(name: str, directory: Path, as_json: bool) -> None:
    """Write the example bundle NAME out to DIRECTORY, to read and to change."""
    names = copy_example(name, directory)
    if as_json:
        echo_json({"directory": str(directory), "files": names})
    else:
        click.echo(f"wrote {len(names)} files to {directory}")


@click.command(epilog="Example: kmgraph export --store store evidence.ttl")
@click.argument("target", metavar="[OUT]", required=False, type=click.Path(path_type=Path))
@store_option
@view_option
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Write records to this folder, .xlsx or .json file instead.",
)
@click.option("--dataset", help="Dataset to write as a bundle, where the store holds several.")
@snapshot_options
@json_option
@command_errors
def export(
    target: Path | None,
    store: Path,
    view: str,
    bundle: Path | None,
    dataset: str | None,
    as_json: bool,
    **snapshot: Any,
) -> None:
    """Write the published data to OUT (.nq, .trig, .ttl, .nt, .jsonld, .rdf) or to a bundle.

    N-Quads, TriG and JSON-LD hold the named graphs, the others their merge. With --all, a snapshot
    is written: all formats, tables, checksums and how to cite it.
    """
    wants_all = snapshot_is_wanted(**snapshot)
    if [target is not None, bundle is not None, wants_all].count(True) != 1:
        raise click.UsageError("give a file, --bundle or --all, one of the three")
    if wants_all:
        export_snapshot(store, view=view, as_json=as_json, **snapshot)
        return
    with open_store(store, view=view) as evidence:
        if target is not None:
            size = export_file(evidence, target)
            found: dict[str, object] = {"file": str(target), "bytes": size}
            text = f"wrote {size:,} bytes to {target}"
        else:
            written = export_bundle(evidence, Path(str(bundle)), name=dataset)
            found = {
                "bundle": str(bundle),
                "records": written.records,
                "left_out": list(written.left_out),
                "gained": list(written.gained),
            }
            text = f"wrote {sum(written.records.values()):,} records to {bundle}"
            text += _listed("fit no column and stay behind", written.left_out)
            text += _listed("come back when the bundle is built", written.gained)
    if as_json:
        echo_json(found)
    else:
        click.echo(text)


def _listed(what: str, statements: tuple[str, ...]) -> str:
    """Return lines that name statements, or nothing where there are none."""
    if not statements:
        return ""
    lines = [f"\n{len(statements)} statement(s) {what}:", *statements[:_LISTED]]
    if len(statements) > _LISTED:
        lines.append(f"and {len(statements) - _LISTED} more, which --json lists")
    return "\n  ".join(lines)


@click.command(epilog="Example: kmgraph schema > bundle.schema.json")
@click.option("--markdown", is_flag=True, help="Write the documentation of the tables instead.")
@command_errors
def schema(markdown: bool) -> None:
    """Write the JSON Schema of a bundle."""
    if markdown:
        click.echo(tables_markdown())
    else:
        echo_json(json_schema())


COMMANDS = (template, example, export, schema)
