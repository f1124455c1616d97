"""Large bundles are read in parts; what comes of them is the same as row by row."""

from __future__ import annotations

import csv
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from helpers.full_bundle import FREE, Sheets, all_breaks, full_bundle

from kmgraph.bundles import csv_parts, jsonl_file, parquet_file, parts
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.files import copy_example
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.problems import Problem, sort_problems
from kmgraph.errors import BundleError
from kmgraph.mapping.mapper import TERM_CLASSES, Mapper
from kmgraph.namespaces import DEFAULT_BASE, graph_iri
from kmgraph.pipeline.elsewhere import StoreElsewhere
from kmgraph.pipeline.quick_rows import QuickRows
from kmgraph.pipeline.staged_files import StagedFiles
from kmgraph.pipeline.staging import find_rejections, place_of, stage
from kmgraph.records import TABLES, Kind
from kmgraph.stores.digest import LineSum

#: Cells that are read wrongly if anything is taken for granted.
CELLS = (
    "", "  ", "#REF!", "# not a comment", '"', 'she said "no"', "a;b", "a; b", "a;;b", ";", "a;a",
    r"a\;b", "ends in a backslash \\", "é", "\u00a0x", "tab\there", "two\nlines", "two\r\nlines",
    "2010", "2010-13", "2010-05-31T00:00", "2009-02-29", "1.50", "1.5", "+2", "-0", "007", "1e3",
    "0.333333", "Yes", "yes", "no", "0", "1", "Not reported", "not_reported", "not-reported",
    "rated", "barrier", "enabler", "studies-1", " studies-1", "studies-1;cases-1", "cases-2",
    "cases-1;cases-1", "x:studies-1", "full:studies-1", "nobody", "passages-1; passages-2",
    "PARIHS.C.culture", "PARIHS.F", "parihs.c", "\x07", "https://x.org/%zz", "https://x.org/a?b",
    "https://x.org/a", "urn:x", "i" * 200, "a b", "-a",
    "\U0001f600",
)  # fmt: skip


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every bundle read in parts, and in blocks of few rows."""
    monkeypatch.setattr(parts, "PARTS_ABOVE_BYTES", 0)
    monkeypatch.setattr(parts, "PART_BYTES", 700)
    for module in (csv_parts, jsonl_file, parquet_file):
        monkeypatch.setattr(module, "BLOCK_ROWS", 3)


def write_csv(sheets: Sheets, folder: Path) -> Path:
    """Write rows as CSV files."""
    folder.mkdir()
    for sheet, rows in sheets.items():
        with (folder / f"{sheet}.csv").open(
            "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_jsonl(sheets: Sheets, folder: Path) -> Path:
    """Write rows as JSON Lines."""
    folder.mkdir()
    for sheet, rows in sheets.items():
        lines = (json.dumps({k: v for k, v in row.items() if v}) for row in rows)
        (folder / f"{sheet}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_parquet(sheets: Sheets, folder: Path) -> Path:
    """Write rows as Parquet files, some rows a group."""
    pyarrow = pytest.importorskip("pyarrow.parquet")
    import pyarrow as arrow

    folder.mkdir()
    for sheet, rows in sheets.items():
        # What is no text cannot stand in a column of texts.
        cells = [{k: v.encode(errors="replace") or None for k, v in row.items()} for row in rows]
        names = list(rows[0])
        texts = arrow.schema([(name, arrow.string()) for name in names])
        table = arrow.Table.from_pylist(cells, schema=texts)
        pyarrow.write_table(table, folder / f"{sheet}.parquet", row_group_size=4)
    return folder


Outcome = tuple[list[str], list[str], list[Problem]]


def row_by_row(bundle: Path) -> Outcome:
    """Return statements, origins and problems as each row by itself gives them."""
    source = open_bundle(bundle)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "PARTS_ABOVE_BYTES", 1 << 60)
        check = BundleCheck(source)
        assert not check.quick.parts
        mapper = Mapper(place(check), check.vocabulary, check.sheet_of)
        statements, origins = [], []
        for row in check.rows():
            if not row.rejected:
                raw, record_id = row.raw, row.values["id"]
                statements += list(mapper.statements(raw.sheet, row.values))
                iri = mapper.record_iri(raw.sheet, record_id)
                origins.append(f"{iri}\t{raw.file}\t{raw.number}\t{record_id}")
        return sorted(statements), sorted(origins), check.problems()


def in_parts(bundle: Path, folder: Path) -> tuple[Outcome, Counter[str]]:
    """Return the same as parts give them, and how many rows of a sheet were plainly right."""
    check = BundleCheck(open_bundle(bundle))
    assert check.quick.parts
    mapper = Mapper(place(check), check.vocabulary, check.sheet_of)
    found = list(check.file_problems)
    folder.mkdir()
    with (
        StagedFiles(folder / "x.nq", folder / "x.tsv", "urn:g") as files,
        QuickRows(check, place(check), check.quick_parts(), files) as quick,
    ):
        for row in (*check.rows_without(quick.files), *quick.checked()):
            found += row.problems
            if not row.rejected:
                files.add_row(mapper, row)
        for segment, words in quick.words:
            files.add(mapper.mint(segment, words))
    lines = (folder / "x.nq").read_text(encoding="utf-8").split("\n")[:-1]
    assert files.statements == len(lines)
    statements = [line.removesuffix(" <urn:g> .") for line in lines]
    total = LineSum()
    total.add(f"{statement} .\n".encode() for statement in statements)
    assert total == files.sum
    origins = (folder / "x.tsv").read_text(encoding="utf-8").split("\n")[:-1]
    return (sorted(statements), sorted(origins), sort_problems(found)), quick.records


def place(check: BundleCheck) -> Any:
    """Return where the records of a bundle live."""
    return place_of(check, StoreElsewhere(None, {}), DEFAULT_BASE)


def assert_same(bundle: Path, folder: Path) -> Counter[str]:
    """Compare both ways."""
    (statements, origins, problems), plain = in_parts(bundle, folder)
    expected = row_by_row(bundle)
    if problems:
        # Then nothing is built, and the terms of rows with problems do not matter.
        statements = [line for line in statements if not is_about_a_term(line)]
        expected = ([line for line in expected[0] if not is_about_a_term(line)], *expected[1:])
    assert expected == (statements, origins, problems)
    return plain


def is_about_a_term(line: str) -> bool:
    """Return whether a statement describes a term of the dataset's own."""
    return line.removeprefix(f"<{DEFAULT_BASE}").partition("/")[0] in TERM_CLASSES


def broken_bundles() -> Iterator[Sheets]:
    """Yield bundles in which each sheet has one of its breaks, until all had their turn."""
    breaks: dict[str, list[dict[str, str]]] = {}
    for one in all_breaks():
        breaks.setdefault(one.sheet, []).append(dict(one.cells))
    breaks.pop("dataset")
    while any(breaks.values()):
        sheets = full_bundle()
        for sheet, left in breaks.items():
            for row in sheets[sheet][FREE:]:
                if left:
                    row |= left.pop()
        yield sheets


WRITERS: dict[str, Callable[[Sheets, Path], Path]] = {
    "csv": write_csv,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}


@pytest.mark.usefixtures("small_parts")
def test_every_way_to_break_a_row_is_told_alike(tmp_path: Path) -> None:
    """All rules of all columns: the same problems, and the same statements of the other rows."""
    for number, sheets in enumerate(broken_bundles()):
        bundle = write_csv(sheets, tmp_path / f"bundle-{number}")
        assert_same(bundle, tmp_path / f"staged-{number}")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("seed", range(2))
def test_odd_cells_are_read_alike(form: str, seed: int, tmp_path: Path) -> None:
    """Cells that look plain and are not, anywhere."""
    generator = random.Random(seed)
    sheets = full_bundle()
    for sheet, rows in sheets.items():
        for row in rows if sheet != "dataset" else ():
            for name in generator.sample(sorted(row), min(3, len(row))):
                row[name] = generator.choice(CELLS)
    assert_same(WRITERS[form](sheets, tmp_path / "bundle"), tmp_path / "staged")


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("form", WRITERS)
def test_rows_of_a_good_bundle_are_plainly_right(form: str, tmp_path: Path) -> None:
    """The quick way is taken: by all rows of most tables."""
    sheets = full_bundle()
    plain = assert_same(WRITERS[form](sheets, tmp_path / "bundle"), tmp_path / "staged")
    missed = {name: len(rows) - plain[name] for name, rows in sheets.items()}
    assert {name for name, number in missed.items() if number} <= {
        "dataset", "passages", "memberships", "cycles", "discrepancies", "assessments",
    }  # fmt: skip


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("cell", ["  ", ";", " ; ", r"\;"])
def test_cells_that_hold_next_to_nothing_are_read_alike(cell: str, tmp_path: Path) -> None:
    """Blanks are nothing, and a separator is something where there is no list."""
    sheets = full_bundle()
    for sheet, rows in sheets.items():
        for row, name in zip(rows[FREE:], ("quote", "value", "member", "passages"), strict=False):
            if name in row and sheet != "dataset":
                row[name] = cell
    assert_same(write_csv(sheets, tmp_path / "bundle"), tmp_path / "staged")


@pytest.mark.usefixtures("small_parts")
def test_the_shipped_example_is_mapped_alike(tmp_path: Path) -> None:
    """Real records, with quotes, commas and line ends in their cells."""
    copy_example("clahrc-ndl", tmp_path / "bundle")
    plain = assert_same(tmp_path / "bundle", tmp_path / "staged")
    assert plain["claims"] > 100


STUDIES = {
    "blank rows and comments": "id,title\n\n# about\nS1,One\n,\n\nS2,Two\n",
    "windows line ends": "id,title\r\nS1,One\r\nS2,Two\r\n",
    "old line ends": "id,title\rS1,One\rS2,Two\r",
    "no end": "id,title\nS1,One\nS2,Two",
    "quotes": 'id,title\nS1,"One, ""two"""\nS2,"Two\nlines"\n',
    "an inch mark": 'id,title\nS1,A 5" tube\nS2,A 6" tube\nS3,"a\nb"\nS4,A 7" tube\n' * 1,
    "an open quote": 'id,title\nS1,"One\nS2,Two\nS3,Three\n',
    "text after a quote": 'id,title\nS1,"One"x\nS2,Two\n',
    "short and long rows": "id,title,note\nS1,One\nS2,Two,x,y\nS3,Three,,\n",
    "told delimiter": "sep=;\nid;title\nS1;One\nS2;Two, three\n",
    "tabs": "id\ttitle\nS1\tOne\nS2\tTwo\n",
    "notes": "id,_mine,title\nS1,x,One\nS2,y,Two\n",
    "an unknown column": "id,title,colour\nS1,One,red\nS2,Two,\n",
    "no title": "id,note\nS1,One\n",
    "id last": "title,id\n#1 study,S1\nTwo,S2\n",
    "the same id": "id,title\nS1,One\nS2,Two\nS1,Three\n",
    "header only": "id,title\n",
    "a byte-order mark": "\ufeffid,title\nS1,One\n",
    "spaces around an id": "id,title\n S1 ,One\nS1,Two\n",
    "ids that are not plain": f"id,title\né,One\né,Two\n{'x' * 300},Three\n{'x' * 300},Four\n",
}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("text", STUDIES.values(), ids=STUDIES)
def test_odd_files_are_read_alike(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What may stand in a CSV file, cut into parts of a few bytes."""
    monkeypatch.setattr(parts, "PART_BYTES", 9)
    sheets = {name: rows for name, rows in full_bundle().items() if name in ("dataset", "passages")}
    sheets["documents"] = full_bundle()["documents"]
    bundle = write_csv(sheets, tmp_path / "bundle")
    (bundle / "studies.csv").write_bytes(text.encode())
    assert_same(bundle, tmp_path / "staged")


@pytest.mark.usefixtures("small_parts")
def test_bytes_that_are_no_text_are_told_alike(tmp_path: Path) -> None:
    """Such a file is left to the reader that names the cell."""
    bundle = write_csv(full_bundle(), tmp_path / "bundle")
    (bundle / "studies.csv").write_bytes(b"id,title\nS1,One\nS2,caf\xe9\n")
    assert_same(bundle, tmp_path / "staged")


LINES = {
    "blank lines": '{"id": "S1", "title": "One"}\n\n  \n{"id": "S2", "title": "Two"}\n',
    "an unknown column": '{"id": "S1", "title": "One", "colour": "red"}\n',
    "a column twice": '{"id": "S1", "title": "One", "title": "Two"}\n',
    "no record": '["S1"]\n{"id": "S2", "title": "Two"}\n7\n',
    "no JSON": '{"id": "S1", "title": "One"}\nS2\n{"id": "S3", "title": "Three"}\n',
    "two in a line": '{"id": "S1", "title": "One"} {"id": "S2", "title": "Two"}\n',
    "no number": '{"id": "S1", "title": "One", "start": NaN}\n',
    "an object in a cell": '{"id": "S1", "title": {"en": "One"}}\n',
    "notes": '{"id": "S1", "title": "One", "_mine": [1, {"a": 2}]}\n',
    "types": '{"id": "S1", "title": "One", "start": 2010, "end": "2011-02"}\n'
    '{"id": "S2", "title": 7, "start": 40179, "end": null, "registry_ids": ["a;b", "c"]}\n'
    '{"id": "S3", "title": true, "start": 2010.0, "registry_ids": []}\n'
    '{"id": "S4", "title": ["x"], "registry_ids": ["#REF!"], "note": ["a", "b"]}\n',
}


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_json_lines_are_read_alike(text: str, tmp_path: Path) -> None:
    """What may stand in a file of JSON Lines, beside CSV files."""
    sheets = {name: rows for name, rows in full_bundle().items() if name in ("dataset", "passages")}
    sheets["documents"] = full_bundle()["documents"]
    bundle = write_csv(sheets, tmp_path / "bundle")
    (bundle / "studies.jsonl").write_text(text, encoding="utf-8")
    assert_same(bundle, tmp_path / "staged")


def test_a_problem_of_json_lines_names_file_and_line(tmp_path: Path) -> None:
    """Lines are counted from 1; after a line that is no JSON nothing is read."""
    bundle = write_csv({"dataset": full_bundle()["dataset"]}, tmp_path / "bundle")
    (bundle / "studies.jsonl").write_text(
        '{"id": "S1"}\n{"id": "S2", "title": "Two", "start": "soon"}\nS3\n', encoding="utf-8"
    )
    problems = BundleCheck(open_bundle(bundle)).problems()
    found = [(p.row, p.column, p.code) for p in problems if p.file == "studies.jsonl"]
    assert [(1, "title", "missing-value"), (2, "start", "bad-date"), (3, "", "bad-json")] == found


@pytest.mark.usefixtures("small_parts")
def test_typed_columns_of_parquet_give_the_statements_of_csv(tmp_path: Path) -> None:
    """Dates, numbers, booleans and lists are read as what a person would have typed."""
    import datetime as dt
    from decimal import Decimal

    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as arrow

    sheets = full_bundle()
    typed: dict[Kind, Callable[[str], Any]] = {
        Kind.INTEGER: int,
        Kind.DECIMAL: Decimal,
        Kind.BOOLEAN: lambda cell: cell == "yes",
        Kind.DATE: lambda cell: dt.date.fromisoformat(cell) if len(cell) == 10 else None,
    }
    changed: Sheets = {}
    bundle = tmp_path / "typed"
    bundle.mkdir()
    for sheet, rows in sheets.items():
        columns: dict[str, list[Any]] = {}
        for column in TABLES[sheet].columns:
            cells = [row[column.name] for row in rows]
            if column.kind is Kind.DATE and not column.required:
                cells = ["2010-05-31" for _ in rows]
                for row in rows:
                    row[column.name] = "2010-05-31"
            if column.many:
                columns[column.name] = [cell.split(";") if cell else [] for cell in cells]
            else:
                turn = typed.get(column.kind, str)
                columns[column.name] = [turn(cell) if cell else None for cell in cells]
        changed[sheet] = rows
        table = arrow.table(columns)
        parquet.write_table(table, bundle / f"{sheet}.parquet", row_group_size=4)
    as_text = row_by_row(write_csv(changed, tmp_path / "text"))
    (statements, origins, problems), plain = in_parts(bundle, tmp_path / "staged")
    assert [] == problems and as_text[0] == statements
    assert plain["studies"] == len(sheets["studies"])
    assert row_by_row(bundle) == (statements, origins, problems)


def test_a_damaged_parquet_file_is_a_problem(tmp_path: Path) -> None:
    """It is told as for other files, and stops nothing."""
    pytest.importorskip("pyarrow")
    bundle = write_csv({"dataset": full_bundle()["dataset"]}, tmp_path / "bundle")
    (bundle / "studies.parquet").write_bytes(b"PAR1 and no more")
    (problem,) = BundleCheck(open_bundle(bundle)).problems()
    assert ("studies.parquet", "studies", "unreadable-file") == (
        problem.file, problem.sheet, problem.code,
    )  # fmt: skip


@pytest.mark.usefixtures("small_parts")
def test_several_processes_give_what_one_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements, origins and numbers are the same, whoever did the work."""
    bundle = write_csv(full_bundle(), tmp_path / "bundle")
    outcomes = []
    for size in (1, 2):
        monkeypatch.setenv("KMGRAPH_BUILD_WORKERS", str(size))
        monkeypatch.setattr(parts, "WORKERS_ABOVE_BYTES", 0)
        folder = tmp_path / f"staged-{size}"
        folder.mkdir()
        check = BundleCheck(open_bundle(bundle), workers=size)
        staged = stage(check, StoreElsewhere(None, {}), DEFAULT_BASE, folder)
        lines = [sorted(path.read_text().split("\n")) for path in (staged.quads, staged.rows)]
        outcomes.append((lines, staged.statements, staged.digest, staged.records))
        assert {staged.quads, staged.rows} == set(folder.iterdir())
    assert outcomes[0] == outcomes[1]


@pytest.mark.usefixtures("small_parts")
def test_problems_of_a_large_bundle_stop_it(tmp_path: Path) -> None:
    """All of them are attached, in the order of files and rows."""
    sheets = full_bundle()
    sheets["studies"][3]["title"] = ""
    sheets["passages"][2]["document"] = "nobody"
    bundle = write_csv(sheets, tmp_path / "bundle")
    with pytest.raises(BundleError) as caught:
        stage(BundleCheck(open_bundle(bundle)), StoreElsewhere(None, {}), DEFAULT_BASE, tmp_path)
    assert [("passages.csv", 4, "dangling-reference"), ("studies.csv", 5, "missing-value")] == [
        (p.file, p.row, p.code) for p in caught.value.problems
    ]


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("is_good", [True, False], ids=["good", "bad"])
def test_keeping_on_leaves_out_the_same_rows(is_good: bool, tmp_path: Path) -> None:
    """What cannot be built, and what depends on it, is the same as for a small bundle."""
    sheets = full_bundle()
    if not is_good:
        sheets["documents"][0]["title"] = ""
    bundle = write_csv(sheets, tmp_path / "bundle")
    outcomes = []
    for limit in (0, 1 << 60):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parts, "PARTS_ABOVE_BYTES", limit)
            check = BundleCheck(open_bundle(bundle))
            elsewhere, folder = StoreElsewhere(None, {}), tmp_path / f"staged-{limit}"
            folder.mkdir()
            rejection = find_rejections(check, place(check), {})
            staged = stage(check, elsewhere, DEFAULT_BASE, folder, rejection=rejection)
            lines = sorted(staged.quads.read_text().split("\n"))
            outcomes.append((rejection, lines, staged.digest, staged.records, staged.is_partial))
    assert outcomes[0] == outcomes[1]
    assert bool(outcomes[0][0].reasons) is not is_good


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("limit", [0, 1 << 60], ids=["in parts", "as a whole"])
def test_staged_lines_are_what_the_store_holds(
    limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line once, in the engine's own spelling, so that number and digest are right."""
    monkeypatch.setattr(parts, "PARTS_ABOVE_BYTES", limit)
    sheets = full_bundle()
    sheets["dataset"][0]["language"] = "de-AT"
    titles = ["tab\there", 'a "quote"', "back\\slash", "two\nlines", "é\u200b\U0001f600", "\u0085x"]
    for row, title in zip(sheets["studies"], titles, strict=True):
        row["title"] = title
    for row, number in zip(
        sheets["outcomes"], ["1.50", "-0", "+7", ".5", "100.00", "0.10"], strict=True
    ):
        row["estimate"] = number
    for row in sheets["memberships"]:
        row |= {"group": "communities-1", "member": "people-1"}
    bundle = write_csv(sheets, tmp_path / "bundle")
    staged = stage(
        BundleCheck(open_bundle(bundle)), StoreElsewhere(None, {}), DEFAULT_BASE, tmp_path
    )
    store = ox.Store()
    store.bulk_load(path=str(staged.quads), format=ox.RdfFormat.N_QUADS)
    held = store.dump(format=ox.RdfFormat.N_QUADS)
    assert sorted(held.splitlines()) == sorted(staged.quads.read_bytes().splitlines())
    assert len(store) == staged.statements
    graph = ox.NamedNode(graph_iri(DEFAULT_BASE, "full"))
    total = LineSum()
    triples = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
    total.add(triples.splitlines(keepends=True))
    assert total.hexdigest() == staged.digest
