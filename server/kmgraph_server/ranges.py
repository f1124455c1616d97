"""Parts of files, for clients that go on where a download broke off.

Source: https://www.rfc-editor.org/rfc/rfc9110#section-14
"""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

from kmgraph_server.compression import FileResponse

_ONE: Final = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class RangeError(ValueError):
    """A part is asked for that lies beyond the end of a file."""


def part_of(wanted: str | None, length: int) -> tuple[int, int] | None:
    """Return where a part of a file begins and ends.

    :param wanted: value of a Range header, or None.
    :param length: length of the file in bytes.
    :returns: None where all of it is to be sent: nothing is asked for, or several parts at once,
        or something that is no range of bytes.
    :raises RangeError: the part lies beyond the end.

    >>> part_of("bytes=2-5", 10), part_of("bytes=-3", 10), part_of("bytes=4-", 10)
    ((2, 6), (7, 10), (4, 10))
    >>> part_of("bytes=0-1,4-5", 10), part_of("rows=1-2", 10), part_of("bytes=5-2", 10)
    (None, None, None)
    >>> part_of("bytes=10-", 10)
    Traceback (most recent call last):
    kmgraph_server.ranges.RangeError: there are 10 bytes
    """
    found = _ONE.fullmatch((wanted or "").strip())
    if found is None or not (found[1] or found[2]):
        return None
    if found[1]:
        first = int(found[1])
        if found[2] and int(found[2]) < first:
            return None
        end = min(int(found[2]) + 1, length) if found[2] else length
    else:
        first, end = max(length - int(found[2]), 0), length
    if first >= end:
        raise RangeError(f"there are {length} bytes")
    return first, end


def is_same_as(condition: str | None, etag: str, modified: str) -> bool:
    """Say whether an If-Range header lets a part be sent.

    :param condition: its value, or None.
    :param etag: strong tag of the file.
    :param modified: date of its last change, as a header has it.

    >>> is_same_as(None, '"a"', ""), is_same_as('"b"', '"a"', ""), is_same_as('W/"a"', '"a"', "")
    (True, False, False)
    """
    return condition is None or condition.strip() in (etag, modified)


def file_response(path: Path, media_type: str, part: tuple[int, int] | None) -> FileResponse:
    """Return an answer that sends a file or a part of it.

    :param part: where the part begins and ends; None for all of the file.
    :raises OSError: the file is not there.
    """
    file = path.open("rb")
    length = path.stat().st_size
    if part is None:
        return FileResponse(file, length, media_type)
    first, end = part
    file.seek(first)
    response = FileResponse(cast("IO[bytes]", _Part(file, end - first)), end - first, media_type)
    response.status_code = 206
    response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{length}"
    return response


class _Part:
    """A part of a file, as far as an answer reads it.

    :param file: stands where the part begins.
    :param length: bytes of the part.
    """

    def __init__(self, file: IO[bytes], length: int) -> None:
        self._file, self._left = file, length

    def read(self, size: int) -> bytes:
        """Return the next bytes; none at the end of the part."""
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
