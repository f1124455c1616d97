"""Whether anything was ever known of a thing, as far as earlier states are kept.

Each state is opened for the moment of looking only, so that an erasure or a collection never waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import GoneError, NotFoundError
from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.tombstones import Tombstones

_DEFAULT: Final = ox.DefaultGraph()
#: What an address may end in to name a form of its document.
_EXTENSIONS: Final = frozenset({"html", "ttl", "nt", "rdf", "jsonld", "json"})


def things_at(namespace: str, tails: Sequence[str]) -> list[str]:
    """Return the IRIs that the address of a document may mean, the likeliest first.

    :param namespace: what the IRIs begin with.
    :param tails: what they may go on with.

    >>> things_at("urn:", ["a.ttl"])
    ['urn:a.ttl', 'urn:a.ttl/', 'urn:a', 'urn:a/']
    """
    whole = [*tails, *(tail[:-1] for tail in tails if tail.endswith("/"))]
    parts = (tail.rpartition(".") for tail in whole)
    stems = [stem for stem, _, extension in parts if extension in _EXTENSIONS]
    return list(
        dict.fromkeys(f"{namespace}{one}{end}" for one in whole + stems for end in ("", "/"))
    )


def says_of(store: QuadStore, iri: str) -> bool:
    """Say whether a store says anything of an IRI, or names it of another one.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> says_of(MemoryStore(), "urn:a"), says_of(MemoryStore(), "no IRI")
    (False, False)
    """
    try:
        node = ox.NamedNode(iri)
    except ValueError:
        return False
    found = chain(store.quads(node, None, None, _DEFAULT), store.quads(None, None, node, _DEFAULT))
    return next(found, None) is not None


def said_in(store: GenerationStore, view: str, generation: int, iris: Iterable[str]) -> str | None:
    """Return the first of some IRIs that a generation says anything of to a view.

    :returns: None where it says nothing of any, or is not kept.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first") as writer:
    ...         _ = writer.publish()
    ...     [said_in(store, "public", number, ["urn:a"]) for number in (1, 2)]
    [None, None]
    """
    try:
        opened = store.open_view(view, generation)
    except NotFoundError:
        return None
    with opened:
        return next((iri for iri in iris if says_of(opened, iri)), None)


def refuse_erased(folder: Path | None, view: str, iris: Iterable[str]) -> None:
    """Raise where a thing was erased that a view showed.

    :param folder: of the store; None where what is served has none, and nothing is erased.
    :raises GoneError: it was; the message does not repeat what it was called.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     refuse_erased(Path(folder), "public", ["urn:a"])
    """
    stones = Tombstones.of(folder) if folder is not None else Tombstones()
    if not stones:
        return
    stone = next(filter(None, (stones.find(iri, view=view) for iri in iris)), None)
    if stone is not None:
        day = stone.erased.partition("T")[0]
        raise GoneError(f"This was erased on {day}, and nothing is kept of it.")
