"""Read how far work has come from a store, with a few queries however much work there is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kmgraph.entity import Entity
from kmgraph.figures import style
from kmgraph.figures.asking import iri_of, solutions
from kmgraph.figures.progress import Progress
from kmgraph.figures.progress_cells import (
    NO_BAND,
    NOT_RATED,
    NOT_REPORTED,
    Cell,
    Found,
    WorkRow,
    latest,
    rated,
    stepped,
)
from kmgraph.figures.progress_scheme import CYCLES, Column, Scheme, load_scheme, scheme_names
from kmgraph.namespaces import FRAMEWORK, expand
from kmgraph.readings.facts import Solution, text_of
from kmgraph.readings.frameworks import load_labels
from kmgraph.stores.base import QuadStore

#: Phases of roll-out in their order, and what they are called beside a mark.
_PHASES: Final = {
    expand(f"km:{name}"): f"{number}/4"
    for number, name in enumerate(
        ("SingleSite", "SmallMultiSite", "LargeMultiRegion", "SystemWide"), start=1
    )
}
#: Up to so many cycles of a run, those without a record have a column too.
_LONGEST_RUN: Final = 48
_RATED: Final = expand("km:Rated")
Reader = Callable[[Solution], Found]


@dataclass(slots=True)
class _Work:
    """What was read of a piece of work, or of one run of cycles in it."""

    iri: str
    label: str
    identifier: str
    series: str = ""
    found: dict[str, dict[str, Found]] = field(default_factory=lambda: defaultdict(dict))


def read_progress(
    store: QuadStore,
    scheme: str,
    *,
    programme: str = "",
    theme: str = "",
    study: str = "",
) -> Progress:
    """Return how far the work in a store has come by one framework, as a picture.

    By a process framework it shows what became of each step or component, by PDSA what was decided
    in each cycle, and by other frameworks the latest rating of each construct.

    :param scheme: short name of the framework, such as ``queri-original``, ``npt`` or ``pdsa``.
    :param programme: IRI or id of a programme whose work is shown; all where it is empty.
    :param theme: IRI or id of a theme, likewise.
    :param study: IRI or id of a study, likewise.
    :raises InputError: there is no such framework.
    :raises RecordNotFoundError: there is no such programme, theme or study.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> read_progress(MemoryStore(), "queri").title
    '0 pieces of work by QUERI six-step process, expanded wording of 2008'
    """
    framework = load_scheme(scheme)
    wanted = {"programme": programme, "theme": theme, "study": study}
    chosen = {kind: iri_of(store, kind, name) for kind, name in wanted.items() if name}
    within = _within(store, chosen.values())
    kind, works = _read(store, framework)
    shown = [work for work in works if within is None or work.iri in within]
    subject = ", ".join(f"{name} {Entity(store, iri).label}" for name, iri in chosen.items())
    return Progress(
        [WorkRow(work.iri, _name(work), _cells(kind, work)) for work in sorted(shown, key=_order)],
        _columns(framework, kind, shown),
        framework.label,
        kind=kind,
        subject=subject,
        left_out=_left_out(store, framework, kind, within),
        has_groups=kind == "steps" and any(framework.is_group(k) for w in shown for k in w.found),
        is_ordered=framework.is_ordered,
        is_verified=framework.is_checked,
        is_synthetic=bool(shown) and any(True for _ in solutions(store, "made-up")),
    )


def recorded_schemes(store: QuadStore) -> tuple[str, ...]:
    """Return the short names of the frameworks by which something is recorded.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> recorded_schemes(MemoryStore())
    ()
    """
    iris = {text_of(row, "scheme") for row in solutions(store, "schemes-recorded")}
    found = {iri.removeprefix(FRAMEWORK).rstrip("/") for iri in iris}
    return tuple(name for name in scheme_names() if name in found)


def _within(store: QuadStore, chosen: Iterable[str]) -> set[str] | None:
    """Return the work that belongs to all that was chosen; None where nothing was."""
    found: set[str] | None = None
    for iri in chosen:
        some = {text_of(row, "work") for row in solutions(store, "work-of", of=iri)}
        found = some if found is None else found & some
    return found


def _read(store: QuadStore, framework: Scheme) -> tuple[str, list[_Work]]:
    """Return what kind of picture a framework gives, and the work that is recorded by it."""
    if framework.name == CYCLES:
        return "cycles", _works(solutions(store, "progress-cycles"), _cycle)
    read: dict[str, Reader] = {"steps": _step, "ratings": _rating}
    first, second = ("steps", "ratings") if framework.is_process else ("ratings", "steps")
    for kind in (first, second):
        rows = solutions(store, f"progress-{kind}", scheme=framework.iri)
        if works := _works(rows, read[kind]):
            return kind, works
    return first, []


def _left_out(store: QuadStore, framework: Scheme, kind: str, within: set[str] | None) -> int:
    """Return how many records of steps a picture of cycles does not show."""
    if kind != "cycles":
        return 0
    rows = solutions(store, "progress-steps", scheme=framework.iri)
    return len(
        {text_of(r, "record") for r in rows if within is None or text_of(r, "work") in within}
    )


def _works(rows: Iterable[Solution], read: Reader) -> list[_Work]:
    """Return what is recorded of each piece of work, each record once.

    Labels in several languages give several rows of one record.
    """
    works: dict[tuple[str, str], _Work] = {}
    for row in rows:
        iri, series = text_of(row, "work"), text_of(row, "series")
        label, identifier = style.clean(text_of(row, "label")), text_of(row, "identifier")
        work = works.setdefault((iri, series), _Work(iri, label or identifier, identifier, series))
        column = text_of(row, "sequence") or text_of(row, "construct")
        found = read(row)
        work.found[column].setdefault(found.iri, found)
    return list(works.values())


def _step(row: Solution) -> Found:
    """Return what a record says of a step, ranked by how far it was rolled out and when."""
    phase, start = text_of(row, "phase"), text_of(row, "start")
    labels = load_labels()
    said = [f"roll-out: {labels[phase]}" if phase in labels else "", *_dates(row)]
    return Found(
        text_of(row, "record"),
        labels.get(text_of(row, "state"), NOT_REPORTED),
        (_PHASES.get(phase, ""), start),
        _PHASES.get(phase, ""),
        ", ".join(filter(None, said)),
    )


def _rating(row: Solution) -> Found:
    """Return what a rating says, or why there is none."""
    labels, status = load_labels(), text_of(row, "status")
    iri, date = text_of(row, "record"), text_of(row, "start")
    if status not in ("", _RATED):
        return Found(iri, NOT_RATED, (date,), detail=labels.get(status, ""))
    return Found(iri, labels.get(text_of(row, "state"), NO_BAND), (date,))


def _cycle(row: Solution) -> Found:
    """Return what was decided in a cycle."""
    state = load_labels().get(text_of(row, "state"), NOT_REPORTED)
    return Found(text_of(row, "record"), state, detail=", ".join(_dates(row)))


def _dates(row: Solution) -> Iterator[str]:
    """Yield when something was done, in words, where that is known."""
    start, end = text_of(row, "start"), text_of(row, "end")
    if start or end:
        yield f"{start} to {end}" if start and end else f"from {start}" if start else f"until {end}"


def _cells(kind: str, work: _Work) -> dict[str, Cell]:
    """Return what is said of each column in a piece of work."""
    decide = {"steps": stepped, "ratings": rated, "cycles": latest}[kind]
    return {key: decide(list(found.values())) for key, found in work.found.items()}


def _columns(framework: Scheme, kind: str, works: Sequence[_Work]) -> tuple[Column, ...]:
    """Return the parts of a framework, or the places of the longest run of cycles."""
    recorded = {key for work in works for key in work.found}
    if kind != "cycles":
        return framework.columns(recorded)
    numbers = sorted(map(int, recorded))
    if numbers and numbers[-1] <= _LONGEST_RUN:
        numbers = list(range(1, numbers[-1] + 1))
    return tuple(Column(str(number), str(number), "") for number in numbers)


def _name(work: _Work) -> str:
    """Return what a piece of work is called, with its run of cycles."""
    return f"{work.label}: {style.clean(work.series)}" if work.series else work.label


def _order(work: _Work) -> tuple[list[tuple[int, str]], str, str]:
    """Return what pieces of work are sorted by: their ids, with numbers as numbers."""
    parts = re.findall(r"\d+|\D+", work.identifier)
    return [(int(p), "") if p.isdigit() else (-1, p) for p in parts], work.series, work.iri
