"""What is listed, and in which order: the files of ``queries/listings``.

``queries/README.md`` describes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
import yaml

from kmgraph import artefacts

#: What a line of a listing's query is replaced with where only some records are asked about.
_MARK: Final = re.compile(r"^\s*#@ page$", re.MULTILINE)
#: What begins a line that only counts where a query is narrowed to a value of a parameter.
_NARROWED: Final = re.compile(r"^(\s*)#@ narrowed ", re.MULTILINE)
_HEADER: Final = "#+"


@dataclass(frozen=True, slots=True)
class Listing:
    """Records in an order, as a query finds them.

    :ivar name: such as ``cases``.
    :ivar lists: what is listed, in words, such as ``cases``.
    :ivar keys: how many variables, ``?key1`` and so on, the records are ordered by.
    :ivar facets: variables of whose values each has a list of its own.
    :ivar narrowed_by: variables that narrow the query itself to few records, when they are given.
    :ivar query: selects ``?driver``, the keys, and the variables of facets and narrowing.
    """

    name: str
    lists: str
    keys: int
    facets: tuple[str, ...]
    narrowed_by: tuple[str, ...]
    query: str

    def query_for(self, records: Iterable[ox.NamedNode]) -> str:
        """Return the query for some records alone.

        :param records: IRIs that the store holds.
        """
        values = " ".join(str(record) for record in records)
        return _MARK.sub(lambda _: f"VALUES ?driver {{ {values} }}", self.query)

    @property
    def narrowed_query(self) -> str:
        """Return the query for use with a value of what it may be narrowed by."""
        return _NARROWED.sub(r"\1", self.query)


@lru_cache(maxsize=1)
def load_listings() -> Mapping[str, Listing]:
    """Return the listings by name.

    >>> load_listings()["cases"].lists
    'cases'
    """
    listings = {}
    for path in artefacts.files("queries", "listings/*.rq"):
        lines = path.read_text(encoding="utf-8").splitlines()
        header = yaml.safe_load(
            "\n".join(line[len(_HEADER) :] for line in lines if line.startswith(_HEADER))
        )
        query = "\n".join(line for line in lines if not line.startswith(_HEADER))
        listings[path.stem] = Listing(
            path.stem,
            header["lists"],
            header["keys"],
            tuple(header.get("facets") or ()),
            tuple(header.get("narrowed by") or ()),
            query,
        )
    return listings
