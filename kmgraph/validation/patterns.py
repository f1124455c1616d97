"""The triple patterns of a SPARQL constraint: what it looks at, and how that leads to its node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, Final

import rdflib
from pyparsing import ParseResults
from rdflib.paths import InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kmgraph.namespaces import RDF
from kmgraph.validation.shapes import Query

_TYPE: Final = f"{RDF}type"
#: A triple pattern whose property is a variable.
_ANY_PREDICATE: Final = re.compile(r"(?:[?$]\w+\s+|;\s*)\?\w+\s+[?$]\w+")
#: Most steps from what changed to a focus node.
_MOST_STEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern, as SPARQL writes it.

    :ivar subject: a variable such as ``?this``, or a term.
    :ivar predicates: IRIs that it names; none for a variable, which is any.
    :ivar path: the property or path between the two.
    :ivar object: a variable or a term.
    """

    subject: str
    predicates: frozenset[str]
    path: str
    object: str

    def looks_at(self, predicate: str) -> bool:
        """Say whether a statement with a property may match."""
        return not self.predicates or predicate in self.predicates

    def text(self, name: str = "", term: str = "") -> str:
        """Return the pattern, with a term in place of one of its variables."""
        subject, target = (term if part == name else part for part in (self.subject, self.object))
        return f"{subject} {self.path} {target} ."


def may_look_at(rule: Query, predicate: str) -> bool:
    """Say whether the text of a constraint may name a property; parsing it takes far longer.

    >>> import pyoxigraph as ox
    >>> query = Query(ox.BlankNode("q"), "", "SELECT $this { ?x <urn:k#r> $this }", ())
    >>> may_look_at(query, "urn:k#r"), may_look_at(query, "urn:k#s")
    (True, False)
    """
    name = "a" if predicate == _TYPE else re.split(r"[#/]", predicate)[-1]
    if re.search(rf"(?<![-\w]){re.escape(name)}(?![-\w])", rule.select):
        return True
    return _ANY_PREDICATE.search(rule.select) is not None


@lru_cache(maxsize=1_000)
def patterns(rule: Query) -> tuple[Pattern, ...]:
    """Return the triple patterns of a SPARQL constraint, wherever in it they are.

    >>> import pyoxigraph as ox
    >>> query = "SELECT $this { $this <urn:p>/<urn:q> ?v FILTER NOT EXISTS { ?x <urn:r> $this } }"
    >>> sorted(item.text() for item in patterns(Query(ox.BlankNode("q"), "", query, ())))
    ['?step0 <urn:q> ?v .', '?this <urn:p> ?step0 .', '?x <urn:r> ?this .']
    """
    algebra = translateQuery(parseQuery(rule.prefixes + rule.select)).algebra
    found: dict[Pattern, None] = {}
    fresh = (f"?step{number}" for number in count())

    def visit(node: Any) -> None:
        """Note the patterns of a part of the query; those of a filter are not translated."""
        is_group = isinstance(node, CompValue) and "triples" in node
        terms = list(_flat(node["triples"])) if is_group else []
        for subject, predicate, target in zip(terms[::3], terms[1::3], terms[2::3], strict=True):
            found.update(dict.fromkeys(_parts(subject.n3(), predicate, target.n3(), fresh)))

    traverse(algebra, visitPre=visit)
    return tuple(found)


def _flat(triples: Any) -> Iterator[Any]:
    """Yield the terms of triples, which the parser nests and its translation does not."""
    for item in triples:
        if isinstance(item, list | tuple | ParseResults):
            yield from _flat(item)
        else:
            yield item


def _parts(start: str, predicate: Any, end: str, fresh: Iterator[str]) -> Iterator[Pattern]:
    """Yield the patterns that a triple with a path stands for."""
    if isinstance(predicate, SequencePath):
        for number, step in enumerate(predicate.args, start=1):
            to = end if number == len(predicate.args) else next(fresh)
            yield from _parts(start, step, to, fresh)
            start = to
    elif isinstance(predicate, InvPath):
        yield from _parts(end, predicate.arg, start, fresh)
    elif isinstance(predicate, rdflib.Variable):
        yield Pattern(start, frozenset(), predicate.n3(), end)
    else:
        yield Pattern(start, frozenset(_iris(predicate)), predicate.n3(), end)


def _iris(path: Any) -> Iterator[str]:
    """Yield the properties of a path."""
    if isinstance(path, rdflib.URIRef):
        yield str(path)
    elif isinstance(path, MulPath):
        yield from _iris(path.path)
    elif isinstance(path, InvPath):
        yield from _iris(path.arg)
    elif isinstance(path, Path):
        for part in getattr(path, "args", ()):
            yield from _iris(part)


def chains(rule: Query, start: str) -> Iterator[tuple[Pattern, ...]]:
    """Yield the ways that lead from a variable of a constraint to ?this, the shortest first.

    >>> import pyoxigraph as ox
    >>> query = Query(ox.BlankNode("q"), "", "SELECT $this { ?x <urn:r> $this }", ())
    >>> [[item.text() for item in chain] for chain in chains(query, "?x")]
    [['?x <urn:r> ?this .']]
    """
    todo: list[tuple[str, tuple[Pattern, ...]]] = [(start, ())]
    for _ in range(_MOST_STEPS):
        longer: list[tuple[str, tuple[Pattern, ...]]] = []
        for at, chain in todo:
            for pattern in patterns(rule):
                ends = (pattern.subject, pattern.object)
                if at not in ends or pattern in chain:
                    continue
                to = ends[1] if ends[0] == at else ends[0]
                if to == "?this":
                    yield (*chain, pattern)
                elif to.startswith("?"):
                    longer.append((to, (*chain, pattern)))
        todo = longer
