"""What the commands share: options, output, progress and the way errors end."""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

from kmgraph.bundles.problems import problems_to_json, problems_to_text
from kmgraph.errors import (
    BundleError,
    FileAccessError,
    KmGraphError,
    NonConformanceError,
    ParameterError,
)
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.views import PUBLIC, token_group_sets, visible_in

EXIT_FAILED: Final = 1
EXIT_CALLED_WRONGLY: Final = 2
EXIT_PROBLEMS: Final = 3
EXIT_VIOLATIONS: Final = 4
EXIT_REJECTED: Final = 5
#: How often a progress line on a terminal is written anew, in seconds.
_REDRAW_S: Final = 0.1
#: How long a phase lasts before a rate is told of it.
_PACE_AFTER_S: Final = 1.0

_F = TypeVar("_F", bound=Callable[..., Any])

store_option = click.option(
    "--store",
    "store",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of the store.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")


def view_option(function: _F) -> _F:
    """Add the option ``--view``, with a warning where the command's store lacks a group of it."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("store") is not None:
            _warn_of_groups(kwargs["store"], kwargs["view"])
        return function(*args, **kwargs)

    option = click.option("--view", default=PUBLIC, show_default=True, help="View to read.")
    return option(wrapped)  # type: ignore[return-value]


def _warn_of_groups(folder: Path, view: str) -> None:
    """Say which groups of a view have neither graphs nor tokens: such a name may be mistyped.

    Without the group the view is read all the same: its graphs may come later, or be gone already.
    """
    if view == PUBLIC:
        return
    try:
        store = GenerationStore(folder)
        known = {group for each in store.generations() for group in visible_in(each.master)}
        known.update(*token_group_sets(folder))
        unknown = sorted(visible_in(view) - known - {PUBLIC})
    except (KmGraphError, OSError):
        return  # the command meets it too, and tells of it in its own way
    if unknown:
        groups = ", ".join(sorted(known - {PUBLIC})) or "none"
        names = ", ".join(map(repr, unknown))
        click.echo(f"Warning: --view: the store has no group {names}; it has {groups}", err=True)


def command_errors(function: _F) -> _F:
    """End a command that raises one of our errors with its message and exit code."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        as_json = bool(kwargs.get("as_json")) or kwargs.get("fmt") == "json"
        try:
            return function(*args, **kwargs)
        except KmGraphError as error:
            fail(error, as_json=as_json)
        except BrokenPipeError:
            raise  # click ends quietly where nobody reads on
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            fail(FileAccessError(f"{place}{error.strerror or error}"), as_json=as_json)

    return wrapped  # type: ignore[return-value]


def fail(error: KmGraphError, *, as_json: bool = False) -> NoReturn:
    """Write an error to standard error and leave with its exit code."""
    code = EXIT_FAILED
    details = ""
    if isinstance(error, BundleError) and error.problems:
        code = EXIT_PROBLEMS
        details = problems_to_json(error.problems) if as_json else problems_to_text(error.problems)
    elif isinstance(error, NonConformanceError):
        code = EXIT_VIOLATIONS
        details = error.report.to_json() if as_json else error.report.to_text()
    elif isinstance(error, ParameterError):
        code = EXIT_CALLED_WRONGLY
    if details:
        click.echo(details, err=not as_json)
    click.echo(f"Error [{error.code}]: {error}", err=True)
    sys.exit(code)


def echo_json(value: Any) -> None:
    """Write a value as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def pace(event: ProgressEvent, seconds: float, before: int = 0) -> str:
    """Return how many units are done in a second, and how long the rest will take.

    :param seconds: time since the first event of the phase.
    :param before: units that were done then.

    >>> pace(ProgressEvent("mapping", "mine", 200_000, 1_000_000), 4.0)
    ', 50,000/s, 16 s left'
    """
    done = (event.done or 0) - before
    if seconds < _PACE_AFTER_S or done <= 0:
        return ""
    rate = done / seconds
    text = f", {rate:,.0f}/s"
    left_s = ((event.total or 0) - (event.done or 0)) / rate
    if left_s <= 0:
        return text
    minutes, rest_s = divmod(round(left_s), 60)
    return f"{text}, {f'{minutes} min ' if minutes else ''}{rest_s} s left"


class ProgressLine:
    """Shows progress on standard error: one line drawn anew on a terminal, else one a phase."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._phase = ""
        self._drawn_s = 0.0
        self._start_s = time.monotonic()
        #: When the phase was first told of, and how much of it was done then.
        self._phase_start = (self._start_s, 0)

    def __call__(self, event: ProgressEvent) -> None:
        """Take one event."""
        now = time.monotonic()
        new_phase = event.phase != self._phase
        if new_phase:
            self._phase_start = (now, event.done or 0)
        self._phase = event.phase
        if self._terminal:
            if new_phase or now - self._drawn_s > _REDRAW_S:
                self._drawn_s = now
                click.echo(f"\r\033[K{self._text(event, now)}", nl=False, err=True)
        elif new_phase:
            click.echo(f"{event.phase}: {event.step}", err=True)

    def _text(self, event: ProgressEvent, now: float) -> str:
        """Return the line of an event."""
        text = f"[{now - self._start_s:5.1f} s] {event.phase}: {event.step}"
        if event.done is not None:
            text += f" {event.done:,}"
            if event.total:
                text += f" of {event.total:,} ({100 * event.done // event.total} %)"
            text += pace(event, now - self._phase_start[0], self._phase_start[1])
        return text

    def close(self) -> None:
        """Clear the line."""
        if self._terminal:
            click.echo("\r\033[K", nl=False, err=True)


def progress_for(quiet: bool) -> tuple[Progress, Callable[[], None]]:
    """Return what takes progress events, and what ends it."""
    if quiet:
        return silent, lambda: None
    line = ProgressLine()
    return line, line.close
