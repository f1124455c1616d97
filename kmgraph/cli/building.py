"""Commands that put data into a store: init, build, load, validate."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kmgraph.bundles.problems import problems_to_text
from kmgraph.cli.common import (
    EXIT_REJECTED,
    EXIT_VIOLATIONS,
    command_errors,
    echo_json,
    json_option,
    progress_for,
    quiet_option,
    store_option,
)
from kmgraph.errors import InputError
from kmgraph.execution import Limits, PooledStore, WorkerPool
from kmgraph.metadata import (
    AT_ONCE_TRIPLES,
    Kept,
    keep_counts,
    kept_counts,
    metadata_of,
    publication_of,
    size_of,
    validate_metadata,
)
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.pipeline import (
    BuildOptions,
    BuildSummary,
    build_preview,
    load_rdf,
    publish_preview,
)
from kmgraph.pipeline import build as build_bundles
from kmgraph.quality import validate_bundle, validate_store
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.oxigraph import OxigraphView
from kmgraph.stores.views import PUBLIC
from kmgraph.validation import (
    ENGINES,
    Report,
    Severity,
    ShaclEngine,
    engine_named,
    validate_frameworks,
)

_DISCARD_EDITS = click.option(
    "--discard-edits", is_flag=True, help="Go on where this loses what updates did to a graph."
)
#: Longest time of a query that is offered as an example, in seconds.
_EXAMPLE_S = 10.0
_ENCODING = click.option("--encoding", help="Encoding of CSV files that are not UTF-8 or UTF-16.")


@click.command(epilog="Example: kmgraph init --store store --base https://example.org/id/")
@store_option
@click.option("--base", default=DEFAULT_BASE, show_default=True, help="Base IRI of the records.")
@click.option("--exist-ok", is_flag=True, help="Do nothing where there is a store already.")
@json_option
@command_errors
def init(store: Path, base: str, exist_ok: bool, as_json: bool) -> None:
    """Make an empty store."""
    if exist_ok and (store / "store.json").exists():
        made = GenerationStore(store)
        if made.base != base:
            raise InputError(f"the store at {store} has the base {made.base}, not {base}")
    else:
        made = GenerationStore.create(store, base=base)
    if as_json:
        echo_json({"store": str(store), "base": made.base})
    else:
        click.echo(f"store at {store}, base {made.base}")


@click.command(
    epilog="Example: kmgraph build my-bundle --store store --keep-going --rejects rejects"
)
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path))
@store_option
@click.option("--keep-going", is_flag=True, help="Build the good records, set the others aside.")
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the rows set aside, each with its reason. Correct them there and build the "
    "folder with --append.",
)
@click.option(
    "--documents",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with your own copies of the documents; passages get their words from the copies "
    "whose SHA-256 matches.",
)
@click.option("--append", is_flag=True, help="Add the rows to the dataset that is there.")
@_DISCARD_EDITS
@click.option("--from-scratch", is_flag=True, help="Keep nothing of the current generation.")
@click.option("--if-changed", is_flag=True, help="Do nothing where the store holds this already.")
@_ENCODING
@click.option(
    "--flips/--no-flips",
    default=None,
    help="Store what would flip a reading of a case, or work it out when it is asked for. By "
    "default it is stored for up to 5,000 cases.",
)
@click.option("--reason", default="", help="What the log says of the new generation.")
@click.option(
    "--preview",
    type=click.Path(path_type=Path, file_okay=False),
    help="Publish nothing: build into a copy of the store in this folder, which must not be there. "
    "'kmgraph publish' publishes it.",
)
@json_option
@quiet_option
@command_errors
def build(
    bundles: tuple[Path, ...],
    store: Path,
    keep_going: bool,
    rejects: Path | None,
    documents: Path | None,
    append: bool,
    discard_edits: bool,
    from_scratch: bool,
    if_changed: bool,
    encoding: str | None,
    flips: bool | None,
    reason: str,
    preview: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build BUNDLES into a store and publish the result.

    A bundle is a folder of CSV files, an XLSX workbook or a JSON file. Its rows are checked, mapped
    to RDF, validated against the shapes and published, or nothing changes.
    """
    progress, close = progress_for(quiet or as_json)
    options = BuildOptions(
        keep_going=keep_going,
        rejects=rejects,
        documents=documents,
        append=append,
        discard_edits=discard_edits,
        from_scratch=from_scratch,
        if_changed=if_changed,
        encoding=encoding,
        flips=flips,
        reason=reason,
        progress=progress,
    )
    try:
        if preview is None:
            summary = build_bundles(list(bundles), store, options)
        else:
            summary = build_preview(list(bundles), store, preview, options).summary
    finally:
        close()
    if as_json:
        echo_json(summary.to_dict())
    else:
        click.echo(summary_text(summary, rejects, preview=preview))
    if summary.rejected or summary.problems:
        sys.exit(EXIT_REJECTED)


@click.command(epilog="Example: kmgraph publish trial --store store")
@click.argument("preview", type=click.Path(path_type=Path, file_okay=False))
@store_option
@json_option
@quiet_option
@command_errors
def publish(preview: Path, store: Path, as_json: bool, quiet: bool) -> None:
    """Publish a PREVIEW that 'kmgraph build --preview' made, if the store has not changed since.

    'kmgraph diff' on the folder of the preview shows before what it changes.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        generation = publish_preview(store, preview, progress=progress)
    finally:
        close()
    if as_json:
        echo_json({"generation": generation.id})
    else:
        click.echo(f"generation {generation.id} is published")


def summary_text(
    summary: BuildSummary, rejects: Path | None = None, *, preview: Path | None = None
) -> str:
    """Return a summary in words."""
    generation = summary.generation
    if not summary.changed:
        return f"nothing has changed: generation {generation.id} is current"
    lines = [f"generation {generation.id} is published"]
    if preview is not None:
        lines = [f"nothing is published: {preview} holds what generation {generation.id} would be"]
    records = ", ".join(f"{sheet} {n:,}" for sheet, n in summary.records.items())
    if records:
        lines.append(f"records: {records}")
    triples = ", ".join(f"{graph.name} {graph.triples:,}" for graph in generation.graphs)
    lines.append(f"triples: {triples}")
    for view, graphs in generation.derived.items():
        own = ", ".join(f"{graph.name} {graph.triples:,}" for graph in graphs)
        lines.append(f"derived ({view}): {own}")
    times = ", ".join(f"{phase} {s:.1f} s" for phase, s in summary.seconds.items())
    lines.append(f"times: {times}")
    if summary.report and (warnings := summary.report.count(Severity.WARNING)):
        lines.append(f"{warnings} warning(s): 'kmgraph validate' shows them")
    for name in summary.missing_documents:
        lines.append(f"no copy of document '{name}' was found, so its passages have no quotes")
    for name in summary.quotes_beyond:
        lines.append(f"passage '{name}' has lines beyond the end of the copy, so it has no quote")
    if summary.left_out:
        lines.append(f"{summary.left_out} row(s) left out: they were erased from this store")
    if summary.problems:
        lines.append(problems_to_text(summary.problems))
    if summary.problems or summary.rejected:
        lines.append(f"{summary.rejected} row(s) set aside in {rejects}")
        lines += [
            f"{file} could not be read to its end: set aside whole" for file in summary.unread
        ]
    return "\n".join(lines)


@click.command(epilog="Example: kmgraph load notes.ttl --graph notes --store store")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--graph", required=True, help="Name of the graph that the file becomes.")
@store_option
@click.option("--visibility", default="public", show_default=True, help="public, or a group.")
@click.option("--merge-graphs", is_flag=True, help="Put all graphs of the file into this one.")
@_DISCARD_EDITS
@json_option
@quiet_option
@command_errors
def load(
    file: Path,
    graph: str,
    store: Path,
    visibility: str,
    merge_graphs: bool,
    discard_edits: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Load an RDF FILE as it is into a graph of the store, replacing that graph.

    Turtle, N-Triples, N-Quads, TriG, JSON-LD and RDF/XML are known by their endings.
    """
    progress, close = progress_for(quiet or as_json)
    try:
        summary = load_rdf(
            file,
            graph,
            store,
            visibility=visibility,
            merge_graphs=merge_graphs,
            discard_edits=discard_edits,
            progress=progress,
        )
    finally:
        close()
    if as_json:
        echo_json(summary.to_dict())
    else:
        click.echo(summary_text(summary))


@click.command(epilog="Example: kmgraph validate my-bundle --format json")
@click.argument("bundle", required=False, type=click.Path(path_type=Path))
@click.option(
    "--store", type=click.Path(path_type=Path, file_okay=False), help="Folder of a store."
)
@click.option(
    "--frameworks",
    is_flag=True,
    help="Check the shipped frameworks and mappings instead, with your own beside them where "
    "BUNDLE is an RDF file of frameworks or mappings, or a table of mappings (.sssom.tsv).",
)
@click.option(
    "--metadata",
    is_flag=True,
    help="Check the catalogue, the counts and the example queries of --store instead.",
)
@click.option(
    "--view",
    default=PUBLIC,
    show_default=True,
    help="View whose metadata are checked; the counts of a large one are kept for the server.",
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["text", "json", "ttl"]),
    default="text",
    show_default=True,
    help="ttl is the SHACL report.",
)
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(ENGINES),
    help="Engine that runs the shapes. Without it: our own, and pyshacl for --frameworks.",
)
@_ENCODING
@quiet_option
@command_errors
def validate(
    bundle: Path | None,
    store: Path | None,
    frameworks: bool,
    metadata: bool,
    view: str,
    fmt: str,
    engine_name: str | None,
    encoding: str | None,
    quiet: bool,
) -> None:
    """Check a BUNDLE, or the current generation of a store, and print the report.

    With both, the bundle is checked beside what the store holds, which a bundle that extends
    another dataset needs.

    A bundle's rows are checked first; their problems are listed with exit code 3. Then the shapes
    are run; exit code 4 says that they are violated. Warnings leave the exit code at 0.
    """
    if frameworks and store is not None:
        raise click.UsageError("give --frameworks or --store, not both")
    if metadata and (store is None or bundle is not None):
        raise click.UsageError("--metadata is of a store: give --store, and no bundle")
    if bundle is None and store is None and not frameworks:
        raise click.UsageError("give a bundle, --store or --frameworks")
    progress, close = progress_for(quiet or fmt != "text")
    engine = None if engine_name is None else engine_named(engine_name)
    try:
        if metadata:
            report = _metadata_report(Path(str(store)), view, engine)
        elif frameworks:
            files = [] if bundle is None else [bundle]
            report = validate_frameworks(files, engine=engine, progress=progress)
        elif bundle is not None:
            report = validate_bundle(
                bundle, store=store, encoding=encoding, engine=engine, progress=progress
            )
        else:
            report = validate_store(Path(str(store)), engine=engine, progress=progress)
    finally:
        close()
    writers = {"text": report.to_text, "json": report.to_json, "ttl": report.to_turtle}
    click.echo(writers[fmt]())
    if not report.conforms:
        sys.exit(EXIT_VIOLATIONS)


def _metadata_report(path: Path, view: str, engine: ShaclEngine | None) -> Report:
    """Check what a view of a store says of itself."""
    store = GenerationStore(path)
    generation = store.generation()
    with store.open_view(view, generation.id) as data:
        known = None
        if size_of(generation, view) > AT_ONCE_TRIPLES:
            known = kept_counts(store, generation, view)
            if known is None or known.questions is None:
                known = _keep(store, generation, view, data)
        publication = publication_of(store, view, generation=generation)
        triples = metadata_of(data, publication, known)
    return validate_metadata(triples, engine=engine)


def _keep(store: GenerationStore, generation: Generation, view: str, data: OxigraphView) -> Kept:
    """Count a view, and ask it the saved questions in a process that is stopped if need be."""
    folder = store.generation_dir(generation.id) / "views" / view
    pool = WorkerPool(Limits(timeout_s=_EXAMPLE_S), workers=1)
    try:
        asked = PooledStore(data, folder, pool.run, view_key=view)
        return keep_counts(store, generation, view, data, asked=asked)
    finally:
        pool.close()


COMMANDS = (init, build, publish, load, validate)
