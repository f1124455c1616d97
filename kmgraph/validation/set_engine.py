"""Our own engine: SHACL by queries over whole sets, for graphs of any size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyoxigraph as ox

from kmgraph.errors import ShapesError
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.validation.checking import results
from kmgraph.validation.extents import Extents
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.queries import ask
from kmgraph.validation.report import Held, Report
from kmgraph.validation.result import Result
from kmgraph.validation.shapes import TargetShape, UnknownShapesError, read_shapes
from kmgraph.validation.sieve import Sweep, sweeps

#: Something that yields results.
_Task = Callable[[], Iterator[Result]]


class SetEngine:
    """Finds what breaks the shapes by queries over whole sets, in the same process.

    Shapes that ask for what it does not know are left to pySHACL.

    :param workers: threads that ask at the same time.

    >>> SetEngine().name
    'kmgraph'
    """

    name = "kmgraph"

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers

    def validate(self, data: Path, shapes: Sequence[Path] | Path, *, timeout_s: float) -> Report:
        """Return what is wrong with a graph; see :class:`kmgraph.validation.ShaclEngine`.

        :raises ShapesError: the shapes are wrong, the data cannot be read, or it took too long.
        :raises MissingExtraError: the shapes need pySHACL, which is not installed.
        """
        files = [shapes] if isinstance(shapes, Path) else list(shapes)
        try:
            wanted = read_shapes(files)
        except UnknownShapesError:
            return PySHACLEngine().validate(data, files, timeout_s=timeout_s)
        store = ox.Store()
        try:
            store.bulk_load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
        except (SyntaxError, OSError) as error:
            raise ShapesError(f"validation failed: {data.name} cannot be read: {error}") from error
        view = OxigraphStore(store, DEFAULT_BASE)
        return self.find(view, wanted, timeout_s=timeout_s, held=Held()).report()

    def find(
        self, store: OxigraphStore, shapes: Iterable[TargetShape], *, timeout_s: float, held: Held
    ) -> Held:
        """Collect what is wrong with the default graph of a store.

        :param held: what takes the results.
        :returns: the same.
        :raises ShapesError: it took too long; what is being asked is not interrupted.
        """
        until = time.monotonic() + timeout_s
        extents = Extents(store)

        def run(task: _Task) -> None:
            """Do one part of the work."""
            if time.monotonic() > until:
                raise ShapesError(f"validation took longer than {timeout_s:g} s: give it more time")
            held.take(task())

        wanted = list(shapes)
        if self._workers == 1:
            for task in _tasks(wanted, extents):
                run(task)
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                # How large everything is decides what is asked, and takes a tenth of the time.
                pool.submit(lambda: extents.sizes)
                list(pool.map(extents.rows_of, _paths(wanted)))
                # What fails in a thread fails here.
                list(pool.map(run, _tasks(wanted, extents)))
        return held


def _paths(shapes: Iterable[TargetShape]) -> list[ox.NamedNode]:
    """Return the properties that shapes look at, each once."""
    found = (part.path for target in shapes for part in target.parts)
    return list(dict.fromkeys(path for path in found if path is not None))


def _tasks(shapes: Sequence[TargetShape], extents: Extents) -> Iterator[_Task]:
    """Yield what there is to do, the largest parts first."""
    for target in shapes:
        for part in target.parts:
            yield from (partial(ask, target, part, rule, extents) for rule in part.queries)
    found = sweeps(shapes, extents)
    for item in sorted(found, key=lambda item: -extents.rows_of(item.path) if item.path else 0):
        yield partial(_sweep, item, extents)


def _sweep(found: Sweep, extents: Extents) -> Iterator[Result]:
    """Yield what is wrong by the constraints that share a query."""
    nodes = found.suspects(extents)
    for target in dict.fromkeys(use[0] for use in found.uses):
        uses = [(part, rule) for shape, part, rule in found.uses if shape is target]
        for node in nodes:
            if extents.is_focus(node, target):
                for part, rule in uses:
                    yield from results(part, rule, node, extents)
