"""Check graphs against the SHACL shapes that ship with kmgraph.

::

    engine.py          what an engine is; which one is used where none is named
    set_engine.py      our own engine: queries over whole sets
    shapes.py          the shapes in Python
    extents.py         what a graph holds of each class and property
    sieve.py           queries for the nodes that may break a constraint of SHACL Core
    checking.py        one node against one constraint, exactly
    literals.py        what literals are worth
    queries.py         the SPARQL constraints
    patterns.py        what a SPARQL constraint looks at
    pattern_reading.py how that is read out of its text
    changes.py         what a change touches
    earlier.py         what an earlier report found and a change did not touch
    frameworks.py      the check of the frameworks, with shapes of their own
    pyshacl_engine.py  pySHACL, the reference engine, run in a process of its own
    worker.py          that process
    reading.py         SHACL report graph to results
    result.py          severity, location, result
    report.py          the report that callers hold
    writing.py         the report as text, JSON and Turtle
"""

from __future__ import annotations

from kmgraph.validation.changes import Touched, ends_of, retyped, validate_changes
from kmgraph.validation.earlier import Earlier
from kmgraph.validation.engine import (
    ENGINES,
    ShaclEngine,
    engine_named,
    validate_quads,
    validate_triples,
)
from kmgraph.validation.frameworks import validate_frameworks
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.report import Held, Report
from kmgraph.validation.result import Location, Locator, Result, Severity, locate
from kmgraph.validation.set_engine import SetEngine
from kmgraph.validation.shapes import shapes_digest

__all__ = [
    "ENGINES",
    "Earlier",
    "Held",
    "Location",
    "Locator",
    "PySHACLEngine",
    "Report",
    "Result",
    "SetEngine",
    "Severity",
    "ShaclEngine",
    "Touched",
    "ends_of",
    "engine_named",
    "locate",
    "retyped",
    "shapes_digest",
    "validate_changes",
    "validate_frameworks",
    "validate_quads",
    "validate_triples",
]
