"""Lines of which each is to be kept once, however many they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

#: Lines that are held in memory before they are spread over files.
HELD_LINES: Final = 200_000
#: Files that lines are spread over by what they are, each small enough to be held.
_FILES: Final = 64


class DistinctLines:
    """Collects lines in memory, and beyond a number of them in files.

    :param directory: an empty folder for the files; it is made where it is needed.

    >>> lines = DistinctLines(Path("unused"))
    >>> lines.add(b"a\\n"), lines.add(b"a\\n"), list(lines.all())
    (None, None, [{b'a\\n'}])
    """

    def __init__(self, directory: Path, *, held: int = HELD_LINES) -> None:
        self._directory, self._limit = directory, held
        self._held: set[bytes] = set()
        self._files: list[BinaryIO] = []

    def add(self, line: bytes) -> None:
        """Add a line, which ends with a newline."""
        self._held.add(line)
        if len(self._held) > self._limit:
            self._spread()

    def _spread(self) -> None:
        """Write what is held to the files."""
        if not self._files:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._files = [(self._directory / f"{n}").open("w+b") for n in range(_FILES)]
        parts: list[list[bytes]] = [[] for _ in self._files]
        for line in self._held:
            parts[hash(line) % _FILES].append(line)
        for file, part in zip(self._files, parts, strict=True):
            file.writelines(part)
        self._held.clear()

    def all(self) -> Iterator[set[bytes]]:
        """Yield the lines, each once, some at a time; nothing is held afterwards."""
        if not self._files:
            yield self._held
            return
        self._spread()
        for number, file in enumerate(self._files):
            file.seek(0)
            yield set(file)
            file.close()
            (self._directory / f"{number}").unlink()
        self._files = []
