"""Write the listings of a store or view, and change them as far as changed records bear on them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, cast

import pyoxigraph as ox

from kmgraph.listings.blocks import Blocks, entry, in_blocks, rank
from kmgraph.listings.definitions import Listing, load_listings
from kmgraph.listings.nearness import Links
from kmgraph.listings.terms import (
    ALL,
    block_triples,
    directory_triples,
    facet_key_of_text,
    listing_iri,
    stored_blocks,
)
from kmgraph.namespaces import graph_iri
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

#: Graph of a view that holds the listings, beside the cube.
GRAPH: Final = "cube"
#: Most records that one query tells of.
_AT_ONCE: Final = 500
#: Key of a list to the IRIs in it, each with its entry.
Lists = dict[str, dict[str, str]]


@dataclass(slots=True)
class ListingChange:
    """What changes in the listings of a store; no statement is in both.

    :ivar added: statements to add.
    :ivar deleted: statements to delete.
    """

    added: set[ox.Triple] = field(default_factory=set)
    deleted: set[ox.Triple] = field(default_factory=set)


def build_listings(
    store: QuadStore, directory: Path, *, workers: int = 1, progress: Progress = silent
) -> tuple[Path, int]:
    """List everything that a store holds by every listing.

    :param store: what to list.
    :param directory: where the file goes.
    :param workers: number of queries that run at once; so many listings are in memory.
    :returns: the N-Quads file of the listings, all in the graph ``cube``, and how many lines.

    >>> from tempfile import TemporaryDirectory
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> with TemporaryDirectory() as folder:
    ...     build_listings(MemoryStore(), Path(folder))[1]
    0
    """
    path = directory / "listings.nq"
    listings = load_listings().values()
    count = 0
    with path.open("wb") as file, ThreadPoolExecutor(workers) as pool:
        # The engine lets go of the interpreter while it answers, so threads are enough.
        for listing, part in zip(
            listings, pool.map(partial(_write, store, directory), listings), strict=True
        ):
            progress(ProgressEvent("listing", listing.name))
            with part.open("rb") as lines:
                for line in lines:
                    file.write(line)
                    count += 1
            part.unlink()
    return path, count


def _write(store: QuadStore, directory: Path, listing: Listing) -> Path:
    """Write one listing to a file of its own."""
    path = directory / f"{listing.name}.part.nq"
    graph = ox.NamedNode(graph_iri(store.base, GRAPH))
    lists = _lists(listing, [_found(store, listing.query)])
    with path.open("wb") as file:
        for triple in _statements(store.base, listing, lists):
            quad = ox.Quad(triple.subject, triple.predicate, triple.object, graph)
            file.write(f"{quad} .\n".encode())
    return path


def change_listings(
    before: QuadStore, now: QuadStore, changed: Collection[ox.NamedNode]
) -> ListingChange:
    """Return what changes in the listings of a store because some records changed.

    :param before: the store as it was, with its listings.
    :param now: the store as it is, derived statements and all, but for the listings.
    :param changed: subjects of all statements that were added or deleted.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> change_listings(MemoryStore(), MemoryStore(), []).added
    set()
    """
    change = ListingChange()
    links = Links(before), Links(now)
    for listing in load_listings().values():
        touched = {node for some in links for node in some.around(listing.query, changed)}
        were = _lists(listing, _found_some(before, listing, touched))
        are = _lists(listing, _found_some(now, listing, touched))
        for key in were.keys() | are.keys():
            _change_list(change, before, listing.name, key, were.get(key, {}), are.get(key, {}))
    return change


def _change_list(
    change: ListingChange,
    before: QuadStore,
    name: str,
    key: str,
    were: Mapping[str, str],
    are: Mapping[str, str],
) -> None:
    """Add what changes in one list."""
    gone, new = set(were.values()) - set(are.values()), set(are.values()) - set(were.values())
    if not gone and not new:
        return
    iri = listing_iri(before.base, name, key)
    stored = stored_blocks(before, iri)
    blocks = stored or Blocks({}, lambda _: [])
    old_counts = dict(blocks.counts)
    for line in gone:
        blocks.remove(line)
    for line in new:
        blocks.add(line)
    deleted = set(directory_triples(iri, name, old_counts.items())) if stored else set()
    added = set(directory_triples(iri, name, blocks.counts.items())) if blocks.counts else set()
    for number, lines in blocks.changed.items():
        if number in old_counts:
            deleted |= set(block_triples(iri, number, blocks.read(number)))
        if lines:
            added |= set(block_triples(iri, number, lines))
    change.added |= added - deleted
    change.deleted |= deleted - added


def _found(store: QuadStore, query: str, bindings: Mapping[str, Term] | None = None) -> Solutions:
    """Return the rows of a listing's query."""
    return cast(Solutions, store.query(query, bindings=bindings or {}))


def _found_some(
    store: QuadStore,
    listing: Listing,
    records: Collection[ox.NamedNode],
    bindings: Mapping[str, Term] | None = None,
) -> Iterator[Solutions]:
    """Yield the rows of a listing's query for some records, some hundreds at a time."""
    ordered = sorted(records, key=str)
    for start in range(0, len(ordered), _AT_ONCE):
        yield _found(store, listing.query_for(ordered[start : start + _AT_ONCE]), bindings)


def _lists(listing: Listing, parts: Iterable[Solutions]) -> Lists:
    """Return the lists that rows make; a record found twice has its least entry."""
    whole: dict[str, str] = {}
    lists: Lists = {ALL: whole}
    for found in parts:
        places = {name: place for place, name in enumerate(found.variables)}
        keys = [places[f"key{number + 1}"] for number in range(listing.keys)]
        driver = places["driver"]
        facets = [(name, [places[part] for part in name.split()]) for name in listing.facets]
        for row in found:
            iri = row[driver].value  # type: ignore[union-attr]
            line = entry([_text(row[key]) for key in keys], iri)
            held = whole.get(iri)
            if held is None or (held != line and rank(line) < rank(held)):
                whole[iri] = line
            for name, parts_of_name in facets:
                values = [str(row[place]) for place in parts_of_name if row[place] is not None]
                if len(values) == len(parts_of_name):
                    key = facet_key_of_text(name, " ".join(values))
                    lists.setdefault(key, {})[iri] = ""
    for entries in lists.values():
        entries.update((iri, whole[iri]) for iri in entries)
    return lists


def _text(term: Term | None) -> str:
    """Return the text that a record is ordered by."""
    return "" if term is None else str(getattr(term, "value", term))


def _statements(base: str, listing: Listing, lists: Lists) -> Iterator[ox.Triple]:
    """Yield the statements of a listing."""
    for key, entries in sorted(lists.items()):
        if not entries:
            continue
        iri = listing_iri(base, listing.name, key)
        lines = sorted(entries.values(), key=rank)
        counts = []
        for number, block in enumerate(in_blocks(lines)):
            counts.append((number, len(block)))
            yield from block_triples(iri, number, block)
        yield from directory_triples(iri, listing.name, counts)


def narrowed(store: QuadStore, listing: Listing, bindings: Mapping[str, Term]) -> list[str]:
    """Return the entries of a listing that values of its variables leave, in order.

    :param bindings: values of the listing's facets or of what it is narrowed by.
    """
    narrowing = {name: value for name, value in bindings.items() if name in listing.narrowed_by}
    query = listing.narrowing_query
    if narrowing and query is not None:
        rows = _found(store, query, narrowing)
        records = {row[0] for row in rows if isinstance(row[0], ox.NamedNode)}
        others = {name: value for name, value in bindings.items() if name not in narrowing}
        lists = _lists(listing, _found_some(store, listing, records, others))
    else:
        lists = _lists(listing, [_found(store, listing.narrowed_query, bindings)])
    return sorted(lists.get(ALL, {}).values(), key=rank)
