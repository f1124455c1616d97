"""The processes that evaluate queries, shared by applications with the same limits."""

from __future__ import annotations

import threading
from typing import Final

from kmgraph.execution.limits import Limits
from kmgraph.execution.pool import WorkerPool
from kmgraph_server.config import ServerConfig

_Key = tuple[Limits, int, int, float, str]
#: The pools of this process, each with the number of applications that use it.
_POOLS: Final[dict[_Key, tuple[WorkerPool, int]]] = {}
_LOCK: Final = threading.Lock()
#: One thread in so many is left to writes, and as many to what asks nothing, as health checks.
_SHARE: Final = 8


def limits_of(config: ServerConfig) -> Limits:
    """Return the limits of a query that settings give.

    >>> limits_of(ServerConfig(query_timeout_s=5)).timeout_s
    5
    """
    return Limits(
        timeout_s=config.query_timeout_s,
        memory_bytes=config.query_memory_bytes,
        rows=config.row_limit,
        result_bytes=config.result_limit_bytes,
    )


def lease_pool(config: ServerConfig) -> WorkerPool:
    """Return the pool for some settings; hand it back with :func:`return_pool`.

    >>> settings = ServerConfig(workers=3)
    >>> lease_pool(settings) is lease_pool(settings)
    True
    >>> return_pool(settings), return_pool(settings)
    (None, None)
    """
    key = _key(config)
    with _LOCK:
        pool, users = _POOLS.get(key) or (_new_pool(config), 0)
        _POOLS[key] = pool, users + 1
        return pool


def return_pool(config: ServerConfig) -> None:
    """Hand a pool back; with its last user it is closed."""
    key = _key(config)
    with _LOCK:
        pool, users = _POOLS.pop(key)
        if users > 1:
            _POOLS[key] = pool, users - 1
            return
    pool.close()


def _new_pool(config: ServerConfig) -> WorkerPool:
    """Return a new pool; its processes are started when they are needed."""
    return WorkerPool(
        limits_of(config),
        workers=config.workers,
        most_waiting=most_waiting(config),
        wait_s=config.wait_s,
        mode=config.memory_mode,
    )


def most_waiting(config: ServerConfig) -> int:
    """Return how many queries may wait: each holds a thread, and some are for everything else.

    >>> most_waiting(ServerConfig(threads=16, workers=2, most_waiting=100))
    10
    """
    free = max(1, config.threads // _SHARE)
    return max(1, min(config.most_waiting, config.threads - config.workers - 2 * free))


def _key(config: ServerConfig) -> _Key:
    """Return what applications that share a pool have in common."""
    return (
        limits_of(config),
        config.workers,
        most_waiting(config),
        config.wait_s,
        config.memory_mode,
    )
