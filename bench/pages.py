"""Time the pages that people see, over HTTP, with nothing kept between two requests.

Each kind of page is asked for many times, with other words and studies each time; its
first request is told apart, since it may have to make what later ones find. Median and 95th
percentile are of the others.
"""

from __future__ import annotations

import http.client
import random
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from measuring import MeasurementError
from served import serving
from workspace import SEED, Workspace

#: No answer is kept, so that the same page is made anew each time.
_OPTIONS: Final = ("--cache-bytes", "0")
_RUNS: Final = 40
_WAIT_S: Final = 120.0
_READY_S: Final = 900.0
_KM: Final = "https://w3id.org/kmgraph/ontology#"
_STUDIES: Final = f"""SELECT ?study ?title {{ ?study a <{_KM}Study> ;
  <http://purl.org/dc/terms/title> ?title }} ORDER BY ?study LIMIT 2000"""

#: Takes a place to ask, and gives the next address.
_Next = Callable[[random.Random], str]


def measure(work: Workspace, studies: int) -> dict[str, Any]:
    """Return how long each kind of page takes."""
    draw = random.Random(SEED)
    with serving(work.store(studies), *_OPTIONS) as netloc:
        site = _Site(netloc)
        places = _places(studies_of(work.store(studies)))
        return {"runs": _RUNS, "pages": {name: site.timed(to, draw) for name, to in places.items()}}


def studies_of(store: Path) -> list[tuple[str, str]]:
    """Return IRI and title of studies of a store."""
    import kmgraph

    with kmgraph.open_store(store) as dataset:
        return [
            (str(row["study"]), str(row["title"])) for row in dataset.query(_STUDIES).to_dicts()
        ]


def _places(studies: list[tuple[str, str]]) -> dict[str, _Next]:
    """Return the next address of each kind of page."""
    words = sorted({word for _, title in studies for word in re.findall(r"[a-z]{5,}", title)})

    def search(draw: random.Random) -> str:
        return "/search?" + urlencode({"q": " ".join(draw.sample(words, min(2, len(words))))})

    def study(draw: random.Random) -> str:
        return "/doc/study/" + draw.choice(studies)[0].rpartition("/")[2]

    return {
        "home": lambda _: "/",
        "search": search,
        "matrix": lambda draw: f"/matrix?page={draw.randint(1, 20)}",
        "study": study,
        "studies by three facets": lambda draw: "/studies?" + _choice(draw),
        "cases by three facets": lambda draw: "/cases?" + _choice(draw),
        "grid": lambda _: "/grid",
        "network": lambda _: "/network",
        "quality": lambda _: "/quality",
        "questions": lambda _: "/questions",
    }


def _choice(draw: random.Random) -> str:
    """Return values of three facets."""
    chosen = {
        "design": draw.choice(("RctDesign", "QualitativeDesign", "CohortDesign")),
        "context": draw.choice(("Low", "Mixed", "High")),
        "outcome": draw.choice(("Improved", "Unchanged", "Worsened")),
    }
    return urlencode(chosen)


class _Site:
    """A server that is asked for pages."""

    def __init__(self, netloc: str) -> None:
        self._connection = http.client.HTTPConnection(netloc, timeout=_WAIT_S)

    def get(self, path: str) -> str:
        """Return a page; where it is being made ready, wait for it.

        :raises MeasurementError: it does not come.
        """
        until = time.monotonic() + _READY_S
        while time.monotonic() < until:
            self._connection.request("GET", path, headers={"Accept": "text/html"})
            answer = self._connection.getresponse()
            body = answer.read().decode()
            if answer.status == 200:
                return body
            if answer.status != 503:
                raise MeasurementError(f"{path}: {answer.status}")
            time.sleep(1)
        raise MeasurementError(f"{path}: not ready in {_READY_S:g} s")

    def timed(self, following: _Next, draw: random.Random) -> dict[str, Any]:
        """Return the times of a kind of page, in milliseconds."""
        first, *others = (self._ms(following(draw)) for _ in range(_RUNS + 1))
        return {
            "first_ms": round(first, 1),
            "p50_ms": round(statistics.median(others), 1),
            "p95_ms": round(statistics.quantiles(others, n=20)[-1], 1),
        }

    def _ms(self, path: str) -> float:
        """Return how long a page takes."""
        began = time.perf_counter()
        self.get(path)
        return 1000 * (time.perf_counter() - began)
