"""Which studies a study has something in common with, and what.

Only what is tied to the study itself is looked up, so that the time does not grow with the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.stores.base import QuadStore

#: Most studies that are looked up through one thing in common.
STUDIES_READ: Final = 200
_DEFAULT: Final = ox.DefaultGraph()
_OF_STUDY: Final = ox.NamedNode(expand("km:ofStudy"))
#: Properties of cases, and of studies, whose values are what they have in common.
_OF_CASES: Final = (("same innovation", "km:ofInnovation"), ("same site", "km:atSite"))
_OF_STUDIES: Final = (("same lead organisation", "km:leadOrganisation"),)
#: Properties of other things that point to a study.
_POINTING: Final = (
    ("same post", "km:alignedWith"),
    ("same community", "km:communityOf"),
    ("same panel", "km:reviews"),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a study has in common with others.

    :ivar kind: how, in words, such as ``same site``.
    :ivar through: IRI of what they share.
    :ivar studies: IRIs of the other studies, sorted.
    :ivar is_whole: whether there are no more of them.
    """

    kind: str
    through: str
    studies: tuple[str, ...]
    is_whole: bool = True


def nearby(store: QuadStore, study: str) -> tuple[Shared, ...]:
    """Return what a study has in common with others, the closest first.

    :param study: IRI of the study.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> nearby(MemoryStore(), "urn:s")
    ()
    """
    own = ox.NamedNode(study)
    cases = _subjects(store, _OF_STUDY, own)
    found = [
        _shared(kind, through, own, _through_cases(store, prop, through))
        for kind, prop in _named(_OF_CASES)
        for through in _objects(store, cases, prop)
    ]
    found += [
        _shared(kind, through, own, _objects(store, [through], prop))
        for kind, prop in _named(_POINTING)
        for through in _subjects(store, prop, own)
    ]
    found += [
        _shared(kind, through, own, _subjects(store, prop, through))
        for kind, prop in _named(_OF_STUDIES)
        for through in _objects(store, [own], prop)
    ]
    return tuple(one for one in found if one.studies)


def _named(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, ox.NamedNode]]:
    """Return properties as nodes, each with what it tells."""
    return [(kind, ox.NamedNode(expand(prop))) for kind, prop in pairs]


def _subjects(store: QuadStore, prop: ox.NamedNode, value: ox.NamedNode) -> list[ox.NamedNode]:
    """Return what points to a thing by a property."""
    quads = islice(store.quads(None, prop, value, _DEFAULT), STUDIES_READ + 1)
    return list(dict.fromkeys(q.subject for q in quads if isinstance(q.subject, ox.NamedNode)))


def _objects(
    store: QuadStore, subjects: Iterable[ox.NamedNode], prop: ox.NamedNode
) -> list[ox.NamedNode]:
    """Return what things point to by a property."""
    quads = (q for one in subjects for q in store.quads(one, prop, None, _DEFAULT))
    held = islice(quads, STUDIES_READ + 1)
    return list(dict.fromkeys(q.object for q in held if isinstance(q.object, ox.NamedNode)))


def _through_cases(
    store: QuadStore, prop: ox.NamedNode, through: ox.NamedNode
) -> list[ox.NamedNode]:
    """Return the studies of the cases that point to a thing."""
    return _objects(store, _subjects(store, prop, through), _OF_STUDY)


def _shared(
    kind: str, through: ox.NamedNode, own: ox.NamedNode, studies: Iterable[ox.NamedNode]
) -> Shared:
    """Return what is shared with other studies than the one that is asked of."""
    others = sorted({one.value for one in studies if one != own})
    return Shared(kind, through.value, tuple(others[:STUDIES_READ]), len(others) < STUDIES_READ)
