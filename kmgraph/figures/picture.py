"""What every picture can be turned into: SVG, PNG, text, a table, a cell of a notebook."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from kmgraph.errors import InputError, MissingExtraError
from kmgraph.figures import sheet, style

Cell = str | int | Decimal | None

_SMALLEST_DPI, _LARGEST_DPI = 30, 600


class Picture(ABC):
    """A picture with the table of what it shows.

    It shows itself in notebooks. Text and table need no optional package.

    :cvar width_inches: width of the drawing.
    """

    width_inches: ClassVar[float] = 10.0

    @property
    @abstractmethod
    def title(self) -> str:
        """What the picture shows, in one line."""

    @property
    @abstractmethod
    def description(self) -> str:
        """What is seen, in words, for those who do not see it."""

    @abstractmethod
    def to_table(self) -> list[dict[str, Cell]]:
        """Return what the picture shows as rows; ``pandas.DataFrame`` takes them."""

    @abstractmethod
    def to_text(self, width: int = 100) -> str:
        """Return the picture as text for a terminal.

        :param width: columns of the terminal.
        """

    @abstractmethod
    def _draw(self, onto: sheet.Sheet) -> None:
        """Draw the picture and set the height of the sheet."""

    def to_svg(self) -> str:
        """Return the picture as an SVG document; the same data give the same bytes.

        :raises MissingExtraError: matplotlib is not installed.
        """
        return self._svg

    def to_png(self, dpi: int = 150) -> bytes:
        """Return the picture as a PNG file.

        :param dpi: dots per inch, from 30 to 600.
        :raises InputError: the resolution is out of range.
        :raises MissingExtraError: matplotlib is not installed.
        """
        if not _SMALLEST_DPI <= dpi <= _LARGEST_DPI:
            raise InputError(f"{dpi} dots per inch: give from {_SMALLEST_DPI} to {_LARGEST_DPI}")
        return sheet.to_png(self._draw, self.width_inches, self.title, dpi)

    @cached_property
    def _svg(self) -> str:
        return sheet.to_svg(self._draw, self.width_inches, self.title, self.description)

    def _repr_html_(self) -> str:
        """Return the picture with its table beside it, for a notebook."""
        try:
            svg = self.to_svg()
            drawn = svg[svg.index("<svg ") :]
        except MissingExtraError as error:
            drawn = f"<pre>{html.escape(self.to_text())}</pre>\n<p>{html.escape(str(error))}</p>"
        return f"<figure>{drawn}\n{to_html(self.to_table(), self.title)}</figure>"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Return the forms of the picture that a notebook can choose from.

        A PNG is made only where it is asked for.

        :param include: media types that are wanted; by default all but the PNG.
        :param exclude: media types that are not wanted.
        """
        makers: dict[str, Callable[[], str | bytes]] = {
            "text/plain": self.to_text,
            "text/html": self._repr_html_,
            "image/svg+xml": self.to_svg,
            "image/png": self.to_png,
        }
        wanted = set(include or makers.keys() - {"image/png"}) - set(exclude or ())
        bundle: dict[str, Any] = {}
        for media_type, make in makers.items():
            if media_type in wanted:
                try:
                    bundle[media_type] = make()
                except MissingExtraError:
                    continue  # the text and the table are there without it
        return bundle


def to_html(rows: list[dict[str, Cell]], caption: str) -> str:
    """Return rows as an HTML table.

    >>> to_html([{"case": "a<b", "score": Decimal("0.50")}], "Cases")[:32]
    '<table><caption>Cases</caption>\\n'
    """
    names = rows[0] if rows else ()
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    lines = [
        "<tr>"
        + "".join(f"<td>{html.escape(in_words(value))}</td>" for value in row.values())
        + "</tr>"
        for row in rows
    ]
    return (
        f"<table><caption>{html.escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        + "<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody></table>"
    )


def in_words(value: Cell) -> str:
    """Return a value of a table as text; nothing for None.

    >>> in_words(Decimal("0.50")), in_words(None)
    ('0.5', '')
    """
    if isinstance(value, Decimal):
        return style.number(value)
    return "" if value is None else style.clean(str(value))
