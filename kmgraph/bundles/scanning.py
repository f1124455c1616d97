"""The first pass over a large bundle: which ids there are, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from kmgraph.bundles.cells import cell_text
from kmgraph.bundles.id_index import LONGEST_HASHED, IdIndex, hash_ids, is_hashed, keyed
from kmgraph.bundles.parts import Block, Part, blocks_of
from kmgraph.bundles.sources import RawRow
from kmgraph.records import TABLES

if TYPE_CHECKING:
    from kmgraph.bundles.id_index import Keys

#: Number of ids above which they are not held as they are, to suggest one that is near.
KEPT_NAMES: Final = 2_000
_SHEETS: Final = {sheet: number for number, sheet in enumerate(TABLES)}
_ID_BYTES: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-"
_HASHED_AT_A_TIME: Final = 10_000

#: Calls a function with each of the arguments, and yields what it returns in order.
Run = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterator[Any]]


def run_here(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Call a function with each of the arguments in this process.

    >>> list(run_here(max, [(1, 2), (4, 3)]))
    [2, 4]
    """
    for given in arguments:
        yield function(*given)


@dataclass(frozen=True, slots=True)
class ScannedPart:
    """What the first pass learns of a part.

    :ivar size: how many rows of the file it takes up.
    :ivar records: how many records it has.
    :ivar keys: the hashes of the ids, with their sheet.
    :ivar names: ids that are not hashed, and all of them in a short part.
    """

    size: int
    records: int
    keys: Keys
    names: list[str]


def scan_part(part: Part) -> ScannedPart | None:
    """Return the ids of a part, or None where it is not plainly right."""
    import numpy as np

    size, records = 0, 0
    keys: list[Keys] = [np.empty(0, dtype=np.uint64)]
    names: list[str] = []
    try:
        for block in blocks_of(part, ids_only=True):
            size += block.size
            plain, others, number = _ids(block)
            if plain:
                keys.append(keyed(plain, _SHEETS[part.sheet]))
            records += number
            names += others
            if records <= KEPT_NAMES:
                names += plain
    except ValueError:
        return None
    return ScannedPart(size, records, np.concatenate(keys), names)


def _ids(block: Block) -> tuple[list[str], list[str], int]:
    """Return the ids that are hashed, those that are not, and the number of records."""
    ids = block.columns["id"]
    if ids and are_ids(ids) and not block.odd and max(map(len, ids)) <= LONGEST_HASHED:
        return list(ids), [], len(ids)
    found, records = [], len(block.odd)
    for place, text in enumerate(ids):
        if are_ids((text,)):
            found.append(text)
            records += 1
        elif row := block.raw(place):
            found.append(_id_of(row))
            records += 1
    found += map(_id_of, block.odd)
    found = [text for text in found if text]
    plain = [text for text in found if is_hashed(text)]
    return plain, [text for text in found if not is_hashed(text)], records


def _id_of(row: RawRow) -> str:
    """Return the id of a row as the check of a bundle reads it."""
    return cell_text(row.cells.get("id"))


def are_ids(texts: Sequence[str]) -> bool:
    """Return whether all texts are ids of a bundle's own records.

    >>> are_ids(["S1", "MH-2.a"]), are_ids(["S1", ""]), are_ids(["S1", ".a"]), are_ids(["a:b"])
    (True, False, False, False)
    """
    joined = "\n" + "\n".join(texts) + "\n"
    if not joined.isascii() or joined.encode().translate(None, _ID_BYTES).strip(b"\n"):
        return False
    # No id is empty, and none begins with a mark.
    return joined.count("\n") == len(texts) + 1 and not any(
        start in joined for start in ("\n\n", "\n.", "\n_", "\n~", "\n-")
    )


@dataclass(slots=True)
class QuickScan:
    """What the first pass learns of the files that are read in parts.

    :ivar parts: the parts, with the numbers of their first rows.
    :ivar records: how many records they have.
    :ivar keys: the hashes of all ids, part by part.
    :ivar names: ids that are not hashed, each with the number of its sheet; all ids while few.
    """

    parts: list[Part] = field(default_factory=list)
    records: int = 0
    keys: list[Keys] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)

    @property
    def files(self) -> frozenset[str]:
        """Names of the files that are read in parts."""
        return frozenset(part.file for part in self.parts)


def scan_parts(
    planned: Mapping[str, Sequence[Part]], run: Run, done: Callable[[int], None]
) -> QuickScan:
    """Return the ids of all files that can be read in parts.

    :param planned: file to its parts. A file of which one is not plainly right is left out.
    :param done: is told how many records were read so far.
    """
    scan, records = QuickScan(), 0
    parts = [part for found in planned.values() for part in found]
    scanned = iter(run(scan_part, [(part,) for part in parts]))
    for found in planned.values():
        results = []
        for _ in found:
            results.append(next(scanned))
            if results[-1]:
                records += results[-1].records
                done(records)
        if None in results:
            continue
        number = found[0].first_row if found else 0
        for part, result in zip(found, results, strict=True):
            first = part.first_row if part.form == "parquet" else number
            scan.parts.append(replace(part, first_row=first))
            number += result.size
            scan.records += result.records
            scan.keys.append(result.keys)
            scan.names += [(name, _SHEETS[part.sheet]) for name in result.names]
    return scan


def find_repeated(rows: Iterator[RawRow], index: IdIndex) -> set[tuple[str, int]]:
    """Tell ids with one hash apart, and have the index keep them and those that have none.

    :param rows: the rows of the bundle, in order.
    :returns: sheet and row of the records whose id an earlier record has.
    """
    shared = index.shared_hashes()
    further: set[tuple[str, int]] = set()
    held: list[tuple[str, str, int]] = []

    def settle() -> None:
        hashes = hash_ids([record_id for record_id, _, _ in held]).tolist() if held else []
        for (record_id, sheet, number), found in zip(held, hashes, strict=True):
            if found in shared:
                note(record_id, sheet, number)
        held.clear()

    def note(record_id: str, sheet: str, number: int) -> None:
        if record_id in index.exact:
            further.add((sheet, number))
        else:
            index.exact[record_id] = _SHEETS[sheet]

    for row in rows:
        record_id = _id_of(row)
        if not record_id or row.sheet == "dataset":
            continue
        if is_hashed(record_id):
            held.append((record_id, row.sheet, row.number))
        else:
            note(record_id, row.sheet, row.number)
        if len(held) == _HASHED_AT_A_TIME:
            settle()
    settle()
    index.ask_for(shared)
    return further
