"""Search by words: records by what they are called, what stands for them and what is said of them.

An index is a file beside the generations of a store, one for each view, made when it is first
wanted and used until the content of the view changes.
"""

from kmgraph.search.asking import asked
from kmgraph.search.index import MARKS, Found, Hit, Kind, SearchIndex, plain
from kmgraph.search.patterns import MEANINGS, SEARCH, SEARCH_TERMS, with_searches
from kmgraph.search.places import forget_indexes, index_path, open_index

__all__ = [
    "MARKS",
    "MEANINGS",
    "SEARCH",
    "SEARCH_TERMS",
    "Found",
    "Hit",
    "Kind",
    "SearchIndex",
    "asked",
    "forget_indexes",
    "index_path",
    "open_index",
    "plain",
    "with_searches",
]
