"""Lists of studies and cases: who fits a choice, and how many have each value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from click.testing import CliRunner
from helpers.generations import publish
from hypothesis import given, settings
from hypothesis import strategies as st

import kmgraph
from kmgraph.cli import cli
from kmgraph.errors import InputError
from kmgraph.facets import KINDS, NOT_RECORDED, FacetIndex, Listed, Unit, load_facets, open_facets
from kmgraph.namespaces import expand, graph_iri
from kmgraph.stores.generations import GenerationStore
from kmgraph.synthetic import generate

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"
FACETS = [facet.name for facet in load_facets()]
CLASSES = {"study": "km:Study", "case": "km:ImplementationCase"}


@pytest.fixture(scope="module")
def rated() -> Iterator[kmgraph.EvidenceDataset]:
    """Cases with ratings, barriers and outcomes."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def index(rated: kmgraph.EvidenceDataset) -> Iterator[FacetIndex]:
    """Their facets."""
    with FacetIndex.of(rated.store) as found:
        yield found


@pytest.fixture(scope="module")
def made_up(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[kmgraph.EvidenceDataset, FacetIndex]]:
    """Studies that were made up, with years, and their facets."""
    folder = tmp_path_factory.mktemp("facets") / "bundle"
    generate(folder, studies=12, seed=3)
    base = "https://w3id.org/kmgraph/synthetic/"
    with (
        kmgraph.build_in_memory(folder, base=base) as dataset,
        FacetIndex.of(dataset.store) as found,
    ):
        yield dataset, found


def everything(index: FacetIndex, kind: str) -> tuple[Unit, ...]:
    """Return all units of a kind."""
    return index.listed(kind, limit=None).units


@pytest.mark.parametrize("kind", KINDS)
def test_every_unit_is_listed_once_by_name(
    index: FacetIndex, rated: kmgraph.EvidenceDataset, kind: str
) -> None:
    """With its name, its id and when it started."""
    units = everything(index, kind)
    wanted = {one.iri: one for one in rated.records({"study": "studies", "case": "cases"}[kind])}
    assert {one.iri for one in units} == set(wanted)
    assert [one.name.casefold() for one in units] == sorted(one.name.casefold() for one in units)
    for one in units:
        entity = wanted[one.iri]
        assert one.name == entity.label
        assert one.code == entity.value("dcterms:identifier")
        assert one.start == str(entity.value("schema:startDate") or "")


def test_values_are_those_of_the_records(index: FacetIndex, rated: kmgraph.EvidenceDataset) -> None:
    """Of studies, of their cases, and of what is about a case."""
    studies = {one.iri: one for one in everything(index, "study")}
    cases = {one.iri: one for one in everything(index, "case")}
    held: Counter[str] = Counter()

    def check(unit: Unit, facet: str, wanted: set[str]) -> None:
        assert {one.iri for one in unit.values[facet]} == wanted, (unit.iri, facet)
        held[facet] += len(wanted)

    for iri, unit in studies.items():
        study = rated.entity(iri)
        own = [one for one in cases if rated.entity(one).linked("km:ofStudy")[0].iri == iri]
        for facet, prop in (
            ("theme", "km:theme"),
            ("design", "km:design"),
            ("condition", "km:condition"),
            ("lead", "km:leadOrganisation"),
            ("programme", "km:partOfProgramme"),
        ):
            wanted = {one.iri for one in study.linked(prop)}
            check(unit, facet, wanted)
            for case in own:
                check(cases[case], facet, wanted)
        for facet in ("evidence", "context", "outcome"):
            check(unit, facet, {v.iri for case in own for v in cases[case].values[facet]})
    for iri, unit in cases.items():
        reading = rated.cases[iri]
        for facet, part in (("evidence", reading.evidence), ("context", reading.context)):
            if part.band:
                check(unit, facet, {expand(f"km:{part.band.capitalize()}")})
        about = rated.entity(iri).linking("km:about")
        for facet, kind in (("barrier", "km:Barrier"), ("enabler", "km:Enabler")):
            found = [one for one in about if expand(kind) in one.types]
            check(unit, facet, {v.iri for one in found for v in one.linked("km:construct")})
        measured = [
            one
            for one in about
            if expand("km:Outcome") in one.types
            and expand("km:Measured") in {v.iri for v in one.linked("km:measurementStatus")}
        ]
        check(unit, "outcome", {v.iri for one in measured for v in one.linked("km:direction")})
    assert {name for name, count in held.items() if count} >= {
        "theme", "evidence", "context", "barrier", "outcome", "programme",
    }  # fmt: skip


def fits(unit: Unit, facet: str, codes: list[str]) -> bool:
    """Say whether a unit has one of some values."""
    own = {one.code for one in unit.values[facet]} or {NOT_RECORDED}
    return bool(own & set(codes))


@st.composite
def choices(draw: st.DrawFn, units: tuple[Unit, ...]) -> dict[str, list[str]]:
    """Draw values of some facets, also those that no unit has together."""
    names = draw(st.lists(st.sampled_from(FACETS), max_size=3, unique=True))
    known = {
        name: sorted({one.code for unit in units for one in unit.values[name]}) for name in names
    }
    return {
        name: draw(st.lists(st.sampled_from([*known[name], NOT_RECORDED]), min_size=1, max_size=3))
        for name in names
    }


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_a_choice_lists_and_counts_what_one_by_one_fits(
    index: FacetIndex, data: st.DataObject, kind: str
) -> None:
    """Values of a facet widen, facets narrow, and a facet is counted without what it narrows."""
    units = everything(index, kind)
    chosen = data.draw(choices(units))
    found = index.listed(kind, chosen, limit=None)
    wanted = [one for one in units if all(fits(one, *pair) for pair in chosen.items())]
    assert list(found.units) == wanted
    assert (found.total, found.of) == (len(wanted), len(units))
    for counted in found.facets:
        name = counted.facet.name
        others = {facet: codes for facet, codes in chosen.items() if facet != name}
        among = [one for one in units if all(fits(one, *pair) for pair in others.items())]
        counts = Counter(
            code
            for one in among
            for code in ({value.code for value in one.values[name]} or {NOT_RECORDED})
        )
        assert {one.value.code: one.count for one in counted.values if one.count} == counts
        assert {one.value.code for one in counted.chosen} == set(chosen.get(name, ()))
    first = data.draw(st.integers(0, len(units)))
    part = index.listed(kind, chosen, first=first, limit=2)
    assert list(part.units) == wanted[first : first + 2]
    assert part.total == found.total


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS))
def test_a_choice_as_a_query_selects_what_is_listed(
    index: FacetIndex, rated: kmgraph.EvidenceDataset, data: st.DataObject, kind: str
) -> None:
    """Whatever is chosen, and what is not recorded too."""
    chosen = data.draw(choices(everything(index, kind)))
    answer = rated.query(index.query(kind, chosen))
    found = {row[0].value for row in answer}
    assert found == {one.iri for one in index.listed(kind, chosen, limit=None).units}


def test_each_value_of_made_up_studies_is_counted_as_a_query_counts_it(
    made_up: tuple[kmgraph.EvidenceDataset, FacetIndex],
) -> None:
    """One by one: their themes, bands, years, frameworks and all else."""
    dataset, index = made_up
    told = 0
    for kind in KINDS:
        for facet in index.listed(kind).facets:
            for value in facet.values:
                query = index.query(kind, {facet.facet.name: [value.value.code]})
                assert value.count == len({row[0].value for row in dataset.query(query)})
                told += 1
    assert told > 40


def test_names_cannot_end_the_comment_of_a_query(tmp_path: Path) -> None:
    """A line break in the name of a theme, or an escape of one, stays within it."""
    store = GenerationStore.create(tmp_path / "store", base="https://x.org/")
    study, theme = ox.NamedNode("https://x.org/study/a"), ox.NamedNode("https://x.org/theme/a")
    name = ox.Literal("a\n} LIMIT 0 # \\u000A } LIMIT 0 #")
    lines = [
        ox.Triple(study, ox.NamedNode(expand("rdf:type")), ox.NamedNode(expand("km:Study"))),
        ox.Triple(study, ox.NamedNode(expand("km:theme")), theme),
        ox.Triple(theme, ox.NamedNode(expand("skos:prefLabel")), name),
    ]
    publish(store, {"open": lines}, {})
    with open_facets(store) as index, kmgraph.open_store(store.path) as dataset:
        query = index.query("study", {"theme": ["theme/a"]})
        assert [row[0].value for row in dataset.query(query)] == [study.value]


def test_units_of_facets_of_studies_are_studies(rated: kmgraph.EvidenceDataset) -> None:
    """So that their cases have the values by being theirs."""
    studies = {one.iri for one in rated.records("studies")}
    for facet in load_facets():
        if facet.is_of_study:
            assert {row[0].value for row in rated.query(facet.query)} <= studies


def test_years_come_newest_first(made_up: tuple[kmgraph.EvidenceDataset, FacetIndex]) -> None:
    """Of the case, or of its study where the case does not tell."""
    _, index = made_up
    years = next(one for one in index.listed("case").facets if one.facet.name == "year")
    codes = [one.value.code for one in years.values if one.value.code != NOT_RECORDED]
    assert codes
    assert codes == sorted(codes, reverse=True)
    for unit in everything(index, "case"):
        if unit.start:
            assert [one.code for one in unit.values["year"]] == [unit.start[:4]]


def test_a_case_is_found_by_its_study(index: FacetIndex, rated: kmgraph.EvidenceDataset) -> None:
    """Which it tells."""
    for unit in everything(index, "case"):
        study = rated.entity(unit.iri).linked("km:ofStudy")[0]
        assert (unit.study, unit.study_name) == (study.iri, study.label)
        words = index.listed("case", words=study.label, limit=None).units
        assert unit.iri in {one.iri for one in words}
    assert {unit.study for unit in everything(index, "study")} == {""}


def test_words_and_order(index: FacetIndex) -> None:
    """Words begin in the name or the id, without capitals and accents."""
    units = everything(index, "case")
    one = next(unit for unit in units if " " in unit.name)
    words = one.name.split()
    for text in (one.name.upper(), f"{words[-1]} {words[0][:3]}", one.code):
        assert one.iri in {unit.iri for unit in index.listed("case", words=text).units}
    assert index.listed("case", words="%").total == 0
    assert index.listed("case", words="_").total == 0
    dated = index.listed("case", order="recent", limit=None).units
    starts = [unit.start for unit in dated]
    assert starts == sorted(starts, reverse=True)
    assert {unit.iri for unit in dated} == {unit.iri for unit in units}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda index: index.listed("post"), "take study or case"),
        (lambda index: index.listed("case", {"colour": ["red"]}), "no facet 'colour'"),
        (lambda index: index.listed("case", {"theme": ["nix"]}), "no unit has the theme 'nix'"),
        (lambda index: index.listed("case", order="size"), "take name or recent"),
    ],
)
def test_what_is_not_there_is_said(
    index: FacetIndex, call: Callable[[FacetIndex], Listed], words: str
) -> None:
    """In words, with what there is."""
    with pytest.raises(InputError, match=words):
        call(index)


def test_a_value_is_named_by_its_code_its_iri_or_the_end_of_it(index: FacetIndex) -> None:
    """As people have it from other pages, which also lead to what nothing has."""
    for nothing in ("StatusUnknown", "https://example.org/nothing"):
        assert index.listed("study", {"post": [nothing]}).total == 0
    unit = next(one for one in everything(index, "study") if one.values["theme"])
    theme = unit.values["theme"][0]
    wanted = index.listed("study", {"theme": [theme.code]}, limit=None).units
    for name in (theme.iri, theme.code.rpartition("/")[2]):
        assert index.listed("study", {"theme": [name]}, limit=None).units == wanted


def test_a_store_keeps_them_for_each_view_and_content(
    tmp_path: Path, example_copy: Callable[[Path], GenerationStore]
) -> None:
    """A new content is read anew; what was read before goes."""
    store = example_copy(tmp_path / "store")
    with open_facets(store) as first:
        assert first.listed("study").total == 16
    (kept,) = (store.path / "facets").glob("*.sqlite")
    stamp = kept.stat().st_mtime_ns
    with open_facets(store) as first:
        assert kept.stat().st_mtime_ns == stamp
        study = everything(first, "study")[0]
    graph, title = graph_iri(store.base, "clahrc-ndl"), expand("dcterms:title")
    where = f"GRAPH <{graph}> {{ <{study.iri}> <{title}> ?title }}"
    renamed = f'GRAPH <{graph}> {{ <{study.iri}> <{title}> "A new name"@en }}'
    kmgraph.update(store, f"DELETE {{ {where} }} INSERT {{ {renamed} }} WHERE {{ {where} }}")
    with open_facets(store) as second:
        names = {one.iri: one.name for one in everything(second, "study")}
    assert names[study.iri] == "A new name"
    assert not kept.exists()


def test_the_command_lists_and_counts(
    tmp_path: Path, example_copy: Callable[[Path], GenerationStore]
) -> None:
    """For people and for programs."""
    store = str(example_copy(tmp_path / "store").path)
    run = CliRunner().invoke(
        cli, ["list", "study", "--choose", "theme=ndl-mental-health", "--store", store]
    )
    assert run.exit_code == 0, run.output
    assert "4 of 16" in run.output
    assert "theme: " in run.output
    told = json.loads(
        CliRunner()
        .invoke(cli, ["list", "study", "--json", "--limit", "3", "--store", store])
        .output
    )
    assert (told["total"], len(told["units"])) == (16, 3)
    assert sum(one["count"] for one in told["facets"]["theme"]) == 16
    wrong = CliRunner().invoke(cli, ["list", "study", "--choose", "theme", "--store", store])
    assert wrong.exit_code != 0
    assert "FACET=VALUE" in wrong.output


def test_what_a_view_hides_is_not_counted(tmp_path: Path) -> None:
    """Neither as a unit nor as a value."""
    store = GenerationStore.create(tmp_path / "store", base="https://x.org/")

    def node(name: str) -> ox.NamedNode:
        return ox.NamedNode(expand(name) if ":" in name else f"https://x.org/{name}")

    def lines(study: str, theme: str) -> list[ox.Triple]:
        return [
            ox.Triple(node(f"study/{study}"), node("rdf:type"), node("km:Study")),
            ox.Triple(node(f"study/{study}"), node("dcterms:title"), ox.Literal(f"Study {study}")),
            ox.Triple(node(f"study/{study}"), node("km:theme"), node(f"theme/{theme}")),
        ]

    shown = {"open": lines("a", "one"), "closed": [*lines("b", "two"), *lines("a", "two")]}
    publish(store, shown, {"closed": "north"})
    with open_facets(store) as public:
        found = public.listed("study")
        assert [unit.name for unit in found.units] == ["Study a"]
        themes = next(one for one in found.facets if one.facet.name == "theme")
        assert [(one.value.code, one.count) for one in themes.values] == [("theme/one", 1)]
    with open_facets(store, "public+north") as internal:
        assert internal.listed("study").total == 2
