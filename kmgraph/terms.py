"""RDF terms as people and as Python see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import XSD, compact

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _boolean(text: str) -> bool:
    """Return the value of an xsd:boolean."""
    return {"true": True, "1": True, "false": False, "0": False}[text]


def _integer(text: str) -> int:
    """Return the value of an xsd:integer; Python's underscores are not part of its grammar."""
    if "_" in text:
        raise ValueError(text)
    return int(text)


_INTEGERS: Final = (
    "integer long int short byte nonNegativeInteger positiveInteger nonPositiveInteger "
    "negativeInteger unsignedLong unsignedInt unsignedShort unsignedByte gYear"
).split()
_READERS: Final[dict[str, Callable[[str], Any]]] = {
    **{XSD + name: _integer for name in _INTEGERS},
    XSD + "decimal": Decimal,
    XSD + "double": float,
    XSD + "float": float,
    XSD + "boolean": _boolean,
    XSD + "date": dt.date.fromisoformat,
    XSD + "dateTime": dt.datetime.fromisoformat,
}


def python_value(term: Term) -> Any:
    """Return a term as a Python value.

    An IRI becomes its text, a blank node its label with ``_:``; a literal becomes an int, a
    Decimal, a float, a bool, a date or a datetime by its datatype (a year an int), and text
    where the datatype is another or the lexical form does not fit it.

    >>> python_value(ox.Literal("2.50", datatype=ox.NamedNode(XSD + "decimal")))
    Decimal('2.50')
    >>> python_value(ox.Literal("not a number", datatype=ox.NamedNode(XSD + "integer")))
    'not a number'
    """
    if isinstance(term, ox.NamedNode):
        return term.value
    if not isinstance(term, ox.Literal):
        return str(term)
    reader = _READERS.get(term.datatype.value)
    if reader is None:
        return term.value
    try:
        return reader(term.value)
    except (ValueError, ArithmeticError, KeyError):
        return term.value


def display(term: Term) -> str:
    """Return a term as short text on one line: a prefixed name, or a literal without quotes.

    >>> display(ox.Literal("two\\nlines", language="en"))
    'two lines'
    """
    if isinstance(term, ox.NamedNode):
        return compact(term.value)
    if isinstance(term, ox.Literal):
        return " ".join(term.value.split())
    return str(term)
