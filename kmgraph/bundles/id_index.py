"""Which sheet each id of a bundle belongs to, in eight bytes an id.

An id is kept as a number of 64 bits: a hash of 58 bits, and the sheet in the other six. The numbers
are sorted, so an id is found by bisection, many at a time. Two ids of a bundle of ten million have
the same hash once in some six thousand bundles; then, as where an id stands twice, the ids
themselves are compared. That an id which is not there looks as if it were happens once in thirty
thousand million such mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]
    Sheets = NDArray[np.int64]

#: Ids longer than this are kept as they are.
LONGEST_HASHED: Final = 96
#: In place of a sheet: ask for the id itself.
ASK: Final = 63
_SHEET_BITS: Final = 63
_MULTIPLIERS: Final = (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53)
_WORD_BYTES: Final = 8
_ALL_BITS: Final = 2**64 - 1


def is_hashed(text: str) -> bool:
    """Return whether an id is kept as a hash: plain and not too long.

    >>> is_hashed("S1"), is_hashed("é"), is_hashed("x" * 200)
    (True, False, False)
    """
    return text.isascii() and "\0" not in text and len(text) <= LONGEST_HASHED


def hash_ids(ids: Sequence[str]) -> Keys:
    """Return the hashes of ids, each of which is one that is hashed; the lowest six bits are 0.

    >>> [int(key) & 63 for key in hash_ids(["S1", "a-longer-id"])]
    [0, 0]
    >>> int(hash_ids(["S1"])[0]) == int(hash_ids(["a-longer-id", "S1"])[1])
    True
    """
    import numpy as np

    texts = np.array(ids, dtype="S")
    words = -(-max(texts.dtype.itemsize, 1) // _WORD_BYTES)
    table = texts.astype(f"S{words * _WORD_BYTES}").view("<u8").reshape(len(ids), words)
    first, second = (np.uint64(number) for number in _MULTIPLIERS)
    shift = np.uint64(32)
    total = np.zeros(len(ids), dtype=np.uint64)
    for number in range(words):
        word = table[:, number]
        mixed = (total ^ word) * first
        mixed ^= mixed >> shift
        mixed *= second
        mixed ^= mixed >> shift
        # A shorter id has no such word, and its hash is not to depend on the others.
        total = np.where(word == 0, total, mixed) if number else mixed
    return _without_sheets(total)


class IdIndex:
    """The ids of a bundle, by hash.

    :param keys: hashes with their sheets, sorted.
    :ivar exact: id to the number of its sheet, of those that are not told by their hash.
    :ivar asks: whether any of the ids that are hashed is to be asked for as it is.
    """

    def __init__(self, keys: Keys, *, asks: bool = False) -> None:
        import numpy as np

        self.keys, self.asks = keys, asks
        self.exact: dict[str, int] = {}
        # As many buckets as half the keys, by the highest bits; a bucket is read from its start.
        bits = max((len(keys) // 2).bit_length(), 1)
        self._shift = np.uint64(64 - bits)
        edges = np.arange(1 << bits, dtype=np.uint64) << self._shift
        self._starts = np.searchsorted(keys, edges).astype(np.uint32)

    @classmethod
    def of(cls, arrays: list[Keys]) -> IdIndex:
        """Return the index of all keys; ``arrays`` is emptied on the way to save memory."""
        import numpy as np

        keys = np.empty(sum(len(array) for array in arrays), dtype=np.uint64)
        end = len(keys)
        while arrays:
            array = arrays.pop()
            keys[end - len(array) : end] = array
            end -= len(array)
        keys.sort()
        return cls(keys)

    def shared_hashes(self) -> set[int]:
        """Return the hashes that occur more than once: of ids that stand twice, or by chance."""
        hashes = _without_sheets(self.keys)
        return {int(key) for key in hashes[1:][hashes[1:] == hashes[:-1]]}

    def ask_for(self, hashes: set[int]) -> None:
        """Let ids of these hashes be asked for as they are."""
        import numpy as np

        if hashes:
            asked = np.isin(_without_sheets(self.keys), np.array(sorted(hashes), dtype=np.uint64))
            self.keys[asked] |= np.uint64(ASK)
            self.asks = True

    def sheets(self, hashes: Keys) -> Sheets:
        """Return the number of the sheet of each hash: -1 for none, or :data:`ASK`."""
        import numpy as np

        found = np.full(len(hashes), -1, dtype=np.int64)
        places = self._starts[(hashes >> self._shift).astype(np.int64)].astype(np.int64)
        left = np.arange(len(hashes))
        while len(left):
            is_inside = places < len(self.keys)
            left, places, hashes = left[is_inside], places[is_inside], hashes[is_inside]
            keys = self.keys[places]
            is_it = (keys ^ hashes) <= np.uint64(_SHEET_BITS)
            found[left[is_it]] = (keys[is_it] & np.uint64(_SHEET_BITS)).astype(np.int64)
            further = ~is_it & (keys < hashes)
            left, places, hashes = left[further], places[further] + 1, hashes[further]
        return found

    def get(self, record_id: str) -> int | None:
        """Return the number of the sheet of an id, or None where there is no such id.

        >>> index = IdIndex.of([keyed(["S1"], 4)])
        >>> index.get("S1"), index.get("S2")
        (4, None)
        """
        exact = self.exact.get(record_id)
        if exact is not None:
            return exact
        if not is_hashed(record_id):
            return None
        wanted = _hash_one(record_id)
        place = int(self._starts[wanted >> int(self._shift)])
        while place < len(self.keys):
            key = int(self.keys[place])
            if key >= wanted:
                is_it = key ^ wanted < ASK
                return key & _SHEET_BITS if is_it else None
            place += 1
        return None


def _hash_one(record_id: str) -> int:
    """Return the hash of one id, which takes less time without arrays.

    >>> _hash_one("a-longer-id") == int(hash_ids(["a-longer-id"])[0])
    True
    """
    first, second = _MULTIPLIERS
    content, total = record_id.encode(), 0
    for start in range(0, len(content), _WORD_BYTES):
        word = int.from_bytes(content[start : start + _WORD_BYTES], "little")
        total = (total ^ word) * first & _ALL_BITS
        total = (total ^ total >> 32) * second & _ALL_BITS
        total ^= total >> 32
    return total & ~_SHEET_BITS


def _without_sheets(keys: Keys) -> Keys:
    """Return the hashes of keys."""
    import numpy as np

    hashes: Keys = keys & np.uint64(_ALL_BITS ^ _SHEET_BITS)
    return hashes


def keyed(ids: Sequence[str], sheet: int) -> Keys:
    """Return the keys of ids of one sheet.

    >>> [int(key) & 63 for key in keyed(["S1"], 4)]
    [4]
    """
    import numpy as np

    keys: Keys = hash_ids(ids) | np.uint64(sheet)
    return keys
