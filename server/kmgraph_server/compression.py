"""Content codings of answers: gzip, and zstd where the interpreter or a package has it.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1, https://www.rfc-editor.org/rfc/rfc9659
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import IO, Final, Protocol, cast

from flask import Response

from kmgraph_server.conditions import CODINGS

#: Shorter bodies gain nothing by it.
SHORTEST_BYTES: Final = 500
_GZIP_LEVEL: Final = 5
_ZSTD_LEVEL: Final = 3
#: Makes zlib write gzip, without a time, so that equal bodies have equal bytes.
_GZIP_WINDOW: Final = 31
_CHUNK_BYTES: Final = 65_536
#: Bodies up to this size stay in memory.
_IN_MEMORY_BYTES: Final = 1_000_000
_TEXTUAL: Final = ("json", "xml", "javascript", "yaml", "n-triples", "n-quads", "trig", "turtle")


class _Compressor(Protocol):
    """Compresses in parts."""

    def compress(self, data: bytes, /) -> bytes:
        """Take a part, and return what is ready."""

    def flush(self) -> bytes:
        """Return the rest."""


class FileResponse(Response):
    """An answer whose body is a file, which may be too large for memory.

    :param body: file at its beginning, which is closed in the end.
    :param length: number of bytes.
    """

    def __init__(self, body: IO[bytes], length: int, content_type: str) -> None:
        super().__init__(content_type=content_type)
        self.file = body
        self._take(body, length)

    def replace(self, coding: str) -> None:
        """Put the body into a content coding."""
        with self.file:
            self._take(*compress_file(self.file, coding))

    def drop(self) -> None:
        """Close the file, for an answer that is sent without its body."""
        self.file.close()
        self.response = []

    def _take(self, body: IO[bytes], length: int) -> None:
        """Have the answer send a file."""
        self.file, self.response = body, _chunks(body)
        self.content_length = length
        self.call_on_close(body.close)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a file in parts, and close it at its end."""
    with file:
        while part := file.read(_CHUNK_BYTES):
            yield part


@cache
def offered() -> tuple[str, ...]:
    """Return the codings that can be made here, the best first.

    >>> "gzip" in offered()
    True
    """
    return tuple(name for name in CODINGS if name != "zstd" or _zstd_module() is not None)


@cache
def _zstd_module() -> str | None:
    """Return the name of a module that makes zstd, or None."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            import_module(name)
        except ImportError:
            continue
        return name
    return None


def is_compressible(content_type: str) -> bool:
    """Say whether a body of a media type gets shorter; pictures and archives do not.

    >>> is_compressible("text/turtle; charset=utf-8"), is_compressible("image/png")
    (True, False)
    """
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith("text/") or any(kind.endswith(name) for name in _TEXTUAL)


def _compressor(coding: str) -> _Compressor:
    """Return what compresses in parts."""
    if coding == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    name = _zstd_module()
    if coding != "zstd" or name is None:
        raise ValueError(f"there is no coding '{coding}' here")
    return cast("_Compressor", import_module(name).ZstdCompressor(level=_ZSTD_LEVEL))


def compress(data: bytes, coding: str) -> bytes:
    """Return data in a content coding.

    :param coding: one of :func:`offered`.

    >>> import gzip
    >>> gzip.decompress(compress(b"abc", "gzip"))
    b'abc'
    """
    compressor = _compressor(coding)
    return compressor.compress(data) + compressor.flush()


def compress_file(body: IO[bytes], coding: str) -> tuple[IO[bytes], int]:
    """Return a new file with the rest of a file in a content coding, and its length.

    It is written whole before anything of it is sent, so its length is known, and what fails half
    way never looks complete.

    :param body: is read to its end, and not closed.
    :param coding: one of :func:`offered`.
    """
    compressor = _compressor(coding)
    made = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)
    try:
        while part := body.read(_CHUNK_BYTES):
            made.write(compressor.compress(part))
        made.write(compressor.flush())
        length = made.tell()
        made.seek(0)
    except BaseException:
        made.close()
        raise
    return cast("IO[bytes]", made), length
