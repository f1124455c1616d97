"""Studies and cases by what people narrow a list with: theme, design, bands, barriers, outcomes.

An index is a file beside the generations of a store, one for each view, made when it is first
asked. The files of ``queries/facets`` say which facets there are and where their values come from.
"""

from __future__ import annotations

from kmgraph.facets.definitions import Facet, load_facets
from kmgraph.facets.index import KINDS, NOT_RECORDED, ORDERS, FacetIndex
from kmgraph.facets.model import CountedFacet, CountedValue, Listed, Unit
from kmgraph.facets.places import FACETED, open_facets

__all__ = [
    "FACETED",
    "KINDS",
    "NOT_RECORDED",
    "ORDERS",
    "CountedFacet",
    "CountedValue",
    "Facet",
    "FacetIndex",
    "Listed",
    "Unit",
    "load_facets",
    "open_facets",
]
