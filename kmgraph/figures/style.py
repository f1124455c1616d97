"""Colours, shapes and words that the pictures share. Nothing is told by colour alone.

The colours follow the palette of Okabe and Ito, darkened where it does not stand out enough from
white and from the shaded bands (3:1 for marks, 4.5:1 for text).

Source: https://jfly.uni-koeln.de/color/, https://www.w3.org/TR/WCAG22/#non-text-contrast
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Final

INK: Final = "#1a1a1a"
SOFT: Final = "#4d4d4d"
RULE: Final = "#8a8a8a"
PAPER: Final = "#ffffff"
#: Grounds of the three bands; the edges between them are lines too.
BAND_GROUNDS: Final = {"low": "#f3ebe0", "mixed": "#f6f6f6", "high": "#e3eef5"}
#: Lower and upper edge of each band.
BAND_EDGES: Final = {"low": (0.0, 0.4), "mixed": (0.4, 0.6), "high": (0.6, 1.0)}
#: Shape and colour of each role of raters, in the order in which roles are met.
ROLE_MARKS: Final = (
    ("s", "#0067a0"),
    ("^", "#b34700"),
    ("D", "#00684c"),
    ("v", "#8a2f6b"),
    ("p", "#332288"),
    ("P", "#6b4f00"),
    ("<", "#5a5a5a"),
    (">", "#8c1d18"),
)
#: Shape, colour and whether it is filled, by facilitation fit.
FIT_MARKS: Final = {
    "fits": ("o", "#0067a0", True),
    "does not fit": ("D", "#b34700", True),
    "unknown": ("s", "#4d4d4d", False),
}
FIT_WORDS: Final = {
    "fits": "facilitation fits",
    "does not fit": "facilitation does not fit",
    "unknown": "fit not known",
}
#: Said wherever a diagnosis is shown.
HYPOTHESIS: Final = (
    "The step from quadrant to facilitation is our reading of a hypothesis, unverified."
)
UNCHECKED: Final = "This version of the framework was not checked against a published source."
SYNTHETIC: Final = "Synthetic data: generated, describes nothing real."

_EDGES: Final = (Decimal("0.4"), Decimal("0.6"))
_SHOWN: Final = Decimal("0.001")


def number(value: Decimal) -> str:
    """Return a number with three places at most.

    All its places are given where three would put it on another side of the edge of a band.

    >>> number(Decimal("0.583333")), number(Decimal("0.750")), number(Decimal("0.600001"))
    ('0.583', '0.75', '0.600001')
    """
    rounded = value.quantize(_SHOWN)
    sides = [(value < edge, value > edge) == (rounded < edge, rounded > edge) for edge in _EDGES]
    text = f"{rounded if all(sides) else value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def clean(text: str) -> str:
    """Return text on one line without characters that control a terminal or break XML.

    >>> clean("a\\n b\\x1b[31m")
    'a b [31m'
    """
    kept = (c if unicodedata.category(c) not in ("Cc", "Cs", "Co", "Cn") else " " for c in text)
    return " ".join("".join(" " if c in "\u2028\u2029" else c for c in kept).split())


def shortened(text: str, length: int) -> str:
    """Return text of at most so many characters, with dots where something is left out.

    >>> shortened("a long label", 7)
    'a long…'
    """
    return text if len(text) <= length else f"{text[: max(length - 1, 0)].rstrip()}…"


def plural(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> plural(1, "rater"), plural(2, "rater"), plural(1200, "case")
    ('1 rater', '2 raters', '1,200 cases')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def column_width(text: str) -> int:
    """Return how many columns of a terminal text takes.

    >>> column_width("ward"), column_width("病棟")
    (4, 4)
    """
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def padded(text: str, width: int) -> str:
    """Return text filled with spaces to a number of columns of a terminal.

    >>> padded("ab", 4) + "|"
    'ab  |'
    """
    return text + " " * (width - column_width(text))
