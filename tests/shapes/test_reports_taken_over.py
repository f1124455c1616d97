"""A report that is taken over after a change is that of validating everything.

The records have much that is wrong with them, and most of it stands in the file beside the report.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph import artefacts, build_in_memory
from kmgraph.bundles.files import example_path
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.validation import (
    Earlier,
    Report,
    Result,
    SetEngine,
    Severity,
    ends_of,
    retyped,
    validate_changes,
)
from kmgraph.validation.report import Held
from kmgraph.validation.shapes import read_shapes
from tests.shapes.test_engines_agree import mutate, stored

#: What a report may hold of a constraint here.
MOST = 2
ROUNDS = 4


def everything(store: OxigraphStore, rest: Path) -> Report:
    """Return the report of validating everything."""
    shapes = read_shapes(artefacts.files("shapes", "*.ttl"))
    held = Held(MOST, rest=rest)
    return SetEngine().find(store, shapes, timeout_s=300, held=held).report()


def lines(report: Report, rest: Path) -> Counter[str]:
    """Return what a report and the file beside it say."""
    said = [json.dumps(item) for item in json.loads(report.to_json())["results"]]
    if report.left_out:
        beside = rest.read_text(encoding="utf-8").splitlines()
        assert len(beside) == sum(number for _, number in report.left_out)
        said += [json.dumps(json.loads(line)) for line in beside]
    return Counter(said)


def taken_over(
    report: Report, rest: Path, store: OxigraphStore, changed: Iterable[ox.Triple], to: Path
) -> Report:
    """Return the report after a change, of which only what it touches was looked at."""
    triples = list(changed)
    earlier = Earlier.read(report.to_json().encode(), rest if report.left_out else None)
    assert earlier is not None
    also = {*ends_of(triples), *earlier.nodes_with(retyped(triples))}
    return earlier.merged([validate_changes(store, triples, also=also)], to, most=MOST)


@pytest.fixture(scope="module")
def faulty() -> list[ox.Triple]:
    """Return the example, with much that is wrong with it and nothing that has no IRI."""
    with build_in_memory(example_path("clahrc-ndl")) as evidence:
        triples = [quad.triple for quad in evidence.store.quads(graph_name=ox.DefaultGraph())]
    return mutate(triples, 200, random.Random(5))


def test_changes_one_after_another(faulty: list[ox.Triple], tmp_path: Path) -> None:
    """Reports that follow from each other stay those of validating everything."""
    triples, rest = faulty, tmp_path / "rest0.jsonl"
    report = everything(stored(triples), rest)
    assert sum(number for _, number in report.left_out) > 20
    for seed in range(ROUNDS):
        after = mutate(triples, 4, random.Random(seed))
        store, to = stored(after), tmp_path / f"rest{seed + 1}.jsonl"
        report = taken_over(report, rest, store, set(triples) ^ set(after), to)
        whole_rest = tmp_path / f"whole{seed}.jsonl"
        whole = everything(store, whole_rest)
        assert lines(report, to) == lines(whole, whole_rest)
        assert report.conforms == whole.conforms
        triples, rest = after, to


def test_what_is_mended_goes_and_others_take_its_place(
    faulty: list[ox.Triple], tmp_path: Path
) -> None:
    """A report holds as many of a constraint as it may, from the file where it has to."""
    rest, to = tmp_path / "rest.jsonl", tmp_path / "to.jsonl"
    report = everything(stored(faulty), rest)
    beside = [json.loads(line) for line in rest.read_text(encoding="utf-8").splitlines()]
    shapes = {item["sourceShape"] for item in beside}
    one = next(item for item in report.results if f"{item.source_shape}"[1:-1] in shapes)
    gone = [triple for triple in faulty if one.focus_node in (triple.subject, triple.object)]
    store = stored([triple for triple in faulty if triple not in set(gone)])
    now = taken_over(report, rest, store, gone, to)
    assert all(item.focus_node != one.focus_node for item in now.results)
    alike = [item for item in now.results if item.source_shape == one.source_shape]
    assert len(alike) >= MOST


def test_a_report_about_nodes_without_an_iri_is_not_taken_over() -> None:
    """Nobody could tell such a node from others the next time."""
    shape = ox.NamedNode("https://e.org/shape")
    report = Report.of([Result(ox.BlankNode("b"), Severity.WARNING, "urn:c", shape)])
    assert Earlier.read(report.to_json().encode(), None) is None


def test_a_report_whose_rest_is_lost_is_not_taken_over() -> None:
    """What is not known cannot be kept."""
    report = Report.of([], [(Severity.WARNING, 3)])
    assert Earlier.read(report.to_json().encode(), None) is None
