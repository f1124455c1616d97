"""What a store of quads offers to the rest of the code."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import IO, Final, Self

import pyoxigraph as ox

from kmgraph.errors import ParameterError, TermError
from kmgraph.formats import Format
from kmgraph.results import Boolean, Solutions, Triples
from kmgraph.terms import Term

Answer = Solutions | Boolean | Triples

#: Most characters of a name or value that a message repeats.
_QUOTED: Final = 120


class QuadStore(ABC):
    """A set of named graphs and a default graph, which is their merge as a set.

    Where :attr:`union_default_graph` is False, the default graph is the graph with the short name
    ``default`` instead, and GRAPH reaches the others.

    A store is read through this contract; how data gets in is the matter of each kind of store.
    A store is a context manager that closes itself.
    """

    #: Base IRI of the records and graphs.
    base: str
    #: Whether the default graph is the merge of all named graphs.
    union_default_graph: bool = True

    @abstractmethod
    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
    ) -> Answer:
        """Answer a SPARQL query.

        Where graphs are named, by the arguments or by FROM and FROM NAMED, the query sees these
        and no others; the arguments win over the query, as the SPARQL protocol has it. A graph
        that the store does not have is empty: nothing is ever fetched.

        :param text: a SELECT, ASK, CONSTRUCT or DESCRIBE query.
        :param bindings: terms for variables of the query, by name without the question mark. They
            are bound as terms; no text is put into the query. A SELECT or DESCRIBE query must
            have each of these variables among those that it returns.
        :param base_iri: what relative IRIs in the query are resolved against.
        :param default_graphs: IRIs of the graphs whose merge is the default graph.
        :param named_graphs: IRIs of the graphs that GRAPH can reach.
        :returns: solutions, a boolean or triples, by query form.
        :raises QuerySyntaxError: the text is no query.
        :raises OutboundRequestError: the query has a SERVICE clause.
        :raises UpdateForbiddenError: the text is an update.
        :raises ParameterError: a binding is of no use to the query, or no variable has its name.
        :raises TermError: what a variable is bound to is no term.
        :raises QueryEvaluationError: the query failed while it ran.

        Source: https://www.w3.org/TR/sparql11-query/#rdfDataset,
        https://www.w3.org/TR/sparql11-protocol/#dataset
        """

    @abstractmethod
    def graph_names(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""

    @abstractmethod
    def count(self, graph_name: str | None = None) -> int:
        """Return the number of triples in a named graph, or in the default graph for None."""

    @abstractmethod
    def quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph_name: ox.NamedNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match a pattern, in no order.

        :param graph_name: one graph; None matches the named graphs and not the default graph,
            which holds their triples again.
        """

    @abstractmethod
    def dump(self, output: IO[bytes], fmt: Format, *, graph_name: str | None = None) -> None:
        """Write the named graphs, or one of them, in a format.

        In a format that holds a dataset the named graphs are written and the default graph, their
        merge, is not; in a format that holds one graph, the default graph is written.

        :param graph_name: IRI of the one graph to write.
        :raises GraphNotFoundError: the store has no such graph.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; it cannot be read afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def checked_bindings(bindings: Mapping[str, object]) -> dict[ox.Variable, Term]:
    """Return what a caller binds, by variable.

    :param bindings: terms by name of a variable.
    :raises ParameterError: no variable has such a name.
    :raises TermError: a value is something else than a term, such as a text.

    >>> checked_bindings({"s": ox.NamedNode("urn:a")})
    {<Variable value=s>: <NamedNode value=urn:a>}
    >>> checked_bindings({"s": "urn:a"})
    Traceback (most recent call last):
    kmgraph.errors.TermError: ?s is bound to 'urn:a', which is no term: give a NamedNode or \
Literal of pyoxigraph
    """
    checked = {}
    for name, term in bindings.items():
        try:
            variable = ox.Variable(name)
        except (ValueError, TypeError) as error:
            raise ParameterError(
                f"{ascii(name)[:_QUOTED]} is no name of a variable: give one as SPARQL has it, "
                "without the question mark"
            ) from error
        if not isinstance(term, Term):
            raise TermError(
                f"?{name} is bound to {ascii(term)[:_QUOTED]}, which is no term: give a NamedNode "
                "or Literal of pyoxigraph"
            )
        checked[variable] = term
    return checked
