"""Rules: CONSTRUCT queries with a header, and running them on a working store.

A rule adds what it constructs to the default graph of the working store, where the rules after it
find it. What a rule publishes stands in the graph :data:`PUBLISHED` too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import yaml

from kmgraph import artefacts
from kmgraph.errors import InputError, QueryEvaluationError

#: Graph of the working store that holds what is published of it.
PUBLISHED: Final = ox.NamedNode("urn:kmgraph:work#published")
#: Rounds after which rules that repeat are stopped; chains of properties are far shorter.
MAX_ROUNDS: Final = 50
_TEMPLATE: Final = re.compile(r"^CONSTRUCT\s*\{([^{}]*)\}\s*WHERE\b", re.MULTILINE)

#: Told the id of a rule and the seconds that one run of it took.
OnRule = Callable[[str, float], object]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of ``queries/construct``.

    :ivar id: its name.
    :ivar summary: what it says, in one sentence.
    :ivar order: rules run from the lowest order to the highest.
    :ivar repeats: whether it is run, with the others that repeat, until nothing new follows.
    :ivar publishes: whether what it constructs is published.
    :ivar unverified: what in it rests on unchecked knowledge; empty where nothing does.
    :ivar query: the CONSTRUCT query.
    :ivar update: the same as an update of the working store.
    """

    id: str
    summary: str
    order: int
    repeats: bool
    publishes: bool
    unverified: str
    query: str
    update: str


@cache
def load_rules(folder: str) -> tuple[Rule, ...]:
    """Read the rules of a folder below ``queries/construct``, in the order in which they run.

    :param folder: such as ``readings``.
    :raises InputError: a header is wrong, or a file is no CONSTRUCT query.

    >>> [rule.id for rule in load_rules("framework")]
    ['sub-elements', 'element-facts']
    """
    rules = [_read(path) for path in artefacts.files("queries", f"construct/{folder}/*.rq")]
    return tuple(sorted(rules, key=lambda rule: (rule.order, rule.id)))


def _read(path: Path) -> Rule:
    """Read one rule."""
    text = path.read_text(encoding="utf-8")
    lines = [line[3:] for line in text.splitlines() if line.startswith("#+ ")]
    header = yaml.safe_load("\n".join(lines))
    match = _TEMPLATE.search(text)
    if match is None:
        raise InputError(f"{path.name} is not one CONSTRUCT query with a template and WHERE")
    try:
        publishes = bool(header.get("publishes", True))
        return Rule(
            id=header["id"],
            summary=header["summary"],
            order=int(header["order"]),
            repeats=header.get("repeat", "once") == "fixpoint",
            publishes=publishes,
            unverified=header.get("unverified", ""),
            query=text,
            update=_as_update(text, match, publishes),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"{path.name}: the header lacks or misstates {error}") from error


def _as_update(text: str, match: re.Match[str], publishes: bool) -> str:
    """Return a rule as an update: the engine then adds what is new without leaving it."""
    template = match[1]
    published = f" GRAPH {PUBLISHED} {{ {template} }}" if publishes else ""
    insert = f"INSERT {{ {template}{published} }}\nWHERE"
    return text[: match.start()] + insert + text[match.end() :]


def run_rules(work: ox.Store, rules: Sequence[Rule], on_rule: OnRule | None = None) -> int:
    """Run rules on a working store: once each in order, those that repeat until nothing is new.

    :param work: holds vocabulary and premises in its default graph; what follows is added.
    :param on_rule: told of each run of a rule.
    :returns: the number of statements that were added, published ones counted twice.
    :raises QueryEvaluationError: a rule failed.

    >>> run_rules(ox.Store(), load_rules("framework"))
    0
    """
    start = len(work)
    for rule in rules:
        if not rule.repeats:
            _run(work, rule, on_rule)
    repeated = [rule for rule in rules if rule.repeats]
    for _ in range(MAX_ROUNDS if repeated else 0):
        before = len(work)
        for rule in repeated:
            _run(work, rule, on_rule)
        if len(work) == before:
            break
    return len(work) - start


def _run(work: ox.Store, rule: Rule, on_rule: OnRule | None) -> None:
    """Run one rule once."""
    began = time.perf_counter()
    try:
        work.update(rule.update)
    except (SyntaxError, RuntimeError, ValueError, OSError) as error:
        raise QueryEvaluationError(f"the rule '{rule.id}' failed: {error}") from error
    if on_rule is not None:
        on_rule(rule.id, time.perf_counter() - began)
