"""The data of a run: bundles, stores and files of triples, made when they are first wanted."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from measuring import Usage, kmgraph_command

BASE: Final = "https://example.org/bench/"
SEED: Final = 1
DATASET: Final = "synthetic-registry"
PREFIX: Final = "syr-"


@dataclass(slots=True)
class Workspace:
    """A folder with what was made for a run; what is there already is used again.

    :ivar folder: the folder.
    :ivar tell: takes what is being done, for the person who waits.
    """

    folder: Path
    tell: Any = print
    builds: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def bundle(self, studies: int) -> Path:
        """Return a bundle of so many studies."""
        path = self.folder / f"bundle-{studies}"
        if not path.exists():
            self.tell(f"generating {studies:,} studies")
            generate(path, studies)
        return path

    def store(self, studies: int) -> Path:
        """Return a store that holds the bundle of so many studies."""
        path = self.folder / f"store-{studies}"
        if not path.exists():
            self.build(studies)
        return path

    def build(self, studies: int) -> tuple[Usage, dict[str, Any]]:
        """Build the bundle into a new store, which takes the place of the old one.

        :returns: what it took, and what the command said.
        """
        bundle = self.bundle(studies)
        self.tell(f"building {studies:,} studies")
        path, beside = self.folder / f"store-{studies}", self.folder / f"store-{studies}.part"
        shutil.rmtree(beside, ignore_errors=True)
        kmgraph_command("init", "--store", beside, "--base", BASE)
        usage, said = kmgraph_command(
            "build", bundle, "--store", beside, "--json", limit_s=6 * 3600
        )
        shutil.rmtree(path, ignore_errors=True)
        beside.rename(path)
        summary: dict[str, Any] = json.loads(said)
        return usage, summary

    def triples(self, studies: int) -> Path:
        """Return the content of the published view as N-Triples, without the cube."""
        path = self.folder / f"view-{studies}.nt"
        if not path.exists():
            store = self.store(studies)
            self.tell(f"writing the triples of {studies:,} studies")
            beside = path.with_suffix(".part")
            with beside.open("wb") as file:
                write_triples(store, file)
            beside.rename(path)
        return path

    def scratch(self) -> Path:
        """Return the folder of what is thrown away after each measurement."""
        path = self.folder / "scratch"
        path.mkdir(exist_ok=True)
        return path


def generate(path: Path, studies: int) -> Usage:
    """Generate a registry."""
    options = ["--studies", str(studies), "--seed", str(SEED), "--depth", "registry", "--quiet"]
    return kmgraph_command("generate", path, *options)[0]


def write_triples(store: Path, file: Any, *, only: str = "") -> None:
    """Write the named graphs of the public view as N-Triples, but for what the cube holds.

    :param only: IRI of the only graph to write; all of them where it is empty.
    """
    import kmgraph
    from kmgraph.formats import NTRIPLES

    with kmgraph.open_store(store) as dataset:
        for name in dataset.store.graph_names():
            if not is_cube(name) and only in ("", name):
                dataset.store.dump(file, NTRIPLES, graph_name=name)


def is_cube(graph: str) -> bool:
    """Say whether a graph holds the cube of a view.

    >>> is_cube("https://example.org/bench/graph/cube"), is_cube("https://example.org/cubes")
    (True, False)
    """
    return graph.rpartition("/")[2] == "cube"
