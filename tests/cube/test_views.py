"""Each view has a cube of what it shows, and a change of records changes that cube."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
from helpers.cubes import cube_lines, new_cube

import kmgraph
from kmgraph.cube import cube_table, cube_views, is_current
from kmgraph.namespaces import KM, graph_iri
from kmgraph.stores.base import QuadStore

Copy = Callable[[Path], kmgraph.GenerationStore]


def total(store: QuadStore, grouping: str) -> int:
    """Return the number of all units of a grouping."""
    return sum(row["unitCount"] for row in cube_table(store, grouping, by={}).to_dicts())


def published(
    store: kmgraph.GenerationStore, tmp_path: Path, graph: Path | None, visibility: str = "public"
) -> None:
    """Publish a generation with a graph more, or with what it has, and count everything."""
    with store.begin(reason="count") as writer:
        if graph is not None:
            writer.replace_graph("extra", graph, visibility=visibility)
        writer.prepare()
        folder = tmp_path / f"work-{writer.generation_id}"
        folder.mkdir()
        cube_views(writer, folder)
        writer.publish()


def extra_case(store: kmgraph.GenerationStore, path: Path) -> set[ox.NamedNode]:
    """Write a graph with one more case of a study that there is; return its subjects."""
    with store.open_view() as view:
        study = min(
            quad.object.value  # type: ignore[union-attr]
            for quad in view.quads(None, ox.NamedNode(f"{KM}ofStudy"), None)
        )
    case = f"{store.base}case/extra"
    graph = graph_iri(store.base, "extra")
    path.write_text(
        f"<{case}> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{KM}ImplementationCase> "
        f"<{graph}> .\n<{case}> <{KM}ofStudy> <{study}> <{graph}> .\n"
    )
    return {ox.NamedNode(case)}


def test_a_published_view_has_its_cube(example_copy: Copy, tmp_path: Path) -> None:
    """What is published is what would be counted of the view, and again changes nothing."""
    store = example_copy(tmp_path / "store")
    published(store, tmp_path, None)
    with store.open_view() as view:
        held = cube_lines(view)
        assert held >= new_cube(view, tmp_path)
        assert is_current(view)
        assert total(view, "studies-by-theme") > 5
    digest = store.generation().digest
    published(store, tmp_path, None)
    assert digest == store.generation().digest


def test_a_changed_record_changes_the_cube_of_each_view(example_copy: Copy, tmp_path: Path) -> None:
    """Counting what changed publishes what counting everything would."""
    store = example_copy(tmp_path / "store")
    published(store, tmp_path, None)
    changed = extra_case(store, tmp_path / "extra.nq")
    with store.open_view() as old:
        cases = total(old, "cases-by-setting")
        with store.begin(reason="one case more") as writer:
            writer.replace_graph("extra", tmp_path / "extra.nq")
            writer.prepare()
            folder = tmp_path / "change"
            folder.mkdir()
            cube_views(writer, folder, changed=changed, before=lambda key: old)
            writer.publish()
    # Nothing but the change was written: no view was counted as a whole.
    assert not list(folder.glob("*/cube.nq"))
    with store.open_view() as view:
        assert cases + 1 == total(view, "cases-by-setting")
        assert new_cube(view, tmp_path) == cube_lines(view)


def test_a_view_counts_only_what_it_shows(example_copy: Copy, tmp_path: Path) -> None:
    """A record of a group is counted for the group and for nobody else."""
    store = example_copy(tmp_path / "store")
    extra_case(store, tmp_path / "extra.nq")
    published(store, tmp_path, tmp_path / "extra.nq", visibility="team")
    with store.open_view() as public, store.open_view("public+team") as team:
        assert total(public, "cases-by-setting") + 1 == total(team, "cases-by-setting")
        assert f"{store.base}case/extra".encode() not in b"".join(cube_lines(public))
