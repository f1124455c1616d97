"""Why: the whole tree below a diagnosis, a summary, a rating or any other record."""

from __future__ import annotations

from kmgraph.explanation.explaining import explain
from kmgraph.explanation.model import Explanation

__all__ = ["Explanation", "explain"]
