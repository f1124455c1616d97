"""Triple pattern fragments: the triples of one pattern, in pages, with how to ask for others.

Source: https://linkeddatafragments.org/specification/triple-pattern-fragments/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox

from kmgraph.namespaces import RDF, VOID, XSD
from kmgraph.stores.base import QuadStore
from kmgraph_server.entity_document import HYDRA
from kmgraph_server.errors import MalformedRequestError

#: Triples of one page.
PAGE_TRIPLES: Final = 100
#: Up to this many triples are counted; of more it is only said that there are at least as many.
COUNTED: Final = 100_000
PARTS: Final = ("subject", "predicate", "object")
_DEFAULT: Final = ox.DefaultGraph()
_INTEGER: Final = ox.NamedNode(f"{XSD}integer")

Node = ox.NamedNode | ox.Literal | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A triple pattern; None stands for anything.

    :ivar sent: the parameters that it was read from, of those that are given.
    """

    subject: ox.NamedNode | None
    predicate: ox.NamedNode | None
    object: ox.NamedNode | ox.Literal | None
    sent: Mapping[str, str]

    def quads(self, store: QuadStore) -> Iterator[ox.Quad]:
        """Return what fits the pattern."""
        return store.quads(self.subject, self.predicate, self.object, _DEFAULT)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One page of what fits a pattern.

    :ivar page: number of the page, from 1.
    :ivar total: how many triples fit, or ``COUNTED`` where there are more.
    :ivar triples: those of the page.
    """

    pattern: Pattern
    page: int
    total: int
    triples: tuple[ox.Triple, ...]
    has_more: bool

    def address(self, base: str, page: int | None = None) -> str:
        """Return the address of a page of the fragment, or that of the fragment.

        :param base: address of the fragments, absolute.
        """
        given = [*self.pattern.sent.items(), *([("page", str(page))] if page else [])]
        return f"{base}?{urlencode(given)}" if given else base

    def links(self, base: str) -> dict[str, str]:
        """Return relation to address of the first page and of the neighbours."""
        found = {"first": self.address(base, 1)}
        if self.page > 1:
            found["prev"] = self.address(base, self.page - 1)
        if self.has_more:
            found["next"] = self.address(base, self.page + 1)
        return found

    def metadata(self, base: str) -> Iterator[ox.Triple]:
        """Yield what the fragment says of itself: how much there is, where more is, and how to ask.

        :param base: address of the fragments, absolute.
        """
        whole, here = ox.NamedNode(self.address(base)), ox.NamedNode(self.address(base, self.page))
        dataset = ox.NamedNode(f"{base}#dataset")
        yield ox.Triple(dataset, _void("subset"), whole)
        yield ox.Triple(whole, _void("subset"), here)
        yield ox.Triple(here, _type(), _hydra("PartialCollectionView"))
        yield ox.Triple(whole, _hydra("view"), here)
        total = ox.Literal(str(self.total), datatype=_INTEGER)
        for node in (whole, here):
            yield ox.Triple(node, _void("triples"), total)
            yield ox.Triple(node, _hydra("totalItems"), total)
        size = ox.Literal(str(PAGE_TRIPLES), datatype=_INTEGER)
        yield ox.Triple(here, _hydra("itemsPerPage"), size)
        for relation, address in self.links(base).items():
            name = "previous" if relation == "prev" else relation
            yield ox.Triple(here, _hydra(name), ox.NamedNode(address))
        yield from _form(dataset, base)


def _form(dataset: ox.NamedNode, base: str) -> Iterator[ox.Triple]:
    """Yield how to ask for a pattern."""
    search = ox.NamedNode(f"{base}#pattern")
    template = ox.Literal(f"{base}{{?{','.join(PARTS)}}}")
    yield ox.Triple(dataset, _type(), _void("Dataset"))
    yield ox.Triple(dataset, _type(), _hydra("Collection"))
    yield ox.Triple(dataset, _hydra("search"), search)
    yield ox.Triple(search, _hydra("template"), template)
    representation = _hydra("ExplicitRepresentation")
    yield ox.Triple(search, _hydra("variableRepresentation"), representation)
    for name in PARTS:
        mapping = ox.NamedNode(f"{base}#{name}")
        yield ox.Triple(search, _hydra("mapping"), mapping)
        yield ox.Triple(mapping, _hydra("variable"), ox.Literal(name))
        yield ox.Triple(mapping, _hydra("property"), ox.NamedNode(f"{RDF}{name}"))


def read_pattern(parameters: Mapping[str, str]) -> Pattern:
    """Return the pattern that parameters name.

    :raises MalformedRequestError: one is neither an IRI nor, as an object, a literal.

    >>> read_pattern({"object": '"a"@en', "subject": "?s"}).sent
    {'object': '"a"@en'}
    """
    terms = {name: _term(name, parameters.get(name, "")) for name in PARTS}
    for name in PARTS[:2]:
        if isinstance(terms[name], ox.Literal):
            raise MalformedRequestError(f"'{name}' has to be an IRI: only an object is a literal")
    sent = {name: parameters[name] for name in PARTS if terms[name] is not None}
    return Pattern(terms["subject"], terms["predicate"], terms["object"], sent)  # type: ignore[arg-type]


def _term(name: str, text: str) -> Node:
    """Return a term; None for a variable or nothing."""
    if not text or text.startswith("?"):
        return None
    shown = text if text.startswith(('"', "<")) else f"<{text}>"
    try:
        (quad,) = ox.parse(f"<urn:s> <urn:p> {shown} .", format=ox.RdfFormat.N_TRIPLES)
    except (SyntaxError, ValueError) as error:
        raise MalformedRequestError(
            f"'{name}' cannot be read: give an IRI, or for an object a literal as N-Triples "
            'have it, such as "word"@en'
        ) from error
    found = quad.object
    return found if isinstance(found, ox.NamedNode | ox.Literal) else None


def read_fragment(store: QuadStore, pattern: Pattern, page: int) -> Fragment:
    """Return a page of what fits a pattern.

    :param page: number of the page, from 1.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_fragment(MemoryStore(), read_pattern({}), 1).total
    0
    """
    first = (page - 1) * PAGE_TRIPLES
    found = list(islice(pattern.quads(store), first, first + PAGE_TRIPLES + 1))
    total = sum(1 for _ in islice(pattern.quads(store), COUNTED))
    triples = tuple(quad.triple for quad in found[:PAGE_TRIPLES])
    return Fragment(pattern, page, total, triples, len(found) > PAGE_TRIPLES)


def _type() -> ox.NamedNode:
    """Return the property of classes."""
    return ox.NamedNode(f"{RDF}type")


def _hydra(name: str) -> ox.NamedNode:
    """Return a term of Hydra."""
    return ox.NamedNode(f"{HYDRA}{name}")


def _void(name: str) -> ox.NamedNode:
    """Return a term of VoID."""
    return ox.NamedNode(f"{VOID}{name}")
