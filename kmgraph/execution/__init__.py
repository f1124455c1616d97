"""Queries in processes of their own, which can be stopped.

The engine has no time limit, no memory limit and no way to give up, and what its native code does
wrong ends the process it runs in. So a query that somebody wrote is evaluated by a worker process
that opens the view read-only; when it takes too long or too much, the process is killed, and the
asker gets an error instead of half an answer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kmgraph.execution.limits import Limits
    from kmgraph.execution.messages import Job, Outcome, PoolStats, RunningQuery
    from kmgraph.execution.pool import WorkerPool
    from kmgraph.execution.store import PooledStore

#: Public name to the module that defines it. Workers import this package as well, and start
#: sooner without what only the other side needs.
_MODULES = {
    "Job": "kmgraph.execution.messages",
    "Limits": "kmgraph.execution.limits",
    "Outcome": "kmgraph.execution.messages",
    "PoolStats": "kmgraph.execution.messages",
    "PooledStore": "kmgraph.execution.store",
    "RunningQuery": "kmgraph.execution.messages",
    "WorkerPool": "kmgraph.execution.pool",
}

__all__ = [
    "Job",
    "Limits",
    "Outcome",
    "PoolStats",
    "PooledStore",
    "RunningQuery",
    "WorkerPool",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'kmgraph.execution' has no attribute '{name}'")
