"""What is exported is what is held."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from helpers import full_bundle as fb

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import GraphNotFoundError, InputError


@pytest.fixture(scope="module")
def evidence(example: EvidenceDataset) -> EvidenceDataset:
    """Return the CLAHRC-NDL example in memory."""
    return example


def canonical(quads: list[ox.Quad]) -> list[str]:
    """Return the canonical form of a set of quads."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


@pytest.mark.parametrize("ending", ["nq", "trig", "jsonld"])
def test_named_graphs_come_back(ending: str, evidence: EvidenceDataset, tmp_path: Path) -> None:
    """The formats of datasets parse back to the same named graphs."""
    path = tmp_path / f"all.{ending}"
    assert kmgraph.export(evidence, path) == path.stat().st_size
    assert canonical(list(evidence.store.quads())) == canonical(list(ox.parse(path=str(path))))


@pytest.mark.parametrize("ending", ["ttl", "nt", "rdf"])
def test_the_merge_comes_back(ending: str, evidence: EvidenceDataset, tmp_path: Path) -> None:
    """The formats of graphs parse back to the merged graph, in another toolkit too."""
    path = tmp_path / f"all.{ending}"
    kmgraph.export(evidence, path)
    merged = list(evidence.store.quads(graph_name=ox.DefaultGraph()))
    assert canonical(merged) == canonical(list(ox.parse(path=str(path))))
    read = rdflib.Graph().parse(path)
    assert len(merged) == len(read)


def test_rdflib_gets_the_same(evidence: EvidenceDataset) -> None:
    """The copies for rdflib hold the merged graph and the named graphs."""
    graph = evidence.to_rdflib_graph()
    assert len(evidence) == len(graph)
    dataset = evidence.to_rdflib_dataset()
    named = rdflib.URIRef(f"{evidence.base}graph/clahrc-ndl")
    assert evidence.store.count(str(named)) == len(dataset.graph(named))
    held = {
        tuple(term.value for term in (quad.subject, quad.predicate, quad.object))
        for quad in evidence.store.quads(graph_name=ox.DefaultGraph())
    }
    assert held == {tuple(map(str, triple)) for triple in graph}


@pytest.mark.parametrize("ending", ["", ".xlsx", ".json"])
@pytest.mark.parametrize("which", ["example", "full"])
def test_records_come_back(ending: str, which: str, tmp_path: Path) -> None:
    """A dataset written as a bundle and built again is the same graph."""
    source = example_path("clahrc-ndl")
    if which == "full":
        source = fb.write_csv(fb.full_bundle(), tmp_path / "full")
    with kmgraph.build_in_memory(source) as first:
        target = tmp_path / f"out{ending}"
        written = kmgraph.export_bundle(first, target)
        assert () == written.left_out
        with kmgraph.build_in_memory(target) as second:
            assert canonical(list(first.store.quads())) == canonical(list(second.store.quads()))
        with pytest.raises(InputError, match="already"):
            kmgraph.export_bundle(first, target)


def test_what_no_column_holds_is_named(tmp_path: Path) -> None:
    """A statement that fits no column stays behind, and is told."""
    with kmgraph.build_in_memory(example_path("clahrc-ndl")) as evidence:
        graph = f"{evidence.base}graph/clahrc-ndl"
        line = f'<{evidence.base}study/ndl-MH1> <https://x.org/colour> "red" <{graph}> .\n'
        evidence.store.load_nquads(line.encode())  # type: ignore[attr-defined]
        (left,) = kmgraph.export_bundle(evidence, tmp_path / "out").left_out
    assert "https://x.org/colour" in left


def test_exports_fail_clearly(evidence: EvidenceDataset, tmp_path: Path) -> None:
    """An unknown ending, dataset or folder is an error, and leaves nothing behind."""
    with pytest.raises(InputError):
        kmgraph.export(evidence, tmp_path / "x.docx")
    with pytest.raises(InputError, match="cannot be written"):
        kmgraph.export(evidence, tmp_path / "none" / "x.nt")
    with pytest.raises(GraphNotFoundError, match="no dataset 'z'"):
        kmgraph.export_bundle(evidence, tmp_path / "z", name="z")
    assert [] == list(tmp_path.iterdir())
