"""Which facets there are: the files of ``queries/facets``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from kmgraph import artefacts

_HEADER: Final = "#+"


@dataclass(frozen=True, slots=True)
class Facet:
    """What a list is narrowed by.

    :ivar name: as addresses and commands name it.
    :ivar label: as people call it.
    :ivar meaning: whose values they are, in words.
    :ivar query: selects ``?unit ?value``; a unit is a study or a case, a value an IRI or a text.
    :ivar is_of_study: whether its units are studies, whose cases have their values too.
    :ivar is_newest_first: whether its values are years, of which the last comes first.
    :ivar order: local names of its values from first to last; by how many units have them where
        it is empty.
    """

    name: str
    label: str
    meaning: str
    query: str
    is_of_study: bool = False
    is_newest_first: bool = False
    order: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def load_facets() -> tuple[Facet, ...]:
    """Return the facets, in the order in which people are offered them.

    >>> [facet.name for facet in load_facets()][:3]
    ['theme', 'design', 'setting']
    """
    found = sorted(map(_read, artefacts.files("queries", "facets/*.rq")), key=lambda pair: pair[0])
    return tuple(facet for _, facet in found)


def _read(path: Path) -> tuple[int, Facet]:
    """Return a facet and its place among the others."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    header = yaml.safe_load(
        "\n".join(line[len(_HEADER) :] for line in lines if line.startswith(_HEADER))
    )
    facet = Facet(
        header["facet"],
        header["label"],
        header["meaning"],
        text,
        bool(header["from_study"]),
        bool(header.get("newest_first", False)),
        tuple(header.get("values", ())),
    )
    return int(header["order"]), facet
