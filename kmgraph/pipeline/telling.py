"""Bring the change feeds of a store up to date when something was published.

A store has the feeds that somebody began, with ``kmgraph feed`` or by a server. From then on each
publication tells them at once, so that none is behind when generations are collected.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import KmGraphError
from kmgraph.progress import Progress, silent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.triple_files import TripleFile
from kmgraph.versions.feed import feeds_in
from kmgraph.versions.feed_writing import update_feed

#: Entities above which the graphs are compared instead: that is quicker then.
_MOST_ENTITIES: Final = 20_000
_LOG = logging.getLogger(__name__)


def tell_feeds(
    store: GenerationStore,
    *,
    changed: Collection[str] | None = None,
    views: Collection[str] | None = None,
    progress: Progress = silent,
) -> list[str]:
    """Write what was published to the feeds that a store has.

    A feed that cannot be written now is written the next time, and says the same then unless
    generations are collected before that. So no publication fails for it.

    :param changed: IRIs among which is each entity that the current generation changed, if known.
    :param views: the views whose feeds are written, or begun; those that there are by default.
    :returns: the keys of the views whose feeds are up to date.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tell_feeds(GenerationStore.create(folder))
    []
    """
    told = []
    for view in feeds_in(store.path) if views is None else sorted(views):
        try:
            update_feed(store, view=view, changed=changed, progress=progress)
        except KmGraphError as error:
            _LOG.warning("the feed of the view '%s' is behind: %s", view, error)
        else:
            told.append(view)
    return told


def entities_of(change: Iterable[TripleFile] | None) -> set[str] | None:
    """Return the IRIs of what triples are about that were added or deleted.

    :param change: files of the triples; None where they are not known.
    :returns: None where that is not known, or where it is so much that graphs are compared sooner.

    >>> entities_of([])
    set()
    """
    if change is None:
        return None
    found: set[str] = set()
    for file in change:
        for triple in file.triples():
            if isinstance(triple.subject, ox.NamedNode):
                found.add(triple.subject.value)
                if len(found) > _MOST_ENTITIES:
                    return None
    return found
