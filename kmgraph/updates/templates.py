"""Templates of an update: quads with variables, filled in with the solutions of a pattern.

The engine reads them: variables are replaced by IRIs that nobody else knows, and the block is
inserted as data into an empty store.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from kmgraph.errors import InputError
from kmgraph.sparql import Token, engine_syntax_error
from kmgraph.stores.skolem import Skolemiser
from kmgraph.terms import Term

#: A triple with the name of its graph, or None for the default graph of an operation.
Statement = tuple[ox.Triple, ox.NamedNode | None]
_Slot = Callable[[Mapping[str, Term | None], Callable[[str], ox.NamedNode]], Term | None]
_QuadTerm = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True, slots=True)
class Template:
    """Quads that may hold variables.

    :ivar quads: the quads, in which IRIs stand for variables.
    :ivar variables: each such IRI to the name of its variable.
    """

    quads: tuple[ox.Quad, ...] = ()
    variables: Mapping[str, str] | None = None

    def fill(
        self, solutions: Iterable[Mapping[str, Term | None]], names: Skolemiser
    ) -> Iterator[Statement]:
        """Yield the statements that the solutions give.

        What is no legal triple, or holds an unbound variable, is left out. A blank node of the
        template is another node for each solution.

        :param names: gives IRIs to blank nodes.
        :raises InputError: a statement would hold a term that only RDF 1.2 has.

        Source: https://www.w3.org/TR/sparql11-update/#deleteInsert
        """
        rows = [
            (self._slot(q.subject), self._slot(q.predicate), self._slot(q.object), self._graph(q))
            for q in self.quads
        ]
        for solution in solutions:
            fresh: dict[str, ox.NamedNode] = {}

            def own(label: str, fresh: dict[str, ox.NamedNode] = fresh) -> ox.NamedNode:
                return fresh.setdefault(label, names.fresh())

            for subject, predicate, value, graph in rows:
                found = [slot(solution, own) for slot in (subject, predicate, value)]
                where = None if graph is None else graph(solution, own)
                if graph is not None and not isinstance(where, ox.NamedNode):
                    continue
                triple = _triple(*(_named(term, names) for term in found))
                if triple is not None:
                    yield triple, where if isinstance(where, ox.NamedNode) else None

    def _graph(self, quad: ox.Quad) -> _Slot | None:
        """Return what gives the name of a quad's graph; None for the default graph."""
        if isinstance(quad.graph_name, ox.DefaultGraph):
            return None
        return self._slot(quad.graph_name)

    def _slot(self, term: _QuadTerm) -> _Slot:
        """Return what gives a term of a quad for a solution."""
        name = (self.variables or {}).get(getattr(term, "value", ""))
        if isinstance(term, ox.NamedNode) and name is not None:
            return lambda solution, own: solution.get(name)
        if isinstance(term, ox.BlankNode):
            label = term.value
            return lambda solution, own: own(label)
        return lambda solution, own: term


#: The template of nothing.
NOTHING = Template()


def _named(term: Term | None, names: Skolemiser) -> Term | None:
    """Return a term of a statement, blank nodes replaced by their IRIs."""
    return names.iri(term.value) if isinstance(term, ox.BlankNode) else term


def _triple(subject: Term | None, predicate: Term | None, value: Term | None) -> ox.Triple | None:
    """Return a triple of these terms, or None where they make none.

    :raises InputError: it would hold a term that only RDF 1.2 has.
    """
    refuse_rdf_1_2(subject)
    refuse_rdf_1_2(value)
    if not (isinstance(subject, ox.NamedNode) and isinstance(predicate, ox.NamedNode)):
        return None
    return None if value is None else ox.Triple(subject, predicate, value)


def refuse_rdf_1_2(term: Term | None) -> None:
    """Raise where a term is one that only RDF 1.2 has.

    :raises InputError: the term is a triple, or a text with a direction.

    >>> refuse_rdf_1_2(ox.Literal("a", language="en"))
    """
    is_directed = isinstance(term, ox.Literal) and term.direction is not None
    if is_directed or isinstance(term, ox.Triple):
        raise InputError(f"{str(term)[:120]} is a term that only RDF 1.2 has: stores take RDF 1.1")


def read_template(
    prologue: str, text: str, block: Sequence[Token], base_iri: str | None
) -> Template:
    """Return the template that a block of quads is.

    :param prologue: the prefixes and the base that the block may use.
    :param text: the whole text that the tokens come from.
    :param block: the tokens from the opening brace to the closing one.
    :raises QuerySyntaxError: the engine does not read the block as quads.
    """
    nonce = secrets.token_hex(8)
    given: dict[str, str] = {}
    pieces = []
    position = block[0].start
    for token in block:
        if token.kind == "variable":
            iri = given.setdefault(token.text[1:], f"urn:kmgraph:{nonce}:{len(given)}")
            pieces += [text[position : token.start], f"<{iri}>"]
            position = token.start + len(token.text)
    pieces.append(text[position : block[-1].start + 1])
    quads = read_quads(f"{prologue}\nINSERT DATA {''.join(pieces)}", base_iri)
    return Template(quads, {iri: name for name, iri in given.items()})


def read_quads(insertion: str, base_iri: str | None) -> tuple[ox.Quad, ...]:
    """Return the quads that an INSERT DATA operation inserts.

    :raises QuerySyntaxError: the engine cannot read it.
    :raises InputError: a quad holds a term that only RDF 1.2 has.

    >>> len(read_quads("INSERT DATA { <urn:a> <urn:b> 1, 2 }", None))
    2
    """
    empty = ox.Store()
    try:
        empty.update(insertion, base_iri=base_iri)
    except SyntaxError as error:
        raise engine_syntax_error(insertion, error) from error
    quads = tuple(empty)
    for quad in quads:
        refuse_rdf_1_2(quad.subject)
        refuse_rdf_1_2(quad.object)
    return quads
