"""A database that is made of a view once, and then only read."""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from kmgraph.stores.base import QuadStore


class ViewDatabase(ABC):
    """What was read from a view, in a file or in memory; safe to use from several threads.

    :param connection: the database.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @staticmethod
    @abstractmethod
    def _fill(connection: sqlite3.Connection, store: QuadStore) -> None:
        """Write what is wanted of a view into an empty database."""

    @classmethod
    def of(cls, store: QuadStore, path: Path | None = None) -> Self:
        """Read a view.

        :param path: a new file; in memory where there is none.
        """
        connection = sqlite3.connect(path or ":memory:", check_same_thread=False)
        cls._fill(connection, store)
        return cls(connection)

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open a file that was written before, to read."""
        address = f"{path.resolve().as_uri()}?mode=ro"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def layout(self) -> int:
        """Version of the layout that it was made with."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
