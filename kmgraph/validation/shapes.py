"""The shapes in Python: read from Turtle, as far as our own engine knows what they ask."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import ShapesError
from kmgraph.namespaces import RDF, SH
from kmgraph.terms import Term
from kmgraph.validation.result import Severity

#: Parameters of SHACL Core that our engine knows, in the order in which it looks at them.
PARAMETERS: Final = (
    "minCount",
    "maxCount",
    "class",
    "datatype",
    "nodeKind",
    "in",
    "or",
    "uniqueLang",
    "minInclusive",
    "maxInclusive",
    "lessThan",
    "lessThanOrEquals",
    "pattern",
)
_LISTS: Final = ("in", "or")
#: What else may be said of a shape: it describes it, or is read elsewhere.
_OTHER: Final = frozenset(
    "path name description message severity property sparql order group "
    "targetClass targetSubjectsOf targetObjectsOf".split()
)
_CONSTRAINT_WORDS: Final = frozenset("select prefixes message".split())
#: What a query may not say, such as that other hosts are to be asked.
_NOT_PLAIN: Final = re.compile(
    r"\$PATH\b|[$?](currentShape|shapesGraph)\b|(?<![?$\w:])(?i:service|from|ask|graph|failure)\b"
)
_NEEDS_PATH: Final = frozenset("minCount maxCount uniqueLang lessThan lessThanOrEquals".split())


class UnknownShapesError(Exception):
    """The shapes ask for something that our engine does not know."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a shape asks of values.

    :ivar name: local name of the parameter, such as ``minCount``.
    :ivar value: value of the parameter, or None for a list.
    :ivar members: members of the list of ``sh:in``.
    :ivar tests: for ``sh:or``, what each of its shapes asks.
    """

    name: str
    value: Term | None = None
    members: tuple[Term, ...] = ()
    tests: tuple[tuple[Constraint, ...], ...] = ()

    @property
    def component(self) -> str:
        """Return the IRI of the constraint component.

        >>> Constraint("minCount").component.removeprefix(SH)
        'MinCountConstraintComponent'
        """
        return f"{SH}{self.name[0].upper()}{self.name[1:]}ConstraintComponent"


@dataclass(frozen=True, slots=True)
class Query:
    """A SPARQL constraint.

    :ivar node: the constraint.
    :ivar prefixes: lines that declare its prefixes.
    :ivar select: its query without them, and without comments.
    :ivar messages: its own messages.
    """

    node: Term
    prefixes: str
    select: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A node shape without its property shapes, or a property shape.

    :ivar node: its IRI.
    :ivar severity: how badly its results weigh.
    :ivar messages: what its results say.
    :ivar path: the property that leads to the values, or None in a node shape.
    :ivar constraints: what it asks of the values.
    :ivar queries: its SPARQL constraints.
    """

    node: Term
    severity: Severity
    messages: tuple[str, ...]
    path: ox.NamedNode | None
    constraints: tuple[Constraint, ...]
    queries: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class TargetShape:
    """A node shape with targets, and its property shapes.

    :ivar key: its IRI.
    :ivar classes: classes whose members are its focus nodes.
    :ivar subjects_of: properties whose subjects are.
    :ivar objects_of: properties whose objects are.
    :ivar parts: the node shape itself and its property shapes.
    :ivar class_iris: IRIs of the classes.
    """

    key: str
    classes: tuple[ox.NamedNode, ...]
    subjects_of: tuple[ox.NamedNode, ...]
    objects_of: tuple[ox.NamedNode, ...]
    parts: tuple[Shape, ...]
    class_iris: frozenset[str]


def text_of(term: Term | None) -> str:
    """Return what a term says: its IRI, its label or its words.

    >>> text_of(ox.Literal(3))
    '3'
    """
    return "" if term is None or isinstance(term, ox.Triple) else term.value


#: Shapes as last read, by what the files held.
_READ: Final[dict[tuple[bytes, ...], tuple[TargetShape, ...]]] = {}
_MOST_READ: Final = 4


def shapes_digest() -> str:
    """Return a digest of the shapes, and of the queries that find what may break them.

    >>> len(shapes_digest())
    64
    """
    digest = hashlib.sha256()
    for folder, pattern in (("shapes", "*.ttl"), ("queries", "checks/shapes/*.rq")):
        for path in artefacts.files(folder, pattern):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def read_shapes(paths: Sequence[Path]) -> tuple[TargetShape, ...]:
    """Return the shapes with targets that some Turtle files hold.

    :raises ShapesError: a file is not well-formed, or a shape lacks what it needs.
    :raises UnknownShapesError: they ask for something that our engine does not know.

    >>> from kmgraph import artefacts
    >>> shapes = read_shapes(artefacts.files("shapes", "*.ttl"))
    >>> sum(len(shape.parts) for shape in shapes) > 400
    True
    """
    texts = tuple(path.read_bytes() for path in paths)
    if texts not in _READ:
        triples: list[ox.Triple] = []
        for path, text in zip(paths, texts, strict=True):
            try:
                quads = ox.parse(text, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
                triples.extend(quad.triple for quad in quads)
            except SyntaxError as error:
                raise ShapesError(f"{path.name} cannot be read as Turtle: {error}") from error
        if len(_READ) >= _MOST_READ:
            _READ.clear()
        _READ[texts] = tuple(_Reader(triples).targets())
    return _READ[texts]


class _Reader:
    """Reads shapes from triples."""

    def __init__(self, triples: Sequence[ox.Triple]) -> None:
        self._facts: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            self._facts[triple.subject][triple.predicate.value].append(triple.object)

    def targets(self) -> Iterator[TargetShape]:
        """Yield the node shapes that have targets, by IRI."""
        for node in sorted(self._facts, key=str):
            facts = self._facts[node]
            classes = self._iris(node, "targetClass")
            subjects, objects = (
                self._iris(node, name) for name in ("targetSubjectsOf", "targetObjectsOf")
            )
            if f"{SH}targetNode" in facts or f"{SH}target" in facts:
                raise UnknownShapesError(f"{node} has targets of another kind")
            if not (classes or subjects or objects):
                continue
            properties = [
                self._shape(part) for part in sorted(self._all(node, "property"), key=str)
            ]
            if any(part.path is None for part in properties):
                raise ShapesError(f"a property shape of {node} has no sh:path")
            parts = (self._shape(node), *properties)
            names = frozenset(name.value for name in classes)
            yield TargetShape(str(node), classes, subjects, objects, parts, names)

    def _shape(self, node: Term) -> Shape:
        """Return a shape, whose messages must be its own."""
        constraints = self._constraints(node)
        queries = tuple(self._query(query) for query in sorted(self._all(node, "sparql"), key=str))
        messages = tuple(sorted(self._all(node, "message"), key=str))
        if (constraints or queries) and not messages:
            raise UnknownShapesError(f"{node} has no message")
        paths = self._all(node, "path")
        if any(not isinstance(path, ox.NamedNode) for path in paths) or len(paths) > 1:
            raise UnknownShapesError(f"the path of {node} is longer than one property")
        path = next((path for path in paths if isinstance(path, ox.NamedNode)), None)
        if path is not None and (queries or self._all(node, "property")):
            raise UnknownShapesError(f"{node} has a path, and a query or a property below it")
        if path is None and any(item.name in _NEEDS_PATH for item in constraints):
            raise ShapesError(f"{node} has no sh:path, which its constraints need")
        severity = next(iter(self._iris(node, "severity")), None)
        weighs = Severity.VIOLATION if severity is None else Severity.from_iri(severity.value)
        return Shape(node, weighs, _texts(messages), path, constraints, queries)

    def _constraints(self, node: Term, *, nested: bool = False) -> tuple[Constraint, ...]:
        """Return what a shape asks of values.

        :raises UnknownShapesError: our engine does not know all of it.
        """
        said = {
            predicate.removeprefix(SH)
            for predicate, values in self._facts[node].items()
            if predicate.startswith(SH) and values
        }
        if unknown := said - _OTHER - set(PARAMETERS):
            raise UnknownShapesError(f"{node} uses sh:{sorted(unknown)[0]}")
        if nested and (not said <= {*PARAMETERS, "name", "description"} or "or" in said):
            raise UnknownShapesError(f"{node} asks more than a shape inside another may")
        found = []
        for name in PARAMETERS:
            for value in sorted(self._all(node, name), key=str):
                members = self._list(value) if name in _LISTS else ()
                if name == "or":
                    tests = tuple(self._constraints(member, nested=True) for member in members)
                    found.append(Constraint(name, tests=tests))
                elif name == "in":
                    found.append(Constraint(name, members=members))
                elif name != "uniqueLang" or text_of(value) == "true":
                    found.append(Constraint(name, value))
        return tuple(found)

    def _query(self, node: Term) -> Query:
        """Return a SPARQL constraint."""
        said = {p.removeprefix(SH) for p in self._facts[node] if p.startswith(SH)}
        texts = self._all(node, "select")
        if not said <= _CONSTRAINT_WORDS or len(texts) != 1:
            raise UnknownShapesError(f"{node} is not a plain SPARQL constraint")
        declared = [
            (text_of(self._all(item, "prefix")[0]), text_of(self._all(item, "namespace")[0]))
            for ontology in self._all(node, "prefixes")
            for item in self._all(ontology, "declare")
        ]
        prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in sorted(declared))
        lines = text_of(texts[0]).splitlines()
        select = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        if _NOT_PLAIN.search(select):
            raise UnknownShapesError(f"the query of {node} uses more than our engine knows")
        messages = _texts(sorted(self._all(node, "message"), key=str))
        return Query(node, prefixes, select, messages)

    def _all(self, node: Term, name: str) -> list[Term]:
        """Return the values of a property of SHACL."""
        return self._facts[node].get(SH + name, []) if node in self._facts else []

    def _iris(self, node: Term, name: str) -> tuple[ox.NamedNode, ...]:
        """Return the values that are IRIs, sorted."""
        found = {term for term in self._all(node, name) if isinstance(term, ox.NamedNode)}
        return tuple(sorted(found, key=str))

    def _list(self, node: Term) -> tuple[Term, ...]:
        """Return the members of an RDF list."""
        members: list[Term] = []
        while (first := self._facts[node].get(f"{RDF}first")) is not None:
            members.append(first[0])
            node = self._facts[node][f"{RDF}rest"][0]
        return tuple(members)


def _texts(terms: Sequence[Term]) -> tuple[str, ...]:
    """Return what messages say.

    :raises UnknownShapesError: a message has places that values fill.
    """
    if any("{" in text_of(term) for term in terms):
        raise UnknownShapesError("a message has a place for a value")
    return tuple(term.value for term in terms if isinstance(term, ox.Literal))
