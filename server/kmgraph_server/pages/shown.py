"""Terms as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from kmgraph.namespaces import RDF, XSD, compact
from kmgraph.terms import Term, python_value
from kmgraph_server.pages.names import Names
from kmgraph_server.pages.words import LONGEST_NUMBER, value_in_words

#: Datatypes that the text itself gives away.
_PLAIN = frozenset(
    XSD + name
    for name in (
        "string boolean integer decimal double float date gYear gYearMonth dateTime anyURI "
        "nonNegativeInteger positiveInteger int long"
    ).split()
) | {f"{RDF}langString"}


_NUMBERS = frozenset(XSD + name for name in "integer decimal double float".split())


@dataclass(frozen=True, slots=True)
class Basis:
    """How a statement is known.

    :ivar kind: the kind of assertion in words, with a link to the note that says so.
    :ivar passages: the passages that the statement rests on.
    """

    kind: Shown
    passages: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A value on a page.

    :ivar text: what is read; templates escape it.
    :ivar href: where it leads; None for plain text.
    :ivar language: language tag of the text, where it is not English or not known.
    :ivar note: small print after it, such as a datatype.
    :ivar is_number: whether it is set to the right in tables.
    :ivar title: the whole IRI, for a pointer that rests on it.
    :ivar basis: how the statement of this value is known, where something is recorded of it.
    :ivar more: further values that stand after it.
    """

    text: str
    href: str | None = None
    language: str = ""
    note: str = ""
    is_number: bool = False
    title: str = ""
    basis: tuple[Basis, ...] = ()
    more: tuple[Shown, ...] = ()

    @property
    def is_elsewhere(self) -> bool:
        """Say whether it leads to another site."""
        return bool(self.href) and not str(self.href).startswith("/")


def show(term: Term | None, names: Names, *, short: bool = False) -> Shown:
    """Return a term as a page shows it.

    :param short: give an IRI as a prefixed name instead of the name of what it stands for.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> show(ox.Literal("true", datatype=ox.NamedNode(XSD + "boolean")), Names(MemoryStore())).text
    'yes'
    """
    if term is None:
        return Shown("")
    if isinstance(term, ox.NamedNode):
        text = _short(term.value, names) if short else names.name(term.value)
        return Shown(text, names.link(term.value), title=term.value)
    if isinstance(term, ox.Literal):
        return _literal(term)
    return Shown(str(term))


def link(iri: str, names: Names, text: str | None = None) -> Shown:
    """Return a link to the page of a thing."""
    return Shown(text or names.name(iri), names.link(iri), title=iri)


def _short(iri: str, names: Names) -> str:
    """Return an IRI without the base of the store, or as a prefixed name."""
    base = names.store.base
    return iri[len(base) :] if iri.startswith(base) and iri != base else compact(iri)


def _literal(term: ox.Literal) -> Shown:
    """Return a literal as a page shows it."""
    value = python_value(term)
    if term.datatype.value in _NUMBERS and isinstance(value, str):
        # It stands as it is written, but not all of thousands of digits.
        text = term.value
        return Shown(text if len(text) <= LONGEST_NUMBER else f"{text[:LONGEST_NUMBER]}…")
    language = term.language or ""
    datatype = term.datatype.value
    return Shown(
        value_in_words(value),
        language="" if language.lower().startswith("en") else language,
        note="" if language or datatype in _PLAIN else compact(datatype),
        is_number=not isinstance(value, str | bool) and not hasattr(value, "isoformat"),
    )
