"""The page that says why: what something rests on, as a tree of links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kmgraph.explanation import Explanation
from kmgraph.namespaces import expand
from kmgraph_server.pages import words
from kmgraph_server.pages.names import Names

#: Classes whose pages lead to the explanation.
EXPLAINED: Final = frozenset(
    expand(f"km:{name}")
    for name in (
        "Assessment",
        "ConstructSummary",
        "Diagnosis",
        "ElementSummary",
        "Flip",
        "ImplementationCase",
    )
)
#: Levels of the tree that are shown unfolded.
_OPEN: Final = 3


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of the tree.

    :ivar href: where its page is; None where it has none.
    :ivar is_open: whether what is below it is shown at once.
    """

    kind: str
    label: str
    relation: str
    href: str | None
    facts: tuple[str, ...]
    rule: str
    status: str
    is_open: bool
    children: tuple[Branch, ...]


def to_branch(node: Explanation, names: Names, level: int = 0) -> Branch:
    """Return an explanation as a page shows it.

    :param level: how deep in the tree it is, from 0.

    >>> from kmgraph.stores.oxigraph import MemoryStore
    >>> names = Names(MemoryStore(base="https://x.org/"))
    >>> to_branch(Explanation("https://x.org/case/a", "case/a", "A", "case"), names).href
    '/doc/case/a'
    """
    return Branch(
        words.sentence(node.kind),
        node.label,
        node.relation,
        names.link(node.iri) if node.iri else None,
        tuple(words.sentence(fact) for fact in node.facts),
        node.rule,
        node.status,
        level < _OPEN,
        tuple(to_branch(child, names, level + 1) for child in node.children),
    )
