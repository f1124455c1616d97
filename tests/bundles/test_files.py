"""What files may look like, and what is said of broken ones."""

from __future__ import annotations

import codecs
import datetime as dt
import json
import tracemalloc
from pathlib import Path

import openpyxl
import pytest
from helpers import full_bundle as fb
from hypothesis import given
from hypothesis import strategies as st

from kmgraph.bundles.cells import cell_text, join_items, split_items
from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.problems import problems_to_json, problems_to_text
from kmgraph.errors import BundleError

DATASET = (
    "id,title,publisher,licence,version\n"
    "tiny,Tiny,Us,https://creativecommons.org/licenses/by/4.0/,1\n"
)


def tiny(tmp_path: Path, **files: str | bytes) -> Path:
    """Write a bundle of a dataset row and the given files."""
    (tmp_path / "dataset.csv").write_text(DATASET, encoding="utf-8")
    for sheet, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / f"{sheet}.csv").write_bytes(data)
    return tmp_path


def check(path: Path, encoding: str | None = None) -> BundleCheck:
    """Return the check of a bundle."""
    return BundleCheck(open_bundle(path, encoding=encoding))


def found(path: Path, encoding: str | None = None) -> list[tuple[str, int, str, str]]:
    """Return file, row, column and code of the problems."""
    return [(p.file, p.row, p.column, p.code) for p in check(path, encoding).problems()]


def values(path: Path, sheet: str, column: str, encoding: str | None = None) -> list[object]:
    """Return the typed values of a column."""
    rows = check(path, encoding).rows()
    return [row.values.get(column) for row in rows if row.raw.sheet == sheet]


TITLE = "Zoë’s naïve study"
STUDIES = f"id,title\nS1,{TITLE}\n"


@pytest.mark.parametrize(
    "content",
    [
        STUDIES.encode(),
        codecs.BOM_UTF8 + STUDIES.encode(),
        STUDIES.encode("utf-16"),
        codecs.BOM_UTF16_BE + STUDIES.encode("utf-16-be"),
        STUDIES.replace("\n", "\r\n").encode(),
        STUDIES.replace(",", ";").encode(),
        STUDIES.replace(",", "\t").encode(),
        ("# a comment before the header is the header's place\n" + STUDIES)[52:].encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-be", "crlf", "semicolons", "tabs", "plain"],
)
def test_encodings_and_separators(content: bytes, tmp_path: Path) -> None:
    """What spreadsheet programs write is read, with or without a byte-order mark."""
    bundle = tiny(tmp_path, studies=content)
    assert [] == found(bundle)
    assert [TITLE] == values(bundle, "studies", "title")


def test_another_encoding_is_named(tmp_path: Path) -> None:
    """A file in another encoding is read where it is named, and its cells are named otherwise."""
    bundle = tiny(tmp_path, studies=STUDIES.encode("cp1252"))
    assert [("studies.csv", 2, "title", "bad-encoding")] == found(bundle)
    assert [TITLE] == values(bundle, "studies", "title", encoding="cp1252")
    with pytest.raises(BundleError, match="no encoding 'klingon'"):
        open_bundle(bundle, encoding="klingon")


def test_notes_are_not_read(tmp_path: Path) -> None:
    """Comment rows, note columns and empty rows are for people; row numbers count them."""
    text = "id,title,_mine\n# id,what it is,\n,,\nS1,One,check this\n"
    bundle = tiny(tmp_path, studies=text)
    assert [] == found(bundle)
    assert [4] == [row.raw.number for row in check(bundle).rows() if row.raw.sheet == "studies"]


@pytest.mark.parametrize(
    ("studies", "expected"),
    [
        ("id,title,colour\nS1,One,red\n", ("studies.csv", 1, "colour", "unknown-column")),
        ("id\nS1\n", ("studies.csv", 1, "title", "missing-column")),
        ("id,title,title\nS1,One,Two\n", ("studies.csv", 1, "title", "duplicate-column")),
        ("id,title\nS1,One,red\n", ("studies.csv", 2, "", "too-many-cells")),
        ('id,title\nS1,"One\nS2,Two\n', ("studies.csv", 2, "", "broken-row")),
        ("", ("studies.csv", 0, "", "unreadable-file")),
    ],
)
def test_broken_tables(studies: str, expected: tuple[str, int, str, str], tmp_path: Path) -> None:
    """A header or row that does not fit is reported where it stands."""
    assert [expected] == found(tiny(tmp_path, studies=studies))


def test_an_unknown_table_is_named_with_the_nearest(tmp_path: Path) -> None:
    """A misspelt file name is a problem, not a file that is left out."""
    bundle = tiny(tmp_path, studys=STUDIES)
    (problem,) = check(bundle).problems()
    assert ("studys.csv", "unknown-sheet") == (problem.file, problem.code)
    assert "did you mean 'studies'" in problem.expected


def test_a_bundle_needs_one_dataset_row(tmp_path: Path) -> None:
    """No dataset row and two of them are problems."""
    (tmp_path / "studies.csv").write_text(STUDIES, encoding="utf-8")
    assert [("dataset.csv", 0, "", "missing-sheet")] == found(tmp_path)
    row = DATASET.splitlines()[1]
    (tmp_path / "dataset.csv").write_text(f"{DATASET}{row}\n", encoding="utf-8")
    assert [("dataset.csv", 3, "", "too-many-rows")] == found(tmp_path)


def test_the_type_of_a_bundle_is_told_by_its_path(tmp_path: Path) -> None:
    """What is no bundle is refused with a word on what would be one."""
    (tmp_path / "x.docx").write_bytes(b"")
    for path in (tmp_path / "none", tmp_path / "x.docx"):
        with pytest.raises(BundleError, match="xlsx"):
            open_bundle(path)


def workbook(tmp_path: Path, rows: list[list[object]]) -> Path:
    """Write a workbook with a dataset and studies."""
    book = openpyxl.Workbook()
    book.active.title = "dataset"
    for line in DATASET.splitlines():
        book.active.append(line.split(","))
    sheet = book.create_sheet("Studies")
    for row in rows:
        sheet.append(row)
    book.create_sheet("README").append(["for people"])
    path = tmp_path / "tiny.xlsx"
    book.save(path)
    return path


def test_what_spreadsheets_do_to_cells(tmp_path: Path) -> None:
    """Dates, day numbers, numbers as ids and text that looks like a number are read."""
    rows: list[list[object]] = [
        ["id", "title", "start", "end"],
        [1, 2.5, dt.datetime(2010, 5, 1), 40330],
        ["2", " padded\u00a0", 2010, "2010-06"],
        [3.0, 0.1 + 0.2, dt.date(2010, 5, 2), "2010-06-01T00:00:00"],
    ]
    path = workbook(tmp_path, rows)
    assert [] == found(path)
    assert ["1", "2", "3"] == values(path, "studies", "id")
    assert ["2.5", "padded", "0.3"] == values(path, "studies", "title")
    assert ["2010-05-01", "2010", "2010-05-02"] == values(path, "studies", "start")
    assert ["2010-06-01", "2010-06", "2010-06-01"] == values(path, "studies", "end")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_workbook_is_reported(part: float, tmp_path: Path) -> None:
    """A workbook that is cut short is one problem, wherever it is cut."""
    path = workbook(tmp_path, [["id", "title"], ["S1", "One"]])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert {"unreadable-workbook"} == {code for *_, code in found(path)}


def test_a_damaged_worksheet_is_reported(tmp_path: Path) -> None:
    """A workbook whose parts are damaged inside is reported too."""
    path = workbook(tmp_path, [["id", "title"], *([f"S{n}", "One"] for n in range(500))])
    content = bytearray(path.read_bytes())
    middle = content.index(b"xl/worksheets/sheet2.xml") + 60
    content[middle : middle + 40] = bytes(40)
    path.write_bytes(content)
    assert "unreadable-workbook" in {code for *_, code in found(path)}


def json_bundle(tmp_path: Path, text: str) -> Path:
    """Write a JSON bundle."""
    path = tmp_path / "tiny.json"
    path.write_text(text, encoding="utf-8")
    return path


DATASET_JSON = json.dumps(
    dict(zip(*(line.split(",") for line in DATASET.splitlines()), strict=True))
)


@pytest.mark.parametrize(
    ("studies", "expected"),
    [
        ('[{"id": "S1", "title": "One", "colour": 1}]', (1, "colour", "unknown-column")),
        ('[{"id": "S1", "title": "a", "title": "b"}]', (1, "title", "duplicate-column")),
        ('[{"id": "S1", "title": {"en": "a"}}]', (1, "title", "bad-value")),
        ('[{"id": "S1", "title": ["a", "b"]}]', (1, "title", "too-many-values")),
        ('[{"id": "S1", "title": "One", "design": [["rct"]]}]', (1, "design", "bad-value")),
        ('[{"id": "S1", "title": "One"}, 7]', (2, "", "bad-value")),
        ('"S1"', (0, "", "bad-json")),
    ],
)  # fmt: skip
def test_broken_json(studies: str, expected: tuple[int, str, str], tmp_path: Path) -> None:
    """JSON of another shape is reported with the number of the item."""
    path = json_bundle(tmp_path, f'{{"dataset": {DATASET_JSON}, "studies": {studies}}}')
    assert expected in [(row, column, code) for _, row, column, code in found(path)]


@pytest.mark.parametrize("length", [0, 1, 40, 200, 300])
def test_truncated_json(length: int, tmp_path: Path) -> None:
    """JSON that is cut short is a problem of the file, whatever was read before."""
    whole = f'{{"dataset": {DATASET_JSON}, "studies": [{{"id": "S1", "title": "{"x" * 200}"}}]}}'
    path = json_bundle(tmp_path, whole[:length])
    assert "bad-json" in {code for *_, code in found(path)}


def test_json_takes_values_as_they_are(tmp_path: Path) -> None:
    """Numbers, booleans, lists and nulls of JSON stand for the cells of a table."""
    posts = (
        '[{"id": 7, "status": "filled", "full_time_equivalent": 0.2, "held_by": null,'
        ' "aligned_with": ["S1"]}]'
    )
    studies = '[{"id": "S1", "title": "One", "design": ["rct", "cohort"]}]'
    path = json_bundle(
        tmp_path,
        f'{{"$schema": "x", "dataset": [{DATASET_JSON}], "studies": {studies}, "posts": {posts}}}',
    )
    assert [] == found(path)
    assert [("S1",)] == values(path, "posts", "aligned_with")
    assert [("rct", "cohort")] == values(path, "studies", "design")


def test_problems_are_told_in_words_and_as_data(tmp_path: Path) -> None:
    """A problem names the place, what was found and what was expected."""
    bundle = tiny(tmp_path, studies="id,title,start,end\nS1,One,2010,2009\n")
    problems = check(bundle).problems()
    text = problems_to_text(problems)
    assert "studies.csv, row 2, column end: end-before-start: found '2009'" in text
    assert "1 problem: 1 end-before-start" in text
    assert "2009" == json.loads(problems_to_json(problems))[0]["value"]


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_reading_does_not_hold_the_rows(form: str, tmp_path: Path) -> None:
    """Twice the text in the rows takes the same memory, because rows are not kept."""

    def peak(length: int) -> int:
        sheets = {
            "dataset": fb.full_bundle()["dataset"],
            "studies": [{"id": f"S{n}", "title": "x" * length} for n in range(2_000)],
        }
        checked = check(fb.WRITERS[form](sheets, tmp_path / str(length)))
        tracemalloc.start()
        assert 2_001 == sum(1 for _ in checked.rows())
        _, top = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return top

    small, large = peak(500), peak(5_000)
    # 9 MB more of text; a reader that kept it would need them all.
    assert large - small < 3_000_000


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_items_of_a_cell_round_trip(items: list[str]) -> None:
    """Items with semicolons in them survive being joined and split."""
    kept = [i.strip() for i in items if i.strip()]
    assert kept == split_items(join_items(kept))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**9, min_value=0))
def test_decimals_keep_their_value_as_text(number: object) -> None:
    """A number of a JSON file or workbook is the same number as text."""
    assert number == type(number)(cell_text(number))  # type: ignore[call-arg]
