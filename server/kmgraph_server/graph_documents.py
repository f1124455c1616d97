"""A graph as a document: the tags of its forms, and its triples in a file.

The engine's own index gives the triples, so that nothing that a caller writes is evaluated here.
What is large goes to disk as it is read, and no more than a few documents are written at a time.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import IO, Final

import pyoxigraph as ox

import kmgraph
from kmgraph import formats
from kmgraph.errors import BusyError, QueryStoppedError, ResultLimitError, TermError
from kmgraph.formats import to_rdf_format
from kmgraph.results import write_triples
from kmgraph.stores.skolem import deskolemised
from kmgraph_server.conditions import in_all_codings
from kmgraph_server.errors import NotAcceptableError
from kmgraph_server.negotiation import RDF, Offer, forms
from kmgraph_server.protocol import VERSIONS

#: Releases that decide how a document is written.
_SOFTWARE: Final = f"kmgraph {kmgraph.__version__}, pyoxigraph {ox.__version__}"
_DIGEST_LENGTH: Final = 32
#: Documents up to this size stay in memory.
_IN_MEMORY_BYTES: Final = 1_000_000
#: Graphs of more triples are not held in memory to be written with prefixes.
LARGE_TRIPLES: Final = 200_000
#: How many triples are written between two looks at the limits.
_LOOK_TRIPLES: Final = 1_000
#: Documents that are written at one time; they would only make each other wait.
_MOST_AT_ONCE: Final = 4
_TURNS: Final = threading.BoundedSemaphore(_MOST_AT_ONCE)

Documented = tuple[IO[bytes], int]


def tag_of_graph(digest: str, content_type: str) -> str:
    """Return the tag of a graph in a form; it depends on nothing but what is sent.

    :param digest: canonical hash of the triples.

    >>> tag_of_graph("a", "text/turtle") == tag_of_graph("a", "application/n-triples")
    False
    """
    text = "\n".join((_SOFTWARE, digest, content_type))
    # It begins with a letter, so that it is never read as the number of a generation.
    return f'"g{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]}"'


def tags_of_graph(digest: str) -> tuple[str, ...]:
    """Return the tags of a graph in all forms and content codings.

    >>> tag_of_graph("a", "application/n-triples") in tags_of_graph("a")
    True
    """
    offers = (offer.in_version(version) for offer in RDF for version in VERSIONS)
    types = dict.fromkeys(offer.content_type for offer in offers)
    return tuple(tag for found in types for tag in in_all_codings(tag_of_graph(digest, found)))


def write_document(
    triples: Iterable[ox.Triple],
    offer: Offer,
    *,
    base: str,
    limit_bytes: int,
    wait_s: float,
    is_abandoned: Callable[[], bool] | None = None,
) -> Documented:
    """Return a file with triples, at its beginning, and its length; the caller closes it.

    IRIs that stand for blank nodes are written as blank nodes.

    :param triples: each once, the same subjects after one another.
    :param offer: form to write them in.
    :param base: base IRI of the store.
    :param limit_bytes: longest document.
    :param wait_s: longest wait while others are written.
    :param is_abandoned: says whether nobody waits for it any more.
    :raises NotAcceptableError: the form has no way to write the triples.
    :raises ResultLimitError: the document would be longer than it may be.
    :raises QueryStoppedError: nobody waits for it any more.
    :raises BusyError: too many others are written.
    """
    if not _TURNS.acquire(timeout=wait_s):
        raise BusyError("too many graphs are being read: ask again in a moment")
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)
    try:
        watched = _watched(deskolemised(triples, base), file, limit_bytes, is_abandoned)
        _write(watched, file, offer)
        length = file.tell()
        if length > limit_bytes:
            raise ResultLimitError(limit_bytes, "bytes")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    finally:
        _TURNS.release()
    return file, length


def _write(triples: Iterator[ox.Triple], file: IO[bytes], offer: Offer) -> None:
    """Write triples, with prefixes where they are few enough to be held for it."""
    fmt = offer.format or formats.TURTLE
    held = list(islice(triples, LARGE_TRIPLES + 1))
    if len(held) > LARGE_TRIPLES and fmt is not formats.RDFXML:
        ox.serialize(chain(held, triples), file, to_rdf_format(fmt))
        return
    others = [other.media_type for other in forms(RDF) if other.format is not fmt]
    if len(held) > LARGE_TRIPLES:
        raise NotAcceptableError(others, "the graph is too large for RDF/XML")
    try:
        write_triples(held, file, fmt)
    except TermError as error:
        raise NotAcceptableError(others, str(error)) from error


def _watched(
    triples: Iterable[ox.Triple],
    file: IO[bytes],
    limit_bytes: int,
    is_abandoned: Callable[[], bool] | None,
) -> Iterator[ox.Triple]:
    """Yield triples as long as the document may grow."""
    for number, triple in enumerate(triples):
        if number % _LOOK_TRIPLES == 0:
            if file.tell() > limit_bytes:
                raise ResultLimitError(limit_bytes, "bytes")
            if is_abandoned is not None and is_abandoned():
                raise QueryStoppedError("the graph was not read to its end: its reader has left")
        yield triple
