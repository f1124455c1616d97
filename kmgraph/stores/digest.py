"""Digests of graphs and datasets, independent of how they are stored.

The digest of a graph is a sum: each of its triples, written as the engine writes it in N-Triples
with the newline at its end, is hashed with SHA-256, read as a number with the lowest byte first,
and the numbers are added. It is written as 80 hexadecimal digits, which hold the sum of 2**64
triples. What is added to a graph or deleted from it is added to its digest or subtracted from it,
so a small change costs little whatever the size of the graph, and parts may be summed side by side.

The digest of a dataset is the SHA-256 of one line ``IRI digest`` for each named graph that is not
empty, sorted by IRI.

Equal graphs without blank nodes, as all published ones, have equal digests, and graphs that differ
by chance have different ones. A sum gives no such promise against somebody who looks for two graphs
with one digest on purpose: sign or hash the files where that matters.

Source: https://doi.org/10.6028/NIST.FIPS.180-4, https://www.w3.org/TR/n-triples/#canonical-ntriples
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Self

import pyoxigraph as ox

_BYTES: Final = 40
_MODULUS: Final = 1 << (8 * _BYTES)
_DIGITS: Final = 2 * _BYTES
#: Bytes of a dump that are hashed at a time.
_CHUNK_BYTES: Final = 1 << 20

#: Digest of a graph without triples.
EMPTY: Final = "0" * _DIGITS


def is_line_sum(digest: str) -> bool:
    """Say whether a digest is such a sum: those that earlier releases wrote are not.

    >>> is_line_sum(EMPTY), is_line_sum("e3b0c442")
    (True, False)
    """
    return len(digest) == _DIGITS


class LineSum:
    """A digest of lines that is added to and subtracted from.

    A line counts as often as it is added, so give each line of a graph once.

    :param digest: the digest to start from.

    >>> whole = LineSum()
    >>> whole.add([b"a\\n", b"b\\n", b"c\\n"])
    >>> part = LineSum()
    >>> part.add([b"c\\n", b"a\\n"])
    >>> whole.remove([b"b\\n"])
    >>> whole == part, whole.hexdigest() == part.hexdigest()
    (True, True)
    """

    __slots__ = ("_total",)

    def __init__(self, digest: str = EMPTY) -> None:
        if not is_line_sum(digest):
            raise ValueError(f"'{digest}' is no sum over lines")
        self._total = int(digest, 16)

    def add(self, lines: Iterable[bytes]) -> None:
        """Add lines, each with its newline."""
        self._total = (self._total + _sum(lines)) % _MODULUS

    def remove(self, lines: Iterable[bytes]) -> None:
        """Take away lines that were added before, each with its newline."""
        self._total = (self._total - _sum(lines)) % _MODULUS

    def merge(self, other: LineSum) -> Self:
        """Add the lines of another sum; return this one."""
        self._total = (self._total + other._total) % _MODULUS
        return self

    def without(self, other: LineSum) -> Self:
        """Take away the lines of another sum; return this one."""
        self._total = (self._total - other._total) % _MODULUS
        return self

    def hexdigest(self) -> str:
        """Return the digest in hexadecimal digits."""
        return f"{self._total:0{_DIGITS}x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LineSum) and self._total == other._total

    def __hash__(self) -> int:
        return hash(self._total)

    def __repr__(self) -> str:
        return f"LineSum('{self.hexdigest()}')"


def _sum(lines: Iterable[bytes]) -> int:
    """Return the sum of the hashes of lines."""
    sha256, number = hashlib.sha256, int.from_bytes
    return sum(number(sha256(line).digest(), "little") for line in lines)


def line_of(triple: ox.Triple) -> bytes:
    r"""Return a triple as a line of N-Triples.

    >>> line_of(ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c")))
    b'<urn:a> <urn:b> "c" .\n'
    """
    return f"{triple} .\n".encode()


class SummedStream(io.RawIOBase):
    """Takes N-Triples that are written to it, and keeps nothing of them but their sum."""

    def __init__(self) -> None:
        self.sum = LineSum()
        self.lines = 0
        self._held = bytearray()

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Take some bytes, which may end within a line."""
        self._held += data
        self._take(self._held.rfind(b"\n") + 1)
        return len(data)

    def close(self) -> None:
        """Take what is left."""
        if not self.closed:
            self._take(len(self._held))
        super().close()

    def _take(self, size: int) -> None:
        """Add whole lines to the sum."""
        ready = bytes(self._held[:size])
        del self._held[:size]
        self.sum.add(io.BytesIO(ready))
        self.lines += ready.count(b"\n")


def graph_sum(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> tuple[LineSum, int]:
    """Return the sum over a graph of a store, and the number of its triples.

    >>> graph_sum(ox.Store(), ox.DefaultGraph())[1]
    0
    """
    stream = SummedStream()
    with io.BufferedWriter(stream, _CHUNK_BYTES) as output:
        store.dump(output, ox.RdfFormat.N_TRIPLES, from_graph=graph)
    return stream.sum, stream.lines


def graph_digest(store: ox.Store, graph_name: str) -> str:
    """Return the digest of a named graph.

    >>> graph_digest(ox.Store(), "urn:g") == EMPTY
    True
    """
    return graph_sum(store, ox.NamedNode(graph_name))[0].hexdigest()


def dataset_digest(graphs: Mapping[str, str]) -> str:
    """Return the digest of a dataset from the digests of its graphs, by graph IRI.

    >>> dataset_digest({"urn:g": EMPTY}) == dataset_digest({})
    True
    """
    digest = hashlib.sha256()
    lines = (f"{iri} {digest}\n".encode() for iri, digest in graphs.items() if digest != EMPTY)
    for line in sorted(lines):
        digest.update(line)
    return digest.hexdigest()


def store_digest(store: ox.Store) -> tuple[str, bool]:
    """Return the digest of a store's named graphs, and whether its default graph is their merge.

    >>> store_digest(ox.Store())[1]
    True
    """
    names = [name for name in store.named_graphs() if isinstance(name, ox.NamedNode)]
    sums = {name: graph_sum(store, name) for name in names}
    digests = {name.value: total.hexdigest() for name, (total, _) in sums.items()}
    # Only what smaller graphs share with others is looked up, so one large graph costs nothing.
    order = sorted(names, key=lambda name: sums[name][1], reverse=True)
    merged = LineSum()
    for total, _ in sums.values():
        merged.merge(total)
    merged.remove(_counted_before(store, order))
    default, _ = graph_sum(store, ox.DefaultGraph())
    return dataset_digest(digests), merged == default


def _counted_before(store: ox.Store, order: list[ox.NamedNode]) -> Iterator[bytes]:
    """Yield the line of each triple of a graph that a graph before it has as well."""
    place: dict[object, int] = {name: number for number, name in enumerate(order)}
    for number, name in enumerate(order[1:], 1):
        for quad in store.quads_for_pattern(None, None, None, name):
            triple = quad.triple
            held = store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
            # The default graph is one of those that hold it, and has no place.
            if any(place.get(other.graph_name, number) < number for other in held):
                yield line_of(triple)
