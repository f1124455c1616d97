"""The reference engine, pySHACL, in a process of its own.

pySHACL switches global settings of rdflib while it works, so it must not share a process with
threads that use rdflib.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kmgraph.errors import MissingExtraError
from kmgraph.validation.process import PROCESS
from kmgraph.validation.reading import read_report
from kmgraph.validation.report import Report


class PySHACLEngine:
    """Runs pySHACL on files.

    >>> PySHACLEngine().name
    'pySHACL'
    """

    name = "pySHACL"

    def validate(self, data: Path, shapes: Sequence[Path] | Path, *, timeout_s: float) -> Report:
        """Return what pySHACL finds; see :class:`kmgraph.validation.ShaclEngine`.

        :raises ShapesError: the shapes are wrong, or pySHACL failed or took too long.
        :raises MissingExtraError: pySHACL is not installed.
        """
        if importlib.util.find_spec("pyshacl") is None:
            raise MissingExtraError("pyshacl", "validate")
        files = [shapes] if isinstance(shapes, Path) else list(shapes)
        with tempfile.TemporaryDirectory(prefix="kmgraph-validation-") as folder:
            report = Path(folder) / "report.nt"
            PROCESS.validate(data, report, files, timeout_s)
            return read_report(report)
