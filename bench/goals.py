"""The goals of kmgraph at scale, and what results say of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from growth import faster_than_bound

#: What was measured, in words, and whether the goal is met.
_Said = tuple[str, bool]
_QUESTION_MS: Final = 50.0
_FASTER_THAN_VIRTUOSO: Final = 5.0


def rows(results: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return each goal with what was measured and whether it is met.

    >>> rows({"scale": 5})[0]
    ('1,000,000 triples/s from records to N-Quads, per process', 'not measured', '-')
    """
    found = []
    for goal, (part, judge) in _GOALS.items():
        measured = results.get(part, {"skipped": ""})
        if "failed" in measured or "skipped" in measured:
            found.append((goal, "not measured", "-"))
            continue
        said, is_met = judge(measured)
        found.append((goal, said, "yes" if is_met else "no"))
    return found


def _staging_rate(found: Mapping[str, Any]) -> _Said:
    """Judge records to N-Quads."""
    per_s = found["1"]["statements"] / found["1"]["seconds"]["median"]
    return f"{per_s:,.0f} triples/s", per_s >= 1e6


def _staging_memory(found: Mapping[str, Any]) -> _Said:
    """Judge the memory of records to N-Quads."""
    most = max(each["peak_mb"]["median"] for each in found.values() if isinstance(each, Mapping))
    return f"{most:,.0f} MB", most < 500


def _population(found: Mapping[str, Any]) -> _Said:
    """Judge a build beside the bare engine."""
    ratio = found["bare-default"]["population_ratio"]["median"]
    return f"{ratio:.2f} times", ratio <= 1.25


def _validation(found: Mapping[str, Any]) -> _Said:
    """Judge validation of a store: 60 s for 100,000 studies."""
    ms = 1000 * found["store"]["wall_s"]["median"] / found["studies"]
    return f"{ms:.2f} ms a study", ms < 0.6


def _pyshacl(found: Mapping[str, Any]) -> _Said:
    """Judge validation beside pySHACL."""
    times, in_store = found["times_faster"]["median"], found["times_faster_in_store"]
    equal = "equal" if found["equal"] else "other"
    said = (
        f"at {found['pyshacl_studies']:,} studies, {equal} results: {in_store:,.0f} times where "
        f"they are in a store, {times:,.0f} times from a file, on one core"
    )
    return said, in_store >= 100 and found["equal"]


def _change(found: Mapping[str, Any]) -> _Said:
    """Judge a small change."""
    seconds = found["command"]["wall_s"]["median"]
    return f"{seconds:.2f} s by the command", seconds < 2 and found["is_there"]


def _ordinary(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what was found of the questions without a budget of their own."""
    return [each for each in found["questions"].values() if not each.get("sensitivity")]


def _question_times(found: Mapping[str, Any]) -> _Said:
    """Judge the time of saved questions."""
    asked = _ordinary(found)
    quick = [e for e in asked if "fast" in e and e["fast"]["wall_ms"]["median"] < _QUESTION_MS]
    return f"{len(quick)} of {len(asked)} questions", len(quick) == len(asked)


def _question_answers(found: Mapping[str, Any]) -> _Said:
    """Judge the answers of saved questions."""
    pairs = [each["equal_runs"] for each in found["questions"].values() if "equal_runs" in each]
    right, compared = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    return f"{right} of {compared} answers", right == compared


def _question_virtuoso(found: Mapping[str, Any]) -> _Said:
    """Judge saved questions beside Virtuoso; those that it gave no answer to are told apart."""
    asked = _ordinary(found)
    both = [(each["fast"]["wall_ms"]["median"], least_ms) for each in asked
            if "fast" in each and (least_ms := _virtuoso_ms(each)) is not None]  # fmt: skip
    ahead = [ours_ms for ours_ms, least_ms in both if least_ms >= _FASTER_THAN_VIRTUOSO * ours_ms]
    said = f"{len(ahead)} of {len(both)} questions"
    failed = sum("fast" not in each for each in asked)
    if refused := len(asked) - len(both) - failed:
        said += f"; it refused {refused} or ended over them"
    if failed:
        said += f"; kmgraph failed {failed}"
    return said, 0 < len(ahead) == len(both) and not failed


def _virtuoso_ms(question: Mapping[str, Any]) -> float | None:
    """Return how long Virtuoso took at least; None where it refused or ended.

    What it answered before it failed counts, as it does in the table.
    """
    if "virtuoso" in question:
        return float(question["virtuoso"]["wall_ms"]["median"])
    return question.get("virtuoso_over_ms")


def _ratio(kind: str, least: float) -> Callable[[Mapping[str, Any]], _Said]:
    """Return the judge of a ratio to the engine's own server."""

    def judge(found: Mapping[str, Any]) -> _Said:
        ratios = [each[f"{kind}_ratio"] for each in found["closed_loop"].values()]
        return f"{min(ratios)} to {max(ratios)} times", min(ratios) >= least

    return judge


def _delays(found: Mapping[str, Any]) -> _Said:
    """Judge delays at a fixed rate."""
    p99_ms = found["open_loop"]["uncached"]["p99_ms"]
    return f"{p99_ms:.1f} ms, without the cache", p99_ms < 20


def _aggregates(found: Mapping[str, Any]) -> _Said:
    """Judge queries that aggregate beside the engine."""
    ratios = [each["ratio"] for each in found["aggregates"].values()]
    return f"{min(ratios)} to {max(ratios)} times", max(ratios) <= 1.2


def _growth(found: Mapping[str, Any]) -> _Said:
    """Judge growth."""
    above = faster_than_bound(found)
    return (", ".join(above) if above else "nothing grew faster"), not above


_GOALS: Final[dict[str, tuple[str, Callable[[Mapping[str, Any]], _Said]]]] = {
    "1,000,000 triples/s from records to N-Quads, per process": ("staging", _staging_rate),
    "that in less than 500 MB": ("staging", _staging_memory),
    "at most 1.25 times the bare engine's load of the same N-Quads": ("build", _population),
    "validation of a store in less than 0.6 ms a study": ("validation", _validation),
    "100 times pySHACL, with the same results": ("validation", _pyshacl),
    "one study more in less than 2 s": ("change", _change),
    "each saved question in less than 50 ms": ("questions", _question_times),
    "answers equal to those of the plain queries": ("questions", _question_answers),
    "5 times Virtuoso on the plain query": ("virtuoso", _question_virtuoso),
    "look-ups from the cache: 4 times the engine's own server": ("http", _ratio("cached", 4)),
    "look-ups without it: 0.7 times": ("http", _ratio("uncached", 0.7)),
    "queries that aggregate: at most 1.2 times the engine's time": ("http", _aggregates),
    "at 500 requests/s beside a heavy query: p99 less than 20 ms": ("http", _delays),
    "nothing grows faster than n log n": ("growth", _growth),
}
