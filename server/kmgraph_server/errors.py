"""Faults of requests, each with the HTTP status it is answered with.

::

    KmGraphError
      RequestFaultError(status)   MalformedRequestError 400
                                  · NotAcceptableError 406 · UnsupportedMediaTypeError 415
                                  · PayloadError 413 · RateLimitError 429
                                  · PreconditionError 412 · ConflictError 409
                                  · StoppingError 503 · NotYetError 503
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


class PayloadError(RequestFaultError):
    """The body of a request is longer than it may be."""

    code = "content-too-large"
    status = 413


class PreconditionError(RequestFaultError):
    """What the client expects of the data, by If-Match or the like, does not hold."""

    code = "precondition-failed"
    status = 412


class ConflictError(RequestFaultError):
    """What is asked for does not go together with what there is by now."""

    code = "conflict"
    status = 409


class RateLimitError(RequestFaultError):
    """A caller sends more requests than one caller may.

    :ivar limit: most requests in a minute.
    :ivar retry_after_s: when to try again, in seconds.
    """

    code = "rate-limit"
    status = 429

    def __init__(self, limit: int, retry_after_s: int) -> None:
        super().__init__(
            f"one caller may send {limit} requests a minute: try again in {retry_after_s} s"
        )
        self.limit, self.retry_after_s = limit, retry_after_s


class StoppingError(RequestFaultError):
    """The server is about to stop."""

    code = "stopping"
    status = 503


class NotYetError(RequestFaultError):
    """What is asked for is being made."""

    code = "not-yet"
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
