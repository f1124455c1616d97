"""The command ``kmgraph`` and its subcommands."""

from __future__ import annotations

import io
import sys
from importlib.metadata import entry_points
from typing import Any

import click

import kmgraph
from kmgraph.cli import (
    access,
    asking,
    assisting,
    building,
    changing,
    comparing,
    crossing,
    cubing,
    documenting,
    explaining,
    files,
    generating,
    indexing,
    keeping,
    listing,
    networking,
    picturing,
    purging,
    scoring,
    searching,
)
from kmgraph.errors import MissingExtraError


class _Group(click.Group):
    """A group that takes commands of other installed packages, such as ``serve``, as its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*self.commands, *(point.name for point in _plugins())})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return a command by name."""
        if name in self.commands:
            return self.commands[name]
        for point in _plugins():
            if point.name == name:
                try:
                    command: click.Command = point.load()
                except ModuleNotFoundError as error:
                    raise click.ClickException(
                        str(MissingExtraError(error.name or "flask", "server"))
                    ) from error
                return command
        return None


def _plugins() -> Any:
    """Return the entry points that add commands."""
    return entry_points(group="kmgraph.commands")


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: kmgraph init --store s && kmgraph example clahrc-ndl b && "
    "kmgraph build b --store s && kmgraph ask 31 --store s",
)
@click.version_option(kmgraph.__version__, prog_name="kmgraph")
def cli() -> None:
    """Implementation evidence as a knowledge graph.

    Exit codes: 0 all went well; 1 the command failed; 2 it was called wrongly; 3 a bundle has
    problems and nothing was built; 4 the shapes are violated; 5 the good records were built and
    others were set aside.
    """


_MODULES = (
    building,
    changing,
    asking,
    assisting,
    explaining,
    files,
    generating,
    keeping,
    access,
    purging,
    picturing,
    scoring,
    networking,
    crossing,
    cubing,
    comparing,
    documenting,
    searching,
    listing,
    indexing,
)
for _module in _MODULES:
    for _command in _module.COMMANDS:
        cli.add_command(_command)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # File names and cells may hold bytes that are no text; they are written out.
            stream.reconfigure(errors="backslashreplace")
    cli(prog_name="kmgraph")
