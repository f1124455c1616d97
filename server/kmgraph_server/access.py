"""Who asks, what they may do and which view of the data they see.

A token is sent as ``Authorization: Bearer TOKEN``. Callers without one see what is public.

Source: https://www.rfc-editor.org/rfc/rfc6750
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import current_app, g, request

from kmgraph.access.tokens import Token, TokenRegister
from kmgraph.errors import AccessDeniedError, TokenError
from kmgraph.stores.views import view_key, visible_in

_SCHEME: Final = "bearer"
_READ_ONLY: Final = "this server is read-only: it takes queries and no changes"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request.

    :ivar name: name of the token; empty for a caller without one.
    :ivar scopes: what the caller may do: ``read``, ``write``, ``admin``.
    :ivar groups: groups whose data the caller may see and change.
    :ivar view: key of the view that the caller writes to.
    :ivar read_view: key of the view that the caller's questions are asked of: without the scope
        ``read`` it is that of callers without a token.
    """

    name: str
    scopes: frozenset[str]
    groups: frozenset[str]
    view: str
    read_view: str


def secret_of(authorization: str | None) -> str | None:
    """Return the token of an Authorization header, or None where it holds none.

    Other schemes are for a proxy in front of the server, and say nothing here.

    :raises TokenError: the header names the scheme and holds no token.

    >>> secret_of("Bearer kmg_abc"), secret_of("Basic xyz")
    ('kmg_abc', None)
    """
    scheme, _, secret = (authorization or "").strip().partition(" ")
    if scheme.lower() != _SCHEME:
        return None
    if not secret.strip():
        raise TokenError("the Authorization header holds no token: send 'Bearer TOKEN'")
    return secret.strip()


def caller_of(
    authorization: str | None, register: TokenRegister | None, public_view: str
) -> Caller:
    """Return who sends a request.

    :param register: the tokens that there are; None where there can be none.
    :param public_view: key of the view of callers without a token.
    :raises TokenError: the token is unknown, revoked or expired.
    """
    secret = secret_of(authorization)
    if secret is None:
        return Caller("", frozenset({"read"}), frozenset(), public_view, public_view)
    if register is None:
        raise TokenError("the token is not known here")
    token: Token = register.find(secret)
    view = view_key(visible_in(public_view) | token.groups)
    reads = view if "read" in token.scopes else public_view
    return Caller(token.name, token.scopes, token.groups, view, reads)


def caller() -> Caller:
    """Return who sends the running request.

    :raises TokenError: the token is unknown, revoked or expired.
    """
    if "caller" not in g:
        access: Access = current_app.extensions["kmgraph-access"]
        g.caller = caller_of(
            request.headers.get("Authorization"), access.register, access.public_view
        )
    found: Caller = g.caller
    return found


def take_token(secret: str) -> None:
    """Have a token that a form brought stand for one in the header of the running request.

    :raises TokenError: the token is unknown, revoked or expired.
    """
    access: Access = current_app.extensions["kmgraph-access"]
    g.caller = caller_of(f"Bearer {secret}", access.register, access.public_view)


@dataclass(frozen=True, slots=True)
class Access:
    """What the rights of a request are decided by.

    :ivar register: the tokens of the store; None for a dataset in memory.
    :ivar public_view: key of the view of callers without a token.
    :ivar read_only: whether writes are refused, whoever asks.
    """

    register: TokenRegister | None
    public_view: str
    read_only: bool


def is_read_only() -> bool:
    """Say whether the running application refuses all writes."""
    access: Access = current_app.extensions["kmgraph-access"]
    return access.read_only


def require(scope: str) -> Caller:
    """Return who sends the running request, if that caller has a right.

    :param scope: ``read``, ``write`` or ``admin``.
    :raises TokenError: there is no token, or none that is valid.
    :raises AccessDeniedError: the token does not have the right, or the server is read-only.
    """
    access: Access = current_app.extensions["kmgraph-access"]
    if scope == "write" and access.read_only:
        raise AccessDeniedError(_READ_ONLY)
    found = caller()
    if not found.name and scope != "read":
        raise TokenError(f"this needs a token with the scope '{scope}'")
    if scope not in found.scopes:
        raise AccessDeniedError(f"the token '{found.name}' does not have the scope '{scope}'")
    return found
