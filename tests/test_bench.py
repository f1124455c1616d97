"""The measurements: equal answers count as equal, wrong and late ones do not pass."""

from __future__ import annotations

import doctest
import importlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.staging import stage
from kmgraph.synthetic import generate

BENCH = Path(__file__).resolve().parents[1] / "bench"
MODULES = ("measuring", "hosting", "growth", "goals", "page", "plots", "questions", "stages",
           "beside_virtuoso",
           "workspace", "peers.base")  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def bench() -> Iterator[None]:
    """Let the modules of bench/ be imported, and forget them afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, str(BENCH))
    yield
    sys.path.remove(str(BENCH))
    for name in set(sys.modules) - before:
        if str(BENCH) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture(scope="module")
def triples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the triples of a registry of 40 studies."""
    workspace = importlib.import_module("workspace")
    folder = tmp_path_factory.mktemp("bench")
    generate(folder / "bundle", studies=40, seed=workspace.SEED, depth="registry")
    elsewhere = StoreElsewhere(None, {})
    check = BundleCheck(open_bundle(folder / "bundle"), elsewhere=elsewhere)
    quads = stage(check, elsewhere, workspace.BASE, folder).quads
    found = (quad.triple for quad in ox.parse(path=quads, format=ox.RdfFormat.N_QUADS))
    ox.serialize(found, folder / "data.nt", format=ox.RdfFormat.N_TRIPLES)
    return folder / "data.nt"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    """They are true."""
    assert not doctest.testmod(importlib.import_module(name)).failed


@pytest.mark.parametrize("name", ["pyoxigraph-memory", "rdflib", "oxrdflib"])
def test_systems_give_equal_answers(name: str, triples: Path, tmp_path: Path) -> None:
    """Every analytic query has rows, and they are those of the engine on disk."""
    analytic, peers = importlib.import_module("analytic"), importlib.import_module("peers")
    made, truth = peers.peer(name), peers.peer("pyoxigraph-disk")
    if why := made.missing():
        pytest.skip(why)
    for number, each in enumerate((made, truth)):
        (tmp_path / str(number)).mkdir()
        each.load(triples, tmp_path / str(number))
    study = f"{analytic.BASE}study/{analytic.PREFIX}S7"
    for query in analytic.QUERIES:
        text = (analytic.FOLDER / f"{query}.rq").read_text().replace("STUDY", study)
        expected = truth.query(text)
        assert expected and made.query(text) == expected, query
    for each in (made, truth):
        each.close()


def test_another_answer_is_told() -> None:
    """A system that is quick and wrong does not pass for right."""
    analytic = importlib.import_module("analytic")
    right, wrong = [[1, "a"], [2, "b"]], [[1, "a"], [2, "c"]]
    systems: dict[str, Any] = {
        name: {"queries": {"count": {"answers": answers}}}
        for name, answers in {"pyoxigraph-disk": right, "same": right, "other": wrong}.items()
    }
    analytic._compare(systems)
    assert [each["queries"]["count"]["equal"] for each in systems.values()] == [True, True, False]


class Sleeper:
    """A system that never answers in time."""

    def __init__(self, folder: Path) -> None:
        (folder / "pid").write_text(str(os.getpid()))

    def sleep(self, seconds: float) -> list[tuple[str, ...]]:
        """Answer late."""
        time.sleep(seconds)
        return [("late",)]


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The process is gone, and the measurement says that there was no answer."""
    hosting, measuring = importlib.import_module("hosting"), importlib.import_module("measuring")
    hosted = hosting.Hosted(Sleeper, tmp_path)
    assert hosted.call("sleep", 0.01, limit_s=60).first == [("late",)]
    with pytest.raises(measuring.MeasurementError, match=r"no answer in 0\.2 s"):
        hosted.call("sleep", 60, limit_s=0.2)
    assert not hosted.is_alive
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_fails_is_told() -> None:
    """The message has the last line of what it said."""
    measuring = importlib.import_module("measuring")
    command = [sys.executable, "-c", "raise SystemExit('it broke')"]
    with pytest.raises(measuring.MeasurementError, match="ended with 1: it broke"):
        measuring.run(command)


def test_faults_are_put_in(triples: Path, tmp_path: Path) -> None:
    """What the validators are compared on does not conform."""
    programs = importlib.import_module("programs")
    out = tmp_path / "spoilt.nt"
    assert programs.spoil(str(triples), str(out))["spoilt"] > 3
    assert out.read_bytes() != triples.read_bytes()


def test_the_page_says_what_was_not_measured() -> None:
    """A part that failed or was skipped is named with the reason, and no goal counts as met."""
    page, goals = importlib.import_module("page"), importlib.import_module("goals")
    machine = {"processor": "x", "cores": 2, "memory_gb": 1, "python": "3", "load_before": 0}
    results: dict[str, Any] = {"scale": 9, "date": "", "seed": 1, "versions": {}}
    results |= {"machine": machine, "http": {"skipped": "wrk is not installed"}}
    results |= {"build": {"failed": "it broke"}}
    text = "\n".join(page.section(results))
    assert "Not measured: wrk is not installed." in text and "Not measured: it broke." in text
    assert {met for _, _, met in goals.rows(results)} == {"-"}


def test_growth_beyond_n_log_n_is_told() -> None:
    """What doubles and more with each doubling is named; what is linear is not."""
    growth = importlib.import_module("growth")
    sizes = growth.sizes_of(8_000)
    figures = {"linear": [1.0, 2.0, 4.0, 8.0], "quadratic": [1.0, 4.0, 16.0, 64.0]}
    series = {name: growth._grown(sizes, each) for name, each in figures.items()}
    assert growth.faster_than_bound({"sizes": sizes, "series": series}) == ["quadratic"]
