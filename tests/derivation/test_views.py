"""What is derived stands apart, follows the data, and is never more visible than its parts."""

from __future__ import annotations

import csv
import dataclasses
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.derivation import is_derived
from kmgraph.errors import BundleError, NonConformanceError
from kmgraph.namespaces import expand, graph_iri
from kmgraph.pipeline import validating
from kmgraph.records import (
    Assessment,
    Dataset,
    Document,
    ImplementationCase,
    Passage,
    Person,
    Record,
    Study,
)
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation import Report

#: These builds publish few frameworks: the rules read two of them.
pytestmark = pytest.mark.usefixtures("with_few_frameworks")
BASE = "https://example.org/"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
EVIDENCE = "case/a-c1/summary/PARIHS.E"


def bundle(name: str, *records: Record, **facts: object) -> MemoryBundle:
    """Return a bundle of some records, with a document and a passage of its own."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    own: list[Record] = [
        Dataset(id=name, id_prefix=f"{name}-", **row),  # type: ignore[arg-type]
        Document(id="d", title=f"Report of {name}"),
        Passage(id="p", document="d", page=1, gist="what was found"),
        Person(id="r", pseudonym="rater"),
    ]
    return MemoryBundle([*own, *records], name=name)


def rated(record_id: str, construct: str, score: str, about: str = "c1") -> Assessment:
    """Return a rating by the dataset's own rater."""
    return Assessment(
        id=record_id,
        about=about,
        construct=construct,
        score=Decimal(score),
        rater="r",
        passages=("p",),
    )


def base_records(*ratings: Assessment) -> list[Record]:
    """Return a study with a case and its ratings."""
    return [
        Study(id="S", title="A study", passages=("p",)),
        ImplementationCase(id="c1", study="S", passages=("p",)),
        *ratings,
    ]


@pytest.fixture(autouse=True)
def shapes_are_run_where_it_matters(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave the shapes out of tests that are not about them: they take most of the time."""
    if "validated" not in request.node.name and "refused" not in request.node.name:
        monkeypatch.setattr(
            validating, "validate_quads", lambda *arguments, **options: Report.of(())
        )


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store", base=BASE)


PUBLIC = bundle(
    "a",
    *base_records(rated("e", "PARIHS.E.research", "0.9"), rated("c", "PARIHS.C.culture", "0.8")),
)
#: Another dataset, for a group, that rates the same case.
SECRET = bundle(
    "b",
    rated("e", "PARIHS.E.research", "0.1", about="a:c1"),
    visibility="team",
    extends=("a",),
)


def scores(store: GenerationStore, view: str, tail: str = EVIDENCE) -> list[str]:
    """Return the scores of a summary in a view."""
    with kmgraph.open_store(store.path, view=view) as dataset:
        node = ox.NamedNode(BASE + tail)
        found = dataset.store.quads(node, ox.NamedNode(expand("km:score")), None, ox.DefaultGraph())
        return sorted(quad.object.value for quad in found)


def graphs(store: GenerationStore, view: str) -> dict[str, set[str]]:
    """Return the derived graphs of a view, each with the summaries it holds."""
    kind, summary = ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("km:ElementSummary"))
    with kmgraph.open_store(store.path, view=view) as dataset:
        names = [iri.removeprefix(graph_iri(BASE, "")) for iri in dataset.store.graph_names()]
        return {
            name: {
                quad.subject.value.removeprefix(BASE)
                for quad in dataset.store.quads(
                    None, kind, summary, ox.NamedNode(graph_iri(BASE, name))
                )
            }
            for name in names
            if is_derived(name)
        }


def test_each_view_is_derived_from_what_it_shows(store: GenerationStore) -> None:
    """The public summary is made without the group's rating; the group's with both."""
    kmgraph.build([PUBLIC, SECRET], store)
    assert ["0.9"] == scores(store, "public")
    assert ["0.5"] == scores(store, "public+team")


def test_nothing_in_the_public_view_tells_of_the_other_rating(store: GenerationStore) -> None:
    """Graphs, names and statements of the public view are those of a store without the group."""
    kmgraph.build([PUBLIC], store)
    with kmgraph.open_store(store.path) as dataset:
        before = sorted(map(str, dataset.store.quads()))
    kmgraph.build([SECRET], store)
    with kmgraph.open_store(store.path) as dataset:
        assert before == sorted(map(str, dataset.store.quads()))
    assert {"a/derived"} == set(graphs(store, "public"))
    both = {"case/a-c1/summary/PARIHS.C", EVIDENCE}
    assert {"a/derived", "derived"} >= set(graphs(store, "public+team"))
    assert both == graphs(store, "public+team")["derived"]


def test_what_one_dataset_yields_stands_in_its_graph(store: GenerationStore) -> None:
    """Asserted and derived statements are apart, and the merged graph has both."""
    kmgraph.build([PUBLIC], store)
    assert EVIDENCE in graphs(store, "public")["a/derived"]
    generation = store.generation()
    assert {"a", "ontology", "frameworks", "mappings"} == {g.name for g in generation.graphs}
    own = generation.derived["public"]
    assert [("a/derived", "derived"), ("cube", "derived")] == [(g.name, g.kind) for g in own]
    assert generation.counts["quads"] == sum(g.triples for g in (*generation.graphs, *own))


def test_what_no_longer_follows_is_gone(store: GenerationStore) -> None:
    """A dataset built anew without its ratings leaves nothing derived from them behind."""
    kmgraph.build([PUBLIC], store)
    kmgraph.build([bundle("a", *base_records())], store)
    assert [] == scores(store, "public")
    with kmgraph.open_store(store.path) as dataset:
        found = dataset.query("SELECT ?s { ?s <https://w3id.org/kmgraph/ontology#element> ?e }")
        assert not list(found)


def test_a_rebuild_derives_the_same(store: GenerationStore, tmp_path: Path) -> None:
    """Digests of stores are equal whatever was built before, and a second build changes none."""
    kmgraph.build([PUBLIC, SECRET], store)
    first = store.generation()
    kmgraph.build([PUBLIC, SECRET], store)
    assert first.digest == store.generation().digest
    assert first.derived == store.generation().derived
    other = GenerationStore.create(tmp_path / "other", base=BASE)
    kmgraph.build([bundle("a", *base_records(rated("x", "PARIHS.E.local", "0.2")))], other)
    kmgraph.build([PUBLIC, SECRET], other)
    for view in ("public", "public+team"):
        assert store.digest(view) == other.digest(view)


def test_rollback_brings_back_what_was_derived(store: GenerationStore) -> None:
    """An old generation comes back with its summaries and their description."""
    kmgraph.build([PUBLIC], store)
    first = store.generation()
    kmgraph.build([bundle("a", *base_records(rated("e", "PARIHS.E.research", "0.2")))], store)
    assert ["0.2"] == scores(store, "public")
    store.rollback(first.id)
    assert ["0.9"] == scores(store, "public")
    assert first.derived == store.generation().derived
    assert first.digest == store.generation().digest == store.digest()


def test_appended_ratings_change_the_summary(store: GenerationStore) -> None:
    """Appending derives anew from all of the dataset."""
    kmgraph.build([PUBLIC], store)
    more = MemoryBundle(
        [
            Dataset(
                id="a", id_prefix="a-", title="a", publisher="Us", licence=LICENCE, version="1"
            ),
            rated("e2", "PARIHS.E.local", "0.1"),
        ],
        name="more",
    )
    kmgraph.build([more], store, kmgraph.BuildOptions(append=True))
    assert ["0.5"] == scores(store, "public")


def test_loaded_ratings_are_summed_up_too(store: GenerationStore, tmp_path: Path) -> None:
    """Ratings that come as RDF are read like those of a bundle."""
    kmgraph.build([PUBLIC], store)
    path = tmp_path / "more.ttl"
    path.write_text(
        f"""
        @prefix km: <https://w3id.org/kmgraph/ontology#> .
        @prefix dcterms: <http://purl.org/dc/terms/> .
        @prefix prov: <http://www.w3.org/ns/prov#> .
        <{BASE}assessment/z-1> a km:Assessment, km:EvidenceAssessment ; dcterms:identifier "1" ;
            km:about <{BASE}case/a-c1> ; km:ratingStatus km:Rated ; km:score 0.2 ;
            km:construct <https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.E.local> ;
            km:band km:Low ; km:bandKind km:Computed ;
            km:assertionKind km:Stated ; prov:wasDerivedFrom <{BASE}passage/a-p> .
        """,
        encoding="utf-8",
    )
    kmgraph.load_rdf(path, "more", store)
    assert ["0.55"] == scores(store, "public")
    assert EVIDENCE in graphs(store, "public")["derived"]


def break_rule(monkeypatch: pytest.MonkeyPatch, rule_id: str, old: str, new: str) -> None:
    """Put other text into a rule."""
    from kmgraph.derivation import readings, rules

    original = rules.load_rules

    def broken(folder: str) -> tuple[rules.Rule, ...]:
        return tuple(
            dataclasses.replace(rule, query=rule.query.replace(old, new))
            if rule.id == rule_id
            else rule
            for rule in original(folder)
        )

    monkeypatch.setattr(readings, "load_rules", broken)


def test_what_is_derived_is_validated_too(
    store: GenerationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that yields what the shapes refuse stops the build before anything is published."""
    break_rule(monkeypatch, "publish-elements", "km:coverage ?coverage", "km:coverage 7.0")
    with pytest.raises(NonConformanceError, match="coverage"):
        kmgraph.build([PUBLIC], store)
    assert store.current_id() is None


def test_what_only_a_smaller_view_has_is_validated_too(
    store: GenerationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The public summary, 0.9, is not in the view that shows everything, and is looked at."""
    wrong = "BIND(IF(?score = 0.9, 7.0, ?given) AS ?coverage) }"
    break_rule(
        monkeypatch, "publish-elements", "w:roundCoverage ?coverage", "w:roundCoverage ?given"
    )
    first = GenerationStore.create(store.path.parent / "first", base=BASE)
    from kmgraph.derivation import readings

    patched = readings.load_rules
    monkeypatch.setattr(
        readings,
        "load_rules",
        lambda folder: tuple(
            dataclasses.replace(rule, query=rule.query.rstrip().removesuffix("}") + wrong)
            if rule.id == "publish-elements"
            else rule
            for rule in patched(folder)
        ),
    )
    kmgraph.build([bundle("a", *base_records(rated("e", "PARIHS.E.research", "0.5")))], first)
    with pytest.raises(NonConformanceError, match="coverage"):
        kmgraph.build([PUBLIC, SECRET], store)


def test_if_changed_follows_the_rules(
    store: GenerationStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data that was derived by other rules is built again."""
    from kmgraph.pipeline import building, following

    options = kmgraph.BuildOptions(if_changed=True)
    assert kmgraph.build([PUBLIC], store, options).changed
    assert not kmgraph.build([PUBLIC], store, options).changed
    for module in (building, following):
        monkeypatch.setattr(module, "following_digest", lambda: "other rules")
    assert kmgraph.build([PUBLIC], store, options).changed


def test_append_and_keep_going_build_the_good_and_set_the_others_aside(
    store: GenerationStore, tmp_path: Path
) -> None:
    """Rejected rows are checked against what the store has, up to the moment they are written."""
    kmgraph.build([PUBLIC], store)
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "dataset.csv").write_text(
        f"id,title,publisher,licence,version,id_prefix\na,a,Us,{LICENCE},1,a-\n", encoding="utf-8"
    )
    (folder / "assessments.csv").write_text(
        "id,about,construct,score,rater,passages\n"
        "good,c1,PARIHS.E.local,0.1,r,p\n"
        "high,c1,PARIHS.E.local,1.5,r,p\n"
        "who,c1,PARIHS.E.patient,0.5,nobody,p\n",
        encoding="utf-8",
    )
    options = kmgraph.BuildOptions(append=True, keep_going=True, rejects=tmp_path / "rejects")
    summary = kmgraph.build([folder], store, options)
    assert 2 == summary.rejected
    assert ["0.5"] == scores(store, "public")
    rejected = (tmp_path / "rejects" / "assessments.csv").read_text(encoding="utf-8")
    assert ["high", "who"] == [row["id"] for row in csv.DictReader(rejected.splitlines())]


def test_the_message_of_a_bundle_names_its_first_problem(store: GenerationStore) -> None:
    """Whoever builds from Python sees what is wrong without looking further."""
    with pytest.raises(BundleError, match="row 2, column score: out-of-range: found '7'"):
        kmgraph.build([bundle("a", *base_records(rated("e", "PARIHS.E.research", "7")))], store)


def test_what_is_no_assessment_by_class_is_refused(store: GenerationStore, tmp_path: Path) -> None:
    """A rating that comes as RDF without its class is a violation that names it."""
    kmgraph.build([PUBLIC], store)
    path = tmp_path / "untyped.ttl"
    path.write_text(
        f"""
        @prefix km: <https://w3id.org/kmgraph/ontology#> .
        <{BASE}assessment/z-1> km:about <{BASE}case/a-c1> ; km:ratingStatus km:Rated ;
            km:score 0.9 ; km:band km:High ;
            km:construct <https://w3id.org/kmgraph/framework/parihs-2004/PARIHS.F.role> .
        """,
        encoding="utf-8",
    )
    with pytest.raises(NonConformanceError, match="assessment/z-1"):
        kmgraph.load_rdf(path, "untyped", store)
