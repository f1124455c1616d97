"""Terms for the variables of a query, for endpoints that know only its text.

The embedded engine takes terms beside a query. The SPARQL protocol has no such thing, so each term
is written into the query as ``VALUES ?variable { term }``: into the outermost group, so that every
solution holds it, and into each group that mentions the variable, because groups are evaluated on
their own. A group that does not mention the variable is left alone; with it, MINUS would share a
variable that it does not share now. (The embedded engine, pyoxigraph 0.5.13, lets MINUS share a
variable that it has a term for, and gives a variable its term only where a pattern mentions it, so
that BIND, BOUND and the head of the query may find it without; there the answers differ.)

Terms are written by the engine's serialiser. No text of a caller gets into the query.

Source: https://www.w3.org/TR/sparql11-query/#inline-data,
https://www.w3.org/TR/sparql11-query/#evaluation
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyoxigraph as ox

from kmgraph.errors import ParameterError
from kmgraph.remote.outline import Group, Select, outline
from kmgraph.stores.base import checked_bindings
from kmgraph.terms import Term

#: Places of a text and what is put there.
_Insertions = Iterator[tuple[int, str]]


def substitute(text: str, bindings: Mapping[str, Term]) -> str:
    """Return a query that has terms in place of variables.

    :param text: a SPARQL query.
    :param bindings: terms by variable, without the question mark.
    :returns: a query with the same answer as the engine gives to the text and the terms.
    :raises ParameterError: a binding is of no use to the query, or a term is a blank node, which
        has no name that an endpoint would know.
    :raises TermError: what a variable is bound to is no term.
    :raises QuerySyntaxError: the brackets of the query do not fit together.

    >>> substitute("SELECT ?a ?b { ?a ?b 1 }", {"a": ox.NamedNode("urn:x")})
    'SELECT ?a ?b { VALUES ?a { <urn:x> } ?a ?b 1 }'
    """
    if not bindings:
        return text
    query = outline(text)
    # Of what is no term, any text would become part of the query.
    bindings = {variable.value: term for variable, term in checked_bindings(bindings).items()}
    for name, term in bindings.items():
        _check(query, name, term)
    if query.is_short:
        # Its braces hold a template, in which VALUES has no place.
        names = " ".join(f"?{name}" for name in bindings)
        terms = " ".join(str(term) for term in bindings.values())
        return f"{text[: query.end]} VALUES ({names}) {{ ({terms}) }}"
    places = [
        (place, number, part)
        for number, (name, term) in enumerate(bindings.items())
        for place, part in _in_query(query, name, f"VALUES ?{name} {{ {term} }}")
    ]
    for place, _, part in sorted(places, reverse=True):
        text = text[:place] + part + text[place:]
    return text


def _check(query: Select, name: str, term: Term) -> None:
    """Raise ParameterError for a binding that the query has no use for."""
    if isinstance(term, ox.BlankNode):
        raise ParameterError(
            f"the variable ?{name} cannot be a blank node: an endpoint knows none by its label"
        )
    if name not in query.visible():
        raise ParameterError(f"a bound variable is not among those the query returns: ?{name}")
    if name in query.assigned:
        raise ParameterError(f"the query works ?{name} out itself: it cannot be bound")
    if query.is_short and query.values is not None:
        raise ParameterError(
            f"?{name} cannot be bound in a CONSTRUCT WHERE with VALUES: write its template out"
        )


def _in_query(query: Select, name: str, values: str) -> _Insertions:
    """Yield what is put into a query that returns the variable."""
    if query.where is None:
        yield query.head_end, f" WHERE {{ {values} }} "
    else:
        yield from _in_group(query.where, name, values, always=True)


def _in_group(group: Group, name: str, values: str, *, always: bool) -> _Insertions:
    """Yield what is put into a group and into those inside it."""
    if (inner := group.select) is not None:
        if always:
            yield group.start, f" {values} {{"
            yield group.end, "} "
        if name in inner.visible() and name not in inner.assigned:
            yield from _in_query(inner, name, values)
        return
    if name in group.assigned:
        # BIND takes no variable that has a value before it.
        yield group.end, f" {values} "
    elif always or name in group.mentioned:
        yield group.start, f" {values}"
    for part in group.groups:
        yield from _in_group(part, name, values, always=False)
