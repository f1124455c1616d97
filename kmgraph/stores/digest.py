"""Canonical hashes of graphs and datasets, independent of how they are stored.

The digest of a graph is the SHA-256 of its N-Triples lines, each once, sorted as bytes. The digest
of a dataset is the SHA-256 of one line ``IRI digest`` for each named graph that is not empty,
sorted by IRI. Graphs that hold no blank nodes, as all published ones, have equal digests if and
only if they are equal. Lines are sorted in runs on disk, so memory stays bounded.

Source: https://www.w3.org/TR/n-triples/#canonical-ntriples
"""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

#: Lines sorted in memory at a time; some 100 MB.
RUN_LINES: Final = 500_000


def dataset_digest(graphs: Mapping[str, str]) -> str:
    """Return the digest of a dataset from the digests of its graphs, by graph IRI.

    >>> dataset_digest({"urn:g": EMPTY}) == dataset_digest({})
    True
    """
    lines = (f"{iri} {digest}\n".encode() for iri, digest in graphs.items() if digest != EMPTY)
    return hash_lines(sorted(lines))


def hash_lines(lines: Iterable[bytes]) -> str:
    """Return the SHA-256 of sorted lines, each counted once, in hexadecimal digits.

    >>> hash_lines([b"a\\n", b"a\\n"]) == hash_lines([b"a\\n"])
    True
    """
    digest = hashlib.sha256()
    previous = b""
    for line in lines:
        if line != previous:
            digest.update(line)
            previous = line
    return digest.hexdigest()


#: Digest of a graph without triples.
EMPTY: Final = hash_lines(())


class SortedGraphs:
    """Sorted N-Triples lines of graphs of a store, kept in files of a temporary directory.

    :param store: the engine's store.
    :param directory: where the files go; it must exist.
    """

    def __init__(self, store: ox.Store, directory: Path) -> None:
        self._store = store
        self._directory = directory

    def sort(self, graph: ox.NamedNode | ox.DefaultGraph) -> Path:
        """Return a file of the sorted lines of a graph."""
        with tempfile.TemporaryFile(dir=self._directory) as dumped:
            self._store.dump(dumped, ox.RdfFormat.N_TRIPLES, from_graph=graph)
            dumped.seek(0)
            runs = list(self._runs(dumped))
        if len(runs) == 1:
            return runs[0]
        merged = self._new_file()
        with merged.open("wb") as output:
            output.writelines(merge_files(runs))
        for run in runs:
            run.unlink()
        return merged

    def _runs(self, lines: IO[bytes]) -> Iterator[Path]:
        """Yield files of sorted lines, at least one."""
        part = sorted(islice(lines, RUN_LINES))
        while True:
            run = self._new_file()
            with run.open("wb") as output:
                output.writelines(part)
            yield run
            part = sorted(islice(lines, RUN_LINES))
            if not part:
                return

    def _new_file(self) -> Path:
        """Return a new file of the temporary directory."""
        with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as output:
            return Path(output.name)


def merge_files(paths: Iterable[Path]) -> Iterator[bytes]:
    """Yield the lines of sorted files in order."""
    with ExitStack() as stack:
        yield from heapq.merge(*(stack.enter_context(path.open("rb")) for path in paths))


def graph_digest(store: ox.Store, graph_name: str) -> str:
    """Return the digest of a named graph.

    >>> graph_digest(ox.Store(), "urn:g") == EMPTY
    True
    """
    with tempfile.TemporaryDirectory(prefix="kmgraph-") as directory:
        lines = SortedGraphs(store, Path(directory)).sort(ox.NamedNode(graph_name))
        return hash_lines(merge_files([lines]))


def store_digest(store: ox.Store) -> tuple[str, bool]:
    """Return the digest of a store's named graphs, and whether its default graph is their merge.

    >>> store_digest(ox.Store())[1]
    True
    """
    with tempfile.TemporaryDirectory(prefix="kmgraph-") as directory:
        graphs = SortedGraphs(store, Path(directory))
        files = {
            name.value: graphs.sort(name)
            for name in store.named_graphs()
            if isinstance(name, ox.NamedNode)
        }
        digests = {iri: hash_lines(merge_files([path])) for iri, path in files.items()}
        merged = hash_lines(merge_files(files.values()))
        default = hash_lines(merge_files([graphs.sort(ox.DefaultGraph())]))
    return dataset_digest(digests), merged == default
