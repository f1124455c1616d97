"""Builds and exports that once lost or refused something."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import full_bundle as fb

import kmgraph
from kmgraph.bundles.memory import MemoryBundle
from kmgraph.bundles.sources import Source
from kmgraph.cli import cli
from kmgraph.errors import BundleError, InputError, PublicationError
from kmgraph.quality import validate_bundle
from kmgraph.records import Claim, Dataset, Document, Organisation, Passage, Record, Study
from kmgraph.stores.generations import GenerationStore

LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def bundle(name: str, *records: Record, **facts: object) -> Source:
    """Return a bundle of records in memory."""
    row = {"title": name, "publisher": "Us", "licence": LICENCE, "version": "1"} | facts
    return MemoryBundle([Dataset(id=name, **row), *records], name=name)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path) -> GenerationStore:
    """Return an empty store."""
    return GenerationStore.create(tmp_path / "store")


def keep(folder: Path) -> kmgraph.BuildOptions:
    """Return options that set faulty rows aside."""
    return kmgraph.BuildOptions(keep_going=True, rejects=folder)


def rows_of(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file, the header first."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("form", fb.WRITERS)
def test_cells_that_no_column_takes_are_kept(
    form: str, store: GenerationStore, tmp_path: Path
) -> None:
    """An unknown column waits under its name, and is still unknown when it is built again."""
    sheets = fb.full_bundle()
    for row in sheets["outcomes"]:
        row["colour"] = ""
    sheets["outcomes"][3]["colour"] = "keep me"
    path = fb.WRITERS[form](sheets, tmp_path / "bundle")
    summary = kmgraph.build([path], store, keep(tmp_path / "rejects"))
    rejected = rows_of(tmp_path / "rejects" / "outcomes.csv")
    assert "colour" in rejected[0]
    assert any("keep me" in row and "outcomes-4" in row for row in rejected)
    assert summary.rejected >= 1
    with pytest.raises(BundleError):
        kmgraph.build([tmp_path / "rejects"], store, kmgraph.BuildOptions(append=True))


def test_cells_beyond_the_header_are_kept(store: GenerationStore, tmp_path: Path) -> None:
    """A cell without a header waits without a header."""
    path = fb.write_csv(fb.full_bundle(), tmp_path / "bundle")
    with (path / "questions.csv").open("a", encoding="utf-8") as file:
        file.write("q-more,Which?,programmes-1,,passages-1,stated,one too many\n")
    kmgraph.build([path], store, keep(tmp_path / "rejects"))
    header, row = rows_of(tmp_path / "rejects" / "questions.csv")
    assert (len(header), "one too many") == (len(row) - 1, row[-1])


def test_what_the_shapes_refuse_is_set_aside_too(
    store: GenerationStore, built_example: Path, tmp_path: Path
) -> None:
    """Rows that only the shapes can refuse, also because others were left out, do not stop it."""
    path = tmp_path / "bundle"
    CliRunner().invoke(cli, ["example", "clahrc-ndl", str(path)], catch_exceptions=False)
    organisations = (path / "organisations.csv").read_text(encoding="utf-8")
    assert "stroke-survivors-group,Stroke survivors group" in organisations
    broken = organisations.replace(
        "stroke-survivors-group,Stroke survivors group", "stroke-survivors-group,"
    )
    (path / "organisations.csv").write_text(broken, encoding="utf-8")
    summary = kmgraph.build([path], store, keep(tmp_path / "rejects"))
    assert summary.report is not None and summary.report.conforms
    reasons = {row[1]: row[0] for row in rows_of(tmp_path / "rejects" / "studies.csv")[1:]}
    assert any("violates a shape" in reason for reason in reasons.values())

    rejects = tmp_path / "rejects" / "organisations.csv"
    mended = rejects.read_text(encoding="utf-8").replace(
        "stroke-survivors-group,", "stroke-survivors-group,Stroke survivors group", 1
    )
    rejects.write_text(mended, encoding="utf-8")
    kmgraph.build([tmp_path / "rejects"], store, kmgraph.BuildOptions(append=True))
    assert GenerationStore(built_example).digest() == store.digest()


def test_rejects_are_written_before_anything_is_published(
    store: GenerationStore, tmp_path: Path
) -> None:
    """Where the rejects cannot be written, nothing is published without them."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    made = bundle("one", Study(id="S1", title=""), Study(id="S2", title="Two"))
    with pytest.raises(OSError):
        kmgraph.build([made], store, keep(tmp_path / "file" / "rejects"))
    assert store.current_id() is None


def test_several_bundles_have_rejects_of_their_own(store: GenerationStore, tmp_path: Path) -> None:
    """Each dataset's rejects are a bundle."""
    bad = Study(id="S1", title="")
    made = [bundle(name, bad, id_prefix=f"{name}-") for name in ("one", "two")]
    kmgraph.build(made, store, keep(tmp_path / "rejects"))
    for name in ("one", "two"):
        assert (tmp_path / "rejects" / name / "studies.csv").is_file()


def test_an_incomplete_build_is_no_unchanged_bundle(store: GenerationStore, tmp_path: Path) -> None:
    """What was set aside is told again by --if-changed."""
    made = bundle("one", Study(id="S1", title=""))
    kmgraph.build([made], store, keep(tmp_path / "rejects"))
    with pytest.raises(BundleError):
        kmgraph.build([made], store, kmgraph.BuildOptions(if_changed=True))


ODD = [
    "100%",
    "50% of staff",
    "a_b",
    "a%5Fb",
    "C:\\",
    "one; two",
    "= not a formula",
    "# no comment",
    'say "no"',
    "line\none",
    "mac\rline",
    "win\r\nline",
    "Zoë’s 北京",
    "\\;",
    "-1",
    "FS.1",
]


@pytest.mark.parametrize("ending", ["", ".xlsx", ".json"])
def test_odd_words_come_back(ending: str, tmp_path: Path) -> None:
    """Terms, lists and texts of any words are exported and built again as the same graph."""
    made = bundle(
        "odd",
        *(
            Study(id=f"S{n}", title=words, conditions=(words,), description=words)
            for n, words in enumerate(ODD)
        ),
        Study(id="FS.1", title="A construct's name"),
        Organisation(id="O1", name="One", alt_names=tuple(ODD)),
        Document(id="D1", title="Doc"),
        Passage(id="P1", document="D1", line_from=1),
        Claim(id="C1", about=("FS.1",), statement="It is.", passages=("P1",)),
    )
    with kmgraph.build_in_memory(made) as first:
        assert len(ODD) == len({str(c) for s in first.studies() for c in s.linked("km:condition")})
        written = kmgraph.export_bundle(first, tmp_path / f"out{ending}")
        assert () == written.left_out
        with kmgraph.build_in_memory(tmp_path / f"out{ending}") as second:
            assert set(map(str, first.store.quads())) == set(map(str, second.store.quads()))


def test_a_text_too_long_for_a_workbook_is_refused(tmp_path: Path) -> None:
    """Nothing is cut off in silence."""
    made = bundle("long", Study(id="S1", title="One", description="x" * 33_000))
    with kmgraph.build_in_memory(made) as evidence:
        with pytest.raises(InputError, match="33,000 characters"):
            kmgraph.export_bundle(evidence, tmp_path / "x.xlsx")
        assert not (tmp_path / "x.xlsx").exists()
        kmgraph.export_bundle(evidence, tmp_path / "x.json")


def test_an_export_names_the_right_one_of_several_extended_datasets(
    store: GenerationStore, tmp_path: Path
) -> None:
    """A dataset without an id prefix does not swallow the references to another."""
    kmgraph.build(
        [
            bundle("plain", Study(id="P1", title="One")),
            bundle("zz", Study(id="Z", title="Two"), id_prefix="z-"),
            bundle(
                "ext",
                Study(id="zz:Z", title="", acronym="ZED"),
                extends=("plain", "zz"),
                id_prefix="x-",
            ),
        ],
        store,
    )
    with kmgraph.open_store(store.path) as evidence:
        kmgraph.export_bundle(evidence, tmp_path / "ext", name="ext")
    assert "zz:Z" in (tmp_path / "ext" / "studies.csv").read_text(encoding="utf-8")


def test_an_extension_may_add_a_number_to_a_claim(store: GenerationStore) -> None:
    """To say more of a record is not to describe it twice."""
    source = (Document(id="D1", title="Doc"), Passage(id="P1", document="D1", line_from=1))
    claim = Claim(id="C1", about=(), statement="Some.", passages=("P1",), assertion_kind="stated")
    more = Claim(
        id="base:C1", statement="", quantity_kind="studies", value="3", passages=("base:P1",)
    )
    kmgraph.build([bundle("base", *source, claim, id_prefix="b-")], store)
    kmgraph.build([bundle("more", more, extends=("base",), id_prefix="m-")], store)
    with kmgraph.open_store(store.path) as evidence:
        assert 3 == evidence.entity("claim/b-C1").value("km:value")


def test_two_datasets_may_name_the_same_place(store: GenerationStore) -> None:
    """A term of the dataset's own is no record that two describe."""
    studies = [Study(id=f"S{n}", title="One", conditions=("stroke",)) for n in (1, 2)]
    kmgraph.build([bundle("one", studies[0]), bundle("two", studies[1])], store)
    with kmgraph.open_store(store.path) as evidence:
        assert 2 == len(evidence.entity("condition/stroke").linking("km:condition"))


def test_a_bundle_that_extends_is_validated_beside_the_store(store: GenerationStore) -> None:
    """What it extends is looked up where it is."""
    kmgraph.build([bundle("base", Study(id="S1", title="One"), id_prefix="b-")], store)
    more = bundle("more", Study(id="base:S1", title="", acronym="ONE"), extends=("base",))
    with pytest.raises(BundleError):
        validate_bundle(more)
    assert validate_bundle(more, store=store).conforms


def test_loading_does_not_replace_a_dataset(store: GenerationStore, tmp_path: Path) -> None:
    """Files and bundles do not take each other's graphs, and graphs have plain names."""
    kmgraph.build([bundle("one", Study(id="S1", title="One"))], store)
    path = tmp_path / "x.nt"
    path.write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    with pytest.raises(InputError, match="built from a bundle"):
        kmgraph.load_rdf(path, "one", store)
    for name in ("", "../x", "/x", "x/", "A#b", "a b"):
        with pytest.raises(InputError, match="cannot be a graph's name"):
            kmgraph.load_rdf(path, name, store)
    kmgraph.load_rdf(path, "file", store)
    with pytest.raises(PublicationError, match="loaded from a file"):
        kmgraph.build([bundle("file")], store)


def test_rdf_1_2_is_refused_by_name(store: GenerationStore, tmp_path: Path) -> None:
    """What the store cannot publish is told of the file, not of the shapes."""
    path = tmp_path / "x.ttl"
    path.write_text("<urn:a> <urn:b> <<( <urn:a> <urn:b> <urn:c> )>> .", encoding="utf-8")
    with pytest.raises(InputError, match=r"RDF 1\.2"):
        kmgraph.load_rdf(path, "x", store)


def test_quotes_are_of_the_lines_that_editors_show(store: GenerationStore, tmp_path: Path) -> None:
    """A form feed ends no line, and a line beyond the end is told."""
    import hashlib

    text = "line one\n\f line two\n"
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "x.txt").write_text(text, encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    made = bundle(
        "one",
        Document(id="D1", title="Doc", sha256=digest),
        Passage(id="P2", document="D1", line_from=2),
        Passage(id="P9", document="D1", line_from=99),
    )
    options = kmgraph.BuildOptions(documents=tmp_path / "copies")
    assert ["P9"] == kmgraph.build([made], store, options).quotes_beyond
    with kmgraph.open_store(store.path) as evidence:
        assert "line two" == evidence.entity("passage/P2/quote").value("oa:exact")


def run(*arguments: object) -> tuple[int, str]:
    """Run a command; return its exit code and what it wrote to standard error."""
    result = CliRunner().invoke(cli, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stderr


def test_the_command_line_shows_no_traceback(
    example_copy: Callable[[Path], GenerationStore], tmp_path: Path
) -> None:
    """Folders that are not there, and odd parameters, are told in a sentence."""
    store = example_copy(tmp_path / "example")
    file = tmp_path / "a file"
    file.write_text("", encoding="utf-8")
    for arguments in (
        ("init", "--store", file / "s"),
        ("template", file / "t"),
        ("template", file / "t.xlsx"),
        ("example", "clahrc-ndl", file / "e"),
        ("export", "--store", store.path, "--bundle", file / "b"),
        ("export", "--store", store.path, "--bundle", file / "b.json"),
        ("export", "--store", store.path, file / "x.nt"),
        ("ask", "31", "--store", store.path, "-p", "question_id=1"),
        ("ask", "31", "--store", store.path, "-p", "self=1"),
        ("ask", "102", "--store", store.path, "-p", "record=x", "-p", "record=y"),
    ):
        code, message = run(*arguments)
        # A parameter that a question does not have is a wrong call.
        wanted = 2 if arguments[0] == "ask" else 1
        assert (wanted, True) == (code, message.startswith("Error [")), (arguments, message)


def test_a_store_that_may_only_be_read_can_be_read(store: GenerationStore) -> None:
    """Readers need no right to write, and take no lock file that they would have to make."""
    kmgraph.build([bundle("one", Study(id="S1", title="One"))], store)
    lock = store.generation_dir() / "in-use.lock"
    lock.chmod(0o444)
    before = {path: path.stat().st_mtime_ns for path in store.path.rglob("*")}
    with kmgraph.open_store(store.path) as evidence:
        assert ["One"] == [study.label for study in evidence.studies()]
    assert before == {path: path.stat().st_mtime_ns for path in store.path.rglob("*")}


def test_a_long_chain_of_rejects_is_quick(store: GenerationStore, tmp_path: Path) -> None:
    """What depends on what is followed once, not once for each link of the chain."""
    chain = [
        Organisation(id=f"O{n}", name="" if n == 0 else "Org", part_of=f"O{n - 1}" if n else None)
        for n in range(1_500)
    ]
    summary = kmgraph.build([bundle("chain", *reversed(chain))], store, keep(tmp_path / "r"))
    assert 1_500 == summary.rejected
    assert json.loads(json.dumps(summary.to_dict()))["records"] == {"dataset": 1}
