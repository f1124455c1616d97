"""The exceptions of kmgraph, in one tree.

::

    KmGraphError
      InputError (ValueError)        RdfParseError · TermError · BundleError · ParameterError
      NotFoundError (LookupError)    ArtefactNotFoundError · QuestionNotFoundError
                                     · GraphNotFoundError · GenerationNotFoundError
                                     · RecordNotFoundError
                                     · ConstructNotFoundError (AttributeError)
                                     · GoneError
      QueryError                     QuerySyntaxError · QueryEvaluationError
                                     · OutboundRequestError · UpdateForbiddenError
                                     · QueryTimeoutError · QueryMemoryError · QueryStoppedError
                                     · ResultLimitError · EngineFailedError · RemoteServiceError
      StoreError                     StoreUnavailableError · StoreLockedError · StoreCorruptError
                                     · PublicationError · EditedGraphError · GraphConflictError
                                     · StaleGenerationError · BusyError
      AccessError                    TokenError · AccessDeniedError
      EndpointError                  EndpointUnavailableError
      OntologyError                  ImportClosureError · InconsistentOntologyError
                                     · ReasonerError
      ShapesError                    the shapes or the validation engine failed
      NonConformanceError            raised only by ``report.raise_for_nonconformance()``
      MissingExtraError (ImportError)  an optional package is not installed
      FileAccessError                a file or folder cannot be read or written
      ConfigError                    an unknown or out-of-range setting

Every class has a stable ``code``, which is a heading in ``docs/errors.md``. Problems in the rows
of a bundle are results, not exceptions (see :mod:`kmgraph.bundles.problems`); only
:class:`BundleError` is raised, once, with all of them attached.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class KmGraphError(Exception):
    """Root of every exception that kmgraph raises on purpose."""

    code = "error"


class InputError(KmGraphError, ValueError):
    """Something handed in by the caller cannot be read or used."""

    code = "input"


class RdfParseError(InputError):
    """An RDF document is not well-formed.

    :ivar source: file name or description of the input.
    :ivar line: line counted from 1, or None where the parser does not tell.
    :ivar column: column counted from 1, or None.
    """

    code = "rdf-parse"

    def __init__(
        self, message: str, *, source: str, line: int | None = None, column: int | None = None
    ) -> None:
        where = source if line is None else f"{source}, line {line}"
        if line is not None and column is not None:
            where += f", column {column}"
        super().__init__(f"{where}: {message}")
        self.source, self.line, self.column = source, line, column


class TermError(InputError):
    """A text is not a legal RDF term of the wanted kind."""

    code = "term"


class ParameterError(InputError):
    """A parameter of a saved question is missing, unknown or of the wrong kind."""

    code = "parameter"


class BundleError(InputError):
    """A bundle has problems; all of them are in ``problems``."""

    code = "bundle"

    def __init__(self, message: str, problems: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class NotFoundError(KmGraphError, LookupError):
    """Something asked for by name does not exist."""

    code = "not-found"


class ArtefactNotFoundError(NotFoundError):
    """A shipped Turtle or SPARQL file is missing."""

    code = "artefact-not-found"


class QuestionNotFoundError(NotFoundError):
    """No saved question has this id."""

    code = "question-not-found"


class GraphNotFoundError(NotFoundError):
    """The store has no named graph of this name."""

    code = "graph-not-found"


class GenerationNotFoundError(NotFoundError):
    """The store holds no generation of this id."""

    code = "generation-not-found"


class RecordNotFoundError(NotFoundError):
    """The graph describes nothing by this IRI."""

    code = "record-not-found"


class ConstructNotFoundError(NotFoundError, AttributeError):
    """A reading has no part of this name."""

    code = "construct-not-found"


class NoChartError(NotFoundError):
    """The answer to a saved question has no chart, or nothing in it can be drawn."""

    code = "no-chart"


class GoneError(NotFoundError):
    """What was asked for was erased, and nothing more is kept of it."""

    code = "gone"


class QueryError(KmGraphError):
    """A SPARQL query could not be answered."""

    code = "query"


class QuerySyntaxError(QueryError):
    """A SPARQL query does not follow the grammar.

    :ivar line: line counted from 1, or None.
    :ivar column: column counted from 1, or None.
    """

    code = "query-syntax"

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


class QueryEvaluationError(QueryError):
    """A well-formed query failed while it was evaluated."""

    code = "query-evaluation"


class OutboundRequestError(QueryError):
    """A query asked for a request to another host, which is not allowed."""

    code = "outbound-request"


class UpdateForbiddenError(QueryError):
    """A SPARQL update was sent where only queries are taken."""

    code = "update-forbidden"


class QueryTimeoutError(QueryError):
    """A query or an update took longer than it may, and was stopped.

    :ivar limit_s: the limit in seconds.
    """

    code = "query-timeout"

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"stopped after {limit_s:g} s, which is the longest this may take: "
            "ask for less at once, or for fewer combinations"
        )
        self.limit_s = limit_s


class QueryMemoryError(QueryError):
    """A query or an update needed more memory than it may, and was stopped.

    :ivar limit_bytes: the limit in bytes.
    """

    code = "query-memory"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"stopped when it needed more than {limit_bytes / 1e6:,.0f} MB of memory: "
            "ask for less at once, or leave ORDER BY, GROUP BY or DISTINCT out"
        )
        self.limit_bytes = limit_bytes


class QueryStoppedError(QueryError):
    """A query was stopped because its asker left or because the keeper of the server said so."""

    code = "query-stopped"


class ResultLimitError(QueryError):
    """A result is larger than results may be; nothing of it is sent.

    :ivar limit: the limit.
    :ivar unit: ``rows``, ``triples`` or ``bytes``.
    """

    code = "result-limit"

    def __init__(self, limit: int, unit: str) -> None:
        super().__init__(
            f"the result has more than {limit:,} {unit}, which is the most that is sent at once: "
            "ask for it in parts with ORDER BY, LIMIT and OFFSET"
        )
        self.limit, self.unit = limit, unit


class EngineFailedError(QueryError):
    """The process that evaluated a query ended before the query did."""

    code = "engine-failed"


class RemoteServiceError(QueryError):
    """Another endpoint, which a query asks by SERVICE, did not answer in time or not rightly.

    :ivar timed_out: whether it was too slow.
    """

    code = "remote-service"
    timed_out = False


class StoreError(KmGraphError):
    """The store could not do what was asked."""

    code = "store"


class StoreUnavailableError(StoreError):
    """There is no store at the location, or nothing is published in it yet."""

    code = "store-unavailable"


class StoreLockedError(StoreError):
    """Another process is writing to the store."""

    code = "store-locked"


class StoreCorruptError(StoreError):
    """The store's files contradict each other."""

    code = "store-corrupt"


class PublicationError(StoreError):
    """A new generation was refused; the store still serves the old one."""

    code = "publication"


class EditedGraphError(PublicationError):
    """A dataset's graph was edited by updates, which a rebuild would lose."""

    code = "edited-graph"


class GraphConflictError(StoreError):
    """A graph cannot be written to in this way: the store fills it itself, or it is a merge."""

    code = "graph-conflict"


class StaleGenerationError(StoreError):
    """The data changed since the state that a writer expects."""

    code = "stale-generation"


class BusyError(StoreError):
    """Too much is asked for at once; the same request will be answered a little later.

    :ivar retry_after_s: when to try again, in seconds.
    """

    code = "busy"

    def __init__(self, message: str, *, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class AccessError(KmGraphError):
    """Something needs a right that the caller does not have."""

    code = "access"


class TokenError(AccessError):
    """A token is needed, or the one that was given is unknown, revoked or expired."""

    code = "token"


class AccessDeniedError(AccessError):
    """The caller is known and may not do this."""

    code = "access-denied"


class EndpointError(KmGraphError):
    """A SPARQL endpoint elsewhere answered with an error, or with what it should not.

    :ivar url: address of the endpoint.
    :ivar status: HTTP status, or None where there was no answer.
    """

    code = "endpoint"

    def __init__(self, message: str, *, url: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {message}")
        self.url, self.status = url, status


class EndpointUnavailableError(EndpointError):
    """A SPARQL endpoint elsewhere cannot be reached, or stays too busy to answer."""

    code = "endpoint-unavailable"


class OntologyError(KmGraphError):
    """The ontology could not be loaded or reasoned over."""

    code = "ontology"


class ImportClosureError(OntologyError):
    """A module imports one that is not shipped."""

    code = "import-closure"


class ReasonerError(OntologyError):
    """The reasoner could not be run."""

    code = "reasoner"


class InconsistentOntologyError(OntologyError):
    """The ontology and data contradict each other.

    :ivar explanations: one sentence for each contradiction found.
    """

    code = "inconsistent"

    def __init__(self, message: str, explanations: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.explanations = tuple(explanations)


class ShapesError(KmGraphError):
    """The shapes themselves are wrong, or the validation engine failed."""

    code = "shapes"


class NonConformanceError(KmGraphError):
    """Data does not conform to the shapes; the report is in ``report``."""

    code = "nonconformance"

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report


class MissingExtraError(KmGraphError, ImportError):
    """An optional package is needed and not installed."""

    code = "missing-extra"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"this needs the package '{package}', which is not installed: "
            f"run 'pip install kmgraph[{extra}]'"
        )
        self.package, self.extra = package, extra


class FileAccessError(KmGraphError):
    """A file or folder cannot be read or written."""

    code = "file-access"


class ConfigError(KmGraphError):
    """A setting is unknown or out of range."""

    code = "config"
