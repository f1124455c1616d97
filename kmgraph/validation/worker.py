"""The process in which pySHACL works: ``python -m kmgraph.validation.worker DATA REPORT SHAPES...``

DATA is an N-Triples file and SHAPES are Turtle files; the report is written to REPORT as
N-Triples. Exit code 0 says that there is a report; 2 that there is none, with the reason as the
last line of the standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query


class PreparingGraph(rdflib.Graph):
    """A graph that parses each query once.

    pySHACL hands the same query over for every focus node, and parsing it takes rdflib forty
    times as long as answering it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._prepared: dict[str, Query] = {}

    def query(self, query_object: Any, *arguments: Any, **options: Any) -> rdflib.query.Result:
        """Answer a query, from its parsed form where it was asked before."""
        if isinstance(query_object, str):
            if query_object not in self._prepared:
                self._prepared[query_object] = prepareQuery(query_object)
            query_object = self._prepared[query_object]
        return super().query(query_object, *arguments, **options)


def validate(data: Path, shapes: Sequence[Path]) -> rdflib.Graph:
    """Return the report graph of pySHACL.

    :param data: N-Triples file.
    :param shapes: Turtle files.
    """
    import pyshacl

    # pySHACL compares terms as they are written; rdflib would rewrite 1.0 to 1.
    rdflib.NORMALIZE_LITERALS = False
    data_graph = PreparingGraph()
    data_graph.parse(data, format="nt")
    shapes_graph = rdflib.Graph()
    for path in shapes:
        _add(shapes_graph, path)
    _, report, _ = pyshacl.validate(
        data_graph, shacl_graph=shapes_graph, inplace=True, do_owl_imports=False, inference="none"
    )
    if not isinstance(report, rdflib.Graph):
        raise ValueError(getattr(report, "message", str(report)))
    return report


def _add(shapes_graph: rdflib.Graph, path: Path) -> None:
    """Add a Turtle file to the shapes."""
    try:
        shapes_graph.parse(path, format="turtle")
    except Exception as error:
        # rdflib's parser also fails with errors of its own making, such as IndexError.
        raise ValueError(f"{path.name} cannot be read as Turtle: {error}") from error


def refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse to look up or reach another host; an audit hook of Python.

    :raises PermissionError: something was about to.
    """
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise PermissionError("validation may not reach other hosts")


def main(arguments: Sequence[str]) -> int:
    """Validate and write the report; return the exit code."""
    data, target, *shapes = map(Path, arguments)
    sys.addaudithook(refuse_network)
    try:
        report = validate(data, shapes)
        report.serialize(destination=target, format="nt", encoding="utf-8")
    except Exception as error:
        reason = " ".join(str(error).split()) or "no reason given"
        sys.stderr.write(f"\n{type(error).__name__}: {reason}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
