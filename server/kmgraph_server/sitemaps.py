"""Sitemaps: the pages about what was recorded, as far as the caller sees it.

A sitemap holds 50,000 addresses at the most, and more go into several with an index. The store is
read once, into a file, and each sitemap is a part of that. ``lastmod`` is when the record last
changed, where there is a change feed; else when the graph that holds it did, as far as the kept
generations tell; nothing is said where none tells it. After an erasure all pages count as changed:
what was erased may have been named on any of them, and dates of some would tell which.

Source: https://www.sitemaps.org/protocol.html
"""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import pyoxigraph as ox

from kmgraph.namespaces import RDF, RESERVED_GRAPHS, graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph_server.addresses import to_path

#: Most addresses of one sitemap, by the protocol.
MOST: Final = 50_000
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_TYPE: Final = ox.NamedNode(f"{RDF}type")


@dataclass(frozen=True, slots=True)
class Entry:
    """An address in a sitemap.

    :ivar path: address below that of the application, encoded.
    :ivar modified: when it last changed, in ISO 8601; empty where that is not known.
    """

    path: str
    modified: str = ""


def entries(
    store: QuadStore,
    changed: Mapping[str, str],
    records: Mapping[str, str] | None = None,
    erased: str = "",
) -> Iterator[Entry]:
    """Yield the pages about the records of a store, each once, always in the same order.

    :param changed: IRI of a graph to when it last changed.
    :param records: IRI of a record to when it last changed, where that is known.
    :param erased: when something was last erased; empty where nothing was.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(entries(MemoryStore(), {}))
    []
    """
    reserved = {graph_iri(store.base, name) for name in RESERVED_GRAPHS}
    names = sorted(n for n in store.graph_names() if n not in reserved and "/derived" not in n)
    earlier: list[ox.NamedNode] = []
    for name in names:
        graph = ox.NamedNode(name)
        for quad in store.quads(None, _TYPE, None, graph):
            subject = quad.subject
            if not isinstance(subject, ox.NamedNode) or not subject.value.startswith(store.base):
                continue
            tail = subject.value.removeprefix(store.base)
            if tail and _is_first(store, quad, graph, earlier):
                modified = (records or {}).get(subject.value) or changed.get(name, "")
                yield Entry(f"/doc/{to_path(tail)}", _later(modified, erased))
        earlier.append(graph)


def _later(one: str, other: str) -> str:
    """Return the later of two times in ISO 8601, either of which may be empty."""
    if not (one and other):
        return one or other
    return max(one, other, key=dt.datetime.fromisoformat)


def _is_first(
    store: QuadStore, quad: ox.Quad, graph: ox.NamedNode, earlier: Iterable[ox.NamedNode]
) -> bool:
    """Say whether a thing is listed by this one of its classes, of those in all graphs.

    :param graph: the graph that the class is stated in.
    :param earlier: the graphs that were listed before.
    """
    subject = quad.subject
    first = next(store.quads(subject, _TYPE, None, graph))
    if first.object != quad.object:
        return False
    return all(next(store.quads(subject, _TYPE, None, other), None) is None for other in earlier)


class Listing:
    """All addresses of a sitemap, in a file that is read part by part.

    :param found: the addresses.

    >>> Listing([Entry("/a"), Entry("/b", "2026-11-22")]).parts
    1
    """

    def __init__(self, found: Iterable[Entry]) -> None:
        self._file = tempfile.TemporaryFile()
        weakref.finalize(self, self._file.close)
        self._most = MOST
        self._starts = [0]
        self.latest = ""
        number = 0
        for number, entry in enumerate(found, 1):
            self._file.write(f"{entry.path}\t{entry.modified}\n".encode())
            self.latest = max(self.latest, entry.modified)
            if number % self._most == 0:
                self._starts.append(self._file.tell())
        self._file.flush()
        if number % self._most:
            self._starts.append(self._file.tell())

    @property
    def parts(self) -> int:
        """Return how many sitemaps there are."""
        return len(self._starts) - 1

    def part(self, number: int) -> Iterator[Entry]:
        """Yield the addresses of one sitemap.

        :param number: which, from 1.
        """
        start, end = self._starts[number - 1 : number + 1]
        for line in os.pread(self._file.fileno(), end - start, start).decode().splitlines():
            path, _, modified = line.partition("\t")
            yield Entry(path, modified)


def write_sitemap(root: str, listing: Listing) -> bytes:
    """Return the one sitemap where all addresses fit into it, else the index of several.

    :param root: address of the application, without a slash at its end.

    >>> write_sitemap("http://x", Listing([Entry("/a")])).decode().splitlines()[2]
    '<url><loc>http://x/a</loc></url>'
    """
    if listing.parts == 1:
        return write_part(root, 1, listing)
    lines = [
        _line("sitemap", f"{root}/sitemap-{number}.xml", listing.latest)
        for number in range(1, listing.parts + 1)
    ]
    return _head("sitemapindex") + b"".join(lines) + b"</sitemapindex>\n"


def write_part(root: str, number: int, listing: Listing) -> bytes:
    """Return one sitemap.

    :param number: which, from 1 to ``listing.parts``.
    """
    lines = (_line("url", f"{root}{e.path}", e.modified) for e in listing.part(number))
    return _head("urlset") + b"".join(lines) + b"</urlset>\n"


def _head(element: str) -> bytes:
    """Return how a document begins."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{element} xmlns="{_NAMESPACE}">\n'.encode()


def _line(element: str, address: str, modified: str) -> bytes:
    """Return one address."""
    date = f"<lastmod>{escape(modified)}</lastmod>" if modified else ""
    return f"<{element}><loc>{escape(address)}</loc>{date}</{element}>\n".encode()
