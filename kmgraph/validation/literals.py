"""What literals are worth: the comparisons of the reference engine, on terms of pyoxigraph.

Both engines have to find the same, so the values are those that rdflib gives.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from decimal import Decimal
from functools import lru_cache
from typing import Final

import pyoxigraph as ox
import rdflib

from kmgraph.namespaces import RDF, XSD
from kmgraph.terms import Term

_STRING: Final = f"{XSD}string"
LANG_STRING: Final = f"{RDF}langString"
#: Datatypes whose literals have a value in Python.
_VALUES: Final[dict[str, type | tuple[type, ...]]] = {
    f"{XSD}integer": int,
    f"{XSD}float": float,
    f"{XSD}decimal": Decimal,
    f"{XSD}boolean": bool,
    f"{XSD}date": dt.date,
    f"{XSD}time": dt.time,
    f"{XSD}dateTime": dt.datetime,
}


_READING: Final = threading.local()


def _is_news(record: logging.LogRecord) -> bool:
    """Say whether a message is of rdflib's own accord: here an ill-formed literal is a finding."""
    return not getattr(_READING, "now", False)


logging.getLogger("rdflib.term").addFilter(_is_news)


@lru_cache(maxsize=10_000)
def read(term: ox.Literal) -> rdflib.Literal:
    """Return a literal as rdflib has it, in the spelling it was given.

    >>> read(ox.Literal("1.0", datatype=ox.NamedNode(XSD + "decimal"))).value
    Decimal('1.0')
    """
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    if term.datatype.value == _STRING:
        return rdflib.Literal(term.value)
    kind = rdflib.URIRef(term.datatype.value)
    _READING.now = True
    try:
        return rdflib.Literal(term.value, datatype=kind, normalize=False)
    finally:
        _READING.now = False


def has_datatype(term: Term, datatype: str) -> bool:
    """Say whether a term is a well-formed literal of a datatype.

    >>> day = ox.Literal("2010-02-30", datatype=ox.NamedNode(XSD + "date"))
    >>> has_datatype(day, XSD + "date"), has_datatype(ox.Literal("a"), XSD + "string")
    (False, True)
    """
    if not isinstance(term, ox.Literal) or term.datatype.value != datatype:
        return False
    if datatype in (_STRING, LANG_STRING):
        return True
    literal = read(term)
    kind = _VALUES.get(datatype)
    return literal.ill_typed is not True and (kind is None or isinstance(literal.value, kind))


def is_between(term: Term, limit: Term, *, lower: bool) -> bool:
    """Say whether a term is a literal that is not below, or not above, another.

    :param lower: whether the limit is the lowest value, and not the highest.

    >>> is_between(ox.Literal(2), ox.Literal(1), lower=True)
    True
    >>> is_between(ox.Literal("two"), ox.Literal(1), lower=True)
    False
    """
    if not (isinstance(term, ox.Literal) and isinstance(limit, ox.Literal)):
        return False
    literal, bound = read(term), read(limit)
    if isinstance(literal.value, str) != isinstance(bound.value, str):
        return False
    try:
        order = _order(literal, bound)
    except (TypeError, NotImplementedError):
        return False
    return order >= 0 if lower else order <= 0


def _order(left: rdflib.Literal, right: rdflib.Literal) -> int:
    """Return -1, 0 or 1 as one literal is below, equal to or above another."""
    if left.eq(right):
        return 0
    if isinstance(left.value, dt.datetime | dt.time):
        return 1 if left.value > right.value else -1
    return 1 if left > right else -1


def is_below(left: Term, right: Term, *, or_equal: bool) -> bool:
    """Say whether a term is below another; terms that cannot be compared are not.

    >>> is_below(ox.Literal(1), ox.Literal(2), or_equal=False)
    True
    >>> is_below(ox.Literal(1), ox.Literal("2"), or_equal=False)
    False
    """
    one, other = _comparable(left), _comparable(right)
    if type(one) is not type(other):
        return False
    try:
        return bool(one <= other if or_equal else one < other)
    except (TypeError, NotImplementedError):
        return False


def _comparable(term: Term) -> str | rdflib.Literal:
    """Return what stands for a term in a comparison."""
    if not isinstance(term, ox.Literal):
        return term.value if isinstance(term, ox.NamedNode | ox.BlankNode) else str(term)
    literal = read(term)
    return literal.value if isinstance(literal.value, str) else literal
