"""Answers as workbooks: what a reader of spreadsheets finds in them."""

from __future__ import annotations

import io
import sys
import zipfile
from dataclasses import replace

import openpyxl
import pyoxigraph as ox
import pytest
from click.testing import CliRunner

from kmgraph.cli import cli
from kmgraph.errors import MissingExtraError


@pytest.fixture(scope="module")
def answer(example):
    """An answer with counts, and without an unverified part."""
    return example.ask("31")


def sheet_rows(answer, name):
    """Return the rows of a sheet as a reader finds them."""
    book = openpyxl.load_workbook(io.BytesIO(answer.to_xlsx()))
    return [[cell.value for cell in row] for row in book[name].iter_rows()]


def test_the_rows_are_those_of_the_answer(answer):
    """Numbers as numbers, and the passages of a row by their numbers in the next sheet."""
    heads, *rows = sheet_rows(answer, "answer")
    assert heads == list(answer.variables)
    passages = {number: iri for number, *_, iri in sheet_rows(answer, "passages")[1:]}
    for found, expected in zip(rows, answer.rows, strict=True):
        named = dict(zip(heads, found, strict=True))
        assert named["studies"] == expected["studies"]
        assert [passages[int(n)] for n in named["passages"].split(", ")] == expected["passages"]


def test_it_says_what_it_rests_on(answer):
    """The question, the version, what is unverified and the query."""
    about = dict(sheet_rows(answer, "about"))
    assert about["id"] == "cq-031"
    assert about["query"] == answer.query
    assert about["unverified"] == "nothing is noted"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("x")', "#REF!"])
def test_no_text_is_a_formula(answer, text):
    """Whatever a record holds."""
    at = answer.variables.index("themeLabel")
    row = list(answer.terms[0])
    row[at] = ox.Literal(text)
    made = replace(answer, terms=(tuple(row),)).to_xlsx()
    cell = openpyxl.load_workbook(io.BytesIO(made))["answer"].cell(2, at + 1)
    assert (cell.value, cell.data_type) == (text, "s")


def test_what_a_cell_cannot_hold_is_cut_and_says_so(answer):
    """Also a character that XML lacks."""
    at = answer.variables.index("themeLabel")
    row = list(answer.terms[0])
    row[at] = ox.Literal("a\x08" + "b" * 40_000)
    text = sheet_rows(replace(answer, terms=(tuple(row),)), "answer")[1][at]
    assert text.startswith("a\N{REPLACEMENT CHARACTER}b")
    assert text.endswith("b [cut]")
    assert len(text) == 32_767


def test_nothing_in_it_tells_when_it_was_made(answer):
    """So the same answer gives the same bytes."""
    made = answer.to_xlsx()
    assert answer.to_xlsx() == made
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:" not in parts.read("docProps/core.xml").replace(b"xmlns:dcterms", b"")


def test_the_command_writes_one(built_example, answer):
    """As bytes, to standard output."""
    asked = ["ask", "31", "--store", str(built_example), "--format", "xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(CliRunner().invoke(cli, asked).stdout_bytes))
    assert book.sheetnames == ["answer", "passages", "about"]
    assert book["answer"].max_row == len(answer.rows) + 1


def test_without_openpyxl_it_says_what_to_install(answer, monkeypatch):
    """The package is optional."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match="openpyxl"):
        answer.to_xlsx()
