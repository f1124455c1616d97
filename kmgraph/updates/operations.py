"""The operations of an update, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from kmgraph.updates.templates import Template


class Target(StrEnum):
    """What a graph management operation is about, where it is no single named graph."""

    DEFAULT = "DEFAULT"
    NAMED = "NAMED"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Modification:
    """Deletes and inserts what its templates give for the solutions of its pattern.

    ``INSERT DATA`` and ``DELETE DATA`` are modifications without a pattern.

    :ivar delete: template of what is deleted.
    :ivar insert: template of what is inserted.
    :ivar query: SELECT query whose solutions fill the templates; None for one empty solution.
    :ivar with_graph: IRI of the WITH clause.
    :ivar using: IRIs of the USING clauses, or None where there is no clause of either kind.
    :ivar using_named: IRIs of the USING NAMED clauses.
    """

    delete: Template
    insert: Template
    query: str | None = None
    with_graph: str | None = None
    using: tuple[str, ...] | None = None
    using_named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clearing:
    """``CLEAR`` or ``DROP``.

    :ivar target: IRI of a graph, or several graphs.
    :ivar is_drop: whether the graphs go with what they hold.
    :ivar is_silent: whether failing is no failure.
    """

    target: str | Target
    is_drop: bool
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Creation:
    """``CREATE``."""

    graph: str
    is_silent: bool


@dataclass(frozen=True, slots=True)
class Transfer:
    """``ADD``, ``COPY`` or ``MOVE`` from one graph to another; the default graph may be either."""

    verb: Literal["ADD", "COPY", "MOVE"]
    source: str | Target
    target: str | Target
    is_silent: bool


Operation = Modification | Clearing | Creation | Transfer
