"""The cases of a dataset by id, each read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import pyoxigraph as ox

from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.readings.assembling import read_case
from kmgraph.readings.facts import read_case_facts, read_facts, solve, text_of
from kmgraph.readings.frameworks import DEFAULT_SCHEME, load_frameworks
from kmgraph.readings.model import CaseReading
from kmgraph.stores.base import QuadStore

_SEGMENT = "case/"


class Cases(Mapping[str, CaseReading]):
    """Readings of cases by id, in the order of their ids.

    A case is found by its id, its path below the base (``case/a``) or its IRI. Three queries read
    it, when it is asked for; :meth:`readings` reads all cases with the same three.

    :param store: the store or view.
    :param scheme: short name of the framework to read them under.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> Cases(MemoryStore())
    <Cases: 0 by parihs-2004>
    """

    def __init__(self, store: QuadStore, scheme: str = DEFAULT_SCHEME) -> None:
        _ = load_frameworks()[scheme]
        self._store, self.scheme = store, scheme

    def by(self, scheme: str) -> Cases:
        """Return the cases read under another version of the framework.

        :param scheme: short name, such as ``i-parihs-2016``.
        :raises NotFoundError: cases are not read under a framework of this name.
        """
        return Cases(self._store, scheme)

    def __getitem__(self, name: str) -> CaseReading:
        """Return the reading of a case.

        :param name: its id, its path or its IRI.
        :raises InputError: it is no text, such as a number.
        :raises RecordNotFoundError: there is no such case.
        """
        facts = None
        if iri := self.iri(name):
            facts = read_case_facts(self._store, iri)
        if facts is None:
            raise RecordNotFoundError(
                f"there is no case '{name}': there are {len(self)}"
                + (f", the first being {', '.join(list(self)[:3])}" if len(self) else "")
            )
        return read_case(facts, self.scheme)

    def iri(self, name: str) -> str:
        """Return the IRI that an id, a path or an IRI stands for; empty where none can be.

        :raises InputError: the name is no text.

        >>> from kmgraph.stores.oxigraph import MemoryStore
        >>> Cases(MemoryStore(base="https://x.org/")).iri("case/a")
        'https://x.org/case/a'
        """
        if not isinstance(name, str):
            raise InputError(
                f"a case is found by its id, its path or its IRI, not by {name!r}: "
                "list(cases) gives the ids"
            )
        if "://" in name or name.startswith("urn:"):
            iri = name
        else:
            iri = f"{self._store.base}{_SEGMENT}{name.removeprefix(_SEGMENT)}"
        try:
            return ox.NamedNode(iri).value
        except ValueError:
            return ""

    def readings(self) -> Iterator[CaseReading]:
        """Yield the readings of all cases, in the order of their ids."""
        for facts in read_facts(self._store):
            yield read_case(facts, self.scheme)

    @cached_property
    def _ids(self) -> tuple[str, ...]:
        """Ids of the cases; the IRI of a case that lies elsewhere."""
        prefix = f"{self._store.base}{_SEGMENT}"
        iris = dict.fromkeys(text_of(row, "case") for row in solve(self._store, "cases"))
        return tuple(iri.removeprefix(prefix) for iri in iris)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not (iri := self.iri(name)):
            return False
        return next(solve(self._store, "cases", case=iri), None) is not None

    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        """Return the reading of a case, or something else where there is no such case."""
        return self[name] if name in self else default

    def __repr__(self) -> str:
        return f"<Cases: {len(self)} by {self.scheme}>"
