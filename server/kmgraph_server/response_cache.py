"""Answers kept in memory, of one state of a store.

When the store moves on, by a write, a build or an erasure, all that was kept is let go of.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

#: One answer may take this part of the memory at most.
_LARGEST_SHARE: Final = 1 / 16
#: What an answer takes beside its body and its headers.
_OVERHEAD_BYTES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer that is kept.

    :ivar headers: headers of the answer.
    :ivar body: its body, in its content coding.
    :ivar is_dated: whether a client that has an answer of the same date has this one.
    :ivar form: form of the query that it answers; empty for a document.
    :ivar facts: what the log says of it.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_dated: bool = False
    form: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""
        named = sum(len(name) + len(value) for name, value in self.headers)
        return len(self.body) + named + _OVERHEAD_BYTES

    def header(self, name: str) -> str | None:
        """Return the value of a header of the answer, or None."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Sized(Protocol):
    """What is kept; it knows how much memory it takes."""

    @property
    def size(self) -> int:
        """Return about how many bytes of memory it takes."""


class ResponseCache:
    """Answers of one state of a store, the least recently used of which go first.

    Threads may share it.

    :param limit_bytes: how much memory they may take; 0 keeps nothing.

    >>> cache = ResponseCache(100_000)
    >>> cache.put("generation 1", "/", Entry((), b"a"))
    >>> cache.get("generation 1", "/"), cache.get("generation 2", "/")
    (Entry(headers=(), body=b'a', is_dated=False, form='', facts={}), None)
    >>> cache.stats()["hits"], cache.stats()["entries"]
    (1, 0)
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.largest_bytes = int(limit_bytes * _LARGEST_SHARE)
        self._lock = threading.Lock()
        self._state: Hashable = None
        self._entries: OrderedDict[Hashable, tuple[Sized, int]] = OrderedDict()
        self._bytes = self._hits = self._misses = self._evictions = 0

    def get(self, state: Hashable, key: Hashable) -> Sized | None:
        """Return the answer of a key, or None; what is of another state is let go of.

        :param state: stands for what the store holds now.
        """
        with self._lock:
            self._enter(state)
            found = self._entries.get(key)
            if found is None:
                self._misses += 1
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return found[0]

    def find(self, state: Hashable, key: Hashable) -> Sized | None:
        """Return the same as :meth:`get`; that there is nothing counts as no miss.

        :param state: stands for what the store holds now.
        """
        with self._lock:
            self._enter(state)
            found = self._entries.get(key)
            if found is None:
                return None
            self._hits += 1
            self._entries.move_to_end(key)
            return found[0]

    def put(self, state: Hashable, key: Hashable, entry: Sized) -> None:
        """Keep an answer, unless it is too large or the store has moved on.

        :param state: stands for what the store held when the answer was begun.
        """
        size = entry.size + len(repr(key))
        if size > self.largest_bytes:
            return
        with self._lock:
            if self._state is None:
                self._state = state
            if state != self._state:
                return
            self._remove(key)
            self._entries[key] = entry, size
            self._bytes += size
            while self._bytes > self.limit_bytes:
                self._remove(next(iter(self._entries)))
                self._evictions += 1

    def stats(self) -> dict[str, int]:
        """Return hits, misses, evictions, entries and bytes."""
        with self._lock:
            return {
                "hits": self._hits,
                "misses": self._misses,
                "evictions": self._evictions,
                "entries": len(self._entries),
                "bytes": self._bytes,
            }

    def clear(self) -> None:
        """Let go of all answers."""
        with self._lock:
            self._empty()

    def enter(self, state: Hashable) -> None:
        """Let go of all that is of another state.

        :param state: stands for what the store holds now.
        """
        with self._lock:
            self._enter(state)

    def _enter(self, state: Hashable) -> None:
        """Let go of all that is of another state; the lock is held."""
        if state != self._state:
            self._state = state
            self._empty()

    def _empty(self) -> None:
        """Let go of all answers; the lock is held."""
        self._entries.clear()
        self._bytes = 0

    def _remove(self, key: Hashable) -> None:
        """Let go of an answer, if there is one; the lock is held."""
        removed = self._entries.pop(key, None)
        if removed is not None:
            self._bytes -= removed[1]


class Pointer:
    """Tells which generation of a store is current, and reads that anew when it has moved.

    :param path: the file that says so; None for a dataset in memory.
    :param read: reads it.
    """

    def __init__(self, path: Path | None, read: Callable[[], int | None]) -> None:
        self._path, self._read = None if path is None else str(path), read
        self._held: tuple[Hashable, int | None] | None = None

    def __call__(self) -> tuple[int | None, Hashable]:
        """Return the id of the current generation, and what stands for the state of the store.

        :raises StoreError: it cannot be read.
        """
        # The look comes before the reading: what is read is never older than its stamp.
        stamp, held = self._stamp(), self._held
        if held is None or held[0] != stamp:
            held = self._held = stamp, self._read()
        return held[1], held

    def _stamp(self) -> Hashable:
        """Return what tells one state of the file from another; None where there is no file."""
        if self._path is None:
            return None
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
