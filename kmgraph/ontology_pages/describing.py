"""What Turtle says of a term, in pieces that a page can show: text, and links to other terms.

Class expressions and paths have no IRI of their own; they are written out in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import OWL, RDF, SH, compact, expand

#: Property to values; what one subject has.
Held = Mapping[str, Sequence[ox.NamedNode | ox.BlankNode | ox.Literal]]
Value = ox.NamedNode | ox.BlankNode | ox.Literal

_FIRST: Final = f"{RDF}first"
_REST: Final = f"{RDF}rest"
_TYPE: Final = f"{RDF}type"
_ON_PROPERTY: Final = f"{OWL}onProperty"
#: Naming properties, best first.
NAMING: Final = tuple(
    expand(name) for name in ("rdfs:label", "skos:prefLabel", "sh:name", "dcterms:title")
)
#: What a restriction asks, by the property that holds it.
_ASKS: Final = {
    f"{OWL}someValuesFrom": "some",
    f"{OWL}allValuesFrom": "only",
    f"{OWL}hasValue": "is",
    f"{OWL}minCardinality": "at least",
    f"{OWL}maxCardinality": "at most",
    f"{OWL}cardinality": "exactly",
    f"{OWL}minQualifiedCardinality": "at least",
    f"{OWL}maxQualifiedCardinality": "at most",
    f"{OWL}qualifiedCardinality": "exactly",
}
#: What joins the members of a list, by the property that holds it.
_JOINED: Final = {
    f"{OWL}intersectionOf": " and ",
    f"{OWL}unionOf": " or ",
    f"{OWL}oneOf": " or ",
    f"{SH}alternativePath": " or ",
}
_PREFIXED: Final = {
    f"{OWL}complementOf": "not ",
    f"{OWL}inverseOf": "inverse of ",
    f"{SH}inversePath": "inverse of ",
    f"{SH}zeroOrMorePath": "any number of ",
    f"{SH}oneOrMorePath": "one or more of ",
    f"{SH}zeroOrOnePath": "at most one of ",
}
#: Names of datatypes that say nothing a reader needs.
_PLAIN_TYPES: Final = frozenset(
    expand(name)
    for name in (
        "xsd:string",
        "rdf:langString",
        "xsd:boolean",
        "xsd:integer",
        "xsd:date",
        "xsd:dateTime",
    )
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a value: its text, and what it names.

    :ivar iri: IRI of what the text names; empty for plain text.
    :ivar is_code: whether the text has lines of its own, such as a query.
    """

    text: str
    iri: str = ""
    is_code: bool = False


class Describer:
    """Writes values out, with the names that terms have.

    :param triples: subject, as N-Triples has it, to property to values.

    >>> Describer({}).pieces(ox.Literal("a"))
    (Piece(text='a', iri='', is_code=False),)
    """

    def __init__(self, triples: Mapping[str, Held]) -> None:
        self.triples = triples

    def name(self, iri: str) -> str:
        """Return what to call a term: its label, else its short IRI."""
        held = self.triples.get(f"<{iri}>", {})
        for naming in NAMING:
            for value in held.get(naming, ()):
                if isinstance(value, ox.Literal):
                    return value.value
        return compact(iri)

    def pieces(self, value: Value) -> tuple[Piece, ...]:
        """Return a value in pieces."""
        return tuple(self._pieces(value, ()))

    def _pieces(self, value: Value, trail: tuple[str, ...]) -> Iterator[Piece]:
        """Yield the pieces of a value.

        :param trail: blank nodes on the way to it, so that none is entered twice.
        """
        if isinstance(value, ox.NamedNode):
            yield Piece(self.name(value.value), value.value)
        elif isinstance(value, ox.Literal):
            kind = value.datatype.value
            text = value.value
            note = "" if value.language or kind in _PLAIN_TYPES else f" ({compact(kind)})"
            yield Piece(f"{text}{note}", is_code="\n" in text)
        elif str(value) in trail:
            yield Piece("…")
        else:
            yield from self._unnamed(value, (*trail, str(value)))

    def _unnamed(self, node: ox.BlankNode, trail: tuple[str, ...]) -> Iterator[Piece]:
        """Yield the pieces of what has no IRI: a restriction, a list, another expression."""
        held = self.triples.get(str(node), {})
        if _FIRST in held:
            yield from self._joined(node, ", ", trail)
        elif _ON_PROPERTY in held:
            yield from self._restriction(held, trail)
        else:
            for prop, values in held.items():
                for value in values:
                    if prop in _JOINED:
                        yield Piece("(")
                        yield from self._joined(value, _JOINED[prop], trail)
                        yield Piece(")")
                    elif prop in _PREFIXED:
                        yield Piece(_PREFIXED[prop])
                        yield from self._pieces(value, trail)
                    elif prop != _TYPE:
                        yield Piece(f"{self.name(prop)} ")
                        yield from self._pieces(value, trail)
                        yield Piece(" ")

    def _restriction(self, held: Held, trail: tuple[str, ...]) -> Iterator[Piece]:
        """Yield the pieces of a restriction, such as ``status of the post is vacant``."""
        yield from self._pieces(held[_ON_PROPERTY][0], trail)
        for prop, word in _ASKS.items():
            for value in held.get(prop, ()):
                yield Piece(f" {word} ")
                if isinstance(value, ox.Literal):
                    yield Piece(value.value)
                else:
                    yield from self._pieces(value, trail)
        for value in held.get(f"{OWL}onClass", ()):
            yield Piece(" ")
            yield from self._pieces(value, trail)

    def _joined(self, head: Value, between: str, trail: tuple[str, ...]) -> Iterator[Piece]:
        """Yield the pieces of the members of a list."""
        for number, member in enumerate(self.members(head)):
            if number:
                yield Piece(between)
            yield from self._pieces(member, trail)

    def members(self, head: Value) -> Iterator[Value]:
        """Yield the members of a list."""
        seen = set()
        while str(head) not in seen and (held := self.triples.get(str(head), {})).get(_FIRST):
            seen.add(str(head))
            yield held[_FIRST][0]
            head = held[_REST][0]
