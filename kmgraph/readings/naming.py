"""Constructs as attributes: ``reading.context.culture`` reads as the framework does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from kmgraph.errors import ConstructNotFoundError
from kmgraph.readings.frameworks import slug


class Named(Protocol):
    """Something that a framework has an id and a label for."""

    @property
    def notation(self) -> str:
        """Return its id, such as ``PARIHS.C.culture``."""

    @property
    def label(self) -> str:
        """Return its label."""


def names_of(part: Named) -> Iterator[str]:
    """Yield the names that a construct goes by as an attribute: end of its id, and label.

    >>> from kmgraph.readings.frameworks import Concept
    >>> list(names_of(Concept("https://example.org/PARIHS.E.clinical", "Experience", "", True)))
    ['clinical', 'experience']
    """
    last = part.notation.rpartition(".")[2]
    names = (last, slug(part.label))
    # Words before single letters: messages show the first name.
    for name in dict.fromkeys(names if last.islower() else reversed(names)):
        if name.isidentifier():
            yield name


class HasConstructs:
    """Gives the parts of a reading as attributes by name, and as items by id."""

    __slots__ = ()

    def _named(self) -> list[Any]:
        """Return the parts that are found by name."""
        raise NotImplementedError

    def _deep(self) -> list[Any]:
        """Return the parts that are found by id, those of parts too."""
        raise NotImplementedError

    def _called(self) -> str:
        """Return what messages call this."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        # A copy is asked for names before it has any fields.
        if name.startswith("_") or name in type(self).__slots__:
            raise AttributeError(name)
        found = [part for part in self._named() if name in names_of(part)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = " and ".join(part.notation for part in found)
            raise ConstructNotFoundError(
                f"{self._called()} has several constructs called '{name}': ask for {ids} "
                "in square brackets"
            )
        there = ", ".join(next(names_of(part)) for part in self._named())
        raise ConstructNotFoundError(f"{self._called()} has no '{name}': there are {there}")

    def __getitem__(self, notation: str) -> Any:
        """Return a part by its id, such as ``PARIHS.C.culture``.

        :raises ConstructNotFoundError: there is no such part.
        """
        parts = self._deep()
        for part in parts:
            if part.notation == notation:
                return part
        there = ", ".join(dict.fromkeys(part.notation for part in parts))
        raise ConstructNotFoundError(f"{self._called()} has no '{notation}': there are {there}")

    def __dir__(self) -> list[str]:
        """Return fields, methods and names of parts, for completion."""
        names = {name for part in self._named() for name in names_of(part)}
        return sorted({*object.__dir__(self), *names})
