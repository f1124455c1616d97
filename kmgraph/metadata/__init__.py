"""What a view says of itself: counts (VoID), a catalogue (DCAT 3) and its queries (SHACL).

::

    model.py       where and as what a view is published
    rows.py        rows as statements, which queries make metadata of
    counting.py    what is counted
    keeping.py     counts that are kept beside a store
    describing.py  the three documents
    files.py       the files of a snapshot, and what a snapshot is
    publishing.py  the same for a store on disk
    telling.py     what metadata say, as rows for a page
    graph.py       metadata as a graph that queries are evaluated of
    asking.py      which queries are asked of metadata
    checking.py    all of them together, and their check against shapes

The wording and the patterns stand in ``queries/metadata``.
"""

from kmgraph.metadata.asking import METADATA, is_about_metadata
from kmgraph.metadata.checking import metadata_of, validate_metadata
from kmgraph.metadata.counting import with_rows
from kmgraph.metadata.describing import catalogue_of, examples_of, void_of
from kmgraph.metadata.files import snapshot_of
from kmgraph.metadata.graph import metadata_at_once, used_in, write_metadata
from kmgraph.metadata.keeping import (
    AT_ONCE_TRIPLES,
    Kept,
    counts_of,
    keep_counts,
    kept_counts,
    size_of,
)
from kmgraph.metadata.model import Publication
from kmgraph.metadata.publishing import changes_of_graphs, publication_of
from kmgraph.metadata.telling import told

__all__ = [
    "AT_ONCE_TRIPLES",
    "METADATA",
    "Kept",
    "Publication",
    "catalogue_of",
    "changes_of_graphs",
    "counts_of",
    "examples_of",
    "is_about_metadata",
    "keep_counts",
    "kept_counts",
    "metadata_at_once",
    "metadata_of",
    "publication_of",
    "size_of",
    "snapshot_of",
    "told",
    "used_in",
    "validate_metadata",
    "void_of",
    "with_rows",
    "write_metadata",
]
