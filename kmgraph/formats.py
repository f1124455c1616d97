"""The formats that kmgraph writes and reads: graphs, datasets and query results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyoxigraph as ox

from kmgraph.errors import InputError

#: What a format can hold.
Kind = Literal["graph", "dataset", "solutions", "boolean"]


@dataclass(frozen=True, slots=True)
class Format:
    """A serialisation format.

    :ivar name: short name, as in ``kmgraph query --format``.
    :ivar media_type: media type without parameters.
    :ivar extensions: file extensions with the dot; the first is the one written.
    :ivar kinds: what the format can hold.
    """

    name: str
    media_type: str
    extensions: tuple[str, ...]
    kinds: frozenset[Kind]

    @property
    def extension(self) -> str:
        """Return the file extension to write."""
        return self.extensions[0]


def _format(name: str, media_type: str, extensions: tuple[str, ...], *kinds: Kind) -> Format:
    """Return a row of the table."""
    return Format(name, media_type, extensions, frozenset(kinds))


TURTLE: Final = _format("turtle", "text/turtle", (".ttl",), "graph")
NTRIPLES: Final = _format("ntriples", "application/n-triples", (".nt",), "graph")
NQUADS: Final = _format("nquads", "application/n-quads", (".nq",), "graph", "dataset")
TRIG: Final = _format("trig", "application/trig", (".trig",), "graph", "dataset")
JSONLD: Final = _format("jsonld", "application/ld+json", (".jsonld",), "graph", "dataset")
RDFXML: Final = _format("rdfxml", "application/rdf+xml", (".rdf", ".owl"), "graph")
JSON: Final = _format(
    "json", "application/sparql-results+json", (".srj", ".json"), "solutions", "boolean"
)
XML: Final = _format(
    "xml", "application/sparql-results+xml", (".srx", ".xml"), "solutions", "boolean"
)
CSV: Final = _format("csv", "text/csv", (".csv",), "solutions")
TSV: Final = _format("tsv", "text/tab-separated-values", (".tsv",), "solutions")

#: All formats, those of graphs first.
FORMATS: Final = (TURTLE, NTRIPLES, NQUADS, TRIG, JSONLD, RDFXML, JSON, XML, CSV, TSV)

_RDF: Final = {
    TURTLE: ox.RdfFormat.TURTLE,
    NTRIPLES: ox.RdfFormat.N_TRIPLES,
    NQUADS: ox.RdfFormat.N_QUADS,
    TRIG: ox.RdfFormat.TRIG,
    JSONLD: ox.RdfFormat.JSON_LD,
    RDFXML: ox.RdfFormat.RDF_XML,
}
_RESULTS: Final = {
    JSON: ox.QueryResultsFormat.JSON,
    XML: ox.QueryResultsFormat.XML,
    CSV: ox.QueryResultsFormat.CSV,
    TSV: ox.QueryResultsFormat.TSV,
}


def formats_of(kind: Kind) -> tuple[Format, ...]:
    """Return the formats that can hold a kind of content.

    >>> [fmt.name for fmt in formats_of("boolean")]
    ['json', 'xml']
    """
    return tuple(fmt for fmt in FORMATS if kind in fmt.kinds)


def format_by_name(name: str, kind: Kind | None = None) -> Format:
    """Return the format of a name or of a file extension without its dot.

    :param name: such as ``turtle``, ``ttl`` or ``csv``; case does not matter.
    :param kind: what the format must be able to hold.
    :raises InputError: there is no such format, or it cannot hold this.

    >>> format_by_name("ttl").media_type
    'text/turtle'
    """
    wanted = name.lower()
    allowed = FORMATS if kind is None else formats_of(kind)
    for fmt in allowed:
        if wanted == fmt.name or f".{wanted}" in fmt.extensions:
            return fmt
    names = ", ".join(fmt.name for fmt in allowed)
    what = "formats" if kind is None else f"formats for this content ({kind})"
    raise InputError(f"'{name}' cannot be used here; {what}: {names}")


def format_by_extension(path: str | Path, kind: Kind | None = None) -> Format:
    """Return the format that a file's extension stands for.

    :raises InputError: the extension stands for no format that can hold this.

    >>> format_by_extension("graph.nq").name
    'nquads'
    """
    suffix = Path(path).suffix.lower()
    allowed = FORMATS if kind is None else formats_of(kind)
    for fmt in allowed:
        if suffix in fmt.extensions:
            return fmt
    known = ", ".join(extension for fmt in allowed for extension in fmt.extensions)
    raise InputError(f"{path}: the file extension must be one of {known}")


def to_rdf_format(fmt: Format) -> ox.RdfFormat:
    """Return pyoxigraph's name of a format of graphs or datasets.

    :raises InputError: the format holds query results.

    >>> to_rdf_format(TURTLE).file_extension
    'ttl'
    """
    if fmt not in _RDF:
        raise InputError(f"'{fmt.name}' is a format of query results, not of graphs")
    return _RDF[fmt]


def to_results_format(fmt: Format) -> ox.QueryResultsFormat:
    """Return pyoxigraph's name of a format of query results.

    :raises InputError: the format holds graphs.

    >>> to_results_format(CSV).file_extension
    'csv'
    """
    if fmt not in _RESULTS:
        raise InputError(f"'{fmt.name}' is a format of graphs, not of query results")
    return _RESULTS[fmt]
