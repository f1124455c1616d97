"""Columns of record tables: what a cell may hold, and which RDF it becomes.

A record table is a dataclass whose fields are made by the functions below. From that one
definition come the readers' checks, the mapping to RDF, the JSON Schema, the templates and the
documentation.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

#: Key under which a dataclass field carries its :class:`Column`.
METADATA_KEY: Final = "kmgraph"
#: Separator of the items of a cell that may hold several.
LIST_SEPARATOR: Final = ";"


class Kind(StrEnum):
    """What a cell holds."""

    ID = "id"
    TEXT = "text"
    NAME = "name"
    IRI = "iri"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CODE = "code"
    TYPE = "type"
    REF = "reference"
    CONSTRUCT = "construct"
    SCHEME = "framework"
    TERM = "term"
    PROPERTY = "property"
    SHA256 = "sha256"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a record table.

    :ivar name: header of the column.
    :ivar kind: what a cell holds.
    :ivar doc: one sentence for the people who fill the table in.
    :ivar example: a legal cell.
    :ivar predicate: prefixed name of the property that the cell becomes; empty where the table's
        own mapping takes care of it.
    :ivar required: whether an empty cell is a problem.
    :ivar many: whether a cell may hold several items, separated by ``;``.
    :ivar targets: names of the sheets that a reference may point to.
    :ivar codes: prefixed name of the ontology class whose coded members (or, for
        :attr:`Kind.TYPE`, subclasses) are the legal words.
    :ivar segment: IRI path segment under which a term of the dataset's own is minted.
    :ivar minimum: smallest legal number.
    :ivar maximum: largest legal number.
    :ivar default: what an empty cell means.
    :ivar trailing: whether the column stands at the end of the sheet.
    """

    name: str
    kind: Kind
    doc: str
    example: str
    predicate: str = ""
    required: bool = False
    many: bool = False
    targets: tuple[str, ...] = ()
    codes: str = ""
    segment: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    default: str = ""
    trailing: bool = False


def _field(kind: Kind, doc: str, example: str, predicate: str, **facts: Any) -> Any:
    """Return a dataclass field that carries a column."""
    column = Column("", kind, doc, example, predicate, **facts)
    metadata = {METADATA_KEY: column}
    if column.required:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=() if column.many else None, metadata=metadata)


def record_id(doc: str, example: str) -> Any:
    """Declare the id column of a table."""
    return _field(Kind.ID, doc, example, "dcterms:identifier", required=True)


def text(
    doc: str,
    example: str,
    predicate: str,
    *,
    required: bool = False,
    many: bool = False,
    trailing: bool = False,
) -> Any:
    """Declare words for people, which become literals in the dataset's language."""
    return _field(
        Kind.TEXT, doc, example, predicate, required=required, many=many, trailing=trailing
    )


def name(
    doc: str,
    example: str,
    predicate: str,
    *,
    required: bool = False,
    many: bool = False,
    default: str = "",
) -> Any:
    """Declare a name or code that is the same in every language: a plain string."""
    return _field(Kind.NAME, doc, example, predicate, required=required, many=many, default=default)


def iri(doc: str, example: str, predicate: str, *, required: bool = False) -> Any:
    """Declare an absolute IRI."""
    return _field(Kind.IRI, doc, example, predicate, required=required)


def date(doc: str, example: str, predicate: str, *, required: bool = False) -> Any:
    """Declare a date: a year, a month or a day in ISO 8601."""
    return _field(Kind.DATE, doc, example, predicate, required=required)


def integer(
    doc: str,
    example: str,
    predicate: str,
    *,
    minimum: int | None = None,
    maximum: int | None = None,
    required: bool = False,
) -> Any:
    """Declare a whole number."""
    return _field(
        Kind.INTEGER,
        doc,
        example,
        predicate,
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
        required=required,
    )


def decimal(
    doc: str,
    example: str,
    predicate: str,
    *,
    minimum: str | None = None,
    maximum: str | None = None,
) -> Any:
    """Declare a decimal number."""
    return _field(
        Kind.DECIMAL,
        doc,
        example,
        predicate,
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
    )


def boolean(doc: str, example: str, predicate: str, *, default: str = "") -> Any:
    """Declare a yes or a no."""
    return _field(Kind.BOOLEAN, doc, example, predicate, default=default)


def code(
    doc: str,
    example: str,
    predicate: str,
    codes: str,
    *,
    required: bool = False,
    many: bool = False,
    default: str = "",
    trailing: bool = False,
) -> Any:
    """Declare a word of a list that the ontology holds."""
    return _field(
        Kind.CODE,
        doc,
        example,
        predicate,
        codes=codes,
        required=required,
        many=many,
        default=default,
        trailing=trailing,
    )


def record_type(doc: str, example: str, codes: str, *, required: bool = False) -> Any:
    """Declare a word that says which subclass of the table's class the record is."""
    return _field(Kind.TYPE, doc, example, "rdf:type", codes=codes, required=required)


def ref(
    doc: str,
    example: str,
    predicate: str,
    targets: Sequence[str],
    *,
    required: bool = False,
    many: bool = False,
    trailing: bool = False,
) -> Any:
    """Declare a reference to records of other tables by their ids."""
    return _field(
        Kind.REF,
        doc,
        example,
        predicate,
        targets=tuple(targets),
        required=required,
        many=many,
        trailing=trailing,
    )


def construct(
    doc: str, example: str, predicate: str, *, required: bool = False, many: bool = False
) -> Any:
    """Declare a construct of a framework by its id."""
    return _field(Kind.CONSTRUCT, doc, example, predicate, required=required, many=many)


def scheme(doc: str, example: str, predicate: str, *, many: bool = False) -> Any:
    """Declare a framework by its short name."""
    return _field(Kind.SCHEME, doc, example, predicate, many=many)


def term(doc: str, example: str, predicate: str, segment: str, *, many: bool = False) -> Any:
    """Declare words that become a term of the dataset's own, with an IRI."""
    return _field(Kind.TERM, doc, example, predicate, segment=segment, many=many)


def property_name(doc: str, example: str, predicate: str, *, required: bool = False) -> Any:
    """Declare the prefixed name of a property."""
    return _field(Kind.PROPERTY, doc, example, predicate, required=required)


def sha256(doc: str, example: str, predicate: str) -> Any:
    """Declare the SHA-256 of a file, in hexadecimal."""
    return _field(Kind.SHA256, doc, example, predicate)
