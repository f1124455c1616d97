"""What an earlier report found, taken over where a change did not touch it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kmgraph.namespaces import PREFIXES, expand
from kmgraph.terms import Term
from kmgraph.validation import writing
from kmgraph.validation.changes import Touched
from kmgraph.validation.report import MOST_HELD, Report
from kmgraph.validation.result import Location, Result, Severity

#: What a line of the file of the rest says first and at all: severity, node, and value if an IRI.
_LINE: Final = re.compile(
    rb'\{"severity": "(\w+)".*?"focusNode": "([^"]*)"(?:.*?"value": "(<[^"]*>)")?'
)
#: What a path of several steps has.
_STEPS: Final = re.compile(r"[/|^*+?()]")


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier report.

    :ivar results: what it holds. Of SPARQL constraints it says which shape has them, no more.
    :ivar rest: file of what was found beside these; None where nothing was.
    """

    results: tuple[Result, ...]
    rest: Path | None = None

    @classmethod
    def read(cls, content: bytes, rest: Path | None) -> Earlier | None:
        """Return a report from its JSON, or None where it cannot be taken over.

        :param rest: file that it left the rest to, where there is one.

        >>> node = ox.NamedNode("https://e.org/x")
        >>> one = Result(node, Severity.INFO, "urn:c", node, ("odd",), value=ox.Literal("1"))
        >>> Earlier.read(Report.of([one]).to_json().encode(), None).results == (one,)
        True
        """
        said = json.loads(content)
        is_whole = bool(said.get("leftOut")) <= (rest is not None)
        try:
            return cls(tuple(_results(said["results"])), rest) if is_whole else None
        except (KeyError, ValueError):
            # A blank node, or a path of several steps, which have no name to find them by.
            return None

    def nodes_with(self, values: Collection[Term]) -> set[Term]:
        """Return the nodes of results whose value is one of some nodes.

        >>> Earlier(()).nodes_with([ox.NamedNode("https://e.org/x")])
        set()
        """
        found = {result.focus_node for result in self.results if result.value in values}
        named = {str(value).encode() for value in values}
        for line in self._lines():
            match = _LINE.match(line)
            if match is not None and match[3] in named:
                found.add(ox.NamedNode(match[2].decode()))
        return found

    def merged(self, touched: Sequence[Touched], rest: Path, *, most: int = MOST_HELD) -> Report:
        """Return what was found before and still holds, and what was found now.

        :param touched: what was found now, in each view.
        :param rest: file for what the report does not hold.
        :param most: most results of one constraint that the report holds.

        >>> Earlier(()).merged([], Path("/dev/null")).conforms
        True
        """
        kept = _Kept(most)
        for result in dict.fromkeys(item for one in touched for item in one.report.results):
            kept.take(result)
        full = Counter(map(_constraint, self.results))
        for result in self.results:
            if not _is_covered(result, touched):
                kept.take(result)
        short = {key for key, number in full.items() if number >= most and kept.has_room(key)}
        near = frozenset[Term]().union(*(one.near for one in touched))
        with rest.open("wb") as file:
            file.writelines(kept.lines)
            for line in self._lines():
                file.write(self._taken(line, touched, near, kept, short))
        return Report.of(kept.results, kept.left_out())

    def _taken(
        self,
        line: bytes,
        touched: Sequence[Touched],
        near: Collection[Term],
        kept: _Kept,
        short: set[tuple[Term, str]],
    ) -> bytes:
        """Return a line of the rest if it still belongs there.

        :param near: nodes that were looked at.
        :param short: constraints of which the report has come to hold less than it may.
        """
        match = _LINE.match(line)
        if match is not None and not short and not any(one.asked for one in touched):
            if ox.NamedNode(match[2].decode()) not in near:
                kept.passed[Severity(match[1].decode())] += 1
                return line
        result = next(_results([json.loads(line)]))
        if _is_covered(result, touched):
            return b""
        key = _constraint(result)
        if not kept.has_room(key):
            short.discard(key)
            kept.passed[result.severity] += 1
            return line
        kept.take(result)
        return b""

    def _lines(self) -> Iterator[bytes]:
        """Yield the lines of the file of the rest."""
        if self.rest is not None:
            with self.rest.open("rb") as file:
                yield from file


class _Kept:
    """Takes results: so many of each constraint for a report, and the others as lines.

    :ivar passed: how many of each severity are not held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: Counter[tuple[Term, str]] = Counter()
        self.results: list[Result] = []
        self.lines: list[bytes] = []
        self.passed: Counter[Severity] = Counter()

    def has_room(self, key: tuple[Term, str]) -> bool:
        """Say whether another result of a constraint is held."""
        return self._numbers[key] < self._most

    def take(self, result: Result) -> None:
        """Take a result."""
        key = _constraint(result)
        if self.has_room(key):
            self._numbers[key] += 1
            self.results.append(result)
        else:
            self.lines.append(writing.to_line(result).encode())
            self.passed[result.severity] += 1

    def left_out(self) -> list[tuple[Severity, int]]:
        """Return how many results of each severity are not held."""
        return [(name, self.passed[name]) for name in Severity if self.passed[name]]


def _constraint(result: Result) -> tuple[Term, str]:
    """Return what tells the constraint of a result from others."""
    return (result.source_shape, result.component)


def _is_covered(result: Result, touched: Iterable[Touched]) -> bool:
    """Say whether a result of before was looked for again."""
    return any(one.covers(result) for one in touched)


def _results(said: Sequence[dict[str, Any]]) -> Iterator[Result]:
    """Yield results from what JSON says of them.

    :raises ValueError: one has a node or path without an IRI.
    :raises KeyError: one lacks something, or has a path of several steps.
    """
    values = iter(_terms(item["value"] for item in said if item["value"] is not None))
    for item in said:
        where = None
        if item["file"] is not None:
            where = Location(item["file"], item["row"], item["sheet"], item["record"])
        yield Result(
            focus_node=ox.NamedNode(item["focusNode"]),
            severity=Severity(item["severity"]),
            component=item["component"],
            source_shape=ox.NamedNode(item["sourceShape"]),
            messages=(item["message"],) if item["message"] else (),
            path=None if item["path"] is None else _path(item["path"]),
            value=None if item["value"] is None else next(values),
            location=where,
        )


@cache
def _path(text: str) -> ox.NamedNode:
    """Return the property that a path of one step is spelled as."""
    prefix, _, local = text.partition(":")
    if prefix not in PREFIXES:
        return ox.NamedNode(text)
    if _STEPS.search(local):
        raise ValueError(f"{text} is more than one property")
    return ox.NamedNode(expand(text))


def _terms(texts: Iterable[str]) -> Iterator[Term]:
    """Yield terms from N-Triples."""
    lines = "\n".join(f"<urn:x> <urn:x> {text} ." for text in texts)
    for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES):
        yield quad.object
