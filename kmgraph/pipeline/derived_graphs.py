"""The graphs of what is derived, made anew for each view before it is validated and published."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.derivation import derive, derive_changes
from kmgraph.network.statements import rules_text
from kmgraph.progress import Progress
from kmgraph.stores.delta import TripleFile
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.stores.views import PUBLIC
from kmgraph.stores.writer import GenerationWriter

#: Key under which a generation notes the rules that it was derived by.
RULES: Final = "rules"


def rules_digest() -> str:
    """Return the SHA-256 of the rules of derivation.

    >>> len(rules_digest())
    64
    """
    digest = hashlib.sha256()
    for path in artefacts.files("queries", "construct/*/*.rq"):
        digest.update(path.read_bytes())
    digest.update(artefacts.read_text("queries", "support/axioms.rq").encode())
    digest.update(rules_text())
    return digest.hexdigest()


def derive_views(
    writer: GenerationWriter,
    directory: Path,
    progress: Progress,
    *,
    keys: Collection[str] | None = None,
    changed: Collection[ox.NamedNode] | None = None,
    flips: bool | None = None,
    workers: int = 1,
    on_changed: Callable[[TripleFile], object] | None = None,
) -> dict[str, float]:
    """Derive for each view what follows from what it shows, and put it there.

    A view is derived from what its readers may see and from nothing else, so what is derived is
    never more visible than its parts. The public view has no measures of people.

    :param writer: has prepared its views.
    :param directory: an empty folder to work in.
    :param keys: the views to derive for; None for all.
    :param changed: what :func:`~kmgraph.pipeline.bearing.changed_nodes` says of a change: only
        what depends on it is derived again, in views that were derived by these rules before.
        None derives everything.
    :param flips: whether flips are stored where all is derived; None decides by the number of
        cases.
    :param workers: groups of cases that are read at the same time.
    :param on_changed: told of each file of derived triples that a change adds or deletes.
    :returns: rule to the seconds that it took in all views.
    :raises QueryEvaluationError: a rule failed.
    """
    seconds: Counter[str] = Counter()
    for key in writer.views if keys is None else keys:
        folder = directory / f"derived-{key}"
        folder.mkdir()
        if changed is not None:
            seconds.update(_change(writer, key, folder, changed, on_changed))
            continue
        view, people = writer.view(key), shows_people(key)
        derived = derive(
            view, folder, people=people, flips=flips, workers=workers, progress=progress
        )
        writer.put_derived(key, derived.files, takes_files=True)
        seconds.update(derived.seconds)
    return dict(seconds.most_common())


def _change(
    writer: GenerationWriter,
    key: str,
    folder: Path,
    changed: Collection[ox.NamedNode],
    on_changed: Callable[[TripleFile], object] | None,
) -> dict[str, float]:
    """Derive again what depends on a change, and give a view the difference."""
    found = derive_changes(writer.view(key), changed, people=shows_people(key))
    changes: dict[str, tuple[TripleFile | None, TripleFile | None]] = {}
    for number, name in enumerate(sorted(found.added.keys() | found.deleted.keys())):
        sides: list[TripleFile | None] = []
        for side, lines in (("added", found.added.get(name)), ("deleted", found.deleted.get(name))):
            path = folder / f"{number}-{side}.nt"
            path.write_bytes(b"".join(sorted(lines or ())))
            sides.append(TripleFile(path) if lines else None)
        changes[name] = (sides[0], sides[1])
        for file in filter(None, sides):
            if on_changed is not None:
                on_changed(file)
    if changes:
        writer.change_derived(key, changes)
    return found.seconds


def shows_people(key: str) -> bool:
    """Return whether a view has measures of people: only those of groups do.

    >>> shows_people("public"), shows_people("public+team")
    (False, True)
    """
    return key != PUBLIC


def derive_in_memory(store: MemoryStore, directory: Path, progress: Progress) -> None:
    """Derive what follows from a store in memory, and add it there, as for a public view."""
    for path in derive(store, directory, progress=progress).files.values():
        store.load_nquads(path)
