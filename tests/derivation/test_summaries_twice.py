"""Summaries, diagnoses and flips are derived twice: by the rules, and by a plain reading."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pyoxigraph as ox
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kmgraph.derivation import derive
from kmgraph.namespaces import DEFAULT_BASE, FRAMEWORK, KM, compact, graph_iri
from kmgraph.pipeline import vocabulary_graphs
from kmgraph.stores.oxigraph import MemoryStore
from tests.derivation import oracle
from tests.derivation.oracle import FRAMEWORKS, Rated

GRAPH = graph_iri(DEFAULT_BASE, "drawn")
#: Sets of ratings in one draw, and draws: 2,000 sets.
SETS_PER_DRAW, DRAWS = 40, 50
#: Sets in one run of the rules, which reads the frameworks whatever it is given.
CASES_PER_RUN = 125
_XSD = "http://www.w3.org/2001/XMLSchema#"
_PROV = "http://www.w3.org/ns/prov#wasDerivedFrom"
_SOURCE = "http://www.w3.org/ns/oa#hasSource"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_DATE = "http://purl.org/dc/terms/date"
_DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}

#: Scores that meet the edges, that make repeating decimals, and any with six places.
scores = st.one_of(
    st.sampled_from(["0", "0.25", "0.4", "0.5", "0.6", "0.75", "1", "0.333333", "0.600001"]),
    st.integers(0, 10**6).map(lambda n: f"{n // 10**6}.{n % 10**6:06}"),
)
dates = st.sampled_from(["", "2009", "2010-05", "2010-05-01", "2011"])
raters = st.sampled_from(
    [(None, None), (None, "nurse"), ("r1", None), ("r2", "nurse"), ("r3", None)]
)


@st.composite
def ratings(draw: st.DrawFn) -> Rated:
    """Draw one rating; its id is given later."""
    scheme = draw(st.sampled_from(["parihs-2004", "parihs-2004", "parihs-1998"]))
    side = draw(st.sampled_from([s for s in ("E", "E", "C", "C", "F") if s in FRAMEWORKS[scheme]]))
    element, parts = FRAMEWORKS[scheme][side]
    part = draw(st.sampled_from([*parts, *parts, None]))
    kind = draw(st.sampled_from(["score", "score", "score", "band"]))
    if side == "F" and part:
        kind = "position"
    value: Any
    if kind == "band":
        value = draw(st.sampled_from(["Low", "Mixed", "High"]))
    else:
        value = Fraction(draw(scores))
    rater, role = draw(raters)
    return Rated(
        "",
        f"{element}.{part}" if part else element,
        kind,
        value,
        rater,
        role,
        draw(st.sampled_from([None, None, "ORCA"])),
        draw(st.sampled_from([None, None, "FS.2"])),
        draw(dates),
        draw(st.sampled_from(["d1", "d2"])),
    )


def node(tail: str) -> ox.NamedNode:
    """Return the IRI of a thing of the data."""
    return ox.NamedNode(DEFAULT_BASE + tail)


def concept(notation: str) -> ox.NamedNode:
    """Return the IRI of a construct."""
    slug = "parihs-1998" if notation.startswith("P98") else "parihs-2004"
    return ox.NamedNode(f"{FRAMEWORK}{slug}/{notation}")


def decimal(value: Fraction) -> ox.Literal:
    """Return a number with six places."""
    number = int(value * 10**6)
    text = f"{number // 10**6}.{number % 10**6:06}"
    return ox.Literal(text, datatype=ox.NamedNode(f"{_XSD}decimal"))


def quads(cases: dict[str, list[Rated]]) -> list[ox.Quad]:
    """Return cases and their ratings as statements."""
    graph, found = ox.NamedNode(GRAPH), []

    def say(subject: ox.NamedNode, predicate: str, term: Any) -> None:
        found.append(ox.Quad(subject, ox.NamedNode(predicate), term, graph))

    for case, rated in cases.items():
        say(node(f"case/{case}"), _TYPE, ox.NamedNode(f"{KM}ImplementationCase"))
        for rating in rated:
            iri = node(f"assessment/{rating.id}")
            passage = node(f"passage/{rating.id}")
            say(iri, _TYPE, ox.NamedNode(f"{KM}Assessment"))
            say(iri, f"{KM}about", node(f"case/{case}"))
            say(iri, f"{KM}ratingStatus", ox.NamedNode(f"{KM}Rated"))
            say(iri, f"{KM}construct", concept(rating.construct))
            say(iri, _PROV, passage)
            say(passage, _SOURCE, node(f"document/{rating.document}"))
            if rating.rater:
                say(iri, f"{KM}rater", node(f"person/{rating.rater}"))
            if rating.role:
                say(iri, f"{KM}raterRole", node(f"role/{rating.role}"))
            if rating.instrument:
                say(iri, f"{KM}instrument", ox.Literal(rating.instrument))
            if rating.level:
                level = f"{FRAMEWORK}ferlie-shortell-2001/{rating.level}"
                say(iri, f"{KM}constructLevel", ox.NamedNode(level))
            if rating.date:
                datatype = ox.NamedNode(_XSD + _DATES[len(rating.date)])
                say(iri, _DATE, ox.Literal(rating.date, datatype=datatype))
            if rating.kind == "band":
                say(iri, f"{KM}band", ox.NamedNode(f"{KM}{rating.value}"))
            else:
                name = "score" if rating.kind == "score" else "approachPosition"
                say(iri, f"{KM}{name}", decimal(rating.value))
    return found


class Facts:
    """What the rules derived, by subject and property."""

    def __init__(self, paths: list[Path]) -> None:
        self.of: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for path in paths:
            for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_QUADS):
                subject = quad.subject.value.removeprefix(DEFAULT_BASE)
                self.of[subject][compact(quad.predicate.value)].append(_plain(quad.object))
        #: Diagnosis to what would change it.
        self.flips: dict[str, list[str]] = defaultdict(list)
        for subject in self.of:
            diagnosis, between, _ = subject.partition("/flip/")
            if between:
                self.flips[diagnosis].append(subject)

    def one(self, subject: str, name: str) -> Any:
        """Return the one value of a property, or None."""
        values = self.of[subject].get(name, []) if subject in self.of else []
        assert len(values) <= 1, (subject, name, values)
        return values[0] if values else None

    def all(self, subject: str, name: str) -> set[Any]:
        """Return all values of a property."""
        return set(self.of[subject].get(name, [])) if subject in self.of else set()


def _plain(term: Any) -> Any:
    """Return a term as a fraction, a truth value or the last part of an IRI."""
    if isinstance(term, ox.NamedNode):
        if term.value.startswith(DEFAULT_BASE):
            return term.value.removeprefix(DEFAULT_BASE)
        return term.value.rpartition("#")[2].rpartition("/")[2]
    if term.datatype.value.endswith("boolean"):
        return term.value == "true"
    return Fraction(term.value)


@cache
def vocabulary() -> bytes:
    """Return the ontology and the frameworks that ratings are drawn from as N-Quads."""
    drawn = tuple(f"frameworks/{name}.ttl" for name in (*FRAMEWORKS, "ferlie-shortell-2001"))
    files = mock.patch.dict(vocabulary_graphs._FILES, {"frameworks": drawn})
    with TemporaryDirectory() as name, files:
        paths = [Path(name) / f"{graph}.nq" for graph in ("ontology", "frameworks")]
        for path in paths:
            vocabulary_graphs.write_vocabulary_graph(path.stem, DEFAULT_BASE, path)
        return b"".join(path.read_bytes() for path in paths)


def derived(cases: dict[str, list[Rated]]) -> Facts:
    """Run the rules on cases."""
    with TemporaryDirectory() as name, MemoryStore() as store:
        folder = Path(name)
        store.load_nquads(vocabulary())
        store.load_nquads(ox.serialize(quads(cases), format=ox.RdfFormat.N_QUADS))
        return Facts(list(derive(store, folder).files.values()))


def check_summary(facts: Facts, case: str, element: str, wanted: oracle.Summary | None) -> None:
    """Compare one element of one case."""
    iri = f"case/{case}/summary/{element}"
    assert (iri in facts.of) == (wanted is not None), iri
    if wanted is None:
        return
    rounded = oracle.round6
    found = {
        name: facts.one(iri, f"km:{name}")
        for name in (
            "score approachPosition coverage lowerBound upperBound raterSpread profileSpread band"
        ).split()
    }
    assert found == {
        "score": rounded(wanted.score),
        "approachPosition": rounded(wanted.position),
        "coverage": rounded(wanted.coverage),
        "lowerBound": rounded(wanted.lower),
        "upperBound": rounded(wanted.upper),
        "raterSpread": rounded(wanted.rater_spread),
        "profileSpread": rounded(wanted.profile_spread),
        "band": oracle.band(rounded(wanted.score)),
    }, iri
    assert facts.one(iri, "km:raterCount") == wanted.raters
    assert (facts.one(iri, "km:fromDirectRating") or False) == wanted.direct
    assert facts.all(iri, "prov:wasDerivedFrom") == {f"assessment/{i}" for i in wanted.used}
    assert facts.all(iri, "km:unscoredAssessment") == {f"assessment/{i}" for i in wanted.unscored}
    for construct, value in wanted.constructs.items():
        name = "km:approachPosition" if construct.startswith("PARIHS.F.") else "km:score"
        assert facts.one(f"case/{case}/construct/{construct}", name) == rounded(value), construct


def check_case(facts: Facts, case: str, rated: list[Rated]) -> None:
    """Compare one case."""
    for scheme, sides in FRAMEWORKS.items():
        found = {}
        for side, (element, parts) in sides.items():
            found[side] = oracle.summarise(rated, element, parts)
            check_summary(facts, case, element, found[side])
        check_diagnosis(facts, case, scheme, rated, found)


def check_diagnosis(
    facts: Facts,
    case: str,
    scheme: str,
    rated: list[Rated],
    found: dict[str, oracle.Summary | None],
) -> None:
    """Compare the diagnosis of one case and what would change it."""
    iri = f"case/{case}/diagnosis/{scheme}"
    assert (iri in facts.of) == bool(found["E"] or found["C"]), iri
    if iri not in facts.of:
        return
    evidence, context = oracle.bands(rated, scheme)
    assert facts.one(iri, "km:evidenceBand") == evidence
    assert facts.one(iri, "km:contextBand") == context
    where = oracle.quadrant(evidence, context)
    assert facts.one(iri, "km:quadrant") == where
    assert facts.all(iri, "km:possibleQuadrant") == oracle.possible(evidence, context)
    facilitation = found.get("F")
    position = oracle.round6(facilitation.position) if facilitation else None
    assert facts.one(iri, "km:facilitationFit") == oracle.fit(where, position)
    assert (facts.one(iri, "km:suggestedFacilitation") is None) == (where == "Indeterminate")
    places = {side: oracle.round6(s.score) for side in "EC" if (s := found[side])}
    known = {side: score for side, score in places.items() if score is not None}
    weakest = {s for s in known if known[s] == min(known.values())} if len(known) == 2 else set()
    names = {FRAMEWORKS[scheme][side][0] for side in weakest}
    assert facts.all(iri, "km:weakestElement") == names
    assert found_flips(facts, iri) == oracle.flips(rated, scheme), iri


def found_flips(facts: Facts, diagnosis: str) -> set[tuple[Any, ...]]:
    """Return the flips of a diagnosis as the plain reading gives them."""
    return {
        (
            facts.one(iri, "km:changeKind"),
            facts.one(iri, "km:changed").rpartition("/")[2],
            facts.one(iri, "km:edgeThen"),
            facts.one(iri, "km:quadrantThen"),
            facts.one(iri, "km:evidenceBandThen"),
            facts.one(iri, "km:contextBandThen"),
        )
        for iri in facts.flips[diagnosis]
    }


def drawn_sets() -> list[list[Rated]]:
    """Return the sets of ratings that all draws give."""
    found: list[list[Rated]] = []

    @settings(
        max_examples=DRAWS,
        deadline=None,
        derandomize=True,
        # The message of a failure names the set: nothing to shrink.
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(st.lists(ratings(), max_size=9), min_size=SETS_PER_DRAW, max_size=SETS_PER_DRAW)
    )
    def draw(drawn: list[list[Rated]]) -> None:
        found.extend(drawn)

    draw()
    return found


def test_rules_and_plain_reading_agree() -> None:
    """Scores and spreads to six places, bounds, coverage, parts, quadrants, fit, and flips."""
    drawn = drawn_sets()
    assert len(drawn) >= SETS_PER_DRAW * DRAWS
    cases = {
        f"c{number}": [
            Rated(**{**rating.__dict__, "id": f"a{number}-{place}"})
            for place, rating in enumerate(rated)
        ]
        for number, rated in enumerate(drawn)
    }
    names = list(cases)
    for first in range(0, len(names), CASES_PER_RUN):
        run = {name: cases[name] for name in names[first : first + CASES_PER_RUN]}
        facts = derived(run)
        for case, rated in run.items():
            check_case(facts, case, rated)


def test_worked_summary() -> None:
    """Two stages give 0.583, where the flat mean of the ratings is 0.75."""
    given_scores = [
        ("research", "1", "r1"),
        ("research", "1", "r2"),
        ("research", "1", "r3"),
        ("clinical", "0.75", "r1"),
        ("patient", "0", "r1"),
    ]
    rated = [
        Rated(f"a{n}", f"PARIHS.E.{part}", "score", Fraction(score), rater)
        for n, (part, score, rater) in enumerate(given_scores)
    ]
    facts = derived({"worked": rated})
    iri = "case/worked/summary/PARIHS.E"
    names = "score lowerBound upperBound coverage raterSpread profileSpread".split()
    assert [facts.one(iri, f"km:{name}") for name in names] == [
        Fraction("0.583333"),
        Fraction("0.4375"),
        Fraction("0.6875"),
        Fraction("0.75"),
        0,
        1,
    ]
    assert facts.one(iri, "km:band") == "Mixed"
    assert sum(r.value for r in rated) / len(rated) == Fraction("0.75")
