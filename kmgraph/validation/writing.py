"""Write validation results as text, JSON and Turtle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import PREFIXES, RDF, SH, XSD, compact
from kmgraph.terms import Term
from kmgraph.validation.result import Result, Severity

_TYPE: Final = ox.NamedNode(f"{RDF}type")
_compact: Final = lru_cache(maxsize=10_000)(compact)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
_SHAPES: Final = "https://w3id.org/kmgraph/shapes#"


#: Severities, and how many results of each are not at hand.
LeftOut = Sequence[tuple[Severity, int]]


def to_text(results: Sequence[Result], left_out: LeftOut = ()) -> str:
    """Return the results in plain words, grouped by record.

    :param left_out: what was found beside these.

    >>> to_text([])
    'conforms: nothing to remark'
    """
    if not results:
        return "conforms: nothing to remark"
    lines: list[str] = []
    ordered = sorted(results, key=_place)
    for title, group in groupby(ordered, key=heading):
        lines += [title, *(f"  {_line(result)}" for result in group), ""]
    if left_out:
        lines += [f"and {sum(number for _, number in left_out)} more, which are not listed", ""]
    stopped = _counts(results, left_out)[Severity.VIOLATION] > 0
    verdict = "does not conform" if stopped else "conforms"
    return "\n".join([*lines, f"{verdict}: {tally(results, left_out)}"])


def to_json(results: Sequence[Result], left_out: LeftOut = ()) -> str:
    """Return the results as a JSON object.

    :param left_out: what was found beside these; it is counted.

    >>> to_json([]).split()
    ['{', '"conforms":', 'true,', '"counts":', '{},', '"results":', '[]', '}']
    """
    counts = _counts(results, left_out)
    document = {
        "conforms": counts[Severity.VIOLATION] == 0,
        "counts": {name: counts[name] for name in Severity if counts[name]},
        **({"leftOut": dict(left_out)} if left_out else {}),
    }
    start = json.dumps(document, ensure_ascii=False, indent=2).removesuffix("\n}")
    listed = ",\n".join(map(_indented, results))
    return f'{start},\n  "results": [' + (f"\n{listed}\n  ]\n}}" if listed else "]\n}")


def _indented(result: Result) -> str:
    """Return one result as JSON on lines of its own; of many, the library indents slowly."""
    lines = (
        f'      "{name}": {"null" if value is None else _ENCODER.encode(value)}'
        for name, value in _json_result(result).items()
    )
    return "    {\n" + ",\n".join(lines) + "\n    }"


def to_line(result: Result) -> str:
    """Return one result as a line of JSON.

    >>> node = ox.BlankNode("s")
    >>> to_line(Result(node, Severity.INFO, "", node))[:23]
    '{"severity": "info", "m'
    """
    return json.dumps(_json_result(result), ensure_ascii=False) + "\n"


def to_turtle(results: Sequence[Result]) -> str:
    """Return the results as a SHACL report in Turtle.

    ``sh:conforms`` is true where there is no result of any severity, as SHACL defines it.

    >>> "sh:conforms true" in to_turtle([])
    True

    Source: https://www.w3.org/TR/shacl/#validation-report
    """
    triples = dict.fromkeys(_report_triples(results))
    used = {name: iri for name, iri in PREFIXES.items() if any(iri in str(t) for t in triples)}
    prefixes = {**used, "kmsh": _SHAPES}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()


def _counts(results: Iterable[Result], left_out: LeftOut) -> Counter[Severity]:
    """Return how many results there are of each severity."""
    counts = Counter(result.severity for result in results)
    counts.update(dict(left_out))
    return counts


def tally(results: Iterable[Result], left_out: LeftOut = ()) -> str:
    """Return how many results there are of each severity, in words.

    :param left_out: what was found beside these.

    >>> tally([])
    'nothing to remark'
    """
    counts = _counts(results, left_out)
    parts = [
        f"{counts[severity]} {severity.value}{'s' if counts[severity] != 1 else ''}"
        for severity in Severity
        if counts[severity]
    ]
    return ", ".join(parts) or "nothing to remark"


def heading(result: Result) -> str:
    """Return the name of a result's record and where it stands.

    >>> heading(Result(ox.NamedNode("https://e.org/x"), Severity.INFO, "", ox.BlankNode("s")))
    'https://e.org/x'
    """
    name = _plain(result.focus_node)
    if result.location is None:
        return name
    return f"{result.location}, {result.location.record_id} ({name})"


def path_text(result: Result) -> str:
    """Return the path of a result as SPARQL writes it, with prefixes; empty where it has none.

    >>> km = "https://w3id.org/kmgraph/ontology#"
    >>> shape = ox.BlankNode("s")
    >>> path_text(Result(shape, Severity.INFO, "", shape, path=ox.NamedNode(km + "score")))
    'km:score'

    Source: https://www.w3.org/TR/shacl/#property-paths
    """
    if result.path is None:
        return ""
    links = {(t.subject, t.predicate.value): t.object for t in result.path_triples}
    return _path(result.path, links)


def _path(node: Term, links: dict[tuple[Any, str], Term]) -> str:
    """Return a path as SPARQL writes it."""
    if not isinstance(node, ox.BlankNode):
        return _plain(node)
    if (node, f"{RDF}first") in links:
        return "/".join(_members(node, links))
    for name, before, after in (
        ("inversePath", "^", ""),
        ("zeroOrMorePath", "", "*"),
        ("oneOrMorePath", "", "+"),
        ("zeroOrOnePath", "", "?"),
    ):
        if (inner := links.get((node, SH + name))) is not None:
            return f"{before}{_path(inner, links)}{after}"
    alternatives = links.get((node, f"{SH}alternativePath"))
    return str(node) if alternatives is None else f"({'|'.join(_members(alternatives, links))})"


def _members(node: Term, links: dict[tuple[Any, str], Term]) -> list[str]:
    """Return the members of a list of paths."""
    members = []
    while (first := links.get((node, f"{RDF}first"))) is not None:
        members.append(_path(first, links))
        node = links[(node, f"{RDF}rest")]
    return members


def _place(result: Result) -> tuple[str, int, str]:
    """Return the key by which records follow each other in a text."""
    where = result.location
    return ("", 0, _plain(result.focus_node)) if where is None else (where.file, where.row, "")


def _line(result: Result) -> str:
    """Return one line of text on a result."""
    message = result.message or f"breaks {_plain(result.source_shape)}"
    details = [path_text(result)] if result.path is not None else []
    if result.value is not None and result.value != result.focus_node:
        details.append(f"found {_plain(result.value)}")
    return f"{result.severity}: {message}" + (f" [{'; '.join(details)}]" if details else "")


def _plain(term: Term) -> str:
    """Return a term as short as it can be said."""
    if isinstance(term, ox.NamedNode):
        if term.value.startswith(_SHAPES):
            return f"kmsh:{term.value.removeprefix(_SHAPES)}"
        return _compact(term.value)
    if isinstance(term, ox.Literal):
        return f'"{term.value}"' + (f"@{term.language}" if term.language else "")
    return str(term)


def _json_result(result: Result) -> dict[str, Any]:
    """Return one result as JSON."""
    where = result.location
    return {
        "severity": result.severity.value,
        "message": result.message,
        "focusNode": _iri_or_label(result.focus_node),
        "path": path_text(result) or None,
        "value": None if result.value is None else str(result.value),
        "component": result.component,
        "sourceShape": _iri_or_label(result.source_shape),
        "file": where.file if where else None,
        "sheet": where.sheet if where else None,
        "row": where.row if where else None,
        "record": where.record_id if where else None,
    }


def _iri_or_label(term: Term) -> str:
    """Return an IRI without brackets, and any other term as N-Triples has it."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _report_triples(results: Sequence[Result]) -> Iterator[ox.Triple]:
    """Yield the triples of a SHACL report."""
    report = ox.BlankNode("report")
    yield ox.Triple(report, _TYPE, ox.NamedNode(f"{SH}ValidationReport"))
    conforms = ox.Literal(str(not results).lower(), datatype=ox.NamedNode(f"{XSD}boolean"))
    yield ox.Triple(report, ox.NamedNode(f"{SH}conforms"), conforms)
    for number, result in enumerate(results, start=1):
        node = ox.BlankNode(f"result{number}")
        yield ox.Triple(report, ox.NamedNode(f"{SH}result"), node)
        yield ox.Triple(node, _TYPE, ox.NamedNode(f"{SH}ValidationResult"))
        facts: list[tuple[str, Term | None]] = [
            ("focusNode", result.focus_node),
            ("resultPath", result.path),
            ("value", result.value),
            ("resultSeverity", ox.NamedNode(result.severity.iri)),
            ("sourceConstraintComponent", ox.NamedNode(result.component)),
            ("sourceConstraint", result.source_constraint),
            ("sourceShape", result.source_shape),
            *(("resultMessage", ox.Literal(text)) for text in result.messages),
        ]
        for name, term in facts:
            if term is not None:
                yield ox.Triple(node, ox.NamedNode(SH + name), term)
        yield from result.path_triples
