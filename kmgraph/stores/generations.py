"""A store on disk that holds immutable generations.

::

    STORE/store.json             format and base IRI
    STORE/current                id of the current generation; replaced by rename
    STORE/writer.lock            locked by the one writer; says which process it is
    STORE/generations/000001/    meta.json, in-use.lock, views/KEY/, files/
    STORE/generations/000002.part   work of a writer
    STORE/optimiser.lock         locked by the one process that optimises
    STORE/generations/000001.trash  a generation that is being collected
    STORE/generations/000001.new    a generation written anew, which takes the place of the old one
    STORE/tombstones.json        what was erased, without saying what it was
    STORE/erasures.jsonl         when something was erased

A generation whose id is higher than the current one was never published: its writer died before
the pointer moved. Readers pass it by, and the next writer removes it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kmgraph.errors import (
    ConfigError,
    GenerationNotFoundError,
    InputError,
    NotFoundError,
    StoreCorruptError,
    StoreError,
    StoreUnavailableError,
)
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.stores import durable
from kmgraph.stores.digest import store_digest
from kmgraph.stores.durable import FileLock, fsync_path, lock_writer, replace_file
from kmgraph.stores.exchange import finish_exchanges
from kmgraph.stores.meta import Generation, GraphInfo, read_meta
from kmgraph.stores.oxigraph import OxigraphView
from kmgraph.stores.views import PUBLIC, view_key, visible_in
from kmgraph.stores.writer import GenerationWriter

__all__ = ["Collected", "Generation", "GenerationStore", "GenerationWriter", "GraphInfo"]

FORMAT_VERSION: Final = 1
#: How often and how long to wait for a collection that has a generation locked.
_TRIES: Final = 50
_WAIT_S: Final = 0.02
_BASE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*[/#]")


@dataclass(frozen=True, slots=True)
class Collected:
    """What :meth:`GenerationStore.gc` did.

    :ivar removed: ids of the generations that are gone.
    :ivar in_use: ids of those that a reader holds, which stay.
    """

    removed: tuple[int, ...]
    in_use: tuple[int, ...]


class GenerationStore:
    """A store on disk.

    :param path: directory of the store.
    :raises StoreUnavailableError: there is no store.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first build") as writer:
    ...         generation = writer.publish()
    ...     (store.current_id(), generation.views)
    (1, ('public',))
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            description = json.loads((self.path / "store.json").read_bytes())
            version, self.base = description["format_version"], str(description["base"])
        except OSError as error:
            raise StoreUnavailableError(
                f"{path}: there is no store here: make one with 'kmgraph init --store {path}'"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise StoreCorruptError(f"{path}/store.json cannot be read: {error}") from error
        if version != FORMAT_VERSION:
            raise StoreUnavailableError(
                f"{path}: the store has format {version}, and this release of kmgraph reads "
                f"format {FORMAT_VERSION}: use the release that made it, or build it again"
            )
        self._generations = self.path / "generations"
        self._held: FileLock | None = None

    @classmethod
    def create(cls, path: str | Path, *, base: str = DEFAULT_BASE) -> GenerationStore:
        """Make an empty store.

        :param path: directory of the store; it is made, and must hold no store yet.
        :param base: base IRI of the records and graphs, ending in ``/`` or ``#``.
        :raises InputError: the base is no absolute IRI that ends so.
        :raises StoreError: there is a store already.
        """
        if not _BASE.fullmatch(base):
            raise InputError(f"'{base}' cannot be a base: an absolute IRI that ends in '/' is due")
        root = Path(path)
        if (root / "store.json").exists():
            raise StoreError(f"{path}: there is a store here already")
        (root / "generations").mkdir(parents=True, exist_ok=True)
        description = {"format_version": FORMAT_VERSION, "base": base}
        replace_file(root / "store.json", json.dumps(description).encode() + b"\n")
        return cls(root)

    def current_id(self) -> int | None:
        """Return the id of the current generation, or None where nothing is published."""
        try:
            return int((self.path / "current").read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise StoreCorruptError(f"{self.path}/current holds no number") from error

    def generations(self) -> list[Generation]:
        """Return the published generations, oldest first."""
        found = []
        for number in self._published():
            # A generation may be collected between being listed and being read.
            try:
                found.append(read_meta(self.generation_dir(number) / "meta.json"))
            except (GenerationNotFoundError, StoreCorruptError):
                if (self._generations / f"{number:06}").exists():
                    raise
        return found

    def _published(self) -> list[int]:
        """Return the ids of the published generations that are kept, ascending."""
        names = (path.name for path in self._generations.iterdir())
        current = self.current_id() or 0
        return sorted(int(name) for name in names if name.isdigit() and int(name) <= current)

    def generation(self, generation_id: int | None = None) -> Generation:
        """Return the description of a generation, by default of the current one.

        :raises GenerationNotFoundError: the store does not hold it.
        :raises StoreUnavailableError: nothing is published yet.
        """
        return read_meta(self.generation_dir(generation_id) / "meta.json")

    def generation_dir(self, generation_id: int | None = None) -> Path:
        """Return the directory of a generation, by default of the current one; read it only.

        :raises GenerationNotFoundError: the store does not hold it.
        :raises StoreUnavailableError: nothing is published yet.
        """
        current = self.current_id()
        if current is None:
            raise StoreUnavailableError(
                f"{self.path}: nothing is published yet: run 'kmgraph build'"
            )
        number = current if generation_id is None else generation_id
        directory = self._generations / f"{number:06}"
        if number > current or not directory.is_dir():
            known = ", ".join(map(str, self._published()))
            raise GenerationNotFoundError(
                f"{self.path}: there is no generation {number} (there are: {known})"
            )
        return directory

    def read_file(self, generation_id: int | None, name: str) -> bytes:
        """Return the content of a sidecar file.

        :raises NotFoundError: the generation has no such file.
        """
        directory = self.generation_dir(generation_id)
        if name not in read_meta(directory / "meta.json").files:
            raise NotFoundError(f"generation {directory.name} has no file '{name}'")
        return (directory / "files" / name).read_bytes()

    def open_view(self, view: str = PUBLIC, generation_id: int | None = None) -> OxigraphView:
        """Open a view to read it; its generation stays until the view is closed.

        :param view: key of a view. Groups that no graph of the generation is for are left out.
        :param generation_id: id of a generation; None for the current one.
        :raises NotFoundError: the generation has no such view.
        :raises GenerationNotFoundError: the store does not hold the generation.
        :raises StoreUnavailableError: nothing is published yet.
        """
        directory, lock = self._hold(generation_id)
        try:
            generation = read_meta(directory / "meta.json")
            key = view_key(visible_in(view) & visible_in(generation.master))
            if key not in generation.views:
                raise NotFoundError(
                    f"generation {generation.id} has no view '{key}': if a token is to open it, "
                    "run 'kmgraph token refresh'; 'kmgraph log --json' lists the views there are"
                )
            return OxigraphView(
                directory / "views" / key,
                base=self.base,
                generation=generation,
                on_close=lock.release,
            )
        except BaseException:
            lock.release()
            raise

    def _hold(self, generation_id: int | None) -> tuple[Path, FileLock]:
        """Return a generation's directory with a lock that keeps it from being collected."""
        for _ in range(_TRIES):
            try:
                directory = self.generation_dir(generation_id)
            except GenerationNotFoundError:
                number = generation_id or self.current_id() or 0
                if not (self._generations / f"{number:06}.new").exists():
                    raise
                time.sleep(_WAIT_S)
                continue
            path = directory / "in-use.lock"
            try:
                lock = FileLock(path, shared=True)
            except (BlockingIOError, FileNotFoundError):
                time.sleep(_WAIT_S)
                continue
            if lock.is_at(path):
                return directory, lock
            lock.release()
        raise StoreUnavailableError(f"{self.path}: the generation is being removed: try again")

    def begin(
        self, *, reason: str, from_scratch: bool = False, progress: Progress = silent
    ) -> GenerationWriter:
        """Begin a new generation; use the writer as a context manager.

        :param reason: why, in a few words for the log.
        :param from_scratch: whether to start from nothing and not from the current generation.
        :param progress: told of each small step.
        :raises StoreLockedError: another process is writing.
        """
        return self._begin(reason, None, from_scratch=from_scratch, progress=progress)

    def _begin(
        self, reason: str, target: int | None, *, from_scratch: bool, progress: Progress
    ) -> GenerationWriter:
        """Begin a new generation from the current one, from another, or from nothing."""
        lock = self._lock_writer()
        try:
            self._clean_up(progress)
            current = self.current_id()
            starts_empty = from_scratch or (current is None and target is None)
            return GenerationWriter(
                self.path,
                self.base,
                lock,
                self._move_pointer,
                current=current,
                source=None if starts_empty else self.generation(target),
                is_rollback=target is not None,
                reason=reason,
                progress=progress,
            )
        except BaseException:
            lock.release()
            raise

    def _lock_writer(self) -> FileLock:
        """Take the lock of the one writer, unless this object holds it already."""
        return self._held.again() if self._held else lock_writer(self.path / "writer.lock")

    @contextmanager
    def writing(self, *, progress: Progress = silent) -> Iterator[None]:
        """Keep other writers out while several things are done through this object.

        :raises StoreLockedError: another process is writing.
        """
        self._held = lock_writer(self.path / "writer.lock")
        try:
            self._clean_up(progress)
            yield
        finally:
            self._held.release()
            self._held = None

    @contextmanager
    def publishing(self) -> Iterator[None]:
        """Keep writers out, and leave unfinished work where it is.

        :raises StoreLockedError: another process is writing.
        """
        lock = self._lock_writer()
        try:
            yield
        finally:
            lock.release()

    def publish_part(self, part: Path, *, progress: Progress = silent) -> None:
        """Make ``generations/NNNNNN.part``, all of it on the disk, the current generation."""
        part.rename(part.with_suffix(""))
        fsync_path(self._generations)
        self._move_pointer(int(part.stem), progress)

    def _clean_up(self, progress: Progress) -> None:
        """Remove what writers left that did not come to an end; the writer's lock is held."""
        current = self.current_id() or 0
        finish_exchanges(self._generations, progress)
        for path in sorted(self._generations.iterdir()):
            is_leftover = path.suffix in {".part", ".trash"}
            if is_leftover or (path.name.isdigit() and int(path.name) > current):
                progress(ProgressEvent("cleanup", f"remove {path.name}"))
                durable.remove_unpublished(path)
        for path in self.path.glob("*.tmp"):
            path.unlink()

    def _move_pointer(self, generation_id: int, progress: Progress) -> None:
        """Make a generation the current one."""
        content = f"{generation_id}\n".encode()
        replace_file(self.path / "current", content, progress=progress, phase="pointer")

    def rollback(
        self,
        generation_id: int,
        *,
        reason: str | None = None,
        complete: Callable[[GenerationWriter], object] | None = None,
        progress: Progress = silent,
    ) -> Generation:
        """Publish a new generation with the content of an old one.

        :param complete: is given the prepared writer, to derive what the views show that tokens
            need by now and the old generation does not have. Without it the views stay those of
            the old generation; see :func:`kmgraph.pipeline.republishing.roll_back`.
        :raises GenerationNotFoundError: the store does not hold it.
        """
        why = reason or f"roll back to generation {generation_id}"
        with self._begin(why, generation_id, from_scratch=False, progress=progress) as writer:
            old = self.generation(generation_id)
            if complete is None:
                writer.keep_views()
            writer.prepare()
            if complete is not None:
                complete(writer)
            return writer.publish(counts=old.counts, extra=old.extra)

    def gc(self, keep: int, *, progress: Progress = silent) -> Collected:
        """Remove old generations, but not those that a reader holds.

        :param keep: how many to keep, the current one among them; at least 1.
        :raises ConfigError: ``keep`` is below 1.
        :raises StoreLockedError: another process is writing.
        """
        if keep < 1:
            raise ConfigError(f"at least one generation is kept, not {keep}")
        with self.publishing():
            self._clean_up(progress)
            outcome = {number: self._collect(number) for number in self._published()[:-keep]}
            fsync_path(self._generations)
            self._clean_up(progress)
        removed = tuple(number for number, is_gone in outcome.items() if is_gone)
        return Collected(removed, tuple(n for n, is_gone in outcome.items() if not is_gone))

    def _collect(self, number: int) -> bool:
        """Set a generation aside unless a reader holds it; say whether it was."""
        directory = self._generations / f"{number:06}"
        with suppress(BlockingIOError):
            lock = FileLock(directory / "in-use.lock")
            # In one step, so that a crash leaves no generation that is half there.
            directory.rename(directory.with_suffix(".trash"))
            lock.release()
            return True
        return False

    def digest(self, view: str | None = PUBLIC, generation_id: int | None = None) -> str:
        """Return the canonical hash of a view, computed from what the disk holds.

        It depends on the named graphs and their triples and on nothing else; see
        :mod:`kmgraph.stores.digest`.

        :param view: key of a view; None for the one that shows everything.
        :raises StoreCorruptError: the default graph is not the merge of the named graphs.
        """
        key = self.generation(generation_id).master if view is None else view
        with self.open_view(key, generation_id) as opened:
            digest, is_merge = store_digest(opened._store)
            number = opened.generation.id if isinstance(opened.generation, Generation) else 0
        if not is_merge:
            raise StoreCorruptError(
                f"{self.path}: in generation {number}, view '{key}', the default graph is not the "
                "merge of the named graphs: build the store again"
            )
        return digest
