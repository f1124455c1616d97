"""Every saved question with random parameters: as it is answered, beside its plain query.

The plain query is that of the file in ``queries/competency``, asked of the same published view.
Parameters are drawn anew for each run.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final

from hosting import Answer, Hosted
from measuring import MeasurementError, summary
from peers.base import Row, sorted_rows
from workspace import Workspace

#: Rows on a page of what lists, and pages among which one is drawn.
PAGE_SIZE: Final = 20
_PAGES: Final = 5
#: A plain query that takes longer is given up, and is not asked again.
LIMIT_S: Final = 60
#: A question is not asked again after so many seconds of its own, and so many runs.
_ENOUGH_S: Final = 3.0
_LEAST_RUNS: Final = 3
#: Questions with a budget of their own, as docs/questions.md says: three work out what would flip a
#: reading, which a large store does not hold, so its plain query finds less; two read everything.
SENSITIVITY: Final = frozenset({"cq-005", "cq-007", "cq-038", "cq-103", "cq-105"})
#: Kinds of columns that are lists.
_LISTS: Final = ("passages", "texts")
_SOME_INSTANCES: Final = "SELECT DISTINCT ?x WHERE { ?x a <CLASS> } LIMIT 3000"
_SOME_CONSTRUCTS: Final = """PREFIX km: <https://w3id.org/kmgraph/ontology#>
SELECT DISTINCT ?construct WHERE { ?x km:construct ?construct } LIMIT 50"""


class Asked:
    """A store whose saved questions are asked, in a process of its own.

    :param store: folder of the store.
    """

    def __init__(self, store: Path) -> None:
        import kmgraph

        self._dataset = kmgraph.open_store(store)
        self._questions = self._dataset.questions
        self._is_paged = "page" in inspect.signature(self._dataset.ask).parameters
        self._last: set[Row] = set()
        self._classes: dict[str, list[str]] = {}

    def drawn(self, question_id: str, seed: int) -> dict[str, Any]:
        """Draw parameters for a question, and return them with its query for other engines.

        An optional parameter is given in half of the draws; whatever is required always.
        """
        from kmgraph.remote.substitution import substitute

        question = self._questions[question_id]
        chance = random.Random(f"{question_id}/{seed}")
        given = {}
        for parameter in question.parameters:
            if parameter.required or chance.random() < 0.5:
                value = self._value(parameter, chance)
                if value:
                    given[parameter.name] = value
        bindings = question.bindings(given, base=self._dataset.base)
        text = substitute(question.query, bindings)
        names = [column.name for column in question.returns]
        page = 1 + chance.randrange(_PAGES)
        return {"given": given, "text": text, "names": names, "page": page}

    def _value(self, parameter: Any, chance: random.Random) -> str:
        """Draw a value of a parameter; nothing where none fits."""
        if parameter.choices:
            return str(chance.choice(parameter.choices))
        if parameter.kind == "construct":
            found = self._some("construct", _SOME_CONSTRUCTS)
        elif parameter.kind == "iri" and parameter.of:
            found = self._instances(parameter, chance)
        else:
            return str(parameter.default or parameter.example)
        return chance.choice(found) if found else ""

    def _instances(self, parameter: Any, chance: random.Random) -> list[str]:
        """Return records that a parameter may name."""
        from kmgraph.namespaces import expand

        found = []
        for name in parameter.of:
            iri = expand(name)
            found += self._some(iri, _SOME_INSTANCES.replace("CLASS", iri))
        return found

    def _some(self, key: str, query: str) -> list[str]:
        """Return the IRIs that a query finds; it is asked once."""
        if key not in self._classes:
            rows: Any = self._dataset.query(query)
            self._classes[key] = sorted(row[0].value for row in rows if hasattr(row[0], "value"))
        return self._classes[key]

    def fast(self, question_id: str, given: Mapping[str, str], page: int) -> list[Row]:
        """Answer a question as kmgraph does, one page where it lists."""
        from kmgraph.errors import ParameterError

        paged = {"page": page, "page_size": PAGE_SIZE} if self._is_paged else {}
        try:
            found = self._dataset.ask(question_id, dict(given), **paged)
        except ParameterError:
            # There may be no such page; any other failure is one of the question.
            if page == 1:
                raise
            found = self._dataset.ask(question_id, dict(given), **(paged and paged | {"page": 1}))
        return tidied(found.terms)

    def total(self, question_id: str, given: Mapping[str, str]) -> Any:
        """Return how many there are of what a question lists; None where it does not say."""
        paged = {"page": 1, "page_size": PAGE_SIZE} if self._is_paged else {}
        return getattr(self._dataset.ask(question_id, dict(given), **paged), "total", None)

    def plain(self, question_id: str, given: Mapping[str, str]) -> list[Row]:
        """Answer the plain query of a question, and keep the answer to compare with."""
        question = self._questions[question_id]
        bindings = question.bindings(given, base=self._dataset.base)
        found: Any = self._dataset.query(question.query, bindings=bindings)
        places = [found.variables.index(column.name) for column in question.returns]
        rows = [tuple(row[place] for place in places) for row in found]
        self._last = set(tidied(rows))
        return sorted(self._last)

    def holds(self, question_id: str, rows: list[Row]) -> bool:
        """Say whether the last plain answer has all of some rows.

        Where a row tells of thousands of records, its lists name some of them: these must be
        among those of the plain row, and all else equal.
        """
        return is_held(self._questions[question_id].returns, rows, self._last)


def is_held(returned: Sequence[Any], rows: Sequence[Row], whole: Set[Row]) -> bool:
    """Say whether a plain answer has all of some rows.

    :param returned: the columns of the question.

    Where a row tells of thousands of records, its lists name some of them: these must be among
    those of the plain row, and all else equal.
    """
    lists = {place for place, column in enumerate(returned) if column.kind in _LISTS}
    others: dict[Row, list[Row]] = {}
    for row in whole:
        others.setdefault(_without(row, lists), []).append(row)
    return all(
        any(_is_part(row, other, lists) for other in others.get(_without(row, lists), ()))
        for row in rows
    )


def _without(row: Row, places: Set[int]) -> Row:
    """Return the cells of a row but for some."""
    return tuple(cell for place, cell in enumerate(row) if place not in places)


def _is_part(row: Row, whole: Row, places: Set[int]) -> bool:
    """Say whether the lists of a row are parts of those of another.

    >>> _is_part(("a", "x; z"), ("a", "x; y; z"), {1}), _is_part(("a", "w"), ("a", "x; y"), {1})
    (True, False)
    """
    return all(_items(row[place]) <= _items(whole[place]) for place in places)


def _items(cell: str) -> set[str]:
    """Return the members of a list that was tidied."""
    return set(cell.split() if cell.startswith(("http://", "https://")) else cell.split("; "))


def tidied(rows: Any) -> list[Row]:
    """Return rows of terms as texts that are equal where the answers are."""
    texts = sorted_rows([getattr(term, "value", None) for term in row] for row in rows)
    return sorted({tuple(tidy(cell) for cell in row) for row in texts})


def tidy(cell: str) -> str:
    """Return a cell whose lists, which SPARQL leaves without an order, are in order.

    >>> tidy("b\\na\\nb"), tidy("http://x/b http://x/a"), tidy("b a")
    ('a; b', 'http://x/a http://x/b', 'b a')
    """
    cell = cell.strip()
    if cell.startswith(("http://", "https://")) and " " in cell:
        return " ".join(sorted(set(cell.split())))
    if "\n" in cell or "; " in cell:
        parts = cell.replace("\n", "; ").split("; ")
        return "; ".join(sorted({part.strip() for part in parts} - {""}))
    return cell


def measure(work: Workspace, studies: int, runs: int) -> dict[str, Any]:
    """Ask every saved question, each run with parameters of its own."""
    import kmgraph

    hosts = {name: Hosted(Asked, work.store(studies)) for name in ("asked", "plain")}
    found: dict[str, Any] = {"studies": studies, "questions": {}}
    try:
        for name in kmgraph.load_catalogue():
            work.tell(f"question {name}")
            for host, hosted in hosts.items():
                if not hosted.is_alive:
                    hosts[host] = Hosted(Asked, work.store(studies))
            found["questions"][name] = _question(name, runs, hosts["asked"], hosts["plain"])
    finally:
        for each in hosts.values():
            each.close()
    return found


def as_asked(asked: Hosted, name: str, seed: int) -> tuple[dict[str, Any], Answer]:
    """Return parameters that are drawn for a question, and its answer as people get it.

    :raises MeasurementError: there is no answer.
    """
    drawn = asked.call("drawn", name, seed, limit_s=LIMIT_S).said
    answer = asked.call("fast", name, drawn["given"], drawn["page"], limit_s=LIMIT_S)
    if not answer.rows:  # there is no such page
        answer = asked.call("fast", name, drawn["given"], 1, limit_s=LIMIT_S)
    return drawn, answer


def is_enough(times_ms: Sequence[float]) -> bool:
    """Say whether something was asked often and long enough."""
    return sum(times_ms) > 1000 * _ENOUGH_S and len(times_ms) >= _LEAST_RUNS


def _question(name: str, runs: int, asked: Hosted, plain: Hosted) -> dict[str, Any]:
    """Ask one question in both ways, each as often as time allows."""
    told: dict[str, Any] = {"sensitivity": name in SENSITIVITY}
    times: dict[str, list[float]] = {"fast": [], "plain": []}
    rows: dict[str, list[int]] = {"fast": [], "plain": []}
    equal = []
    for seed in range(runs + 1):
        if is_enough(times["fast"]):
            break
        try:
            drawn, fast = as_asked(asked, name, seed)
        except MeasurementError as error:
            return told | {"failed": str(error)}
        answers = {"fast": fast}
        if "plain_failed" not in told and not is_enough(times["plain"]) and plain.is_alive:
            try:
                answers["plain"] = plain.call("plain", name, drawn["given"], limit_s=LIMIT_S)
            except MeasurementError as error:
                told["plain_failed"] = str(error)
        if "plain" in answers:
            held = plain.call("holds", name, fast.first, limit_s=LIMIT_S).said
            equal.append(held and (fast.rows > 0) == (answers["plain"].rows > 0))
        for who, answer in answers.items():
            if seed:  # the first run warms up
                times[who].append(1000 * answer.wall_s)
                rows[who].append(answer.rows)
    return told | summaries(times, rows) | {"equal_runs": [sum(equal), len(equal)]}


def summaries(
    times: Mapping[str, list[float]], rows: Mapping[str, list[int]]
) -> dict[str, dict[str, Any]]:
    """Return times and sizes of answers, by who gave them."""
    return {
        who: {"wall_ms": summary(each), "rows": summary(rows[who])}
        for who, each in times.items()
        if each
    }
