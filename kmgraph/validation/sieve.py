"""Queries that find the nodes which may break a constraint, in a graph of any size.

Each finds every node that breaks its constraint, and few others: what is found is then checked
one by one. A query reads a property from end to end and compares whole sets (sub-selects and
MINUS, which engines join by hashing), so its time grows with the graph and no faster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import RDF, SH, XSD
from kmgraph.terms import Term
from kmgraph.validation.extents import Extents, union
from kmgraph.validation.shapes import Constraint, Shape, TargetShape, text_of

#: A day that there is in every year.
_DAY: Final = (
    "^[1-9][0-9]{3}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    "|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)$"
)
#: Conditions under which a literal is well-formed beyond doubt; one that meets its condition has
#: the datatype, and of the others each is looked at.
_CERTAIN: Final = {
    f"{XSD}string": "true",
    f"{RDF}langString": "true",
    f"{XSD}integer": "isNumeric(?v)",
    f"{XSD}decimal": "isNumeric(?v)",
    f"{XSD}boolean": "(sameTerm(?v, true) || sameTerm(?v, false))",
    f"{XSD}date": f'REGEX(STR(?v), "{_DAY}")',
    f"{XSD}gYearMonth": 'REGEX(STR(?v), "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$")',
    f"{XSD}gYear": 'REGEX(STR(?v), "^[1-9][0-9]{3}$")',
}
_KINDS: Final = {
    f"{SH}IRI": "isIRI(?v)",
    f"{SH}Literal": "isLiteral(?v)",
    f"{SH}BlankNode": "isBlank(?v)",
    f"{SH}BlankNodeOrIRI": "!isLiteral(?v)",
    f"{SH}IRIOrLiteral": "!isBlank(?v)",
    f"{SH}BlankNodeOrLiteral": "!isIRI(?v)",
}
#: A row reached from a node costs as much as this many that are read in passing.
_STEP: Final = 8
#: Most rows that one query may keep in memory.
_MOST_KEPT: Final = 10_000_000
#: Nodes of which it is quicker to look at each than to ask which are focus nodes.
_FEW: Final = 1_000

#: A shape with targets, one of its parts, and what that asks.
Use = tuple[TargetShape, Shape, Constraint]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What shapes ask of the values of one property, found by the same query.

    :ivar kind: name of the constraints, or ``values`` for those that look at each value by itself.
    :ivar path: the property, or None for the focus nodes themselves.
    :ivar uses: the constraints.
    """

    kind: str
    path: ox.NamedNode | None
    uses: tuple[Use, ...]

    def suspects(self, extents: Extents) -> list[Term]:
        """Return the nodes that may break one of the constraints, and perhaps others."""
        targets = dict.fromkeys(target for target, _, _ in self.uses)
        rules = list(dict.fromkeys(rule for _, _, rule in self.uses))
        ways, nodes = extents.ways(targets)
        if not ways:
            return []
        if self.path is None:
            inner = f"{{ SELECT (?this AS ?v) {{ {union(ways)} }} }}"
            found = _wrong_values(inner, rules, extents)
            return extents.nodes([f"SELECT DISTINCT (?v AS ?this) {{ {found} }}"])
        rows, number = f"?this {self.path} ?v", extents.rows_of(self.path)
        is_nested = nodes * _STEP < number or number > _MOST_KEPT
        if self.kind == "minCount":
            return extents.nodes(_too_few(ways, rows, max(map(_number, rules)), number, is_nested))
        if not number:
            return []
        if is_nested:
            each = (f"{way} . {rows}" for way in ways)
            return extents.nodes(self._wrong(pattern, rules, extents) for pattern in each)
        query = self._wrong(rows, rules, extents)
        found_nodes = extents.nodes([f"{query} LIMIT {_FEW}"])
        if len(found_nodes) < _FEW:
            return found_nodes
        return extents.nodes([f"SELECT DISTINCT ?this {{ {{ {query} }} {{ {union(ways)} }} }}"])

    def _wrong(self, rows: str, rules: Sequence[Constraint], extents: Extents) -> str:
        """Return a query for ?this, the nodes of some rows that break a constraint."""
        if self.kind == "maxCount":
            most = min(map(_number, rules))
            return f"SELECT ?this {{ {rows} }} GROUP BY ?this HAVING(COUNT(*) > {most})"
        if self.kind == "uniqueLang":
            tag = (
                f'{{ SELECT ?this (LCASE(LANG(?v)) AS ?tag) {{ {rows} FILTER(LANG(?v) != "") }} }}'
            )
            return f"SELECT DISTINCT ?this {{ {tag} }} GROUP BY ?this ?tag HAVING(COUNT(*) > 1)"
        if self.kind in ("lessThan", "lessThanOrEquals"):
            sign = "<" if self.kind == "lessThan" else "<="
            values = f"{{ SELECT ?this ?v {{ {rows} }} }}"
            limits = f"{{ SELECT ?this ?o {{ ?this {rules[0].value} ?o }} }}"
            wrong = f"FILTER(!COALESCE(?v {sign} ?o, false))"
            return f"SELECT DISTINCT ?this {{ {values} {limits} {wrong} }}"
        return f"SELECT DISTINCT ?this {{ {_wrong_values(rows, rules, extents)} }}"


def sweeps(shapes: Iterable[TargetShape], extents: Extents) -> list[Sweep]:
    """Return what there is to look for in a graph, so that alike constraints share a query.

    Shapes that have no focus node in the graph are left out.
    """
    by_rule: dict[tuple[ox.NamedNode | None, str, Constraint], list[Use]] = {}
    for target in shapes:
        if not extents.ways([target])[0]:
            continue
        for part in target.parts:
            for rule in part.constraints:
                by_rule.setdefault((part.path, rule.name, rule), []).append((target, part, rule))
    joined: dict[tuple[object, ...], list[Use]] = {}
    for (path, name, rule), uses in by_rule.items():
        key: tuple[object, ...] = (path, name)
        if name in ("lessThan", "lessThanOrEquals", "class", "or"):
            key = (path, name, rule)
        elif name not in ("minCount", "maxCount", "uniqueLang"):
            # What looks at each value is asked in one go where it is asked of the same nodes.
            key = (path, "values", frozenset(target.key for target, _, _ in uses))
        joined.setdefault(key, []).extend(uses)
    return [Sweep(str(key[1]), uses[0][1].path, tuple(uses)) for key, uses in joined.items()]


def _too_few(
    ways: Sequence[str], rows: str, least: int, number: int, is_nested: bool
) -> Iterator[str]:
    """Yield queries for nodes with fewer values than a number."""
    none = f"MINUS {{ {rows} }}" if number else ""
    if is_nested and number:
        yield from (
            f"SELECT DISTINCT ?this {{ {way} FILTER NOT EXISTS {{ {rows} }} }}" for way in ways
        )
    else:
        yield f"SELECT DISTINCT ?this {{ {union(ways)} {none} }}"
    if least > 1 and number:
        few = f"{{ SELECT ?this {{ {rows} }} GROUP BY ?this HAVING(COUNT(*) < {least}) }}"
        yield f"SELECT DISTINCT ?this {{ {few} {{ {union(ways)} }} }}"


def _wrong_values(rows: str, rules: Sequence[Constraint], extents: Extents) -> str:
    """Return a pattern for the rows whose value ?v may break one of some constraints."""
    if len(rules) > 1:
        return f"{rows} FILTER(!({' && '.join(map(_surely, rules))}))"
    tests = list(rules[0].tests) if rules[0].name == "or" else [(rules[0],)]
    classes = [test[0].value for test in tests if len(test) == 1 and test[0].name == "class"]
    others = [test for test in tests if not (len(test) == 1 and test[0].name == "class")]
    fine = " || ".join(" && ".join(map(_surely, test)) or "true" for test in others)
    pattern = f"{rows} FILTER(!({fine}))" if fine else rows
    listed = extents.classes_of(list(map(text_of, classes)))
    if not listed:
        return pattern
    names = " ".join(f"<{name}>" for name in listed)
    kind = f"VALUES ?sort {{ {names} }} ?v a ?sort" if len(listed) > 1 else f"?v a {names}"
    return f"{pattern} MINUS {{ {kind} }}"


def _surely(constraint: Constraint) -> str:
    """Return a condition under which a value ?v is as a constraint wants it, beyond doubt."""
    value = constraint.value
    if constraint.name == "datatype" and value is not None:
        certain = _CERTAIN.get(text_of(value), "false")
        return f"COALESCE(DATATYPE(?v) = {value} && {certain}, false)"
    if constraint.name == "nodeKind" and value is not None:
        return _KINDS.get(text_of(value), "false")
    if constraint.name == "in":
        return "(" + " || ".join(f"sameTerm(?v, {item})" for item in constraint.members) + ")"
    if constraint.name in ("minInclusive", "maxInclusive"):
        sign = ">=" if constraint.name == "minInclusive" else "<="
        return f"COALESCE(isNumeric(?v) && ?v {sign} {value}, false)"
    if constraint.name == "pattern" and isinstance(value, ox.Literal):
        return f"COALESCE(!isBlank(?v) && REGEX(STR(?v), {value}), false)"
    return "false"


def _number(constraint: Constraint) -> int:
    """Return the number that a constraint names."""
    return int(text_of(constraint.value) or "0")
