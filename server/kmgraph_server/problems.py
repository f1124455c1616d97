"""Turn errors into answers: problem documents for programs, pages for people.

Nothing of the inside of the server is told: no stack trace, no path of a file.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from kmgraph.errors import (
    AccessDeniedError,
    ArtefactNotFoundError,
    BusyError,
    EditedGraphError,
    EngineFailedError,
    GoneError,
    GraphConflictError,
    InputError,
    KmGraphError,
    NonConformanceError,
    NotFoundError,
    OutboundRequestError,
    QueryError,
    QueryEvaluationError,
    QueryMemoryError,
    QueryStoppedError,
    QuerySyntaxError,
    QueryTimeoutError,
    RdfParseError,
    RemoteServiceError,
    ResultLimitError,
    StaleGenerationError,
    StoreError,
    StoreLockedError,
    TokenError,
    UpdateForbiddenError,
)
from kmgraph.namespaces import DCTERMS
from kmgraph.results import Triples
from kmgraph_server.errors import (
    NotAcceptableError,
    NotYetError,
    RateLimitError,
    RequestFaultError,
    StoppingError,
    UnsupportedMediaTypeError,
)
from kmgraph_server.negotiation import GRAPH, HTML, Offer, choose, forms, parse_accept
from kmgraph_server.observing import notes_of

PROBLEM: Final = "application/problem+json"
#: IRI of a kind of problem: this and the code of the error.
_TYPES: Final = "https://w3id.org/kmgraph/problem#"
_STATUS_NUMBER: Final = "http://www.w3.org/2011/http#statusCodeNumber"
#: Longest detail of a problem; messages that repeat what was sent are cut there.
_LONGEST_DETAIL: Final = 800
#: What is no fault of the server although its status is 500 or more.
_EXPECTED: Final = (
    BusyError,
    NotYetError,
    QueryTimeoutError,
    QueryMemoryError,
    QueryStoppedError,
    RemoteServiceError,
    StoppingError,
    StoreLockedError,
)
_IRI_CHARACTERS: Final = ":/-._~!$&'()*+,;=@%[]"
_LOG = logging.getLogger(__name__)

#: Class of error to status and title, the most special first.
_TABLE: Final[tuple[tuple[type[KmGraphError], int, str], ...]] = (
    (QuerySyntaxError, 400, "The query cannot be read"),
    (OutboundRequestError, 403, "Requests to other hosts are not allowed"),
    (UpdateForbiddenError, 403, "Changes are not allowed here"),
    (QueryEvaluationError, 500, "The query failed while it ran"),
    (EngineFailedError, 500, "The query failed while it ran"),
    (QueryTimeoutError, 503, "The query takes too long"),
    (QueryMemoryError, 503, "The query needs too much memory"),
    (QueryStoppedError, 503, "The query was stopped"),
    (RemoteServiceError, 502, "Another endpoint did not answer rightly"),
    (ResultLimitError, 400, "The result is too large"),
    (QueryError, 400, "The query cannot be answered"),
    (InputError, 400, "Something in the request cannot be used"),
    (ArtefactNotFoundError, 500, "The server failed"),
    (GoneError, 410, "This was erased"),
    (NotFoundError, 404, "Nothing is known of this"),
    (TokenError, 401, "A valid token is needed"),
    (AccessDeniedError, 403, "This is not allowed"),
    (NonConformanceError, 422, "The data would not fit the shapes"),
    (EditedGraphError, 409, "The graph was edited"),
    (GraphConflictError, 409, "The graph cannot be written to in this way"),
    (StaleGenerationError, 412, "The data have changed since"),
    (BusyError, 503, "Too much is asked for at once"),
    (StoreLockedError, 503, "Another write is going on"),
    (StoreError, 503, "The data cannot be reached at the moment"),
)
_FAULT_TITLES: Final = {
    400: "The request cannot be read",
    404: "There is nothing at this address",
    406: "None of the wanted media types is on offer",
    409: "This cannot be done any more",
    412: "The data have changed since",
    413: "The body of the request is too long",
    415: "A body of this kind is not taken",
    429: "Too many requests",
    503: "The server is about to stop",
}
#: Said instead of the message of an error that might name parts of the server.
_FAILED: Final = "Something went wrong on the server. It was written to the server's log."
_UNREADABLE: Final = (
    "The store cannot be read, or nothing is published in it yet. Try again in a moment."
)
#: When to try again where nothing better is known, in seconds.
_RETRY_AFTER_S: Final = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with a request.

    :ivar status: HTTP status.
    :ivar title: the kind of problem in words.
    :ivar detail: what went wrong this time, and what to do.
    :ivar code: stable name of the kind of problem.
    :ivar extra: further members of the problem document.
    :ivar headers: headers that go with the status.
    """

    status: int
    title: str
    detail: str
    code: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the members of the problem document."""
        return {
            "type": _TYPES + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }


def to_problem(error: Exception) -> Problem:
    """Return what a client is told of an error.

    >>> from kmgraph.errors import QuerySyntaxError
    >>> to_problem(QuerySyntaxError("no", line=1, column=2)).to_dict()["line"]
    1
    """
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, RequestFaultError):
        return _fault_problem(error)
    for kind, status, title in _TABLE:
        if isinstance(error, kind):
            return _known_problem(error, status, title)
    return Problem(500, "The server failed", _FAILED, "internal")


def _known_problem(error: KmGraphError, status: int, title: str) -> Problem:
    """Return the problem of an error of the library."""
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, QuerySyntaxError | RdfParseError):
        extra = {"line": error.line, "column": error.column}
    elif isinstance(error, QueryMemoryError):
        extra = {"limit_bytes": error.limit_bytes}
    elif isinstance(error, QueryTimeoutError):
        extra = {"limit_s": error.limit_s}
    elif isinstance(error, ResultLimitError):
        extra = {"limit": error.limit, "unit": error.unit}
    elif isinstance(error, RemoteServiceError) and error.timed_out:
        status = 504
    elif isinstance(error, TokenError):
        headers["WWW-Authenticate"] = 'Bearer realm="kmgraph"'
    elif isinstance(error, NonConformanceError):
        extra = {"report": json.loads(error.report.to_json())}
    if status == 503:
        headers["Retry-After"] = str(getattr(error, "retry_after_s", _RETRY_AFTER_S))
    return Problem(status, title, _told(error, status), error.code, extra, headers)


def _told(error: KmGraphError, status: int) -> str:
    """Return the message of an error, or what is said in its place."""
    if status == 500:
        return _FAILED
    if isinstance(error, StoreLockedError):
        return "Another process is writing to the store. Try again in a moment."
    is_about_the_request = isinstance(error, BusyError | GraphConflictError | StaleGenerationError)
    if isinstance(error, StoreError) and not is_about_the_request:
        return _UNREADABLE
    return _cut(str(error))


def _cut(text: str) -> str:
    """Return a text that is not too long for a message."""
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}…"


def _fault_problem(error: RequestFaultError) -> Problem:
    """Return the problem of a request that is not answered as asked."""
    extra: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, NotAcceptableError):
        extra["available"] = list(error.available)
    if isinstance(error, UnsupportedMediaTypeError):
        extra["accepted"] = list(error.accepted)
        headers["Accept-Post"] = ", ".join(error.accepted)
    if isinstance(error, RateLimitError):
        headers["Retry-After"] = str(error.retry_after_s)
        headers["RateLimit"] = f'"caller";r=0;t={error.retry_after_s}'
        headers["RateLimit-Policy"] = f'"caller";q={error.limit};w=60'
    if error.status == 503:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    title = _FAULT_TITLES[error.status]
    return Problem(error.status, title, _cut(str(error)), error.code, extra, headers)


def _http_problem(error: HTTPException) -> Problem:
    """Return the problem that Flask raised itself: 404, 405, 413 and the like."""
    status = error.code or 500
    detail = _FAILED if status >= 500 else error.description or error.name
    headers = {}
    extra: dict[str, Any] = {}
    methods = getattr(error, "valid_methods", None)
    if methods:
        allowed = sorted(methods)
        headers["Allow"] = ", ".join(allowed)
        extra["allowed"] = allowed
    code = error.name.lower().replace(" ", "-")
    return Problem(status, error.name, detail, code, extra, headers)


def install(app: Flask) -> None:
    """Have the application answer errors with problems."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    """Return the answer to an error."""
    if isinstance(error, HTTPException) and error.code and error.code < 400:
        redirect: Response = Response.force_type(error.get_response())  # type: ignore[assignment]
        # The Host header, which any client may choose, is no part of where a redirect leads.
        target = redirect.headers.get("Location", "")
        if target.startswith(request.host_url):
            redirect.headers["Location"] = f"/{target.removeprefix(request.host_url)}"
        return redirect
    problem = to_problem(error)
    if problem.status >= 500 and not isinstance(error, _EXPECTED):
        request_id = notes_of(request.environ).request_id
        _LOG.error(
            "%s %s failed, request %s", request.method, request.path, request_id, exc_info=error
        )
    response = respond(problem)
    response.headers.extend(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def respond(problem: Problem) -> Response:
    """Return a problem in the form that the client asked for, a problem document by default."""
    notes = notes_of(request.environ)
    notes.problem = problem.code
    document = Offer("json", PROBLEM, None)
    # For a resource that is not there a client of linked data gets a graph that says so.
    others = forms(GRAPH) if problem.status in (404, 410) else []
    accept = request.headers.get("Accept")
    try:
        offer = _named_by_address(accept, [HTML, *others] if others else []) or choose(
            accept, [document, HTML, *others]
        )
    except NotAcceptableError:
        offer = document
    if offer is HTML:
        page = render_template("problem.html", problem=problem, request_id=notes.request_id)
        return make_response(page, problem.status)
    if offer.format is not None:
        body = as_triples(problem, request.base_url).serialize(offer.format)
        return Response(body, problem.status, content_type=offer.content_type)
    told = {**problem.to_dict(), "instance": notes.instance}
    text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
    return Response(text, problem.status, content_type=PROBLEM)


def _named_by_address(accept: str | None, offers: Sequence[Offer]) -> Offer | None:
    """Return the form that an address asks for by its end or by a parameter.

    :param accept: value of the Accept header; where it prefers anything, that decides.
    :returns: None where the address names none of the forms.
    """
    ranges = list(parse_accept(accept or ""))
    if any((entry.type, entry.subtype) != ("*", "*") for entry in ranges):
        return None
    names = (request.args.get("format", ""), request.path.rpartition(".")[2])
    return next((offer for name in names for offer in offers if offer.name == name), None)


def as_triples(problem: Problem, url: str) -> Triples:
    """Return a problem as a graph about the address that was asked for.

    >>> as_triples(Problem(404, "", "none", "x"), "https://[/").serialize("nt")[:2]
    b'_:'
    """
    page = _node(url)
    number = ox.Literal(problem.status)
    return Triples(
        [
            ox.Triple(page, ox.NamedNode(_STATUS_NUMBER), number),
            ox.Triple(page, ox.NamedNode(f"{DCTERMS}description"), ox.Literal(problem.detail)),
        ]
    )


def _node(url: str) -> ox.NamedNode | ox.BlankNode:
    """Return the address of a request; clients send some that are no IRI."""
    try:
        return ox.NamedNode(quote(url, safe=_IRI_CHARACTERS))
    except ValueError:
        return ox.BlankNode()
