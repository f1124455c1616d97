"""How the documents support a tie: by saying so, by position, by computation or by inference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

#: Codes of assertion kinds, the best support first; empty where a record says none.
BASES: Final = ("stated", "by_position", "computed", "", "inferred")
_RANK: Final = {basis: rank for rank, basis in enumerate(BASES)}


def best(bases: Iterable[str]) -> str:
    """Return the best support: what holds for one reason need not rest on the others.

    >>> best(["inferred", "stated"])
    'stated'
    """
    return min(bases, key=_RANK.__getitem__, default="")


def weakest(bases: Iterable[str]) -> str:
    """Return the weakest support: what needs several records is no better than the weakest.

    >>> weakest(["inferred", "stated"])
    'inferred'
    """
    return max(bases, key=_RANK.__getitem__, default="")


class Bases:
    """How records, and single statements of them, are supported.

    :param of_records: IRIs of records and notes to codes of assertion kinds.
    :param notes: note, subject, property and object of each; a note without an object is on all
        statements of the property.

    >>> bases = Bases({"urn:r": "stated", "urn:n": "inferred"}, [("urn:n", "urn:r", "urn:p", None)])
    >>> bases.of(["urn:r"], {"urn:p"}, ["urn:x"]), bases.of(["urn:r"], {"urn:q"}, ["urn:x"])
    (('inferred', ['urn:n']), ('stated', []))
    """

    def __init__(
        self, of_records: dict[str, str], notes: Iterable[tuple[str, str, str, str | None]]
    ) -> None:
        self._of_records = of_records
        self._notes: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
        for note, subject, prop, value in notes:
            self._notes[subject].append((note, prop, value))

    def of(
        self, records: Collection[str], properties: Collection[str], ends: Collection[str]
    ) -> tuple[str, list[str]]:
        """Return how a tie is supported, and the notes that say so.

        :param records: records that it rests on; it is as weak as the weakest of them.
        :param properties: properties whose statements make it.
        :param ends: the two records that it ties.
        """
        points, bases, said_by = {*records, *ends}, [], set[str]()
        for record in records:
            about = [note for note in self._notes.get(record, ()) if note[1] in properties]
            # What is noted of this very statement goes before what is noted of all its kind.
            exact = {note for note, _, value in about if value in points}
            found = exact or {note for note, _, value in about if value is None}
            bases.append(weakest(self._of_records.get(iri, "") for iri in found or {record}))
            said_by |= found
        return weakest(bases), sorted(said_by)
