"""Writing the change feed of a store, and beginning it anew after an erasure."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import InputError, StoreLockedError
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores.base import QuadStore
from kmgraph.stores.durable import FileLock, fsync_path, replace_file
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.oxigraph import MemoryStore, OxigraphStore
from kmgraph.stores.tombstones import Tombstones
from kmgraph.stores.views import PUBLIC, visible_in
from kmgraph.versions.feed import (
    FOLDER,
    STATE_FILE,
    Feed,
    FeedState,
    erasures_of,
    page_path,
    read_state,
)
from kmgraph.versions.graphs import (
    ASSERTED,
    ComparedGraph,
    changed_subjects,
    compared_graphs,
    differs,
)
from kmgraph.versions.members import (
    ADDED,
    CHANGED,
    ERASED,
    REMOVED,
    Member,
    erased_name,
    lines_of,
    member_iri,
)
from kmgraph.versions.replay import replay

#: Members on a page.
PAGE_SIZE: Final = 500
_EPOCH_DIGITS: Final = 12
_BATCH: Final = 1_000
#: What two generations of one second are told apart by.
_TICK: Final = dt.timedelta(milliseconds=1)
_WORK: Final = "replay-"


def update_feed(
    store: str | Path | GenerationStore,
    *,
    view: str = PUBLIC,
    page_size: int = PAGE_SIZE,
    changed: Collection[str] | None = None,
    progress: Progress = silent,
) -> Feed:
    """Write what was published since a feed was last written, and return the feed.

    The first time, every entity of the oldest generation that is kept gives a member. From then
    on, each entity that changed from one kept generation to the next gives one. Graphs whose
    digests are equal are not read.

    :param store: the store or its folder.
    :param view: key of the view.
    :param page_size: members on a full page; it counts where a feed begins.
    :param changed: IRIs among which is each entity that the current generation changed, where that
        is known: then only these are looked at. It is of use for the generation that was made
        from the one told last.
    :param progress: told of each generation.
    :raises StoreLockedError: another process writes the feed, or an erasure is not finished.
    :raises InputError: the page size is below 1.

    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first") as writer:
    ...         _ = writer.publish()
    ...     len(update_feed(store))
    0
    """
    target = store if isinstance(store, GenerationStore) else GenerationStore(store)
    if page_size < 1:
        raise InputError(f"a page holds at least one member, not {page_size}")
    if Tombstones.of(target.path).unfinished:
        raise StoreLockedError(
            f"{target.path}: an erasure is not finished: run 'kmgraph purge --finish' first"
        )
    folder = target.path / FOLDER / view
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(folder / "feed.lock")
    except BlockingIOError as error:
        raise StoreLockedError(f"{folder}: another process writes the feed: try again") from error
    try:
        for left in folder.glob(f"{_WORK}*"):
            shutil.rmtree(left)
        state = _begun(target, folder, page_size)
        for generation in _untold(target, view, state.generation):
            progress(ProgressEvent("feed", f"generation {generation.id}"))
            told = replace(generation, created=_later(generation.created, state.created))
            is_next = generation.parent == state.generation
            known = changed if is_next and generation.id == target.current_id() else None
            members = _told(target, view, folder, state, told, known)
            state = _appended(folder, state, members, told)
    finally:
        lock.release()
    return Feed(target, view)


def _begun(store: GenerationStore, folder: Path, page_size: int) -> FeedState:
    """Return how far a feed has come; where something was erased since, begin it anew."""
    state, erasures = read_state(folder), erasures_of(store)
    if state is not None and state.erasures == erasures:
        return state
    for path in folder.glob("*.json*"):
        path.unlink()
    epoch = hashlib.sha256(os.urandom(32)).hexdigest()[:_EPOCH_DIGITS]
    begun = FeedState(epoch, 0, "", 0, page_size, erasures)
    return _appended(folder, begun, _erased_members(store, folder.name), None)


def _later(created: str, last: str) -> str:
    """Return when a generation was published, made to be later than the one told before it.

    It is written as the engine writes times.
    """
    moment = dt.datetime.fromisoformat(created).astimezone(dt.UTC)
    if last:
        moment = max(moment, dt.datetime.fromisoformat(last) + _TICK)
    whole, point, fraction = moment.replace(tzinfo=None).isoformat().partition(".")
    return f"{whole}{point}{fraction.rstrip('0')}Z"


def _erased_members(store: GenerationStore, view: str) -> Iterator[Member]:
    """Yield a member for each thing that was erased and that the readers of a view could see."""
    stones = Tombstones.of(store.path)
    for stone in stones.stones.values():
        if visible_in(view) & set(stone.visibilities):
            name = erased_name(stone.digest, stones.salt)
            iri = member_iri(store.base, view, 0, f"{store.base}erased/{stone.log_id}")
            yield Member(iri, name, ERASED, _later(stone.erased, ""))


def _untold(store: GenerationStore, view: str, last: int) -> list[Generation]:
    """Return the kept generations that a feed does not tell of yet, the oldest first."""
    wanted = visible_in(view)
    return [
        generation
        for generation in store.generations()
        if generation.id > last
        and any(
            visible_in(key) == wanted & visible_in(generation.master) for key in generation.views
        )
    ]


def _told(
    store: GenerationStore,
    view: str,
    folder: Path,
    state: FeedState,
    generation: Generation,
    changed: Collection[str] | None,
) -> Iterator[Member]:
    """Yield the members that a generation adds to a feed.

    :param changed: the entities that may have changed; None where that is not known.
    """
    with ExitStack() as stack:
        new = stack.enter_context(store.open_view(view, generation.id))
        kept = {one.id: one for one in store.generations()}
        old: QuadStore
        if state.generation in kept:
            old = stack.enter_context(store.open_view(view, state.generation))
            compared = compared_graphs(kept[state.generation], generation, view)
            graphs = [graph for graph in compared if graph.part == ASSERTED]
        else:
            old = _replayed(stack, store, folder, state)
            graphs = _all_graphs(old, generation, view)
        if changed is None or state.generation not in kept:
            subjects = changed_subjects(old, new, graphs)
        else:
            names = [graph.iri for graph in graphs]
            nodes = map(ox.NamedNode, sorted(changed))
            subjects = (node for node in nodes if differs(old, new, node, names))
        for subject in subjects:
            yield _member(store.base, view, generation, subject, (old, new), graphs)


def _replayed(
    stack: ExitStack, store: GenerationStore, folder: Path, state: FeedState
) -> QuadStore:
    """Return what a feed has led to so far, whose generation is kept no more."""
    if not state.members:
        return MemoryStore(base=store.base)
    # On the disk, so that memory does not bound it; an erasure finds it in the folder.
    work = stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=_WORK))
    held = ox.Store(work)
    pages = range(1, -(-state.members // state.page_size) + 1)
    lines = (line for page in pages for line in page_path(folder, page).read_bytes().splitlines())
    replay(map(Member.from_line, islice(lines, state.members)), held)
    return OxigraphStore(held, store.base)


def _all_graphs(old: QuadStore, generation: Generation, view: str) -> list[ComparedGraph]:
    """Return the graphs of recorded data that a store or a generation has."""
    shown = compared_graphs(generation, generation, view)
    found = {graph.iri: graph for graph in shown if graph.part == ASSERTED}
    held = set(old.graph_names())
    return [
        ComparedGraph(
            found[iri].name if iri in found else iri,
            iri,
            ASSERTED,
            1 if iri in held else None,
            found[iri].after if iri in found else None,
            is_same=False,
        )
        for iri in sorted({*found, *held})
    ]


def _member(
    base: str,
    view: str,
    generation: Generation,
    subject: ox.NamedNode,
    stores: tuple[QuadStore, QuadStore],
    graphs: Sequence[ComparedGraph],
) -> Member:
    """Return the version of an entity that a generation has."""
    old, new = stores
    content, was_there = {}, False
    for graph in sorted(graphs, key=lambda one: one.iri):
        node = ox.NamedNode(graph.iri)
        if lines := lines_of(new.quads(subject, None, None, node)):
            content[graph.iri] = lines
        was_there = was_there or next(old.quads(subject, None, None, node), None) is not None
    change = REMOVED if not content else CHANGED if was_there else ADDED
    iri = member_iri(base, view, generation.id, subject.value)
    return Member(iri, subject.value, change, generation.created, content)


def _appended(
    folder: Path, state: FeedState, members: Iterable[Member], generation: Generation | None
) -> FeedState:
    """Write members at the end of a feed, and then that they are there."""
    total = state.members
    batch: list[bytes] = []
    for member in members:
        batch.append(member.to_line())
        if len(batch) == _BATCH:
            total = _write(folder, state, total, batch)
            batch = []
    total = _write(folder, state, total, batch)
    after = replace(state, members=total)
    if generation is not None:
        after = replace(after, generation=generation.id, created=generation.created)
    fsync_path(folder)
    replace_file(folder / STATE_FILE, json.dumps(asdict(after)).encode() + b"\n")
    return after


def _write(folder: Path, state: FeedState, total: int, lines: Sequence[bytes]) -> int:
    """Write lines after so many others, over what an unfinished write left; return the total."""
    place = 0
    while place < len(lines):
        number, before = divmod(total, state.page_size)
        chunk = lines[place : place + state.page_size - before]
        path = page_path(folder, number + 1)
        held = path.read_bytes().splitlines(keepends=True)[:before] if before else []
        replace_file(path, b"".join([*held, *chunk]))
        place += len(chunk)
        total += len(chunk)
    return total
