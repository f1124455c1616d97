"""What an application has: its settings, its data, and the processes that evaluate queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask, current_app, g, has_request_context, request

from kmgraph.access.tokens import TokenRegister
from kmgraph.errors import ConfigError, NotFoundError, StoreUnavailableError
from kmgraph.execution.limits import Limits
from kmgraph.execution.messages import Job, Outcome
from kmgraph.execution.pool import WorkerPool
from kmgraph.sparql.outbound import Services
from kmgraph_server.access import Access, caller
from kmgraph_server.config import ServerConfig
from kmgraph_server.history import PAST, opener
from kmgraph_server.metrics import Metrics
from kmgraph_server.observing import notes_of
from kmgraph_server.pools import lease_pool, return_pool
from kmgraph_server.response_cache import Pointer, ResponseCache
from kmgraph_server.searching import facet_indexes, search_indexes
from kmgraph_server.snapshots import Holder, Snapshot, holder_of_dataset, holder_of_store

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

_EXTENSION: Final = "kmgraph"
_STOPPING: Final = "kmgraph-stopping"
_CLOSED: Final = "kmgraph-closed"
INDEXES: Final = "kmgraph-indexes"
FACETS: Final = "kmgraph-facets"


@dataclass(frozen=True, slots=True)
class Served:
    """What an application has.

    :ivar config: its settings.
    :ivar holder: gives out the data.
    :ivar pool: evaluates queries.
    :ivar metrics: what is measured of it.
    :ivar cache: answers that are kept.
    :ivar pointer: tells the current generation.
    :ivar open_past: opens a view of an earlier generation; None for a dataset in memory.
    """

    config: ServerConfig
    holder: Holder
    pool: WorkerPool
    metrics: Metrics
    cache: ResponseCache
    pointer: Pointer
    open_past: Callable[[str, int], Snapshot] | None = None


def install(app: Flask, config: ServerConfig, dataset: EvidenceDataset | None) -> None:
    """Give the application its settings, its data and its workers.

    :raises ConfigError: there is neither a store nor a dataset.
    """
    if dataset is None and config.store is None:
        raise ConfigError("no store to serve: give its folder, or set KMGRAPH_STORE")
    _services(config)  # says what is wrong with the allow-list before anything is served
    pool = lease_pool(config)

    def run(job: Job) -> Outcome:
        """Evaluate a query for the running request, and stop it when its asker leaves."""
        return evaluate(pool, replace(job, services=_services(config)))

    union = config.union_default_graph
    register: TokenRegister | None = None
    if dataset is None and config.store is not None:

        def on_open(path: Path, key: str, quads: int) -> None:
            """Have the view that most callers see held in memory, if there is room."""
            if key == config.view:
                pool.warm(path, quads)

        found = holder_of_store(config.store, run, pool.renew, on_open, union_default_graph=union)
        register = TokenRegister(config.store)
    elif dataset is not None:
        found = holder_of_dataset(dataset, run, union_default_graph=union)
    cache = ResponseCache(config.cache_bytes)
    metrics = Metrics(pool.stats, lambda: found.generation, cache.stats)
    current = config.store / "current" if dataset is None and config.store else None
    pointer = Pointer(current, found.current_id)
    past = None
    if current is not None and config.store is not None:
        past = opener(config.store, run, union_default_graph=union)
    app.extensions[_EXTENSION] = Served(config, found, pool, metrics, cache, pointer, past)
    indexed = None if register is None else config.store
    app.extensions[INDEXES] = search_indexes(indexed)
    app.extensions[FACETS] = facet_indexes(indexed)
    is_read_only = config.read_only or register is None
    app.extensions["kmgraph-access"] = Access(register, config.view, is_read_only)
    app.teardown_appcontext(_release)


def evaluate(pool: WorkerPool, job: Job, limits: Limits | None = None) -> Outcome:
    """Evaluate a query; where a request asks it, it is stopped when the client leaves."""
    if not has_request_context():
        return pool.run(job, limits=limits)
    labelled = replace(job, label=notes_of(request.environ).request_id)
    return pool.run(
        labelled, limits=limits, is_abandoned=request.environ.get("waitress.client_disconnected")
    )


def served() -> Served:
    """Return what the running application has."""
    found: Served = current_app.extensions[_EXTENSION]
    return found


def served_by(app: Flask) -> Served:
    """Return what an application has."""
    found: Served = app.extensions[_EXTENSION]
    return found


def settings() -> ServerConfig:
    """Return the settings of the running application."""
    return served().config


def services() -> Services:
    """Return which other endpoints queries may ask."""
    return _services(settings())


def _services(config: ServerConfig) -> Services:
    """Return which other endpoints queries may ask, by some settings."""
    return Services(config.service_allow, config.service_allow_private)


def holder(app: Flask) -> Holder:
    """Return the holder of an application."""
    found: Served = app.extensions[_EXTENSION]
    return found.holder


def stop(app: Flask) -> None:
    """Have an application say that it is about to stop."""
    app.extensions[_STOPPING] = True


def is_stopping() -> bool:
    """Say whether the running application is about to stop."""
    return bool(current_app.extensions.get(_STOPPING))


def metrics_of(app: Flask) -> Metrics:
    """Return what is measured of an application."""
    found: Served = app.extensions[_EXTENSION]
    return found.metrics


def view_of(app: Flask) -> str:
    """Return the key of the view that callers without a token see."""
    found: Served = app.extensions[_EXTENSION]
    return found.config.view


def close(app: Flask) -> None:
    """Let go of the data and of the workers of an application; it answers no more."""
    found: Served = app.extensions[_EXTENSION]
    if not app.extensions.get(_CLOSED):
        app.extensions[_CLOSED] = True
        if (writes := app.extensions.get("kmgraph-writes")) is not None:
            writes.close()
        if (previews := app.extensions.get("kmgraph-previews")) is not None:
            previews.close()
        found.holder.close()
        app.extensions[INDEXES].close()
        app.extensions[FACETS].close()
        return_pool(found.config)


def snapshot() -> Snapshot:
    """Return the data that the caller of the running request sees, the same until it ends.

    :raises StoreUnavailableError: nothing is published yet.
    :raises TokenError: the caller's token is not valid.
    """
    if "snapshot" not in g:
        past, held, key = request.environ.get(PAST), served(), caller().read_view
        if past is None:
            g.snapshot = held.holder.acquire(key)
        elif held.open_past is None:
            raise NotFoundError("there are no earlier states of what is served here")
        else:
            g.snapshot = held.open_past(key, past)
    found: Snapshot = g.snapshot
    return found


def public_snapshot() -> Snapshot:
    """Return what callers without a token see, for the frame of pages and of errors.

    :raises StoreUnavailableError: nothing is published yet.
    """
    if "public_snapshot" not in g:
        g.public_snapshot = served().holder.acquire(settings().view)
    found: Snapshot = g.public_snapshot
    return found


def snapshot_if_any() -> Snapshot | None:
    """Return what the frame of pages shows, or None where there is nothing to serve."""
    try:
        return g.snapshot if "snapshot" in g else public_snapshot()
    except StoreUnavailableError:
        return None


def _release(error: BaseException | None) -> None:
    """Hand back the snapshots of a request."""
    for name in ("snapshot", "public_snapshot"):
        leased: Snapshot | None = g.pop(name, None)
        if leased is not None:
            served().holder.release(leased)
