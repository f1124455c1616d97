"""Records are found by words: by any of theirs, in spite of slips, in the right view."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import kmgraph
from kmgraph.cli.root import cli
from kmgraph.errors import InputError
from kmgraph.namespaces import KM
from kmgraph.pipeline.purging import purge
from kmgraph.pipeline.updating import update
from kmgraph.search import MARKS, SearchIndex, open_index

STUDY = f"{KM}Study"


@pytest.fixture(scope="module")
def index(example: kmgraph.EvidenceDataset) -> Iterator[SearchIndex]:
    """Return the index of the example, in memory."""
    with SearchIndex.of(example.store) as made:
        yield made


def labels(index: SearchIndex, text: str, **options: object) -> list[str]:
    """Return what the records that a search found are called."""
    return [hit.label for hit in index.search(text, **options).hits]  # type: ignore[arg-type]


def test_every_study_is_found_first_by_its_name(
    index: SearchIndex, example: kmgraph.EvidenceDataset
) -> None:
    """The whole name of a study leads to it, among the studies before all others."""
    for study in example.studies():
        found = index.search(f'"{study.label}"', kinds=[STUDY])
        assert found.hits[0].iri == study.iri


def test_words_match_in_any_english_form(index: SearchIndex) -> None:
    """A plural finds the singular, and capitals and accents do not matter."""
    assert labels(index, "STROKES", kinds=[STUDY]) == labels(index, "strokés", kinds=[STUDY])
    assert any("Stroke" in label for label in labels(index, "strokes", kinds=[STUDY]))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("knowlege", "knowledge"), ("facilitaiton", "facilitation"), ("strooke", "stroke")],
)
def test_slips_are_forgiven_and_told(index: SearchIndex, typed: str, meant: str) -> None:
    """A letter too few, two that changed places, one too many."""
    found = index.search(f"{typed} zz")
    assert found.instead[typed][0] == meant
    assert {hit.iri for hit in index.search(f"{meant} after").hits}


def test_the_last_word_may_be_a_beginning(index: SearchIndex) -> None:
    """Results come while somebody types, and a beginning is no slip."""
    found = index.search("rehab", kinds=[STUDY])
    assert found.instead == {}
    assert any("rehabilitation" in hit.label for hit in found.hits)


def test_words_in_quotes_stand_together(index: SearchIndex) -> None:
    """A phrase is found as it stands, and not its words anywhere."""
    assert index.search('"health mental"').total == 0
    assert 0 < index.search('"mental health"').total < index.search("health").total


def test_some_of_the_words_where_none_has_all(index: SearchIndex) -> None:
    """Better something than nothing, and it is said."""
    found = index.search("stroke qqqqq")
    assert not found.has_every_word
    assert found.hits
    assert index.search("qqqqq").total == 0


def test_excerpts_mark_the_words(index: SearchIndex) -> None:
    """What was looked for stands between the marks."""
    hit = index.search("stroke", kinds=[STUDY]).hits[0]
    before, word, _ = hit.excerpt.replace(MARKS[1], MARKS[0]).split(MARKS[0], 2)
    assert word.lower() == "stroke"
    assert before in hit.label


def test_pages_joined_are_all_and_kinds_add_up(index: SearchIndex) -> None:
    """No record twice, none missing; counts by kind are those of searches by kind."""
    whole = index.search("health", limit=200)
    pages = [index.search("health", limit=7, offset=at).hits for at in range(0, whole.total, 7)]
    assert tuple(hit for page in pages for hit in page) == whole.hits
    assert len({hit.iri for hit in whole.hits}) == whole.total
    for kind in whole.kinds:
        found = index.search("health", kinds=[kind.iri], limit=200)
        assert found.total == kind.count == len(found.hits)
        assert {hit.kind for hit in found.hits} == {kind.iri}


@given(text=st.text(max_size=60))
def test_whatever_is_typed_is_answered_or_refused_in_words(index: SearchIndex, text: str) -> None:
    """No sign is an operator of the index's own language."""
    try:
        found = index.search(text)
    except InputError as error:
        assert str(error)
    else:
        assert found.total >= len(found.hits)


@pytest.mark.parametrize(
    "wrong",
    [{"text": '" "'}, {"text": "x" * 301}, {"text": "a", "limit": 0}, {"text": "a", "offset": -1}],
)
def test_what_cannot_be_searched_is_refused(index: SearchIndex, wrong: dict[str, object]) -> None:
    """Nothing to look for, too much, and pages that cannot be."""
    with pytest.raises(InputError):
        index.search(**wrong)  # type: ignore[arg-type]


def test_a_kind_is_named_in_words(index: SearchIndex) -> None:
    """By name or IRI; a wrong name leads to the right one."""
    assert index.kind("study") == index.kind(STUDY) == STUDY
    with pytest.raises(InputError, match=r"did you mean .*study"):
        index.kind("studdy")


def test_an_index_follows_the_content(
    tmp_path: Path, example_copy: Callable[[Path], kmgraph.GenerationStore]
) -> None:
    """It is made once for a content, again after a change, and goes with an erasure."""
    store = example_copy(tmp_path / "store")
    study = f"{store.base}study/ndl-MH1"
    open_index(store).close()
    (first,) = (store.path / "search").iterdir()
    changed = first.stat().st_mtime_ns
    open_index(store).close()
    assert first.stat().st_mtime_ns == changed
    graph = f"{store.base}graph/clahrc-ndl"
    note = "<http://www.w3.org/2004/02/skos/core#note>"
    update(
        store, f'INSERT DATA {{ GRAPH <{graph}> {{ <{study}> {note} "Xylophonic evidence"@en }} }}'
    )
    with open_index(store) as index:
        assert [hit.iri for hit in index.search("xylophonic").hits] == [study]
    assert not first.exists()
    purge(store, study)
    assert not list((store.path / "search").iterdir())
    with open_index(store) as index:
        assert index.search("xylophonic").total == 0
    (last,) = (store.path / "search").iterdir()
    assert b"ylophonic" not in last.read_bytes()


def test_a_store_that_may_not_be_written_is_searched(
    tmp_path: Path,
    example_copy: Callable[[Path], kmgraph.GenerationStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The index is kept in memory then."""
    store = example_copy(tmp_path / "store")

    def refuse(self: Path, **_: object) -> None:
        raise PermissionError(13, "no", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with open_index(store) as index:
        assert index.search("stroke").total
    assert not (store.path / "search").exists()


def test_the_command_tells_people_and_programs(
    tmp_path: Path, example_copy: Callable[[Path], kmgraph.GenerationStore]
) -> None:
    """What was found, for people and as JSON; a wrong kind is an error of the call."""
    path = str(example_copy(tmp_path / "store").path)
    run = CliRunner()
    said = run.invoke(cli, ["search", "knowlege", "brokers", "--store", path])
    assert said.exit_code == 0
    assert "Nobody wrote 'knowlege': knowledge" in said.stdout
    told = run.invoke(cli, ["search", "stroke", "--kind", "study", "--json", "--store", path])
    found = json.loads(told.stdout)
    assert {hit["kind"] for hit in found["hits"]} == {STUDY}
    assert not any(mark in told.stdout for mark in MARKS)
    refused = run.invoke(cli, ["search", "stroke", "--kind", "studdy", "--store", path])
    assert refused.exit_code != 0
    assert "did you mean" in refused.stderr
