"""Pictures: the profile of a case, many cases by evidence and context, and how far work is."""

from __future__ import annotations

from kmgraph.figures.grid import Grid, grid
from kmgraph.figures.grid_points import GridPoint
from kmgraph.figures.picture import Picture
from kmgraph.figures.profile import Profile, profile
from kmgraph.figures.progress import Progress
from kmgraph.figures.reading_grid import GRID_SCHEMES, read_grid
from kmgraph.figures.reading_progress import read_progress, recorded_schemes
from kmgraph.figures.sheet import can_draw

__all__ = [
    "GRID_SCHEMES",
    "Grid",
    "GridPoint",
    "Picture",
    "Profile",
    "Progress",
    "can_draw",
    "grid",
    "profile",
    "read_grid",
    "read_progress",
    "recorded_schemes",
]
