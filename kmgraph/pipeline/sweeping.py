"""Find in a generation what an erasure takes away, and write what stays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote_plus

import pyoxigraph as ox

from kmgraph.mapping.mapper import TERM_CLASSES, split_record_iri
from kmgraph.namespaces import DCTERMS, FOAF, KM, OWL, PREFIXES, RDF, SCHEMA, XSD
from kmgraph.pipeline.standing import needs_of, predicates_of
from kmgraph.stores.base import QuadStore
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.tombstones import Tombstone, Tombstones, lineage

#: What stands where a text was taken out.
ERASED: Final = "(erased)"
#: Texts shorter than this say too little to look for them.
SHORTEST_TEXT: Final = 4
_TYPE: Final = f"{RDF}type"
_STRINGS: Final = frozenset({f"{XSD}string", f"{RDF}langString"})
_IDENTIFIER: Final = f"{DCTERMS}identifier"
#: Properties by which a record says what it is called elsewhere.
_SAME: Final = frozenset(
    {f"{KM}orcid", f"{SCHEMA}sameAs", f"{OWL}sameAs", f"{FOAF}mbox", f"{FOAF}homepage"}
)
_KNOWN: Final = tuple(PREFIXES.values())
#: Most answers about IRIs that are kept, to bound memory.
_KEPT_ANSWERS: Final = 200_000
_EXAMPLES: Final = 5


class Matcher:
    """Says what names an erased IRI or holds an erased text.

    :param texts: texts that are erased wherever they stand.
    :param base: base IRI of the store's records.

    >>> stones = Tombstones().with_erased(["https://x.org/person/P1"], ["public"])
    >>> matcher = Matcher(stones, ["Jane Doe"])
    >>> matcher.text("see https://x.org/person/P1."), matcher.text("by Jane Doe")
    (True, True)
    >>> matcher.text("see https://x.org/person/P10")
    False
    >>> matcher.iri("https://y.org/?of=https://x.org/person/P1"), matcher.node("mailto:Jane%20Doe")
    (True, True)
    """

    def __init__(
        self, tombstones: Tombstones, texts: Sequence[str] = (), *, base: str = ""
    ) -> None:
        self._tombstones, self._base = tombstones, base
        self._texts = one_of(texts)
        self._answers: dict[str, Tombstone | None] = {}
        #: Ids, in the log, of the erasures of which something was found.
        self.found: set[str] = set()

    def iri(self, iri: str) -> bool:
        """Say whether an IRI, what it lies below, or one that it holds was erased."""
        if iri not in self._answers:
            if len(self._answers) >= _KEPT_ANSWERS:
                self._answers.clear()
            self._answers[iri] = self._tombstones.named_in(iri, is_iri=True)
        return self._note(self._answers[iri])

    def node(self, iri: str) -> bool:
        """Say whether an IRI was erased or holds an erased text."""
        if self.iri(iri):
            return True
        return self._texts is not None and any(map(self._texts.search, said_by(iri, self._base)))

    def text(self, text: str) -> bool:
        """Say whether a text holds an erased text or names an erased IRI."""
        if self._texts and self._texts.search(text):
            return True
        return self._note(self._tombstones.named_in(text))

    def _note(self, stone: Tombstone | None) -> bool:
        """Note of which erasure something was found; say whether it was of any."""
        if stone is not None:
            self.found.add(stone.log_id)
        return stone is not None

    def scrubbed(self, value: Any) -> Any:
        """Return a JSON value without what names something erased.

        Members of lists that name it go whole; texts are replaced.
        """
        if isinstance(value, str):
            return ERASED if self.text(value) else value
        if isinstance(value, dict):
            return {k: self.scrubbed(v) for k, v in value.items() if not self.text(k)}
        if isinstance(value, list | tuple):
            return [self.scrubbed(item) for item in value if not self._names(item)]
        return value

    def _names(self, value: Any) -> bool:
        """Say whether a JSON value names something erased anywhere in it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return any(self._names(item) for pair in value.items() for item in pair)
        return isinstance(value, list | tuple) and any(map(self._names, value))


def one_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of some texts, the longest first; None for no text.

    >>> one_of(["Jane", "Jane Doe"]).search("Jane Doe")[0]
    'Jane Doe'
    """
    ordered = sorted(set(texts), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def said_by(iri: str, base: str) -> tuple[str, ...]:
    """Return what of an IRI may be a text, as it stands and without percent signs.

    Terms of known vocabularies say nothing, nor does the scheme, nor that part of a record's IRI
    which says what kind of record it is.

    >>> said_by("mailto:jane%40x.org", "https://x.org/id/"), said_by("https://x.org/id/post/p1",
    ...     "https://x.org/id/")
    (('jane%40x.org', 'jane@x.org'), ('p1', 'p1'))
    """
    if base and iri.startswith(base):
        segment, _, said = iri.removeprefix(base).partition("/")
        return () if segment == ".well-known" else (said, unquote_plus(said))
    said = iri.partition(":")[2].lstrip("/")
    return () if iri.startswith(_KNOWN) else (said, unquote_plus(said))


@dataclass(slots=True)
class Mention:
    """Statements that stay although they hold a text that stood on an erased record.

    :ivar text: the text.
    :ivar property: IRI of the property.
    :ivar statements: how many there are.
    :ivar subjects: IRIs of some of their subjects.
    """

    text: str
    property: str
    statements: int = 0
    subjects: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Sweep:
    """What an erasure takes away from one generation.

    :ivar store: the view of the generation that shows everything.
    :ivar generation: its description.
    :ivar matcher: says what was erased.
    :ivar statements: number of statements that go, of those written so far.
    :ivar own_statements: number of statements of the erased IRIs and of what lies below them.
    :ivar pointing: property to the number of statements elsewhere that pointed to what goes.
    :ivar texts_found: property to the number of statements that go for a text they hold.
    :ivar dependents: sheet to the number of records that cannot stand without what goes.
    :ivar own_texts: texts of the erased records themselves, and IRIs that they have elsewhere.
    :ivar identifiers: ids of the erased records in bundles.
    :ivar visibilities: visibilities of the graphs that named what goes.
    """

    store: QuadStore
    generation: Generation
    matcher: Matcher
    statements: int = 0
    own_statements: int = 0
    pointing: Counter[str] = field(default_factory=Counter)
    texts_found: Counter[str] = field(default_factory=Counter)
    dependents: Counter[str] = field(default_factory=Counter)
    own_texts: set[str] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)
    visibilities: set[str] = field(default_factory=set)
    _also: set[str] = field(default_factory=set)
    _pending: list[tuple[str, str]] = field(default_factory=list)
    _hanging: set[str] = field(default_factory=set)

    def survey(self) -> None:
        """Find out what goes."""
        for graph in self._swept():
            if self.matcher.iri(graph.iri):
                self.visibilities.add(graph.visibility)
            for quad in self.store.quads(graph_name=ox.NamedNode(graph.iri)):
                if self._goes(quad):
                    self.visibilities.add(graph.visibility)
                    self._tally(quad)
        while self._pending or self._take_orphans():
            while self._pending:
                self._look_at(*self._pending.pop())

    @property
    def graphs(self) -> tuple[GraphInfo, ...]:
        """Return the graphs that stay."""
        return tuple(g for g in self.generation.graphs if not self.matcher.iri(g.iri))

    def write(self, graph: GraphInfo, path: Path, mentions: Mentions | None = None) -> None:
        """Write the triples of a graph that stay as N-Triples."""
        quads = self.store.quads(graph_name=ox.NamedNode(graph.iri))
        kept = quads if graph.kind == "vocabulary" else self._kept(quads, mentions)
        with path.open("wb") as output:
            ox.serialize((quad.triple for quad in kept), output, ox.RdfFormat.N_TRIPLES)

    def count(self, mentions: Mentions) -> None:
        """Count what goes without writing anything."""
        for graph in self._swept():
            quads = self.store.quads(graph_name=ox.NamedNode(graph.iri))
            if self.matcher.iri(graph.iri):
                self.statements += sum(1 for _ in quads)
            else:
                for _ in self._kept(quads, mentions):
                    pass

    def iri_goes(self, iri: str) -> bool:
        """Say whether an IRI goes: erased itself, or of a record that cannot stand without it."""
        if self.matcher.iri(iri):
            return True
        return bool(self._also) and any(part in self._also for part in lineage(iri))

    def _node_goes(self, iri: str) -> bool:
        """Say whether a node goes: as :meth:`iri_goes` says, or for a text in its IRI."""
        return self.iri_goes(iri) or self.matcher.node(iri)

    def _swept(self) -> list[GraphInfo]:
        """Return the graphs that hold data; the vocabulary is part of kmgraph, not of the data."""
        return [graph for graph in self.generation.graphs if graph.kind != "vocabulary"]

    def _kept(self, quads: Iterable[ox.Quad], mentions: Mentions | None) -> Iterator[ox.Quad]:
        """Yield the quads that stay, and count the others."""
        for quad in quads:
            if self._goes(quad):
                self.statements += 1
                continue
            if mentions is not None:
                mentions.look_at(quad)
            yield quad

    def _goes(self, quad: ox.Quad) -> bool:
        """Say whether a statement goes."""
        predicate, term = quad.predicate.value, quad.object
        if self._term_goes(quad.subject) or self.iri_goes(predicate):
            return True
        # What a class is called is no text of a record.
        if predicate == _TYPE and isinstance(term, ox.NamedNode):
            return self.iri_goes(term.value)
        return self._term_goes(term)

    def _term_goes(self, term: Any) -> bool:
        """Say whether a term is one of those that go, or holds one."""
        if isinstance(term, ox.NamedNode):
            return self._node_goes(term.value)
        if isinstance(term, ox.Literal):
            return self.matcher.text(term.value) or self.iri_goes(term.datatype.value)
        return isinstance(term, ox.Triple) and any(map(self._term_goes, term))

    def _tally(self, quad: ox.Quad) -> None:
        """Note why a statement goes, and what may go with it."""
        subject, predicate, term = _value(quad.subject), quad.predicate.value, quad.object
        if self.iri_goes(subject):
            self.own_statements += 1
            self._note_own(predicate, term)
            return
        is_for_text = not isinstance(term, ox.NamedNode) or not self.iri_goes(term.value)
        (self.texts_found if is_for_text else self.pointing)[predicate] += 1
        if self._node_goes(subject):
            self._note_own(predicate, term)
        elif isinstance(term, ox.NamedNode):
            self._pending.append((subject, predicate))

    def _note_own(self, predicate: str, term: Any) -> None:
        """Note a statement of a record that goes: its texts, and nodes that hang on it."""
        if isinstance(term, ox.NamedNode):
            if self._hangs(term):
                self._hanging.add(term.value)
            if predicate in _SAME:
                self.own_texts.add(term.value)
        elif isinstance(term, ox.Literal) and predicate == _IDENTIFIER:
            self.identifiers.add(term.value)
        elif isinstance(term, ox.Literal):
            is_text = term.datatype.value in _STRINGS and len(term.value) >= SHORTEST_TEXT
            if is_text and any(map(str.isalpha, term.value)):
                self.own_texts.add(term.value)

    def _look_at(self, subject: str, predicate: str) -> None:
        """Let a record go that lost by a property what it cannot do without."""
        split = split_record_iri(self.store.base, subject)
        if split is None or self._node_goes(subject):
            return
        for need in needs_of(split[0]):
            predicates = predicates_of(split[0], need)
            if predicate in predicates:
                left = {q.object for p in predicates for q in self._standing(subject, p)}
                if len(left) < need.minimum:
                    self.dependents[split[0]] += 1
                    self._take(subject)
                    return

    def _standing(self, subject: str, predicate: str) -> Iterator[ox.Quad]:
        """Yield the statements of a record by a property that stay."""
        found = self.store.quads(ox.NamedNode(subject), ox.NamedNode(predicate))
        return (quad for quad in found if not self._goes(quad))

    def _take(self, iri: str) -> None:
        """Let a node go, and note what may go with it."""
        node = ox.NamedNode(iri)
        self._hanging |= self._hanging_on(iri)
        self._also.add(iri)
        for quad in self.store.quads(None, None, node):
            self._pending.append((_value(quad.subject), quad.predicate.value))

    def _take_orphans(self) -> bool:
        """Let nodes go that only what goes points to; say whether there were any."""
        pending = list(self._hanging)
        while pending:
            below = self._hanging_on(pending.pop())
            pending += below - self._hanging
            self._hanging |= below
        orphans = {iri for iri in self._hanging if not self._node_goes(iri)}
        while held := {iri for iri in orphans if self._is_held(iri, orphans)}:
            orphans -= held
        for iri in sorted(orphans):
            self._take(iri)
        return bool(orphans)

    def _hanging_on(self, iri: str) -> set[str]:
        """Return the nodes that hang on a node."""
        objects = (quad.object for quad in self.store.quads(ox.NamedNode(iri)))
        return {_value(term) for term in objects if self._hangs(term)}

    def _hangs(self, term: Any) -> bool:
        """Say whether a term is a blank node by origin, or a term that datasets make up.

        Nobody looks for these but by way of what points to them.
        """
        iri = getattr(term, "value", "") if isinstance(term, ox.NamedNode) else ""
        if not iri.startswith(self.store.base):
            return False
        segment = iri.removeprefix(self.store.base).partition("/")[0]
        return segment in TERM_CLASSES or segment == ".well-known"

    def _is_held(self, iri: str, orphans: set[str]) -> bool:
        """Say whether something that stays points to a node."""
        subjects = (_value(q.subject) for q in self.store.quads(None, None, ox.NamedNode(iri)))
        return any(s not in orphans and not self._node_goes(s) for s in subjects)


def _value(term: Any) -> str:
    """Return the IRI of a subject."""
    return str(getattr(term, "value", term))


class Mentions:
    """Collects statements that stay although they hold certain texts.

    :param texts: the texts.
    :param base: base IRI of the store's records.
    """

    def __init__(self, texts: Iterable[str], *, base: str = "") -> None:
        self._pattern, self._base = one_of(texts), base
        self._found: dict[tuple[str, str], Mention] = {}
        self._seen: set[str] = set()

    def look_at(self, quad: ox.Quad) -> None:
        """Note a statement if it holds one of the texts."""
        match = self._match(quad) if self._pattern else None
        # Several generations hold the same statement.
        if match and str(quad) not in self._seen:
            self._seen.add(str(quad))
            key = (match[0], quad.predicate.value)
            mention = self._found.setdefault(key, Mention(*key))
            mention.statements += 1
            subject = _value(quad.subject)
            if len(mention.subjects) < _EXAMPLES and subject not in mention.subjects:
                mention.subjects.append(subject)

    def _match(self, quad: ox.Quad) -> re.Match[str] | None:
        """Return where a statement holds one of the texts."""
        said: list[str] = []
        if isinstance(quad.object, ox.Literal):
            said.append(quad.object.value)
        nodes = [quad.subject] if quad.predicate.value == _TYPE else [quad.subject, quad.object]
        for node in nodes:
            said += said_by(node.value, self._base) if isinstance(node, ox.NamedNode) else ()
        found = (self._pattern.search(text) for text in said if self._pattern)
        return next(filter(None, found), None)

    @property
    def found(self) -> list[Mention]:
        """Return what was found, by text and property."""
        return [self._found[key] for key in sorted(self._found)]
