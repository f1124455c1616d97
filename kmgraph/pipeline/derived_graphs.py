"""The graphs of what is derived, made anew for each view before it is validated and published."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Final

from kmgraph import artefacts
from kmgraph.derivation import derive
from kmgraph.network.statements import rules_text
from kmgraph.progress import Progress
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
    digest.update(rules_text())
    return digest.hexdigest()


def derive_views(
    writer: GenerationWriter,
    directory: Path,
    progress: Progress,
    *,
    keys: Collection[str] | None = None,
) -> dict[str, float]:
    """Derive for each view what follows from what it shows, and put it there.

    A view is derived from what its readers may see and from nothing else, so what is derived is
    never more visible than its parts. The public view has no measures of people.

    :param writer: has prepared its views.
    :param directory: an empty folder to work in.
    :param keys: the views to derive for; None for all.
    :returns: rule to the seconds that it took in all views.
    :raises QueryEvaluationError: a rule failed.
    """
    seconds: Counter[str] = Counter()
    for key in writer.views if keys is None else keys:
        folder = directory / f"derived-{key}"
        folder.mkdir()
        people = shows_people(key)
        derived = derive(writer.view(key), folder, people=people, progress=progress)
        writer.put_derived(key, derived.files)
        seconds.update(derived.seconds)
    return dict(seconds.most_common())


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
