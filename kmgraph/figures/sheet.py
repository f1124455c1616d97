"""A sheet to draw on, measured in inches from its upper left corner.

This is the one module that knows matplotlib. Pictures are made without pyplot and its global
state. What stays global in the library is its settings, so one picture is made at a time.
"""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from collections.abc import Callable, Container, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final
from xml.sax.saxutils import escape

from kmgraph.errors import MissingExtraError
from kmgraph.figures import style

#: Inches of a point, the unit of font and mark sizes.
POINT: Final = 1 / 72
_LOCK: Final = threading.Lock()
#: Stands in a PNG for a letter that the font lacks.
_LACKING: Final = "\N{REPLACEMENT CHARACTER}"
#: Settings of the library for our pictures, whatever its user has set for others.
_SETTINGS: Final[dict[str, Any]] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "kmgraph",
    # A label that holds two dollar signs is no formula.
    "text.parse_math": False,
    # Text is as wide at every resolution as it was when it was measured.
    "text.hinting": "none",
    "text.usetex": False,
}


class Sheet:
    """What pictures are drawn on.

    :param figure: the library's empty figure.
    :param letters: code points that can be drawn; None where all can, as in an SVG, whose text is
        set by what shows it.
    :ivar width: width in inches.
    """

    def __init__(self, figure: Any, width: float, letters: Container[int] | None = None) -> None:
        self.width, self._letters = width, letters
        self._figure = figure
        self._axes = figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._sizes: dict[tuple[str, float, bool], float] = {}
        self.set_height(1.0)

    def set_height(self, height: float) -> None:
        """Set the height of the sheet; what is drawn stays where it is from the top."""
        self._figure.set_size_inches(self.width, height)
        self._axes.set_xlim(0, self.width)
        self._axes.set_ylim(height, 0)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 9,
        colour: str = style.INK,
        bold: bool = False,
        italic: bool = False,
        align: str = "left",
        rotation: float = 0,
        ground: str = "",
    ) -> None:
        """Write one line whose middle is at a height.

        :param align: ``left``, ``center`` or ``right`` of x.
        :param ground: colour to lay under the text, so that lines do not run through it.
        """
        box = {"facecolor": ground, "edgecolor": "none", "pad": 1.5} if ground else None
        self._axes.text(
            x,
            y,
            self._legible(text),
            fontsize=size,
            color=colour,
            fontweight="bold" if bold else "normal",
            fontstyle="italic" if italic else "normal",
            ha=align,
            va="center_baseline" if not rotation else "center",
            rotation=rotation,
            bbox=box,
            zorder=5,
        )

    def _legible(self, text: str) -> str:
        """Return a text with a sign in the place of each letter that cannot be drawn."""
        text = style.clean(text)
        if self._letters is None:
            return text
        return "".join(letter if ord(letter) in self._letters else _LACKING for letter in text)

    def width_of(self, text: str, size: float = 9, *, bold: bool = False) -> float:
        """Return how wide a text is, in inches."""
        key = (text, size, bold)
        if key not in self._sizes:
            weight = "bold" if bold else "normal"
            drawn = self._axes.text(0, 0, self._legible(text), fontsize=size, fontweight=weight)
            renderer = self._figure.canvas.get_renderer()
            self._sizes[key] = drawn.get_window_extent(renderer).width / self._figure.dpi
            drawn.remove()
        return self._sizes[key]

    def fit(self, text: str, width: float, size: float = 9, *, bold: bool = False) -> str:
        """Return a text that is no wider than so many inches, with dots where it is cut."""
        text = style.clean(text)
        if self.width_of(text, size, bold=bold) <= width:
            return text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            cut = style.shortened(text, middle)
            if self.width_of(cut, size, bold=bold) <= width:
                low = middle
            else:
                high = middle - 1
        return style.shortened(text, low)

    def wrap(
        self, text: str, width: float, size: float = 9, *, bold: bool = False, lines: int = 3
    ) -> list[str]:
        """Return a text in lines that are no wider than so many inches, the last one cut."""
        found: list[str] = []
        words = style.clean(text).split()
        while words and len(found) < lines - 1:
            count = 1
            while count < len(words) and (
                self.width_of(" ".join(words[: count + 1]), size, bold=bold) <= width
            ):
                count += 1
            found.append(self.fit(" ".join(words[:count]), width, size, bold=bold))
            words = words[count:]
        return [*found, self.fit(" ".join(words), width, size, bold=bold)] if words else found

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        colour: str = style.RULE,
        thickness: float = 0.8,
        dashed: bool = False,
        above: bool = False,
    ) -> None:
        """Draw a line through points.

        :param above: draw it over marks.
        """
        self._axes.plot(
            xs,
            ys,
            color=colour,
            linewidth=thickness,
            linestyle=(0, (2, 2)) if dashed else "solid",
            solid_capstyle="butt",
            zorder=4 if above else 2,
        )

    def mark(
        self,
        x: float,
        y: float,
        shape: str,
        *,
        colour: str = style.INK,
        size: float = 6,
        filled: bool = True,
    ) -> None:
        """Draw one mark, of a shape as the library names them."""
        self._axes.plot(
            [x],
            [y],
            marker=shape,
            markersize=size,
            markerfacecolor=colour if filled else style.PAPER,
            markeredgecolor=style.PAPER if filled and shape not in "|_" else colour,
            markeredgewidth=0.6 if filled and shape not in "|_" else 1.2,
            linestyle="none",
            zorder=3,
        )

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        ground: str = "none",
        edge: str = "none",
        hatch: str = "",
        strength: float = 1,
    ) -> None:
        """Draw a rectangle by its upper left corner.

        :param hatch: pattern of lines over the ground.
        :param strength: how much of the ground is seen, from 0 to 1.
        """
        from matplotlib.patches import Rectangle

        patch = Rectangle((x, y), width, height, facecolor=ground, edgecolor=edge, linewidth=0.8)
        if hatch:
            patch.set(hatch=hatch, edgecolor="#dddddd", linewidth=0)
        if strength < 1:
            patch.set_alpha(strength)
        patch.set_zorder(1)
        self._axes.add_patch(patch)


def can_draw() -> bool:
    """Say whether what pictures are drawn with is installed.

    >>> isinstance(can_draw(), bool)
    True
    """
    return find_spec("matplotlib") is not None


def to_svg(draw: Callable[[Sheet], None], width: float, title: str, description: str) -> str:
    """Return a drawing as an SVG document; the same drawing gives the same text.

    Text stays text, and a title and a description say what the picture shows.

    :param draw: draws on the sheet and sets its height.
    :param width: width in inches.
    :raises MissingExtraError: matplotlib is not installed.

    >>> to_svg(lambda sheet: sheet.text(0, 0.5, "A & B"), 2, "T", "D").count("A &amp; B")
    1
    """
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    text = _rendered(draw, width, format="svg", metadata=metadata).decode()
    head, _, body = text[text.index("<svg ") :].partition(">")
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    named = (
        f'{head} role="img" aria-labelledby="title-{key} desc-{key}">\n'
        f'<title id="title-{key}">{escape(style.clean(title))}</title>\n'
        f'<desc id="desc-{key}">{escape(style.clean(description))}</desc>'
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{named}{body}'


def to_png(draw: Callable[[Sheet], None], width: float, title: str, dpi: int) -> bytes:
    """Return a drawing as a PNG file; the same drawing gives the same bytes.

    A letter that the font lacks, as those of many scripts, is shown as a replacement character.

    :param dpi: dots per inch.
    :raises MissingExtraError: matplotlib is not installed.

    >>> to_png(lambda sheet: sheet.line([0, 1], [0, 1]), 2, "T", 50)[1:4]
    b'PNG'
    """
    named = style.clean(title).encode("latin-1", "replace").decode("latin-1")
    metadata = {"Software": None, "Title": named}
    return _rendered(draw, width, format="png", dpi=dpi, metadata=metadata)


def _rendered(draw: Callable[[Sheet], None], width: float, **options: Any) -> bytes:
    """Return a drawing in a format of the library."""
    try:
        mpl: Any = import_module("matplotlib")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", "figures") from error
    backends = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}
    defaults = {k: v for k, v in mpl.rcParamsDefault.items() if k not in backends}
    buffer = io.BytesIO()
    with _LOCK, warnings.catch_warnings():
        # Defaults are set again as they are, also those that a version no longer recommends.
        warnings.simplefilter("ignore", mpl.MatplotlibDeprecationWarning)
        # A letter that the font lacks is a box in a PNG, and as good as ever in an SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        with mpl.rc_context({**defaults, **_SETTINGS}):
            figure = Figure(dpi=100, facecolor=style.PAPER)
            FigureCanvasAgg(figure)
            draw(Sheet(figure, width, _letters() if options["format"] == "png" else None))
            figure.savefig(buffer, **options)
    return buffer.getvalue()


@cache
def _letters() -> Container[int]:
    """Return the code points that the font of pictures has."""
    from matplotlib.font_manager import findfont, get_font

    found = get_font(findfont(_SETTINGS["font.sans-serif"][0]))
    return frozenset(found.get_charmap())
