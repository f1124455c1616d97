"""Counts that are kept beside a store, so that nobody waits for them.

::

    STORE/metadata/VIEW.json    the counts of each graph that was counted, by its content

Counting a view takes time that grows with it, which is too long for a request where the view is
large. What was counted of a graph holds for as long as the graph has the same content, whatever
else is published meanwhile. Nothing that is told of a record is kept, so an erasure has no need to
look here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph.described import described
from kmgraph.metadata.counting import LINKED, Counts, count, with_rows
from kmgraph.metadata.describing import datasets_in
from kmgraph.questions import Question, load_catalogue
from kmgraph.stores.base import QuadStore
from kmgraph.stores.durable import replace_file
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.views import visible_in

#: Folder of the counts in that of a store.
FOLDER: Final = "metadata"
#: Triples of a view up to which counting is a matter of a few seconds.
AT_ONCE_TRIPLES: Final = 300_000
#: Kinds of graphs that are counted each for itself: those that hold data that were given.
_GIVEN: Final = frozenset({"dataset", "loaded", "updates"})


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a view.

    :ivar counts: IRI of a graph, or None for the merge of all, to what was counted of it.
    :ivar questions: ids of the saved questions that it has an answer to; None where that is being
        found out.
    """

    counts: Mapping[str | None, Counts]
    questions: frozenset[str] | None


def size_of(generation: Generation, view: str) -> int:
    """Return about how many triples a view of a generation has."""
    return sum(graph.triples for graph in _graphs(generation, view))


def kept_counts(store: GenerationStore, generation: Generation, view: str) -> Kept | None:
    """Return what is kept of a view of a generation; None where a part has not been counted.

    :param store: the store.
    :param generation: the generation.
    :param view: key of the view.
    """
    held, marks = _read(store, view), _marks(generation, view)
    if not all(mark in held for mark in marks.values()):
        return None
    counts = {graph: Counts(held[mark]["tables"]) for graph, mark in marks.items()}
    questions = held[marks[None]].get("questions")
    return Kept(counts, None if questions is None else frozenset(questions))


def counts_of(view: QuadStore) -> Kept:
    """Count a view and each of its datasets now, and keep nothing.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(counts_of(MemoryStore()).counts)
    [None]
    """
    datasets = [graph for graph, _ in datasets_in(view)]
    graphs = [None, *datasets, *described(view).undescribed.values()]
    questions = with_rows(view, _questions())
    return Kept({one: count(view, one) for one in graphs}, frozenset(one.id for one in questions))


def keep_counts(
    store: GenerationStore,
    generation: Generation,
    view: str,
    data: QuadStore,
    *,
    asked: QuadStore | None = None,
) -> Kept:
    """Count what has not been counted yet, write it down, and return all.

    The counts are written before the questions are asked, which takes longer. Counts of what the
    generation no longer holds are forgotten.

    :param store: the store.
    :param generation: the generation.
    :param view: key of the view.
    :param data: the view itself, which is counted however long that takes.
    :param asked: answers the saved questions, perhaps within limits: those that it refuses are no
        examples. The view itself where none is given.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first build") as writer:
    ...         made = writer.publish()
    ...     with store.open_view() as view:
    ...         kept = keep_counts(store, made, "public", view)
    ...     kept_counts(store, made, "public") == kept
    True
    """
    held, marks = _read(store, view), _marks(generation, view)
    made: dict[str, dict[str, Any]] = {}
    for graph, mark in marks.items():
        made[mark] = held.get(mark) or {"tables": dict(count(data, graph).tables)}
    whole = made[marks[None]]
    if "questions" not in whole:
        _write(store, view, made)
        whole["questions"] = [one.id for one in with_rows(asked or data, _questions())]
    _write(store, view, made)
    counts = {graph: Counts(made[mark]["tables"]) for graph, mark in marks.items()}
    return Kept(counts, frozenset(whole["questions"]))


def _questions() -> list[Question]:
    """Return the saved questions."""
    return list(load_catalogue().values())


def _graphs(generation: Generation, view: str) -> list[GraphInfo]:
    """Return the graphs of a view, those that are derived among them."""
    shown = visible_in(view)
    graphs = [graph for graph in generation.graphs if graph.visibility in shown]
    return [*graphs, *generation.derived.get(view, ())]


def _marks(generation: Generation, view: str) -> dict[str | None, str]:
    """Return what tells the content of each dataset, and of the whole, from any other.

    The whole stands for the questions as well.
    """
    number, _ = generation.content_since
    marks: dict[str | None, str] = {}
    for graph in _graphs(generation, view):
        marks[graph.iri] = _hash(graph.iri, graph.digest or f"generation {number}")
    texts = [question.query for question in _questions()]
    whole = _hash(*sorted(str(mark) for mark in marks.values()), *texts, *LINKED)
    datasets = {graph.iri for graph in generation.graphs if graph.kind in _GIVEN}
    return {None: whole, **{iri: mark for iri, mark in marks.items() if iri in datasets}}


def _hash(*parts: str) -> str:
    """Return the SHA-256 of some texts, each apart from the next."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _path(store: GenerationStore, view: str) -> Path:
    """Return the file of a view."""
    return store.path / FOLDER / f"{view}.json"


def _write(store: GenerationStore, view: str, made: Mapping[str, Mapping[str, Any]]) -> None:
    """Write what is known of a view."""
    path = _path(store, view)
    path.parent.mkdir(exist_ok=True)
    replace_file(path, json.dumps(made).encode())


def _read(store: GenerationStore, view: str) -> dict[str, dict[str, Any]]:
    """Return what is written of a view; what cannot be read is counted anew."""
    try:
        found: dict[str, dict[str, Any]] = json.loads(_path(store, view).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found
