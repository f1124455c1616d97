"""The layers of WSGI around an application, from the outside to the inside.

::

    Observer         an id for each request, access log, measurements
    TrustedProxies   what proxies say of a request; only where there are any
    RateLimit        a number of requests a minute for each caller; only where one is set
    Mementos         earlier states of the store, which no layer below knows
    CachedAnswers    answers that were kept; only where there is memory for them
    Learner          what was answered, for look-ups of the same shape
    application      Flask
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Final

from flask import Flask

from kmgraph_server.access import Access, Caller, caller_of
from kmgraph_server.cached_answers import CachedAnswers
from kmgraph_server.config import ServerConfig
from kmgraph_server.history import Mementos
from kmgraph_server.metrics import Metrics
from kmgraph_server.observing import AccessLog, Observer, Seen
from kmgraph_server.proxies import TrustedProxies
from kmgraph_server.quick_answers import Learner, QuickAnswers
from kmgraph_server.rate_limit import RateLimit
from kmgraph_server.response_cache import ResponseCache
from kmgraph_server.snapshots import Holder
from kmgraph_server.state import served_by

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


#: Where an application keeps what answers before a request is read.
QUICK: Final = "kmgraph-quick"


def quick_answers(app: Flask) -> QuickAnswers | None:
    """Return what answers for an application before a request is read, where anything may."""
    found: QuickAnswers | None = app.extensions.get(QUICK)
    return found


def install(app: Flask, config: ServerConfig) -> None:
    """Put the layers around an application."""
    access: Access = app.extensions["kmgraph-access"]
    served = served_by(app)

    def identify(authorization: str | None) -> Caller:
        """Return who sends a request."""
        return caller_of(authorization, access.register, access.public_view)

    inner: WSGIApplication = app.wsgi_app
    quick = None
    # Whoever counts requests has to see each of them.
    if not config.rate_limit_per_minute:
        quick = quick_answers_of(
            config, served.cache, served.holder, identify, served.pointer, served.metrics
        )
        app.extensions[QUICK] = quick
        inner = Learner(inner, quick, identify, served.pointer)
    if config.cache_bytes:
        inner = CachedAnswers(inner, served.cache, identify, served.pointer, quick)
    inner = Mementos(inner, app.wsgi_app)
    if config.rate_limit_per_minute:
        inner = RateLimit(inner, config.rate_limit_per_minute, identify)
    if config.trusted_proxies:
        inner = TrustedProxies(inner, config.trusted_proxies)
    app.wsgi_app = Observer(  # type: ignore[method-assign]
        inner, _observers(config, served.metrics), trust_ids=config.trusted_proxies > 0
    )


def quick_answers_of(
    config: ServerConfig,
    cache: ResponseCache,
    holder: Holder,
    identify: Callable[[str | None], Caller],
    state: Callable[[], tuple[int | None, Hashable]],
    metrics: Metrics,
) -> QuickAnswers:
    """Return what answers for a store before a request is read.

    :param cache: where answers are kept, if any are.
    :param holder: gives out the data.
    :param identify: tells who sends a request, by the value of its Authorization header.
    :param state: tells the id of the current generation, and what stands for the store's state.
    :param metrics: counts requests.
    """
    return QuickAnswers(
        cache if config.cache_bytes else None,
        holder,
        identify,
        state,
        _observers(config, metrics),
        is_behind_proxy=config.trusted_proxies > 0,
        is_logging=config.access_log,
    )


def _observers(config: ServerConfig, metrics: Metrics) -> Callable[[Seen], None]:
    """Return what is told of each request."""
    tell: list[Callable[[Seen], None]] = [metrics]
    if config.access_log:
        tell.append(AccessLog(log_addresses=config.log_addresses))

    def tell_all(seen: Seen) -> None:
        for each in tell:
            each(seen)

    return tell_all
