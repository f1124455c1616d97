"""Answers to SPARQL queries: solutions, a yes or no, or triples.

Source: https://www.w3.org/TR/sparql11-query/#QueryForms and the four results formats of
SPARQL 1.1.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, Final, cast

import pyoxigraph as ox

from kmgraph import formats
from kmgraph.errors import MissingExtraError, QueryEvaluationError, TermError
from kmgraph.formats import Format, format_by_name, to_rdf_format, to_results_format
from kmgraph.namespaces import PREFIXES
from kmgraph.terms import Term, display, python_value

if TYPE_CHECKING:
    import pandas as pd

Row = tuple[Term | None, ...]

#: Rows of CSV that are made before they are written.
_CSV_ROWS: Final = 1_000
#: Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: The part of an IRI that XML can take as an element name.
_LOCAL_NAME: Final = re.compile(r"[A-Za-z_\u00c0-\uffff][-.\w]*$")
#: The lines that a document in Turtle begins with.
_PREFIX_LINES: Final = re.compile(rb"\A(?:@prefix [^\n]*\n)*")


class Solutions:
    """The solutions of a SELECT query, read once and lazily.

    Iterating gives one tuple of terms a solution, in the order of ``variables``; an unbound
    variable is None.

    :param variables: names without the question mark.
    :param rows: an iterable of tuples, or pyoxigraph's own solutions.

    >>> answer = Solutions(["n"], [(ox.Literal(3),)])
    >>> answer.to_dicts()
    [{'n': 3}]
    """

    def __init__(
        self, variables: Sequence[str], rows: Iterable[Row] | ox.QuerySolutions | None = None
    ) -> None:
        self.variables: tuple[str, ...] = tuple(variables)
        self._native = rows if isinstance(rows, ox.QuerySolutions) else None
        # Static, because a cycle would leave the engine's solutions to the garbage collector, and
        # they may be freed only by the thread that made them.
        self._rows = self._read(rows or ())

    @classmethod
    def from_native(cls, solutions: ox.QuerySolutions) -> Solutions:
        """Return the solutions that pyoxigraph gave."""
        return cls([variable.value for variable in solutions.variables], solutions)

    @staticmethod
    def _read(rows: Iterable[Any]) -> Iterator[Row]:
        """Yield rows; what fails while a query is evaluated becomes one of our errors."""
        try:
            for row in rows:
                yield tuple(row)
        except (RuntimeError, OSError, ValueError) as error:
            raise QueryEvaluationError(f"the query failed while it ran: {error}") from error

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return the solutions as dictionaries of Python values; unbound variables are None."""
        return [
            {
                name: None if term is None else python_value(term)
                for name, term in zip(self.variables, row, strict=True)
            }
            for row in self
        ]

    def to_dataframe(self) -> pd.DataFrame:
        """Return the solutions as a pandas DataFrame whose columns are typed by datatype.

        A column of whole numbers becomes ``Int64``, one of other numbers ``float64``, one of
        booleans ``boolean``, one of dates ``datetime64``; every other column holds objects.

        :raises MissingExtraError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingExtraError("pandas", "frames") from error
        rows = list(self)
        columns = {
            name: _series(pandas, [row[index] for row in rows])
            for index, name in enumerate(self.variables)
        }
        return pandas.DataFrame(columns, columns=list(self.variables))

    def to_table(self) -> str:
        """Return the solutions as text in columns, with prefixed names.

        >>> print(Solutions(["a"], [(ox.NamedNode("http://www.w3.org/ns/prov#Agent"),)]).to_table())
        a
        ----------
        prov:Agent
        """
        cells = [["" if term is None else display(term) for term in row] for row in self]
        widths = [
            max([len(name), *(len(row[index]) for row in cells)])
            for index, name in enumerate(self.variables)
        ]
        lines = [self.variables, ["-" * width for width in widths], *cells]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def write(self, output: IO[bytes], fmt: Format | str) -> None:
        """Write the solutions in JSON, XML, CSV or TSV.

        :raises InputError: the format holds no solutions.
        :raises TermError: the format is XML and a literal holds a character that XML lacks.

        Source: https://www.w3.org/TR/sparql11-results-json/,
        https://www.w3.org/TR/rdf-sparql-XMLres/,
        https://www.w3.org/TR/sparql11-results-csv-tsv/
        """
        chosen = format_by_name(fmt, "solutions") if isinstance(fmt, str) else fmt
        if chosen is formats.CSV:
            # pyoxigraph 0.5.13 does not quote IRIs that hold a comma, which makes two cells of one.
            _write_csv(self.variables, self, output)
            return
        target = cast("IO[bytes]", _XmlWriter(output)) if chosen is formats.XML else output
        native_format = to_results_format(chosen)
        native = self._native or self._reparsed()
        try:
            native.serialize(target, native_format)
        except (RuntimeError, ValueError) as error:
            if isinstance(error, TermError):
                raise
            raise QueryEvaluationError(f"the query failed while it ran: {error}") from error

    def serialize(self, fmt: Format | str) -> bytes:
        """Return the solutions in JSON, XML, CSV or TSV.

        >>> Solutions(["n"], [(ox.Literal(3),)]).serialize("csv")
        b'n\\r\\n3\\r\\n'
        """
        buffer = io.BytesIO()
        self.write(buffer, fmt)
        return buffer.getvalue()

    def _reparsed(self) -> ox.QuerySolutions:
        """Return rows held in Python as pyoxigraph's own solutions."""
        bindings = [
            {name: _json_term(t) for name, t in zip(self.variables, row, strict=True) if t}
            for row in self
        ]
        document = {"head": {"vars": self.variables}, "results": {"bindings": bindings}}
        parsed = ox.parse_query_results(json.dumps(document), ox.QueryResultsFormat.JSON)
        if not isinstance(parsed, ox.QuerySolutions):  # pragma: no cover - the document has vars
            raise QueryEvaluationError("solutions could not be written")
        return parsed


class Boolean:
    """The answer to an ASK query.

    >>> Boolean(True).serialize("json")
    b'{"head":{},"boolean":true}'
    """

    def __init__(self, value: bool) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return self.value

    def to_table(self) -> str:
        """Return ``true`` or ``false``."""
        return "true" if self.value else "false"

    def serialize(self, fmt: Format | str) -> bytes:
        """Return the answer in JSON or XML.

        :raises InputError: the format holds no boolean.
        """
        chosen = format_by_name(fmt if isinstance(fmt, str) else fmt.name, "boolean")
        answer = f'{{"head":{{}},"boolean":{self.to_table()}}}'.encode()
        parsed = ox.parse_query_results(answer, ox.QueryResultsFormat.JSON)
        return parsed.serialize(format=to_results_format(chosen)) or b""

    def write(self, output: IO[bytes], fmt: Format | str) -> None:
        """Write the answer in JSON or XML."""
        output.write(self.serialize(fmt))


class Triples:
    """The graph that a CONSTRUCT or DESCRIBE query yields: a set, each triple once.

    Source: https://www.w3.org/TR/sparql11-query/#construct

    >>> triple = ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c"))
    >>> len(list(Triples([triple, triple])))
    1
    """

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._triples = self._distinct(triples)

    @classmethod
    def of_distinct(cls, triples: Iterator[ox.Triple]) -> Triples:
        """Return the graph of triples that are known to be distinct.

        >>> triple = ox.Triple(ox.NamedNode("urn:a"), ox.NamedNode("urn:b"), ox.Literal("c"))
        >>> Triples.of_distinct(iter([triple])).serialize("ntriples")
        b'<urn:a> <urn:b> "c" .\\n'
        """
        graph = cls(())
        graph._triples = triples
        return graph

    @staticmethod
    def _distinct(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        """Yield each triple once; the engine gives one for each solution."""
        seen: set[ox.Triple] = set()
        try:
            for triple in triples:
                if triple not in seen:
                    seen.add(triple)
                    yield triple
        except (RuntimeError, OSError, ValueError) as error:
            raise QueryEvaluationError(f"the query failed while it ran: {error}") from error

    def __iter__(self) -> Iterator[ox.Triple]:
        return self._triples

    def to_table(self) -> str:
        """Return the triples as text in three columns, with prefixed names."""
        rows = ((t.subject, t.predicate, t.object) for t in self)
        return Solutions(("subject", "predicate", "object"), rows).to_table()

    def write(self, output: IO[bytes], fmt: Format | str) -> None:
        """Write the graph in Turtle, N-Triples, RDF/XML, JSON-LD, N-Quads or TriG.

        :raises InputError: the format holds no graph.
        :raises TermError: RDF/XML cannot express one of the triples.
        """
        chosen = format_by_name(fmt, "graph") if isinstance(fmt, str) else fmt
        by_subject: dict[Any, list[ox.Triple]] = {}
        for triple in self:
            by_subject.setdefault(triple.subject, []).append(triple)
        triples = [triple for group in by_subject.values() for triple in group]
        write_triples(triples, output, chosen)

    def serialize(self, fmt: Format | str) -> bytes:
        """Return the graph in Turtle, N-Triples, RDF/XML, JSON-LD, N-Quads or TriG."""
        buffer = io.BytesIO()
        self.write(buffer, fmt)
        return buffer.getvalue()


def _write_csv(
    variables: Sequence[str], rows: Iterable[Sequence[Term | None]], output: IO[bytes]
) -> None:
    """Write rows as CSV: lexical forms, with nothing for what is not bound.

    Source: https://www.w3.org/TR/sparql11-results-csv-tsv/#csv
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(variables)
    for number, row in enumerate(rows, 1):
        writer.writerow(["" if term is None else _csv_cell(term) for term in row])
        if number % _CSV_ROWS == 0:
            output.write(text.getvalue().encode())
            text.seek(0)
            text.truncate()
    output.write(text.getvalue().encode())


def _csv_cell(term: Term) -> str:
    """Return a term as CSV shows it."""
    if isinstance(term, ox.NamedNode | ox.Literal):
        return term.value
    # Blank nodes as _:b, triples as Turtle has them.
    return str(term)


def write_triples(triples: Iterable[ox.Triple], output: IO[bytes], fmt: Format) -> None:
    """Write triples, with the prefixes they use, streaming where no prefix is written.

    JSON-LD is written expanded, so it needs no context from elsewhere.

    :raises TermError: RDF/XML cannot express one of the triples.

    >>> buffer = io.BytesIO()
    >>> a = ox.NamedNode("http://www.w3.org/ns/prov#Agent")
    >>> write_triples([ox.Triple(a, a, a)], buffer, formats.TURTLE)
    >>> print(buffer.getvalue().decode(), end="")
    @prefix prov: <http://www.w3.org/ns/prov#> .
    prov:Agent prov:Agent prov:Agent .
    """
    native = to_rdf_format(fmt)
    if fmt is formats.RDFXML:
        checked = [_expressible(triple) for triple in triples]
        prefixes = _used_prefixes(checked, predicates_only=True)
        # One prefix at a time keeps the output the same from run to run: the engine writes
        # them in the order of a hash map that differs between processes.
        text = ox.serialize(checked, format=native, prefixes=prefixes) or b""
        output.write(_sorted_namespaces(text).replace(b"\r", b"&#13;"))
    elif fmt in (formats.TURTLE, formats.TRIG):
        held = list(triples)
        for prefix, namespace in sorted((prefixes := _used_prefixes(held)).items()):
            output.write(f"@prefix {prefix}: <{namespace}> .\n".encode())
        text = ox.serialize(held, format=native, prefixes=prefixes) or b""
        output.write(_PREFIX_LINES.sub(b"", text))
    else:
        ox.serialize(triples, output, native)


def _sorted_namespaces(text: bytes) -> bytes:
    """Return RDF/XML with the namespace declarations of its root in order."""
    start = text.index(b"<rdf:RDF") + len(b"<rdf:RDF")
    end = text.index(b">", start)
    close = b"/" if text[end - 1 : end] == b"/" else b""
    names = sorted(text[start : end - len(close)].split())
    return text[:start] + b"".join(b" " + name for name in names) + close + text[end:]


def _used_prefixes(
    triples: Iterable[ox.Triple], *, predicates_only: bool = False
) -> dict[str, str]:
    """Return the prefixes of the table that some IRI of the triples starts with."""
    iris: set[str] = set()
    for triple in triples:
        iris.add(triple.predicate.value)
        for term in () if predicates_only else (triple.subject, triple.object):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal) and not term.language:
                iris.add(term.datatype.value)
    # An IRI belongs to the text up to its last '/' or '#', or to a shorter one.
    stems = {iri[: cut.end()] for iri in iris for cut in re.finditer("[/#]", iri)}
    return {p: ns for p, ns in PREFIXES.items() if ns in stems or _is_used(ns, iris, stems)}


def _is_used(namespace: str, iris: set[str], stems: set[str]) -> bool:
    """Say whether a namespace that ends inside a name, such as IAO's, is used."""
    if namespace[-1] in "/#":
        return namespace in stems
    return any(iri.startswith(namespace) for iri in iris)


def _expressible(triple: ox.Triple) -> ox.Triple:
    """Return the triple if RDF/XML can express it."""
    if not _LOCAL_NAME.search(triple.predicate.value):
        raise TermError(
            f"RDF/XML has no way to write the property <{triple.predicate.value}>, whose name "
            "does not end in a word: ask for Turtle or JSON-LD instead"
        )
    if isinstance(triple.object, ox.Literal):
        _refuse_not_xml(triple.object.value)
    return triple


def _refuse_not_xml(text: str) -> None:
    """Raise TermError where XML cannot hold the text."""
    if match := _NOT_XML.search(text):
        raise TermError(
            f"the character U+{ord(match.group()):04X} in a literal cannot be written in XML: "
            "ask for JSON or Turtle instead"
        )


class _XmlWriter(io.RawIOBase):
    """Writes XML on, with carriage returns kept: XML parsers turn bare ones into newlines."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output

    def write(self, data: Any) -> int:
        """Write a part of the document."""
        part = bytes(data)
        if match := re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", part):
            _refuse_not_xml(match.group().decode())
        self._output.write(part.replace(b"\r", b"&#13;"))
        return len(part)


def _json_term(term: Term) -> dict[str, Any]:
    """Return a term as the SPARQL results format in JSON writes it."""
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, ox.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {k: _json_term(part) for k, part in parts.items()}}
    if term.language:
        literal = {"type": "literal", "value": term.value, "xml:lang": term.language}
        return literal if term.direction is None else literal | {"its:dir": str(term.direction)}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}


def _series(pandas: Any, terms: list[Term | None]) -> Any:
    """Return a column, typed where all its terms are of one kind."""
    values = [None if term is None else python_value(term) for term in terms]
    kinds = {type(value).__name__ for value in values if value is not None}
    if kinds == {"int"}:
        return pandas.Series(values, dtype="Int64")
    if kinds and kinds <= {"int", "float", "Decimal"}:
        return pandas.Series([None if v is None else float(v) for v in values], dtype="float64")
    if kinds == {"bool"}:
        return pandas.Series(values, dtype="boolean")
    if kinds in ({"date"}, {"datetime"}):
        try:
            return pandas.to_datetime(pandas.Series(values, dtype="object"))
        except (ValueError, OverflowError):
            # Mixed time zones, or a year that 64 bits of nanoseconds cannot hold.
            return pandas.Series(values, dtype="object")
    return pandas.Series(values, dtype="object")
