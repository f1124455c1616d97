"""Any record explained: the passages it rests on, and what follows from it by the ontology."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.derivation import is_derived
from kmgraph.explanation.assessments import explain_passage, explain_passages
from kmgraph.explanation.model import Explanation
from kmgraph.namespaces import KM, RDF, compact, graph_iri
from kmgraph.questions import find_passages
from kmgraph.readings.frameworks import load_labels
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

_TYPE: Final = f"{RDF}type"
_NAMING: Final = (
    "skos:prefLabel dcterms:title rdfs:label foaf:name km:statement dcterms:identifier"
).split()
_HAS_TYPE: Final = ox.NamedNode(_TYPE)
#: Records that something was worked out of, of which no more are shown.
MOST_RECORDS: Final = 20
_ABOVE: Final = frozenset({f"{KM}Record", f"{KM}DerivedRecord", f"{KM}Code", f"{KM}Term"})

Values = Mapping[str, Sequence[str]]


def read_values(store: QuadStore, iri: str) -> dict[str, list[str]]:
    """Return the classes, names, passages and subject of a record, by prefixed name."""
    text = artefacts.read_text("queries", "explanation/about-whom.rq")
    found: dict[str, list[str]] = {}
    answer = store.query(text, bindings={"record": ox.NamedNode(iri)})
    if isinstance(answer, Solutions):
        for _, prop, value in answer:
            if prop is not None and isinstance(value, ox.NamedNode | ox.Literal):
                found.setdefault(compact(prop.value), []).append(value.value)  # type: ignore[union-attr]
    return found


def explain_record(store: QuadStore, iri: str, values: Values) -> Explanation:
    """Return a record with the passages that it rests on and what follows of it.

    :param values: what :func:`read_values` gave.
    """
    if f"{KM}Passage" in values.get("rdf:type", ()):
        return explain_passage(store, find_passages(store, [iri])[0])
    kinds = [one for one in values.get("rdf:type", ()) if one not in _ABOVE]
    own = [one for one in kinds if one.startswith(KM)] or kinds
    words = sorted({load_labels().get(one, compact(one)) for one in own})
    known = values.get("km:assertionKind", ())
    facts = [f"how it is known: {load_labels().get(one, compact(one))}" for one in known]
    passages, records = _grounds(store, values)
    if len(records) > MOST_RECORDS:
        facts.append(f"worked out of {len(records)} records, of which {MOST_RECORDS} are shown")
    elif not passages and not records:
        facts.append("no passage is recorded for it")
    return Explanation(
        iri,
        iri.removeprefix(store.base),
        _name(values, iri),
        ", ".join(words) or "record",
        facts=tuple(facts),
        children=(
            *explain_passages(store, passages),
            *(_record(store, one) for one in records[:MOST_RECORDS]),
            *explain_entailed(store, iri),
        ),
    )


def _grounds(store: QuadStore, values: Values) -> tuple[list[str], list[str]]:
    """Return what a record was derived from: passages, and records that it was worked out of."""
    passages: list[str] = []
    records: list[str] = []
    for iri in sorted(values.get("prov:wasDerivedFrom", ())):
        kinds = store.quads(ox.NamedNode(iri), _HAS_TYPE, ox.NamedNode(f"{KM}Passage"))
        (passages if any(True for _ in kinds) else records).append(iri)
    return passages, records


def _record(store: QuadStore, iri: str) -> Explanation:
    """Return a record that something was worked out of, with its passages."""
    values = read_values(store, iri)
    passages, _ = _grounds(store, values)
    return Explanation(
        iri,
        iri.removeprefix(store.base),
        _name(values, iri),
        "record",
        children=explain_passages(store, passages),
    )


def explain_entailed(store: QuadStore, iri: str) -> tuple[Explanation, ...]:
    """Return the statements about a record that were entailed, each with its axiom and premises."""
    triples = {
        (quad.predicate.value, quad.object.value)
        for graph in _derived_graphs(store)
        for quad in store.quads(ox.NamedNode(iri), None, None, graph)
        if isinstance(quad.object, ox.NamedNode)
    }
    explained = (_entailed(store, iri, prop, value) for prop, value in sorted(triples))
    return tuple(one for one in explained if one is not None)


def _derived_graphs(store: QuadStore) -> Iterator[ox.NamedNode]:
    """Yield the graphs of what was derived."""
    start = graph_iri(store.base, "")
    for name in store.graph_names():
        if name.startswith(start) and is_derived(name.removeprefix(start)):
            yield ox.NamedNode(name)


def _entailed(store: QuadStore, subject: str, prop: str, value: str) -> Explanation | None:
    """Return one entailed statement, or None where no axiom explains it."""
    text = artefacts.read_text("queries", "explanation/why-entailed.rq")
    terms = {"subject": subject, "property": prop, "object": value}
    answer = store.query(text, bindings={k: ox.NamedNode(v) for k, v in terms.items()})
    if not isinstance(answer, Solutions):
        return None
    rows = [dict(zip(answer.variables, row, strict=True)) for row in answer]
    names = _Names(store)
    for row in rows:
        via = {
            key: term.value
            for key, term in row.items()
            if isinstance(term, ox.NamedNode | ox.Literal)
        }
        if premises := _premises(via):
            return Explanation(
                "",
                "",
                _sentence(names, subject, prop, value),
                "entailed statement",
                facts=tuple(f"follows from: {_sentence(names, *one)}" for one in premises),
                rule=_axiom(names, via),
                status="an axiom of the ontology",
            )
    return None


def _premises(via: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the statements that a statement follows from; none where it only repeats itself."""
    subject, prop, value = via["subject"], via["property"], via["object"]
    first, axiom = via.get("first", ""), via["axiom"]
    if axiom == "class":
        return [(subject, _TYPE, first)] if first != value else []
    if axiom == "property":
        return [(subject, first, value)] if first != prop else []
    if axiom == "inverse":
        return [(value, first, subject)]
    middle = via["middle"]
    second = via.get("second", prop)
    return [(subject, first or prop, middle), (middle, second, value)]


def _axiom(names: _Names, via: Mapping[str, str]) -> str:
    """Return an axiom in words."""
    prop, first = names.term(via["property"]), names.term(via.get("first", ""))
    return {
        "class": f"everything that is a “{first}” is a “{names.term(via['object'])}”",
        "property": f"“{first}” is a narrower property than “{prop}”",
        "inverse": f"“{prop}” is “{first}” read backwards",
        "chain": f"“{first}” and then “{names.term(via.get('second', ''))}” make “{prop}”",
        "transitive": f"“{prop}” reaches on: what holds of two links in a row holds of the ends",
    }[via["axiom"]]


def _sentence(names: _Names, subject: str, prop: str, value: str) -> str:
    """Return a statement in words."""
    if prop == _TYPE:
        return f"{names.thing(subject)} is a “{names.term(value)}”"
    return f"{names.thing(subject)} — {names.term(prop)} — {names.thing(value)}"


class _Names:
    """What to call the parts of a statement."""

    def __init__(self, store: QuadStore) -> None:
        self._store = store
        self._known: dict[str, str] = {}

    def term(self, iri: str) -> str:
        """Return what to call a class or a property."""
        return load_labels().get(iri) or compact(iri)

    def thing(self, iri: str) -> str:
        """Return what to call a record, with its IRI below the base."""
        if iri not in self._known:
            self._known[iri] = load_labels().get(iri) or _name(read_values(self._store, iri), iri)
        short = iri.removeprefix(self._store.base)
        return f"{self._known[iri]} [{short}]" if short != iri else self._known[iri]


def _name(values: Values, iri: str) -> str:
    """Return what to call a record."""
    for prop in _NAMING:
        if names := values.get(prop):
            return min(names)
    return iri.rpartition("/")[2] or iri
