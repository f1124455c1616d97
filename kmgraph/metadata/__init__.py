"""What a view says of itself: counts (VoID), a catalogue (DCAT 3) and its queries (SHACL).

::

    model.py       where and as what a view is published
    rows.py        rows as statements, which queries make metadata of
    describing.py  the three documents
    publishing.py  the same for a store on disk
    telling.py     what metadata say, as rows for a page
    checking.py    all of them together, and their check against shapes

The wording and the patterns stand in ``queries/metadata``.
"""

from kmgraph.metadata.checking import metadata_of, validate_metadata
from kmgraph.metadata.describing import catalogue_of, examples_of, void_of
from kmgraph.metadata.model import Publication
from kmgraph.metadata.publishing import publication_of
from kmgraph.metadata.telling import told

__all__ = [
    "Publication",
    "catalogue_of",
    "examples_of",
    "metadata_of",
    "publication_of",
    "told",
    "validate_metadata",
    "void_of",
]
