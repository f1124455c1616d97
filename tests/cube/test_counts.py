"""Observations count what the records say: each unit once in a cell, however many values it has."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from itertools import product

import pyoxigraph as ox
import pytest
from helpers.cubes import BUNDLES, Cubes

from kmgraph.cube import CUBE, cube_table, load_grouping, load_groupings, parts
from kmgraph.cube.counting import Kinds
from kmgraph.cube.groupings import Grouping
from kmgraph.cube.tally import ALL, Cell, Tally, cells_of
from kmgraph.cube.terms import observation_iri
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import NotFoundError, ParameterError
from kmgraph.namespaces import KM, graph_iri
from kmgraph.results import Solutions
from kmgraph.stores.oxigraph import MemoryStore


def spelled(term: object) -> str:
    """Return a term as cells spell it."""
    return "" if term is None else str(term)


def expected(store: MemoryStore, grouping: Grouping) -> dict[Cell, dict[str, Decimal]]:
    """Return cell to its units and their values, from one run of the query over everything."""
    answer = store.query(grouping.query)
    assert isinstance(answer, Solutions)
    kinds = Kinds(store)
    cells: dict[Cell, dict[str, Decimal]] = defaultdict(dict)
    for unit, *values in answer:
        assert isinstance(unit, ox.NamedNode)
        if not kinds.of(unit.value) & set(grouping.classes):
            continue
        number = Decimal(values.pop().value) if grouping.has_values else Decimal()  # type: ignore[union-attr]
        for cell in product(*((spelled(value), ALL) for value in values)):
            cells[cell][unit.value] = number
    return cells


@pytest.mark.parametrize("name", BUNDLES)
def test_each_cell_counts_its_different_units(cubes: Cubes, name: str) -> None:
    """Counting by batches, with bounded memory, gives what sets of units give."""
    store = cubes(name)
    for grouping in load_groupings():
        cells = expected(store, grouping)
        table = cube_table(store, grouping.id, by={})
        total = cells.get((ALL,) * len(grouping.dimensions), {})
        assert [len(total)] * bool(total) == [row["unitCount"] for row in table.to_dicts()]
        for cell, units in cells.items():
            node = ox.NamedNode(observation_iri(store.base, grouping, cell))
            (count,) = store.quads(node, ox.NamedNode(f"{KM}unitCount"), None, ox.DefaultGraph())
            assert str(len(units)) == count.object.value, (grouping.id, cell)  # type: ignore[union-attr]
            for quad in store.quads(node, ox.NamedNode(f"{KM}valueSum"), None, ox.DefaultGraph()):
                assert sum(units.values()) == Decimal(quad.object.value)  # type: ignore[union-attr]
        observed = store.query(_count_query(grouping.id))
        assert [{"n": len(cells)}] == observed.to_dicts()  # type: ignore[union-attr]


def _count_query(name: str) -> str:
    """Return the query for the number of observations of a dataset."""
    prefixes = (
        "PREFIX qb: <http://purl.org/linked-data/cube#> PREFIX d: <http://purl.org/dc/terms/>"
    )
    return f'{prefixes} SELECT (COUNT(?o) AS ?n) {{ ?o qb:dataSet/d:identifier "{name}" }}'


@pytest.mark.parametrize("name", BUNDLES)
def test_the_parts_of_an_observation_are_as_many_as_it_says(cubes: Cubes, name: str) -> None:
    """The query that each dataset carries lists exactly the units that are counted."""
    store = cubes(name)
    graph = ox.NamedNode(graph_iri(store.base, CUBE))
    counts = list(store.quads(None, ox.NamedNode(f"{KM}unitCount"), None, graph))
    for quad in random.Random(6).sample(counts, 60):
        units = [unit.value for unit in parts(store, quad.subject.value)]  # type: ignore[union-attr]
        assert str(len(units)) == quad.object.value, quad.subject  # type: ignore[union-attr]
        assert len(set(units)) == len(units)


def test_a_unit_with_several_values_counts_once_in_the_cell_for_all() -> None:
    """Numbers of units are not summed from cell to cell."""
    tally = Tally()
    tally.add(frozenset({("a", "x"), ("b", "x")}), Decimal("0.5"))
    tally.add(frozenset({("a", "x")}), Decimal("0.25"))
    tally.settle()
    assert (2, Decimal("0.75")) == tally.cells[ALL, ALL]
    assert (2, Decimal("0.75")) == tally.cells["a", ALL]
    assert (1, Decimal("0.5")) == tally.cells["b", "x"]
    assert cells_of([("a", "x"), ("b", "x")]) == {
        ("a", "x"), ("b", "x"), ("a", ALL), ("b", ALL), (ALL, "x"), (ALL, ALL),
    }  # fmt: skip


def test_tallies_of_different_units_add_up_to_the_tally_of_all() -> None:
    """Whoever counts in parts gets the same cells."""
    chosen = random.Random(2)
    units = [
        (frozenset((chosen.choice("abc"), chosen.choice("xy")) for _ in range(2)), Decimal(number))
        for number in range(200)
    ]
    whole, first, second = Tally(), Tally(), Tally()
    for number, (combinations, value) in enumerate(units):
        whole.add(combinations, value)
        (first if number % 3 else second).add(combinations, value)
    first.merge(second)
    whole.settle()
    assert whole.cells == first.cells
    for combinations, value in units:
        whole.add(combinations, -value, -1)
    assert [] == list(whole.changes())


def test_barriers_by_place_are_those_of_the_question(cubes: Cubes) -> None:
    """Question 15 reads the same numbers of barriers, cases and places off the records."""
    store = cubes("clahrc-ndl")
    rows = EvidenceDataset(store).ask("cq-015").rows
    assert rows
    for row in rows:
        place = ox.NamedNode(row["condition"])
        construct = row["construct"]
        coded = ox.NamedNode(construct or f"{KM}ValueNotReported")
        effects = {
            str(found["effect"]): found["unitCount"]
            for found in cube_table(
                store,
                "determinants-by-place",
                by={"place": place, "construct": coded, "effect": None},
            ).to_dicts()
        }
        assert row["barriers"] == effects.get("barrier", 0)
        assert row["enablers"] == effects.get("enabler", 0)
        where = {"place": place, "effect": ox.Literal("barrier")}
        (all_barriers,) = cube_table(store, "determinants-by-place", by=where).to_dicts()
        assert row["ofBarriers"] == all_barriers["unitCount"]
        cases = cube_table(store, "cases-by-place", by={"place": place}).to_dicts()
        assert row["ofCases"] == sum(found["unitCount"] for found in cases)


def test_studies_and_communities_by_theme_are_those_of_the_question(cubes: Cubes) -> None:
    """Question 31 counts the same studies and communities of each theme."""
    store = cubes("clahrc-ndl")
    rows = [row for row in EvidenceDataset(store).ask("cq-031").rows if row["theme"]]
    assert len(rows) > 3
    for row in rows:
        where = {
            "programme": ox.NamedNode(row["programme"]),
            "theme": ox.NamedNode(row["theme"]),
        }
        for name, column in (
            ("studies-by-theme", "studies"),
            ("communities-by-theme", "communities"),
        ):
            found = cube_table(store, name, by=where).to_dicts()
            assert row[column] == sum(each["unitCount"] for each in found), row["themeLabel"]


def test_decisions_are_those_of_the_question(cubes: Cubes) -> None:
    """Question 122 counts the same cycles by what was decided."""
    store = cubes("systems")
    rows = EvidenceDataset(store).ask("cq-122").rows
    assert rows
    counted = cube_table(store, "cycles-by-decision", by={"decision": None}).to_dicts()
    works = cube_table(store, "works-by-decision").to_dicts()
    assert {(row["decision"], row["cycles"]) for row in rows} == {
        (row["decision"], row["unitCount"]) for row in counted
    }
    assert {(row["decision"], row["works"]) for row in rows} == {
        (row["decision"], row["unitCount"]) for row in works
    }


def test_means_are_of_the_units_counted(cubes: Cubes) -> None:
    """A mean is the sum by the number, to six places, at every level."""
    rows = cube_table(cubes("rated"), "scores-by-element").to_dicts()
    assert rows
    for row in rows:
        mean = Decimal(row["valueSum"]) / row["unitCount"]
        assert abs(mean - Decimal(row["valueMean"])) <= Decimal("0.0000005")


def test_what_is_not_there_is_said_by_name(cubes: Cubes) -> None:
    """Unknown groupings, dimensions and observations are errors that name what there is."""
    store = cubes("rated")
    with pytest.raises(NotFoundError, match="cases-by-place"):
        load_grouping("cases-by-moon")
    with pytest.raises(ParameterError, match="counted by 'moon', but by: place"):
        cube_table(store, "cases-by-place", by={"moon": None})
    with pytest.raises(NotFoundError, match="no observation"):
        next(parts(store, f"{store.base}cube/cases-by-place/moon"))
