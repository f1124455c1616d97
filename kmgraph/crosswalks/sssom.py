"""Read sets of mappings from SSSOM tables, through sssom-pydantic.

The library is imported when the first table is read: it takes half a second, and most commands
read none.

Source: https://mapping-commons.github.io/sssom/spec-formats-tsv/
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from kmgraph import artefacts
from kmgraph.crosswalks.model import READINGS, Mapping, MappingSet
from kmgraph.errors import InputError
from kmgraph.namespaces import KM, MAPPING, SSSOM, compact

#: What a table writes where the other framework has no construct.
NO_TERM: Final = f"{SSSOM}NoTermFound"
#: IRI of a status to the status in words.
STATUS_WORDS: Final = {
    f"{KM}PublishedMapping": "published",
    f"{KM}MappingFromMemory": "from memory",
    f"{KM}ProposedMapping": "proposed",
}
_SUFFIX: Final = ".sssom.tsv"
_LIBRARY: Final = "sssom_pydantic.io"
_HOME: Final = "PYSTOW_HOME"


@cache
def load_mapping_sets() -> tuple[MappingSet, ...]:
    """Read the shipped sets of mappings, once in a process.

    >>> sum(len(found.mappings) for found in load_mapping_sets())
    133
    """
    return tuple(map(read_mapping_set, artefacts.files("ontology", f"mappings/*{_SUFFIX}")))


def read_mapping_set(path: Path) -> MappingSet:
    """Read a set of mappings.

    :param path: SSSOM table whose header names the frameworks that it joins.
    :raises InputError: the table or one of its rows cannot be read, or lacks what every mapping
        needs; the message names the file and, of a row, the line.

    >>> path = artefacts.folder("ontology") / "mappings" / "tdf-2012-to-com-b.sssom.tsv"
    >>> read_mapping_set(path).mappings[0].target_label
    'Psychological capability'
    """
    name = path.name.removesuffix(_SUFFIX)
    try:
        records, converter, header = _records(path)
    except (ValueError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name} cannot be read as an SSSOM table: {error}") from error
    if not records:
        raise InputError(f"{path.name} holds no mappings")
    mappings = []
    for line, record in records:
        try:
            mappings.append(_mapping(record, name, converter))
        except (ValueError, KeyError) as error:
            raise _problem(path, line, str(error)) from error
    _refuse_repeats(path, [line for line, _ in records], mappings)
    return _mapping_set(path, name, header, records[0][1], converter, mappings)


def _records(path: Path) -> tuple[list[tuple[int, Any]], Any, Any]:
    """Return the rows of a table, each with its line, what expands its names, and its header."""
    library = _library()
    records = []
    with library.read_unprocessed_iterable(path) as table:
        for number, record in table.records:
            # The library counts from the line of the column names.
            line = number + 1
            if isinstance(record, library.ParseError):
                raise _problem(path, line, str(record.exception))
            records.append((line, record))
        return records, table.converter, table.mapping_set


def _problem(path: Path, line: int, message: str) -> InputError:
    """Return the error for a row."""
    return InputError(f"{path.name}, line {line}: {' '.join(message.split())}")


def _mapping(record: Any, name: str, converter: Any) -> Mapping:
    """Return the mapping of a row.

    :raises ValueError: it lacks what every mapping needs, or a name in it has no prefix.
    """
    source = converter.expand(record.subject_id, strict=True)
    target = converter.expand(record.object_id, strict=True)
    predicate = compact(converter.expand(record.predicate_id, strict=True))
    if predicate not in READINGS:
        raise ValueError(f"the predicate '{predicate}' is none of {', '.join(READINGS)}")
    if record.confidence is None or not record.author_label:
        raise ValueError("every mapping needs a confidence and an author_label")
    extensions = record.extensions or {}
    status = STATUS_WORDS[_status(extensions, converter)]
    percent = extensions.get("endorsement_percent")
    is_none = target == NO_TERM
    return Mapping(
        iri=_iri(name, source, target, record.object_label),
        set_name=name,
        source=source,
        source_label=record.subject_label or "",
        predicate=predicate,
        target="" if is_none else target,
        target_label=record.object_label or "",
        justification=converter.expand(record.mapping_justification, strict=True),
        authors=tuple(record.author_label),
        confidence=Decimal(str(record.confidence)),
        status=status,
        endorsement=None if percent is None else Decimal(percent.value),
        comment=record.comment or "",
        publication=_expanded(record.mapping_source, converter),
    )


def _expanded(name: Any, converter: Any) -> str:
    """Return the IRI of a name that may be left out; empty where it is."""
    return "" if name is None else str(converter.expand(name, strict=True))


def _status(extensions: dict[str, Any], converter: Any) -> str:
    """Return the IRI of a row's status.

    :raises ValueError: it has none, or one that is not known.
    """
    slot = extensions.get("mapping_status")
    iri = "" if slot is None else str(converter.expand(slot.value.curie, strict=True))
    if iri not in STATUS_WORDS:
        known = ", ".join(compact(status) for status in STATUS_WORDS)
        raise ValueError(f"every mapping needs a mapping_status, one of {known}")
    return iri


def _iri(name: str, source: str, target: str, label: str | None) -> str:
    """Return the IRI of a mapping; where there is no target, its label tells rows apart."""
    end = target.rpartition("/")[2]
    if target == NO_TERM and label:
        end += "." + re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return f"{MAPPING}{name}/{source.rpartition('/')[2]}--{end}"


def _refuse_repeats(path: Path, lines: list[int], mappings: list[Mapping]) -> None:
    """Raise where two rows map the same to the same.

    :raises InputError: names the second row.
    """
    seen: set[str] = set()
    for line, mapping in zip(lines, mappings, strict=True):
        if mapping.iri in seen:
            raise _problem(path, line, "a row above maps the same construct to the same one")
        seen.add(mapping.iri)


def _mapping_set(
    path: Path, name: str, header: Any, first: Any, converter: Any, mappings: list[Mapping]
) -> MappingSet:
    """Return a set; what its header says of all rows the library hands on with each row."""
    wanted = (header.title, header.license, first.subject_source, first.object_source)
    if not all(wanted) or first.mapping_date is None:
        raise InputError(
            f"{path.name}: its header needs mapping_set_title, license, subject_source, "
            "object_source and mapping_date"
        )
    return MappingSet(
        name=name,
        iri=str(header.id),
        title=header.title,
        description=header.description or "",
        version=header.version or "",
        licence=str(header.license),
        date=first.mapping_date.isoformat(),
        creators=tuple(header.creator_label or ()),
        sources=tuple(map(str, header.source or ())),
        source=converter.expand(first.subject_source, strict=True),
        target=converter.expand(first.object_source, strict=True),
        mappings=tuple(mappings),
    )


def _library() -> Any:
    """Return the library's reader.

    When it is imported, a package that it uses puts a file into the home folder of whoever runs
    it, and fails where it may not. It is given a folder that is removed again.
    """
    if _LIBRARY in sys.modules:
        return sys.modules[_LIBRARY]
    with TemporaryDirectory(prefix="kmgraph-") as folder, _environment(_HOME, folder):
        return import_module(_LIBRARY)


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set a variable of the environment for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
