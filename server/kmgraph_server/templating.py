"""What templates can use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from flask import Flask, current_app

from kmgraph.namespaces import KM
from kmgraph_server.negotiation import Offer
from kmgraph_server.pages import words
from kmgraph_server.pages.credits import credits_of
from kmgraph_server.state import snapshot_if_any

#: Short name of a format to what people call it.
_FORMATS: Final = {
    "csv": "CSV",
    "json": "JSON",
    "jsonld": "JSON-LD",
    "nq": "N-Quads",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "trig": "TriG",
    "tsv": "TSV",
    "ttl": "Turtle",
    "xlsx": "Excel",
    "xml": "XML",
}
_CREATIVE_COMMONS: Final = re.compile(
    r"https?://creativecommons\.org/(?:licenses/([a-z-]+)|publicdomain/(zero))/([0-9.]+)/?.*"
)


@dataclass(frozen=True, slots=True)
class Navigation:
    """What the top of every page leads to.

    :ivar first: endpoint and name of what is always shown.
    :ivar more: the same of what unfolds.
    :ivar whole: blueprints all of whose pages belong to the one that is named.
    """

    first: tuple[tuple[str, str], ...] = (
        ("home.home", "Home"),
        ("search.search", "Search"),
        ("lists.studies", "Studies"),
        ("lists.cases", "Cases"),
        ("questions.index", "Questions"),
        ("sparql.sparql", "Query"),
    )
    more: tuple[tuple[str, str], ...] = (
        ("figures.grid_page", "Evidence and context"),
        ("network.network", "Network"),
        ("frameworks.index", "Frameworks"),
        ("frameworks.matrix", "Matrix"),
        ("quality.quality", "Data quality"),
        ("tables.index", "Spreadsheets"),
        ("ontology.ontology", "Vocabulary"),
        ("records.start", "Add records"),
    )
    whole: frozenset[str] = frozenset(
        {"questions", "search", "sparql", "ontology", "quality", "records"}
    )

    def of(self, app: Flask) -> Navigation:
        """Return what of it an application has."""
        return Navigation(
            tuple(one for one in self.first if one[0] in app.view_functions),
            tuple(one for one in self.more if one[0] in app.view_functions),
        )


def install(app: Flask) -> None:
    """Give templates their filters and what every page shows."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["count"] = words.count
    app.jinja_env.filters["plural"] = words.plural
    app.jinja_env.filters["local"] = _local
    app.jinja_env.filters["web"] = words.is_web
    app.jinja_env.filters["licence"] = licence_in_words
    app.jinja_env.filters["format_title"] = format_title
    app.context_processor(_common)


def _common() -> dict[str, Any]:
    """Return what the frame of every page shows."""
    served = snapshot_if_any()
    return {
        "km": KM,
        "navigation": Navigation().of(current_app),
        "cards": served.cards if served else [],
        "credits": partial(credits_of, served),
        "generation": served.generation if served else None,
        "is_synthetic": served.is_synthetic if served else False,
        "base_iri": served.dataset.base if served else "",
    }


def _local(iri: str) -> str:
    """Return the address of the page of a thing; the page itself for what has none."""
    served = snapshot_if_any()
    return (served and served.names.link(iri)) or "#"


def licence_in_words(iri: str) -> str:
    """Return the usual short name of a licence, or its IRI where it has none.

    >>> licence_in_words("https://creativecommons.org/licenses/by/4.0/")
    'CC BY 4.0'
    """
    match = _CREATIVE_COMMONS.fullmatch(iri)
    if match is None:
        return iri
    return f"CC0 {match[3]}" if match[2] else f"CC {match[1].upper()} {match[3]}"


def format_title(offer: Offer) -> str:
    """Return what people call a format."""
    return _FORMATS[offer.name]
