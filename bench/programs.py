"""Small programs that are measured: each runs in a process of its own and prints one JSON object.

``python bench/programs.py NAME ARGUMENTS``; the functions here say what each does.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyoxigraph as ox

_MODULO: Final = 2**256


def stage_bundle(bundle: str) -> dict[str, Any]:
    """Check the records of a bundle and write them as N-Quads, as a build does first."""
    from workspace import BASE

    from kmgraph.bundles.check import BundleCheck
    from kmgraph.bundles.opening import open_bundle
    from kmgraph.pipeline import workers
    from kmgraph.pipeline.elsewhere import StoreElsewhere
    from kmgraph.pipeline.staging import stage

    started = time.perf_counter()
    elsewhere = StoreElsewhere(None, {})
    with TemporaryDirectory() as folder:
        check = BundleCheck(open_bundle(bundle), elsewhere=elsewhere, workers=workers.count())
        staged = stage(check, elsewhere, BASE, Path(folder))
        seconds = time.perf_counter() - started
        return {
            "seconds": seconds,
            "statements": staged.statements,
            "records": sum(staged.records.values()),
            "bytes": staged.quads.stat().st_size,
        }


def write_quads(store: str, out: str) -> dict[str, Any]:
    """Write what a build loads, without what it derives: one file with the graphs alone, and one
    with the default graph beside them, as a published view holds it."""
    from workspace import is_cube

    import kmgraph
    from kmgraph.formats import NTRIPLES

    count = 0
    with (
        kmgraph.open_store(store) as dataset,
        Path(f"{out}.nq").open("wb") as named,
        Path(f"{out}-default.nq").open("wb") as both,
    ):
        graphs = dataset.store.graph_names()
        for graph in graphs:
            if graph.endswith("/derived") or is_cube(graph):
                continue
            with TemporaryDirectory() as folder:
                dump = Path(folder) / "graph.nt"
                with dump.open("wb") as file:
                    dataset.store.dump(file, NTRIPLES, graph_name=graph)
                end = f" <{graph}> .\n".encode()
                with dump.open("rb") as lines:
                    for line in lines:
                        quad = line[:-3] + end
                        named.write(quad)
                        both.write(quad)
                        both.write(line)
                        count += 1
        base = dataset.base
    return {"statements": count, "graphs": graphs, "base": base}


def load_bare(quads: str) -> dict[str, Any]:
    """Load a file of N-Quads into the bare engine, and optimise: nothing else."""
    # The engine may still be tidying up behind itself when the folder goes.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = ox.Store(folder)
        started = time.perf_counter()
        store.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
        loaded = time.perf_counter()
        store.optimize()
        optimised = time.perf_counter()
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        return {
            "load_s": loaded - started,
            "optimize_s": optimised - loaded,
            "seconds": optimised - started,
            "quads": len(store),
            "bytes": size,
        }


def same_graph(quads: str, store: str, graph: str) -> dict[str, Any]:
    """Compare a graph as the bare engine holds it with what is published, line by line."""
    import kmgraph
    from kmgraph.formats import NTRIPLES

    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bare = ox.Store(f"{folder}/store")
        bare.bulk_load(path=quads, format=ox.RdfFormat.N_QUADS)
        ours, theirs = Path(folder) / "ours.nt", Path(folder) / "theirs.nt"
        bare.dump(theirs, ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(graph))
        with kmgraph.open_store(store) as dataset, ours.open("wb") as file:
            dataset.store.dump(file, NTRIPLES, graph_name=graph)
        hashes = [_sum_of_lines(path) for path in (ours, theirs)]
    return {"equal": hashes[0] == hashes[1], "hash": hashes[0]}


def _sum_of_lines(path: Path) -> str:
    """Return a hash that does not depend on the order of the lines."""
    total = 0
    with path.open("rb") as lines:
        for line in lines:
            total += int.from_bytes(hashlib.blake2b(line, digest_size=32).digest(), "big")
    return f"{total % _MODULO:064x}"


def open_store(store: str) -> dict[str, Any]:
    """Open the published view, and answer one ASK."""
    import kmgraph

    started = time.perf_counter()
    with kmgraph.open_store(store) as dataset:
        dataset.query("ASK { ?s ?p ?o }")
        return {"seconds": time.perf_counter() - started}


def append(store: str, *bundles: str) -> dict[str, Any]:
    """Append bundles one after the other, and publish after each."""
    import kmgraph

    seconds = []
    for bundle in bundles:
        started = time.perf_counter()
        kmgraph.build([bundle], store, kmgraph.BuildOptions(append=True))
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds}


def holds(store: str, iri: str) -> dict[str, Any]:
    """Say whether the published view says anything of a record."""
    import kmgraph

    with kmgraph.open_store(store) as dataset:
        found: Any = dataset.query(f"ASK {{ <{iri}> ?p ?o }}")
        return {"holds": bool(found)}


def spoil(data: str, out: str) -> dict[str, Any]:
    """Copy a file of triples with faults, which the shapes are to find.

    Some titles are left out, some scores are beyond the scale, some dates are texts, and some
    findings are about a study that is none.
    """
    faults = {
        "score": ("ontology#score>", 90, lambda line: line.replace(b'"0.', b'"7.')),
        "title": ("terms/title>", 70, lambda line: b""),
        "about": ("ontology#about>", 80, lambda line: line.replace(b"/case/", b"/nothing/")),
        "date": ("schema.org/startDate>", 60, lambda line: line.replace(b"gYear", b"string")),
    }
    seen = dict.fromkeys(faults, 0)
    spoilt = 0
    with Path(data).open("rb") as lines, Path(out).open("wb") as file:
        for line in lines:
            for name, (part, every, change) in faults.items():
                if part.encode() in line:
                    seen[name] += 1
                    if seen[name] % every == 0:
                        line = change(line)
                        spoilt += 1
            file.write(line)
    return {"spoilt": spoilt}


def check_shapes(engine: str, data: str) -> dict[str, Any]:
    """Check a file of triples against the shipped shapes.

    :param engine: ``ours`` for that which kmgraph uses, or ``pyshacl``.
    """
    from kmgraph.validation import PySHACLEngine, validate_triples

    started = time.perf_counter()
    chosen = PySHACLEngine() if engine == "pyshacl" else None
    report = validate_triples(Path(data), engine=chosen)
    seconds = time.perf_counter() - started
    found = sorted(_result_lines(report))
    return {
        "seconds": seconds,
        "results": len(found),
        "digest": hashlib.sha256("\n".join(found).encode()).hexdigest()[:16],
        "conforms": report.conforms,
    }


def check_store(store: str) -> dict[str, Any]:
    """Check the published view of a store where it is, on every core, once to warm up."""
    from kmgraph.pipeline import workers
    from kmgraph.stores.generations import GenerationStore
    from kmgraph.validation import validate_quads

    opened = GenerationStore(store)
    with opened.open_view(opened.generation().master) as view:
        for _ in range(2):
            started = time.perf_counter()
            report = validate_quads(view, workers=workers.count())
            seconds = time.perf_counter() - started
    return {"seconds": seconds, "conforms": report.conforms}


def _result_lines(report: Any) -> Iterator[str]:
    """Yield what each result says, as text."""
    for result in report.results:
        said = (result.focus_node, result.path, result.value, result.component, result.severity)
        yield "\t".join(str(getattr(part, "value", part)) for part in said)


PROGRAMS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "stage": stage_bundle,
    "quads": write_quads,
    "bare": load_bare,
    "same": same_graph,
    "open": open_store,
    "append": append,
    "holds": holds,
    "spoil": spoil,
    "shapes": check_shapes,
    "check": check_store,
}

if __name__ == "__main__":
    print(json.dumps(PROGRAMS[sys.argv[1]](*sys.argv[2:])))
