"""What an SVG document says."""

from __future__ import annotations

from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def parse(document):
    """Return the root of a document that we made ourselves."""
    return ElementTree.fromstring(document)  # noqa: S314


def texts(document):
    """Return the texts of an SVG in the order in which they are drawn."""
    return ["".join(node.itertext()) for node in parse(document).iter(f"{SVG}text")]


def drawn_in(page, name):
    """Return the root of the drawing of a class that stands in a page."""
    return parse(page[page.index(f'<svg class="{name}"') :].split("</svg>")[0] + "</svg>")
