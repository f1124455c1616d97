"""Rules: CONSTRUCT queries with a header, and running them on a working store.

A rule adds what it constructs to the default graph of the working store, where the rules after it
find it. What a rule publishes stands in the graph :data:`PUBLISHED` too, but for rules that say
``publishes: only``: no other rule needs what they construct, and it is written as lines instead.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import pyoxigraph as ox

from kmgraph import artefacts
from kmgraph.errors import InputError, QueryEvaluationError
from kmgraph.namespaces import PREFIXES, RDF, expand

#: Graph of the working store that holds what is published of it.
PUBLISHED: Final = ox.NamedNode("urn:kmgraph:work#published")
#: Rounds after which rules that repeat are stopped; chains of properties are far shorter.
MAX_ROUNDS: Final = 50
_TEMPLATE: Final = re.compile(r"^CONSTRUCT\s*\{([^{}]*)\}\s*WHERE\b", re.MULTILINE)
_NAME: Final = re.compile(rf"(?<![\w:/<#?])(?:{'|'.join(sorted(PREFIXES))}):\w+")
_TYPE: Final = re.compile(r"\s(?:a|rdf:type)\b")

#: Told the id of a rule and the seconds that one run of it took.
OnRule = Callable[[str, float], object]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of ``queries/construct``.

    :ivar id: its name.
    :ivar summary: what it says, in one sentence.
    :ivar order: rules run from the lowest order to the highest.
    :ivar repeats: whether it is run, with the others that repeat, until nothing new follows.
    :ivar publishes: whether what it constructs is published.
    :ivar is_last: whether what it constructs is published and nothing else.
    :ivar is_of_flips: whether only flips need it.
    :ivar unverified: what in it rests on unchecked knowledge; empty where nothing does.
    :ivar query: the CONSTRUCT query.
    :ivar update: the same as an update of the working store.
    """

    id: str
    summary: str
    order: int
    repeats: bool
    publishes: bool
    is_last: bool
    is_of_flips: bool
    unverified: str
    query: str
    update: str


@cache
def load_rules(folder: str) -> tuple[Rule, ...]:
    """Read the rules of a folder below ``queries/construct``, in the order in which they run.

    :param folder: such as ``readings``.
    :raises InputError: a header is wrong, or a file is no CONSTRUCT query.

    >>> [rule.id for rule in load_rules("framework")]
    ['sub-elements', 'element-facts', 'ratings-stand-for']
    """
    rules = [_read(path) for path in artefacts.files("queries", f"construct/{folder}/*.rq")]
    return tuple(sorted(rules, key=lambda rule: (rule.order, rule.id)))


def _read(path: Path) -> Rule:
    """Read one rule."""
    text = path.read_text(encoding="utf-8")
    lines = [line[3:] for line in text.splitlines() if line.startswith("#+ ")]
    header = artefacts.read_header("\n".join(lines))
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
            is_last=header.get("publishes") == "only",
            is_of_flips=header.get("only") == "flips",
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


def named_predicates(rules: Iterable[Rule]) -> frozenset[str]:
    """Return the IRIs that rules name, of which a statement that they use has one as predicate.

    >>> expand("km:about") in named_predicates(load_rules("readings"))
    True
    """
    found: set[str] = set()
    for rule in rules:
        lines = [x for x in rule.query.splitlines() if not x.startswith(("#", "PREFIX"))]
        text = "\n".join(lines)
        found |= {expand(name) for name in _NAME.findall(text)}
        if _TYPE.search(text):
            found.add(f"{RDF}type")
    return frozenset(found)


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
            _timed(rule, on_rule, lambda rule=rule: work.update(rule.update))  # type: ignore[misc]
    repeated = [rule for rule in rules if rule.repeats]
    for _ in range(MAX_ROUNDS if repeated else 0):
        before = len(work)
        for rule in repeated:
            _timed(rule, on_rule, lambda rule=rule: work.update(rule.update))  # type: ignore[misc]
        if len(work) == before:
            break
    return len(work) - start


def published_lines(
    work: ox.Store, rules: Sequence[Rule], on_rule: OnRule | None = None
) -> set[bytes]:
    """Run rules that publish and do nothing else; return their statements as N-Triples lines.

    :param work: what the rules before them left.
    :raises QueryEvaluationError: a rule failed.

    >>> published_lines(ox.Store(), [rule for rule in load_rules("readings") if rule.is_last])
    set()
    """
    lines: set[bytes] = set()
    for rule in rules:
        # The engine gives a triple once for each solution, and here each counts once.
        lines.update(_timed(rule, on_rule, lambda rule=rule: _constructed(work, rule)))  # type: ignore[misc]
    return lines


def _constructed(work: ox.Store, rule: Rule) -> list[bytes]:
    """Return what a rule constructs, as lines."""
    triples = work.query(rule.query)
    if not isinstance(triples, ox.QueryTriples):  # pragma: no cover - rules are CONSTRUCT queries
        raise ValueError("it is no CONSTRUCT query")
    text = triples.serialize(format=ox.RdfFormat.N_TRIPLES)
    return (text or b"").splitlines(keepends=True)


def _timed(rule: Rule, on_rule: OnRule | None, run: Callable[[], _T]) -> _T:
    """Run one rule once, and tell how long it took."""
    began = time.perf_counter()
    try:
        found = run()
    except (SyntaxError, RuntimeError, ValueError, OSError) as error:
        raise QueryEvaluationError(f"the rule '{rule.id}' failed: {error}") from error
    if on_rule is not None:
        on_rule(rule.id, time.perf_counter() - began)
    return found
