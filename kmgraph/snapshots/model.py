"""What a snapshot says of itself, in the file ``snapshot.json``."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph.errors import StoreCorruptError

#: Name of the file that describes a snapshot; it is written last.
MANIFEST: Final = "snapshot.json"
#: Name of the file that ``sha256sum -c`` reads.
SUMS: Final = "SHA256SUMS"
FORMAT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class SnapshotFile:
    """One file of a snapshot.

    :ivar name: path below the folder of the snapshot.
    :ivar holds: what it holds, in words.
    :ivar media_type: media type of the content, without its compression.
    :ivar compression: ``gzip``, ``zstd within``, or None.
    :ivar size_bytes: size as it is on the disk.
    :ivar sha256: SHA-256 of its bytes as they are on the disk, in hexadecimal.
    :ivar statements: number of statements, for files of RDF.
    :ivar rows: number of rows, for tables.
    :ivar graph: IRI of the one graph that it holds, or None.
    """

    name: str
    holds: str
    media_type: str
    compression: str | None
    size_bytes: int
    sha256: str
    statements: int | None = None
    rows: int | None = None
    graph: str | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A view of a generation as files.

    :ivar folder: where it is.
    :ivar iri: IRI of the snapshot.
    :ivar generation: id of the generation.
    :ivar view: key of the view.
    :ivar revision: 1, and one more for each time that an earlier one was removed.
    :ivar created: when the generation was published, in ISO 8601.
    :ivar digest: digest of the named graphs of the view.
    :ivar kmgraph: version of kmgraph that wrote it.
    :ivar base: base IRI of the store.
    :ivar citation: how to cite it.
    :ivar statements: number of statements in the named graphs.
    :ivar files: its files, but for the manifest.
    :ivar left_out: what could not be written, and why.
    """

    folder: Path
    iri: str
    generation: int
    view: str
    revision: int
    created: str
    digest: str
    kmgraph: str
    base: str
    citation: str
    statements: int
    files: tuple[SnapshotFile, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the manifest as plain values; it does not say where the folder is."""
        facts = asdict(self)
        del facts["folder"]
        return {"format_version": FORMAT_VERSION, **facts}

    def to_json(self) -> bytes:
        """Return the content of the manifest."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False).encode() + b"\n"

    def file(self, name: str) -> SnapshotFile:
        """Return a file by its name.

        :raises KeyError: the snapshot has no such file.
        """
        for found in self.files:
            if found.name == name:
                return found
        raise KeyError(name)

    def is_whole(self) -> bool:
        """Say whether each file is there in its full size; :meth:`damaged` looks closer."""
        sizes = {file.name: file.size_bytes for file in self.files}
        places = {name: self.folder / name for name in sizes}
        return all(path.is_file() for path in places.values()) and all(
            path.stat().st_size == sizes[name] for name, path in places.items()
        )

    def damaged(self) -> list[str]:
        """Return the names of files that are missing or whose SHA-256 is another."""
        return [
            file.name
            for file in self.files
            if not (self.folder / file.name).is_file()
            or sha256_of(self.folder / file.name) != file.sha256
        ]


def read_snapshot(folder: str | Path) -> Snapshot | None:
    """Return the snapshot in a folder; None where there is none.

    :raises StoreCorruptError: there is a manifest that cannot be read.

    >>> read_snapshot("/nowhere/at/all") is None
    True
    """
    place = Path(folder)
    try:
        facts = json.loads((place / MANIFEST).read_bytes())
        if facts.pop("format_version") != FORMAT_VERSION:
            raise ValueError("another release of kmgraph wrote it")
        facts["files"] = tuple(SnapshotFile(**file) for file in facts["files"])
        facts["left_out"] = tuple(facts["left_out"])
        return Snapshot(folder=place, **facts)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreCorruptError(
            f"{place / MANIFEST} cannot be read ({error}): remove the folder and write the "
            "snapshot again"
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    >>> sha256_of(Path("/dev/null"))[:8]
    'e3b0c442'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
