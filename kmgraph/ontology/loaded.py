"""The ontology as Python objects, through owlready2, and its classification by HermiT."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.errors import (
    InconsistentOntologyError,
    MissingExtraError,
    NotFoundError,
    ParameterError,
)
from kmgraph.namespaces import KM, OWL, PREFIXES, compact, expand
from kmgraph.ontology import modules
from kmgraph.ontology.contradictions import find_class_contradictions, find_contradictions
from kmgraph.ontology.reasoner import find_java, prepare, run_hermit

#: Time that the reasoner may take, in seconds.
TIMEOUT_S: Final = 300.0
#: How many contradictions an error message lists; all are in its ``explanations``.
LISTED: Final = 5
#: Namespace under which owlready2 keeps the data apart from the ontology.
DATA: Final = "https://w3id.org/kmgraph/data#"

#: A class to the classes directly below it, by prefixed names.
Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Classification:
    """What a reasoner found about a consistent ontology.

    :ivar consistent: always true; an inconsistent ontology raises instead.
    :ivar unsatisfiable: prefixed names of the classes that can have no member.
    :ivar explanations: one sentence for each reason why a class can have no member.
    :ivar inferred_parents: class to the classes above it that follow and were not stated.
    :ivar inferred_types: individual to the classes that follow and were not stated.
    :ivar ignored_literals: statements left out, for their datatype is outside OWL 2's map.
    :ivar seconds: how long the reasoner took.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    explanations: tuple[str, ...]
    inferred_parents: Mapping[str, tuple[str, ...]]
    inferred_types: Mapping[str, tuple[str, ...]]
    ignored_literals: int
    seconds: float


class Ontology:
    """The loaded ontology; made by :func:`load_ontology`.

    :ivar world: the owlready2 ``World`` that holds it, and nothing else.
    :ivar owl: the owlready2 ``Ontology``; its attributes are the terms of kmgraph.
    :ivar km: the owlready2 namespace of the terms of kmgraph, as in ``ontology.km.Study``.
    :ivar data: the owlready2 ``Ontology`` of the records that were loaded with it.
    """

    def __init__(self, owlready2: Any, ontology: bytes, data: bytes) -> None:
        self._owlready2 = owlready2
        self.world: Any = owlready2.World()
        self.owl: Any = self.world.get_ontology(KM).load(fileobj=io.BytesIO(ontology))
        self.data: Any = self.world.get_ontology(DATA)
        if data:
            self.data.load(fileobj=io.BytesIO(data))
        self.km: Any = self.world.get_namespace(KM)

    def entity(self, name: str) -> Any:
        """Return a class, property or individual as an owlready2 object.

        :param name: an IRI or a prefixed name.
        :raises NotFoundError: nothing is known by this name.

        >>> load_ontology(with_frameworks=False).entity("km:Study").name
        'Study'
        """
        iri = expand(name) if name.partition(":")[0] in PREFIXES else name
        found = self.world[iri]
        if found is None:
            raise NotFoundError(f"the ontology has no class, property or individual '{name}'")
        return found

    def classes(self) -> list[Any]:
        """Return the classes, sorted by IRI.

        >>> ontology = load_ontology(with_frameworks=False)
        >>> ontology.km.Study in ontology.classes()
        True
        """
        return _by_iri(self.world.classes())

    def properties(self) -> list[Any]:
        """Return the properties of every kind, sorted by IRI.

        >>> ontology = load_ontology(with_frameworks=False)
        >>> ontology.km.score in ontology.properties()
        True
        """
        return _by_iri(self.world.properties())

    def individuals_of(self, name: str) -> list[Any]:
        """Return the individuals of a class and of the classes below it, sorted by IRI.

        :param name: IRI or prefixed name of the class.
        :raises NotFoundError: there is no such class.

        >>> [band.name for band in load_ontology().individuals_of("km:Band")]
        ['High', 'Low', 'Mixed']
        """
        return _by_iri(self.entity(name).instances(world=self.world))

    def hierarchy(self) -> Tree:
        """Return the classes as a tree: as stated, or as inferred once classified.

        A class below several others stands below each of them.

        >>> list(load_ontology(with_alignments=False).hierarchy()["km:Record"]["km:Claim"])
        ['km:QuantityClaim']
        """
        children: dict[str, list[str]] = {}
        tops: list[str] = []
        for cls in self.classes():
            parents = _direct_parents(cls)
            for parent in parents:
                children.setdefault(parent, []).append(cls.iri)
            if not parents:
                tops.append(cls.iri)
        return _subtree(tops, children, ())

    def hierarchy_text(self) -> str:
        """Return the tree of classes as indented text, one class a line.

        >>> print(load_ontology().hierarchy_text().splitlines()[0])
        dcat:Dataset
        """
        return "\n".join(_lines(self.hierarchy(), 0))

    def triples(self, *, with_axioms: bool = False) -> list[ox.Triple]:
        """Return everything that is held now, changes made through owlready2 included.

        :param with_axioms: add the restated axioms of other vocabularies.

        >>> ontology = load_ontology(with_frameworks=False)
        >>> len(ontology.triples()) < len(ontology.triples(with_axioms=True))
        True
        """
        text = io.BytesIO()
        self.world.save(text, format="ntriples")
        triples = list(modules.iter_triples(text.getvalue()))
        if with_axioms:
            for path in modules.module_files(with_axioms=True):
                if path.parent.name == "imports":
                    triples.extend(modules.iter_triples(path))
        return triples

    def classify(
        self, reasoner: str = "hermit", *, with_axioms: bool = True, timeout_s: float = TIMEOUT_S
    ) -> Classification:
        """Check consistency and infer what follows for classes and individuals.

        What follows is added to the owlready2 objects, so that ``is_a`` and :meth:`hierarchy`
        show it. Datatypes outside OWL 2's map (dates and years) are left out of the run.

        :param reasoner: ``hermit`` is the only one.
        :param with_axioms: add the axioms of PROV-O, ORG, FOAF, Web Annotation and SKOS that the
            data can contradict.
        :param timeout_s: time limit of the reasoner in seconds.
        :raises InconsistentOntologyError: the statements contradict each other; its
            ``explanations`` say how.
        :raises ReasonerError: there is no Java, or the reasoner failed or took too long.
        """
        if reasoner != "hermit":
            raise ParameterError(f"no reasoner '{reasoner}': the only one is 'hermit'")
        java = find_java()
        triples = self.triples(with_axioms=with_axioms)
        given = prepare(triples)
        hermit = Path(self._owlready2.__file__).parent / "hermit"
        class_path = _class_path(hermit, hermit / "HermiT.jar")
        output = run_hermit(given, java=java, class_path=class_path, timeout_s=timeout_s)
        if not output.consistent:
            raise _inconsistent(triples)
        explanations = [
            found.sentence
            for iri in output.unsatisfiable
            for found in find_class_contradictions(triples, iri)
        ]
        return Classification(
            True,
            tuple(compact(iri) for iri in output.unsatisfiable),
            tuple(explanations),
            self._add(output.parents, self._unsatisfiable(output.unsatisfiable)),
            self._add(output.types, frozenset()),
            given.ignored_literals,
            output.seconds,
        )

    def _unsatisfiable(self, iris: Iterable[str]) -> frozenset[str]:
        """Make the classes equal to nothing, and return their IRIs."""
        for iri in iris:
            self.world[iri].equivalent_to.append(self._owlready2.Nothing)
        return frozenset(iris)

    def _add(
        self, table: Mapping[str, tuple[str, ...]], skipped: frozenset[str]
    ) -> dict[str, tuple[str, ...]]:
        """Add inferred classes to the objects, and return those that were new."""
        added: dict[str, tuple[str, ...]] = {}
        for iri, above in table.items():
            thing = self.world[iri]
            if thing is None or iri in skipped or iri.startswith(OWL):
                continue
            known = {ancestor.iri for ancestor in _ancestors(thing) if _is_named(ancestor)}
            new = [parent for parent in above if parent not in known | {iri, f"{OWL}Thing"}]
            for parent in new:
                if self.world[parent] is not None:
                    thing.is_a.append(self.world[parent])
            if new:
                added[compact(iri)] = tuple(compact(parent) for parent in new)
        return added


def load_ontology(
    *,
    with_frameworks: bool = True,
    with_alignments: bool = True,
    data: Iterable[modules.Source] = (),
) -> Ontology:
    """Load the ontology, and data beside it, into an owlready2 world of its own.

    Imports are resolved from the shipped files; nothing is fetched.

    :param with_frameworks: load the frameworks as SKOS too.
    :param with_alignments: load the alignment to other vocabularies too.
    :param data: records, as N-Triples (bytes) or paths of RDF files.
    :raises ImportClosureError: a module imports one that is not shipped.
    :raises MissingExtraError: owlready2 is not installed.

    >>> load_ontology(with_frameworks=False).km.Study.iri
    'https://w3id.org/kmgraph/ontology#Study'
    """
    try:
        import owlready2
    except ImportError as error:
        raise MissingExtraError("owlready2", "owl") from error
    start = [modules.ROOT, modules.ALIGNMENTS] if with_alignments else [modules.ROOT]
    modules.import_closure(start)
    text = modules.merged_ntriples(with_frameworks=with_frameworks, with_alignments=with_alignments)
    lines = [f"{triple} ." for source in data for triple in modules.iter_triples(source)]
    return Ontology(
        owlready2, _without_imports(text), "\n".join([*lines, ""]).encode() if lines else b""
    )


def _without_imports(ntriples: bytes) -> bytes:
    """Drop import statements, which owlready2 would follow to the web."""
    marker = f"<{OWL}imports>".encode()
    return b"\n".join(line for line in ntriples.splitlines() if marker not in line) + b"\n"


def _inconsistent(triples: list[ox.Triple]) -> InconsistentOntologyError:
    """Return the error that says what contradicts what."""
    sentences = [found.sentence for found in find_contradictions(triples)]
    if not sentences:
        sentences = [
            "The reasoner found a contradiction that none of the known patterns explains: "
            "leave out half of the data, repeatedly, to find the records that cause it."
        ]
    shown = " ".join(sentences[:LISTED])
    more = f" (and {len(sentences) - LISTED} more)" if len(sentences) > LISTED else ""
    return InconsistentOntologyError(
        f"the ontology and the data contradict each other: {shown}{more}", sentences
    )


def _class_path(*paths: Path) -> str:
    """Return a Java class path."""
    return os.pathsep.join(str(path) for path in paths)


def _by_iri(entities: Iterable[Any]) -> list[Any]:
    """Return owlready2 entities sorted by IRI, each once."""
    return sorted({entity.iri: entity for entity in entities}.values(), key=lambda e: e.iri)


def _ancestors(thing: Any) -> set[Any]:
    """Return the named classes above a class or of an individual."""
    if hasattr(thing, "ancestors"):
        return set(thing.ancestors())
    return {above for cls in thing.is_a if _is_named(cls) for above in cls.ancestors()}


def _is_named(cls: Any) -> bool:
    """Return whether a class has an IRI, unlike a restriction or another construct."""
    return hasattr(cls, "iri")


def _direct_parents(cls: Any) -> list[str]:
    """Return the IRIs of the named classes directly above a class."""
    named = [p for p in cls.is_a if _is_named(p) and p.iri != f"{OWL}Thing"]
    return sorted(p.iri for p in named if not any(q is not p and p in q.ancestors() for q in named))


def _subtree(iris: list[str], children: Mapping[str, list[str]], trail: tuple[str, ...]) -> Tree:
    """Return the tree below some classes; equivalent classes do not go round."""
    return {
        compact(iri): _subtree(children.get(iri, []), children, (*trail, iri))
        for iri in sorted(iris, key=compact)
        if iri not in trail
    }


def _lines(tree: Tree, depth: int) -> list[str]:
    """Return a tree as indented lines."""
    return [
        line
        for name, below in tree.items()
        for line in ["  " * depth + name, *_lines(below, depth + 1)]
    ]
