"""Take the words of passages from the reader's own copies of the documents.

No words of a document are shipped; a copy is used only if it is byte for byte the text version
that the line numbers belong to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kmgraph.errors import InputError


class QuoteFinder:
    """Finds the lines of passages in a folder of documents.

    :param directory: folder with the reader's copies, whatever their names.
    :param hashes: document id to the SHA-256 of its text version.
    :ivar missing: ids of the documents of which no copy was found.
    :ivar beyond: ids of passages whose lines lie beyond the end of the copy.
    :raises InputError: the folder does not exist.
    """

    def __init__(self, directory: Path, hashes: Mapping[str, str]) -> None:
        if not directory.is_dir():
            raise InputError(f"there is no folder {directory} to take documents from")
        found = {}
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                found[hashlib.sha256(content).hexdigest()] = content
        self._lines = {
            document: found[digest].decode("utf-8", "replace").split("\n")
            for document, digest in hashes.items()
            if digest in found
        }
        self.beyond: list[str] = []
        self.missing = sorted(doc for doc, digest in hashes.items() if digest not in found)

    def __call__(self, passage: Mapping[str, Any]) -> str | None:
        """Return the words of a passage, its lines joined by spaces, or None."""
        lines = self._lines.get(passage.get("document") or "")
        first = passage.get("line_from")
        if lines is None or first is None:
            return None
        last = passage.get("line_to") or first
        if last > len(lines):
            self.beyond.append(str(passage.get("id")))
            return None
        words = " ".join(line.strip() for line in lines[first - 1 : last] if line.strip())
        return words or None
