"""Groupings: what is counted, and by what. Each is a SPARQL file of ``queries/cube``.

The query of a grouping gives one row for each unit and each combination of values that it has: the
unit, its values, then what it adds to each measure. The line :data:`MARK` stands wherever units
are chosen, so that one text serves a whole view and the few units that a change touches. A pattern
behind the mark counts only where units are chosen: it leads from them to what is looked up beside
them, which is best read from end to end where all units are asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

from kmgraph import artefacts
from kmgraph.errors import InputError, NotFoundError
from kmgraph.namespaces import expand

#: Begin of a line of a grouping's query that gives way to the units that are asked for.
MARK: Final = "#@ units"
#: Names that no grouping may have, because other things of the cube have IRIs there.
TAKEN: Final = frozenset({"codes"})
_MEASURES: Final = ("valueSum", "valueMean")
_SELECT: Final = re.compile(r"^SELECT (?P<variables>[?\w ]+)\n", re.MULTILINE)
_MARKS: Final = re.compile(rf"^ *{MARK}(?: .*)?\n", re.MULTILINE)
_NAME: Final = re.compile(r"[a-z]+(?:-[a-z]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way of counting records.

    :ivar id: its name.
    :ivar label: what it counts, in a few words.
    :ivar summary: the same in a sentence.
    :ivar classes: IRIs of the classes whose members are counted; a member of several counts once.
    :ivar needs: IRI of a class without whose members no unit has a row; empty for none.
    :ivar reach: property paths that lead from a record to the units whose place in the table it
        may bear on; the empty path is the record itself.
    :ivar dimensions: what units are counted by, in the order of the query's variables.
    :ivar has_values: whether units have a number that is summed and averaged.
    :ivar questions: ids of the saved questions that it answers.
    :ivar query: the SELECT query, with the mark.
    """

    id: str
    label: str
    summary: str
    classes: tuple[str, ...]
    needs: str
    reach: tuple[str, ...]
    dimensions: tuple[str, ...]
    has_values: bool
    questions: tuple[str, ...]
    query: str

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the local names of the measures, the number of units first."""
        return ("unitCount", *(_MEASURES if self.has_values else ()))

    @property
    def levels(self) -> tuple[tuple[str, ...], ...]:
        """Return each set of dimensions that are told apart while the others stand for all."""
        sizes = range(len(self.dimensions) + 1)
        return tuple(level for size in sizes for level in combinations(self.dimensions, size))

    def query_for(self, units: Iterable[str] | None) -> str:
        """Return the query for some units, or for all of them.

        :param units: IRIs, which come from a store and from no caller; None for all.

        >>> "VALUES ?unit { <urn:a> }" in load_grouping("cases-by-place").query_for(["urn:a"])
        True
        """
        if units is None:
            return self.query
        chosen = " ".join(f"<{unit}>" for unit in units)
        return self.query.replace(MARK, f"VALUES ?unit {{ {chosen} }}")

    def parts_query(self) -> str:
        """Return the query that lists the units that one observation counts, once each.

        The dimensions are variables whose names begin with ``of``; where one is bound, to what its
        code stands for or to its text, only units with this value are listed.

        >>> load_grouping("cases-by-place").parts_query().splitlines()[2]
        'SELECT DISTINCT ?ofPlace ?unit'
        """
        start, _, inner = self.query.partition("SELECT ")
        chosen = {name: f"of{name[0].upper()}{name[1:]}" for name in self.dimensions}
        free = " ".join(f"?{name}" for name in chosen.values())
        kept = _MARKS.sub("", inner).rstrip().replace("\n", "\n    ")
        missing = "km:ValueNotReported"
        filters = [
            f"  FILTER (COALESCE(?{of}, ?{name}, {missing}) = COALESCE(?{name}, {missing}))"
            for name, of in chosen.items()
        ]
        classes = " ".join(f"<{name}>" for name in self.classes)
        member = f"  VALUES ?class {{ {classes} }}\n  ?unit a ?class ."
        body = "\n".join(["  {", f"    SELECT {kept}", "  }", member, *filters])
        return f"{start}SELECT DISTINCT {free} ?unit\nWHERE {{\n{PLACE}\n{body}\n}}\n"


#: Line of a query of parts below which whoever has no way of binding variables writes values.
PLACE: Final = "  # Values of an observation go here: BIND (... AS ?of...)"


@cache
def load_groupings() -> tuple[Grouping, ...]:
    """Read the groupings, sorted by id.

    :raises InputError: a header or a query is not as it should be.

    >>> "cases-by-place" in {grouping.id for grouping in load_groupings()}
    True
    """
    return tuple(read_grouping(path) for path in artefacts.files("queries", "cube/*.rq"))


@cache
def groupings_digest() -> str:
    """Return a digest of all groupings: a cube that was made by others is made anew.

    >>> len(groupings_digest())
    64
    """
    digest = hashlib.sha256()
    for path in artefacts.files("queries", "cube/*.rq"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def load_grouping(grouping_id: str) -> Grouping:
    """Return one grouping.

    :raises NotFoundError: there is none of this name.

    >>> load_grouping("cases-by-place").dimensions
    ('place',)
    """
    for grouping in load_groupings():
        if grouping.id == grouping_id:
            return grouping
    known = ", ".join(grouping.id for grouping in load_groupings())
    raise NotFoundError(f"there is no grouping '{grouping_id}' (groupings: {known})")


def read_grouping(path: Path) -> Grouping:
    """Read one grouping from its file.

    :raises InputError: the header or the query is not as it should be.

    >>> read_grouping(artefacts.folder("queries") / "cube" / "cases-by-place.rq").id
    'cases-by-place'
    """
    text = path.read_text(encoding="utf-8")
    lines = [line[3:] for line in text.splitlines() if line.startswith("#+ ")]
    query = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#+"))
    header = artefacts.read_header("\n".join(lines))
    try:
        grouping = Grouping(
            id=header["id"],
            label=header["label"],
            summary=header["summary"],
            classes=tuple(expand(name) for name in _listed(header["unit"])),
            needs=expand(header["needs"]) if "needs" in header else "",
            reach=tuple(header["reach"]),
            dimensions=tuple(header["dimensions"]),
            has_values=header.get("values", False),
            questions=tuple(header.get("questions", ())),
            query=query,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path.name}: the header lacks or misstates {error}") from error
    _check(path, grouping)
    return grouping


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    """Return a list of one or more."""
    return [value] if isinstance(value, str) else value


def _check(path: Path, grouping: Grouping) -> None:
    """Raise InputError where header, file name and query are at odds."""
    name = grouping.id
    if name != path.stem or not _NAME.fullmatch(name) or name in TAKEN:
        raise InputError(f"{path.name}: the id '{name}' is not the name of the file")
    expected = ["?unit", *(f"?{dimension}" for dimension in grouping.dimensions)]
    expected += ["?value"] if grouping.has_values else []
    match = _SELECT.search(grouping.query)
    if match is None or match["variables"].split() != expected:
        raise InputError(f"{path.name}: the query has to begin with 'SELECT {' '.join(expected)}'")
    if not _MARKS.search(grouping.query):
        raise InputError(f"{path.name}: the query needs a line '{MARK}'")
