"""Check graphs against the SHACL shapes that ship with kmgraph.

::

    engine.py          what an engine is; which one is used where none is named
    frameworks.py      the check of the frameworks, with shapes of their own
    pyshacl_engine.py  the reference engine, run in a process of its own
    worker.py          that process
    reading.py         SHACL report graph to results
    result.py          severity, location, result
    report.py          the report that callers hold
    writing.py         the report as text, JSON and Turtle
"""

from __future__ import annotations

from kmgraph.validation.engine import ShaclEngine, validate_triples
from kmgraph.validation.frameworks import validate_frameworks
from kmgraph.validation.pyshacl_engine import PySHACLEngine
from kmgraph.validation.report import Report
from kmgraph.validation.result import Location, Locator, Result, Severity, locate

__all__ = [
    "Location",
    "Locator",
    "PySHACLEngine",
    "Report",
    "Result",
    "Severity",
    "ShaclEngine",
    "locate",
    "validate_frameworks",
    "validate_triples",
]
