"""Read what a header says of the chart of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, Final

from kmgraph.questions.model import Charted, Returned

#: Kinds of charts, as :data:`kmgraph.figures.chart.CHART_KINDS` has them.
KINDS: Final = ("bar", "stacked", "dot", "line", "heat")
#: Most variables with numbers; more cannot be told apart in one chart.
_MOST_VALUES: Final = 7
_NEEDED: Final = frozenset({"kind", "shows", "by"})


def read_charted(value: Any, returned: Sequence[Returned]) -> Charted | None:
    """Return what the chart of an answer shows; None where the header says nothing.

    :param value: value of the key ``chart``.
    :param returned: the returned variables.
    :raises ValueError: it is wrong; the message says what.

    >>> read_charted({"kind": "bar", "shows": "Posts", "by": "x"}, [Returned("x", "text", "X")]).by
    ('x',)
    """
    if value is None:
        return None
    known = {field.name for field in fields(Charted)}
    if not isinstance(value, Mapping) or not set(value) >= _NEEDED or set(value) - known:
        raise ValueError(
            f"is a mapping with {', '.join(sorted(_NEEDED))}, and may have "
            f"{', '.join(sorted(known - _NEEDED))}; not {value!r}"
        )
    if value["kind"] not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {value['kind']!r}")
    leaves_out = value.get("leaves_out") or {}
    if not isinstance(leaves_out, Mapping) or not isinstance(value.get("most_first", False), bool):
        raise ValueError("leaves_out maps a variable to a text, and most_first is true or false")
    found = Charted(
        value["kind"],
        " ".join(str(value["shows"]).split()).rstrip("."),
        _names(value["by"]),
        _names(value.get("values")),
        str(value.get("series") or ""),
        tuple((str(name), str(text)) for name, text in leaves_out.items()),
        value.get("most_first", False),
        *(_edge(value.get(key)) for key in ("least", "greatest")),
    )
    _check(found, {one.name: one.kind for one in returned})
    return found


def _names(value: Any) -> tuple[str, ...]:
    """Return one name or several."""
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value else ()


def _edge(value: Any) -> str:
    """Return an end of the scale as text."""
    try:
        return "" if value is None else str(Decimal(str(value)))
    except ArithmeticError as error:
        raise ValueError(f"least and greatest are numbers, not {value!r}") from error


def _check(found: Charted, kinds: Mapping[str, str]) -> None:
    """Raise an error where a variable is not returned or is of the wrong kind."""
    used = [*found.by, *found.values, *filter(None, [found.series]), *dict(found.leaves_out)]
    for name in used:
        if name not in kinds:
            raise ValueError(f"names '{name}', which is not returned")
    for name in found.values:
        if kinds[name] != "number":
            raise ValueError(f"the values of a chart are numbers, and '{name}' is of {kinds[name]}")
    for name in (*found.by, *filter(None, [found.series])):
        if kinds[name] == "passages":
            raise ValueError(f"nothing is named by passages: '{name}'")
    if not found.by or len(found.values) > _MOST_VALUES:
        raise ValueError(f"has a variable in by, and at most {_MOST_VALUES} in values")
    if found.series and len(found.values) > 1:
        raise ValueError("has either a series or several values, not both")
    if found.kind == "bar" and (found.series or len(found.values) > 1):
        raise ValueError("bars have one number each; stacked ones have several")
    if found.kind == "dot" and not found.values:
        raise ValueError("dots need values")
