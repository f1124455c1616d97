"""Take in a bundle that was uploaded: an archive of a folder, a workbook, JSON, or tables.

Nothing of an upload is trusted: not its names, not the sizes it states, not how far it unpacks.
"""

from __future__ import annotations

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final, Protocol

from kmgraph_server.errors import MalformedRequestError, PayloadError, UnsupportedMediaTypeError

#: Endings of the files that hold tables of a bundle, and of those that hold a whole one.
_TABLES: Final = frozenset({".csv", ".jsonl", ".parquet"})
_BOOKS: Final = frozenset({".xlsx", ".xlsm"})
_WHOLE: Final = _BOOKS | {".json"}
_ARCHIVE: Final = ".zip"
_ACCEPTED: Final = (
    "a ZIP archive of the folder of a bundle",
    "an .xlsx workbook",
    "a .json file",
    "its .csv files",
)
#: Most files in an upload; a bundle has fewer than fifty tables.
_MOST_FILES: Final = 500
#: A file that unpacks to more than so many times its size is none that people made.
_MOST_RATIO: Final = 250
#: Below this size the ratio says nothing.
_RATIO_ABOVE_BYTES: Final = 1_000_000
_CHUNK_BYTES: Final = 1 << 16
_LONGEST_NAME: Final = 80
#: What programs put into archives for themselves.
_NOISE: Final = re.compile(r"(^|/)(__MACOSX(/|$)|\.|Thumbs\.db$)")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_ENCRYPTED: Final = 0x1
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Sent(Protocol):
    """A file as a form brings it."""

    filename: str | None
    stream: IO[bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """An upload that lies in a folder.

    :ivar bundle: folder or file of the bundle.
    :ivar name: what to call it.
    :ivar passed_over: names of files in it that hold no table.
    """

    bundle: Path
    name: str
    passed_over: tuple[str, ...] = ()


def safe_name(name: str, default: str = "bundle") -> str:
    """Return a file name in which nothing leads elsewhere.

    >>> safe_name("../../etc/my studies.csv"), safe_name("..")
    ('my-studies.csv', 'bundle')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return _UNSAFE.sub("-", last).strip(".-")[-_LONGEST_NAME:] or default


def take(files: Sequence[Sent], folder: Path, *, limit_bytes: int) -> Taken:
    """Put an uploaded bundle into a folder.

    :param files: the files of a form; fields that were left empty count as none.
    :param folder: an empty folder of its own.
    :param limit_bytes: most bytes of all files together, once they are unpacked.
    :raises MalformedRequestError: there is no file, or an archive is damaged or leads elsewhere.
    :raises UnsupportedMediaTypeError: a file is of a kind that no bundle has.
    :raises PayloadError: it unpacks to more than it may.
    """
    given = [one for one in files if one.filename]
    if not given:
        raise MalformedRequestError(f"no file was sent: send {', or '.join(_ACCEPTED)}")
    if len(given) > _MOST_FILES:
        raise PayloadError(f"an upload may have {_MOST_FILES} files")
    names = [safe_name(one.filename or "") for one in given]
    endings = [Path(name).suffix.lower() for name in names]
    budget = _Budget(limit_bytes)
    if len(given) == 1 and endings[0] == _ARCHIVE:
        return _unpack(given[0].stream, names[0].removesuffix(_ARCHIVE), folder, budget)
    if len(given) == 1 and endings[0] in _WHOLE:
        path = folder / names[0]
        _copy(given[0].stream, path, budget)
        if endings[0] in _BOOKS:
            _judge_workbook(path, limit_bytes)
        return Taken(path, names[0])
    if not set(endings) <= _TABLES:
        raise UnsupportedMediaTypeError("a file is none that a bundle has", _ACCEPTED)
    place = folder / "bundle"
    place.mkdir()
    for one, name in zip(given, names, strict=True):
        if (place / name).exists():
            raise MalformedRequestError(f"two files are called {name}")
        _copy(one.stream, place / name, budget)
    return Taken(place, names[0] if len(names) == 1 else f"{len(names)} tables")


class _Budget:
    """How many bytes may still be written."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = self._left = limit_bytes

    def take(self, number: int) -> None:
        """Take some bytes.

        :raises PayloadError: there are not so many left.
        """
        self._left -= number
        if self._left < 0:
            raise _too_large(self._limit_bytes)


def _too_large(limit_bytes: int) -> PayloadError:
    """Return the error for an upload that is too large once it is unpacked."""
    return PayloadError(
        f"the upload unpacks to more than {limit_bytes:,} bytes, which is the most that is taken: "
        "build it with 'kmgraph build' on the machine that has the store"
    )


def _copy(source: IO[bytes], target: Path, budget: _Budget) -> None:
    """Write a file, as far as there is room for it."""
    with target.open("xb") as output:
        while chunk := source.read(_CHUNK_BYTES):
            budget.take(len(chunk))
            output.write(chunk)


def _unpack(stream: IO[bytes], name: str, folder: Path, budget: _Budget) -> Taken:
    """Unpack the tables of an archive into a folder; everything else is passed over."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = _members(archive, budget._limit_bytes)
            wanted, others = _chosen(members)
            place = folder / safe_name(name)
            place.mkdir()
            for member in wanted:
                with archive.open(member) as source:
                    _copy(source, place / safe_name(member.filename), budget)
    except FileExistsError:
        raise MalformedRequestError("two files of the archive have the same name") from None
    except _DAMAGED as error:
        raise MalformedRequestError(
            "the archive cannot be unpacked: it is damaged, cut short or locked by a password"
        ) from error
    passed_over = tuple(sorted(safe_name(one.filename) for one in others))
    found = sorted(place.iterdir())
    if found[0].suffix.lower() in _WHOLE:
        if found[0].suffix.lower() in _BOOKS:
            _judge_workbook(found[0], budget._limit_bytes)
        return Taken(found[0], found[0].name, passed_over)
    return Taken(place, place.name, passed_over)


def _members(archive: zipfile.ZipFile, limit_bytes: int) -> list[zipfile.ZipInfo]:
    """Return the files of an archive, if all of them are harmless.

    :raises MalformedRequestError: one leads out of the archive, or is a link.
    :raises PayloadError: they are too many or too large, or unpack to too many times their size.
    """
    members = archive.infolist()
    if len(members) > _MOST_FILES:
        raise PayloadError(f"an archive may have {_MOST_FILES} files")
    for member in members:
        _refuse_astray(member)
    _judge_sizes(members, limit_bytes)
    return [one for one in members if not one.is_dir() and not _NOISE.search(one.filename)]


def _refuse_astray(member: zipfile.ZipInfo) -> None:
    """Raise where a member of an archive is more than a file below its folder."""
    # As it was written: the module cuts the name at a null character.
    name = member.orig_filename.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
        raise MalformedRequestError(
            "a file of the archive leads out of it: make the archive anew from the folder"
        )
    mode = member.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and stat.S_IFMT(mode):
        raise MalformedRequestError("the archive holds a link or a device: files alone are taken")
    if member.flag_bits & _ENCRYPTED:
        raise MalformedRequestError("the archive is locked by a password: send it without one")


def _judge_sizes(members: Sequence[zipfile.ZipInfo], limit_bytes: int) -> None:
    """Raise where members of an archive state sizes that are not taken."""
    if sum(one.file_size for one in members) > limit_bytes:
        raise _too_large(limit_bytes)
    for one in members:
        is_large = one.file_size > _RATIO_ABOVE_BYTES
        if is_large and one.file_size > _MOST_RATIO * max(one.compress_size, 1):
            raise PayloadError(
                f"a file of the archive unpacks to more than {_MOST_RATIO} times its size, which "
                "no table does"
            )


def _chosen(
    members: Sequence[zipfile.ZipInfo],
) -> tuple[list[zipfile.ZipInfo], list[zipfile.ZipInfo]]:
    """Return the files that make up the bundle, and the others.

    :raises MalformedRequestError: there is no bundle in the archive, or more than one.
    """
    tables = [one for one in members if Path(one.filename).suffix.lower() in _TABLES]
    whole = [one for one in members if Path(one.filename).suffix.lower() in _WHOLE]
    wanted = tables or whole[:1]
    if not wanted:
        raise MalformedRequestError(
            "the archive holds no table: put the .csv files of the bundle into it"
        )
    folders = {PurePosixPath(one.filename).parent for one in tables}
    if len(folders) > 1 or (not tables and len(whole) > 1):
        raise MalformedRequestError(
            "the archive holds more than one bundle: send one folder at a time"
        )
    return wanted, [one for one in members if one not in wanted]


def _judge_workbook(path: Path, limit_bytes: int) -> None:
    """Raise where a workbook, which is an archive too, unpacks to too much.

    :raises PayloadError: it does. A damaged one is left to the check of the bundle.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _judge_sizes(archive.infolist(), limit_bytes)
    except _DAMAGED:
        return


def discard(folder: Path) -> None:
    """Remove what was taken in.

    >>> discard(Path("/nowhere/at/all"))
    """
    shutil.rmtree(folder, ignore_errors=True)
