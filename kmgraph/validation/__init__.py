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
    changes.py         what a change touches
    frameworks.py      the check of the frameworks, with shapes of their own
    pyshacl_engine.py  pySHACL, the reference engine, run in a process of its own
    worker.py          that process
    reading.py         SHACL report graph to results
    result.py          severity, location, result
    report.py          the report that callers hold
    writing.py         the report as text, JSON and Turtle
"""

from __future__ import annotations

from kmgraph.validation.changes import Touched, validate_changes
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

__all__ = [
    "ENGINES",
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
    "engine_named",
    "locate",
    "validate_changes",
    "validate_frameworks",
    "validate_quads",
    "validate_triples",
]
