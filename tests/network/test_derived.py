"""What is derived of networks: in whose graphs, for whom, and what is left out of large ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.dataset import EvidenceDataset
from kmgraph.derivation import derive
from kmgraph.errors import AccessDeniedError
from kmgraph.namespaces import RDF, expand, graph_iri
from kmgraph.network.statements import network_statements
from kmgraph.pipeline import validating
from kmgraph.pipeline.derived_graphs import rules_digest
from kmgraph.records import (
    Community,
    Dataset,
    Document,
    Membership,
    Organisation,
    Passage,
    Person,
    Post,
    Record,
    Study,
)
from kmgraph.stores.generations import GenerationStore
from kmgraph.stores.oxigraph import MemoryStore
from kmgraph.validation import Report

BASE = "https://example.org/"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def bundle(name: str, *records: Record, **facts: object) -> MemoryBundle:
    """Return a bundle of some records, with a document and a passage of its own."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    own: list[Record] = [
        Dataset(id=name, id_prefix=f"{name}-", **row),  # type: ignore[arg-type]
        Document(id="d", title=f"Register of {name}"),
        Passage(id="p", document="d", page=1, gist="who is who"),
    ]
    return MemoryBundle([*own, *records], name=name)


#: A post bridges a study with its community, and the organisation that its holder works for.
PUBLIC = bundle(
    "a",
    Study(id="S", title="A study", passages=("p",)),
    Organisation(id="O", name="Trust", passages=("p",)),
    Person(id="r", pseudonym="Manager", organisations=("O",), passages=("p",)),
    Post(id="b", label="Broker", kind="facilitator", status="filled", aligned_with=("S",),
         held_by="r", passages=("p",)),
    Community(id="C", label="Community", studies=("S",), passages=("p",)),
)  # fmt: skip
#: For a group: the manager is a member of the community, too, so there is a ring.
SECRET = bundle(
    "b",
    Membership(id="m", group="a:C", member="a:r", passages=("p",)),
    visibility="team",
    extends=("a",),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GenerationStore:
    """Return a store with a public dataset and one for a group; shapes are tested elsewhere."""
    target = GenerationStore.create(tmp_path_factory.mktemp("network") / "store", base=BASE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validating, "validate_quads", lambda *given, **options: Report.of(()))
        kmgraph.build([PUBLIC, SECRET], target)
    return target


def derived(dataset: EvidenceDataset, name: str) -> dict[str, set[str]]:
    """Return the records of a derived graph of the network, by kind."""
    found: dict[str, set[str]] = {}
    graph = ox.NamedNode(graph_iri(dataset.base, name))
    for quad in dataset.store.quads(None, ox.NamedNode(f"{RDF}type"), None, graph):
        kind = quad.object.value.rpartition("#")[2]
        found.setdefault(kind, set()).add(quad.subject.value.removeprefix(dataset.base))
    return found


def test_the_public_view_measures_no_person(store: GenerationStore) -> None:
    """Bridges over a person are counted, and none has a person as its subject."""
    with kmgraph.open_store(store.path) as dataset:
        found = derived(dataset, "a/derived")
        assert not any("person-" in iri for iris in found.values() for iri in iris)
        assert "network-position/post-a-b" in found["NetworkPosition"]
        assert {
            "bridge-tie/community-a-C/study-a-S",
            "bridge-tie/post-a-b/study-a-S",
        } == found["BridgeTie"]
        assert {
            "bridge-loss/post-a-b/organisation-a-O",
            "bridge-loss/post-a-b/study-a-S",
            "bridge-loss/post-a-b/community-a-C",
        } == found["BridgeLoss"]
        with pytest.raises(AccessDeniedError, match="public view"):
            dataset.network(people=True)


def test_the_view_of_a_group_has_its_own_network(store: GenerationStore) -> None:
    """With the membership there is a ring, people are measured, and two datasets made it."""
    with kmgraph.open_store(store.path, view="public+team") as dataset:
        assert "NetworkPosition" not in derived(dataset, "a/derived")
        found = derived(dataset, "derived")
        assert "network-position/person-a-r" in found["NetworkPosition"]
        assert {"bridge-tie/organisation-a-O/person-a-r"} == found["BridgeTie"]
        assert "BridgeLoss" not in found
        assert any(node.kind == "person" for node in dataset.network().articulation_points())


def test_everything_derived_is_derived_from_records(store: GenerationStore) -> None:
    """Each statement about the network leads to records, and these to passages."""
    ask = """SELECT ?x (COUNT(?p) AS ?n) { ?x a ?kind . VALUES ?kind {
      km:NetworkPosition km:BridgeTie km:BridgeLoss km:CommunityOverlap }
      OPTIONAL { ?x prov:wasDerivedFrom/prov:wasDerivedFrom ?p } } GROUP BY ?x"""
    prefixes = "".join(f"PREFIX {p}: <{expand(f'{p}:')}> " for p in ("km", "prov"))
    with kmgraph.open_store(store.path) as dataset:
        rows = list(dataset.query(prefixes + ask))
    assert len(rows) > 5
    assert all(int(row[1].value) > 0 for row in rows)


def test_deriving_again_gives_the_same(drawn: EvidenceDataset, tmp_path: Path) -> None:
    """What was derived before is not read."""
    folders = [tmp_path / name for name in ("one", "two")]
    texts = []
    for folder in folders:
        folder.mkdir()
        files = derive(drawn.store, folder).files
        assert {"network/derived"} == set(files)
        texts.append(sorted(files["network/derived"].read_text("utf-8").splitlines()))
    assert texts[0] == texts[1]
    assert any("network-position/post-fx-broker" in line for line in texts[0])


def test_what_is_left_out_of_large_networks_is_said(drawn: EvidenceDataset) -> None:
    """Above the limits there is no betweenness, loss or overlap, and the questions say so."""
    network = drawn.network()
    size = len(network.nodes) * len(network.ties)
    at_limit = list(network_statements(network, drawn.base, betweenness_limit=size))
    above = list(
        network_statements(network, drawn.base, betweenness_limit=size - 1, records_limit=1)
    )
    counts = Counter(triple.predicate.value.rpartition("#")[2] for triple in at_limit)
    assert (11, 0) == (counts["betweenness"], counts["notComputed"])
    counts = Counter(triple.predicate.value.rpartition("#")[2] for triple in above)
    assert (0, 3, 11, 0, 0) == tuple(
        counts[name]
        for name in ("betweenness", "notComputed", "positionOf", "loses", "sharedMembers")
    )
    store = MemoryStore(base=drawn.base)
    start, left_out = graph_iri(drawn.base, ""), ox.NamedNode("urn:large/derived")
    quads = [q for q in drawn.store.quads() if q.graph_name.value != f"{start}network/derived"]
    quads += [ox.Quad(t.subject, t.predicate, t.object, left_out) for t in above]
    store.load_nquads(ox.serialize(quads, format=ox.RdfFormat.N_QUADS))
    asked = EvidenceDataset(store)
    assert {f"not computed: records times ties are more than {size - 1}"} == {
        row["computed"] for row in asked.ask("136").rows
    }
    assert all(row["betweenness"] is None for row in asked.ask("136").rows)
    assert "not computed: too many communities share members" in {
        row["relation"] for row in asked.ask("138").rows
    }
    assert "not computed: too many records would be cut off" in {
        row["outcome"] for row in asked.ask("139").rows
    }


def test_stores_notice_other_rules_of_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A change to what ties records makes a store derive anew."""
    from kmgraph.network import statements

    before = rules_digest()
    monkeypatch.setattr(statements, "BETWEENNESS_LIMIT", 1)
    assert before != rules_digest()


def test_a_store_without_ties_derives_nothing_of_networks() -> None:
    """A study by itself is no network."""
    builder = kmgraph.DatasetBuilder(
        Dataset(id="one", title="One", publisher="Us", licence=LICENCE, version="1")
    )
    builder.add(Study(id="S", title="A study"))
    assert [] == list(network_statements(builder.build().network(), BASE))
