"""Lists as queries: what selects the units that fit a choice, for people to read and change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.facets.building import KINDS, is_iri
from kmgraph.facets.definitions import Facet, load_facets
from kmgraph.facets.model import Value

_CLASSES: Final = {"study": "km:Study", "case": "km:ImplementationCase"}
_VARIABLE: Final = re.compile(r"\?([A-Za-z]\w*)")
_PREFIX: Final = re.compile(r"^PREFIX .*$", re.MULTILINE)
_WHERE: Final = re.compile(r"^(SELECT .*)\nWHERE \{\n(.*)^\}\n?", re.DOTALL | re.MULTILINE)
#: How what has a value is joined to what is listed, where these are of different kinds.
_OF_STUDY: Final = {
    "study": "?case{number} a km:ImplementationCase ; km:ofStudy ?study .\n",
    "case": "?case km:ofStudy ?study{number} .\n",
}


@dataclass(frozen=True, slots=True)
class _Parts:
    """A query of ours in parts."""

    prefixes: tuple[str, ...]
    head: str
    body: str

    @classmethod
    def of(cls, text: str) -> _Parts:
        """Return the parts of a query; its pattern without indentation."""
        found = _WHERE.search(text)
        if found is None:
            raise ValueError("a query of facets is SELECT on one line and WHERE on the next")
        body = "".join(line.removeprefix("  ") for line in found[2].splitlines(keepends=True))
        return cls(tuple(_PREFIX.findall(text)), found[1], body)


def query_of(kind: str, chosen: Mapping[str, Sequence[Value | None]]) -> str:
    """Return a query that selects the units of a kind that fit a choice.

    :param kind: ``study`` or ``case``, which is also the variable of the units.
    :param chosen: name of a facet to values; None stands for units without any.

    >>> print(query_of("case", {"year": [Value("2010", "2010", "2010")]}).splitlines()[0])
    # Cases with what a list shows of them.
    """
    source = artefacts.read_text("queries", f"facets/support/{KINDS[kind]}.rq")
    frame = _Parts.of(source)
    facets = {facet.name: facet for facet in load_facets()}
    parts = {name: _Parts.of(facets[name].query) for name, values in chosen.items() if values}
    narrowing = "".join(
        _narrowed(kind, facets[name], part, chosen[name], number)
        for number, (name, part) in enumerate(parts.items(), 1)
    )
    first, *rest = frame.body.splitlines(keepends=True)
    body = _renamed(first, kind) + narrowing + _renamed("".join(rest), kind)
    prefixes = sorted({line for part in (frame, *parts.values()) for line in part.prefixes})
    head = _renamed(frame.head, kind)
    comment = source.partition("\n")[0]
    return "\n".join(
        (comment, *prefixes, "", head, "WHERE {", indent(body, "  ") + "}", "ORDER BY ?name", "")
    )


def _narrowed(
    kind: str, facet: Facet, part: _Parts, values: Sequence[Value | None], number: int
) -> str:
    """Return the pattern of the units that have one of some values of a facet."""
    named = [value for value in values if value is not None]
    # A line break or an escape of one would end the comment.
    labels = [" ".join(one.label.replace("\\", "/").split()) for one in named]
    told = ", ".join([*labels, *(["not recorded"] if None in values else [])])
    has_any = _having(kind, facet, part, number)
    terms = " ".join(map(_term, named))
    # Selected apart, so that the engine finds the units of each facet once, and joins those.
    has_one = _apart(kind, f"{has_any}VALUES ?{facet.name} {{ {terms} }}\n")
    without = f"MINUS {_apart(kind, has_any)}"
    if None not in values:
        found = has_one
    elif named:
        rest = f"?{kind} a {_CLASSES[kind]} .\n{without}"
        found = f"{has_one.rstrip()} UNION {_group(rest)}"
    else:
        found = without
    return f"# {facet.label}: {told}\n{found}"


def _having(kind: str, facet: Facet, part: _Parts, number: int) -> str:
    """Return the pattern of the units that have a value of a facet."""
    other = "case" if kind == "study" else "study"
    own = _renamed(part.body, kind, facet.name, number)
    of_study = _OF_STUDY[kind].format(number=number)
    others = _renamed(part.body, f"{other}{number}", facet.name, number) + of_study
    if facet.is_of_study:
        return own if kind == "study" else others
    if kind == "case":
        return own
    return f"{_group(own).rstrip()} UNION {_group(others)}"


def _renamed(text: str, unit: str, value: str = "value", number: int | str = "") -> str:
    """Return a pattern with variables of its own, but for the unit and the value."""
    names = {"unit": unit, "value": value}

    def renamed(found: re.Match[str]) -> str:
        return f"?{names.get(found[1], f'{found[1]}{number}')}"

    return _VARIABLE.sub(renamed, text)


def _group(text: str) -> str:
    """Return a pattern in braces."""
    return f"{{\n{indent(text, '  ')}}}\n"


def _apart(kind: str, text: str) -> str:
    """Return the selection of the units that a pattern finds, in braces."""
    return _group(f"SELECT DISTINCT ?{kind} WHERE {_group(text)}")


def _term(value: Value) -> str:
    """Return a value as queries write it."""
    return str(ox.NamedNode(value.iri) if is_iri(value.iri) else ox.Literal(value.iri))
