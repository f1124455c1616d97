"""Check a node against what a shape asks, exactly as SHACL has it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

import pyoxigraph as ox

from kmgraph.namespaces import SH
from kmgraph.terms import Term
from kmgraph.validation.literals import has_datatype, is_below, is_between
from kmgraph.validation.result import Result
from kmgraph.validation.shapes import Constraint, Shape, text_of

_KINDS: Final = {
    ox.NamedNode: (f"{SH}IRI", f"{SH}IRIOrLiteral", f"{SH}BlankNodeOrIRI"),
    ox.Literal: (f"{SH}Literal", f"{SH}IRIOrLiteral", f"{SH}BlankNodeOrLiteral"),
    ox.BlankNode: (f"{SH}BlankNode", f"{SH}BlankNodeOrIRI", f"{SH}BlankNodeOrLiteral"),
}


class Facts(Protocol):
    """What is asked of the graph that is checked."""

    def values(self, node: Term, path: ox.NamedNode) -> Sequence[Term]:
        """Return the values of a property of a node, each once."""

    def is_member(self, node: Term, class_iri: str) -> bool:
        """Say whether a node is of a class, or of one below it."""


def results(shape: Shape, constraint: Constraint, focus: Term, facts: Facts) -> Iterator[Result]:
    """Yield what is wrong with a node, by one constraint of a shape.

    :param shape: a node shape or a property shape.
    :param constraint: one of its constraints.
    :param focus: a focus node of the shape.

    >>> class Nothing:
    ...     def values(self, node, path): return ()
    ...     def is_member(self, node, class_iri): return False
    >>> from kmgraph.validation.result import Severity
    >>> one = Constraint("minCount", ox.Literal(1))
    >>> node = ox.NamedNode("https://e.org/x")
    >>> shape = Shape(node, Severity.WARNING, ("too few",), node, (one,), ())
    >>> [result.message for result in results(shape, one, node, Nothing())]
    ['too few']
    """
    values = [focus] if shape.path is None else facts.values(focus, shape.path)
    for value in _wrong(constraint, focus, values, facts):
        yield Result(
            focus_node=focus,
            severity=shape.severity,
            component=constraint.component,
            source_shape=shape.node,
            messages=shape.messages,
            path=shape.path,
            value=value,
        )


def _wrong(
    constraint: Constraint, focus: Term, values: Sequence[Term], facts: Facts
) -> Iterator[Term | None]:
    """Yield the values that break a constraint, or None where it is all values together."""
    limit = constraint.value
    if constraint.name == "minCount":
        yield from [None] * (len(values) < _number(limit))
    elif constraint.name == "maxCount":
        yield from [None] * (len(values) > _number(limit))
    elif constraint.name == "uniqueLang":
        tags = (term.language for term in values if isinstance(term, ox.Literal))
        counts = Counter(tag.lower() for tag in tags if tag)
        yield from (None for number in counts.values() if number > 1)
    elif constraint.name in ("lessThan", "lessThanOrEquals"):
        or_equal = constraint.name == "lessThanOrEquals"
        assert isinstance(limit, ox.NamedNode)  # noqa: S101 - the shapes were read so
        others = facts.values(focus, limit)
        for value in values:
            yield from (value for other in others if not is_below(value, other, or_equal=or_equal))
    else:
        yield from (value for value in values if not conforms(constraint, value, facts))


def conforms(constraint: Constraint, value: Term, facts: Facts) -> bool:
    """Say whether a value is as a constraint wants each value to be.

    >>> conforms(Constraint("in", members=(ox.Literal(1),)), ox.Literal(2), None)
    False
    """
    if constraint.name == "or":
        return any(all(conforms(item, value, facts) for item in test) for test in constraint.tests)
    if constraint.name == "in":
        return value in constraint.members
    assert constraint.value is not None  # noqa: S101 - only lists have none
    return _TESTS[constraint.name](constraint.value, value, facts)


def _has_class(wanted: Term, value: Term, facts: Facts) -> bool:
    """Say whether a value is of a class."""
    return not isinstance(value, ox.Literal) and facts.is_member(value, text_of(wanted))


def _matches(pattern: Term, value: Term, facts: Facts) -> bool:
    """Say whether a value is spelled as a pattern says."""
    if isinstance(value, ox.BlankNode):
        return False
    return re.search(text_of(pattern), text_of(value)) is not None


_TESTS: Final[dict[str, Callable[[Term, Term, Facts], bool]]] = {
    "class": _has_class,
    "datatype": lambda wanted, value, facts: has_datatype(value, text_of(wanted)),
    "nodeKind": lambda wanted, value, facts: text_of(wanted) in _KINDS[type(value)],
    "minInclusive": lambda limit, value, facts: is_between(value, limit, lower=True),
    "maxInclusive": lambda limit, value, facts: is_between(value, limit, lower=False),
    "pattern": _matches,
}


def _number(term: Term | None) -> int:
    """Return the number that a constraint names."""
    return int(text_of(term) or "0")
