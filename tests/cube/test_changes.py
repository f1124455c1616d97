"""A cube that is changed record by record is the cube that is made anew."""

from __future__ import annotations

import random
from pathlib import Path

import pyoxigraph as ox
import pytest
from helpers.cubes import Cubes, apply, cube_lines, engine_copy, new_cube, quads_of

from kmgraph.cube import change_cube, cube_table
from kmgraph.cube.changing import Reach
from kmgraph.cube.groupings import load_grouping
from kmgraph.namespaces import KM, graph_iri
from kmgraph.stores.base import QuadStore
from kmgraph.stores.oxigraph import OxigraphStore

ROUNDS = 6


def data_quads(store: QuadStore) -> list[ox.Quad]:
    """Return the statements of the datasets and of what is derived of them, in order."""
    own = {graph_iri(store.base, name) for name in ("ontology", "frameworks", "mappings", "cube")}
    quads = [quad for quad in store.quads() if quad.graph_name.value not in own]  # type: ignore[union-attr]
    return sorted(quads, key=str)


def assert_same_as_anew(
    store: QuadStore, gone: list[ox.Quad], come: list[ox.Quad], folder: Path
) -> OxigraphStore:
    """Change records and the cube, compare it with one made anew, and return the store."""
    before, engine = OxigraphStore(engine_copy(store), store.base), engine_copy(store)
    apply(engine, gone, come)
    now = OxigraphStore(engine, store.base)
    touched = {quad.subject for quad in [*gone, *come] if isinstance(quad.subject, ox.NamedNode)}
    change = change_cube(before, now, touched)
    assert not change.added & change.deleted
    held = cube_lines(now)
    assert change.deleted <= held
    assert not change.added & held
    assert new_cube(now, folder) == held - change.deleted | change.added
    graph = ox.NamedNode(graph_iri(store.base, "cube"))
    apply(engine, quads_of(change.deleted, graph), quads_of(change.added, graph))
    return now


@pytest.mark.parametrize("name", ["rated", "systems"])
def test_any_change_of_records_gives_the_cube_made_anew(
    cubes: Cubes, name: str, tmp_path: Path
) -> None:
    """Statements go, come back, and values are exchanged, of several records at once."""
    store = cubes(name)
    chosen = random.Random(f"cube of {name}")
    quads = data_quads(store)
    by_property: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        by_property.setdefault(quad.predicate.value, []).append(quad)
    now: QuadStore = store
    for _ in range(ROUNDS):
        # Each property is as likely as any other, so that rare ones are reached too.
        picked = [chosen.choice(by_property[chosen.choice(sorted(by_property))]) for _ in range(6)]
        come = [
            ox.Quad(quad.subject, quad.predicate, other.object, quad.graph_name)
            for quad in picked[2:]
            for other in [chosen.choice(by_property[quad.predicate.value])]
        ]
        gone = [quad for quad in picked[:4] if quad not in come]
        now = assert_same_as_anew(now, gone, come, tmp_path)


def test_all_records_of_a_kind_may_go_and_come(cubes: Cubes, tmp_path: Path) -> None:
    """Datasets, slices, lists and codes go with the last observation and come with the first."""
    full = cubes("systems")
    cycle = ox.NamedNode(f"{KM}ImprovementCycle")
    about = [quad for quad in data_quads(full) if quad.object == cycle]
    assert len(about) > 2
    without = assert_same_as_anew(full, about, [], tmp_path)
    assert [] == cube_table(without, "cycles-by-decision").to_dicts()
    again = assert_same_as_anew(without, [], about, tmp_path)
    assert cube_lines(full) == cube_lines(again)


def test_a_record_that_is_renamed_renames_its_code(cubes: Cubes, tmp_path: Path) -> None:
    """Codes are called what their records are called."""
    store = cubes("rated")
    theme = ox.NamedNode(f"{KM}Theme")
    label = ox.NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
    (first, *_) = sorted({quad.subject for quad in store.quads(None, None, theme)}, key=str)
    old = [quad for quad in data_quads(store) if quad.subject == first and quad.predicate == label]
    new = [ox.Quad(first, label, ox.Literal("Another name"), quad.graph_name) for quad in old]
    assert new
    now = assert_same_as_anew(store, old, new, tmp_path)
    names = [
        [
            row["theme"]
            for row in cube_table(each, "studies-by-theme", by={"theme": None}).to_dicts()
        ]
        for each in (store, now)
    ]
    assert old[0].object.value in names[0]  # type: ignore[union-attr]
    assert sorted(names[1]) == sorted(
        "Another name" if name == old[0].object.value else name  # type: ignore[union-attr]
        for name in names[0]
    )


def test_nothing_changes_where_nothing_is_counted_otherwise(cubes: Cubes) -> None:
    """A passage that is reworded touches no observation."""
    store = cubes("rated")
    quad = next(quad for quad in data_quads(store) if quad.predicate.value == f"{KM}lineFrom")
    engine = engine_copy(store)
    apply(engine, [quad], [])
    change = change_cube(store, OxigraphStore(engine, store.base), {quad.subject})  # type: ignore[arg-type]
    assert (set(), set()) == (change.added, change.deleted)


def test_a_rating_reaches_what_is_read_of_its_case(cubes: Cubes) -> None:
    """What a change bears on is found by following the paths that a grouping names."""
    store = cubes("rated")
    rating, about = next(
        (quad.subject, quad.object)
        for quad in data_quads(store)
        if quad.predicate.value == f"{KM}about" and "assessment" in str(quad.subject)
    )
    units = Reach(store, [rating]).units(load_grouping("readings-by-quadrant"))  # type: ignore[list-item]
    readings = {
        quad.subject.value  # type: ignore[union-attr]
        for quad in store.quads(None, ox.NamedNode(f"{KM}about"), about, ox.DefaultGraph())
    }
    assert readings <= units
