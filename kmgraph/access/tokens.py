"""Tokens: how a caller shows a server who is asking.

A token is a random text that is shown once, when it is made. The store keeps its SHA-256 in
``tokens.json``, which its owner alone may read, and so nobody learns a token from a store or from
a backup of it. A hash made slow on purpose would guard against guessing what people choose; here
nobody chooses, and 256 random bits cannot be guessed at any speed.

Source: https://www.rfc-editor.org/rfc/rfc6750
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kmgraph.errors import InputError, NotFoundError, StoreLockedError, TokenError
from kmgraph.stores.durable import FileLock, replace_private_file
from kmgraph.stores.views import PUBLIC, TOKENS_FILE, check_visibility, tokens_corrupt, view_key

#: What a token may be for: to ask, to change data, to look after the server.
SCOPES: Final = ("read", "write", "admin")
#: How every token begins, so that people and scanners of code know one when they see it.
PREFIX: Final = "kmg_"
FORMAT_VERSION: Final = 1
_SECRET_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
#: How long to wait for another process that changes the tokens, and how often to look.
_WAIT_S: Final = 10.0
_LOOK_S: Final = 0.01

_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token.

    :ivar name: what its keeper calls it.
    :ivar digest: SHA-256 of the token, in hexadecimal digits.
    :ivar scopes: what it is for, of :data:`SCOPES`.
    :ivar groups: groups whose graphs it opens, beside the public ones.
    :ivar created: when it was made.
    :ivar expires: the last moment at which it is valid; None for no end.
    """

    name: str
    digest: str
    scopes: frozenset[str]
    groups: frozenset[str]
    created: dt.datetime
    expires: dt.datetime | None = None

    @property
    def view(self) -> str:
        """Return the key of the view that the token opens."""
        return view_key(self.groups)

    def is_expired(self, now: dt.datetime | None = None) -> bool:
        """Return whether the token is valid no more.

        :param now: the moment that is asked about; by default this one.
        """
        return self.expires is not None and self.expires < (now or dt.datetime.now(dt.UTC))

    def to_dict(self) -> dict[str, Any]:
        """Return what may be shown of the token: all but its digest."""
        return {
            "name": self.name,
            "scopes": [scope for scope in SCOPES if scope in self.scopes],
            "groups": sorted(self.groups),
            "view": self.view,
            "created": self.created.isoformat(),
            "expires": self.expires.isoformat() if self.expires else None,
            "expired": self.is_expired(),
        }


_Tokens = list[Token]


class TokenRegister:
    """The tokens of a store.

    It may be shared by threads. It reads the file anew when another process has changed it.

    :param store_path: directory of the store.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     register = TokenRegister(folder)
    ...     secret = register.create("anna", {"read"}, {"north"})
    ...     register.find(secret).view
    'public+north'
    """

    def __init__(self, store_path: str | Path) -> None:
        self._path = Path(store_path) / TOKENS_FILE
        self._held: tuple[_Stamp | None, tuple[Token, ...]] = (None, ())

    def create(
        self,
        name: str,
        scopes: Iterable[str],
        groups: Iterable[str] = (),
        expires: str | dt.date | None = None,
    ) -> str:
        """Make a token and return it; it cannot be shown a second time.

        A set of several groups needs a view of its own, which
        :func:`kmgraph.pipeline.republishing.create_token` makes as well.

        :param name: what to call it.
        :param scopes: of :data:`SCOPES`.
        :param groups: names of groups.
        :param expires: an ISO 8601 date, to the end of which by UTC the token is valid, or a date
            with a time, of UTC unless it says otherwise; None for no end.
        :raises InputError: an argument is not as it must be, or the name is taken.
        """
        secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        token = checked(name, secret, scopes, groups, expires)
        with self._changing() as tokens:
            if any(other.name == name for other in tokens):
                raise InputError(
                    f"there is a token '{name}' already: revoke it, or choose another name"
                )
            tokens.append(token)
        return secret

    def list(self) -> tuple[Token, ...]:
        """Return all tokens by name, the expired ones too.

        :raises StoreCorruptError: the file cannot be read.
        """
        return tuple(sorted(self._tokens(), key=lambda token: token.name))

    def revoke(self, name: str) -> None:
        """Remove a token; nobody can use it any more, and its name is free.

        :raises NotFoundError: there is no token of this name.
        """
        with self._changing() as tokens:
            kept = [token for token in tokens if token.name != name]
            if len(kept) == len(tokens):
                known = ", ".join(sorted(token.name for token in tokens)) or "none"
                raise NotFoundError(f"there is no token '{name}' (tokens: {known})")
            tokens[:] = kept

    def find(self, secret: str) -> Token:
        """Return the token that a caller shows.

        The time that it takes does not depend on how much of a token is right.

        :raises TokenError: it is unknown, revoked or expired.
        :raises StoreCorruptError: the file cannot be read.
        """
        shown, found = digest_of(secret), None
        for token in self._tokens():
            if hmac.compare_digest(token.digest, shown):
                found = token
        if found is None:
            raise TokenError("the token is not known here: it is mistyped, or it was revoked")
        if found.is_expired():
            raise TokenError("the token has expired: ask the keeper of the server for a new one")
        return found

    def _tokens(self) -> tuple[Token, ...]:
        """Return the tokens as the file has them now."""
        # The look comes before the reading: what is read is never older than its stamp, and one
        # assignment replaces both for all threads.
        stamp, held = self._stamp(), self._held
        if stamp != held[0]:
            held = self._held = (stamp, read_tokens(self._path))
        return held[1]

    def _stamp(self) -> _Stamp | None:
        """Return what tells one state of the file from another; None where there is no file."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    @contextmanager
    def _changing(self) -> Iterator[_Tokens]:
        """Give the tokens to change, and write them if nothing goes wrong."""
        lock = self._lock()
        try:
            tokens = list(read_tokens(self._path))
            yield tokens
            write_tokens(self._path, tokens)
        finally:
            lock.release()

    def _lock(self) -> FileLock:
        """Take the lock of those who change the tokens."""
        path = self._path.with_name("tokens.lock")
        end = time.monotonic() + _WAIT_S
        while True:
            try:
                return FileLock(path)
            except BlockingIOError as error:
                if time.monotonic() > end:
                    raise StoreLockedError(
                        f"{path.parent}: another process is changing the tokens: try again"
                    ) from error
                time.sleep(_LOOK_S)


def digest_of(secret: str) -> str:
    """Return the digest by which a token is kept.

    >>> len(digest_of("kmg_x"))
    64
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def checked(
    name: str,
    secret: str,
    scopes: Iterable[str],
    groups: Iterable[str],
    expires: str | dt.date | None,
) -> Token:
    """Return a new token, if its name, scopes, groups and end are as they must be.

    :raises InputError: one of them is not.

    >>> checked("anna", "kmg_x", ["read"], ["north"], None).view
    'public+north'
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"'{name}' cannot be the name of a token: use up to 64 letters, digits, '.', '_', "
            "'-' and '@', beginning with a letter or a digit"
        )
    wanted = frozenset(scopes)
    if not wanted or wanted - set(SCOPES):
        named = ", ".join(sorted(wanted - set(SCOPES))) or "none"
        raise InputError(f"the scopes of a token are of {', '.join(SCOPES)}, not {named}")
    opened = frozenset(check_visibility(group) for group in groups)
    if PUBLIC in opened:
        raise InputError("'public' is no group: every token opens what is public")
    now = dt.datetime.now(dt.UTC)
    end = end_of_validity(expires) if expires is not None else None
    if end is not None and end < now:
        raise InputError(f"the token would have expired already, at {end.isoformat()}")
    return Token(name, digest_of(secret), wanted, opened, now.replace(microsecond=0), end)


def end_of_validity(expires: str | dt.date) -> dt.datetime:
    """Return the last moment of a token's validity: of a day without a time, its end.

    :raises InputError: the text is no date of ISO 8601.

    >>> end_of_validity("2030-01-31").isoformat()
    '2030-01-31T23:59:59+00:00'
    >>> end_of_validity("2030-01-31T12:00:00+02:00").isoformat()
    '2030-01-31T10:00:00+00:00'
    """
    text = expires if isinstance(expires, str) else expires.isoformat()
    try:
        moment = dt.datetime.fromisoformat(text)
        with suppress(ValueError):
            # In any of the ways in which ISO 8601 writes a day.
            moment = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(23, 59, 59))
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"'{text}' is no date: write it as 2030-01-31 or 2030-01-31T12:00:00Z"
        ) from error


def read_tokens(path: Path) -> tuple[Token, ...]:
    """Return the tokens of a file; none where there is no file.

    :raises StoreCorruptError: the file is not as kmgraph writes it.

    >>> read_tokens(Path("/nowhere/tokens.json"))
    ()
    """
    try:
        content = json.loads(path.read_bytes())
        if content["format_version"] != FORMAT_VERSION:
            raise ValueError(f"it has format {content['format_version']}, not {FORMAT_VERSION}")
        return tuple(_token(entry) for entry in content["tokens"])
    except FileNotFoundError:
        return ()
    except (ValueError, TypeError, KeyError) as error:
        raise tokens_corrupt(path, error) from error


def _token(entry: dict[str, Any]) -> Token:
    """Return a token of the file, if nothing of it is odd: a doubtful entry opens nothing."""
    scopes = frozenset(entry["scopes"])
    if not _DIGEST.fullmatch(entry["digest"]) or scopes - set(SCOPES):
        raise ValueError("an entry has no digest of SHA-256, or an unknown scope")
    return Token(
        str(entry["name"]),
        entry["digest"],
        scopes,
        frozenset(check_visibility(group) for group in entry["groups"]),
        _moment(entry["created"]),
        _moment(entry["expires"]) if entry["expires"] is not None else None,
    )


def _moment(text: str) -> dt.datetime:
    """Return a moment of the file, which says its offset from UTC."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"'{text}' does not say its offset from UTC")
    return moment


def write_tokens(path: Path, tokens: Iterable[Token]) -> None:
    """Replace the file of tokens in one step; its owner alone may read it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_tokens(Path(folder) / "tokens.json", [])
    ...     oct((Path(folder) / "tokens.json").stat().st_mode & 0o777)
    '0o600'
    """
    entries = [
        {
            "name": token.name,
            "digest": token.digest,
            "scopes": sorted(token.scopes),
            "groups": sorted(token.groups),
            "created": token.created.isoformat(),
            "expires": token.expires.isoformat() if token.expires else None,
        }
        for token in tokens
    ]
    content = {"format_version": FORMAT_VERSION, "tokens": entries}
    replace_private_file(path, json.dumps(content, indent=1).encode() + b"\n")
