"""Check frameworks as SKOS: the shipped ones, and one that somebody adds."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.crosswalks import mapping_triples, read_mapping_set
from kmgraph.crosswalks.model import READINGS
from kmgraph.errors import FileAccessError, InputError
from kmgraph.namespaces import expand
from kmgraph.ontology import iter_triples, merged_ntriples
from kmgraph.progress import Progress, ProgressEvent, silent
from kmgraph.validation.engine import DEFAULT_TIMEOUT_S, ShaclEngine
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.report import Report

_TABLE: Final = ".sssom.tsv"
_TYPE: Final = expand("rdf:type")
#: Classes and predicates of which a file has at least one, if there is anything to check.
_CLASSES: Final = frozenset(map(expand, ("skos:ConceptScheme", "sssom:Mapping")))
_MATCHES: Final = frozenset(map(expand, READINGS))


def validate_frameworks(
    files: Iterable[Path | str] = (),
    *,
    engine: ShaclEngine | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Progress = silent,
) -> Report:
    """Check the shipped frameworks and mappings, and files of yours beside them.

    The shapes are those of ``shapes/frameworks``: each construct is in one framework, with one
    name a language and a notation of its own; what is broader is in the same framework and never
    leads back; steps are numbered without a gap; an exact match is nothing else besides. Those of
    ``shapes/mapping.ttl`` say what a mapping needs. The former are not run when a bundle is
    checked, for no bundle brings a framework.

    :param files: RDF files with frameworks or mappings, known by their endings, or tables of
        mappings, whose names end in ``.sssom.tsv``.
    :param engine: the engine; pySHACL by default.
    :param timeout_s: seconds after which to give up.
    :returns: the report; that a framework does not conform is a result, not an error.
    :raises FileAccessError: there is no such file.
    :raises InputError: a file holds neither a framework nor a mapping, or a table cannot be read.
    :raises RdfParseError: a file is not well-formed, or its ending is no format's.
    :raises ShapesError: the engine failed or took too long.
    :raises MissingExtraError: pySHACL is not installed.

    Source: https://www.w3.org/TR/skos-reference/

    >>> class Silent:
    ...     name = "one that finds nothing"
    ...     def validate(self, data, shapes, *, timeout_s):
    ...         return Report.of([])
    >>> validate_frameworks(engine=Silent()).conforms
    True
    """
    chosen: ShaclEngine = PySHACLEngine() if engine is None else engine
    shapes = [artefacts.folder("shapes") / "header.ttl"]
    shapes += [artefacts.folder("shapes") / "mapping.ttl"]
    shapes += artefacts.files("shapes", "frameworks/*.ttl")
    with tempfile.TemporaryDirectory(prefix="kmgraph-frameworks-") as folder:
        data = Path(folder) / "frameworks.nt"
        _write(data, [Path(file) for file in files])
        progress(ProgressEvent("validation", f"check the frameworks with {chosen.name}"))
        report = chosen.validate(data, shapes, timeout_s=timeout_s)
    progress(ProgressEvent("validation", "read the report", len(report.results)))
    return report


def _write(target: Path, files: list[Path]) -> None:
    """Write the ontology, the shipped frameworks and mappings, and other files as N-Triples."""
    with target.open("wb") as out:
        out.write(merged_ntriples(with_alignments=False))
        for table in artefacts.files("ontology", f"mappings/*{_TABLE}"):
            for triple in mapping_triples(read_mapping_set(table)):
                out.write(f"{triple} .\n".encode())
        for file in files:
            for triple in _triples(file):
                out.write(f"{triple} .\n".encode())


def _triples(file: Path) -> Iterator[ox.Triple]:
    """Yield what a file of frameworks or of mappings states.

    :raises FileAccessError: there is no such file.
    :raises InputError: it holds nothing that could be checked.
    """
    if not file.is_file():
        raise FileAccessError(f"{file}: there is no such file")
    if file.name.endswith(_TABLE):
        yield from mapping_triples(read_mapping_set(file))
        return
    is_empty = True
    for triple in iter_triples(file):
        is_empty = is_empty and not _is_checked(triple)
        yield triple
    if is_empty:
        raise InputError(
            f"{file}: holds no framework and no mapping, so nothing of it would be checked; "
            "a framework is a skos:ConceptScheme, a mapping a sssom:Mapping or a match of SKOS"
        )


def _is_checked(triple: ox.Triple) -> bool:
    """Say whether a statement is of a framework or of a mapping."""
    if triple.predicate.value in _MATCHES:
        return True
    value = getattr(triple.object, "value", "")
    return triple.predicate.value == _TYPE and value in _CLASSES
