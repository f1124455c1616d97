"""The tables of a snapshot: one row a record, for people who work with data frames.

The files of ``queries/tables`` say which columns there are and where they come from.
``queries/README.md`` describes them. Records are read some hundreds at a time, so memory does not
grow with the store.
"""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pyoxigraph as ox
import yaml

from kmgraph import artefacts
from kmgraph.errors import MissingExtraError
from kmgraph.namespaces import RDF, expand
from kmgraph.snapshots.model import SnapshotFile, sha256_of
from kmgraph.stores.base import QuadStore
from kmgraph.terms import python_value

if TYPE_CHECKING:
    from kmgraph.results import Solutions

MEDIA_TYPE: Final = "application/vnd.apache.parquet"
#: Column that names those in which a row could not show all that is recorded.
NOT_SHOWN: Final = "not_shown"
_MARK: Final = re.compile(r"^\s*#@ page$", re.MULTILINE)
_HEADER: Final = "#+"
#: Records that one query asks about, and rows of a group of the file.
_ASKED: Final = 500
_GROUP_ROWS: Final = 5_000
_COMPRESSION: Final = "zstd"
_TYPE: Final = ox.NamedNode(f"{RDF}type")
#: Column of a query to value to what is said of it: label, code.
_Found = dict[str, dict[Any, list[tuple[ox.Literal | None, ox.Literal | None]]]]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """What a query tells of a record under one name, which may become several columns.

    :ivar name: what the query calls it.
    :ivar meaning: what it holds, in words.
    :ivar kind: ``text``, ``date``, ``integer``, ``number``, ``boolean`` or ``term``.
    :ivar many: whether a record may have several, which makes lists.
    :ivar outputs: for a term, ``iri``, ``label`` and ``code`` to the column that holds it.
    """

    name: str
    meaning: str
    kind: str
    many: bool
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordTable:
    """A table of a snapshot.

    :ivar name: name of the file, without its ending.
    :ivar class_iri: class whose instances are the rows.
    :ivar row: what one row is.
    :ivar columns: what the query tells of each record.
    :ivar query: selects ``?record ?column ?value ?label ?code``.
    """

    name: str
    class_iri: str
    row: str
    columns: tuple[TableColumn, ...]
    query: str

    def query_for(self, records: Iterable[ox.NamedNode]) -> str:
        """Return the query for some records.

        :param records: IRIs that the store holds.
        """
        values = " ".join(map(str, records))
        return _MARK.sub(lambda _: f"  VALUES ?record {{ {values} }}", self.query)

    def described(self) -> list[tuple[str, str, bool, str]]:
        """Return name, kind, whether it is a list, and meaning of each column of the file."""
        found = [("iri", "text", False, "IRI of the record")]
        for column in self.columns:
            if column.kind != "term":
                found.append((column.name, column.kind, column.many, column.meaning))
            for form, name in column.outputs.items():
                found.append((name, "text", column.many, f"{column.meaning}: {form}"))
        meaning = "columns that do not show all that is recorded: see the documentation"
        return [*found, (NOT_SHOWN, "text", True, meaning)]


@lru_cache(maxsize=1)
def load_tables() -> tuple[RecordTable, ...]:
    """Return the tables, by name.

    >>> [table.name for table in load_tables()]
    ['assessments', 'cases', 'determinants', 'outcomes', 'studies']
    """
    return tuple(map(_read, artefacts.files("queries", "tables/*.rq")))


def _read(path: Path) -> RecordTable:
    """Read one file of tables."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header = yaml.safe_load(
        "\n".join(line[len(_HEADER) :] for line in lines if line.startswith(_HEADER))
    )
    columns = tuple(
        TableColumn(
            fact["name"],
            fact["meaning"],
            fact.get("kind", "term"),
            bool(fact.get("many")),
            dict(fact.get("of") or {}),
        )
        for fact in header["columns"]
    )
    query = "\n".join(line for line in lines if not line.startswith(_HEADER))
    return RecordTable(header["table"], expand(header["class"]), header["row"], columns, query)


def rows_of(table: RecordTable, view: QuadStore) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, in the order of the engine's index.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(rows_of(load_tables()[0], MemoryStore()))
    []
    """
    quads = view.quads(None, _TYPE, ox.NamedNode(table.class_iri), ox.DefaultGraph())
    records = (quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode))
    while asked := list(islice(records, _ASKED)):
        told: dict[str, _Found] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        solutions = cast("Solutions", view.query(table.query_for(asked)))
        for record, column, value, *said in solutions:
            names = map(_literal, said)
            told[_text(record)][_text(column)][value].append((next(names), next(names)))
        for record in asked:
            yield _row(table, record.value, told[record.value])


def _text(term: Any) -> str:
    """Return the IRI or the text of a term."""
    return str(term.value)


def _literal(term: Any) -> ox.Literal | None:
    """Return a term if it is a literal."""
    return term if isinstance(term, ox.Literal) else None


def _row(table: RecordTable, iri: str, found: _Found) -> dict[str, Any]:
    """Return the row of a record."""
    row: dict[str, Any] = {"iri": iri}
    not_shown = []
    for column in table.columns:
        values = sorted(found.get(column.name, {}).items(), key=lambda item: _order(item[0]))
        if column.kind == "term":
            fits = [(term, said) for term, said in values if isinstance(term, ox.NamedNode)]
            for form, name in column.outputs.items():
                cells = [_form(form, term, said) for term, said in fits]
                row[name] = cells if column.many else cells[0] if cells else None
            kept = len(fits)
        else:
            plain = [_plain(term, column.kind) for term, _ in values]
            cells = [value for value in plain if value is not None]
            row[column.name] = cells if column.many else cells[0] if cells else None
            kept = len(cells)
        if kept < len(values) or (kept > 1 and not column.many):
            not_shown.append(column.name)
    return {**row, NOT_SHOWN: not_shown}


def _order(term: Any) -> tuple[bool, str]:
    """Return what terms are ordered by: text in English before other text, else by content."""
    language = getattr(term, "language", None)
    return (language is not None and not language.startswith("en")), str(term)


def _form(
    form: str, term: ox.NamedNode, said: Sequence[tuple[ox.Literal | None, ox.Literal | None]]
) -> str | None:
    """Return the IRI, the label or the code of a term."""
    if form == "iri":
        return term.value
    place = ("label", "code").index(form)
    names = sorted((pair[place] for pair in said if pair[place] is not None), key=_order)
    return names[0].value if names else None  # type: ignore[union-attr]


def _plain(term: Any, kind: str) -> Any:
    """Return the value of a literal, or None where it is not of the kind that is due."""
    if not isinstance(term, ox.Literal):
        return None
    if kind in ("text", "date"):
        return term.value
    value = python_value(term)
    if isinstance(value, bool):
        return value if kind == "boolean" else None
    if kind == "number" and isinstance(value, int | float | Decimal):
        return float(value)
    return value if kind == "integer" and isinstance(value, int) else None


def arrow_modules() -> tuple[Any, Any]:
    """Return pyarrow and its module for Parquet.

    :raises MissingExtraError: pyarrow is not installed.

    >>> arrow_modules()[0].__name__
    'pyarrow'
    """
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingExtraError("pyarrow", "parquet") from error


def write_tables(view: QuadStore, folder: Path, *, citation: str) -> Iterator[SnapshotFile]:
    """Write each table as a Parquet file below ``tables/``.

    :param folder: folder of the snapshot.
    :param citation: how to cite the snapshot, which is noted in each file.
    :raises MissingExtraError: pyarrow is not installed.
    """
    arrow, parquet = arrow_modules()
    for table in load_tables():
        path = folder / "tables" / f"{table.name}.parquet"
        path.parent.mkdir(exist_ok=True)
        schema = _schema(arrow, table, citation)
        total = 0
        rows = rows_of(table, view)
        with parquet.ParquetWriter(path, schema, compression=_COMPRESSION) as file:
            while group := list(islice(rows, _GROUP_ROWS)):
                file.write_table(arrow.Table.from_pylist(group, schema=schema))
                total += len(group)
        yield SnapshotFile(
            f"tables/{path.name}",
            f"one row for each record: {table.row}",
            MEDIA_TYPE,
            f"{_COMPRESSION} within",
            path.stat().st_size,
            sha256_of(path),
            rows=total,
        )


def _schema(arrow: Any, table: RecordTable, citation: str) -> Any:
    """Return the columns of a Parquet file, each with its meaning."""
    types = {
        "text": arrow.string(),
        "date": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
    }
    fields = [
        arrow.field(
            name, arrow.list_(types[kind]) if many else types[kind], metadata={"meaning": meaning}
        )
        for name, kind, many, meaning in table.described()
    ]
    return arrow.schema(fields, metadata={"row": table.row, "citation": citation})
