"""Explanations: arithmetic that adds up, reasons for what is left out, and passages at the end."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kmgraph.dataset import EvidenceDataset
from kmgraph.errors import RecordNotFoundError
from kmgraph.explanation import Explanation
from kmgraph.explanation.arithmetic import mean_in_words


def relation_of(tree: Explanation, part: str) -> str:
    """Return how the one node whose path ends so stands to what it is listed below."""
    (found,) = {node.relation for node in tree.walk() if node.path.endswith(part)}
    return found


def test_the_worked_summary_is_shown_with_its_sums(rated: EvidenceDataset) -> None:
    """Mean, bounds, coverage and spread are written out."""
    text = " ".join(rated.explain("case/fx-worked/summary/PARIHS.E").to_text(200).split())
    for told in (
        "mean of research 1, clinical experience 0.75, patient experience 0 = 0.583333 "
        "(mixed: 0.4 to 0.6)",
        "(1 + 0.75 + 0 + 0) / 4 = 0.4375, at 1 (1 + 0.75 + 0 + 1) / 4 = 0.6875",
        "3 of 4 sub-elements rated = 0.75",
        "1 - 0 = 1",
        "mean of Manager 1, Nurse 1, Therapist 1 = 1",
        "Local data/information (not rated: not reported)",
        "“No patient was asked at any time.”",
        "Report of ST1, Ratings, lines 60-61",
    ):
        assert told in text


def test_every_sum_adds_up(rated: EvidenceDataset) -> None:
    """No published value differs from the sum that explains it."""
    for name in rated.cases:
        text = rated.explain(name).to_text(10_000)
        assert "as published, though" not in text, name


def test_a_sum_that_does_not_add_up_is_not_passed_off_as_one() -> None:
    """A value that another version wrote is told from what the parts give."""
    text = mean_in_words([("a", Decimal(1)), ("b", Decimal(0))], Decimal("0.6"))
    assert "0.6 as published, though the mean of a 1, b 0 is 0.5" == text


def test_every_assessment_of_a_case_is_in_its_tree(rated: EvidenceDataset) -> None:
    """Used or not, each assessment that bears on an element is listed, down to its passages."""
    frame = rated.ratings()
    for name in rated.cases:
        tree = rated.explain(name)
        listed = {node.iri: node for node in tree.walk() if node.kind == "assessment"}
        iri = f"{rated.base}case/{name}"
        used = frame[(frame["case"] == iri) & frame["is_used"]]
        assert set(used["rating"]) <= set(listed)
        assert all(
            any(below.kind == "passage" for below in listed[one].walk()) for one in used["rating"]
        )
        diagnosed = {
            node.label.partition(" by ")[2] for node in tree.walk() if node.kind == "diagnosis"
        }
        if "PARIHS, version of 2004 and 2008" in diagnosed:
            own = frame[(frame["case"] == iri) & (frame["scheme"] == "parihs-2004")]
            assert set(own["rating"]) <= set(listed)


def test_reasons_for_what_is_left_out(rated: EvidenceDataset) -> None:
    """Each way not to count is named."""
    direct = rated.explain("case/fx-direct/summary/PARIHS.E")
    assert "it rates the element itself" in relation_of(direct, "fx-a-direct-e-manager")
    north = rated.explain("case/fx-north/summary/PARIHS.C")
    assert "proposed, not published" in relation_of(north, "fx-a-north-orca-c-5")
    person = [n.relation for n in north.walk() if n.path.endswith("orca-c-3-role-staff")]
    assert any("it is summed up in" in relation for relation in person)
    change = rated.explain("case/fx-change/construct/PARIHS.C.culture")
    assert [n for n in change.walk() if "superseded by the same rater" in n.relation]
    worked = rated.explain("case/fx-worked/summary/PARIHS.E")
    assert "not reported, which says nothing" in relation_of(worked, "e-local-researcher")
    silent = rated.explain("fx-silent")
    assert "no diagnosis" in silent.facts[0]
    assert {"not used: suppressed, which says nothing of high or low"} <= {
        node.relation for node in silent.walk()
    }
    assert not [node for node in silent.walk() if " low:" in node.to_text()]


def test_an_assessment_by_itself_says_whether_it_counts(rated: EvidenceDataset) -> None:
    """The root of the tree has the relation too."""
    used = rated.explain("assessment/fx-a-worked-e-clinical-nurse")
    assert "used" == used.relation and "rated 0.75 high" == used.facts[0]
    unused = rated.explain("assessment/fx-a-direct-e-manager")
    assert unused.relation.startswith("not used: ")
    from_raw = rated.explain("assessment/fx-a-disagree-c-leadership-nurse-2")
    assert "rated 0.75 high, from 4 on a scale from 1 to 5: (4 - 1) / (5 - 1)" == from_raw.facts[0]


def test_whatever_tells_of_a_diagnosis_says_that_it_is_unverified(rated: EvidenceDataset) -> None:
    """In text, JSON and HTML, of diagnoses and of flips."""
    diagnoses = rated.diagnoses()["diagnosis"]
    for iri in [*diagnoses, *rated.flips()["flip"].head(3)]:
        tree = rated.explain(iri)
        for output in (tree.to_text(500), tree.to_json(), tree._repr_html_()):
            assert "our reading of a hypothesis, unverified" in output
            assert "from general knowledge" in output
    older = rated.explain("case/fx-versions/diagnosis/parihs-1998")
    assert "PARIHS, version of 1998 is from general knowledge, unverified" in older.status


def test_flips_are_explained(rated: EvidenceDataset) -> None:
    """A flip shows the change, the quadrant then, what is left out, and the diagnosis."""
    flips = rated.cases["fx-worked"].diagnosis.flips
    (flip,) = [one for one in flips if one.kind == "rating left out"]
    tree = rated.explain(flip.iri)
    assert "the quadrant would be high evidence, high context" in tree.facts[0]
    assert "evidence would be high, context high" == tree.facts[1]
    assert ["what is left out", ""] == [child.relation for child in tree.children]
    assert (
        "none: no single change" in rated.explain("case/fx-misfit/diagnosis/parihs-2004").to_text()
    )


def test_forms_of_an_explanation(rated: EvidenceDataset) -> None:
    """Text fits its width, JSON has the whole tree, HTML is escaped."""
    tree = rated.explain("fx-worked")
    assert all(len(line) <= 100 for line in tree.to_text(100).splitlines())
    data = json.loads(tree.to_json())
    assert data == tree.to_dict() and "case" == data["kind"]
    assert len(list(tree.walk())) == tree.to_json().count('"children"')
    odd = Explanation("urn:a", "a", "<script>", "record", facts=("<b>",))
    assert "<script>" not in odd._repr_html_() and "<b>" not in odd._repr_html_()


def test_unknown_names_are_refused(rated: EvidenceDataset) -> None:
    """The message says what can be given."""
    for name in ("nothing", "case/none", "https://x.org/none", "two words", ""):
        with pytest.raises(RecordNotFoundError, match="nothing is known of"):
            rated.explain(name)


def test_any_record_shows_its_passages_and_what_follows_from_it(example: EvidenceDataset) -> None:
    """Each entailed statement names its axiom and the statements it follows from."""
    dataset = example
    tree = dataset.explain("study/ndl-MH1")
    entailed = [node for node in tree.children if node.kind == "entailed statement"]
    assert [node for node in tree.children if node.kind == "passage"]
    (case,) = [node for node in entailed if "has case" in node.label]
    assert "“has case” is “of study” read backwards" == case.rule
    assert "case/ndl-MH1-case" in case.facts[0]
    within = [node for node in entailed if node.label.endswith("[programme/ndl-ndl]")]
    assert "make “within programme”" in within[0].rule and 2 == len(within[0].facts)


def test_every_entailed_statement_is_explained(example: EvidenceDataset) -> None:
    """No statement of the derived graph of the example is without its axiom."""
    dataset = example
    graph = f"{dataset.base}graph/clahrc-ndl/derived"
    found = dataset.query(
        "PREFIX km: <https://w3id.org/kmgraph/ontology#> "
        f"SELECT ?s (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o "
        "MINUS { ?s km:assertionKind km:Computed } } } GROUP BY ?s"
    )
    rows = found.to_dicts()
    assert len(rows) > 50
    for row in rows[::7]:
        tree = dataset.explain(row["s"])
        explained = [n for n in tree.children if n.kind == "entailed statement"]
        assert row["n"] == len(explained), row["s"]


def test_what_the_network_yields_is_explained_by_its_records(example: EvidenceDataset) -> None:
    """A place in the network leads to the records of its ties, and these to their passages."""
    found = example.query(
        "PREFIX km: <https://w3id.org/kmgraph/ontology#> "
        "SELECT ?s { ?s km:assertionKind km:Computed . { ?s a km:NetworkPosition } UNION "
        "{ ?s a km:NetworkOverview } UNION { ?s a km:BridgeTie } }"
    )
    rows = found.to_dicts()
    assert len(rows) > 50
    for row in rows:
        tree = example.explain(row["s"])
        assert "how it is known: computed" in tree.facts
    tree = example.explain("network-position/panel-ndl-scientific-committee")
    (panel,) = [node for node in tree.children if node.kind == "record"]
    assert "Scientific committee" == panel.label
    assert {"passage"} == {node.kind for node in panel.children}
