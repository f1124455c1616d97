"""An endpoint as a store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

import pyoxigraph as ox

from kmgraph import formats
from kmgraph.errors import (
    EndpointError,
    GraphNotFoundError,
    ParameterError,
    ResultLimitError,
    StoreUnavailableError,
    TermError,
)
from kmgraph.formats import Format, to_rdf_format
from kmgraph.namespaces import DEFAULT_BASE
from kmgraph.remote.http import Reply
from kmgraph.remote.outline import form_of
from kmgraph.remote.paging import Page, paged
from kmgraph.remote.parsing import may_be_short, solutions_of, triples_of
from kmgraph.remote.protocol import CLOSED_GRAPH, GRAPH, SOLUTIONS, Endpoint
from kmgraph.remote.substitution import substitute
from kmgraph.results import Boolean, Solutions, Triples, write_triples
from kmgraph.sparql.tokens import without_mark
from kmgraph.stores.base import Answer, QuadStore
from kmgraph.terms import Term

#: Rows of a page, where a result is too large for the endpoint to send at once.
PAGE_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RemoteGeneration:
    """What an endpoint says of the generation that it serves.

    :ivar id: number of the generation.
    """

    id: int


class RemoteStore(QuadStore):
    """A store behind a SPARQL endpoint.

    The default graph is what the endpoint serves as such: on a kmgraph server the merge of the
    named graphs, on others perhaps a graph of its own.

    :param endpoint: where questions are sent.
    :param base: base IRI of the records.
    :param page_rows: rows of a page, where a result is too large to be sent at once.
    """

    def __init__(
        self, endpoint: Endpoint, *, base: str = DEFAULT_BASE, page_rows: int = PAGE_ROWS
    ) -> None:
        self.base, self.page_rows = base, page_rows
        self._open_endpoint: Endpoint | None = endpoint
        self._generation: RemoteGeneration | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Return where questions are sent.

        :raises StoreUnavailableError: the store was closed.
        """
        if self._open_endpoint is None:
            raise StoreUnavailableError("the connection was closed: connect again")
        return self._open_endpoint

    @property
    def generation(self) -> RemoteGeneration | None:
        """Return the generation that the last answer was made from, where the endpoint says it."""
        return self._generation

    def noted(self, reply: Reply) -> Reply:
        """Return an answer after noting the generation that it was made from."""
        found = reply.generation
        self._generation = None if found is None else RemoteGeneration(found)
        return reply

    def query(
        self,
        text: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        page_rows: int | None = None,
    ) -> Answer:
        """Answer a SPARQL query; see :meth:`QuadStore.query`.

        What a SELECT finds is read in pages where that is asked for, or where a kmgraph server
        says that it is too large to be sent at once.

        :param page_rows: rows of a page; None for all rows in one answer.
        :raises EndpointError: the endpoint answers with an error, or with what is no result.
        :raises EndpointUnavailableError: the endpoint does not answer, or stays too busy.
        """
        return self._query(
            text, bindings, base_iri, (default_graphs or (), named_graphs or ()), page_rows
        )

    def _query(
        self,
        text: str,
        bindings: Mapping[str, Term] | None,
        base_iri: str | None,
        graphs: tuple[Sequence[str], Sequence[str]],
        page_rows: int | None,
        *,
        joined: bool = False,
    ) -> Answer:
        """Answer a query; what is joined makes one graph of its rows."""
        text = substitute(without_mark(text), bindings or {})
        if base_iri is not None:
            text = f"BASE {iri_text(base_iri)} {text}"
        form = form_of(text)
        if page_rows is None:
            try:
                return self._whole(text, form, graphs)
            except ResultLimitError:
                if form != "SELECT":
                    raise
        if page_rows is not None and page_rows < 1:
            raise ParameterError("page_rows is the number of rows of a page: give 1 or more")
        return paged(
            text,
            lambda part: self._page(part, graphs),
            page_rows or self.page_rows,
            joined=joined,
        )

    def _whole(self, text: str, form: str, graphs: tuple[Sequence[str], Sequence[str]]) -> Answer:
        """Return the answer to a query, in one piece."""
        is_graph = form in ("CONSTRUCT", "DESCRIBE")
        reply = self._ask(text, form, GRAPH if is_graph else SOLUTIONS, graphs)
        if is_graph:
            return self._graph(reply, text, form, graphs)
        answer = solutions_of(reply)
        if isinstance(answer, Boolean) != (form == "ASK"):
            problem = f"the answer does not fit a query of the form {form}"
            raise EndpointError(problem, url=reply.url, status=reply.status)
        return answer

    def _graph(
        self, reply: Reply, text: str, form: str, graphs: tuple[Sequence[str], Sequence[str]]
    ) -> Triples:
        """Return the graph of an answer, asked for again where its end cannot be seen."""
        if may_be_short(reply):
            reply = self._ask(text, form, CLOSED_GRAPH, graphs)
            if may_be_short(reply):
                raise EndpointError(
                    f"the endpoint sends graphs as {reply.media_type} and without their length, "
                    "so that one cut short would look whole",
                    url=reply.url,
                    status=reply.status,
                )
        return triples_of(reply)

    def _page(self, text: str, graphs: tuple[Sequence[str], Sequence[str]]) -> Page:
        """Return one page of a result."""
        reply = self._ask(text, "SELECT", SOLUTIONS, graphs)
        # A page that is cut off is whole as a page: the next one begins where it ends.
        del reply.headers["X-SPARQL-MaxRows"]
        answer = solutions_of(reply)
        if not isinstance(answer, Solutions):
            problem = "the answer does not fit a query of the form SELECT"
            raise EndpointError(problem, url=reply.url, status=reply.status)
        return Page(answer.variables, tuple(answer), reply.generation)

    def _ask(
        self, text: str, form: str, accept: str, graphs: tuple[Sequence[str], Sequence[str]]
    ) -> Reply:
        """Send a query and return the answer."""
        default, named = graphs
        for iri in (*default, *named):
            iri_text(iri)
        return self.noted(
            self.endpoint.ask(text, form, accept, default_graphs=default, named_graphs=named)
        )

    def _rows(self, text: str) -> Solutions:
        """Return the solutions of one of the store's own queries."""
        answer = self._query(text, None, None, ((), ()), None, joined=True)
        if not isinstance(answer, Solutions):  # pragma: no cover - the queries are SELECTs
            raise EndpointError("the answer holds no solutions", url=self.endpoint.where.query)
        return answer

    def graph_names(self) -> list[str]:
        """Return the IRIs of the named graphs, sorted."""
        found = list(self._rows("SELECT ?g { GRAPH ?g {} }"))
        # Some engines find no graph with an empty pattern.
        found = found or list(self._rows("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"))
        return sorted({row[0].value for row in found if isinstance(row[0], ox.NamedNode)})

    def count(self, graph_name: str | None = None) -> int:
        """Return the number of triples in a named graph, or in the default graph for None."""
        pattern = "{ ?s ?p ?o }"
        if graph_name is not None:
            pattern = f"{{ GRAPH {iri_text(graph_name)} {pattern} }}"
        for (number,) in self._rows(f"SELECT (COUNT(*) AS ?n) {pattern}"):
            if isinstance(number, ox.Literal) and number.value.isdigit():
                return int(number.value)
        raise EndpointError("the endpoint does not count", url=self.endpoint.where.query)

    def quads(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None = None,
        predicate: ox.NamedNode | None = None,
        object: Term | None = None,
        graph_name: ox.NamedNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Yield the quads that match a pattern; see :meth:`QuadStore.quads`.

        :raises ParameterError: a term is a blank node, which no endpoint knows by its label.
        :raises TermError: what is given is no term.
        """
        given = {"s": subject, "p": predicate, "o": object}
        named = None if isinstance(graph_name, ox.DefaultGraph) else graph_name
        for term in (*given.values(), named):
            if isinstance(term, ox.BlankNode):
                raise ParameterError(
                    "a blank node cannot be asked for: its label means nothing there"
                )
            # Of what is no term, any text would become part of the query.
            if not isinstance(term, Term | None):
                raise TermError(f"{ascii(term)[:120]} is no term: give one of pyoxigraph's")
        terms = [f"?{name}" if term is None else str(term) for name, term in given.items()]
        pattern = f"{{ {' '.join(terms)} }}"
        if not isinstance(graph_name, ox.DefaultGraph):
            name = "?g" if graph_name is None else str(graph_name)
            pattern = f"{{ GRAPH {name} {pattern} }}"
        free = [f"?{name}" for name, term in given.items() if term is None]
        free += ["?g"] if graph_name is None else []
        answer = self._rows(f"SELECT {' '.join(free) or '(1 AS ?found)'} {pattern}")
        known = {**given, "g": graph_name}
        for row in answer:
            found = known | dict(zip(answer.variables, row, strict=True))
            yield ox.Quad(found["s"], found["p"], found["o"], found["g"])  # type: ignore[arg-type]

    def dump(self, output: IO[bytes], fmt: Format, *, graph_name: str | None = None) -> None:
        """Write the named graphs, or one of them; see :meth:`QuadStore.dump`."""
        name: ox.NamedNode | ox.DefaultGraph | None = None
        if graph_name is not None:
            if graph_name not in self.graph_names():
                raise GraphNotFoundError(f"the endpoint has no graph <{graph_name}>")
            name = ox.NamedNode(graph_name)
        elif "dataset" not in fmt.kinds:
            name = ox.DefaultGraph()
        found = set(self.quads(graph_name=name))
        if name is None:
            ordered = sorted(found, key=lambda quad: (str(quad.graph_name), str(quad)))
            ox.serialize(ordered, output, to_rdf_format(fmt))
            return
        # RDF/XML and JSON-LD put together what stands together.
        triples = sorted((quad.triple for quad in found), key=str)
        write_triples(triples, output, formats.format_by_name(fmt.name, "graph"))

    def close(self) -> None:
        """Let go of the endpoint; nothing is asked of it afterwards."""
        self._open_endpoint = None


def iri_text(iri: str) -> str:
    """Return an IRI as a query writes it.

    :raises TermError: the text is no absolute IRI.

    >>> iri_text("urn:a")
    '<urn:a>'
    """
    try:
        return str(ox.NamedNode(iri))
    except (ValueError, TypeError) as error:
        raise TermError(f"{ascii(iri)[:120]} is no absolute IRI") from error
