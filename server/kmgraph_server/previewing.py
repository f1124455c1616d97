"""The previews that a server holds: each a bundle that was uploaded, and what came of it.

A preview is built by a process of its own, in a folder below the one of the store, and goes when
its time is over, when somebody discards it, and with the server. Its key is told once, to whoever
uploaded the bundle, and the folder is named by a digest of it.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import kmgraph
from kmgraph.access.tokens import TokenRegister
from kmgraph.errors import (
    AccessDeniedError,
    BusyError,
    KmGraphError,
    NotFoundError,
    StaleGenerationError,
)
from kmgraph.pipeline.preview_process import COPY_FOLDER, Order
from kmgraph.pipeline.previewing import publish_preview
from kmgraph.stores.durable import FileLock
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.optimising import optimise_in_background
from kmgraph.stores.previews import PREVIEWS_FOLDER, is_of_now
from kmgraph.stores.views import PUBLIC, visible_in
from kmgraph_server.access import Caller
from kmgraph_server.comparing import end
from kmgraph_server.config import ServerConfig
from kmgraph_server.held_previews import Held
from kmgraph_server.uploading import Taken

#: Where an application keeps its previews.
PREVIEWS: Final = "kmgraph-previews"
#: Memory that building takes, however little queries are given.
_LEAST_MEMORY_BYTES: Final = 1_500_000_000
_KEY_BYTES: Final = 32
#: By how much the process gives way to others.
_NICENESS: Final = 10
_LOCK_FILE: Final = "server.lock"
_MOST_SAID_BYTES: Final = 2_000
_ALLOCATION: Final = b"memory allocation of"
_LOG: Final = logging.getLogger(__name__)


class Previews:
    """The previews of one application.

    :param store: folder of the store.
    :param config: settings of the application.
    """

    def __init__(self, store: Path, config: ServerConfig) -> None:
        self._store, self._config = store, config
        self._register = TokenRegister(store)
        self._memory_bytes = max(config.query_memory_bytes, _LEAST_MEMORY_BYTES)
        self._held: dict[str, Held] = {}
        self._guard = threading.Lock()
        self._root: Path | None = None
        self._own_lock: FileLock | None = None
        self._timers: dict[str, threading.Timer] = {}
        self._is_closed = False
        sweep(store)

    def begin(
        self, who: Caller, take: Callable[[Path], Taken], *, append: bool
    ) -> tuple[str, Held]:
        """Take in an upload and have it built; return the key of the preview.

        :param take: puts the upload into a folder.
        :param append: whether the rows are added to the dataset that is there.
        :raises BusyError: another one is being built.
        """
        key = secrets.token_urlsafe(_KEY_BYTES)
        with self._guard:
            if self._is_closed:
                raise BusyError("the server is stopping", retry_after_s=5)
            self._make_room()
            folder = self._folder() / _name_of(key)
            folder.mkdir(mode=0o700)
            held = self._held[key] = Held(folder, who.name, time.monotonic(), append=append)
        try:
            upload = folder / "upload"
            upload.mkdir()
            taken = take(upload)
            held.name, held.passed_over = taken.name, taken.passed_over
            limit_s = self._config.write_timeout_s
            order = Order(
                str(self._store.resolve()),
                str(taken.bundle.resolve()),
                who.view,
                append,
                self._memory_bytes,
                limit_s,
                self._config.records_compare_s,
            )
            order.save(folder)
            self._start(key, held)
        except BaseException:
            self._remove(key)
            raise
        return key, held

    def find(self, key: str) -> Held:
        """Return a preview.

        :raises NotFoundError: there is none by this key, or its time is over, or the token that
            it was made with is valid no more.
        """
        held = self._held.get(key)
        if held is not None and not self._may_stay(held):
            self._remove(key)
            held = None
        if held is None:
            raise NotFoundError(
                "there is no such preview: it was discarded, its time is over, or the server was "
                "started anew. Upload the records again"
            )
        return held

    def left_s(self, held: Held) -> float:
        """Return for how many seconds more a preview is kept."""
        return max(0.0, held.began + self._config.records_kept_s - time.monotonic())

    def is_current(self, held: Held) -> bool:
        """Say whether the store is still as it was when the preview was made."""
        if held.published is not None:
            return True
        with suppress(KmGraphError):
            return is_of_now(GenerationStore(self._store), held.folder / COPY_FOLDER)
        return False

    def publish(self, key: str, who: Caller) -> Generation:
        """Publish a preview.

        :raises StaleGenerationError: the data have changed since it was made.
        :raises AccessDeniedError: the caller would not see all of it.
        :raises StoreLockedError: another process is writing.
        """
        held = self.find(key)
        with held.turn:
            store = GenerationStore(self._store)
            if held.published is not None:
                return store.generation(held.published)
            told = held.told()
            if not visible_in(told.get("view", PUBLIC)) <= visible_in(who.view):
                raise AccessDeniedError(
                    f"the token '{who.name}' would not see all of what is published: use the one "
                    "that the records were uploaded with"
                )
            if told["state"] != "ready":
                raise StaleGenerationError("there is nothing to publish in this preview")
            held.stop()
            held.told()
            generation = publish_preview(store, held.folder / COPY_FOLDER)
            held.published = generation.id
        _LOG.info("generation %d was published in the browser by '%s'", generation.id, who.name)
        shutil.rmtree(held.folder / "upload", ignore_errors=True)
        if (process := optimise_in_background(self._store)) is not None:
            threading.Thread(target=process.wait, daemon=True).start()
        if self._config.keep_generations:
            with suppress(KmGraphError):
                store.gc(self._config.keep_generations)
        return generation

    def discard(self, key: str) -> None:
        """Remove a preview.

        :raises NotFoundError: there is none by this key.
        """
        self.find(key)
        self._remove(key)

    def close(self) -> None:
        """Remove all previews, and end what is being built."""
        with self._guard:
            self._is_closed = True
        for key in list(self._held):
            self._remove(key)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            with suppress(OSError):
                self._root.parent.rmdir()
        if self._own_lock is not None:
            self._own_lock.release()
            self._own_lock = None

    def _may_stay(self, held: Held) -> bool:
        """Say whether a preview may still be shown."""
        if self.left_s(held) <= 0 or not held.folder.is_dir():
            return False
        return any(
            token.name == held.token and "write" in token.scopes and not token.is_expired()
            for token in self._register.list()
        )

    def _make_room(self) -> None:
        """Remove the oldest previews where there would be too many; the guard is held.

        :raises BusyError: one is being built.
        """
        if any(one.is_running for one in self._held.values()):
            raise BusyError(
                "another preview is being built: try again in a moment", retry_after_s=10
            )
        for one in self._held.values():
            # Answers may be compared for long, and the turn of the next comes first.
            one.stop()
        oldest = sorted(self._held, key=lambda key: self._held[key].began)
        for key in oldest[: max(0, len(oldest) + 1 - self._config.records_previews)]:
            self._remove(key)

    def _folder(self) -> Path:
        """Return the folder of this server's previews, which nobody else may read.

        :raises AccessDeniedError: it cannot be made.
        """
        if self._root is None or not self._root.is_dir():
            above = self._store / PREVIEWS_FOLDER
            try:
                above.mkdir(mode=0o700, exist_ok=True)
                self._root = Path(tempfile.mkdtemp(dir=above))
                self._own_lock = FileLock(self._root / _LOCK_FILE)
            except OSError as error:
                _LOG.error("previews cannot be kept: %s", error)
                raise AccessDeniedError(
                    "this server may not write into the folder of its store: build the bundle "
                    "on the machine that has it"
                ) from error
        return self._root

    def _start(self, key: str, held: Held) -> None:
        """Start the process that builds a preview, and watch over it."""
        here = str(Path(kmgraph.__file__).resolve().parent.parent)
        inherited = os.environ.get("PYTHONPATH")
        with (held.folder / "said.txt").open("wb") as said:
            held.process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "kmgraph.pipeline.preview_process", str(held.folder)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, inherited]))},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, held.process.pid, _NICENESS)
        threading.Thread(target=self._watch, args=(held, held.process), daemon=True).start()
        timer = self._timers[key] = threading.Timer(
            self._config.records_kept_s, self._remove, (key,)
        )
        timer.daemon = True
        timer.start()

    def _watch(self, held: Held, process: subprocess.Popen[bytes]) -> None:
        """Wait for a process, end it when its time is over, and note why it failed."""
        limit_s = self._config.write_timeout_s
        try:
            process.wait(limit_s)
        except subprocess.TimeoutExpired:
            end(process)
            held.fault = (
                "query-timeout",
                f"The preview takes longer than {limit_s:g} s, which is the longest it may take "
                "here. Build the bundle on the machine that has the store.",
            )
            return
        if held.told()["state"] != "running":
            return
        with suppress(OSError):
            said = (held.folder / "said.txt").read_bytes()[-_MOST_SAID_BYTES:]
            if _ALLOCATION in said:
                held.fault = ("query-memory", "The preview needs more memory than it may take.")
                return
            _LOG.error("a preview failed: %s", said.decode(errors="replace"))
        held.fault = ("engine-failed", "The preview could not be built: its process ended early.")

    def _remove(self, key: str) -> None:
        """Remove a preview and all of its files."""
        held = self._held.pop(key, None)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if held is None:
            return
        held.stop()
        shutil.rmtree(held.folder, ignore_errors=True)


def _name_of(key: str) -> str:
    """Return the name of a preview's folder, which does not tell its key."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def sweep(store: Path) -> None:
    """Remove the previews that servers left which run no more.

    >>> sweep(Path("/nowhere/at/all"))
    """
    with suppress(OSError):
        for folder in (store / PREVIEWS_FOLDER).iterdir():
            with suppress(BlockingIOError):
                lock = FileLock(folder / _LOCK_FILE)
                shutil.rmtree(folder, ignore_errors=True)
                lock.release()
