"""The ontology's Turtle files: which there are, what they import, and their merged triples.

Nothing here needs Java or owlready2, and nothing is fetched: an import that is not among the
shipped files is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import rdflib

from kmgraph import artefacts
from kmgraph.errors import ImportClosureError, RdfParseError
from kmgraph.namespaces import DCTERMS, OWL, RDF
from kmgraph.terms import python_value

#: IRI of the root module, which imports the others.
ROOT: Final = "https://w3id.org/kmgraph/ontology"
ALIGNMENTS: Final = f"{ROOT}/alignments"
#: N-Triples as bytes, or the path of an RDF file.
Source = bytes | Path | str

_TYPE = ox.NamedNode(f"{RDF}type")
_ONTOLOGY = ox.NamedNode(f"{OWL}Ontology")
_IMPORTS = ox.NamedNode(f"{OWL}imports")
_TITLE = ox.NamedNode(f"{DCTERMS}title")


@dataclass(frozen=True, slots=True)
class Module:
    """One Turtle file of the ontology.

    :ivar iri: IRI of its ``owl:Ontology``.
    :ivar path: the file.
    :ivar title: what it is called.
    :ivar imports: IRIs of the modules that it imports, sorted.
    """

    iri: str
    path: Path
    title: str
    imports: tuple[str, ...]


def module_files(
    *, with_frameworks: bool = True, with_alignments: bool = True, with_axioms: bool = False
) -> list[Path]:
    """Return the Turtle files of the ontology, the root first.

    :param with_frameworks: add the frameworks as SKOS.
    :param with_alignments: add the alignment to other vocabularies.
    :param with_axioms: add the restated axioms of other vocabularies, which no module imports.

    >>> module_files()[0].name
    'kmgraph.ttl'
    """
    patterns = ["kmgraph.ttl", "modules/*.ttl"]
    patterns += ["alignments.ttl"] if with_alignments else []
    patterns += ["frameworks/*.ttl"] if with_frameworks else []
    patterns += ["imports/*.ttl"] if with_axioms else []
    return [path for pattern in patterns for path in artefacts.files("ontology", pattern)]


def read_module(path: Path) -> Module:
    """Return the header of a Turtle file.

    :raises ImportClosureError: the file does not have exactly one ``owl:Ontology``.
    :raises RdfParseError: the file is not well-formed.

    >>> read_module(artefacts.folder("ontology") / "modules" / "record.ttl").title
    'What all records share'
    """
    store = ox.Store()
    store.extend(ox.Quad(t.subject, t.predicate, t.object) for t in _parse(path))
    headers = [str(q.subject)[1:-1] for q in store.quads_for_pattern(None, _TYPE, _ONTOLOGY)]
    if len(headers) != 1:
        raise ImportClosureError(
            f"{path.name} has {len(headers)} owl:Ontology headers: a module has exactly one"
        )
    iri = headers[0]
    node = ox.NamedNode(iri)
    titles = [str(python_value(q.object)) for q in store.quads_for_pattern(node, _TITLE, None)]
    imports = sorted(str(q.object)[1:-1] for q in store.quads_for_pattern(node, _IMPORTS, None))
    return Module(iri, path, titles[0] if titles else path.stem, tuple(imports))


def import_closure(
    start: str | Iterable[str] = ROOT, *, files: Iterable[Path] | None = None
) -> list[Module]:
    """Return a module and everything that it imports, each after what it imports itself.

    :param start: IRI of the module, or IRIs of several.
    :param files: where to look for modules; the shipped files where none are given.
    :raises ImportClosureError: an imported module is not among the files, or imports go round.

    >>> import_closure()[-1].iri
    'https://w3id.org/kmgraph/ontology'
    """
    paths = module_files() if files is None else files
    known = {module.iri: module for module in map(read_module, paths)}
    ordered: dict[str, Module] = {}

    def visit(iri: str, trail: tuple[str, ...]) -> None:
        if iri in trail:
            raise ImportClosureError(f"the imports go round: {' imports '.join((*trail, iri))}")
        if iri in ordered:
            return
        if iri not in known:
            by = f"'{trail[-1]}' imports '{iri}'" if trail else f"'{iri}' was asked for"
            raise ImportClosureError(
                f"{by}, which is not among the shipped modules: nothing is fetched from the web, "
                "so add the file to ontology/modules or drop the import"
            )
        for imported in known[iri].imports:
            visit(imported, (*trail, iri))
        ordered[iri] = known[iri]

    for iri in [start] if isinstance(start, str) else start:
        visit(iri, ())
    return list(ordered.values())


def iter_triples(source: Source) -> Iterator[ox.Triple]:
    """Yield the triples of N-Triples text or of an RDF file, whatever graph they are in.

    :raises RdfParseError: the text is not well-formed.

    >>> [t.object.value for t in iter_triples(b'<urn:a> <urn:b> "c" .')]
    ['c']
    """
    if isinstance(source, bytes):
        return _parse_text(source)
    return _parse(Path(source))


def merged_ntriples(
    *, with_frameworks: bool = True, with_alignments: bool = True, with_axioms: bool = False
) -> bytes:
    """Return the triples of the modules as N-Triples, the same bytes in every run.

    >>> merged_ntriples() == merged_ntriples()
    True
    """
    lines: dict[str, None] = {}
    for path in module_files(
        with_frameworks=with_frameworks, with_alignments=with_alignments, with_axioms=with_axioms
    ):
        label = f"{path.parent.name}-{path.stem}"
        for triple in _with_stable_blanks(_parse(path), label):
            lines[f"{triple} ."] = None
    return ("\n".join(lines) + "\n").encode()


def merged_graph(
    *, with_frameworks: bool = True, with_alignments: bool = True, with_axioms: bool = False
) -> rdflib.Graph:
    """Return the triples of the modules as an rdflib graph.

    >>> from rdflib.namespace import OWL
    >>> rdflib.URIRef(ROOT) in set(merged_graph(with_frameworks=False).subjects(None, OWL.Ontology))
    True
    """
    text = merged_ntriples(
        with_frameworks=with_frameworks, with_alignments=with_alignments, with_axioms=with_axioms
    )
    return rdflib.Graph().parse(data=text, format="nt")


def _with_stable_blanks(triples: Iterable[ox.Triple], label: str) -> Iterator[ox.Triple]:
    """Name blank nodes by the order in which they occur."""
    names: dict[str, ox.BlankNode] = {}

    def rename(term: ox.BlankNode) -> ox.BlankNode:
        name = f"{label}-{len(names) + 1}".replace("-", "_")
        return names.setdefault(term.value, ox.BlankNode(name))

    for triple in triples:
        subject, value = triple.subject, triple.object
        yield ox.Triple(
            rename(subject) if isinstance(subject, ox.BlankNode) else subject,
            triple.predicate,
            rename(value) if isinstance(value, ox.BlankNode) else value,
        )


def _parse(path: Path) -> Iterator[ox.Triple]:
    """Yield the triples of a file, format by its extension."""
    form = ox.RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise RdfParseError(f"'{path.suffix}' is no extension of an RDF format", source=str(path))
    try:
        for quad in ox.parse(path=str(path), format=form, rename_blank_nodes=False):
            yield quad.triple
    except SyntaxError as error:
        raise RdfParseError(error.msg, source=str(path), line=error.lineno) from error


def _parse_text(text: bytes) -> Iterator[ox.Triple]:
    """Yield the triples of N-Triples or N-Quads text."""
    try:
        for quad in ox.parse(text, format=ox.RdfFormat.N_QUADS):
            yield quad.triple
    except SyntaxError as error:
        raise RdfParseError(error.msg, source="N-Triples", line=error.lineno) from error
