"""Files that are made of the views of a store and lie beside its generations.

There is one for each view and each content, made when it is first wanted. Two that make one at
once make the same, and the later one stays.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar
from uuid import uuid4

from kmgraph.stores.base import QuadStore
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.view_database import ViewDatabase
from kmgraph.stores.views import PUBLIC

Made = TypeVar("Made", bound=ViewDatabase)


@dataclass(frozen=True, slots=True)
class Beside(Generic[Made]):
    """A kind of such files.

    :ivar folder: name of their folder in a store.
    :ivar layout: version of the layout that is made today; a file of another is made anew.
    :ivar of: makes one of a view, in a file or, where none is given, in memory.
    :ivar at: opens a file.
    """

    folder: str
    layout: int
    of: Callable[[QuadStore, Path | None], Made]
    at: Callable[[Path], Made]

    def path(
        self,
        target: GenerationStore,
        view: str = PUBLIC,
        *,
        generation_id: int | None = None,
        folder: Path | None = None,
    ) -> Path:
        """Return where the file of a view lies, or will lie once it is made."""
        since, created = target.generation(generation_id).content_since
        stamp = "".join(letter for letter in created if letter.isalnum())
        return (folder or target.path / self.folder) / f"{view}-{since:06d}-{stamp}.sqlite"

    def open(
        self,
        target: GenerationStore,
        view: str = PUBLIC,
        *,
        generation_id: int | None = None,
        folder: Path | None = None,
    ) -> Made:
        """Open the file of a view, and make it first where there is none for its content.

        Where nothing may be written, as in a store that is shared read-only, it is kept in memory.
        Files of content that is no longer current are removed; whoever has one open can read on.

        :raises StoreUnavailableError: there is no such generation or view.
        """
        path = self.path(target, view, generation_id=generation_id, folder=folder)
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError:
            with target.open_view(view, generation_id) as store:
                return self.of(store, None)
        if not self.is_current(path):
            self._make(target, view, generation_id, path)
            for old in path.parent.glob(f"{view}-*.sqlite"):
                if old != path:
                    old.unlink(missing_ok=True)
        return self.at(path)

    def forget(self, target: GenerationStore) -> None:
        """Remove the files of a store, as an erasure must; what is erased may stand in them."""
        for path in (target.path / self.folder).glob("*"):
            path.unlink(missing_ok=True)

    def _make(
        self, target: GenerationStore, view: str, generation_id: int | None, path: Path
    ) -> None:
        """Write a file beside its place, and put it there when it is whole."""
        beside = path.with_suffix(f".{uuid4().hex}.part")
        with target.open_view(view, generation_id) as store:
            self.of(store, beside).close()
        os.replace(beside, path)

    def is_current(self, path: Path) -> bool:
        """Say whether there is a file of today's layout."""
        if not path.exists():
            return False
        with suppress(sqlite3.Error):
            found = self.at(path)
            try:
                return found.layout == self.layout
            finally:
                found.close()
        return False
