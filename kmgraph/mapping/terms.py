"""Write RDF terms as N-Triples text.

Text is several times quicker than term objects, and goes into the store as it is. Terms are written
as the engine writes them, so that a file of them can be compared with what the store holds.

Source: `RDF 1.1 N-Triples <https://www.w3.org/TR/n-triples/#n-triples-grammar>`_.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Final
from urllib.parse import quote

from kmgraph.namespaces import XSD, expand

_ESCAPES: Final = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
#: Length of an ISO date to the datatype of what it names.
_DATE_TYPES: Final = {4: f"{XSD}gYear", 7: f"{XSD}gYearMonth", 10: f"{XSD}date"}


def iri(value: str) -> str:
    """Return an IRI in angle brackets.

    >>> iri("https://example.org/a")
    '<https://example.org/a>'
    """
    return f"<{value}>"


@cache
def name(curie: str) -> str:
    """Return the IRI of a prefixed name in angle brackets.

    >>> name("rdf:type")
    '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'
    """
    return f"<{expand(curie)}>"


def string(value: str) -> str:
    r"""Return a plain literal.

    >>> print(string('say "no"'))
    "say \"no\""
    """
    return f'"{escaped(value)}"'


def escaped(value: str) -> str:
    r"""Return a text as it stands between quotation marks.

    >>> print(escaped('say "no"'))
    say \"no\"
    """
    return value.translate(_ESCAPES)


def text(value: str, language: str) -> str:
    """Return a language-tagged literal, its tag in lower case as the engine keeps it.

    >>> print(text("case", "en-GB"))
    "case"@en-gb
    """
    return f"{string(value)}@{language.lower()}"


def typed(lexical: str, datatype: str) -> str:
    """Return a typed literal.

    :param datatype: local name of an XML Schema datatype.

    >>> print(typed("3", "integer"))
    "3"^^<http://www.w3.org/2001/XMLSchema#integer>
    """
    return f'"{lexical}"^^<{XSD}{datatype}>'


def boolean(value: bool) -> str:
    """Return ``true`` or ``false``."""
    return typed("true" if value else "false", "boolean")


def integer(value: int) -> str:
    """Return an xsd:integer."""
    return typed(str(int(value)), "integer")


def decimal(value: Decimal) -> str:
    """Return an xsd:decimal in its shortest form, so that one number has one text.

    >>> print(decimal(Decimal("0.50")), decimal(Decimal("-0")))
    "0.5"^^<http://www.w3.org/2001/XMLSchema#decimal> "0"^^<http://www.w3.org/2001/XMLSchema#decimal>
    """
    return typed(plain_decimal(value), "decimal")


def plain_decimal(value: Decimal) -> str:
    """Return a decimal without exponent, trailing zeros or negative zero.

    >>> plain_decimal(Decimal("100.00"))
    '100'
    """
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits in ("-0", "") else digits


def date(value: str) -> str:
    """Return a year, month or day with the datatype of its precision.

    >>> print(date("2008-05"))
    "2008-05"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>
    """
    return f'"{value}"^^<{_DATE_TYPES[len(value)]}>'


def slug(words: str) -> str:
    """Return words as a path segment, one for one: different words give different segments.

    >>> slug("stroke survivors"), slug("50%_")
    ('stroke_survivors', '50%25%5F')
    """
    return quote(words, safe=" -.~").replace("_", "%5F").replace(" ", "_")
