"""When a record changed, over kept generations, and what changed of it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
from helpers.generations import publish

from kmgraph.namespaces import expand
from kmgraph.stores.generations import GenerationStore
from kmgraph.versions.record_history import record_history, states

TITLE, ABOUT = (ox.NamedNode(expand(name)) for name in ("dcterms:title", "km:about"))
LABEL = ox.NamedNode(expand("skos:prefLabel"))


def test_only_states_in_which_the_record_changed_are_told(tmp_path: Path) -> None:
    """The latest first; a record about it counts, another study does not."""
    store = GenerationStore.create(tmp_path / "store")
    one, other, outcome = (ox.NamedNode(f"{store.base}{path}") for path in
                           ("study/a", "study/b", "outcome/o"))  # fmt: skip
    first = [ox.Triple(one, TITLE, ox.Literal("Old")), ox.Triple(other, TITLE, ox.Literal("B"))]
    renamed = [ox.Triple(one, TITLE, ox.Literal("New")), first[1]]
    elsewhere = [renamed[0], ox.Triple(other, TITLE, ox.Literal("C"))]
    found = [*elsewhere, ox.Triple(outcome, ABOUT, one), ox.Triple(outcome, LABEL, ox.Literal("O"))]
    for triples in (first, renamed, elsewhere, found, found):
        publish(store, {"data": triples})
    generations = store.generations()
    assert len(states(generations)) >= 4
    told = record_history(store, one.value, generations)
    assert [(4, 3), (2, 1)] == [(version.generation, version.before) for version in told]
    (added,) = told[0].changes
    assert ("added", outcome.value, "O") == (added.change, added.iri, added.label)
    (changed,) = told[1].changes
    assert [(["Old"], ["New"])] == [
        ([term.value for term in one.removed], [term.value for term in one.added])  # type: ignore[union-attr]
        for one in changed.properties
    ]
    assert [] == record_history(store, f"{store.base}study/never", generations)


def test_what_a_view_hides_does_not_show_in_its_history(tmp_path: Path) -> None:
    """A record about the study in a graph of a group is told to the group alone."""
    store = GenerationStore.create(tmp_path / "store")
    one, rating = ox.NamedNode(f"{store.base}study/a"), ox.NamedNode(f"{store.base}claim/r")
    open_graph = [ox.Triple(one, TITLE, ox.Literal("A"))]
    hidden = [ox.Triple(rating, ABOUT, one)]
    groups = {"secret": "north"}
    publish(store, {"data": open_graph, "secret": []}, groups)
    publish(store, {"data": open_graph, "secret": hidden}, groups)
    generations = store.generations()
    assert [] == record_history(store, one.value, generations)
    (version,) = record_history(store, one.value, generations, view="public+north")
    assert [rating.value] == [change.iri for change in version.changes]
