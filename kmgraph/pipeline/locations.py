"""Find the file and row that a record was read from."""

from __future__ import annotations

from collections.abc import Sequence

from kmgraph.mapping.mapper import split_record_iri
from kmgraph.validation import Location


class RowLocations:
    """Looks record IRIs up in the lists that builds leave beside a generation.

    :param base: base IRI of the store.
    :param lists: contents of the lists: one line a record, with IRI, file, row and id between tabs.
        Where a record stands in several lines, the last counts.

    >>> find = RowLocations("https://x.org/", [b"https://x.org/study/S1\\tstudies.csv\\t2\\tS1\\n"])
    >>> find("https://x.org/study/S1")
    Location(file='studies.csv', row=2, sheet='studies', record_id='S1')
    """

    def __init__(self, base: str, lists: Sequence[bytes]) -> None:
        self._base, self._lists = base, lists
        self._rows: dict[str, tuple[str, int, str]] | None = None

    def __call__(self, iri: str) -> Location | None:
        """Return where the record of an IRI stands, or None where no list names it."""
        if self._rows is None:
            self._rows = {}
            for content in self._lists:
                for line in content.decode().splitlines():
                    record, file, row, record_id = line.split("\t")
                    self._rows[record] = (file, int(row), record_id)
        found = self._rows.get(iri)
        split = split_record_iri(self._base, iri)
        if found is None or split is None:
            return None
        return Location(found[0], found[1], split[0], found[2])
