"""Every saved question with random parameters: as it is answered, beside its plain query.

The plain query is that of the file in ``queries/competency``. It is asked of the published view,
and of Virtuoso on the same triples without the cube. Parameters are drawn anew for each run.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final

from hosting import Hosted, empty_folder
from measuring import MeasurementError, summary
from peers.base import Row, sorted_rows
from peers.virtuoso import Virtuoso
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
_ANYTHING: Final = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 1"
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
        returned = self._questions[question_id].returns
        lists = {place for place, column in enumerate(returned) if column.kind in _LISTS}
        whole: dict[Row, list[Row]] = {}
        for row in self._last:
            whole.setdefault(_without(row, lists), []).append(row)
        return all(
            any(_is_part(row, other, lists) for other in whole.get(_without(row, lists), ()))
            for row in rows
        )


class VirtuosoPlain:
    """Virtuoso, asked the plain queries."""

    def __init__(self, _: object = None) -> None:
        self._peer = Virtuoso()

    def load(self, data: Path, folder: Path) -> float | None:
        """Load the triples."""
        return self._peer.load(data, folder)

    def plain(self, text: str, names: Sequence[str]) -> list[Row]:
        """Answer a query, and return some of its variables."""
        return sorted({tuple(map(tidy, row)) for row in self._peer.query(text, names)})

    def close(self) -> None:
        """End it."""
        self._peer.close()


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


def measure(work: Workspace, studies: int, runs: int, *, virtuoso: bool = True) -> dict[str, Any]:
    """Ask every saved question, each run with parameters of its own."""
    import kmgraph

    remote, why = _virtuoso(work, studies) if virtuoso else (None, "not asked for")
    hosts = {name: Hosted(Asked, work.store(studies)) for name in ("asked", "plain")}
    found: dict[str, Any] = {"studies": studies, "questions": {}}
    if why:
        found["virtuoso"] = {"skipped": why}
    try:
        for name in kmgraph.load_catalogue():
            work.tell(f"question {name}")
            for host, hosted in hosts.items():
                if not hosted.is_alive:
                    hosts[host] = Hosted(Asked, work.store(studies))
            told = _question(name, runs, hosts["asked"], hosts["plain"], remote)
            found["questions"][name] = told
            if remote is not None and "virtuoso_failed" in told and not _answers(remote):
                told["virtuoso_failed"] += " (the server was gone, and was started again)"
                remote.close()
                remote, _ = _virtuoso(work, studies)
    finally:
        for each in (*hosts.values(), remote):
            if each is not None:
                each.close()
    return found


def _virtuoso(work: Workspace, studies: int) -> tuple[Hosted | None, str]:
    """Start and load Virtuoso, or say why not."""
    if why := Virtuoso().missing():
        return None, why
    hosted = Hosted(VirtuosoPlain, None)
    folder = empty_folder(work.scratch(), "virtuoso")
    try:
        hosted.call("load", work.triples(studies), folder, limit_s=3 * 3600)
    except MeasurementError as error:
        hosted.close()
        return None, str(error)
    return hosted, ""


def _answers(remote: Hosted) -> bool:
    """Say whether a system still answers the least of queries."""
    try:
        return remote.call("plain", _ANYTHING, ["s"], limit_s=LIMIT_S).rows == 1
    except MeasurementError:
        return False


def _question(
    name: str, runs: int, asked: Hosted, plain: Hosted, remote: Hosted | None
) -> dict[str, Any]:
    """Ask one question of all, each as often as time allows."""
    told: dict[str, Any] = {"sensitivity": name in SENSITIVITY}
    times: dict[str, list[float]] = {"fast": [], "plain": [], "virtuoso": []}
    rows: dict[str, list[int]] = {"fast": [], "plain": [], "virtuoso": []}
    equal, same = [], []
    for seed in range(runs + 1):
        if sum(times["fast"]) > 1000 * _ENOUGH_S and len(times["fast"]) >= _LEAST_RUNS:
            break
        try:
            drawn = asked.call("drawn", name, seed, limit_s=LIMIT_S).said
            fast = asked.call("fast", name, drawn["given"], drawn["page"], limit_s=LIMIT_S)
            if not fast.rows:  # there is no such page
                fast = asked.call("fast", name, drawn["given"], 1, limit_s=LIMIT_S)
        except MeasurementError as error:
            return told | {"failed": str(error)}
        answers = {"fast": fast}
        _ask_others(told, name, drawn, answers, plain, remote, times)
        if "plain" in answers:
            held = plain.call("holds", name, fast.first, limit_s=LIMIT_S).said
            equal.append(held and (fast.rows > 0) == (answers["plain"].rows > 0))
            if "virtuoso" in answers:
                same.append(answers["virtuoso"].digest == answers["plain"].digest)
        for who, answer in answers.items():
            if seed:  # the first run warms up
                times[who].append(1000 * answer.wall_s)
                rows[who].append(answer.rows)
    for who, each in times.items():
        if each:
            told[who] = {"wall_ms": summary(each), "rows": summary(rows[who])}
    return told | {"equal_runs": [sum(equal), len(equal)], "virtuoso_same": [sum(same), len(same)]}


def _ask_others(
    told: dict[str, Any],
    name: str,
    drawn: Mapping[str, Any],
    answers: dict[str, Any],
    plain: Hosted,
    remote: Hosted | None,
    times: Mapping[str, list[float]],
) -> None:
    """Ask the plain query of our view and of Virtuoso, unless they failed or took long before."""
    others = {
        "plain": (plain, (name, drawn["given"])),
        "virtuoso": (remote, (drawn["text"], drawn["names"])),
    }
    for who, (hosted, arguments) in others.items():
        long = sum(times[who]) > 1000 * _ENOUGH_S and len(times[who]) >= _LEAST_RUNS
        if hosted is None or f"{who}_failed" in told or long or not hosted.is_alive:
            continue
        try:
            answers[who] = hosted.call("plain", *arguments, limit_s=LIMIT_S)
        except MeasurementError as error:
            told[f"{who}_failed"] = str(error)
