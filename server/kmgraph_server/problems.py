"""Turn errors into answers: problem documents for programs, pages for people.

Nothing of the inside of the server is told: no stack trace, no path of a file.

Source: https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from kmgraph.errors import (
    ArtefactNotFoundError,
    InputError,
    KmGraphError,
    NotFoundError,
    OutboundRequestError,
    QueryError,
    QueryEvaluationError,
    QuerySyntaxError,
    StoreError,
    UpdateForbiddenError,
)
from kmgraph.namespaces import DCTERMS
from kmgraph.results import Triples
from kmgraph_server.errors import (
    BusyError,
    NotAcceptableError,
    RequestFaultError,
    UnsupportedMediaTypeError,
)
from kmgraph_server.negotiation import GRAPH, HTML, Offer, choose, forms

PROBLEM: Final = "application/problem+json"
#: IRI of a kind of problem: this and the code of the error.
_TYPES: Final = "https://w3id.org/kmgraph/problem#"
_STATUS_NUMBER: Final = "http://www.w3.org/2011/http#statusCodeNumber"
#: Longest detail of a problem; messages that repeat what was sent are cut there.
_LONGEST_DETAIL: Final = 800
_IRI_CHARACTERS: Final = ":/-._~!$&'()*+,;=@%[]"
_LOG = logging.getLogger(__name__)

#: Class of error to status and title, the most special first.
_TABLE: Final[tuple[tuple[type[KmGraphError], int, str], ...]] = (
    (QuerySyntaxError, 400, "The query cannot be read"),
    (OutboundRequestError, 403, "Requests to other hosts are not allowed"),
    (UpdateForbiddenError, 403, "Changes are not allowed here"),
    (QueryEvaluationError, 500, "The query failed while it ran"),
    (QueryError, 400, "The query cannot be answered"),
    (InputError, 400, "Something in the request cannot be used"),
    (ArtefactNotFoundError, 500, "The server failed"),
    (NotFoundError, 404, "Nothing is known of this"),
    (StoreError, 503, "The data cannot be reached at the moment"),
)
_FAULT_TITLES: Final = {
    400: "The request cannot be read",
    404: "There is nothing at this address",
    406: "None of the wanted media types is on offer",
    415: "A body of this kind is not taken",
    503: "Too much is asked for at once",
}
#: Said instead of the message of an error that might name parts of the server.
_UNTOLD: Final = {
    500: "Something went wrong on the server. It was written to the server's log.",
    503: "The store cannot be read, or nothing is published in it yet. Try again in a moment.",
}


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
            extra = {}
            if isinstance(error, QuerySyntaxError):
                extra = {"line": error.line, "column": error.column}
            headers = {"Retry-After": "5"} if status == 503 else {}
            detail = _UNTOLD.get(status, _cut(str(error)))
            return Problem(status, title, detail, error.code, extra, headers)
    return Problem(500, "The server failed", _UNTOLD[500], "internal")


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
    if isinstance(error, BusyError):
        headers["Retry-After"] = "2"
    title = _FAULT_TITLES[error.status]
    return Problem(error.status, title, _cut(str(error)), error.code, extra, headers)


def _http_problem(error: HTTPException) -> Problem:
    """Return the problem that Flask raised itself: 404, 405, 413 and the like."""
    status = error.code or 500
    detail = _UNTOLD.get(status) or (error.description or error.name)
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
    if problem.status >= 500 and not isinstance(error, BusyError):
        _LOG.error("%s %s failed", request.method, request.path, exc_info=error)
    response = respond(problem)
    response.headers.extend(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept")
    return response


def respond(problem: Problem) -> Response:
    """Return a problem in the form that the client asked for, a problem document by default."""
    document = Offer("json", PROBLEM, None)
    try:
        graphs = forms(GRAPH)
        # For a resource that is not there a client of linked data gets a graph that says so.
        others = graphs if problem.status == 404 else []
        offer = choose(request.headers.get("Accept"), [document, HTML, *others])
    except NotAcceptableError:
        offer = document
    if offer is HTML:
        page = render_template("problem.html", problem=problem)
        return make_response(page, problem.status)
    if offer.format is not None:
        body = as_triples(problem, request.base_url).serialize(offer.format)
        return Response(body, problem.status, content_type=offer.content_type)
    text = json.dumps(problem.to_dict(), ensure_ascii=False, indent=2) + "\n"
    return Response(text, problem.status, content_type=PROBLEM)


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
