"""The command that writes the pages of the ontology: docs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from kmgraph.cli.common import command_errors
from kmgraph.ontology_pages import write_site


@click.command(epilog="Example: kmgraph docs site")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@command_errors
def docs(folder: Path) -> None:
    """Write pages about the ontology, the shapes and the frameworks into a folder.

    The folder can be read from a disk or put on the web; its pages need no server and no script.
    """
    pages = write_site(folder)
    click.echo(f"{pages} pages in {folder}: begin with {folder / 'index.html'}")


COMMANDS: Final = (docs,)
