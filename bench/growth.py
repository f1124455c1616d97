"""How time and memory of each stage grow with the number of studies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from measuring import machine
from stages import program
from workspace import Workspace

#: Phases shorter than this at the largest size are all fixed cost, and are not fitted.
_FITTED_FROM_S: Final = 0.3
#: A stage grows no faster than n log n where its exponent is at most this much above that of
#: n log n over the same sizes; single runs differ by some per cent.
TOLERANCE: Final = 0.08


def sizes_of(studies: int) -> list[int]:
    """Return four sizes, each twice the one before, up to a number of studies.

    >>> sizes_of(2000)
    [250, 500, 1000, 2000]
    """
    return [studies // 8, studies // 4, studies // 2, studies]


def measure(work: Workspace, studies: int) -> dict[str, Any]:
    """Build at four sizes, and fit how each phase grows."""
    sizes = sizes_of(studies)
    series: dict[str, list[float]] = {}
    cores = str(machine()["cores"])
    for number, size in enumerate(sizes):
        usage, said = work.build(size)
        figures = dict(said["seconds"]) | {"build": usage.wall_s}
        staged, rows = program("stage", work.bundle(size), KMGRAPH_BUILD_WORKERS=cores)
        figures |= {"records to N-Quads": rows["seconds"]}
        figures |= {"memory of a build (MB)": usage.peak_mb}
        figures |= {"memory of records to N-Quads (MB)": staged.peak_mb}
        for name, figure in figures.items():
            series.setdefault(name, [0.0] * len(sizes))[number] = round(figure, 3)
    return {
        "sizes": sizes,
        "bound": round(exponent(sizes, [n * math.log(n) for n in sizes]), 3),
        "series": {name: _grown(sizes, each) for name, each in series.items()},
    }


def _grown(sizes: Sequence[int], figures: Sequence[float]) -> dict[str, Any]:
    """Return figures with the exponent of their growth, where they are more than fixed cost."""
    told: dict[str, Any] = {"figures": list(figures)}
    if min(figures) > 0 and figures[-1] >= _FITTED_FROM_S:
        told["exponent"] = round(exponent(sizes, figures), 3)
        told["last_step"] = round(exponent(sizes[-2:], figures[-2:]), 3)
    return told


def exponent(sizes: Sequence[int], figures: Sequence[float]) -> float:
    """Return the power of the size that figures grow with: the slope of the logarithms.

    >>> round(exponent([1, 2, 4], [3.0, 6.0, 12.0]), 6)
    1.0
    """
    xs, ys = [math.log(size) for size in sizes], [math.log(figure) for figure in figures]
    x_mean, y_mean = sum(xs) / len(xs), sum(ys) / len(ys)
    above = sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return above / sum((x - x_mean) ** 2 for x in xs)


def faster_than_bound(growth: Mapping[str, Any]) -> list[str]:
    """Return the stages whose last step grew faster than n log n.

    The last step is looked at because fixed costs hide growth at small sizes.
    """
    sizes = growth["sizes"][-2:]
    bound = exponent(sizes, [n * math.log(n) for n in sizes]) + TOLERANCE
    return [name for name, each in growth["series"].items() if each.get("last_step", 0.0) > bound]
