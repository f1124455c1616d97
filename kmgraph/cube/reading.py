"""Read a cube: observations as a table, and the units that one observation counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from kmgraph.cube.building import CUBE
from kmgraph.cube.groupings import Grouping, load_grouping
from kmgraph.cube.tally import ALL
from kmgraph.cube.terms import code_iri, cube_iri, dimension_iri, slice_iri
from kmgraph.errors import NotFoundError, ParameterError
from kmgraph.namespaces import KM, expand, graph_iri
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

_MEMBER: Final = ox.NamedNode(expand("qb:observation"))
_DATASET: Final = ox.NamedNode(expand("qb:dataSet"))
_CODE_OF: Final = ox.NamedNode(f"{KM}codeOf")
_LABEL: Final = ox.NamedNode(expand("skos:prefLabel"))


def cube_table(
    store: QuadStore, grouping_id: str, *, by: Mapping[str, Term | None] | None = None
) -> Solutions:
    """Return observations of a grouping: what they are counted by, and their numbers.

    :param by: dimensions to tell apart, each with one value to keep, or None for every value.
        What is not named stands for all values together. None tells all dimensions apart.
    :returns: one row an observation, with its IRI, the name of each value in ``by`` and the
        measures; sorted by the names.
    :raises NotFoundError: there is no such grouping.
    :raises ParameterError: the grouping has no such dimension.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> cube_table(MemoryStore(), "cases-by-setting", by={"design": None}).variables
    ('observation', 'design', 'unitCount')
    """
    grouping = load_grouping(grouping_id)
    chosen = dict.fromkeys(grouping.dimensions) if by is None else dict(by)
    for name in chosen:
        if name not in grouping.dimensions:
            known = ", ".join(grouping.dimensions)
            raise ParameterError(f"'{grouping_id}' is not counted by '{name}', but by: {known}")
    level = tuple(name for name in grouping.dimensions if name in chosen)
    rows = [
        _row(store, grouping, level, observation)
        for observation in _members(store, grouping, level, chosen)
    ]
    rows.sort(key=lambda row: [str(term) for term in row[1:]])
    return Solutions(["observation", *level, *grouping.measures], rows)


def parts(store: QuadStore, observation: str) -> Iterator[ox.NamedNode]:
    """Yield the units that an observation counts: exactly as many as it says.

    The query of the dataset is asked, with what the codes of the observation stand for.

    :param observation: IRI of an observation.
    :raises NotFoundError: the store has no such observation.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> next(parts(MemoryStore(), "https://w3id.org/kmgraph/id/cube/cases-by-place/all"))
    Traceback (most recent call last):
    kmgraph.errors.NotFoundError: there is no observation \
<https://w3id.org/kmgraph/id/cube/cases-by-place/all> in the cube
    """
    node = ox.NamedNode(observation)
    dataset = _object(store, node, _DATASET)
    if not isinstance(dataset, ox.NamedNode):
        raise NotFoundError(f"there is no observation <{observation}> in the cube")
    grouping = load_grouping(dataset.value.removeprefix(cube_iri(store.base, "")))
    bindings: dict[str, Term] = {}
    for name in grouping.dimensions:
        code = _object(store, node, ox.NamedNode(dimension_iri(name)))
        if isinstance(code, ox.NamedNode) and code.value != code_iri(store.base, name, ALL):
            bindings[f"of{name[0].upper()}{name[1:]}"] = stands_for(store, code)
    answer = store.query(grouping.parts_query(), bindings=bindings)
    if isinstance(answer, Solutions):
        for row in answer:
            if isinstance(row[-1], ox.NamedNode):
                yield row[-1]


def stands_for(store: QuadStore, code: ox.NamedNode) -> Term:
    """Return the record or term that a code stands for, or its text.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> stands_for(MemoryStore(), ox.NamedNode("urn:code"))
    <Literal value= datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#string>>
    """
    term = _object(store, code, _CODE_OF)
    if isinstance(term, ox.NamedNode):
        return term
    label = _object(store, code, _LABEL)
    return label if isinstance(label, ox.Literal) else ox.Literal("")


def _members(
    store: QuadStore,
    grouping: Grouping,
    level: tuple[str, ...],
    chosen: Mapping[str, Term | None],
) -> Iterator[ox.NamedNode]:
    """Yield the observations of a level that have the chosen values."""
    part = ox.NamedNode(slice_iri(store.base, grouping, level))
    wanted = [
        (ox.NamedNode(dimension_iri(name)), _code(store, name, term))
        for name, term in chosen.items()
        if term is not None
    ]
    graph = ox.NamedNode(graph_iri(store.base, CUBE))
    for quad in store.quads(part, _MEMBER, None, graph):
        node = quad.object
        if isinstance(node, ox.NamedNode) and all(
            next(store.quads(node, prop, code, graph), None) for prop, code in wanted
        ):
            yield node


def _code(store: QuadStore, name: str, term: Term) -> ox.NamedNode:
    """Return the code of a chosen value."""
    spelled = "" if term == ox.NamedNode(f"{KM}ValueNotReported") else str(term)
    return ox.NamedNode(code_iri(store.base, name, spelled))


def _row(
    store: QuadStore,
    grouping: Grouping,
    level: tuple[str, ...],
    observation: ox.NamedNode,
) -> tuple[Term | None, ...]:
    """Return the row of an observation."""
    names: list[Term | None] = []
    for name in level:
        code = _object(store, observation, ox.NamedNode(dimension_iri(name)))
        names.append(_object(store, code, _LABEL) if isinstance(code, ox.NamedNode) else None)
    numbers = [_object(store, observation, ox.NamedNode(f"{KM}{m}")) for m in grouping.measures]
    return (observation, *names, *numbers)


def _object(store: QuadStore, subject: ox.NamedNode, prop: ox.NamedNode) -> Term | None:
    """Return the one value of a property, or None."""
    quad = next(store.quads(subject, prop, None, ox.DefaultGraph()), None)
    return None if quad is None else quad.object
