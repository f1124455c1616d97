"""What a store has coded in one framework, seen through another."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.crosswalks.model import CodedThrough, Coding, Crosswalk, scheme_of
from kmgraph.crosswalks.outline import read_outline
from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.namespaces import expand
from kmgraph.results import Solutions
from kmgraph.stores.base import QuadStore

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset


_TYPE: Final = ox.NamedNode(expand("rdf:type"))
#: What codings are about.
_CLASSES: Final = tuple(
    ox.NamedNode(expand(name)) for name in ("km:ImplementationCase", "km:Study", "km:Programme")
)


def coded_through(walk: Crosswalk, dataset: EvidenceDataset, case: str | None) -> Crosswalk:
    """Return a crosswalk with what a dataset has coded in the framework that is left.

    :param walk: the crosswalk between the two frameworks.
    :param case: the case, study or programme whose codings are wanted; all codings for None.
    :raises RecordNotFoundError: the dataset says nothing of the case.
    :raises InputError: what is named is no case, study or programme.
    """
    about = None
    if case is not None:
        about = _subject(dataset, case)
    labels = read_outline(walk.source).labels
    found: dict[tuple[str, str], CodedThrough] = {}
    elsewhere: Counter[str] = Counter()
    for coding in _codings(dataset.store, about):
        scheme = scheme_of(coding.construct)
        if scheme != walk.source:
            elsewhere[scheme] += 1
            continue
        paths = walk.by_construct.get(coding.construct, ())
        label = labels.get(coding.construct, "")
        none = walk.none_by_construct.get(coding.construct, ())
        found[coding.iri, coding.construct] = CodedThrough(coding, label, paths, none)
    codings = tuple(found.values())
    return dataclasses.replace(walk, codings=codings, elsewhere=dict(sorted(elsewhere.items())))


def _subject(dataset: EvidenceDataset, case: str) -> ox.NamedNode:
    """Return the case, study or programme that is named.

    :raises RecordNotFoundError: the dataset says nothing of it.
    :raises InputError: it is something else.
    """
    about = ox.NamedNode(dataset.entity(case).iri)
    if next(dataset.store.quads(about, None, None, None), None) is None:
        raise RecordNotFoundError(
            f"the store says nothing of <{about.value}>: give the id of a case, study or "
            "programme, such as case/ndl-SR1-case"
        )
    types = {quad.object for quad in dataset.store.quads(about, _TYPE, None, None)}
    if types.isdisjoint(_CLASSES):
        raise InputError(
            f"<{about.value}> is no case, study or programme: give one, such as case/ndl-SR1-case"
        )
    return about


def _codings(store: QuadStore, about: ox.NamedNode | None) -> Iterator[Coding]:
    """Yield what is coded about a case, a study or a programme, or all that is coded."""
    text = artefacts.read_text("queries", "crosswalk/codings.rq")
    found = store.query(text, bindings={} if about is None else {"about": about})
    if not isinstance(found, Solutions):
        return
    for row in found:
        value = {
            name: "" if term is None else str(getattr(term, "value", term))
            for name, term in zip(found.variables, row, strict=True)
        }
        passages = tuple(sorted(value["passages"].split()))
        yield Coding(
            value["coding"],
            value["kind"],
            value["label"],
            value["construct"],
            passages,
            value["rating"],
        )
