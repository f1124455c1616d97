"""Find the paths from one framework to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

from kmgraph.crosswalks.coding import coded_through
from kmgraph.crosswalks.model import MATCHES, Crosswalk, Link, Lost, Mapping, Path, scheme_of
from kmgraph.crosswalks.outline import Outline, read_outline
from kmgraph.crosswalks.sssom import load_mapping_sets
from kmgraph.errors import InputError

if TYPE_CHECKING:
    from kmgraph.dataset import EvidenceDataset

#: Longest path that can be asked for, in mappings.
LONGEST: Final = 3


def crosswalk(
    source: str,
    target: str,
    *,
    steps: int = 1,
    dataset: EvidenceDataset | None = None,
    case: str | None = None,
) -> Crosswalk:
    """Return what of one framework can be found in another, and what is lost.

    A mapping is read in both directions; read backwards, broad becomes narrow. A path of several
    mappings is given with each of them, and has no kind of match of its own.

    :param source: short name of the framework that is left, such as ``cfir-2009``.
    :param target: short name of the framework that is sought.
    :param steps: longest path, in mappings: 1, 2 or 3.
    :param dataset: a dataset whose codings are to be seen through the framework that is sought.
    :param case: a case, study or programme of the dataset, such as ``case/ndl-SR1-case``; all
        that is coded where none is given.
    :raises NotFoundError: there is no such framework.
    :raises InputError: the two are the same, a path of that length cannot be asked for, a case
        is given without a dataset, or what is given as a case is none.
    :raises RecordNotFoundError: the dataset says nothing of the case.

    >>> found = crosswalk("cfir-2009", "cfir-2022")
    >>> len(found.paths), [lost.label for lost in found.lost][-1]
    (33, 'Champions')
    """
    if steps not in range(1, LONGEST + 1):
        raise InputError(f"{steps} steps cannot be asked for: give 1 to {LONGEST}")
    if case is not None and dataset is None:
        raise InputError("a case is looked up in a dataset: give one, or leave the case out")
    outline, _ = read_outline(source), read_outline(target)
    if source == target:
        raise InputError(f"'{source}' is asked for on both sides: give two frameworks")
    paths = tuple(
        path for iri in outline.labels for path in sorted(_paths(iri, target, steps), key=_order)
    )
    walk = Crosswalk(
        source,
        target,
        steps,
        paths,
        _lost(outline, {path.start for path in paths}),
        _without_target(source, target),
        "" if paths else _hint(source, target, steps),
    )
    return walk if dataset is None else coded_through(walk, dataset, case)


@cache
def _links() -> dict[str, tuple[Link, ...]]:
    """Return the links that lead from each construct, mappings read backwards included."""
    found: dict[str, list[Link]] = defaultdict(list)
    for mapping_set in load_mapping_sets():
        for mapping in mapping_set.mappings:
            if mapping.target:
                found[mapping.source].append(Link(mapping, is_reversed=False))
                found[mapping.target].append(Link(mapping, is_reversed=True))
    return {iri: tuple(links) for iri, links in found.items()}


def _paths(start: str, target: str, steps: int, passed: tuple[Link, ...] = ()) -> Iterator[Path]:
    """Yield the paths that lead from a construct, no framework being passed twice."""
    seen = {scheme_of(start), *(scheme_of(link.start) for link in passed)}
    for link in _links().get(start, ()):
        scheme = scheme_of(link.end)
        if scheme == target:
            yield Path((*passed, link))
        elif scheme not in seen and steps > 1:
            yield from _paths(link.end, target, steps - 1, (*passed, link))


def _order(path: Path) -> tuple[int, int, float, str]:
    """Return what the paths of a construct are put in order by.

    Short ones come first, then close ones, then those to what experts endorsed most.
    """
    endorsed = float(path.links[-1].mapping.endorsement or 0)
    return len(path.links), MATCHES.index(path.weakest.match), -endorsed, path.end


def _lost(outline: Outline, found: set[str]) -> tuple[Lost, ...]:
    """Return the constructs of a framework that no path leads away from."""
    return tuple(
        Lost(iri, label, len(outline.below[iri] & found))
        for iri, label in outline.labels.items()
        if iri not in found
    )


def _without_target(source: str, target: str) -> tuple[Mapping, ...]:
    """Return the mappings that say that the framework which is sought has no construct."""
    return tuple(
        mapping
        for mapping_set in load_mapping_sets()
        if (scheme_of(mapping_set.source), scheme_of(mapping_set.target)) == (source, target)
        for mapping in mapping_set.mappings
        if not mapping.target
    )


def _hint(source: str, target: str, steps: int) -> str:
    """Return what to do where no path was found."""
    joined: dict[str, set[str]] = defaultdict(set)
    for mapping_set in load_mapping_sets():
        ends = scheme_of(mapping_set.source), scheme_of(mapping_set.target)
        joined[ends[0]].add(ends[1])
        joined[ends[1]].add(ends[0])
    if source not in joined or target not in joined:
        alone = source if source not in joined else target
        return f"no set of mappings has '{alone}': all of it is lost"
    reached, needed = {source}, 0
    while target not in reached and needed <= LONGEST:
        reached |= {end for scheme in reached for end in joined[scheme]}
        needed += 1
    if needed > LONGEST:
        return "no sets of mappings lead from one to the other: all of it is lost"
    if needed > steps:
        return f"no path of {steps} step{'s'[: steps - 1]}: there are some of {needed}"
    return "the sets of mappings that lead from one to the other share no construct"
