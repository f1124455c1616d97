"""Run the black-box checks on our server and on two others, and write the table of the results.

``python bench/conformance.py`` starts kmgraph, ``oxigraph serve`` and ``rdflib-endpoint serve``
one after the other with the same data, runs every check of ``tests/checks`` and the exchanges of
three W3C suites on each, and prints a table in Markdown. The other two come from the Python
package index (``pip install oxigraph rdflib-endpoint uvicorn``); one that is not installed is a
column that says so. Only what was started here is ended.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "server"), str(ROOT)]

from checks import running  # noqa: E402 - it is found by the line above
from checks.model import Check  # noqa: E402
from checks.servers import Kmgraph, Oxigraph, RdflibEndpoint, Server  # noqa: E402

PAGE = ROOT / "docs" / "comparison.md"
BEGIN, END = "<!-- begin: conformance -->", "<!-- end: conformance -->"
#: Groups of checks as the table calls them.
GROUPS = {
    "query": "Query operation",
    "dataset": "Dataset of a request",
    "formats": "Formats and negotiation",
    "limits": "Limits",
    "safety": "Safety",
    "update": "Update operation",
    "graph_store": "Graph store",
    "plumbing": "HTTP",
    "discovery": "Discovery",
    "operations": "Operations",
}


@dataclass
class Column:
    """What one server did.

    :ivar version: its version, or why it was not run.
    """

    name: str
    version: str
    checks: list[running.Outcome] = field(default_factory=list)
    suites: dict[str, list[running.Outcome]] = field(default_factory=dict)
    seconds: float = 0.0

    def results(self, *, group: str = "", number: str = "") -> list[str]:
        """Return the results of all checks, or of those of a group or a number."""
        return [
            outcome.result
            for outcome in self.checks
            if group in ("", outcome.check.group) and number in ("", outcome.check.number)
        ]


def counted(results: Sequence[str]) -> str:
    """Return how many results passed, of those that could."""
    if not results:
        return "-"
    applicable = [result for result in results if result != running.NOT_APPLICABLE]
    text = f"{applicable.count(running.PASSED)} of {len(applicable)}"
    left_out = len(results) - len(applicable)
    return f"{text} ({left_out} n/a)" if left_out else text


def program(name: str) -> str | None:
    """Return the path of a console script: beside this Python, or on PATH."""
    import shutil

    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def version_of(path: str, package: str) -> str:
    """Return the version of a package that a console script belongs to."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    for python in (Path(path).with_name("python"), Path(sys.executable)):
        if python.exists():
            done = subprocess.run(
                [str(python), "-c", code], capture_output=True, text=True, timeout=60, check=False
            )
            if done.returncode == 0:
                return done.stdout.strip()
    return "version unknown"


def our_version() -> str:
    """Return the version of kmgraph, as it is installed."""
    try:
        return importlib.metadata.version("kmgraph")
    except importlib.metadata.PackageNotFoundError:
        return "from this checkout"


def columns(names: Sequence[str], tell: Callable[[str], None]) -> list[Column]:
    """Run everything on each server."""
    found = []
    for name in names:
        if name == "kmgraph":
            column = Column("kmgraph", our_version())
            measure(column, Kmgraph, lambda: Kmgraph(union=False), tell)
        else:
            kind = {"oxigraph": Oxigraph, "rdflib-endpoint": RdflibEndpoint}[name]
            path = program(name)
            if path is None:
                found.append(Column(kind.name, "not installed"))
                continue
            column = Column(kind.name, version_of(path, name))
            make = lambda kind=kind, path=path: kind(path)  # noqa: E731 - bound at once
            measure(column, make, make, tell)
        found.append(column)
    return found


def measure(
    column: Column,
    server: Callable[[], Server],
    suite_server: Callable[[], Server],
    tell: Callable[[str], None],
) -> None:
    """Run the checks on one server, and the suites on one whose default graph is its own."""
    started = time.monotonic()
    with server() as found:
        for outcome in running.run_all(running.CHECKS, found):
            column.checks.append(outcome)
            tell(f"{column.name} {outcome.check.label}: {outcome.result} {outcome.reason[:200]}")
    for suite, checks in running.SUITES.items():
        with suite_server() as found:
            column.suites[suite] = []
            for outcome in running.run_all(checks, found):
                column.suites[suite].append(outcome)
                told = f"{outcome.check.label}: {outcome.result} {outcome.reason[:200]}"
                tell(f"{column.name} {told}")
    column.seconds = round(time.monotonic() - started, 1)


def row(*cells: str) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def mark(results: Sequence[str]) -> str:
    """Return what a cell says of the parts of a number.

    >>> mark(["passed", "failed"]), mark(["passed"]), mark(["n/a"]), mark([])
    ('1 of 2', 'yes', 'n/a', '-')
    """
    applicable = [result for result in results if result != running.NOT_APPLICABLE]
    if not applicable:
        return "n/a" if results else "-"
    passed = applicable.count(running.PASSED)
    if passed in (0, len(applicable)):
        return "yes" if passed else "no"
    return f"{passed} of {len(applicable)}"


def markdown(found: Sequence[Column]) -> str:
    """Return the tables: sums by group, suites, and every number."""
    groups = dict.fromkeys(check.group for check in running.CHECKS)
    titles: dict[str, str] = {}
    for check in running.CHECKS:
        titles[check.number] = _joined(titles.get(check.number), check)
    heads = [f"{column.name} {column.version}" for column in found]
    lines = [row("Checks", *heads), row("---", *("---:" for _ in heads))]
    for group in groups:
        lines.append(row(GROUPS[group], *(counted(c.results(group=group)) for c in found)))
    lines.append(row("**All checks**", *(f"**{counted(c.results())}**" for c in found)))
    for suite in running.SUITES:
        cells = [counted([o.result for o in column.suites.get(suite, [])]) for column in found]
        lines.append(row(f"W3C {suite}", *cells))
    lines += ["", row("No.", "Check", *(column.name for column in found))]
    lines.append(row("---:", "---", *("---" for _ in found)))
    for number, title in titles.items():
        lines.append(row(number, title, *(mark(c.results(number=number)) for c in found)))
    return "\n".join(lines)


def _joined(known: str | None, check: Check) -> str:
    """Return the titles of the parts of a number in one cell."""
    title = check.title.replace("|", "\\|").replace("<", "&lt;")
    return title if known is None else f"{known}; {title}"


def as_json(found: Sequence[Column]) -> dict[str, Any]:
    """Return everything that was found, the reasons too."""

    def told(outcome: running.Outcome) -> dict[str, str]:
        entry = {"check": outcome.check.label, "title": outcome.check.title}
        return {**entry, "result": outcome.result, "reason": outcome.reason}

    return {
        "machine": {"python": platform.python_version(), "cpus": os.cpu_count()},
        "servers": [
            {
                "name": column.name,
                "version": column.version,
                "seconds": column.seconds,
                "checks": [told(outcome) for outcome in column.checks],
                "suites": {
                    suite: [told(outcome) for outcome in outcomes]
                    for suite, outcomes in column.suites.items()
                },
            }
            for column in found
        ],
    }


def write_page(table: str, page: Path = PAGE) -> None:
    """Put the table between the markers of the page."""
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(f"(?<={BEGIN}\n).*?(?={END})", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"\n{table}\n\n", text), encoding="utf-8")


def main() -> None:
    """Read the command line, run the checks and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    choices = ("kmgraph", "oxigraph", "rdflib-endpoint")
    parser.add_argument("servers", nargs="*", metavar="SERVER", help=f"of {', '.join(choices)}")
    parser.add_argument("--json", action="store_true", help="print JSON with all reasons instead")
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/comparison.md"
    )
    parser.add_argument("--quiet", action="store_true", help="do not tell each result as it comes")
    given = parser.parse_args()
    unknown = set(given.servers) - set(choices)
    if unknown:
        parser.error(f"no server is called {', '.join(sorted(unknown))}: use {', '.join(choices)}")

    def tell(line: str) -> None:
        if not given.quiet:
            print(line, file=sys.stderr, flush=True)

    # What was started is ended when this is told to stop, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found = columns(given.servers or choices, tell)
    table = markdown(found)
    print(json.dumps(as_json(found), indent=1) if given.json else table)
    if given.write:
        write_page(table)


if __name__ == "__main__":
    main()
