"""Faults of requests, each with the HTTP status it is answered with.

::

    KmGraphError
      RequestFaultError(status)   MalformedRequestError 400
                                  · NotAcceptableError 406 · UnsupportedMediaTypeError 415
                                  · BusyError 503
"""

from __future__ import annotations

from collections.abc import Sequence

from kmgraph.errors import KmGraphError


class RequestFaultError(KmGraphError):
    """A request that the server will not answer as asked.

    :cvar status: HTTP status of the answer.
    """

    code = "request"
    status = 400


class MalformedRequestError(RequestFaultError):
    """A parameter is missing, given twice, or not readable."""

    code = "malformed-request"


class BusyError(RequestFaultError):
    """Too much is asked for at once; the same request will be answered a little later."""

    code = "busy"
    status = 503


class NotAcceptableError(RequestFaultError):
    """None of the media types that the client takes is on offer, or it cannot hold the result.

    :ivar available: the media types on offer.
    """

    code = "not-acceptable"
    status = 406

    def __init__(self, available: Sequence[str], reason: str = "") -> None:
        problem = reason or "none of the media types in the Accept header is on offer here"
        super().__init__(f"{problem}: ask for one of {', '.join(available)}")
        self.available = tuple(available)


class UnsupportedMediaTypeError(RequestFaultError):
    """The body of a request is of a kind that is not taken here.

    :ivar accepted: the media types that are taken.
    """

    code = "unsupported-media-type"
    status = 415

    def __init__(self, message: str, accepted: Sequence[str]) -> None:
        super().__init__(f"{message}: send one of {', '.join(accepted)}")
        self.accepted = tuple(accepted)
