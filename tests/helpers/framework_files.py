"""The files of ontology/frameworks, and the lists that they were written from."""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path

import pytest
from rdflib import RDF, SKOS, Graph, Namespace, URIRef

from kmgraph.namespaces import FRAMEWORK, KM

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ontology" / "frameworks"
km = Namespace(KM)

#: Concepts of each scheme, by slug.
COUNTS = {
    "act-2009": 12,
    "bcw-2011": 18,
    "cai-2009": 6,
    "cfir-2009": 44,
    "cfir-2022": 74,
    "com-b": 10,
    "epis": 25,
    "eric-2015": 82,
    "ferlie-shortell-2001": 5,
    "grade": 20,
    "grade-cerqual": 10,
    "graham-kta-2006": 13,
    "hybrid-designs": 4,
    "i-parihs-2016": 46,
    "km-davies-2015": 29,
    "li-cop-2009": 5,
    "mrc-2000": 6,
    "mrc-2008": 17,
    "mrc-2021": 12,
    "npt": 20,
    "orca-2009": 22,
    "parihs-1998": 12,
    "parihs-2004": 15,
    "pdsa": 5,
    "proctor-2011": 20,
    "queri": 7,
    "queri-original": 7,
    "re-aim": 6,
    "stari-2017": 28,
    "tdf-2012": 15,
    "tidier-2014": 13,
    "ward-kta-2009": 6,
    "wenger-cop": 4,
}
KINDS = {
    "act-2009": km.MeasurementInstrument,
    "bcw-2011": km.StrategyCompilation,
    "cai-2009": km.MeasurementInstrument,
    "cfir-2009": km.DeterminantFramework,
    "cfir-2022": km.DeterminantFramework,
    "com-b": km.TheoryFramework,
    "epis": km.DeterminantFramework,
    "eric-2015": km.StrategyCompilation,
    "ferlie-shortell-2001": km.LevelScheme,
    "grade": km.CertaintyScheme,
    "grade-cerqual": km.CertaintyScheme,
    "graham-kta-2006": km.ProcessFramework,
    "hybrid-designs": km.DesignTypology,
    "i-parihs-2016": km.DeterminantFramework,
    "km-davies-2015": km.AgencyTypology,
    "li-cop-2009": km.CharacteristicList,
    "mrc-2000": km.ProcessFramework,
    "mrc-2008": km.ProcessFramework,
    "mrc-2021": km.ProcessFramework,
    "npt": km.TheoryFramework,
    "orca-2009": km.MeasurementInstrument,
    "parihs-1998": km.DeterminantFramework,
    "parihs-2004": km.DeterminantFramework,
    "pdsa": km.ProcessFramework,
    "proctor-2011": km.OutcomeFramework,
    "queri": km.ProcessFramework,
    "queri-original": km.ProcessFramework,
    "re-aim": km.OutcomeFramework,
    "stari-2017": km.ReportingGuideline,
    "tdf-2012": km.DeterminantFramework,
    "tidier-2014": km.ReportingGuideline,
    "ward-kta-2009": km.ProcessFramework,
    "wenger-cop": km.CharacteristicList,
}
#: Schemes of which no list is at hand: the original steps of QUERI were written from knowledge of
#: the field, so there is nothing to compare them with.
UNLISTED = {"queri-original"}


@cache
def load(slug: str) -> Graph:
    """Read one scheme."""
    return Graph().parse(FOLDER / f"{slug}.ttl", format="turtle")


def scheme_iri(slug: str) -> URIRef:
    """Return the IRI of a scheme."""
    return URIRef(f"{FRAMEWORK}{slug}/")


def concept_iri(slug: str, construct_id: str) -> URIRef:
    """Return the IRI of a concept."""
    return URIRef(f"{FRAMEWORK}{slug}/{construct_id}")


def concepts(slug: str) -> set[URIRef]:
    """Return the concepts of a scheme."""
    return {c for c in load(slug).subjects(RDF.type, SKOS.Concept) if isinstance(c, URIRef)}


def published_list(slug: str) -> list[dict[str, str]]:
    """Read the list that a scheme, or a part of it, was written from; skip where it is absent."""
    given = os.environ.get("KMGRAPH_FRAMEWORK_LISTS")
    folder = Path(given) if given else ROOT.parent / "shared" / "domain" / "frameworks"
    path = folder / f"{slug.replace('-', '_')}.csv"
    if not path.is_file():
        pytest.skip(f"no construct list {path}; set KMGRAPH_FRAMEWORK_LISTS to their folder")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
