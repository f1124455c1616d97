"""The frameworks that work is drawn by: their parts in the order of their authors or lists.

RDF keeps no order of the parts of a thing, so the shipped Turtle files are read as they are
written; where their authors number the steps, these numbers count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import InputError
from kmgraph.figures import style
from kmgraph.namespaces import FRAMEWORK, expand

#: The framework whose work is recorded as cycles, and whose parts are not the columns.
CYCLES: Final = "pdsa"
#: Longest id that is shown over a column; where one is longer, the columns are counted.
_LONGEST: Final = 5
#: What stands over the framework as a whole.
_WHOLE: Final = "whole"
_CHECKED: Final = {expand("km:Verified"), expand("km:StatedInSource")}


@dataclass(frozen=True, slots=True)
class Column:
    """One part of a framework, or one place in a run of cycles.

    :ivar key: IRI of the construct, or the number of the cycle.
    :ivar heading: a few characters over the column.
    :ivar group: what the part belongs to; empty where all belong to one thing.
    """

    key: str
    heading: str
    label: str
    group: str = ""

    @property
    def name(self) -> str:
        """Heading and label."""
        return f"{self.heading} {self.label}".strip()


@dataclass(frozen=True, slots=True)
class Part:
    """A construct of a framework.

    :ivar position: its place where the authors give an order; otherwise None.
    :ivar is_leaf: whether it has no parts of its own.
    :ivar is_top: whether it is part of nothing.
    """

    iri: str
    notation: str
    label: str
    group: str
    position: int | None
    is_leaf: bool
    is_checked: bool
    is_top: bool = False


@dataclass(frozen=True, slots=True)
class Scheme:
    """A framework with all of its parts.

    :ivar name: its short name, such as ``queri-original``.
    :ivar is_process: whether it tells what to do, rather than what to look at.
    :ivar is_checked: whether it, or every part of it, was checked or is stated in a source.
    """

    name: str
    iri: str
    label: str
    is_process: bool
    is_checked: bool
    parts: tuple[Part, ...]

    @property
    def is_ordered(self) -> bool:
        """Whether the authors give all parts an order."""
        return all(part.position is not None for part in self.parts if part.is_leaf)

    def columns(self, recorded: set[str]) -> tuple[Column, ...]:
        """Return the parts that have none of their own, and others that something is recorded of.

        :param recorded: IRIs of constructs that something is recorded of.
        """
        shown = [part for part in self.parts if part.is_leaf or part.iri in recorded]
        groups = {part.group for part in shown if part != self.whole}
        headed = _headings([part for part in shown if part != self.whole])
        headings = [_WHOLE, *headed] if self.whole in shown else headed
        return tuple(
            Column(part.iri, heading, part.label, part.group if len(groups) > 1 else "")
            for part, heading in zip(shown, headings, strict=True)
        )

    @property
    def whole(self) -> Part | None:
        """The one construct that all others are parts of; None where there is none."""
        tops = [part for part in self.parts if part.is_top]
        return tops[0] if len(tops) == 1 and not tops[0].is_leaf else None

    def is_group(self, iri: str) -> bool:
        """Say whether a construct has parts of its own."""
        return any(part.iri == iri and not part.is_leaf for part in self.parts)


def scheme_names() -> tuple[str, ...]:
    """Return the short names of the frameworks that there are.

    >>> {"npt", "pdsa", "queri"} <= set(scheme_names())
    True
    """
    return tuple(path.stem for path in _files())


@cache
def load_scheme(name: str) -> Scheme:
    """Read one framework from its file.

    :param name: its short name.
    :raises InputError: there is no such framework.

    >>> queri = load_scheme("queri")
    >>> queri.is_ordered, [column.heading for column in queri.columns(set())]
    (True, ['1', '2', '3', '4', '5', '6'])
    """
    path = next((path for path in _files() if path.stem == name), None)
    if path is None:
        raise InputError(
            f"there is no framework '{style.shortened(style.clean(name), 60)}': take one of "
            f"{', '.join(scheme_names())}"
        )
    values: dict[tuple[str, str], list[str]] = defaultdict(list)
    for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        if isinstance(triple.subject, ox.NamedNode) and isinstance(
            triple.object, ox.NamedNode | ox.Literal
        ):
            values[triple.subject.value, triple.predicate.value].append(triple.object.value)
    iri = f"{FRAMEWORK}{name}/"
    tops = values.get((iri, expand("skos:hasTopConcept")), [])
    parts = tuple(part for top in _sorted(values, tops) for part in _parts(values, top))
    return Scheme(
        name,
        iri,
        _first(values, iri, "skos:prefLabel") or name,
        expand("km:ProcessFramework") in values.get((iri, expand("km:frameworkKind")), []),
        _is_checked(values, iri) or all(part.is_checked for part in parts if part.is_leaf),
        parts,
    )


@cache
def _files() -> tuple[Path, ...]:
    """Return the files of the frameworks."""
    return tuple(sorted(artefacts.files("ontology", "frameworks/*.ttl")))


def _first(values: dict[tuple[str, str], list[str]], iri: str, prop: str) -> str:
    """Return the first value of a property; empty where there is none."""
    return next(iter(values.get((iri, expand(prop)), ())), "")


def _is_checked(values: dict[tuple[str, str], list[str]], iri: str) -> bool:
    """Say whether something was checked against a source or is stated in one."""
    return _first(values, iri, "km:verificationStatus") in _CHECKED


def _parts(
    values: dict[tuple[str, str], list[str]], iri: str, group: str | None = None
) -> Iterator[Part]:
    """Yield a construct and what is below it.

    :param group: what it is part of; None for a top concept.
    """
    below = values.get((iri, expand("skos:narrower")), [])
    label = _first(values, iri, "skos:prefLabel")
    position = _first(values, iri, "km:position")
    yield Part(
        iri,
        _first(values, iri, "skos:notation"),
        label,
        group or "",
        int(position) if position else None,
        not below,
        _is_checked(values, iri),
        group is None,
    )
    for narrower in _sorted(values, below):
        yield from _parts(values, narrower, label)


def _sorted(values: dict[tuple[str, str], list[str]], iris: Sequence[str]) -> Sequence[str]:
    """Return constructs by their positions where all of them have one, otherwise as they are."""
    positions = {iri: _first(values, iri, "km:position") for iri in iris}
    if not all(positions.values()):
        return iris
    return sorted(iris, key=lambda iri: int(positions[iri]))


def _headings(parts: Sequence[Part]) -> list[str]:
    """Return what stands over the columns: positions, the ends of ids, or numbers."""
    ids = [part.notation.split(".") for part in parts]
    shared = 0
    while all(len(one) > shared + 1 for one in ids) and len({one[shared] for one in ids}) == 1:
        shared += 1
    found = [
        ".".join(one[shared:]) if part.position is None else str(part.position)
        for part, one in zip(parts, ids, strict=True)
    ]
    if len(set(found)) < len(found) or max(map(len, found), default=0) > _LONGEST:
        return [str(number) for number in range(1, len(parts) + 1)]
    return found
