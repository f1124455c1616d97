"""The example as a store on disk, as files that endpoints read, and behind endpoints."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from remote import places

import kmgraph
from kmgraph.bundles.files import example_path
from kmgraph.formats import NQUADS, NTRIPLES
from kmgraph.namespaces import graph_iri
from kmgraph.stores.generations import GenerationStore


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Reach the loopback address without a proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Return the folder of the store and of what the endpoints read."""
    path = tmp_path_factory.mktemp("remote")
    with kmgraph.build_in_memory(example_path("clahrc-ndl")) as built:
        store = GenerationStore.create(path / "store")
        with store.begin(reason="for the tests of endpoints") as writer:
            for name in built.store.graph_names():
                file = path / f"{len(list(path.iterdir()))}.nq"
                with file.open("wb") as output:
                    quads = io.BytesIO()
                    built.store.dump(quads, NTRIPLES, graph_name=name)
                    end = f" <{name}> .\n".encode()
                    output.writelines(
                        line.removesuffix(b" .") + end for line in quads.getvalue().splitlines()
                    )
                writer.replace_graph(name.removeprefix(graph_iri(built.base, "")), file)
            writer.publish()
        with (path / "named.nq").open("wb") as output:
            built.store.dump(output, NQUADS)
        with (path / "merged.nt").open("wb") as output:
            built.store.dump(output, NTRIPLES)
    return path


@pytest.fixture(scope="session")
def endpoint(folder) -> Iterator[Callable[[str], str]]:
    """Return what starts an endpoint over the example, once, and gives its address."""
    started: dict[str, str] = {}
    with contextlib.ExitStack() as stack:

        def start(kind: str) -> str:
            if kind not in started:
                if kind == "kmgraph":
                    server = places.kmgraph_server(folder, folder / "store")
                elif kind == "oxigraph":
                    server = places.oxigraph(folder, folder / "named.nq", folder / "merged.nt")
                else:
                    server = places.rdflib_endpoint(folder, folder / "named.nq")
                started[kind] = stack.enter_context(server)
            return started[kind]

        yield start


@pytest.fixture(scope="session")
def local(folder) -> Iterator[kmgraph.EvidenceDataset]:
    """Return the store, opened."""
    with kmgraph.open_store(folder / "store") as dataset:
        yield dataset
