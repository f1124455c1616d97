"""Lists of records in order, kept in a view so that any page of them is read by a few look-ups."""

from __future__ import annotations

from kmgraph.listings.blocks import Blocks, iri_of
from kmgraph.listings.building import (
    GRAPH,
    ListingChange,
    build_listings,
    change_listings,
    narrowed,
)
from kmgraph.listings.definitions import Listing, load_listings
from kmgraph.listings.names import named_in
from kmgraph.listings.terms import ALL, facet_key, has_listings, listing_iri, stored_blocks
from kmgraph.listings.views import list_in_memory, list_views, listings_digest

__all__ = [
    "ALL",
    "GRAPH",
    "Blocks",
    "Listing",
    "ListingChange",
    "build_listings",
    "change_listings",
    "facet_key",
    "has_listings",
    "iri_of",
    "list_in_memory",
    "list_views",
    "listing_iri",
    "listings_digest",
    "load_listings",
    "named_in",
    "narrowed",
    "stored_blocks",
]
