"""What saved questions add up, counted once for each view, as an RDF Data Cube.

The groupings are the SPARQL files of ``queries/cube``; this package counts by them, writes the
counts as linked data, and changes them as records change.
"""

from __future__ import annotations

from kmgraph.cube.building import CUBE, BuiltCube, build_cube
from kmgraph.cube.changing import CubeChange, change_cube, properties_counted
from kmgraph.cube.groupings import Grouping, groupings_digest, load_grouping, load_groupings
from kmgraph.cube.reading import cube_table, parts
from kmgraph.cube.views import cube_in_memory, cube_views, is_current

__all__ = [
    "CUBE",
    "BuiltCube",
    "CubeChange",
    "Grouping",
    "build_cube",
    "change_cube",
    "cube_in_memory",
    "cube_table",
    "cube_views",
    "groupings_digest",
    "is_current",
    "load_grouping",
    "load_groupings",
    "parts",
    "properties_counted",
]
