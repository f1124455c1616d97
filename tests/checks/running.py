"""Run checks one after the other and say what came of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks import (
    dataset,
    discovery,
    formats,
    graph_store,
    limits,
    operations,
    plumbing,
    query,
    safety,
    update,
    w3c_description,
    w3c_graph_store,
    w3c_protocol,
)
from checks.model import Check, NotApplicableError, checks_of
from checks.servers import Server

#: Every numbered check, by number.
CHECKS = checks_of(
    query,
    dataset,
    formats,
    limits,
    safety,
    update,
    graph_store,
    plumbing,
    discovery,
    operations,
)
#: Checks of the exchanges of the W3C suites, by suite.
SUITES = {
    "protocol": checks_of(w3c_protocol),
    "graph store protocol": checks_of(w3c_graph_store),
    "service description": checks_of(w3c_description),
}
#: What readers raise where an answer is not what it says it is.
_UNREADABLE = (ValueError, LookupError, TypeError, SyntaxError)
PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "n/a"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check.

    :ivar result: passed, failed or n/a.
    :ivar reason: why, where it did not pass.
    """

    check: Check
    result: str
    reason: str = ""


def run(check: Check, server: Server) -> Outcome:
    """Run one check on a server.

    :raises StartError: the server does not start.
    """
    endpoint = server.endpoint()
    try:
        check.run(endpoint)
    except NotApplicableError as reason:
        return Outcome(check, NOT_APPLICABLE, str(reason))
    except AssertionError as error:
        return Outcome(check, FAILED, str(error) or "an answer is not as it must be")
    except _UNREADABLE as error:
        return Outcome(check, FAILED, f"the answer cannot be read: {type(error).__name__}: {error}")
    return Outcome(check, PASSED)


def run_all(checks: Sequence[Check], server: Server) -> Iterator[Outcome]:
    """Run checks on a server that is started again whenever one of them has silenced it."""
    for check in checks:
        yield run(check, server)
        # A query that cannot be stopped would slow down all that follows.
        server.end_lost(limits.is_busy if check.group == "limits" else None)
