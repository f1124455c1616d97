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

from kmgraph import artefacts

#: What a line of a listing's query is replaced with where only some records are asked about.
_MARK: Final = re.compile(r"^\s*#@ page$", re.MULTILINE)
#: What begins a line that only counts where a query is narrowed to a value of a parameter.
_NARROWED: Final = re.compile(r"^(\s*)#@ narrowed ", re.MULTILINE)
_HEADER: Final = "#+"
_NARROWS: Final = "#@ narrowed "
#: Begins of lines that narrow by more than which records there are.
_KEEPS_OTHERS: Final = ("OPTIONAL", "FILTER", "BIND")


@dataclass(frozen=True, slots=True)
class Listing:
    """Records in an order, as a query finds them.

    :ivar name: such as ``cases``.
    :ivar lists: what is listed, in words, such as ``cases``.
    :ivar keys: how many variables, ``?key1`` and so on, the records are ordered by.
    :ivar facets: variables of whose values each has a list of its own, and variables with a space
        between them of whose values each pair has one.
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

    @property
    def narrowing_query(self) -> str | None:
        """Return the query for the records that a value leaves; None where others are kept too.

        It is the lines that narrow, alone: the engine finds a few records by them at once, but
        goes through all records where the two are one query.

        >>> "?driver km:about ?about" in (load_listings()["codings"].narrowing_query or "")
        True
        >>> load_listings()["studies"].narrowing_query is None
        True
        """
        marked = (line.strip() for line in self.query.splitlines())
        lines = [line.removeprefix(_NARROWS) for line in marked if line.startswith(_NARROWS)]
        if not lines or any(line.startswith(_KEEPS_OTHERS) for line in lines):
            return None
        start, _, _ = self.query.partition("SELECT ")
        variables = " ".join(f"?{name}" for name in self.narrowed_by)
        body = "\n".join(lines)
        return f"{start}SELECT DISTINCT ?driver {variables}\nWHERE {{\n{body}\n}}\n"


@lru_cache(maxsize=1)
def load_listings() -> Mapping[str, Listing]:
    """Return the listings by name.

    >>> load_listings()["cases"].lists
    'cases'
    """
    listings = {}
    for path in artefacts.files("queries", "listings/*.rq"):
        lines = path.read_text(encoding="utf-8").splitlines()
        header = artefacts.read_header(
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
