"""Read the triple patterns of a SPARQL constraint out of its text.

Reading the constraints that come with kmgraph takes more than a second, so what is found is kept in
a file beside them: ``python -m kmgraph.validation.pattern_reading`` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import rdflib
from pyparsing import ParseResults
from rdflib.paths import InvPath, MulPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kmgraph import artefacts
from kmgraph.validation.patterns import PATTERNS_FILE, Pattern, key_of
from kmgraph.validation.shapes import Query, read_shapes


def read_patterns(rule: Query) -> tuple[Pattern, ...]:
    """Return the triple patterns of a SPARQL constraint, wherever in it they are.

    >>> import pyoxigraph as ox
    >>> query = "SELECT $this { $this <urn:p>/<urn:q> ?v FILTER NOT EXISTS { ?x <urn:r> $this } }"
    >>> sorted(item.text() for item in read_patterns(Query(ox.BlankNode("q"), "", query, ())))
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


def written() -> str:
    """Return what the file of patterns has to hold: JSON, a line for each constraint."""
    shapes = read_shapes(artefacts.files("shapes", "*.ttl"))
    rules = [rule for shape in shapes for part in shape.parts for rule in part.queries]
    found = {
        key_of(rule): [
            [item.subject, sorted(item.predicates), item.path, item.object]
            for item in read_patterns(rule)
        ]
        for rule in rules
    }
    told = (f'"{key}": {json.dumps(each)}' for key, each in sorted(found.items()))
    return "{\n" + ",\n".join(told) + "\n}\n"


if __name__ == "__main__":
    artefacts.folder("queries").joinpath(PATTERNS_FILE).write_text(written(), encoding="utf-8")
