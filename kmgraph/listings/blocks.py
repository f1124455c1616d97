"""Entries in order, in blocks, so that any page of a long list is read by a few look-ups.

An entry is one line: its keys, which it is ordered by, then the IRI of what is listed, separated
by tabs. A block is some hundreds of entries. A directory says how many entries each block has.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

#: Most entries of a block when a list is built; one that grows beyond twice that is split.
BLOCK_ENTRIES: Final = 256


def entry(keys: Iterable[str], iri: str) -> str:
    r"""Return the line of an entry.

    >>> entry(["Falls\tclinic", ""], "urn:a")
    'Falls clinic\t\turn:a'
    """
    return "\t".join([*(" ".join(key.split()) for key in keys), iri])


def iri_of(line: str) -> str:
    r"""Return the IRI of an entry.

    >>> iri_of("Falls\turn:a")
    'urn:a'
    """
    return line.rpartition("\t")[2]


def rank(line: str) -> list[str]:
    """Return what an entry is ordered by: its keys, one after the other, then its IRI."""
    return line.split("\t")


@dataclass(slots=True)
class Blocks:
    """A list of entries in blocks, read and changed a block at a time.

    :ivar counts: number of a block to the number of its entries, in the order of the entries.
    :ivar read: gives the entries of a block that was not changed yet.
    :ivar changed: number of a block to its new entries; an empty one is to go.
    """

    counts: dict[int, int]
    read: Callable[[int], list[str]]
    changed: dict[int, list[str]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return the number of entries."""
        return sum(self.counts.values())

    def page(self, start: int, size: int) -> list[str]:
        """Return some entries.

        :param start: how many to pass over.
        :param size: how many to return, if there are as many.
        """
        found: list[str] = []
        passed = 0
        for number, count in self.counts.items():
            if passed + count > start:
                lines = self._lines(number)
                found += lines[max(0, start - passed) :]
                if len(found) >= size:
                    break
            passed += count
        return found[:size]

    def add(self, line: str) -> None:
        """Put an entry in its place; one that is there already stays as it is."""
        number = self._block_for(line)
        lines = list(self._lines(number)) if number in self.counts else []
        place = bisect_left(lines, rank(line), key=rank)
        if place < len(lines) and lines[place] == line:
            return
        lines.insert(place, line)
        self._put(number, lines)

    def remove(self, line: str) -> None:
        """Take an entry out; one that is not there is passed over."""
        if not self.counts:
            return
        number = self._block_for(line)
        lines = list(self._lines(number))
        if line in lines:
            lines.remove(line)
            self._put(number, lines)

    def _lines(self, number: int) -> list[str]:
        """Return the entries of a block as they now are."""
        found = self.changed.get(number)
        return self.read(number) if found is None else found

    def _block_for(self, line: str) -> int:
        """Return the last block that begins at an entry or before it, else the first."""
        numbers = list(self.counts)
        low, high = 0, len(numbers) - 1
        while low < high:
            middle = (low + high + 1) // 2
            if rank(self._lines(numbers[middle])[0]) <= rank(line):
                low = middle
            else:
                high = middle - 1
        return numbers[low] if numbers else 0

    def _put(self, number: int, lines: list[str]) -> None:
        """Give a block its new entries, split where they are too many."""
        self.changed[number] = lines
        if not lines:
            del self.counts[number]
            return
        self.counts[number] = len(lines)
        if len(lines) <= 2 * BLOCK_ENTRIES:
            return
        new = max(set(self.counts) | set(self.changed)) + 1
        half = len(lines) // 2
        self.changed[number], self.changed[new] = lines[:half], lines[half:]
        counts = list(self.counts.items())
        self.counts.clear()
        for other, count in counts:
            self.counts[other] = half if other == number else count
            if other == number:
                self.counts[new] = len(lines) - half


def in_blocks(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield entries, which are in order, a block at a time.

    >>> [len(block) for block in in_blocks(["urn:a"] * 300)]
    [256, 44]
    """
    for start in range(0, len(lines), BLOCK_ENTRIES):
        yield lines[start : start + BLOCK_ENTRIES]


def counts_text(counts: Iterable[tuple[int, int]]) -> str:
    """Return a directory as text.

    >>> counts_text([(0, 256), (2, 44)])
    '0:256 2:44'
    """
    return " ".join(f"{number}:{count}" for number, count in counts)


def read_counts(text: str) -> dict[int, int]:
    """Return the directory that a text holds.

    >>> read_counts("0:256 2:44")
    {0: 256, 2: 44}
    """
    pairs = (item.split(":") for item in text.split())
    return {int(number): int(count) for number, count in pairs}
