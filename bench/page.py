"""Write the page of measurements from results: ``python bench/page.py RESULTS.json ...``.

The tables go between the markers of ``docs/measurements.md``, the plots beside it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import goals
import plots
from growth import faster_than_bound

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "measurements.md"
PICTURES: Final = ROOT / "docs" / "measurements"
BEGIN, END = "<!-- begin: measurements -->", "<!-- end: measurements -->"
QUERIES: Final = ("look-up", "construct", "count", "averages", "co-occurrence")
#: Stages that are drawn, as far as they were measured.
_DRAWN: Final = ("records to N-Quads", "load", "derive", "validate", "cube", "listings", "build")


def main() -> None:
    """Write the page and its plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, nargs="+", help="files that run.py wrote")
    given = parser.parse_args()
    found = [json.loads(path.read_text(encoding="utf-8")) for path in given.results]
    found.sort(key=lambda results: results["scale"])
    PICTURES.mkdir(exist_ok=True)
    text = "\n\n".join("\n\n".join(section(results)) for results in found)
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{tail}", encoding="utf-8")


def section(results: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parts of the page about one size."""
    yield f"## {results['scale']:,} studies"
    yield _conditions(results)
    yield table(("goal", "measured", "met"), goals.rows(results), "lll")
    for part, tell in _PARTS.items():
        measured = results.get(part)
        if measured is None:
            continue
        yield f"### {_TITLES[part]}"
        if why := measured.get("failed") or measured.get("skipped"):
            yield f"Not measured: {why}."
        else:
            yield from tell(measured, results)


def _conditions(results: Mapping[str, Any]) -> str:
    """Return what the figures depend on."""
    machine = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    small = (
        "\nWith so few studies fixed costs weigh most: the goals are set for 20,000 and more."
        if results["scale"] < 20_000
        else ""
    )
    return (
        f"Measured {results['date']} with seed {results['seed']}: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}.\n"
        f"{packages}.\n"
        f"The load of the machine before the run was {machine['load_before']}; "
        "it is near 0 where nothing else runs."
        f"{small}"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """Return a table in Markdown.

    >>> print(table(("a", "b"), [("x", "1")], "lr"))
    | a | b |
    | --- | ---: |
    | x | 1 |
    """
    marks = {"l": "---", "r": "---:"}
    lines = [head, [marks[letter] for letter in align], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def told(figures: Mapping[str, Any], digits: int = 3) -> str:
    """Return a median with its spread.

    >>> told({"median": 2.0, "least": 1.5, "greatest": 2.25, "runs": 3})
    '2 (1.5 to 2.25)'
    """
    middle, low, high = (number(figures[kind], digits) for kind in ("median", "least", "greatest"))
    return middle if low == high else f"{middle} ({low} to {high})"


def number(figure: float, digits: int = 3) -> str:
    """Return a figure to so many significant digits, with thousands set apart.

    >>> number(1234567.0), number(0.01234), number(42.31)
    ('1,230,000', '0.0123', '42.3')
    """
    rounded = float(f"{figure:.{digits}g}")
    return f"{rounded:,.0f}" if rounded >= 100 or rounded == int(rounded) else f"{rounded:g}"


def _stages(name: str) -> Any:
    """Return what tells of a stage that is one set of runs."""

    def tell(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
        rows = [
            (kind.replace("_", " "), told(figures))
            for kind, figures in found.items()
            if isinstance(figures, Mapping) and "median" in figures
        ]
        yield table((name, "median (least to greatest)"), rows, "lr")

    return tell


def _staging(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of records to N-Quads."""
    rows = []
    for workers, each in found.items():
        if isinstance(each, Mapping):
            per_s = each["statements"] / each["seconds"]["median"]
            per_cpu_s = each["statements"] / each["cpu_s"]["median"]
            rows.append(
                (workers, told(each["seconds"]), number(per_s), number(per_cpu_s),
                 told(each["peak_mb"]))
            )  # fmt: skip
            counted = f"{each['records']:,} records become {each['statements']:,} triples."
    yield counted
    head = ("processes", "s", "triples/s", "triples per s of processor", "MB")
    yield table(head, rows, "rrrrr")


def _build(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of a build and of the bare engine."""
    build = found["build"]
    rows = [(phase, told(figures)) for phase, figures in build["phases"].items()]
    yield table(("phase of a build", "s"), rows, "lr")
    rows = [
        ("`kmgraph build`, without derivation and validation", told(build["population_s"]), ""),
        ("bare bulk load and optimise, named graphs", told(found["bare"]["seconds"]),
         told(found["bare"]["population_ratio"])),
        ("bare bulk load and optimise, default graph beside them",
         told(found["bare-default"]["seconds"]), told(found["bare-default"]["population_ratio"])),
    ]  # fmt: skip
    yield table(("on the same N-Quads", "s", "ours is so many times"), rows, "lrr")
    same = "the same" if found["same_content"] else "NOT the same"
    yield (
        f"The published graph and the one that was loaded bare have {same} lines.\n"
        f"A build held {told(build['peak_mb'])} MB at most."
    )
    slowest = sorted(build["rules"].items(), key=lambda rule: -rule[1])[:8]
    told_rules = ", ".join(f"{rule} {number(seconds)} s" for rule, seconds in slowest)
    yield f"The slowest rules of derivation: {told_rules}."


def _validation(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of validation."""
    yield (
        f"The whole store: {told(found['store']['wall_s'])} s, "
        f"{told(found['store']['peak_mb'])} MB at most."
    )
    rows = [
        (name, told(found[key]["seconds"]), told(found[key]["peak_mb"]), str(found[key]["results"]))
        for key, name in (("ours", "kmgraph"), ("pyshacl", "pySHACL"))
    ]
    yield table((f"{found['pyshacl_studies']:,} studies with faults", "s", "MB", "results"),
                rows, "lrrr")  # fmt: skip
    equal = "are equal" if found["equal"] else "DIFFER"
    yield f"The results {equal}; pySHACL takes {told(found['times_faster'])} times as long."
    yield (
        f"Where as many studies are in a store already, kmgraph checks them in "
        f"{number(found['in_store_s'])} s on all cores: "
        f"{number(found['times_faster_in_store'])} times as fast as pySHACL from the file."
    )


def _change(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of a small change."""
    command = found["command"]
    rows = [("the command, start of Python included", told(command["wall_s"]))]
    rows += [(f"of that: {phase}", told(each)) for phase, each in command["phases"].items()]
    rows.append(("from Python that runs already", told(found["python"]["seconds"])))
    yield table(("one study more is published", "s"), rows, "lr")


def _analytic(found: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[str]:
    """Tell of the five queries on every system."""
    systems = found["systems"]
    best = {query: min(_medians(systems, query).values(), default=0.0) for query in QUERIES}
    rows = [
        (name, number(each["load_s"]) if name != "kmgraph" and "load_s" in each else "-",
         *(_cell(each, query, best[query]) for query in QUERIES))
        for name, each in systems.items()
    ]  # fmt: skip
    yield "Milliseconds, median; the least of each column in bold.\n" + (
        "All systems hold the same triples, and each answer was compared with that of the engine."
    )
    yield table(("system", "load, s", *QUERIES), rows, "lrrrrrr")
    notes = [
        f"- {name}: {each.get('skipped') or each.get('failed')}."
        for name, each in systems.items()
        if each.get("skipped") or each.get("failed")
    ]
    notes += [
        f"- {name}, {query}: {one.get('failed') or 'another answer'}"
        for name, each in systems.items()
        for query, one in each.get("queries", {}).items()
        if "failed" in one or one.get("equal") is False
    ]
    if notes:
        yield "\n".join(notes)
    drawn = {query: _medians(systems, query) for query in QUERIES}
    yield _picture(f"systems-{results['scale']}", "Five queries on every system", drawn)


def _medians(systems: Mapping[str, Any], query: str) -> dict[str, float]:
    """Return the median of a query on each system that answered it."""
    found = {name: each.get("queries", {}).get(query, {}) for name, each in systems.items()}
    return {name: one["wall_ms"]["median"] for name, one in found.items() if "wall_ms" in one}


def _cell(system: Mapping[str, Any], query: str, best: float) -> str:
    """Return the cell of a system and a query."""
    one = system.get("queries", {}).get(query)
    if one is None:
        return "-"
    if "failed" in one:
        return "failed"
    middle = one["wall_ms"]["median"]
    text = f"**{number(middle)}**" if middle == best else number(middle)
    return text if one.get("equal", True) else f"{text} (another answer)"


def _questions(found: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[str]:
    """Tell of the saved questions."""
    rows, drawn = [], {}
    for name, each in found["questions"].items():
        figures = {who: each[who]["wall_ms"] for who in ("fast", "plain") if who in each}
        drawn[name] = {who: figure["median"] for who, figure in figures.items()}
        rows.append(
            (name, *(told(figures[who]) if who in figures else _why(each, who)
                     for who in ("fast", "plain")),
             _of(each.get("equal_runs")))
        )  # fmt: skip
    yield (
        "Milliseconds until the whole answer was read, other random parameters in each run.\n"
        "*As asked* is what people get, one page of 20 where it lists; *plain* is the query of the "
        "file on the same view.\n"
        "*Right* counts runs whose rows are all in the plain answer; where a row tells of "
        "thousands, its passages and other lists are some of them."
    )
    head = ("question", "as asked", "plain", "right")
    yield table(head, rows, "lrrr")
    yield _picture(f"questions-{results['scale']}", "Saved questions", drawn)


def _virtuoso(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of the saved questions beside Virtuoso."""
    rows = [
        (name, *(told(each[who]["wall_ms"]) if who in each else _why(each, who)
                 for who in ("fast", "virtuoso")),
         _of(each.get("virtuoso_same")))
        for name, each in found["questions"].items()
    ]  # fmt: skip
    yield (
        "Milliseconds until the whole answer was read, other random parameters in each run: as "
        "people get it, and the plain query on Virtuoso with the same triples, without the cube.\n"
        f"Virtuoso loaded them in {number(found['load_s'])} s, and is given up after "
        f"{found['limit_s']} s a query. *Same* counts runs whose rows are all in its answer."
    )
    yield table(("question", "as asked", "Virtuoso", "same"), rows, "lrrr")


def _why(question: Mapping[str, Any], who: str) -> str:
    """Return why a question has no figure."""
    said = str(question.get(f"{who}_failed") or question.get("failed") or "-")
    return (
        "over the limit" if said.startswith("no answer in") else "refused" if said != "-" else said
    )


def _of(pair: Sequence[int] | None) -> str:
    """Return how many of how many."""
    return f"{pair[0]} of {pair[1]}" if pair and pair[1] else "-"


def _http(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of look-ups over HTTP."""
    rows = [
        (connections, *(number(sorted(each["per_s"][who])[len(each["per_s"][who]) // 2])
                        for who in ("oxigraph", "cached", "uncached")),
         str(each["cached_ratio"]), str(each["uncached_ratio"]))
        for connections, each in found["closed_loop"].items()
    ]  # fmt: skip
    head = (
        "connections",
        "oxigraph serve",
        "cached",
        "uncached",
        "cached, times",
        "uncached, times",
    )
    yield f"Requests a second, {found['keys']:,} keys, every answer checked."
    yield table(head, rows, "rrrrrr")
    rows = [
        (name, told(each["server_ms"]), told(each["engine_ms"]), str(each["ratio"]))
        for name, each in found["aggregates"].items()
    ]
    yield "Queries that aggregate, without the cache, both from disk:"
    yield table(("query", "over HTTP, ms", "the engine itself, ms", "times"), rows, "lrrr")
    rows = [
        (who, *(number(each[kind]) for kind in sorted(each) if kind.endswith("_ms")))
        for who, each in found["open_loop"].items()
    ]
    kinds = sorted(k for k in next(iter(found["open_loop"].values())) if k.endswith("_ms"))
    yield "Delays at a fixed rate, with a heavy query beside them:"
    yield table(("server", *kinds), rows, "l" + "r" * len(kinds))


def _pages(found: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    """Tell of the pages that people see."""
    kinds = ("first_ms", "p50_ms", "p95_ms")
    rows = [
        (name, *(number(each[kind]) for kind in kinds)) for name, each in found["pages"].items()
    ]
    yield f"Milliseconds over HTTP, {found['runs']} requests of each, no answer kept between them:"
    yield table(("page", "first", "median", "95 of 100 within"), rows, "lrrr")


def _growth(found: Mapping[str, Any], results: Mapping[str, Any]) -> Iterator[str]:
    """Tell how each stage grows."""
    rows = [
        (name, *(number(figure) for figure in each["figures"]), str(each.get("exponent", "-")),
         str(each.get("last_step", "-")))
        for name, each in found["series"].items()
    ]  # fmt: skip
    head = ("seconds, or what is said", *(f"{size:,}" for size in found["sizes"]),
            "exponent", "last step")  # fmt: skip
    yield table(head, rows, "l" + "r" * (len(found["sizes"]) + 2))
    above = faster_than_bound(found)
    yield f"n log n has the exponent {found['bound']} over these sizes. " + (
        f"Faster than that grew: {', '.join(above)}." if above else "Nothing grew faster."
    )
    series = {
        name: found["series"][name]["figures"]
        for name in _DRAWN
        if name in found["series"] and min(found["series"][name]["figures"]) > 0
    }
    path = PICTURES / f"growth-{results['scale']}.svg"
    path.write_text(plots.lines("Growth of each stage", found["sizes"], series, "s"))
    yield f"![Seconds of each stage by number of studies](measurements/{path.name})"


def _picture(name: str, title: str, rows: Mapping[str, Mapping[str, float]]) -> str:
    """Draw figures and return the reference to the picture."""
    (PICTURES / f"{name}.svg").write_text(plots.dots(title, rows, "ms"))
    return f"![{title}, in milliseconds](measurements/{name}.svg)"


_TITLES: Final = {
    "generate": "Generating the bundle",
    "staging": "Records to N-Quads",
    "build": "A build, and the bare engine",
    "open": "Opening",
    "validation": "Validation",
    "change": "One study more",
    "analytic": "Five queries on every system",
    "questions": "Saved questions",
    "virtuoso": "Saved questions beside Virtuoso",
    "http": "Look-ups over HTTP",
    "pages": "Pages for people",
    "growth": "Growth",
}
_PARTS: Final[dict[str, Any]] = {
    "generate": _stages("kmgraph generate"),
    "staging": _staging,
    "build": _build,
    "open": _stages("open a view, and one ASK"),
    "validation": _validation,
    "change": _change,
    "analytic": _analytic,
    "questions": _questions,
    "virtuoso": _virtuoso,
    "http": _http,
    "pages": _pages,
    "growth": _growth,
}

if __name__ == "__main__":
    main()
