"""Every rule of every column, broken alone and in random sets, is reported where it is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from helpers import full_bundle as fb

from kmgraph.bundles.check import BundleCheck
from kmgraph.bundles.opening import open_bundle
from kmgraph.bundles.problems import CODES
from kmgraph.records import TABLES

BREAKS = fb.all_breaks()
Found = set[tuple[str, str, int, str, str]]


def reported(path: Path) -> Found:
    """Return file, sheet, row, column and code of all problems of a bundle."""
    problems = BundleCheck(open_bundle(path)).problems()
    found = {(p.file, p.sheet, p.row, p.column, p.code) for p in problems}
    assert len(problems) == len(found), "a problem is reported twice"
    return found


@pytest.mark.parametrize("form", fb.WRITERS)
def test_the_valid_bundle_has_no_problem(form: str, tmp_path: Path) -> None:
    """The bundle that fills every column is accepted in every form."""
    path = fb.WRITERS[form](fb.full_bundle(), tmp_path)
    assert [] == BundleCheck(open_bundle(path)).problems()


def test_the_valid_bundle_fills_every_column() -> None:
    """What the other tests break is there to be broken."""
    empty = {
        (sheet, name)
        for sheet, rows in fb.full_bundle().items()
        for name, cell in rows[-1].items()
        if not cell
    }
    optional = {
        ("assessments", "band"),
        ("assessments", "approach_position"),
        ("assessments", "appropriateness"),
        ("dataset", "extends"),
        ("statement_notes", "value"),
    }
    assert optional == empty


@pytest.mark.parametrize("sheet", TABLES)
def test_each_break_alone_is_reported_alone(sheet: str, tmp_path: Path) -> None:
    """One broken rule gives one problem, with its file, row, column and code."""
    row = 0 if TABLES[sheet].single else fb.FREE
    for number, fault in enumerate(f for f in BREAKS if f.sheet == sheet):
        for form in ("csv", "json"):
            if not fb.writable(form, fault):
                continue
            sheets = fb.enough_for(sheet)
            fb.apply(sheets, row, fault)
            path = fb.WRITERS[form](sheets, tmp_path / f"{number}-{form}")
            file, line = fb.place(form, sheet, row)
            assert {(file, sheet, line, fault.column, fault.code)} == reported(path), str(fault)


@pytest.mark.parametrize("form", fb.WRITERS)
@pytest.mark.parametrize("seed", range(12))
def test_random_sets_of_breaks_are_reported_exactly(form: str, seed: int, tmp_path: Path) -> None:
    """All problems of a run are reported, not the first, and nothing that was not broken."""
    chance = random.Random(seed)
    sheets = fb.full_bundle()
    expected: Found = set()
    rule_columns = fb.rule_columns()
    used: dict[tuple[str, int], list[fb.Break]] = {}
    for fault in chance.sample(BREAKS, 120):
        rows = [0] if TABLES[fault.sheet].single else range(fb.FREE, fb.ROWS)
        row = chance.choice(rows)
        if not fb.writable(form, fault):
            continue
        there = used.setdefault((fault.sheet, row), [])
        alone = fault.whole_row or fault.column in rule_columns.get(fault.sheet, ())
        if any(
            alone or other.whole_row
            or other.column in rule_columns.get(fault.sheet, ())
            or other.column == fault.column
            for other in there
        ):  # fmt: skip
            continue
        there.append(fault)
        fb.apply(sheets, row, fault)
        file, line = fb.place(form, fault.sheet, row)
        expected.add((file, fault.sheet, line, fault.column, fault.code))
    assert len(expected) > 30
    assert expected == reported(fb.WRITERS[form](sheets, tmp_path))


def test_every_code_can_be_reported() -> None:
    """No code of the documentation is dead: rows here, files in the test of files."""
    of_files = {
        "unreadable-file", "unreadable-workbook", "bad-json", "broken-row", "unknown-sheet",
        "missing-sheet", "unknown-column", "missing-column", "duplicate-column", "too-many-cells",
        "too-many-rows", "too-many-values", "bad-value", "depends-on-rejected", "duplicate-sheet",
    }  # fmt: skip
    assert set(CODES) - of_files <= {fault.code for fault in BREAKS}
