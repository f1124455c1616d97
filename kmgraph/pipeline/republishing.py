"""Publish again what a store holds, with the views that its tokens need by now.

No graph changes. A view that is new is derived from what it shows; the others stay as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from kmgraph.access.tokens import Token, TokenRegister, checked
from kmgraph.errors import InputError, StoreLockedError
from kmgraph.pipeline.following import follow
from kmgraph.pipeline.publication import staging
from kmgraph.pipeline.telling import tell_feeds
from kmgraph.progress import Progress, silent
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.meta import Generation
from kmgraph.stores.views import view_key, visible_in
from kmgraph.stores.writer import GenerationWriter


@dataclass(frozen=True, slots=True)
class CreatedToken:
    """A token that was just made.

    :ivar secret: the token itself, which is kept nowhere.
    :ivar token: what is kept of it.
    :ivar generation: the generation that was published to have its view, or None where none was
        needed.
    """

    secret: str
    token: Token
    generation: Generation | None


def create_token(
    store: GenerationStore,
    name: str,
    scopes: Iterable[str],
    groups: Iterable[str] = (),
    expires: str | dt.date | None = None,
    *,
    progress: Progress = silent,
) -> CreatedToken:
    """Make a token, and the view that it opens.

    A token of several groups opens a view of its own. Where there is none yet, a generation is
    published that has it, before the token is made.

    :param name: what to call the token.
    :param scopes: of ``read``, ``write`` and ``admin``.
    :param groups: names of groups.
    :param expires: see :meth:`kmgraph.access.TokenRegister.create`.
    :raises InputError: an argument is not as it must be, or the name is taken.
    :raises StoreLockedError: another process is writing to the store; no token was made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = create_token(GenerationStore.create(folder), "anna", ["read"], ["north"])
    ...     made.secret[:4], made.token.view
    ('kmg_', 'public+north')
    """
    wanted, scopes = frozenset(groups), frozenset(scopes)
    register = TokenRegister(store.path)
    # Before a generation is published for a token that cannot be made.
    checked(name, "", scopes, wanted, expires)
    if any(token.name == name for token in register.list()):
        raise InputError(f"there is a token '{name}' already: revoke it, or choose another name")
    generation = None
    if _has_view(store, register, wanted):
        secret = register.create(name, scopes, wanted, expires)
    else:
        try:
            writer = store.begin(reason=f"view for the token '{name}'", progress=progress)
        except StoreLockedError as error:
            raise StoreLockedError(
                f"{error}. No token was made: it needs a view that is not there yet"
            ) from error
        with writer:
            generation = _publish_views(store, writer, wanted, progress)
            # The writer's lock is held, so that every later generation knows of the token.
            secret = register.create(name, scopes, wanted, expires)
    token = next(found for found in register.list() if found.name == name)
    return CreatedToken(secret, token, generation)


def _has_view(store: GenerationStore, register: TokenRegister, groups: frozenset[str]) -> bool:
    """Return whether a set of groups has a view, now and in the generations to come."""
    if len(groups) <= 1:
        return True
    if groups not in {token.groups for token in register.list() if not token.is_expired()}:
        return False
    if store.current_id() is None:
        return True
    generation = store.generation()
    return view_key(groups & visible_in(generation.master)) in generation.views


def republish(
    store: GenerationStore,
    *,
    groups: Iterable[str] = (),
    reason: str = "views for the tokens",
    progress: Progress = silent,
) -> Generation | None:
    """Publish what the store holds, with the views that its tokens need and no others.

    :param groups: a further set of groups to make a view of.
    :param reason: what the log says of the new generation.
    :returns: the new generation; None where the views are as they are to be, or nothing is
        published.
    :raises StoreLockedError: another process is writing to the store.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     republish(GenerationStore.create(folder))
    """
    with store.begin(reason=reason, progress=progress) as writer:
        return _publish_views(store, writer, groups, progress)


def _publish_views(
    store: GenerationStore,
    writer: GenerationWriter,
    groups: Iterable[str],
    progress: Progress,
) -> Generation | None:
    """Publish with the view of one more set of groups, where this changes the views."""
    if store.current_id() is None:
        return None
    before = store.generation()
    writer.want_view(groups)
    writer.prepare()
    if writer.views == before.views:
        return None
    _derive_new(store, writer, progress)
    files = store.generation_dir() / "files"
    for name, graph in before.files.items():
        if graph is None:
            # Such files, as the report of the validation, are of the content, which is the same.
            writer.put_file(name, files / name)
    return writer.publish(counts=before.counts, extra=before.extra)


def _derive_new(store: GenerationStore, writer: GenerationWriter, progress: Progress) -> None:
    """Derive what follows from what the new views show."""
    if writer.new_views:
        with staging(store) as directory:
            follow(store, writer, directory, progress, keys=writer.new_views)


def roll_back(
    store: GenerationStore,
    generation_id: int,
    *,
    reason: str | None = None,
    progress: Progress = silent,
) -> Generation:
    """Publish a new generation with the content of an old one and the views of today's tokens.

    :param reason: what the log says of the new generation.
    :raises GenerationNotFoundError: the store does not hold the old one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = GenerationStore.create(folder)
    ...     with store.begin(reason="first") as writer:
    ...         first = writer.publish()
    ...     roll_back(store, first.id).id
    2
    """

    def complete(writer: GenerationWriter) -> None:
        """Derive for the views that the old generation does not have."""
        _derive_new(store, writer, progress)

    made = store.rollback(generation_id, reason=reason, complete=complete, progress=progress)
    tell_feeds(store, progress=progress)
    return made
