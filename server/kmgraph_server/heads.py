"""Heads of requests that come in one piece, what differs between them, and who may know answers."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Hashable, Sequence
from typing import Final
from urllib.parse import unquote

#: Answers the head of a request from an address, or returns None.
Quick = Callable[[bytes, str], bytes | None]

#: Most bytes that are read of a connection at once.
RECEIVED_BYTES: Final = 8_192
_END: Final = b"\r\n\r\n"
_METHOD: Final = b"GET "
#: An IRI in brackets as the target of a request has it, percent-encoded. Signs that end a
#: parameter or stand for a space are not in it.
_IRI: Final = re.compile(
    rb"%3[Cc]((?:[A-Za-z0-9._~:/?@!$'()*,;=-]|%(?!3[CEce])[0-9A-Fa-f]{2})*)%3[Ee]"
)
_LOG: Final = logging.getLogger(__name__)


def known(quick: Sequence[Quick], data: bytes, address: str) -> bytes | None:
    """Return the answer to a request, where somebody knows it by its bytes.

    :param quick: those who may know it.
    :param data: what came over a connection that waited for a request.
    :param address: where it came from.

    >>> quick = [lambda head, address: None, lambda head, address: b"yes"]
    >>> known(quick, b"GET / HTTP/1.1\\r\\n\\r\\n", ""), known(quick, b"GET / HTTP", "")
    (b'yes', None)
    """
    if not data.endswith(_END) or not data.startswith(_METHOD):
        return None
    for each in quick:
        try:
            answer = each(data, address)
        except Exception:
            # All connections depend on this thread; the application may do better.
            _LOG.exception("a request could not be answered before it was read")
            continue
        if answer is not None:
            return answer
    return None


def template(head: bytes) -> tuple[Hashable, list[str]]:
    """Return what is the same of heads that differ in IRIs of their target only, and the IRIs.

    An IRI that cannot be read is empty, which is none that is absolute.

    >>> template(b"GET /sparql?query=%3Curn:a%3E HTTP/1.1\\r\\nHost: x\\r\\n")[1]
    ['urn:a']
    """
    line, _, rest = head.partition(b"\r\n")
    parts = _IRI.split(line)
    return (tuple(parts[::2]), rest), [_read(part) for part in parts[1::2]]


def _read(encoded: bytes) -> str:
    """Return what stands for an IRI in a target."""
    try:
        return unquote(encoded.decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        return ""
