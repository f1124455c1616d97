"""Explain anything of a store by its IRI."""

from __future__ import annotations

from dataclasses import replace

import pyoxigraph as ox

from kmgraph.derivation import flips_are_stored
from kmgraph.errors import RecordNotFoundError
from kmgraph.explanation.assessments import AssessmentExplainer
from kmgraph.explanation.diagnoses import EXPLAINED, DiagnosisExplainer
from kmgraph.explanation.model import Explanation
from kmgraph.explanation.records import explain_entailed, explain_record, read_values
from kmgraph.explanation.summaries import SummaryExplainer
from kmgraph.namespaces import KM, PREFIXES, expand
from kmgraph.readings.facts import CaseFacts, Node, read_case_facts
from kmgraph.stores.base import QuadStore


def explain(store: QuadStore, name: str) -> Explanation:
    """Return what something rests on: rule, summaries, assessments, raters and passages.

    :param name: an IRI, what stands after the base (``case/a/diagnosis/parihs-2004``), a prefixed
        name, or the id of a case, which stands for its diagnoses.
    :raises RecordNotFoundError: the store says nothing of it.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> explain(MemoryStore(), "case/none")
    Traceback (most recent call last):
    kmgraph.errors.RecordNotFoundError: nothing is known of 'case/none': give an IRI, ...
    """
    for iri in _candidates(store, name):
        values = read_values(store, iri)
        if values:
            return _explain(store, iri, values)
        if found := _explain_flip(store, iri):
            return found
    raise RecordNotFoundError(
        f"nothing is known of '{name}': give an IRI, what stands after {store.base}, or the id "
        "of a case"
    )


def _candidates(store: QuadStore, name: str) -> list[str]:
    """Return the IRIs that a name may stand for, the likeliest first."""
    name = name.strip()
    prefix, colon, _ = name.partition(":")
    if "://" in name or name.startswith("urn:"):
        found = [name]
    elif colon and prefix in PREFIXES:
        found = [expand(name)]
    else:
        found = [f"{store.base}{name}", f"{store.base}case/{name}"]
    return [iri for iri in found if _is_iri(iri)]


def _is_iri(text: str) -> bool:
    """Say whether a text is an IRI."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


def _explain(store: QuadStore, iri: str, values: dict[str, list[str]]) -> Explanation:
    """Return the explanation of what is known by an IRI."""
    types = values.get("rdf:type", [])
    if f"{KM}ImplementationCase" in types:
        of_case = read_case_facts(store, iri) or CaseFacts(iri)
        return _with_entailed(store, _explainer(store, of_case).case())
    kind = next((EXPLAINED[one] for one in types if one in EXPLAINED), "")
    for case in values.get("km:about", []) if kind else []:
        facts = read_case_facts(store, case)
        if facts is not None and iri in facts.nodes:
            found = _explain_node(_explainer(store, facts), facts.nodes[iri])
            return _with_entailed(store, found) if kind == "Assessment" else found
    return explain_record(store, iri, values)


def _explain_flip(store: QuadStore, iri: str) -> Explanation | None:
    """Return the explanation of a flip that the store leaves to be worked out."""
    diagnosis, sign, _ = iri.partition("/flip/")
    if not sign or flips_are_stored(store):
        return None
    for case in read_values(store, diagnosis).get("km:about", []):
        facts = read_case_facts(store, case)
        if facts is not None and iri in facts.nodes:
            return _explain_node(_explainer(store, facts), facts.nodes[iri])
    return None


def _with_entailed(store: QuadStore, found: Explanation) -> Explanation:
    """Return an explanation of a record with what follows of the record by the ontology."""
    return replace(found, children=(*found.children, *explain_entailed(store, found.iri)))


def _explainer(store: QuadStore, facts: CaseFacts) -> DiagnosisExplainer:
    """Return what explains the nodes of a case."""
    return DiagnosisExplainer(SummaryExplainer(AssessmentExplainer(store, facts)))


def _explain_node(explainer: DiagnosisExplainer, node: Node) -> Explanation:
    """Return the explanation of a node of a case."""
    if node.kind == "Diagnosis":
        return explainer.diagnosis(node)
    if node.kind == "Flip":
        return explainer.flip(node)
    if node.kind == "ElementSummary":
        return explainer.summaries.element(node)
    if node.kind == "ConstructSummary":
        return explainer.summaries.construct(node)
    assessments = explainer.summaries.assessments
    if node.iri in assessments.used:
        return assessments.explain(node, "used")
    reason = assessments.reason(node, node.text("km:construct"))
    return assessments.explain(node, f"not used: {reason}")
