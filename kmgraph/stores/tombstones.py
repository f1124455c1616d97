"""What was erased from a store, without saying what it was.

``tombstones.json`` holds a random salt and the SHA-256 of the salt and each erased IRI. Whoever
asks about an IRI can be told that it was erased, and nobody can read from the file what that IRI
was. What lies below an erased IRI, such as ``IRI/quote``, is erased with it. To find an IRI within
a text, the file has also the schemes of the erased ones and a length that none exceeds.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import GoneError, StoreCorruptError
from kmgraph.stores.durable import fsync_path, replace_private_file
from kmgraph.stores.embedded_iris import beginnings, canonical, scheme_of
from kmgraph.stores.views import visible_in

TOMBSTONES_FILE: Final = "tombstones.json"
LOG_FILE: Final = "erasures.jsonl"
_SALT_BYTES: Final = 32
#: Digits of a digest that stand for an erasure in the log.
_LOG_ID_DIGITS: Final = 16
#: Where an IRI can be cut so that something lies below it; not within ``https://``.
_CUT: Final = re.compile(r"(?<![:/])[/#]")
#: The greatest length is kept in steps of so many characters, which tell less of an IRI.
_STEP: Final = 64
#: Characters of a text that an error shows.
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erased IRI.

    :ivar digest: SHA-256 of the salt and the IRI, in hexadecimal.
    :ivar erased: when it was erased, in ISO 8601 with the offset from UTC.
    :ivar visibilities: visibilities of the graphs that named it; others learn nothing of it.
    :ivar is_finished: whether it was erased from all generations.
    :ivar texts: number of texts that were erased with it. They are kept nowhere, and have to be
        given again to finish, or to erase them from a backup.
    :ivar finished: when it was last erased from all generations, in ISO 8601; empty where that is
        not so or not known.
    """

    digest: str
    erased: str
    visibilities: tuple[str, ...] = ()
    is_finished: bool = False
    texts: int = 0
    finished: str = ""

    @property
    def log_id(self) -> str:
        """Return what stands for the erasure in the log."""
        return self.digest[:_LOG_ID_DIGITS]


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The tombstones of a store as its file has them.

    :ivar salt: the salt in hexadecimal; empty where nothing was erased yet.
    :ivar stones: digest to tombstone.
    :ivar schemes: schemes of the erased IRIs.
    :ivar longest: a length that no erased IRI exceeds.

    >>> stones = Tombstones().with_erased(["https://x.org/person/P1"], ["public"])
    >>> stones.is_gone("https://x.org/person/P1/quote"), stones.is_gone("https://x.org/person/P10")
    (True, False)
    """

    salt: str = ""
    stones: dict[str, Tombstone] = field(default_factory=dict)
    schemes: tuple[str, ...] = ()
    longest: int = 0

    @classmethod
    def of(cls, store_path: Path) -> Tombstones:
        """Return the tombstones of a store.

        The file is read again only after it has changed.

        :param store_path: folder of the store.
        :raises StoreCorruptError: the file is not as kmgraph writes it.

        >>> len(Tombstones.of(Path("/nowhere")))
        0
        """
        path = store_path / TOMBSTONES_FILE
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        return _read(path, (found.st_mtime_ns, found.st_size, found.st_ino))

    def __len__(self) -> int:
        """Return the number of erased IRIs."""
        return len(self.stones)

    @property
    def unfinished(self) -> tuple[Tombstone, ...]:
        """Return those that older generations may still name."""
        return tuple(stone for stone in self.stones.values() if not stone.is_finished)

    def find(self, iri: str, *, view: str | None = None) -> Tombstone | None:
        """Return the tombstone of an IRI or of what it lies below, or None.

        :param view: key of a view; what none of its graphs named is not told. None tells all.
        """
        if not self.stones:
            return None
        for part in lineage(iri):
            stone = self.stones.get(self._digest(part))
            if stone and (view is None or visible_in(view) & set(stone.visibilities)):
                return stone
        return None

    def is_gone(self, iri: str, *, view: str | None = None) -> bool:
        """Say whether an IRI, or what it lies below, was erased.

        :param view: key of a view; what none of its graphs named is not told. None tells all.
        """
        return self.find(iri, view=view) is not None

    def named_in(self, text: str, *, is_iri: bool = False) -> Tombstone | None:
        """Return the tombstone of an erased IRI that stands anywhere in a text, or None.

        :param is_iri: whether the text is an IRI, which may hold another or lie below it.

        >>> stones = Tombstones().with_erased(["https://x.org/P1"], ["public"])
        >>> bool(stones.named_in("source:https://x.org/P1's page"))
        True
        >>> bool(stones.named_in("https://y.org/?of=https%3A%2F%2Fx.org%2FP1", is_iri=True))
        True
        >>> bool(stones.named_in("see https://x.org/P1.2"))
        False
        """
        for pieces in beginnings(text, self.schemes, self.longest, is_iri=is_iri):
            digest = hashlib.sha256(bytes.fromhex(self.salt))
            for piece in pieces:
                digest.update(piece.encode())
                stone = self.stones.get(digest.hexdigest())
                if stone:
                    return stone
        return None

    def named_by(self, term: Any) -> Tombstone | None:
        """Return the tombstone of an erased IRI that an RDF term names or holds, or None.

        >>> stones = Tombstones().with_erased(["https://x.org/P1"], ["public"])
        >>> bool(stones.named_by(ox.Literal("x", datatype=ox.NamedNode("https://x.org/P1"))))
        True
        """
        if isinstance(term, ox.NamedNode):
            return self.named_in(term.value, is_iri=True)
        if isinstance(term, ox.Literal):
            return self.named_in(term.value) or self.named_by(term.datatype)
        if isinstance(term, ox.Triple):
            return next(filter(None, map(self.named_by, term)), None)
        return None

    def _digest(self, iri: str) -> str:
        """Return what stands for an IRI."""
        return hashlib.sha256(bytes.fromhex(self.salt) + canonical(iri).encode()).hexdigest()

    def with_erased(
        self, iris: Iterable[str], visibilities: Iterable[str], *, texts: int = 0
    ) -> Tombstones:
        """Return the tombstones with further ones, which are not finished yet.

        :param visibilities: visibilities of the graphs that name the IRIs.
        :param texts: number of texts that are erased with the first of them.
        """
        salted = replace(self, salt=self.salt or secrets.token_bytes(_SALT_BYTES).hex())
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        stones = dict(self.stones)
        schemes, longest = set(self.schemes), self.longest
        for iri in iris:
            whole = canonical(next(lineage(iri)))
            schemes.add(scheme_of(whole))
            longest = max(longest, -(-len(whole) // _STEP) * _STEP)
            digest = salted._digest(whole)
            old = stones.get(digest) or Tombstone(digest, now, is_finished=True)
            # An interrupted erasure that is asked for again has the same texts.
            number = old.texts + texts if old.is_finished else max(old.texts, texts)
            seen = tuple(sorted({*visibilities, *old.visibilities}))
            stones[digest] = Tombstone(digest, old.erased, seen, texts=number)
            texts = 0
        return replace(salted, stones=stones, schemes=tuple(sorted(schemes)), longest=longest)

    def with_all_finished(self) -> Tombstones:
        """Return the tombstones after all generations were swept."""
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        stones = {
            d: s if s.is_finished else replace(s, is_finished=True, finished=now)
            for d, s in self.stones.items()
        }
        return replace(self, stones=stones)

    def last_erasure(self, view: str) -> str:
        """Return when something was last erased that a view showed, in ISO 8601, else nothing.

        :param view: key of the view.

        >>> stones = Tombstones().with_erased(["https://x.org/P1"], ["team"]).with_all_finished()
        >>> bool(stones.last_erasure("public+team")), stones.last_erasure("public")
        (True, '')
        """
        shown = visible_in(view)
        seen = [stone for stone in self.stones.values() if shown & set(stone.visibilities)]
        times = (stone.finished or stone.erased for stone in seen)
        return max(times, key=dt.datetime.fromisoformat, default="")

    def save(self, store_path: Path) -> None:
        """Write the tombstones to their store, so that a crash leaves the old or the new ones."""
        content = {
            "salt": self.salt,
            "schemes": self.schemes,
            "longest": self.longest,
            "erased": [asdict(s) for s in self.stones.values()],
        }
        encoded = json.dumps(content, indent=1).encode() + b"\n"
        replace_private_file(store_path / TOMBSTONES_FILE, encoded)


@functools.lru_cache(maxsize=8)
def _read(path: Path, signature: tuple[int, int, int]) -> Tombstones:
    """Return the content of a file; the signature tells versions of it apart."""
    try:
        content = json.loads(path.read_bytes())
        stones = [
            Tombstone(**{**stone, "visibilities": tuple(stone["visibilities"])})
            for stone in content["erased"]
        ]
        bytes.fromhex(content["salt"])
        by_digest = {stone.digest: stone for stone in stones}
        schemes, longest = tuple(content["schemes"]), int(content["longest"])
        return Tombstones(content["salt"], by_digest, schemes, longest)
    except (ValueError, KeyError, TypeError) as error:
        raise StoreCorruptError(
            f"{path}: what was erased cannot be read ({error}): take the file from a backup; "
            "without it, erased records could come back"
        ) from error


def lineage(iri: str) -> Iterator[str]:
    """Yield an IRI without a slash at its end, and the IRIs that it lies below, longest first.

    >>> list(lineage("https://x.org/person/P1#name"))
    ['https://x.org/person/P1#name', 'https://x.org/person/P1', 'https://x.org/person', \
'https://x.org']
    """
    whole = iri.rstrip("/#")
    yield whole
    for cut in reversed([match.start() for match in _CUT.finditer(whole)]):
        yield whole[:cut]


def refuse_gone(store_path: Path, iris: Iterable[str]) -> None:
    """Raise where an IRI that is to be written names what was erased.

    :param store_path: folder of the store.
    :param iris: IRIs that are to be written.
    :raises GoneError: names the first of them; it is told to its writer only and never logged.

    >>> refuse_gone(Path("/nowhere"), ["https://x.org/person/P1"])
    """
    stones = Tombstones.of(store_path)
    for iri in iris if stones else ():
        if stones.named_in(iri, is_iri=True):
            raise gone(iri)


def gone(named: str) -> GoneError:
    """Return the error that says that something was erased.

    >>> str(gone("https://x.org/P1")).partition(":")[2].partition(":")[0]
    '//x.org/P1'
    """
    shown = named if len(named) <= _SHOWN else f"{named[:_SHOWN]}..."
    return GoneError(
        f"{shown}: this was erased from the store and cannot be written again: "
        "leave it out, or use another IRI"
    )


def append_to_log(store_path: Path, entry: dict[str, Any]) -> None:
    """Add a line to the log of erasures."""
    with (store_path / LOG_FILE).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry, ensure_ascii=False) + "\n")
        log.flush()
        fsync_path(store_path / LOG_FILE)
    fsync_path(store_path)
