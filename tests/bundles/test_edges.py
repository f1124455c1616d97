"""Odd files and cells that were once read wrongly."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.files import copy_example
from kmgraph.bundles.opening import open_bundle
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


def found(path: Path, encoding: str | None = None) -> list[tuple[str, int, str, str]]:
    """Return file, row, column and code of the problems."""
    check = BundleCheck(open_bundle(path, encoding=encoding))
    return [(p.file, p.row, p.column, p.code) for p in check.problems()]


def titles(path: Path) -> list[object]:
    """Return the titles of the studies."""
    rows = BundleCheck(open_bundle(path)).rows()
    return [row.values.get("title") for row in rows if row.raw.sheet == "studies"]


def test_a_number_sign_is_a_comment_only_where_ids_stand(tmp_path: Path) -> None:
    """A title that begins with # is a title."""
    assert ["#1 study"] == titles(tiny(tmp_path, studies="title,id\n#1 study,A\n"))


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nid;title\nS1;One, two\n",
        '\nid,title\nS1,"One, two"\n',
        '# about,this\nid,title\nS1,"One, two"\n',
        'id,title,"_note; a; b; c; d"\nS1,"One, two",x\n',
    ],
    ids=["told", "blank first", "comment first", "marks in a header"],
)
def test_the_delimiter_and_the_header_are_found(text: str, tmp_path: Path) -> None:
    """What stands before the header, and other marks in it, do not mislead."""
    bundle = tiny(tmp_path, studies=text)
    assert [] == found(bundle)
    assert ["One, two"] == titles(bundle)


@pytest.mark.parametrize("row", [50, 3_000])
def test_a_bad_byte_is_found_in_its_row(row: int, tmp_path: Path) -> None:
    """In a named encoding too, the cell with the byte that is no text is named."""
    lines = [f"S{n},One".encode() for n in range(2, row)] + [b"S0,caf\x81", b"S1,One"]
    bundle = tiny(tmp_path, studies=b"\n".join([b"id,title", *lines]))
    assert [("studies.csv", row, "title", "bad-encoding")] == found(bundle, "cp1252")


def test_a_bad_byte_in_a_header_is_told_in_printable_text(tmp_path: Path) -> None:
    """The report can be written anywhere."""
    bundle = tiny(tmp_path, studies=b"id,title,d\xe9s\nS1,One,x\n")
    ((file, row, column, code),) = found(bundle)
    assert ("studies.csv", 1, "bad-encoding") == (file, row, code)
    assert column.isprintable() and column.isascii()


@pytest.mark.parametrize("name", ["rot13", "base64", "nonsense"])
def test_what_is_no_text_encoding_is_refused(name: str, tmp_path: Path) -> None:
    """Codecs that are no encodings of text are refused by name."""
    with pytest.raises(BundleError, match=name):
        open_bundle(tiny(tmp_path), encoding=name)


def test_files_that_cannot_be_read_are_problems(tmp_path: Path) -> None:
    """A folder where a file should be is told, and the rest is checked."""
    bundle = tiny(tmp_path, themes="id\nT1\n")
    (bundle / "studies.csv").mkdir()
    assert {("studies.csv", "unreadable-file"), ("themes.csv", "missing-column")} == {
        (file, code) for file, _, _, code in found(bundle)
    }


def test_one_table_stands_once(tmp_path: Path) -> None:
    """Two files, sheets or lists of the same table are told, not mixed."""
    bundle = tiny(tmp_path, studies="id,title\nS1,One\n")
    (bundle / "studies.CSV").write_text("id,title\nS2,Two\n", encoding="utf-8")
    assert ["duplicate-sheet"] == [code for *_, code in found(bundle)]
    dataset = dict(zip(*csv.reader(DATASET.splitlines()), strict=True))
    text = f'{{"dataset": {json.dumps(dataset)}, "studies": [], "studies": []}}'
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    assert ["duplicate-sheet"] == [code for *_, code in found(tmp_path / "x.json")]


def test_a_table_that_cannot_be_read_is_no_dangling_reference(tmp_path: Path) -> None:
    """One misspelt column is one problem, whatever points into the table."""
    bundle = tiny(
        tmp_path,
        studies="id,titel\nS1,One\n",
        cases="id,study\nC1,S1\nC2,S1\n",
    )
    assert ["missing-column", "unknown-column"] == sorted(code for *_, code in found(bundle))


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("start", "²²²²²", "bad-date"),
        ("start", "٢٠١٠", "bad-date"),
        ("start", "12010", "bad-date"),
    ],
)
def test_digits_are_those_of_iso(column: str, cell: str, code: str, tmp_path: Path) -> None:
    """Other digits, and a year with one digit too many, are no dates."""
    bundle = tiny(tmp_path, studies=f"id,title,{column}\nS1,One,{cell}\n")
    assert [("studies.csv", 2, column, code)] == found(bundle)


@pytest.mark.parametrize(
    "licence", ["https://x.org/100%", "http://[x/", "http://a:b/", "javascript:alert(1)"]
)
def test_iris_that_no_store_takes_are_told_in_their_row(licence: str, tmp_path: Path) -> None:
    """What would fail later, or run in a browser, is refused where it stands."""
    tiny(tmp_path)
    text = DATASET.replace("https://creativecommons.org/licenses/by/4.0/", licence)
    (tmp_path / "dataset.csv").write_text(text, encoding="utf-8")
    assert [("dataset.csv", 2, "licence", "bad-iri")] == found(tmp_path)


@pytest.mark.parametrize("tag", ["e", "en-a", "e n"])
def test_language_tags_that_no_store_takes_are_told(tag: str, tmp_path: Path) -> None:
    """An ill-formed language tag is a problem of its cell."""
    tiny(tmp_path)
    header, row = DATASET.splitlines()
    (tmp_path / "dataset.csv").write_text(f"{header},language\n{row},{tag}\n", encoding="utf-8")
    assert [("dataset.csv", 2, "language", "bad-language")] == found(tmp_path)


def test_a_formula_without_a_value_is_no_empty_cell(tmp_path: Path) -> None:
    """What was computed and not saved is told, with the formula."""
    book = openpyxl.Workbook()
    book.active.title = "dataset"
    for line in DATASET.splitlines():
        book.active.append(line.split(","))
    sheet = book.create_sheet("studies")
    sheet.append(["id", "title", "description"])
    sheet.append(["S1", "One", '=CONCATENATE("x","y")'])
    book.save(tmp_path / "x.xlsx")
    (problem,) = BundleCheck(open_bundle(tmp_path / "x.xlsx")).problems()
    assert (2, "description", "excel-error") == (problem.row, problem.column, problem.code)
    assert "CONCATENATE" in problem.value


def test_a_yes_is_no_title(tmp_path: Path) -> None:
    """A boolean of JSON in a text column is a problem."""
    dataset = dict(zip(*csv.reader(DATASET.splitlines()), strict=True))
    bundle = {"dataset": dataset, "studies": [{"id": "S1", "title": True}]}
    (tmp_path / "x.json").write_text(json.dumps(bundle), encoding="utf-8")
    assert [("x.json", 1, "title", "bad-value")] == found(tmp_path / "x.json")


def test_a_reference_into_a_dataset_that_is_not_there_says_so(tmp_path: Path) -> None:
    """Who builds a bundle before the one it extends is told which to build first."""
    target = tmp_path / "review"
    copy_example("km-review", target)
    problems = BundleCheck(open_bundle(target)).problems()
    hints = {p.expected for p in problems if p.value == "clahrc-ndl:p-l4"}
    assert {
        "the id of a record of 'clahrc-ndl', which is not in the store: build that dataset first"
    } == hints
