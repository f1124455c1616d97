"""One framework seen through another, along mappings that say where they come from.

::

    model.py      mappings, the links and paths that are made of them, what is lost
    sssom.py      reads the shipped tables, through sssom-pydantic
    statements.py a set of mappings as RDF
    outline.py    the constructs of a framework, in the order of its file
    finding.py    the paths from one framework to another
    coding.py     what a store has coded, seen through another framework
    rendering.py  a crosswalk as table, CSV and JSON
"""

from __future__ import annotations

from kmgraph.crosswalks.finding import crosswalk
from kmgraph.crosswalks.model import (
    CodedThrough,
    Coding,
    Crosswalk,
    Link,
    Lost,
    Mapping,
    MappingSet,
    Path,
    WeakestLink,
)
from kmgraph.crosswalks.sssom import load_mapping_sets, read_mapping_set
from kmgraph.crosswalks.statements import mapping_triples

__all__ = [
    "CodedThrough",
    "Coding",
    "Crosswalk",
    "Link",
    "Lost",
    "Mapping",
    "MappingSet",
    "Path",
    "WeakestLink",
    "crosswalk",
    "load_mapping_sets",
    "mapping_triples",
    "read_mapping_set",
]
