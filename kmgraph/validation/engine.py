"""What a validation engine is, and validation against the shipped shapes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from kmgraph import artefacts
from kmgraph.errors import InputError
from kmgraph.formats import NTRIPLES
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.report import Held, Report
from kmgraph.validation.result import Locator
from kmgraph.validation.set_engine import SetEngine
from kmgraph.validation.shapes import UnknownShapesError, read_shapes

#: How long validation may take, in seconds.
DEFAULT_TIMEOUT_S: Final = 1800.0


#: Names of the engines, as people choose them.
ENGINES: Final = ("kmgraph", "pyshacl")


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
    :param engine: the engine; our own by default.
    :param timeout_s: seconds after which to give up.
    :returns: the report; that data does not conform is a result, not an error.
    :raises ShapesError: the engine failed or took too long.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data = Path(folder) / "empty.nt"
    ...     _ = data.write_text("")
    ...     validate_triples(data).conforms
    True
    """
    chosen: ShaclEngine = SetEngine() if engine is None else engine
    shapes = artefacts.files("shapes", "*.ttl")
    progress(ProgressEvent("validation", f"check the shapes with {chosen.name}"))
    report = chosen.validate(data, shapes, timeout_s=timeout_s)
    progress(ProgressEvent("validation", "read the report", len(report.results)))
    return report if locator is None else report.located(locator)


def engine_named(name: str) -> ShaclEngine:
    """Return the engine of a name.

    :param name: one of :data:`ENGINES`.
    :raises InputError: no engine has this name.

    >>> engine_named("pyshacl").name
    'pySHACL'
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine '{name}' (engines: {', '.join(ENGINES)})")
    return SetEngine() if name == "kmgraph" else PySHACLEngine()


def validate_quads(
    store: QuadStore,
    *,
    locator: Locator | None = None,
    engine: ShaclEngine | None = None,
    rest: Path | None = None,
    workers: int = 1,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Progress = silent,
) -> Report:
    """Check the default graph of a store against the shipped shapes.

    :param store: with the records, the ontology and the frameworks. What is on this machine is
        asked where it is; what is elsewhere is copied first.
    :param locator: finds the place of a record in its bundle.
    :param engine: an engine that reads files; by default our own asks the store.
    :param rest: file for what is found beyond the most results that a report holds, as lines of
        JSON.
    :param workers: queries to ask at the same time.
    :raises ShapesError: the engine failed or took too long.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> validate_quads(MemoryStore()).conforms
    True
    """
    shapes = artefacts.files("shapes", "*.ttl")
    if engine is None and isinstance(store, OxigraphStore):
        try:
            wanted = read_shapes(shapes)
        except UnknownShapesError:
            engine = PySHACLEngine()
        else:
            own = SetEngine(workers)
            progress(ProgressEvent("validation", f"check the shapes with {own.name}"))
            held = Held(rest=rest, locator=locator)
            report = own.find(store, wanted, timeout_s=timeout_s, held=held).report()
            progress(ProgressEvent("validation", "read the report", len(report.results)))
            return report
    with tempfile.TemporaryDirectory(prefix="kmgraph-validation-") as folder:
        path = Path(folder) / "merged.nt"
        with path.open("wb") as file:
            store.dump(file, NTRIPLES)
        return validate_triples(
            path, locator=locator, engine=engine, timeout_s=timeout_s, progress=progress
        )
