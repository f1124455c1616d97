"""What is derived again after a change is what deriving anew gives, whatever was changed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph.bundles.files import example_path
from kmgraph.derivation import (
    derive,
    derive_changes,
    flips_are_stored,
    flips_of,
    load_rules,
    with_flips,
)
from kmgraph.derivation.axioms import Axioms
from kmgraph.derivation.cases import rated_cases_of
from kmgraph.derivation.deriving import datasets_of
from kmgraph.derivation.distinct import DistinctLines
from kmgraph.derivation.networks import network_lines, network_size
from kmgraph.derivation.rules import PUBLISHED, run_rules
from kmgraph.namespaces import expand, graph_iri
from kmgraph.pipeline.bearing import changed_nodes
from kmgraph.pipeline.in_memory import build_in_memory
from kmgraph.questions import load_catalogue
from kmgraph.stores.oxigraph import OxigraphStore
from kmgraph.synthetic import generate

BASE = "https://x.org/"
VOCABULARY = ("ontology", "frameworks", "mappings")
Lines = dict[str, set[bytes]]


def plain(line: bytes, name: str) -> bytes:
    """Return a line of N-Quads as one of N-Triples."""
    return line.removesuffix(f" <{graph_iri(BASE, name)}> .\n".encode()) + b" .\n"


def anew(store: OxigraphStore, folder: Path, *, flips: bool | None = None) -> Lines:
    """Derive everything, as lines by graph; each line is there once."""
    folder.mkdir()
    found: Lines = {}
    for name, path in derive(store, folder, people=True, flips=flips).files.items():
        lines = path.read_bytes().splitlines(keepends=True)
        found[name] = {plain(line, name) for line in lines}
        assert len(lines) == len(found[name])
    return found


class Changing:
    """A store in memory that is changed at random, with what is derived of it beside.

    :param parts: data graphs that the statements are spread over, some of them in two.
    """

    def __init__(self, data: list[ox.Quad], seed: int, parts: int, folder: Path) -> None:
        self.random, self.folder, self.number = random.Random(seed), folder, 0
        self.engine = ox.Store()
        self.store = OxigraphStore(self.engine, BASE)
        for quad in data:
            name = quad.graph_name.value.removeprefix(graph_iri(BASE, ""))
            if name.endswith("derived"):
                continue
            names = {name}
            if name not in VOCABULARY and parts > 1:
                wanted = self.random.choice([1, 1, 1, 2])
                names = {f"part{self.random.randrange(parts)}" for _ in range(wanted)}
            for each in names:
                self.put(quad.triple, each)

    def put(self, triple: ox.Triple, name: str) -> None:
        """Add a triple to a graph and to the merge of all."""
        parts = (triple.subject, triple.predicate, triple.object)
        self.engine.add(ox.Quad(*parts, ox.NamedNode(graph_iri(BASE, name))))
        self.engine.add(ox.Quad(*parts))

    def take(self, triple: ox.Triple, name: str) -> None:
        """Take a triple from a graph, and from the merge where no graph holds it any more."""
        parts = (triple.subject, triple.predicate, triple.object)
        self.engine.remove(ox.Quad(*parts, ox.NamedNode(graph_iri(BASE, name))))
        if not any(True for _ in self.store.quads(*parts)):
            self.engine.remove(ox.Quad(*parts))

    def note(self, added: Lines, deleted: Lines) -> None:
        """Change the derived graphs."""
        for changes, do in ((deleted, self.take), (added, self.put)):
            for name, lines in changes.items():
                for quad in ox.parse(b"".join(lines), format=ox.RdfFormat.N_TRIPLES):
                    do(quad.triple, name)

    def change(self) -> list[ox.Triple]:
        """Change some statements of one dataset; return those that were added or deleted."""
        name = self.random.choice(datasets_of(self.store))
        quads = list(self.store.quads(graph_name=ox.NamedNode(graph_iri(BASE, name))))
        kind = self.random.choice(["delete", "remove a record", "exchange", "add a record"])
        record = self.random.choice(quads).subject
        some = self.random.sample(quads, 8)
        gone: list[ox.Triple] = []
        new: list[ox.Triple] = []
        if kind == "delete":
            gone = [quad.triple for quad in some]
        elif kind == "remove a record":
            gone = [quad.triple for quad in quads if record in (quad.subject, quad.object)]
        elif kind == "exchange":
            same = {quad.predicate for quad in some}
            pool = [quad for quad in quads if quad.predicate in same]
            gone = [quad.triple for quad in some]
            for quad in some:
                others = [other.object for other in pool if other.predicate == quad.predicate]
                value = self.random.choice(others)
                new.append(ox.Triple(quad.subject, quad.predicate, value))
        else:
            twin = ox.NamedNode(f"{record.value}-twin{self.number}")
            of = [quad for quad in quads if quad.subject == record]
            new = [ox.Triple(twin, quad.predicate, quad.object) for quad in of]
        for triple in gone:
            self.take(triple, name)
        for triple in new:
            self.put(triple, name)
        return [*gone, *new]

    def derived_anew(self, *, flips: bool | None = None) -> Lines:
        """Derive everything."""
        self.number += 1
        return anew(self.store, self.folder / f"{self.number}", flips=flips)


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> list[ox.Quad]:
    """Return a synthetic programme, with everything that studies can have."""
    folder = tmp_path_factory.mktemp("rated") / "bundle"
    generate(folder, studies=6, seed=4)
    return list(build_in_memory(folder, base=BASE).store.quads())


@pytest.mark.parametrize(("seed", "parts"), [(1, 1), (2, 1), (3, 2), (4, 3)])
def test_after_any_change_what_is_derived_again_is_what_deriving_anew_gives(
    rated: list[ox.Quad], tmp_path: Path, seed: int, parts: int
) -> None:
    """Statements are deleted and exchanged, and records removed and added, in several graphs."""
    changing = Changing(rated, seed, parts, tmp_path)
    held = changing.derived_anew()
    changing.note(held, {})
    for _ in range(4):
        changed = changed_nodes(changing.store, changing.change())
        found = derive_changes(changing.store, changed, people=True)
        changing.note(found.added, found.deleted)
        for name in found.added.keys() | found.deleted.keys():
            before = held.get(name, set()) - found.deleted.get(name, set())
            held[name] = before | found.added.get(name, set())
        assert changing.derived_anew() == {name: lines for name, lines in held.items() if lines}


def test_a_change_of_a_title_derives_nothing_again(rated: list[ox.Quad], tmp_path: Path) -> None:
    """No rule reads titles."""
    changing = Changing(rated, 1, 1, tmp_path)
    title = ox.NamedNode(expand("dcterms:title"))
    triples = [ox.Triple(ox.NamedNode(f"{BASE}study/syn-S1"), title, ox.Literal("Other"))]
    assert changed_nodes(changing.store, triples) == set()


def subjects(lines: Iterable[bytes]) -> set[bytes]:
    """Return what lines speak of."""
    return {line.split(b" ", 1)[0] for line in lines}


def test_flips_that_are_not_stored_are_those_that_would_be(
    rated: list[ox.Quad], tmp_path: Path
) -> None:
    """Worked out when asked they are the same statements, and nothing else differs."""
    changing = Changing(rated, 1, 1, tmp_path)
    stored, without = changing.derived_anew(flips=True), changing.derived_anew(flips=False)
    fact = without.pop("derived")
    assert len(fact) == 1 and b"flipsStored" in next(iter(fact))
    [name] = stored
    flips = {line for line in stored[name] if b"/flip/" in line.split(b" ", 1)[0]}
    assert flips and without[name] == stored[name] - flips
    [cases] = rated_cases_of(changing.store).values()
    asked = {f"{quad} .\n".encode() for quad in flips_of(changing.store, cases)}
    assert asked == flips
    some = {f"{quad} .\n".encode() for quad in flips_of(changing.store, cases[:2])}
    assert some == {
        line
        for line in flips
        if any(line[1:].startswith(c.value.encode() + b"/") for c in cases[:2])
    }


def told(store: OxigraphStore, text: str) -> list[list[list[str]]]:
    """Return an answer; values that are lists have no order of their own."""
    return [[sorted(re.split(r'\\n|[ "]', str(term))) for term in row] for row in store.query(text)]


def test_the_question_of_flips_has_one_answer_either_way(
    rated: list[ox.Quad], tmp_path: Path
) -> None:
    """A small store of some cases answers as the store that holds all flips."""
    changing = Changing(rated, 1, 1, tmp_path)
    stored = changing.derived_anew(flips=True)
    [cases] = rated_cases_of(changing.store).values()
    text = load_catalogue()["cq-103"].query
    changing.note(stored, {})
    assert flips_are_stored(changing.store)
    wanted = told(changing.store, text)
    changing.note({}, stored)
    changing.note(changing.derived_anew(flips=False), {})
    assert not flips_are_stored(changing.store)
    assert wanted and told(with_flips(changing.store, cases), text) == wanted


def test_flips_stay_as_they_are_when_little_changes(rated: list[ox.Quad], tmp_path: Path) -> None:
    """A store without flips gets none of the cases that are read again."""
    changing = Changing(rated, 1, 1, tmp_path)
    changing.note(changing.derived_anew(flips=False), {})
    [cases] = rated_cases_of(changing.store).values()
    assert derive_changes(changing.store, cases[:3]).added == {}


def test_a_network_that_is_too_large_is_not_read_and_says_so(
    rated: list[ox.Quad], tmp_path: Path
) -> None:
    """Its size is told, and that nothing was measured."""
    store = Changing(rated, 1, 1, tmp_path).store
    [(dataset, lines)] = network_lines(store, people=True, limit=network_size(store) - 1)
    text = b"".join(lines).decode()
    assert dataset == "" and len(subjects(lines)) == 1
    assert f'networkRecordCount> "{network_size(store)}"' in text
    assert text.count("notComputed") == 5 and "networkTieCount" not in text
    [(_, lines)] = network_lines(store, people=True, limit=network_size(store))
    assert f'networkRecordCount> "{network_size(store)}"' in b"".join(lines).decode()


def test_entailments_found_statement_by_statement_are_those_of_the_rules(
    rated: list[ox.Quad], tmp_path: Path
) -> None:
    """The rules run on everything in memory at once; both find the same."""
    changing = Changing(rated, 1, 1, tmp_path)
    [name] = datasets_of(changing.store)
    work = ox.Store()
    for part in ("ontology", "frameworks"):
        graph = ox.NamedNode(graph_iri(BASE, part))
        work.extend(
            ox.Quad(q.subject, q.predicate, q.object)
            for q in changing.store.quads(graph_name=graph)
        )
    rules = load_rules("entailment")
    run_rules(work, rules)
    work.clear_graph(PUBLISHED)
    axioms = Axioms.read(changing.store)
    # Else what follows of a subject could not be told from the subject alone.
    assert axioms.are_local
    premises = axioms.premises
    graph = ox.NamedNode(graph_iri(BASE, name))
    for quad in changing.store.quads(graph_name=graph):
        if quad.predicate in premises:
            work.add(ox.Quad(quad.subject, quad.predicate, quad.object))
    run_rules(work, rules)
    entailed = {
        f"{quad.triple} .\n".encode()
        for quad in work.quads_for_pattern(None, None, None, PUBLISHED)
    }
    derived = changing.derived_anew()[f"{name}/derived"]
    assert entailed and entailed <= derived
    kinds = (
        b"/summary/",
        b"/construct/",
        b"/diagnosis/",
        b"/network-",
        b"/bridge-",
        b"/community-overlap",
    )
    rest = {
        line for line in derived - entailed if not any(k in line.split(b" ", 1)[0] for k in kinds)
    }
    assert rest == set()


def test_the_shipped_example_derives_the_same_with_several_workers(tmp_path: Path) -> None:
    """Threads change nothing but the time."""
    store = build_in_memory(example_path("clahrc-ndl"), base=BASE).store
    for workers in (1, 3):
        (tmp_path / f"{workers}").mkdir()
        derive(store, tmp_path / f"{workers}", workers=workers)
    one, three = (
        {path.name: set(path.read_bytes().splitlines()) for path in (tmp_path / n).glob("*.nq")}
        for n in ("1", "3")
    )
    assert one and one == three


def test_lines_that_are_many_are_kept_once_too(tmp_path: Path) -> None:
    """They go through files then."""
    lines = DistinctLines(tmp_path / "lines", held=10)
    for number in [*range(100), *range(50)]:
        lines.add(b"%d\n" % number)
    parts = list(lines.all())
    assert sum(map(len, parts)) == 100
    assert set().union(*parts) == {b"%d\n" % number for number in range(100)}
