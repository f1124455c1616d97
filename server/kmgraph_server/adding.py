"""Measurements of several processes, added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import Metric

#: A sample by its name and its labels.
_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Tally:
    """The samples of one measurement.

    :ivar is_total: whether they only ever grow, so that they outlast the process.
    """

    is_total: bool
    values: dict[_Key, float] = field(default_factory=dict)


#: Tallies by the name of the measurement.
Counted = dict[str, Tally]


def counted(families: Iterable[Metric], names: frozenset[str]) -> Counted:
    """Return what was measured, as a process can tell another.

    :param names: of the measurements that add up.
    """
    return {
        family.name: Tally(
            family.type in ("counter", "histogram"),
            {
                (sample.name, tuple(sample.labels.items())): sample.value
                for sample in family.samples
                if not sample.name.endswith("_created")
            },
        )
        for family in families
        if family.name in names
    }


def add(whole: Counted, more: Counted) -> None:
    """Add what was counted elsewhere.

    >>> whole = {"a": Tally(True, {("a", ()): 1.0})}
    >>> add(whole, {"a": Tally(True, {("a", ()): 2.0}), "b": Tally(True)})
    >>> whole["a"].values, "b" in whole
    ({('a', ()): 3.0}, True)
    """
    for name, tally in more.items():
        values = whole.setdefault(name, Tally(tally.is_total)).values
        for key, value in tally.values.items():
            values[key] = values.get(key, 0.0) + value


def totals(tallies: Counted) -> Counted:
    """Return what stays when a process has ended.

    >>> totals({"a": Tally(True), "b": Tally(False)})
    {'a': Tally(is_total=True, values={})}
    """
    return {name: tally for name, tally in tallies.items() if tally.is_total}


def summed(families: Iterable[Metric], elsewhere: Iterable[Counted]) -> Iterator[Metric]:
    """Yield measurements with what was counted elsewhere added."""
    from prometheus_client.core import Metric
    from prometheus_client.samples import Sample

    more: Counted = {}
    for each in elsewhere:
        add(more, each)
    for family in families:
        if (tally := more.get(family.name)) is None:
            yield family
            continue
        whole = Metric(family.name, family.documentation, family.type, family.unit)
        left = dict(tally.values)
        for sample in family.samples:
            value = left.pop((sample.name, tuple(sample.labels.items())), 0.0)
            whole.samples.append(sample._replace(value=sample.value + value))
        for (name, labels), value in left.items():
            whole.samples.append(Sample(name, dict(labels), value))
        yield whole
