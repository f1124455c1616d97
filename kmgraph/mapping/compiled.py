"""Map the rows of a table that are plainly right, a block at a time and column by column.

What a cell becomes is worked out by :func:`read_cell` and :class:`Mapper`, once for each cell that
differs; words and names pass if nothing in them needs a second look. What a row of a block becomes
is then put together from columns. A row of which anything is not plainly right is handed back, to
be checked and mapped by itself. So both ways give the same statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, compress, repeat
from typing import Any, Final

from kmgraph.bundles.cells import read_cell
from kmgraph.bundles.id_index import ASK, LONGEST_HASHED, IdIndex, hash_ids
from kmgraph.bundles.parts import Block
from kmgraph.bundles.rules import ROW_RULES
from kmgraph.bundles.scanning import are_ids
from kmgraph.bundles.sources import RawRow
from kmgraph.mapping import terms
from kmgraph.mapping.mapper import EXTRAS, Mapper
from kmgraph.mapping.opaque import (
    OPAQUE_KINDS,
    Filled,
    Kept,
    NotPlainError,
    SeenRow,
    UnforeseenColumnError,
    has_items,
    is_filled,
    words_mark,
)
from kmgraph.records import LIST_SEPARATOR, TABLES, Column, Kind, Table

#: Stands for the subject in what is put together before the subject is known.
_SUBJECT: Final = "\0"
#: Stands for the subject's IRI in what rules and extras make of a row.
_SUBJECT_IRI: Final = "\2"
#: Stands for a cell without an id where ids are looked up.
_ANY_ID: Final = "0"
#: Cells tested together where not all of a block pass.
_SLICE: Final = 64
_TEXT_KINDS: Final = frozenset({Kind.TEXT, Kind.NAME})


@dataclass(slots=True)
class MappedBlock:
    """What a block of rows becomes.

    :ivar quads: N-Quads of the rows that are plainly right.
    :ivar ids: their ids.
    :ivar numbers: their row numbers.
    :ivar odd: the other rows.
    """

    quads: str
    ids: Sequence[str]
    numbers: Sequence[int]
    odd: list[RawRow]


@dataclass(slots=True)
class _Prepared:
    """A column of a block: what stands between the same two texts in each row.

    :ivar cells: empty where a row has no statement, None where a row is not plainly right.
    :ivar name: name of a column of words that has no property of its own, or empty.
    :ivar words: its cells, to be put into what extras make of the rows.
    """

    before: str
    cells: Sequence[str | None]
    after: str
    name: str = ""
    words: Sequence[str | None] = ()


@dataclass(slots=True)
class CompiledTable:
    """The mapping of one table.

    :param mapper: maps what differs; the terms that it describes are noted in ``words``.
    :param index: the ids of the bundle.
    :param end: what ends a line: the graph and the dot.
    :ivar words: segment and words of the terms that were used.
    """

    table: Table
    mapper: Mapper
    index: IdIndex
    end: str
    words: set[tuple[str, str]] = field(default_factory=set)
    _kept: dict[str, Kept] = field(default_factory=dict)
    _values: dict[str, Kept] = field(default_factory=dict)
    _seen: list[str] = field(default_factory=list)
    _verdicts: Kept = field(default_factory=lambda: Kept(str))
    _names: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Make what keeps the results."""
        self._names = frozenset(column.name for column in self.table.columns)
        for column in self.table.columns:
            self._kept[column.name] = Kept(partial(self._whole, column))
            self._values[column.name] = Kept(partial(self._value, column))
        self._verdicts = Kept(self._verdict)

    def _value(self, column: Column, cell: str) -> Any:
        """Return the typed value of a cell of which it is known that it can be read."""
        return read_cell(column, cell, self.mapper.vocabulary)[0]

    def _items(self, column: Column, cell: str) -> tuple[Any, ...] | None:
        """Return the typed items that a cell stands for, or None where it has a problem."""
        value, problems = read_cell(column, cell, self.mapper.vocabulary)
        is_empty = value is None or value == ()
        if problems or (is_empty and column.required):
            return None
        if is_empty:
            value = self.mapper.default(column) if column.default else ()
        return value if isinstance(value, tuple) else (value,)

    def _whole(self, column: Column, cell: str) -> str | None:
        """Return the statements of a cell without their first subject."""
        items = self._items(column, cell)
        if items is None or not column.predicate:
            return None if items is None else ""
        if column.kind is Kind.TERM:
            self.words.update((column.segment, words) for words in items)
        predicate = terms.name(column.predicate)
        objects = [f" {predicate} {self.mapper.object(column, item)}{self.end}" for item in items]
        return _SUBJECT.join(objects)

    def _column(self, column: Column, cells: Sequence[str]) -> _Prepared:
        """Return a column; its cells are None where they are not plainly right."""
        if column.kind is Kind.REF:
            return self._references(column, cells)
        if column.kind in _TEXT_KINDS:
            return self._texts(column, cells)
        return _Prepared("", list(map(self._kept[column.name].__getitem__, cells)), "")

    def _around(self, column: Column) -> tuple[str, str]:
        """Return what stands before and after the words of a literal."""
        before, _, after = self.mapper.object(column, "x").partition("x")
        return f" {terms.name(column.predicate)} {before}", f"{after}{self.end}"

    def _texts(self, column: Column, cells: Sequence[str]) -> _Prepared:
        """Return a column of words or names."""
        before, after = self._around(column) if column.predicate else ("", "")
        between = f"{after}{_SUBJECT}{before}"
        escaped: list[str | None] = []
        for place in range(0, len(cells), _SLICE) if not _are_plain(cells, column.many) else ():
            for cell in cells[place : place + _SLICE]:
                if _are_plain((cell,), column.many):
                    escaped.append(cell)
                    continue
                items = self._items(column, cell)
                words = items and [terms.escaped(item) for item in items]
                escaped.append(between.join(words) if words else None if items is None else "")
        found: Sequence[str | None] = escaped or cells
        if column.required and "" in found:
            found = [cell or None for cell in found]
        if not column.predicate:
            own = [None if cell is None else "" for cell in found]
            return _Prepared("", own, "", column.name, found)
        if column.default and "" in found:
            found = [column.default if cell == "" else cell for cell in found]
        return _Prepared(before, found, after)

    def _references(self, column: Column, cells: Sequence[str]) -> _Prepared:
        """Return a column of references, each of which has a record of the right kind."""
        place = self.mapper.place
        start = f" {terms.name(column.predicate)} <{place.base}" if column.predicate else ""
        after = f">{self.end}"
        is_list = column.many and LIST_SEPARATOR in "".join(cells)
        if is_list:
            cells = [cell.replace("; ", LIST_SEPARATOR) for cell in cells]
            flat: Sequence[str] = LIST_SEPARATOR.join(cells).split(LIST_SEPARATOR)
        else:
            flat = cells
        sheets = self._sheets(flat)
        starts = self._starts(column)
        paths = [
            "" if not item else None if (path := starts.get(sheet)) is None else path + item
            for item, sheet in zip(flat, sheets, strict=True)
        ]
        if is_list:
            paths = list(_regrouped(cells, flat, paths, f"{after}{_SUBJECT}{start}"))
        if column.required and "" in paths:
            paths = [path or None for path in paths]
        if not column.predicate:
            paths = [None if path is None else "" for path in paths]
        return _Prepared(start, paths, after)

    def _starts(self, column: Column) -> dict[int, str]:
        """Return number of a sheet that the column may point to, to what precedes its ids."""
        prefix, sheets = self.mapper.place.id_prefix, list(TABLES)
        return {
            sheets.index(sheet): f"{TABLES[sheet].segment}/{prefix}" for sheet in column.targets
        }

    def _sheets(self, ids: Sequence[str]) -> list[int]:
        """Return the number of the sheet of each id, below 0 where it is not plainly told."""
        if not ids:
            return []
        known = [record_id or _ANY_ID for record_id in ids] if "" in ids else ids
        if are_ids(known) and max(map(len, known)) <= LONGEST_HASHED:
            found: list[int] = self.index.sheets(hash_ids(known)).tolist()
            return found
        are_plain = [len(text) <= LONGEST_HASHED and are_ids((text,)) for text in known]
        plain = [text if is_id else _ANY_ID for text, is_id in zip(known, are_plain, strict=True)]
        found = self.index.sheets(hash_ids(plain)).tolist()
        return [sheet if is_id else -1 for sheet, is_id in zip(found, are_plain, strict=True)]

    def map(self, block: Block) -> MappedBlock:
        """Return what a block becomes."""
        ids: Sequence[str] = block.columns["id"]
        numbers = block.numbers
        if not ids:
            return MappedBlock("", (), (), block.odd)
        constant, prepared = self._prepare(block)
        extra = self._extras(block)
        columns = [extra, *(column.cells for column in prepared)]
        bad = {i for cells in columns if None in cells for i, c in enumerate(cells) if c is None}
        bad |= self._bad_ids(ids)
        odd = [*block.odd, *(row for place in sorted(bad) if (row := block.raw(place)))]
        if bad:
            good = [place not in bad for place in range(len(ids))]
            ids, numbers = list(compress(ids, good)), list(compress(numbers, good))
            for column in prepared:
                column.cells = list(compress(column.cells, good))
                column.words = list(compress(column.words, good))
            extra = list(compress(extra, good))
        quads = self._assembled(ids, constant, prepared, extra)
        return MappedBlock(quads, ids, numbers, odd)

    def _prepare(self, block: Block) -> tuple[str, list[_Prepared]]:
        """Return the statements that all rows have, and the columns that differ."""
        classes = (self.table.class_name, *self.table.also)
        type_name = terms.name("rdf:type")
        shared = [f" {type_name} {terms.name(name)}{self.end}" for name in classes]
        prepared = []
        for column in self.table.columns:
            cells = block.columns.get(column.name, ())
            if column.kind is Kind.ID:
                before, after = self._around(column)
                prepared.append(_Prepared(before, cells, after))
            elif any(cells):
                prepared.append(self._column(column, cells))
            elif column.required:
                prepared.append(_Prepared("", [None] * len(block.numbers), ""))
            elif statement := self._whole(column, ""):
                shared.append(statement)
        return _SUBJECT.join(shared), prepared

    def _bad_ids(self, ids: Sequence[str]) -> set[int]:
        """Return the places of ids that are none, or that other records may have."""
        if not are_ids(ids) or max(map(len, ids)) > LONGEST_HASHED:
            known = [len(text) <= LONGEST_HASHED and are_ids((text,)) for text in ids]
            bad = {place for place, is_known in enumerate(known) if not is_known}
        else:
            bad = set()
        if self.index.asks:
            sheets = self._sheets(ids)
            bad |= {place for place, sheet in enumerate(sheets) if sheet == ASK}
        return bad

    def _assembled(
        self,
        ids: Sequence[str],
        constant: str,
        prepared: Iterable[_Prepared],
        extra: Sequence[str | None],
    ) -> str:
        """Return the statements of rows from their columns."""
        place = self.mapper.place
        start = f"{place.base}{self.table.segment}/{place.id_prefix}"
        subjects = [f"<{start}{record_id}>" for record_id in ids]
        pieces: list[Iterable[str]] = []
        for text in constant.split(_SUBJECT):
            pieces += (subjects, repeat(text))
        for column in prepared:
            pieces += _pieces(subjects, column)
        if any(extra):
            iris = [start + record_id for record_id in ids]
            texts = _filled_in(iris, [text or "" for text in extra], _SUBJECT_IRI)
            for column in prepared:
                if column.name:
                    words = [cell or "" for cell in column.words]
                    texts = _filled_in(words, texts, words_mark(column.name))
            pieces.append(texts)
        return "".join(chain.from_iterable(zip(*pieces, strict=False)))

    def _extras(self, block: Block) -> list[str | None]:
        """Return what rules and extras make of the rows: None where a rule is broken."""
        sheet = self.table.sheet
        if sheet not in ROW_RULES and sheet not in EXTRAS:
            return []
        while True:
            keys = self._keys(block)
            try:
                return list(map(self._verdicts.__getitem__, keys))
            except UnforeseenColumnError as unforeseen:
                self._seen.append(unforeseen.column)
                self._verdicts.clear()

    def _keys(self, block: Block) -> Iterator[tuple[Any, ...]]:
        """Yield for each row what the functions look at."""
        size = len(block.numbers)
        cells: list[Iterable[Any]] = [repeat(None, size)]
        for name in self._seen:
            column = block.columns.get(name) or [""] * size
            seen = self.table.column(name)
            holds = has_items if seen.many else is_filled
            cells.append(map(holds, column) if seen.kind in OPAQUE_KINDS else column)
        return zip(*cells, strict=True)

    def _verdict(self, key: tuple[Any, ...]) -> str | None:
        """Return the further statements of rows that agree in what is looked at."""
        values: dict[str, Any] = {}
        for name, cell in zip(self._seen, key[1:], strict=True):
            column = self.table.column(name)
            if column.kind in OPAQUE_KINDS:
                is_words = column.kind in _TEXT_KINDS and not (column.many or column.predicate)
                filled = Filled(name if is_words else "")
                values[name] = filled if cell else () if column.many else None
            else:
                values[name] = self._values[name][cell]
        return self._judged(SeenRow(self._names, values))

    def _judged(self, row: Mapping[str, Any]) -> str | None:
        """Return the further statements of a row, or None where it breaks a rule."""
        sheet = self.table.sheet
        try:
            for rule in ROW_RULES.get(sheet, ()):
                for _ in rule(row, self.mapper.vocabulary):
                    return None
            extra: Callable[..., Iterator[str]] | None = EXTRAS.get(sheet)
            found = extra(self.mapper, f"<{_SUBJECT_IRI}>", row) if extra else ()
            return "".join(f"{statement}{self.end}" for statement in found)
        except NotPlainError:
            return None


def _are_plain(cells: Sequence[str], many: bool) -> bool:
    """Return whether cells hold words that mean what they look like: each is one item, or empty."""
    joined = '"' + '"'.join(cells) + '"'
    return (
        joined.isprintable()
        and joined.count('"') == len(cells) + 1
        and not any(mark in joined for mark in ("\\", '" ', ' "', '"#'))
        and not (many and LIST_SEPARATOR in joined)
    )


def _regrouped(
    cells: Sequence[str], items: Sequence[str], paths: Sequence[str | None], between: str
) -> Iterator[str | None]:
    """Yield for each cell the paths of its items, or None where one has none or stands twice."""
    start = 0
    for cell in cells:
        size = cell.count(LIST_SEPARATOR) + 1
        if size == 1:
            yield paths[start]
        else:
            own = paths[start : start + size]
            is_plain = None not in own and "" not in own and len(set(own)) == size
            yield between.join(map(str, own)) if is_plain else None
        start += size


def _pieces(subjects: list[str], column: _Prepared) -> list[Iterable[str]]:
    """Return what a column adds to each row, as columns of texts."""
    before, after, cells = column.before, column.after, column.cells
    if "" in cells:
        whole = [
            f"{subject}{before}{cell}{after}" if cell else ""
            for subject, cell in zip(subjects, cells, strict=True)
        ]
        return [_filled_in(subjects, whole)]
    filled = _filled_in(subjects, [cell or "" for cell in cells] if None in cells else cells)  # type: ignore[arg-type]
    return [subjects, repeat(before), filled, repeat(after)] if before else [subjects, filled]


def _filled_in(
    fillings: Sequence[str], texts: Sequence[str], mark: str = _SUBJECT
) -> Sequence[str]:
    """Return texts with something of each row where a mark stands."""
    if mark not in "".join(texts):
        return texts
    return [
        text.replace(mark, filling) if mark in text else text
        for filling, text in zip(fillings, texts, strict=True)
    ]
