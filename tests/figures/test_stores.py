"""Pictures of the rated cases in a store, from Python and from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import kmgraph
from kmgraph.cli.root import cli
from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.figures import grid, profile, read_grid

RATED = Path(__file__).resolve().parents[1] / "questions" / "data" / "rated"


@pytest.fixture(scope="module")
def evidence():
    """The rated cases in memory."""
    with kmgraph.build_in_memory(RATED) as dataset:
        yield dataset


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The rated cases in a store on disk."""
    path = tmp_path_factory.mktemp("figures") / "store"
    run("init", "--store", path)
    run("build", RATED, "--store", path, "--quiet")
    return path


def run(*words, code=0):
    """Run a command and return what it writes."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    assert code == result.exit_code, result.output
    return result.output


def test_the_worked_case_is_drawn_as_it_was_worked_out(evidence):
    """0.583 mixed, could be 0.4375 to 0.6875, one of four not reported."""
    text = profile(evidence.cases["fx-worked"]).to_text(120)
    assert "0.583 mixed, 3 of 4 rated" in text
    assert "could be 0.438 to 0.688" in text
    assert "not reported" in text


@pytest.mark.parametrize("scheme", ["parihs-2004", "parihs-1998"])
def test_a_grid_is_the_same_from_the_store_and_from_readings(evidence, scheme):
    """A few queries give what reading every case gives."""
    fast = read_grid(evidence.store, scheme)
    slow = grid(evidence.cases.by(scheme).readings())
    assert len(evidence.cases) == len(fast.points) + len(fast.others)
    assert (slow.points, slow.others) == (fast.points, fast.others)
    assert (slow.title, slow.warnings) == (fast.title, fast.warnings)


def test_cases_of_another_framework_are_counted_apart(evidence):
    """One case was read by the version of 1998; the others have nothing of it."""
    picture = read_grid(evidence.store, "parihs-1998")
    assert ["Three versions"] == [point.label for point in picture.points]
    assert picture.title.startswith("1 case by evidence")
    said = "13 more cases have no rating under this framework: "
    assert said in picture.note and "Build the context; " in picture.note
    assert said in " ".join(picture.to_text().split()) and said in picture.description
    rows = [row for row in picture.to_table() if row["number"] is None]
    assert 13 == len(rows)
    assert {"no rating under this framework"} == {row["quadrant"] for row in rows}
    assert "" == read_grid(evidence.store).note


def test_a_grid_can_be_narrowed(evidence):
    """To a study, a theme or a programme; what all of them hold is everything."""
    everything = {point.iri for point in read_grid(evidence.store).points}
    found = set()
    for study in evidence.studies():
        some = {point.iri for point in read_grid(evidence.store, study=study.iri).points}
        assert some == {case.iri for case in study.linking("km:ofStudy")}
        found |= some
    assert everything == found
    theme = next(iter(evidence.records("themes")))
    by_theme = read_grid(evidence.store, theme=theme.iri)
    assert 0 < len(by_theme.points) <= len(everything)
    assert theme.label in by_theme.title
    (programme,) = evidence.records("programmes")
    by_id = read_grid(evidence.store, programme=programme.iri.removeprefix(evidence.base))
    assert everything == {point.iri for point in by_id.points}


def test_what_is_not_there_is_an_error(evidence):
    """An unknown theme, a framework without evidence and context."""
    with pytest.raises(RecordNotFoundError, match="no theme 'nix'"):
        read_grid(evidence.store, theme="nix")
    with pytest.raises(RecordNotFoundError):
        read_grid(evidence.store, study="a b<>")
    with pytest.raises(InputError, match="take parihs-2004 or parihs-1998"):
        read_grid(evidence.store, "i-parihs-2016")


def test_the_command_line_draws(store, tmp_path):
    """To the terminal, and to files by their ending."""
    assert "Worked example" in run("profile", "fx-worked", "--store", store)
    assert "14 cases by evidence and context" in run("grid", "--store", store)
    text = tmp_path / "grid.txt"
    run("grid", "--store", store, "--to", text)
    assert "14 cases" in text.read_text(encoding="utf-8")


def test_the_command_line_draws_files(store, tmp_path):
    """SVG and PNG."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for name, start in (("a.svg", b"<?xml"), ("b.PNG", b"\x89PNG")):
        run("profile", "case/fx-worked", "--store", store, "--to", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
        run("grid", "--store", store, "--to", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("profile", "nix"), "there is no case 'nix'"),
        (("profile", "fx-worked", "--scheme", "nix"), "no"),
        (("profile", "fx-worked", "--to", "a.gif"), ".svg, .png, .txt"),
        (("grid", "--theme", "nix"), "no theme 'nix': there "),
        (("grid", "--study", "nix"), "there are 12, the first being fx-ST1"),
        (("grid", "--programme", "nix"), "there is 1, the first being fx-"),
    ],
)
def test_mistakes_on_the_command_line_are_said(store, words, message):
    """One line, and exit code 1."""
    assert message in run(*words, "--store", store, code=1)
