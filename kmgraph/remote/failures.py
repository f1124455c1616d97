"""Answers that say what went wrong, as errors of our own tree.

A kmgraph server says it as a problem document, whose type names one of our errors. What another
endpoint says is read from its status, and its text is repeated shortened.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from kmgraph.errors import (
    AccessDeniedError,
    EndpointError,
    EndpointUnavailableError,
    KmGraphError,
    NonConformanceError,
    NotFoundError,
    QueryError,
    QueryMemoryError,
    QuerySyntaxError,
    QueryTimeoutError,
    RdfParseError,
    RemoteServiceError,
    ResultLimitError,
    StaleGenerationError,
    TokenError,
)
from kmgraph.remote.http import Reply

#: What the types of our problem documents begin with.
_TYPES: Final = "https://w3id.org/kmgraph/problem#"
#: Longest text of an endpoint that a message repeats.
_LONGEST: Final = 300
#: Errors that waiting does not help against, although their status is 503.
_FINAL: Final = frozenset({"query-timeout", "query-memory", "query-stopped"})
#: Status that says that an endpoint is busy.
_BUSY: Final = (429, 503)


def problem_of(reply: Reply) -> dict[str, Any]:
    """Return the problem document of one of our servers, or an empty one."""
    if reply.media_type != "application/problem+json":
        return {}
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    is_ours = isinstance(found, dict) and str(found.get("type", "")).startswith(_TYPES)
    return found if is_ours else {}


def is_final(reply: Reply) -> bool:
    """Say whether the same request would fail again, however long one waits."""
    return _code(problem_of(reply)) in _FINAL


def error_of(reply: Reply) -> KmGraphError:
    """Return the error that an answer of a status of 300 or more stands for."""
    problem = problem_of(reply)
    code = _code(problem)
    detail = str(problem.get("detail") or "")[: 3 * _LONGEST] or _text(reply)
    if reply.status in _BUSY and code not in _FINAL:
        wait = reply.headers.get("Retry-After")
        later = f"; it asks to come back after: {wait}" if wait else ""
        return EndpointUnavailableError(
            f"the endpoint is too busy to answer{later}", url=reply.url, status=reply.status
        )
    if problem and (known := _known(code, detail, problem, reply.status)) is not None:
        return known
    said = f": {detail}" if detail else ""
    if reply.status == 401:
        return TokenError(f"{reply.url}: a valid token is needed{said}")
    if reply.status == 403:
        return AccessDeniedError(f"{reply.url}: this is not allowed{said}")
    if reply.status == 412:
        return StaleGenerationError(f"{reply.url}: the data is not what the change expects{said}")
    if reply.status == 400:
        return QueryError(f"{reply.url}: the endpoint refuses the request{said}")
    is_page = not detail or reply.media_type == "text/html"
    is_elsewhere = reply.status in (404, 405) and is_page
    hint = "; is this the address of a SPARQL endpoint?" if is_elsewhere else ""
    return EndpointError(f"status {reply.status}{said}{hint}", url=reply.url, status=reply.status)


def _code(problem: dict[str, Any]) -> str:
    """Return the code of the error that a problem stands for."""
    return str(problem.get("type", "")).removeprefix(_TYPES)


def _known(code: str, detail: str, problem: dict[str, Any], status: int) -> KmGraphError | None:
    """Return the error that a problem of our own server stands for, if it tells enough."""
    try:
        match code:
            case QuerySyntaxError.code:
                line, column = _place(problem["line"]), _place(problem["column"])
                return QuerySyntaxError(detail, line=line, column=column)
            case QueryTimeoutError.code:
                return QueryTimeoutError(float(problem["limit_s"]))
            case QueryMemoryError.code:
                return QueryMemoryError(int(problem["limit_bytes"]))
            case ResultLimitError.code:
                return ResultLimitError(int(problem["limit"]), str(problem["unit"]))
            case NonConformanceError.code:
                return NonConformanceError(detail, problem.get("report"))
            case RdfParseError.code:
                line, column = _place(problem.get("line")), _place(problem.get("column"))
                return RdfParseError(detail, source="endpoint", line=line, column=column)
    except (KeyError, TypeError, ValueError, OverflowError):
        return QueryError(detail)
    kind = {cls.code: cls for cls in _plain(KmGraphError)}.get(code)
    # The web has a code of its own for an address at which there is nothing.
    if kind is None or kind is NotFoundError:
        return None
    if status >= 500 and not issubclass(kind, QueryError):
        return None
    error = kind(detail)
    if isinstance(error, RemoteServiceError):
        error.timed_out = status == 504
    return error


def _place(value: Any) -> int | None:
    """Return a line or a column, where a problem tells one.

    :raises TypeError: it is no number.
    """
    if value is not None and not isinstance(value, int):
        raise TypeError
    return value


def _plain(cls: type[KmGraphError]) -> Iterator[type[KmGraphError]]:
    """Yield the errors below one that are made from a message alone."""
    for below in cls.__subclasses__():
        # A program may hold errors of its own below ours, such as those of the server.
        is_ours = below.__module__ == KmGraphError.__module__
        if is_ours and not any("__init__" in vars(kind) for kind in _ours(below)):
            yield below
        yield from _plain(below)


def _ours(cls: type[KmGraphError]) -> list[type]:
    """Return an error and those that it is one of, without Python's own."""
    return [kind for kind in cls.__mro__ if issubclass(kind, KmGraphError)]


def _text(reply: Reply) -> str:
    """Return what an endpoint says of a failure, on one line and shortened."""
    text = reply.body[:20_000].decode("utf-8", "replace")
    if reply.media_type in ("text/html", "application/xhtml+xml"):
        text = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", text)
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
