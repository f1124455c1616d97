"""Whether the records that parameters name are there, and of the kind that a question is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

import pyoxigraph as ox

from kmgraph.namespaces import KM, compact, expand
from kmgraph.questions.model import Question
from kmgraph.questions.parameters import to_text
from kmgraph.stores.base import QuadStore
from kmgraph.terms import Term

_TYPE: Final = ox.NamedNode(expand("rdf:type"))
_MAPPING: Final = ox.NamedNode(expand("sssom:Mapping"))
_SCHEME: Final = "skos:ConceptScheme"
_LABEL: Final = ox.NamedNode(expand("rdfs:label"))
_DEFAULT: Final = ox.DefaultGraph()


def unfitting(
    question: Question, bindings: Mapping[str, Term], store: QuadStore, *, has_rows: bool
) -> Iterator[str]:
    """Yield a sentence for each parameter whose record is not there or is of another kind.

    A store that lacks the mappings that a question reads is told of first.

    :param bindings: the terms that the parameters stand for.
    :param has_rows: whether the question has an answer. A record of another kind is only told
        of where there is none, since some questions take records beyond those they offer.

    >>> from kmgraph.questions import load_catalogue
    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> question, store = load_catalogue()["32"], MemoryStore()
    >>> bound = question.bindings({"study": "study/none"}, base=store.base)
    >>> list(unfitting(question, bound, store, has_rows=False))
    ['no record study/none in this store']
    """
    if "mappings" in question.graphs and not _has_any(store, _MAPPING):
        yield "this store holds no mappings, so it cannot say what is lost: build it again"
    frameworks = [bindings.get(p.name) for p in question.parameters if _SCHEME in p.of]
    if len(frameworks) > 1 and len(set(frameworks)) == 1:
        yield "the framework is the same on both sides: give two frameworks"
    for parameter in question.parameters:
        term = bindings.get(parameter.name)
        if not parameter.of or parameter.choices or not isinstance(term, ox.NamedNode):
            continue
        text = to_text(term, base=store.base)
        if not _is_known(store, term):
            yield f"no record {text} in this store"
        elif not has_rows and not _is_of(store, term, parameter.of):
            wanted = " or ".join(_kind(store, expand(name)) for name in parameter.of)
            found = ", ".join(_kinds(store, term))
            named = f" ({found})" if found else ""
            yield f"{text}{named} is of another kind than the question takes: {wanted}"


def _has_any(store: QuadStore, kind: ox.NamedNode) -> bool:
    """Say whether a store has any instance of a class."""
    return next(store.quads(None, _TYPE, kind, _DEFAULT), None) is not None


def _is_known(store: QuadStore, node: ox.NamedNode) -> bool:
    """Say whether the store says anything of a thing."""
    quads = chain(store.quads(node, None, None, _DEFAULT), store.quads(None, None, node, _DEFAULT))
    return next(quads, None) is not None


def _is_of(store: QuadStore, node: ox.NamedNode, classes: tuple[str, ...]) -> bool:
    """Say whether a thing is of one of several classes."""
    wanted = [ox.NamedNode(expand(name)) for name in classes]
    return any(next(store.quads(node, _TYPE, one, _DEFAULT), None) for one in wanted)


def _kinds(store: QuadStore, node: ox.NamedNode) -> list[str]:
    """Return the classes of a thing that are ours, in words."""
    types = {quad.object for quad in store.quads(node, _TYPE, None, _DEFAULT)}
    own = [one.value for one in types if isinstance(one, ox.NamedNode) and one.value.startswith(KM)]
    return sorted(_kind(store, iri) for iri in own)


def _kind(store: QuadStore, iri: str) -> str:
    """Return what the ontology calls a class, or its short name."""
    labels = store.quads(ox.NamedNode(iri), _LABEL, None, _DEFAULT)
    found = [quad.object.value for quad in labels if isinstance(quad.object, ox.Literal)]
    return min(found, default=compact(iri))
