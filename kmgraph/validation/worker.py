"""The process in which pySHACL works: ``python -m kmgraph.validation.worker``

It reads a line of JSON for each validation, ``[DATA, REPORT, SHAPES...]``: DATA is an N-Triples
file and SHAPES are Turtle files. It writes the report to REPORT as N-Triples, and answers with a
line of JSON: ``problem``, empty where there is a report, and ``bytes``, the memory that it has.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

#: Queries of shapes in their parsed form: as many as the shapes have, whatever the data.
_PREPARED: Final[dict[str, Query]] = {}
_MOST_PREPARED: Final = 1_000


class PreparingGraph(rdflib.Graph):
    """A graph that parses each query once.

    pySHACL hands the same query over for every focus node, and parsing it takes rdflib forty
    times as long as answering it.
    """

    def query(self, query_object: Any, *arguments: Any, **options: Any) -> rdflib.query.Result:
        """Answer a query, from its parsed form where it was asked before."""
        if isinstance(query_object, str):
            if query_object not in _PREPARED:
                if len(_PREPARED) >= _MOST_PREPARED:
                    _PREPARED.clear()
                _PREPARED[query_object] = prepareQuery(query_object)
            query_object = _PREPARED[query_object]
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


def answer(asked: Sequence[str]) -> str:
    """Validate and write the report; return what went wrong, or nothing."""
    data, target, *shapes = map(Path, asked)
    try:
        report = validate(data, shapes)
        report.serialize(destination=target, format="nt", encoding="utf-8")
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split()) or 'no reason given'}"
    return ""


def own_bytes() -> int:
    """Return the memory of this process; where the system does not say, the most it ever had.

    >>> own_bytes() > 1_000_000
    True
    """
    try:
        # The most it ever had begins, on Linux, with what its parent had.
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return pages * resource.getpagesize()


def main() -> None:
    """Validate what is asked for, until nobody asks any more."""
    # Ctrl+C is for whoever asks, who ends this process too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.addaudithook(refuse_network)
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        problem = answer(json.loads(line))
        answers.write(json.dumps({"problem": problem, "bytes": own_bytes()}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
