"""What each measured system offers, and how answers of all of them are compared."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

#: A row of an answer: the texts of its terms, numbers rounded; empty where there is no value.
Row = tuple[str, ...]


class Peer(Protocol):
    """A system that holds a graph and answers queries.

    :ivar studies_at_most: it is not tried with more studies, because it takes too long.
    """

    studies_at_most: int

    def missing(self) -> str:
        """Return why it cannot be run here; empty where it can."""

    def version(self) -> str:
        """Return its version."""

    def load(self, data: Path, folder: Path) -> float | None:
        """Load a file of N-Triples.

        :param folder: an empty folder for its files.
        :returns: seconds of loading, where more was done than that; otherwise nothing.
        """

    def query(self, text: str) -> list[Row]:
        """Answer a query, and consume the whole answer: sorted rows, or triples as rows."""

    def close(self) -> None:
        """Let go of the data, and end what was started."""


def package_missing(package: str) -> str:
    """Return that a package is missing, or nothing."""
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return f"not installed: pip install {package}"
    return ""


def program(name: str) -> str | None:
    """Return the path of a program: beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def normal(value: Any) -> str:
    """Return the text of a term such that equal answers are equal texts.

    >>> normal("0.50"), normal("5e-1"), normal(None), normal("S1"), normal("1")
    ('0.5', '0.5', '', 'S1', '1')
    """
    text = "" if value is None else str(value)
    if not text or not (text[0].isdigit() or text[0] in "+-."):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return f"{float(number):.6g}" if number.is_finite() else text


def sorted_rows(rows: Iterable[Iterable[Any]]) -> list[Row]:
    """Return rows whose terms are comparable texts, in order."""
    return sorted(tuple(normal(value) for value in row) for row in rows)
