"""Views: which graphs a caller may see, and what such a set is called.

A graph's visibility is ``public`` or the name of a group. The key of a view is ``public``, or
``public`` and the names of groups in order, joined by ``+``.

There is a view of the public graphs, one for each group, one for each set of groups that a token
opens, and one of everything.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kmgraph.errors import InputError, StoreCorruptError

PUBLIC: Final = "public"
#: Name of the file of a store that holds its tokens.
TOKENS_FILE: Final = "tokens.json"
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


def views_for(
    visibilities: Iterable[str], group_sets: Iterable[Iterable[str]] = ()
) -> tuple[str, ...]:
    """Return the keys of the views that visibilities in use demand; the last shows everything.

    :param group_sets: sets of groups that somebody may see together, beside each group alone.
        Groups that are no visibility in use are left out of them.

    >>> views_for(["public"])
    ('public',)
    >>> views_for(["public", "south", "north"])
    ('public', 'public+north', 'public+south', 'public+north+south')
    >>> views_for(["west", "north", "east"], [{"west", "north", "nobody"}])[-2:]
    ('public+north+west', 'public+east+north+west')
    """
    groups = sorted(set(visibilities) - {PUBLIC})
    together = sorted(view_key(set(groups) & set(chosen)) for chosen in group_sets)
    keys = dict.fromkeys([PUBLIC, *(view_key([group]) for group in groups), *together])
    everything = view_key(groups)
    keys.pop(everything, None)
    return (*keys, everything)


def token_group_sets(root: Path) -> frozenset[frozenset[str]]:
    """Return the sets of groups that the tokens of a store open, those of expired ones left out.

    :param root: directory of the store.
    :raises StoreCorruptError: the file of the tokens cannot be read.

    >>> token_group_sets(Path("/nowhere"))
    frozenset()
    """
    path = root / TOKENS_FILE
    now = dt.datetime.now(dt.UTC)
    try:
        tokens = json.loads(path.read_bytes())["tokens"]
        return frozenset(
            frozenset(check_visibility(group) for group in token["groups"])
            for token in tokens
            if token["expires"] is None or dt.datetime.fromisoformat(token["expires"]) >= now
        )
    except FileNotFoundError:
        return frozenset()
    except (ValueError, TypeError, KeyError) as error:
        raise tokens_corrupt(path, error) from error


def tokens_corrupt(path: Path, error: Exception) -> StoreCorruptError:
    """Return the error for a file of tokens that is not as kmgraph writes it.

    >>> print(tokens_corrupt(Path("s/tokens.json"), ValueError("no JSON")))
    s/tokens.json: the tokens cannot be read (no JSON): take the file from a backup, or remove it \
and create the tokens anew
    """
    return StoreCorruptError(
        f"{path}: the tokens cannot be read ({error}): take the file from a backup, or remove it "
        "and create the tokens anew"
    )
