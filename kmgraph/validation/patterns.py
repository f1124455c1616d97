"""The triple patterns of a SPARQL constraint: what it looks at, and how that leads to its node."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from kmgraph import artefacts
from kmgraph.namespaces import RDF
from kmgraph.validation.shapes import Query

#: File below ``queries`` that keeps the patterns of the constraints in ``shapes``.
PATTERNS_FILE: Final = "checks/shapes/patterns.json"
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

    def text(self) -> str:
        """Return the pattern."""
        return f"{self.subject} {self.path} {self.object} ."


@lru_cache(maxsize=50_000)
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
    >>> query = Query(ox.BlankNode("q"), "", "SELECT $this { ?x <urn:r> $this }", ())
    >>> [item.text() for item in patterns(query)]
    ['?x <urn:r> ?this .']
    """
    kept = _kept().get(key_of(rule))
    if kept is not None:
        return tuple(
            Pattern(subject, frozenset(predicates), path, target)
            for subject, predicates, path, target in kept
        )
    # A constraint that somebody has just written or changed.
    from kmgraph.validation.pattern_reading import read_patterns

    return read_patterns(rule)


def key_of(rule: Query) -> str:
    """Return the key of a constraint in the file of patterns: a digest of its text.

    >>> import pyoxigraph as ox
    >>> len(key_of(Query(ox.BlankNode("q"), "", "SELECT $this {}", ())))
    32
    """
    return hashlib.sha256((rule.prefixes + rule.select).encode()).hexdigest()[:32]


@cache
def _kept() -> dict[str, list[tuple[str, list[str], str, str]]]:
    """Return what is kept of the constraints that come with kmgraph."""
    path = artefacts.folder("queries") / PATTERNS_FILE
    found: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
    return found


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
