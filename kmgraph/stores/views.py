"""Views: which graphs a caller may see, and what such a set is called.

A graph's visibility is ``public`` or the name of a group. The key of a view is ``public``, or
``public`` and the names of groups in order, joined by ``+``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kmgraph.errors import InputError

PUBLIC: Final = "public"
_GROUP: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def check_visibility(visibility: str) -> str:
    """Return a visibility if its name is one that a view key can hold.

    :raises InputError: the name is not of small letters, digits, ``.``, ``_`` and ``-``.

    >>> check_visibility("clahrc-team")
    'clahrc-team'
    """
    if not _GROUP.fullmatch(visibility):
        raise InputError(
            f"'{visibility}' cannot be a visibility: use 'public' or the name of a group, in "
            "small letters, digits, '.', '_' and '-'"
        )
    return visibility


def view_key(groups: Iterable[str]) -> str:
    """Return the key of the view of the public graphs and those of some groups.

    >>> view_key(["south", "north", "public"])
    'public+north+south'
    """
    return "+".join([PUBLIC, *sorted(set(groups) - {PUBLIC})])


def visible_in(key: str) -> frozenset[str]:
    """Return the visibilities that a view shows.

    >>> sorted(visible_in("public+north"))
    ['north', 'public']
    """
    return frozenset(key.split("+"))


def views_for(visibilities: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the views that visibilities in use demand; the last shows everything.

    >>> views_for(["public"])
    ('public',)
    >>> views_for(["public", "south", "north"])
    ('public', 'public+north', 'public+south', 'public+north+south')
    """
    groups = sorted(set(visibilities) - {PUBLIC})
    keys = [PUBLIC, *(view_key([group]) for group in groups), view_key(groups)]
    return tuple(dict.fromkeys(keys))
