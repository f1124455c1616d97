"""What holds of every picture: the same bytes each time, text as text, safe and legible."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from helpers.svg import SVG, parse, texts

from kmgraph.errors import InputError, MissingExtraError
from kmgraph.figures import profile, style
from kmgraph.figures.grid_drawing import _SHADES

ROOT = Path(__file__).resolve().parents[2]


def luminance(colour):
    """Return the relative luminance of a colour, as WCAG defines it."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(p * weight for p, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    """Return the contrast of two colours."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_stand_out():
    """Marks by 3:1 from every ground they lie on, text by 4.5:1."""
    grounds = [style.PAPER, *style.BAND_GROUNDS.values()]
    marks = [mark[1] for mark in (*style.ROLE_MARKS, *style.FIT_MARKS.values())]
    for colour, ground in itertools.product([*marks, style.RULE], [style.PAPER]):
        assert contrast(colour, ground) >= 3, (colour, ground)
    for colour, ground in itertools.product(marks, grounds):
        assert contrast(colour, ground) >= 3, (colour, ground)
    for colour, ground in itertools.product((style.INK, style.SOFT), grounds):
        assert contrast(colour, ground) >= 4.5, (colour, ground)
    for ground, ink in _SHADES:
        assert contrast(ink, ground) >= 4.5, (ink, ground)
    for _, colour, filled in style.FIT_MARKS.values():
        assert contrast(style.PAPER, colour) >= 4.5 or not filled


def test_no_meaning_is_told_by_colour_alone():
    """Shapes of roles differ, and so do those of fits."""
    assert len(style.ROLE_MARKS) == len({mark[0] for mark in style.ROLE_MARKS})
    assert len(style.FIT_MARKS) == len({mark[0] for mark in style.FIT_MARKS.values()})


def test_an_svg_has_title_description_and_text(case):
    """It is well-formed, names itself, holds no outlines of letters and nothing from elsewhere."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    svg = profile(case).to_svg()
    root = parse(svg)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert "Stroke pathway, ward A: profile by PARIHS 2004" == title.text
    assert "Local data: not reported." in description.text
    assert f"{title.get('id')} {description.get('id')}" == root.get("aria-labelledby")
    assert "img" == root.get("role")
    assert "Patient experience" in texts(svg)
    assert "@font-face" not in svg
    assert "url(http" not in svg
    assert "date" not in svg.lower().replace("update", "")


def test_the_same_data_give_the_same_bytes_in_another_process(case_with):
    """Whatever hashes and settings of the library that process has."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    code = (
        f"import sys, hashlib, matplotlib; sys.path[:0] = [{str(Path(__file__).parent)!r}]\n"
        "matplotlib.rcParams.update({'font.size': 30, 'svg.fonttype': 'path'})\n"
        "from conftest import make_case\nfrom kmgraph.figures import profile\n"
        "found = profile(make_case())\n"
        "print(hashlib.sha256(found.to_svg().encode() + found.to_png(60)).hexdigest())\n"
        "assert matplotlib.rcParams['font.size'] == 30\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PATH": ""},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert 1 == len(found)


def test_threads_draw_the_same_as_one(case_with):
    """The library's global settings are not seen from outside, nor disturbed."""
    mpl = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    before = dict(mpl.rcParams)
    cases = [case_with(label=f"Case {n}") for n in range(4)]
    expected = [profile(case).to_svg() for case in cases]
    drawn = {}
    threads = [
        threading.Thread(target=lambda n=n: drawn.update({n: profile(cases[n]).to_svg()}))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert expected == [drawn[n] for n in range(4)]
    assert before == dict(mpl.rcParams)


@pytest.mark.parametrize(
    "label",
    [
        "<script>alert(1)</script> & 'x'",
        "costs $5 and $6_a^b$",
        "tab\tbell\x07 null\x00",
        "病棟 ٣ 🙂",
    ],
)
def test_labels_are_text_whatever_they_hold(case_with, label):
    """No formula, no markup, no character that XML lacks."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    picture = profile(case_with(label=label))
    svg = picture.to_svg()
    assert style.clean(label) in texts(svg)
    assert "<script" not in svg
    assert "<script" not in picture._repr_html_()
    assert picture.to_png(40)
    assert "\x07" not in picture.to_text()


def test_a_notebook_gets_picture_table_and_text(case):
    """A PNG is drawn only where it is asked for."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    picture = profile(case)
    bundle = picture._repr_mimebundle_()
    assert {"text/plain", "text/html", "image/svg+xml"} == bundle.keys()
    assert "<svg " in bundle["text/html"]
    assert "<table>" in bundle["text/html"]
    assert {"image/png"} == picture._repr_mimebundle_(include=["image/png"]).keys()
    assert {"text/plain"} == picture._repr_mimebundle_(
        exclude=["text/html", "image/svg+xml"]
    ).keys()


def test_rows_go_into_a_dataframe(case):
    """One row an element and a construct."""
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(profile(case).to_table())
    assert 14 == len(frame)
    assert "not reported" == frame.set_index("id").loc["PARIHS.E.local", "status"]


def test_without_the_library_text_and_table_are_there(case, monkeypatch):
    """The error names the extra, and a notebook still shows what it can."""
    for name in [n for n in sys.modules if n.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    picture = profile(case)
    with pytest.raises(MissingExtraError, match=r"kmgraph\[figures\]"):
        picture.to_svg()
    with pytest.raises(MissingExtraError):
        picture.to_png()
    assert picture.to_text()
    assert {"text/plain", "text/html"} == picture._repr_mimebundle_().keys()
    assert "<table>" in picture._repr_html_()


@pytest.mark.parametrize("dpi", [0, 29, 601, 100_000])
def test_a_resolution_out_of_range_is_refused(case, dpi):
    """Nobody fills the memory with one picture."""
    with pytest.raises(InputError, match="dots per inch"):
        profile(case).to_png(dpi)
