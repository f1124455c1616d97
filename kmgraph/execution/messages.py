"""What is asked of a worker and what comes back, as values and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyoxigraph as ox

from kmgraph import errors
from kmgraph.errors import EngineFailedError, KmGraphError, ParameterError
from kmgraph.execution.limits import Limits
from kmgraph.terms import Term

if TYPE_CHECKING:
    from kmgraph.sparql.outbound import Services


@dataclass(frozen=True, slots=True)
class Job:
    """A query, and what it is asked of.

    :ivar view_path: directory of the view.
    :ivar base: base IRI of the store.
    :ivar query: text of the query.
    :ivar format: name of the format of the result; None for JSON, or N-Triples for a graph.
    :ivar base_iri: what relative IRIs in the query are resolved against.
    :ivar default_graphs: IRIs of the graphs whose merge is the default graph.
    :ivar named_graphs: IRIs of the graphs that GRAPH can reach.
    :ivar bindings: terms for variables of the query, as N-Triples writes them.
    :ivar union_default_graph: whether the default graph is the merge of the named graphs.
    :ivar rdf_version: ``1.2`` where the asker reads triples as terms and texts with a direction.
    :ivar most_rows: how many rows or triples the asker wants to see; the others are only counted.
        None for all.
    :ivar view: key of the view, for those who watch.
    :ivar label: what the asker calls the request, for those who watch.
    :ivar services: the endpoints that SERVICE may ask; None for none.
    :ivar program: name of a module of ours whose ``main`` answers with the view, the query and
        what it is told, where more than the query has to be done; empty for none.
    :ivar told: what it is told, as JSON can have it.
    """

    view_path: Path
    base: str
    query: str
    format: str | None = None
    base_iri: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    bindings: Mapping[str, str] = field(default_factory=dict)
    union_default_graph: bool = True
    rdf_version: str = "1.1"
    most_rows: int | None = None
    view: str = "public"
    label: str = ""
    services: Services | None = None
    program: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a query, complete.

    :ivar form: ``SELECT``, ``ASK``, ``CONSTRUCT`` or ``DESCRIBE``.
    :ivar body: the result as a file at its beginning, in no folder; the caller closes it.
    :ivar length: length of the body in bytes.
    :ivar rows: number of solutions or triples; None for ASK.
    :ivar seconds: how long the worker needed.
    """

    form: str
    body: IO[bytes]
    length: int
    rows: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class RunningQuery:
    """A query that is being evaluated.

    :ivar id: what :meth:`~kmgraph.execution.pool.WorkerPool.stop` knows it by.
    :ivar label: what the asker calls the request.
    :ivar view: key of the view that is asked.
    :ivar query: text of the query.
    :ivar started: when it began, as ISO 8601 has it.
    :ivar seconds: how long it has been running.
    :ivar pid: the process that evaluates it.
    :ivar base: base IRI of the store that is asked.
    """

    id: str
    label: str
    view: str
    query: str
    started: str
    seconds: float
    pid: int
    base: str = ""


@dataclass(frozen=True, slots=True)
class PoolStats:
    """What a pool has done and is doing.

    :ivar workers: number of worker processes.
    :ivar idle: how many of them wait for a query.
    :ivar running: number of queries that are being evaluated.
    :ivar waiting: number of queries that wait for their turn.
    :ivar queries: number of queries by outcome: ``ok``, or the code of the error.
    :ivar kills: number of processes that ended during a query, by reason: ``timeout``,
        ``memory``, ``abandoned``, ``stopped``, ``crashed`` or ``moved``, which is evaluated again.
    :ivar worker_memory_bytes: memory of all workers; 0 where the system does not tell.
    :ivar mode: ``memory`` where workers have the view in memory, ``loading`` while it is read,
        ``disk`` otherwise.
    """

    workers: int
    idle: int
    running: int
    waiting: int
    queries: Counter[str]
    kills: Counter[str]
    worker_memory_bytes: int
    mode: str = "disk"


def job_to_json(job: Job, limits: Limits) -> dict[str, Any]:
    """Return what a worker has to know of a job.

    >>> job = Job(Path("v"), "https://example.org/", "ASK {}")
    >>> job_from_json(job_to_json(job, Limits())) == (job, Limits())
    True
    """
    services = job.services
    return {
        "view_path": str(job.view_path),
        "base": job.base,
        "query": job.query,
        "format": job.format,
        "base_iri": job.base_iri,
        "default_graphs": list(job.default_graphs),
        "named_graphs": list(job.named_graphs),
        "bindings": dict(job.bindings),
        "union_default_graph": job.union_default_graph,
        "rdf_version": job.rdf_version,
        "most_rows": job.most_rows,
        "program": job.program,
        "told": dict(job.told),
        "services": services and [list(services.allowed), services.allow_private],
        "limits": [limits.timeout_s, limits.memory_bytes, limits.rows, limits.result_bytes],
    }


def job_from_json(document: Mapping[str, Any]) -> tuple[Job, Limits]:
    """Return the job and its limits, as a worker receives them."""
    fields = dict(document)
    limits = Limits(*fields.pop("limits"))
    services = fields.pop("services")
    if services is not None:
        # Not at the top: most workers never send a request, and start sooner without.
        from kmgraph.sparql.outbound import Services

        services = Services(tuple(services[0]), allow_private=services[1])
    fields["view_path"] = Path(fields["view_path"])
    for name in ("default_graphs", "named_graphs"):
        fields[name] = tuple(fields[name])
    return Job(**fields, services=services), limits


def error_to_json(error: KmGraphError) -> dict[str, Any]:
    """Return an error as a message that :func:`error_from_json` reads.

    >>> message = error_to_json(errors.ResultLimitError(5, "rows"))
    >>> error_from_json(message).limit
    5
    """
    return {"error": type(error).__name__, "message": str(error), "attributes": vars(error)}


def error_from_json(document: Mapping[str, Any]) -> KmGraphError:
    """Return the error of a message, of the same class and with the same attributes."""
    kind = getattr(errors, document["error"], None)
    if not (isinstance(kind, type) and issubclass(kind, KmGraphError)):
        return EngineFailedError(document["message"])
    error = kind.__new__(kind)
    # Not by its own __init__, which would put the message together again.
    Exception.__init__(error, document["message"])
    vars(error).update(document["attributes"])
    return error


def term_to_text(term: Term) -> str:
    """Return a term as N-Triples writes it.

    >>> term_to_text(ox.Literal("chat", language="fr"))
    '"chat"@fr'
    """
    if isinstance(term, ox.Triple):
        parts = map(term_to_text, (term.subject, term.predicate, term.object))
        return f"<<( {' '.join(parts)} )>>"
    return str(term)


def term_from_text(text: str) -> Term:
    """Return the term that a text in N-Triples stands for.

    :raises ParameterError: the text is not one term.

    >>> term_from_text('"3"^^<http://www.w3.org/2001/XMLSchema#integer>').value
    '3'
    """
    line = f"<urn:x> <urn:x> {text} ."
    try:
        (quad,) = ox.parse(line, format=ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError) as error:
        raise ParameterError(f"'{text[:120]}' is no term in N-Triples") from error
    term: Term = quad.object
    return term
