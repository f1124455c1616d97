"""Run the SPARQL constraints of shapes over whole graphs.

As it stands such a query is asked of one focus node at a time. Here it is asked of all of them at
once, which engines do in one pass. Where they do not, ``queries/checks/shapes`` has a query of the
shape's name that finds, in one pass, every node that may break the constraint and perhaps others;
only these are then asked one by one. One that returns more than ``?this`` gives the very solutions
of the constraint, for those that many nodes may break.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.namespaces import SH
from kmgraph.terms import Term
from kmgraph.validation.extents import Extents, union
from kmgraph.validation.result import Result
from kmgraph.validation.shapes import Query, Shape, TargetShape

#: IRI of the component of all SPARQL constraints.
SPARQL: Final = f"{SH}SPARQLConstraintComponent"

#: A pattern that begins with the focus node, and so binds it.
_BINDS_ITSELF: Final = re.compile(r"\s*\$this\s")
#: The head of a query that finds suspects.
_SUSPECTS: Final = re.compile(r"^SELECT (DISTINCT )?\?this WHERE", re.MULTILINE)
#: Results of which it is quicker to look at each than to ask which are of focus nodes.
_FEW: Final = 1_000


def ask(target: TargetShape, part: Shape, rule: Query, extents: Extents) -> Iterator[Result]:
    """Yield what is wrong in a graph by a SPARQL constraint.

    :param part: the part of the shape that has the constraint.
    """
    ways, _ = extents.ways([target])
    if not ways:
        return
    sieve = _sieves().get(str(part.node).strip("<>").rpartition("#")[2])
    focus = f"{{ SELECT DISTINCT ?this {{ {union(ways)} }} }}"
    if sieve is not None and sieve.is_exact:
        given = _answers(part, rule, sieve.text, extents)
        yield from (item for item in given if extents.is_focus(item.focus_node, target))
    elif sieve is not None:
        found = extents.nodes([sieve.text])
        yield from ask_of(
            (node for node in found if extents.is_focus(node, target)), part, rule, extents
        )
    elif _BINDS_ITSELF.match(rule.select.partition("{")[2]):
        # Asked without the focus nodes, as what is wrong is mostly nothing.
        query = f"{rule.prefixes}{rule.select}"
        few = list(islice(_answers(part, rule, query, extents), _FEW))
        if len(few) < _FEW:
            yield from (item for item in few if extents.is_focus(item.focus_node, target))
        else:
            yield from _answers(part, rule, _with(focus, rule), extents)
    else:
        yield from _answers(part, rule, _with(focus, rule), extents)


def _with(focus: str, rule: Query) -> str:
    """Return the query of a constraint with the focus nodes at its beginning."""
    head, brace, body = rule.select.partition("{")
    return f"{rule.prefixes}{head}{brace} {focus} {body}"


def ask_of(nodes: Iterable[Term], part: Shape, rule: Query, extents: Extents) -> Iterator[Result]:
    """Yield what is wrong with some focus nodes by a SPARQL constraint."""
    for node in nodes:
        yield from _answers(part, rule, f"{rule.prefixes}{rule.select}", extents, node)


@dataclass(frozen=True, slots=True)
class _Sieve:
    """A query that finds what may be wrong.

    :ivar is_exact: whether its solutions are those of the constraint.
    """

    text: str
    is_exact: bool


@cache
def _sieves() -> dict[str, _Sieve]:
    """Return the queries that find what may be wrong, by the name of the shape."""
    found: dict[str, _Sieve] = {}
    for path in artefacts.files("queries", "checks/shapes/*.rq"):
        text = path.read_text(encoding="utf-8")
        found[path.stem] = _Sieve(text, _SUSPECTS.search(text) is None)
    return found


def _answers(
    shape: Shape, rule: Query, query: str, extents: Extents, focus: Term | None = None
) -> Iterator[Result]:
    """Yield the results of a SPARQL constraint, each solution once."""
    answer = extents.select(query, focus)
    messages = tuple(sorted({*shape.messages, *rule.messages}))
    for row in dict.fromkeys(answer):
        found: dict[str, Term | None] = dict(zip(answer.variables, row, strict=True))
        node, path = found.get("this") or focus, found.get("path")
        assert node is not None  # noqa: S101 - the pattern of the focus nodes binds it
        yield Result(
            focus_node=node,
            severity=shape.severity,
            component=SPARQL,
            source_shape=shape.node,
            messages=messages,
            path=path if isinstance(path, ox.NamedNode) else None,
            value=found.get("value") or node,
            source_constraint=rule.node,
        )
