"""The command ``kmgraph serve``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from kmgraph.cli.common import command_errors
from kmgraph_server import serving
from kmgraph_server.config import Mount, ServerConfig
from kmgraph_server.configuring import misspelt, read_config

_F = TypeVar("_F", bound=Callable[..., Any])
#: Numbers from here on are easier to read in groups of digits.
_LONG: Final = 100_000


def _options(function: _F) -> _F:
    """Give a command an option for each setting."""
    for setting in reversed(fields(ServerConfig)):
        function = _option(setting)(function)
    return function


def _option(setting: Field[Any]) -> Callable[[_F], _F]:
    """Return the option of a setting; one that is not given leaves the other sources to decide."""
    default, text = setting.default, setting.metadata["help"]
    name = (setting.metadata["flag"] or setting.name).replace("_", "-")
    shown = "" if default in (None, (), "") else f"  [default: {written(default)}]"
    kind: Any = type(default)
    if setting.name == "store":
        kind = click.Path(path_type=Path, file_okay=False)
    elif isinstance(default, tuple):
        kind = str
    return click.option(
        f"--{name}/--no-{name}" if kind is bool else f"--{name}",
        setting.name,
        type=kind,
        default=None,
        multiple=isinstance(default, tuple),
        metavar="/NAME=FOLDER" if setting.name == "mounts" else None,
        help=f"{text}{shown}",
    )


def written(value: Any) -> str:
    """Return the value of a setting as it can be typed.

    >>> written(True), written(8000), written(1_500_000_000)
    ('yes', '8000', '1_500_000_000')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:_}" if isinstance(value, int) and value >= _LONG else str(value)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML file of settings; the environment and the options win over it.",
)
@_options
@command_errors
def serve(file: Path | None, mounts: tuple[str, ...], **flags: Any) -> None:
    """Serve a store over HTTP: pages, saved questions, SPARQL and writes with a token.

    Each option is also a setting of the file, under its name with underscores, and a variable of
    the environment, such as KMGRAPH_QUERY_TIMEOUT_S. Options win over variables, variables over
    the file.

    Example: kmgraph serve --store s --port 8000 --query-timeout-s 10
    """
    for name, meant in misspelt(os.environ).items():
        click.echo(f"{name} is no setting and is passed over: did you mean {meant}?", err=True)
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    if mounts:
        given["mounts"] = tuple(Mount.parse(text) for text in mounts)
    serving.serve(read_config(file, given))
