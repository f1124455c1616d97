"""What a validation engine is, and validation against the shipped shapes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from kmgraph import artefacts
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.report import Report
from kmgraph.validation.result import Locator

#: How long validation may take, in seconds.
DEFAULT_TIMEOUT_S: Final = 1800.0


class ShaclEngine(Protocol):
    """Something that checks a graph against SHACL shapes."""

    @property
    def name(self) -> str:
        """Return the engine's name, as people write it."""

    def validate(self, data: Path, shapes: Sequence[Path] | Path, *, timeout_s: float) -> Report:
        """Return what is wrong with a graph.

        :param data: the data graph as an N-Triples file, the class hierarchy included.
        :param shapes: the shapes graph as Turtle files.
        :param timeout_s: seconds after which to give up.
        :raises ShapesError: the shapes are wrong, or the engine failed or took too long.
        """


def validate_triples(
    data: Path,
    *,
    locator: Locator | None = None,
    engine: ShaclEngine | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Progress = silent,
) -> Report:
    """Check a graph against the shipped shapes.

    :param data: N-Triples file with the records, the ontology and the frameworks: shapes ask for
        the class of codes and constructs, which the last two hold.
    :param locator: finds the place of a record in its bundle.
    :param engine: the engine; pySHACL by default.
    :param timeout_s: seconds after which to give up.
    :returns: the report; that data does not conform is a result, not an error.
    :raises ShapesError: the engine failed or took too long.
    :raises MissingExtraError: pySHACL is not installed.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = Path(folder) / "empty.nt"
    ...     _ = data.write_text("")
    ...     validate_triples(data).conforms
    True
    """
    chosen: ShaclEngine = PySHACLEngine() if engine is None else engine
    shapes = artefacts.files("shapes", "*.ttl")
    progress(ProgressEvent("validation", f"check the shapes with {chosen.name}"))
    report = chosen.validate(data, shapes, timeout_s=timeout_s)
    progress(ProgressEvent("validation", "read the report", len(report.results)))
    return report if locator is None else report.located(locator)
