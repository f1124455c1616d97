"""Record tables: the registry and what every record has."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from kmgraph.records import columns as c
from kmgraph.records.columns import METADATA_KEY, Column


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a bundle.

    :ivar sheet: name of the sheet, and of its CSV file without ``.csv``.
    :ivar segment: IRI path segment of its records.
    :ivar class_name: prefixed name of the class of its records.
    :ivar also: prefixed names of classes of other vocabularies that its records belong to too.
    :ivar doc: what one row is.
    :ivar columns: its columns, in the order of the template.
    :ivar record: the dataclass of one row.
    :ivar single: whether the sheet has exactly one row.
    """

    sheet: str
    segment: str
    class_name: str
    also: tuple[str, ...]
    doc: str
    columns: tuple[Column, ...]
    record: type[Record]
    single: bool = False

    def column(self, name: str) -> Column:
        """Return the column of this name.

        :raises KeyError: the table has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every record has: an id that is unique in its dataset."""

    table: ClassVar[Table]

    id: str = c.record_id(
        "Id of the record: letters, digits, '.', '-', '_' or '~'; unique over all sheets.",
        "MH1",
    )


@dataclass(frozen=True, kw_only=True)
class SourcedRecord(Record):
    """A record that a document states, or that was worked out from one."""

    note: str | None = c.text(
        "Remark for readers of the record.",
        "Theme recovered from the printed order.",
        "skos:note",
        trailing=True,
    )
    passages: tuple[str, ...] = c.ref(
        "Passages that the record rests on.",
        "p-table1-mh1",
        "prov:wasDerivedFrom",
        ("passages",),
        many=True,
        trailing=True,
    )
    assertion_kind: str | None = c.code(
        "How the document supports the record.",
        "stated",
        "km:assertionKind",
        "km:AssertionKind",
        default="stated",
        trailing=True,
    )


_R = TypeVar("_R", bound=type[Record])


def table(
    sheet: str,
    segment: str,
    class_name: str,
    *,
    also: tuple[str, ...] = (),
    single: bool = False,
) -> Callable[[_R], _R]:
    """Turn a class into the typed record of a sheet; its docstring says what one row is."""

    def decorate(cls: _R) -> _R:
        record: Any = dataclass(frozen=True, kw_only=True)(cls)
        columns = [
            dataclasses.replace(field.metadata[METADATA_KEY], name=field.name)
            for field in dataclasses.fields(record)
        ]
        ordered = [col for col in columns if not col.trailing]
        ordered += [col for col in columns if col.trailing]
        doc = " ".join((cls.__doc__ or "").split())
        record.table = Table(sheet, segment, class_name, also, doc, tuple(ordered), record, single)
        return record  # type: ignore[no-any-return]

    return decorate
