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
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox
import rdflib
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query

#: Queries of shapes in their parsed form: as many as the shapes have, whatever the data.
_PREPARED: Final[dict[str, Query]] = {}
_MOST_PREPARED: Final = 1_000
#: Terms of the data: most are of the ontology and the frameworks, and come with every graph.
_TERMS: Final[dict[ox.NamedNode | ox.BlankNode | ox.Literal, rdflib.term.Node]] = {}
_MOST_TERMS: Final = 200_000
_STRING: Final = str(rdflib.XSD.string)
#: Shapes as last read, and what the files held.
_SHAPES: Final[dict[tuple[bytes, ...], rdflib.Graph]] = {}


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
    _look_parameters_up()
    _, report, _ = pyshacl.validate(
        _read_data(data),
        shacl_graph=_read_shapes(shapes),
        inplace=True,
        do_owl_imports=False,
        inference="none",
    )
    if not isinstance(report, rdflib.Graph):
        raise ValueError(getattr(report, "message", str(report)))
    return report


def _look_parameters_up() -> None:
    """Let pySHACL find the parameters of a shape in a dictionary.

    By itself it compares each with a list of all, at every node, which is a fifth of its time.
    """
    import pyshacl.constraints
    import pyshacl.shape

    # A later pySHACL may keep them elsewhere, and is then as slow as it is by itself.
    with suppress(AttributeError):
        parameters = dict.fromkeys(pyshacl.constraints.ALL_CONSTRAINT_PARAMETERS)
        components = pyshacl.constraints.CONSTRAINT_PARAMETERS_MAP
        vars(pyshacl.shape)["CONSTRAINT_PARAMS"] = (parameters, components)


def _read_data(path: Path) -> PreparingGraph:
    """Return the graph of an N-Triples file, read by an engine that is faster than rdflib."""
    if len(_TERMS) > _MOST_TERMS:
        _TERMS.clear()
    graph = PreparingGraph()
    for triple in ox.parse(path=path, format=ox.RdfFormat.N_TRIPLES):
        graph.add((_term(triple.subject), _term(triple.predicate), _term(triple.object)))
    return graph


def _term(term: Any) -> Any:
    """Return a term as rdflib has it."""
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    found = _TERMS.get(term)
    if found is None:
        if isinstance(term, ox.NamedNode):
            found = rdflib.URIRef(term.value)
        elif term.language:
            found = rdflib.Literal(term.value, lang=term.language)
        elif term.datatype.value == _STRING:
            # For rdflib a string with its datatype is not the string that shapes write without.
            found = rdflib.Literal(term.value)
        else:
            found = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value))
        _TERMS[term] = found
    return found


def _read_shapes(paths: Sequence[Path]) -> rdflib.Graph:
    """Return the shapes of some files, read again only where a file has changed."""
    texts = tuple(path.read_bytes() for path in paths)
    if texts not in _SHAPES:
        graph = rdflib.Graph()
        for path in paths:
            _add(graph, path)
        _SHAPES.clear()
        _SHAPES[texts] = graph
    return _SHAPES[texts]


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
