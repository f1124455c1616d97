"""A record that is coded to a construct, with what it says there in a word and a sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import expand
from kmgraph.readings.frameworks import load_labels
from kmgraph.stores.base import QuadStore

_DEFAULT: Final = ox.DefaultGraph()
CONSTRUCT: Final = ox.NamedNode(expand("km:construct"))
ABOUT: Final = ox.NamedNode(expand("km:about"))
_TYPE: Final = expand("rdf:type")
#: Class of a coded record to what it is called; the more telling class of two comes first.
KINDS: Final = {
    expand("km:Barrier"): "barrier",
    expand("km:Enabler"): "enabler",
    expand("km:Determinant"): "determinant",
    expand("km:Assessment"): "rating",
    expand("km:Strategy"): "strategy",
    expand("km:Outcome"): "outcome",
    expand("km:StepRecord"): "step",
}
#: What a record is called, to its sign; ratings have one by band.
SIGNS: Final = {
    "barrier": "−",
    "enabler": "+",
    "both": "±",
    "determinant": "?",
    "strategy": "→",
    "outcome": "◎",
    "step": "▸",
    "low": "○",
    "mixed": "◐",
    "high": "●",
    "rated": "◇",
    "not rated": "·",
}
_RATED: Final = expand("km:Rated")


@dataclass(frozen=True, slots=True)
class CodedRecord:
    """A record that is coded to one or more constructs.

    :ivar kind: ``barrier``, ``enabler``, ``determinant``, ``rating``, ``strategy``, ``outcome``
        or ``step``.
    :ivar tone: what its sign stands for, a key of :data:`SIGNS`.
    :ivar words: what it says in a few words, such as ``barrier (−2)`` or ``high 0.75``.
    :ivar statement: what it says in full; empty where it says nothing.
    :ivar valence: from -2 to 2; None where it has none.
    :ivar score: score of a rating; None where it has none.
    :ivar constructs: IRIs of the constructs.
    :ivar about: IRIs of the cases, studies or programmes that it is about.
    :ivar passages: IRIs of the passages that it rests on.
    """

    iri: str
    kind: str
    tone: str
    words: str
    statement: str
    valence: int | None
    score: Decimal | None
    constructs: tuple[str, ...]
    about: tuple[str, ...]
    passages: tuple[str, ...]

    @property
    def sign(self) -> str:
        """Return its sign."""
        return SIGNS[self.tone]


def kind_of(store: QuadStore, node: ox.NamedNode) -> str:
    """Return what a coded record is called; empty for what was worked out of others.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> kind_of(MemoryStore(), ox.NamedNode("urn:a"))
    ''
    """
    types = {
        getattr(quad.object, "value", "")
        for quad in store.quads(node, ox.NamedNode(_TYPE), None, _DEFAULT)
    }
    return next((word for iri, word in KINDS.items() if iri in types), "")


def coded_to(store: QuadStore, construct: str) -> dict[str, list[ox.NamedNode]]:
    """Return what is coded to a construct: kind of record to the records, by their IRIs.

    :param construct: IRI of the construct.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> coded_to(MemoryStore(), "urn:construct")
    {}
    """
    found: dict[str, list[ox.NamedNode]] = {}
    worked_out = f"/construct/{construct.rpartition('/')[2]}"
    for quad in store.quads(None, CONSTRUCT, ox.NamedNode(construct), _DEFAULT):
        node = quad.subject
        # Summaries of cases are as many as ratings, and need not be looked at one by one.
        if not isinstance(node, ox.NamedNode) or node.value.endswith(worked_out):
            continue
        if kind := kind_of(store, node):
            found.setdefault(kind, []).append(node)
    for nodes in found.values():
        nodes.sort(key=lambda node: node.value)
    return {kind: found[kind] for kind in KINDS.values() if kind in found}


def read_record(store: QuadStore, node: ox.NamedNode) -> CodedRecord | None:
    """Return a coded record; None where the store holds none of that IRI.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_record(MemoryStore(), ox.NamedNode("urn:a")) is None
    True
    """
    values: dict[str, list[str]] = {}
    for quad in store.quads(node, None, None, _DEFAULT):
        if isinstance(quad.object, ox.NamedNode | ox.Literal):
            values.setdefault(quad.predicate.value, []).append(quad.object.value)
    types = values.get(_TYPE, ())
    kind = next((word for iri, word in KINDS.items() if iri in types), "")
    if not kind:
        return None
    named = {
        name: sorted(values.get(expand(name), ()))
        for name in ("km:construct", "km:about", "prov:wasDerivedFrom")
    }
    text = [
        *values.get(expand("km:statement"), ()),
        *values.get(expand("skos:prefLabel"), ()),
        *values.get(expand("km:descriptor"), ()),
    ]
    tone, words = _rating(values) if kind == "rating" else _effect(kind, values)
    return CodedRecord(
        node.value,
        kind,
        tone,
        words,
        " ".join(text[0].split()) if text else "",
        _whole(values, "km:valence"),
        _decimal(values, "km:score"),
        *(tuple(iris) for iris in named.values()),
    )


def records_about(store: QuadStore, subject: str) -> Iterator[CodedRecord]:
    """Yield the coded records about a case, a study or a programme, by their IRIs.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> list(records_about(MemoryStore(), "urn:case"))
    []
    """
    quads = store.quads(None, ABOUT, ox.NamedNode(subject), _DEFAULT)
    nodes = {quad.subject for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    for node in sorted(nodes, key=lambda one: one.value):
        record = read_record(store, node)
        if record is not None and record.constructs:
            yield record


def _effect(kind: str, values: dict[str, list[str]]) -> tuple[str, str]:
    """Return the sign and the words of a record that is no rating."""
    if kind not in ("barrier", "enabler", "determinant"):
        return kind, kind
    if "true" in values.get(expand("km:mixedValence"), ()):
        return "both", "hinders and helps"
    valence = _whole(values, "km:valence")
    if valence is None:
        return kind, "determinant, effect not reported" if kind == "determinant" else kind
    shown = "0" if valence == 0 else f"{'−' if valence < 0 else '+'}{abs(valence)}"
    return kind, f"{kind} ({shown})"


def _rating(values: dict[str, list[str]]) -> tuple[str, str]:
    """Return the sign and the words of a rating."""
    labels = load_labels()
    status = next(iter(values.get(expand("km:ratingStatus"), ())), _RATED)
    if status != _RATED:
        return "not rated", labels.get(status, "not rated")
    bands = [labels.get(iri, "") for iri in values.get(expand("km:band"), ())]
    band = next((word for word in bands if word in ("low", "mixed", "high")), "")
    score = _decimal(values, "km:score")
    if band or score is not None:
        parts = [band or "score", "" if score is None else f"{score:f}"]
        return band or "rated", " ".join(part for part in parts if part)
    for prop, word in (("km:approachPosition", "position"), ("km:rawScore", "raw score")):
        if (found := _decimal(values, prop)) is not None:
            return "rated", f"{word} {found:f}"
    fits = [labels[iri] for iri in values.get(expand("km:appropriateness"), ()) if iri in labels]
    return "rated", fits[0] if fits else "rated, no score"


def _whole(values: dict[str, list[str]], prop: str) -> int | None:
    """Return the first value of a property as a whole number, or None."""
    number = _decimal(values, prop)
    return None if number is None else int(number)


def _decimal(values: dict[str, list[str]], prop: str) -> Decimal | None:
    """Return the first value of a property as a number, or None."""
    text = next(iter(values.get(expand(prop), ())), "")
    return Decimal(text) if text.lstrip("+-").replace(".", "", 1).isdigit() else None
