"""How far work has come: steps, latest ratings and cycles, from Python, command line and server."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from click.testing import CliRunner
from helpers.svg import SVG, parse, texts

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.cli import picturing
from kmgraph.cli.root import cli
from kmgraph.errors import InputError, RecordNotFoundError
from kmgraph.figures import Progress, read_progress, recorded_schemes, style
from kmgraph.figures.progress_cells import MARKS, Cell, Found, WorkRow, stepped
from kmgraph.figures.progress_drawing import ROWS_DRAWN
from kmgraph.figures.progress_scheme import Column, load_scheme, scheme_names
from kmgraph.pipeline import validating
from kmgraph.records import (
    Assessment,
    Cycle,
    Dataset,
    Document,
    ImplementationCase,
    Passage,
    Programme,
    Step,
    Study,
    Theme,
)
from kmgraph.stores.generations import GenerationStore
from kmgraph.validation import Report

HTML = {"Accept": "text/html"}
PHASED = {"construct": "QUERI.4", "statement": "Tried.", "about": "S1"}


def records():
    """Return two studies and two cases with something of everything."""
    yield Document(id="notes", title="Notes")
    yield Passage(id="p1", document="notes", line_from=1, line_to=2, gist="All of it.")
    yield Programme(id="prog", label="Programme")
    yield Theme(id="feet", label="Feet", programme="prog")
    yield Study(id="S1", title="Feet first", programme="prog", themes=("feet",))
    yield Study(id="S10", title="Eyes next", programme="prog")
    yield ImplementationCase(id="S1-c1", label="Ward 3", study="S1")
    yield ImplementationCase(id="S10-c1", label="Ward 4", study="S10")
    yield from steps()
    yield from ratings()
    yield from cycles()


def steps():
    """Return steps: one skipped, one in two phases, two that contradict each other."""
    said = {"passages": ("p1",)}
    yield Step(id="k1", about="S10", construct="WARD.2", status="done", **said)
    yield Step(id="q1", about="S1", construct="QUERI.1", status="done", start="2009", **said)
    yield Step(
        id="q2", about="S1", construct="QUERI.2", status="skipped", statement="Known.", **said
    )
    for name, phase, status in (("a", "single_site", "done"), ("b", "small_multi_site", "done")):
        yield Step(id=f"q4{name}", phase=phase, status=status, start="2010", **PHASED, **said)
    yield Step(id="q4c", phase="large_multi_region", status="under_way", **PHASED, **said)
    yield Step(id="q5", about="S1", construct="QUERI.5", status="not_reported", **said)
    yield Step(id="q6", about="S1", construct="QUERI.6", status="planned", **said)
    for name, status in (("x", "done"), ("y", "planned")):
        yield Step(id=f"e3{name}", about="S10", construct="QUERI.3", status=status, **said)


def ratings():
    """Return ratings: a later one, two raters at one date, one not rated, one without a band."""
    given = (
        ("1", "NPT.1.1", "2010", {"band": "low"}),
        ("2", "NPT.1.1", "2011-02", {"score": "0.9"}),
        ("3", "NPT.1.2", "2011", {"band": "low", "rater_role": "nurse"}),
        ("4", "NPT.1.2", "2011", {"band": "high", "rater_role": "manager"}),
        ("5", "NPT.2.1", "2011", {"rating_status": "not_measured"}),
        ("6", "NPT.2.2", "2010", {"band": "mixed"}),
        ("7", "NPT.2.2", "2011", {"rating_status": "not_reported"}),
        ("8", "NPT.3", "2011", {"band": "high"}),
        ("9", "PARIHS.F.purpose", "2011", {"approach_position": "0.8"}),
    )
    for name, construct, date, values in given:
        yield Assessment(
            id=f"a{name}", about="S1-c1", construct=construct, date=date, passages=("p1",), **values
        )


def cycles():
    """Return two runs in one case, and one cycle in another whose decision nobody tells."""
    said = {"passages": ("p1",)}
    yield Cycle(id="c1", about="S1-c1", series="calls", sequence=1, decision="adapted", **said)
    yield Cycle(
        id="c2", about="S1-c1", series="calls", sequence=2, decision="adopted", follows="c1", **said
    )
    yield Cycle(id="c3", about="S1-c1", series="visits", sequence=1, decision="abandoned", **said)
    yield Cycle(id="c4", about="S10-c1", sequence=2, **said)


@pytest.fixture(scope="module")
def evidence():
    """The records in memory."""
    builder = kmgraph.DatasetBuilder(
        Dataset(
            id="steps",
            title="Steps",
            publisher="Me",
            version="1",
            licence="https://creativecommons.org/licenses/by/4.0/",
        )
    )
    builder.add(*records())
    with builder.build() as dataset:
        yield dataset


def words(picture):
    """Return label to the cells of a picture that say anything, by heading."""
    return {
        row.label: {
            column.heading: row.cell(column).words
            for column in picture.columns
            if column.key in row.cells
        }
        for row in picture.rows
    }


def test_steps_stand_in_the_order_of_their_authors(evidence):
    """What is skipped, not reported and not recorded are three things; contradictions are said."""
    picture = read_progress(evidence.store, "queri")
    assert ["1", "2", "3", "4", "5", "6"] == [column.heading for column in picture.columns]
    assert picture.is_ordered and "the order of the authors" in picture.description
    assert words(picture) == {
        "Feet first": {
            "1": "done, from 2009",
            "2": "skipped",
            "4": "under way, roll-out: large, several regions, 3 records: done and under way",
            "5": "not reported",
            "6": "planned",
        },
        "Eyes next": {"3": "under way, 2 records: done and planned"},
    }
    row = picture.to_table()[0]
    assert "no record" == row["3 Measure and diagnose quality and performance gaps"]
    assert "D     S     .  W3/4     ?     P" in picture.to_text()


@pytest.mark.parametrize(
    ("found", "state", "tag"),
    [
        ([("done", "1/4"), ("skipped", "2/4")], "done", "1/4"),
        ([("under way", "1/4"), ("done", "3/4"), ("skipped", "4/4")], "under way", "3/4"),
        ([("done", "1/4"), ("planned", "2/4")], "under way", "1/4"),
        ([("skipped", ""), ("planned", "")], "planned", ""),
        ([("not reported", ""), ("skipped", "")], "skipped", ""),
        ([("not reported", "")], "not reported", ""),
    ],
)
def test_a_step_is_in_the_state_that_question_113_gives_it(found, state, tag):
    """What was done of it counts before what was skipped; a phase is one that was reached."""
    cell = stepped([Found(f"urn:{tag}", said, (tag,), tag) for said, tag in found])
    assert (state, tag) == (cell.state, cell.tag)


def evidence_of(*steps):
    """Return a study and steps of it in memory."""
    builder = kmgraph.DatasetBuilder(
        Dataset(id="d", title="D", publisher="Me", version="1", licence="https://example.org/l")
    )
    said = {"about": "S1", "passages": ("p1",)}
    builder.add(
        Document(id="notes", title="Notes"),
        Passage(id="p1", document="notes", line_from=1, line_to=2, gist="All of it."),
        Programme(id="prog", label="Programme"),
        Study(id="S1", title="Feet first", programme="prog"),
        *(Step(id=f"s{n}", **(said | step)) for n, step in enumerate(steps)),
    )
    return builder.build()


def test_pictures_and_questions_agree():
    """A step in three phases, work coded to the whole and to a group of steps: one count."""
    steps = [
        {"construct": "QUERI.4", "status": "done", "phase": "single_site"},
        {"construct": "QUERI.4", "status": "skipped", "phase": "small_multi_site"},
        {"construct": "QUERI", "status": "done"},
        {"construct": "MRC2008.1.1", "status": "done"},
        {"construct": "MRC2008.1", "status": "done"},
        {"construct": "MRC2008", "status": "under_way"},
    ]
    names = {"done": "done", "under way": "underWay", "skipped": "skipped", "planned": "planned"}
    names |= {"not reported": "notReported", "no record": "notRecorded"}
    with evidence_of(*steps) as dataset:
        for scheme, headings in (
            ("queri", ["whole", "1", "2", "3", "4", "5", "6"]),
            ("mrc-2008", ["whole", "1", *(f"{i}.{j}" for i in range(1, 5) for j in range(1, 4))]),
        ):
            picture = read_progress(dataset.store, scheme)
            assert headings == [column.heading for column in picture.columns]
            assert "says nothing of the steps, and question 113 does not" in picture.to_text(200)
            iri = f"https://w3id.org/kmgraph/framework/{scheme}/"
            (row,) = dataset.ask("113", scheme=iri).rows
            found = load_scheme(scheme)
            steps = [column for column in picture.columns if not found.is_group(column.key)]
            assert len(steps) == row["steps"]
            for state, name in names.items():
                cells = [picture.rows[0].cell(column).state for column in steps]
                assert cells.count(state) == row[name], (scheme, state)
        whole = "MRC framework for complex interventions 2008"
        assert f"Development: done; {whole}: under way" == row["uncounted"]


def test_steps_that_a_picture_of_cycles_leaves_out_are_counted():
    """Work coded to the parts of PDSA is no cycle, and does not go without a word."""
    steps = [{"construct": f"PDSA.{number}", "status": "done"} for number in (1, 2)]
    with evidence_of(*steps) as dataset:
        picture = read_progress(dataset.store, "pdsa")
        assert "Left out: 2 records of steps. This work is recorded as cycles" in picture.to_text()
        assert "Left out" not in read_progress(dataset.store, "queri").to_text()
        assert "Left out" in read_progress(dataset.store, "pdsa", study="S1").description


def test_components_have_no_order(evidence):
    """Ward's components are listed, and the picture says that the list is no order."""
    picture = read_progress(evidence.store, "ward-kta-2009")
    assert {"Eyes next": {"2": "done"}} == words(picture)
    assert "no order of work" in picture.to_text() and not picture.is_ordered


def test_the_latest_rating_counts(evidence):
    """With how many there are; two raters at one date may differ; not rated is never low."""
    picture = read_progress(evidence.store, "npt")
    assert {
        "Ward 3": {
            "1.1": "high, 2 ratings",
            "1.2": "records differ, high and low, 2 ratings",
            "2.1": "not rated, not measured",
            "2.2": "mixed, 1 rating",
            "3": "high, 1 rating",
        }
    } == words(picture)
    assert 17 == len(picture.columns), "sixteen components, and the construct rated as a whole"
    text = picture.to_text(200)
    assert "H2" in text and "!2" in text and "  N" in text


def test_what_has_no_band_is_rated_all_the_same(evidence):
    """A position of facilitation is neither low nor high, and not 'not rated'."""
    (cells,) = words(read_progress(evidence.store, "parihs-2004")).values()
    assert ["rated, no band, 1 rating"] == list(cells.values())


def test_cycles_stand_by_their_number_in_a_run(evidence):
    """Each run has a row; a cycle without a record is not a decision."""
    picture = read_progress(evidence.store, "pdsa")
    assert words(picture) == {
        "Ward 3: calls": {"1": "adapted", "2": "adopted"},
        "Ward 3: visits": {"1": "abandoned"},
        "Ward 4": {"2": "not reported"},
    }
    assert "3 runs of cycles by Plan-Do-Study-Act cycle" == picture.title
    assert "Ward 3: calls   ~  +" in picture.to_text()


def test_every_cell_leads_to_its_records_and_passages(evidence):
    """All records of a cell are there, also those that a later one replaces."""
    for scheme in recorded_schemes(evidence.store):
        picture = read_progress(evidence.store, scheme)
        cells = [cell for row in picture.rows for cell in row.cells.values()]
        assert cells and all(cell.records for cell in cells)
        for iri in {iri for cell in cells for iri in cell.records}:
            assert evidence.entity(iri).linked("dcterms:references") or evidence.explain(iri)
    row = read_progress(evidence.store, "queri").rows[0]
    (phased,) = (cell for cell in row.cells.values() if cell.tag)
    ends = sorted(iri.rpartition("/")[2] for iri in phased.records)
    assert ["q4a", "q4b", "q4c"] == ends


def test_only_frameworks_with_records_are_offered(evidence):
    """Steps, ratings and cycles count; cases coded by nothing do not."""
    assert ("npt", "parihs-2004", "pdsa", "queri", "ward-kta-2009") == recorded_schemes(
        evidence.store
    )


def test_work_can_be_narrowed(evidence):
    """To a study with its cases, a theme, a programme; studies come in the order of numbers."""
    all_of_it = read_progress(evidence.store, "queri", programme="prog")
    assert ["Feet first", "Eyes next"] == [row.label for row in all_of_it.rows]
    assert "programme Programme" in all_of_it.title
    one = read_progress(evidence.store, "queri", theme="feet")
    assert ["Feet first"] == [row.label for row in one.rows]
    runs = read_progress(evidence.store, "pdsa", study="study/S10")
    assert ["Ward 4"] == [row.label for row in runs.rows]
    assert not read_progress(evidence.store, "npt", study="S10").rows


def test_what_is_not_there_is_an_error(evidence):
    """An unknown framework, an unknown study."""
    with pytest.raises(InputError, match="no framework 'nix': take one of act-2009"):
        read_progress(evidence.store, "nix")
    with pytest.raises(RecordNotFoundError, match="no study 'nix'"):
        read_progress(evidence.store, "queri", study="nix")


def test_a_change_in_the_records_changes_the_picture():
    """The same steps without the skipped one: its cell is empty, not skipped."""
    builder = kmgraph.DatasetBuilder(
        Dataset(id="d", title="D", publisher="Me", version="1", licence="https://example.org/l")
    )
    builder.add(*(one for one in records() if getattr(one, "id", "") != "q2"))
    with builder.build() as dataset:
        assert "2" not in words(read_progress(dataset.store, "queri"))["Feet first"]


@pytest.mark.parametrize("name", scheme_names())
def test_every_framework_has_columns(name):
    """Short headings that differ, and labels."""
    columns = load_scheme(name).columns(set())
    headings = [column.heading for column in columns]
    assert columns and len(headings) == len(set(headings))
    assert all(column.label and len(column.heading) <= 5 for column in columns)


def test_positions_come_before_the_order_of_the_file():
    """The steps of QUERI have positions, the components of NPT the order of their list."""
    queri = load_scheme("queri")
    assert [1, 2, 3, 4, 5, 6] == [part.position for part in queri.parts if part.is_leaf]
    headings = [column.heading for column in load_scheme("npt").columns(set())]
    assert [f"{i}.{j}" for i in range(1, 5) for j in range(1, 5)] == headings
    groups = [column.group for column in load_scheme("npt").columns(set())]
    assert ("Coherence", "Reflexive monitoring") == (groups[0], groups[-1])


@pytest.mark.parametrize("kind", MARKS)
def test_states_differ_by_shape_and_sign(kind):
    """Nothing is told by colour alone, and colours stand out from white."""
    marks = MARKS[kind]
    assert len(marks) == len({mark.sign for mark in marks})
    assert len(marks) == len({mark.shape for mark in marks})
    for mark in marks:
        parts = (int(mark.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        light = sum(p * w for p, w in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
        assert 1.05 / (light + 0.05) >= 3


def many(count):
    """Return a picture of much work: all of it done in the first column, nothing in the others."""
    rows = [WorkRow(f"urn:{n}", f"Work {n}", {"k0": Cell("done")}) for n in range(count)]
    columns = [Column(f"k{n}", str(n), f"Step {n}") for n in range(20)]
    return Progress(rows, columns, "S")


def test_much_work_is_counted(evidence):
    """Rows up to a number; from then on, how many are in each state of each column."""
    few, lots = many(ROWS_DRAWN), many(ROWS_DRAWN + 1)
    assert "Work 7 " in few.to_text(120) and "Work 7 " not in lots.to_text(120)
    text = lots.to_text(120)
    (done,) = [line for line in text.splitlines() if line.startswith("done")][:1]
    assert [str(ROWS_DRAWN + 1), "0"] == done.split()[1:3]
    assert len(lots.to_table()) == ROWS_DRAWN + 1
    assert "0 Step 0: done 41." in lots.description


def test_text_fits_the_terminal(evidence):
    """Columns that do not fit side by side follow below."""
    picture = many(3)
    for width in (60, 100):
        lines = picture.to_text(width).splitlines()
        assert max(map(len, lines)) <= width
        assert "19" in " ".join(line for line in lines if line.startswith(" "))


def test_synthetic_and_unchecked_are_said():
    """In the picture, in the text and in words."""
    picture = Progress([], [], "S", is_synthetic=True, is_verified=False)
    for said in (style.SYNTHETIC, style.UNCHECKED):
        assert said in picture.to_text() and said in picture.description


def test_pictures_are_drawn(evidence):
    """SVG with title, description and text; the same bytes each time; PNG."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    picture = read_progress(evidence.store, "queri")
    svg = picture.to_svg()
    root = parse(svg)
    assert picture.title == root.find(f"{SVG}title").text
    assert "skipped 1, no record 1." in root.find(f"{SVG}desc").text
    assert {"Feet first", "3/4", "skipped", "no mark: no record"} <= set(texts(svg))
    assert svg == read_progress(evidence.store, "queri").to_svg()
    assert picture.to_png(50).startswith(b"\x89PNG")
    drawn = texts(many(ROWS_DRAWN + 1).to_svg())
    assert str(ROWS_DRAWN + 1) in drawn and "Work 7" not in drawn
    assert "Step 19" in " ".join(drawn)


def test_nothing_recorded_is_drawn_too(evidence):
    """An empty picture says so and does not fail."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    for name in ("tdf-2012", "mrc-2008"):
        picture = read_progress(evidence.store, name)
        assert picture.title.startswith("0 pieces of work by")
        assert [] == picture.to_table()
        assert picture.to_svg() and picture.to_text()


@pytest.fixture
def run(evidence, monkeypatch, tmp_path):
    """What runs a command on the records and returns what it writes."""
    monkeypatch.setattr(picturing, "open_store", lambda path, view: nullcontext(evidence))

    def command(*arguments, code=0):
        given = [*(str(argument) for argument in arguments), "--store", str(tmp_path)]
        result = CliRunner().invoke(cli, ["progress", *given])
        assert code == result.exit_code, result.output
        return result.output

    return command


def test_the_command_line_draws(run, tmp_path):
    """To the terminal and to files; a framework without records names those with some."""
    assert "1 piece of work by Knowledge to action" in run("--scheme", "ward-kta-2009")
    run("--scheme", "queri", "--theme", "feet", "--to", tmp_path / "w.txt")
    written = (tmp_path / "w.txt").read_text(encoding="utf-8")
    assert "Feet first" in written and "Eyes next" not in written
    empty = run("--scheme", "tdf-2012")
    assert "something is recorded here: npt, parihs-2004, pdsa, queri, ward-kta-2009" in empty


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--scheme", "nix"), 1, "no framework 'nix'"),
        (("--scheme", "npt", "--study", "nix"), 1, "no study 'nix'"),
        (("--scheme", "npt", "--to", "a.gif"), 1, ".svg, .png, .txt"),
        ((), 2, "--scheme"),
    ],
)
def test_mistakes_on_the_command_line_are_said(run, arguments, code, said):
    """In one line."""
    assert said in run(*arguments, code=code)


def test_a_picture_shows_what_its_view_may(tmp_path, monkeypatch):
    """Steps of another group are neither drawn nor counted, nor is their framework offered."""
    monkeypatch.setattr(validating, "validate_quads", lambda *a, **options: Report.of(()))
    bundles = []
    for name, group, construct in (("a", "public", "QUERI.1"), ("b", "north", "WARD.1")):
        head = Dataset(
            id=name,
            id_prefix=f"{name}-",
            title=name,
            publisher="Me",
            version="1",
            visibility=group,
            licence="https://example.org/l",
        )
        study = Study(id="S", title=f"Study of {name}")
        step = Step(id="s", about="S", construct=construct, status="done")
        more = Step(id="t", about="S", construct="QUERI.2", status="done")
        bundles.append(MemoryBundle([head, study, step, more], name=name))
    store = GenerationStore.create(tmp_path / "store")
    kmgraph.build(bundles, store)
    with store.open_view("public") as public, store.open_view("public+north") as both:
        assert ["Study of a"] == [row.label for row in read_progress(public, "queri").rows]
        assert ["Study of a", "Study of b"] == [
            row.label for row in read_progress(both, "queri").rows
        ]
        assert (("queri",), ("queri", "ward-kta-2009")) == (
            recorded_schemes(public),
            recorded_schemes(both),
        )


@pytest.fixture(scope="module")
def app(evidence):
    """An application that serves the records."""
    pytest.importorskip("flask", reason="Flask is not installed")
    from kmgraph_server import ServerConfig, create_app

    return create_app(ServerConfig(), dataset=evidence)


def test_the_server_shows_progress(app, evidence):
    """A page with the picture and a table whose words lead to the records."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    client = app.test_client()
    page = client.get("/progress?scheme=queri", headers=HTML)
    assert 200 == page.status_code
    assert '<img src="/figures/progress.svg?scheme=queri"' in page.text
    assert "/doc/step/q2" in page.text and ">skipped</a>" in page.text
    assert "record 3</a>" in page.text and "no record" in page.text
    picture = client.get("/figures/progress.svg?scheme=queri&study=S1")
    assert (200, "image/svg+xml") == (picture.status_code, picture.mimetype)
    assert client.get("/figures/progress.png?scheme=pdsa").data.startswith(b"\x89PNG")
    assert "Ward 3: calls" in client.get("/progress?scheme=pdsa", headers=HTML).text


def test_pages_lead_to_progress(app):
    """The home page, and the pages of a step and of a cycle, to the right framework."""
    client = app.test_client()
    assert 'href="/progress"' in client.get("/", headers=HTML).text
    for path, name in (("/doc/step/q2", "queri"), ("/doc/cycle/c1", "pdsa")):
        assert f'href="/progress?scheme={name}"' in client.get(path, headers=HTML).text
    assert "/progress" not in client.get("/doc/study/S1", headers=HTML).text
    first = client.get("/progress", headers=HTML).text
    assert '<option value="npt" selected>' in first


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/progress?scheme=nix", 400, "no framework"),
        ("/progress?scheme=queri&study=nix", 404, "no study"),
        ("/figures/progress.gif?scheme=queri", 404, ".svg or .png"),
        ("/progress?scheme=queri&scheme=npt", 400, "given twice"),
    ],
)
def test_mistakes_on_the_server_are_said(app, path, status, said):
    """With what to do."""
    answer = app.test_client().get(path, headers=HTML)
    assert status == answer.status_code
    assert said in answer.text.replace("&#39;", "'")
