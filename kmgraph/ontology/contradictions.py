"""Find contradictions and say them in sentences.

HermiT tells that an ontology is inconsistent and not why. The contradictions that records can
bring about follow a handful of patterns, each a query of ``queries/inconsistency`` with its
sentence. They are looked for after the rules of ``queries/entailment`` were applied until nothing
new follows.

Source: https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import pyoxigraph as ox
import yaml

from kmgraph import artefacts
from kmgraph.namespaces import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, compact

#: A term of the store: an IRI, a blank node or a literal.
Term = Any

#: IRI of the imagined member of a class that can have none.
WITNESS: Final = "urn:kmgraph:witness"
#: Rounds after which the rules are stopped; the shipped ontology needs fewer than ten.
MAX_ROUNDS: Final = 50

_TYPE = ox.NamedNode(f"{RDF}type")
_SUBCLASS = ox.NamedNode(f"{RDFS}subClassOf")
_LABELS = tuple(
    ox.NamedNode(iri) for iri in (f"{RDFS}label", f"{SKOS}prefLabel", f"{DCTERMS}title")
)
_CLASS_SLOTS = frozenset({"class", "other"})
_DATATYPE_WORDS: Final[Mapping[str, str]] = {
    f"{XSD}string": "plain text",
    f"{RDF}langString": "text in a language",
    f"{XSD}boolean": "true or false",
    f"{XSD}integer": "a whole number",
    f"{XSD}decimal": "a decimal number",
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Statements that cannot all be true.

    :ivar pattern: name of the pattern, which is that of its query.
    :ivar entity: IRI of what the statements are about.
    :ivar sentence: the contradiction in words.
    """

    pattern: str
    entity: str
    sentence: str


def find_contradictions(triples: Iterable[ox.Triple]) -> list[Contradiction]:
    """Return the contradictions that the known patterns find, without Java.

    :param triples: ontology and data together.
    :returns: sorted by entity; empty where no pattern matches, which is no proof of consistency.

    >>> find_contradictions([])
    []
    """
    stated = ox.Store()
    stated.extend(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    entailed = ox.Store()
    entailed.extend(stated)
    _apply_rules(entailed)
    words = _Words(stated)
    found: dict[tuple[str, str], Contradiction] = {}
    for path in artefacts.files("queries", "inconsistency/*.rq"):
        for entity, sentence in _sentences(path, entailed, words):
            key = (entity, sentence)
            found.setdefault(key, Contradiction(path.stem, entity, sentence))
    return [found[key] for key in sorted(found)]


def find_class_contradictions(triples: Iterable[ox.Triple], class_iri: str) -> list[Contradiction]:
    """Return why a class can have no member, by imagining one.

    >>> find_class_contradictions([], "urn:c")
    []
    """
    member = ox.Triple(ox.NamedNode(WITNESS), _TYPE, ox.NamedNode(class_iri))
    return [c for c in find_contradictions([*triples, member]) if c.entity == WITNESS]


def _apply_rules(store: ox.Store) -> None:
    """Add what follows by the rules until nothing new follows."""
    rules = [path.read_text("utf-8") for path in artefacts.files("queries", "entailment/*.rq")]
    for _ in range(MAX_ROUNDS):
        before = len(store)
        for rule in rules:
            found = cast(ox.QueryTriples, store.query(rule))
            store.extend([ox.Quad(t.subject, t.predicate, t.object) for t in found])
        if len(store) == before:
            return


def _sentences(path: Path, store: ox.Store, words: _Words) -> list[tuple[str, str]]:
    """Return entity and sentence of each match of a pattern."""
    text = path.read_text("utf-8")
    header = "\n".join(line[3:] for line in text.splitlines() if line.startswith("#+ "))
    template: str = yaml.safe_load(header)["sentence"]
    solutions = cast(ox.QuerySolutions, store.query(text))
    names = [variable.value for variable in solutions.variables]
    matches: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for solution in solutions:
        row: dict[str, Any] = {name: solution[name] for name in names}
        slots = {name: words.slot(name, row) for name in names}
        reasons = words.reasons(row)
        allowed = slots.pop("allowed", "")
        sentence = template.replace("{allowed}", "\0").format_map(slots) + reasons + "."
        matches[(row["entity"].value, sentence)].add(allowed)
    return [
        (entity, sentence.replace("\0", " or ".join(sorted(allowed))))
        for (entity, sentence), allowed in matches.items()
    ]


class _Words:
    """Names for the things, classes and properties of a store, as stated in it."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self._why = artefacts.read_text("queries", "explanation/why-kind.rq")

    def slot(self, name: str, row: Mapping[str, Term]) -> str:
        """Return what stands in a slot of a sentence."""
        term = row[name]
        if isinstance(term, ox.Literal):
            return term.value
        if name in ("found", "wanted"):
            return _DATATYPE_WORDS.get(term.value, compact(term.value))
        if name == "allowed":
            return _with_article(self._label(term))
        if name in _CLASS_SLOTS:
            against = row.get("other" if name == "class" else "class")
            return _with_article(self._label(self._stated_kind(row["entity"], term, against)))
        if name == "property":
            return self._label(term)
        return self._thing(term)

    def reasons(self, row: Mapping[str, Term]) -> str:
        """Return, for kinds that nobody stated, which statement makes the entity one of them."""
        reasons = []
        for name in ("class", "other"):
            kind = row.get(name)
            if kind is None or self._is_stated(row["entity"], kind):
                continue
            reason = self._reason(row["entity"], kind)
            if reason:
                reasons.append(reason)
        return "".join(f"; {reason}" for reason in reasons)

    def _reason(self, entity: Term, kind: Term) -> str:
        """Return the statement that makes an entity a member of a class, or nothing."""
        bound = {ox.Variable("entity"): entity, ox.Variable("class"): kind}
        found = self._store.query(self._why, substitutions=bound)
        for solution in cast(ox.QuerySolutions, found):
            said = f"'{self._label(solution['property'])}'"
            what = _with_article(self._label(kind))
            if solution["subject"] is None:
                return f"it counts as {what} because it has {said}"
            return (
                f"it counts as {what} because {self._thing(solution['subject'])} has it as {said}"
            )
        return ""

    def _thing(self, term: Term) -> str:
        """Return what to call a thing."""
        if term == ox.NamedNode(WITNESS):
            kinds = [q.object for q in self._store.quads_for_pattern(term, _TYPE, None)]
            return f"Anything that is {_with_article(self._label(kinds[0]))}"
        return f"'{self._label(term)}'"

    def _label(self, term: Term) -> str:
        """Return the label of a term, or the last part of its IRI."""
        for property_ in _LABELS:
            quads = self._store.quads_for_pattern(term, property_, None)
            labels = [q.object for q in quads if isinstance(q.object, ox.Literal)]
            if labels:
                english = [label for label in labels if label.language in (None, "en")]
                return str(min((english or labels), key=lambda label: label.value).value)
        if not isinstance(term, ox.NamedNode):
            return "something without a name"
        short = compact(term.value)
        return term.value.rstrip("/").rpartition("/")[2] if short == term.value else short

    def _stated_kind(self, entity: Term, kind: Term, against: Term | None) -> Term:
        """Return the stated class below ``kind``, unless it lies below ``against`` too."""
        above = {cls: self._superclasses(cls) for cls in self._stated_classes(entity)}
        below = [cls for cls in above if kind in above[cls] and against not in above[cls]]
        return min(below, key=lambda cls: (-len(above[cls]), cls.value)) if below else kind

    def _is_stated(self, entity: Term, kind: Term) -> bool:
        """Return whether a class, or one below it, was stated of the entity."""
        return any(kind in self._superclasses(c) for c in self._stated_classes(entity))

    def _stated_classes(self, entity: Term) -> list[ox.NamedNode]:
        """Return the named classes that were stated of the entity."""
        quads = self._store.quads_for_pattern(entity, _TYPE, None)
        classes = [q.object for q in quads if isinstance(q.object, ox.NamedNode)]
        return [cls for cls in classes if not cls.value.startswith(OWL)]

    def _superclasses(self, start: ox.NamedNode) -> set[Term]:
        """Return a class and the classes above it."""
        seen: set[Term] = {start}
        pending: list[Term] = [start]
        while pending:
            for quad in self._store.quads_for_pattern(pending.pop(), _SUBCLASS, None):
                if quad.object not in seen:
                    seen.add(quad.object)
                    pending.append(quad.object)
        return seen


def _with_article(noun: str) -> str:
    """Return a noun with its indefinite article, going by its first letters."""
    vowel = noun[:1].lower() in "aeiou" and not noun.lower().startswith(("uni", "us", "eu"))
    return f"{'an' if vowel else 'a'} {noun}"
