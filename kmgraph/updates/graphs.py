"""Which graphs a writer may change, and what a new graph is.

A writer changes what it sees. The graphs that the store fills itself are refused, and so is a name
that a graph has which the writer does not see: the message is the same for both. A graph that is
hidden is for all else a graph that is not there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from kmgraph.errors import (
    AccessDeniedError,
    GraphConflictError,
    GraphNotFoundError,
    InputError,
)
from kmgraph.namespaces import OWN_DEFAULT_GRAPH, RESERVED_GRAPHS, graph_iri
from kmgraph.stores.meta import Generation, GraphInfo
from kmgraph.stores.views import PUBLIC, check_visibility, visible_in

#: What is said of the kind of graphs that updates made.
UPDATES: Final = "updates"
_DERIVED: Final = "derived"
_OWN_KINDS: Final = frozenset({"vocabulary", _DERIVED})


def graph_name(base: str, iri: str) -> str:
    """Return the name of a graph by its IRI: its short name, or the IRI for one of elsewhere.

    >>> graph_name("https://x.org/", "https://x.org/graph/notes")
    'notes'
    >>> graph_name("https://x.org/", "https://example.org/g")
    'https://example.org/g'
    """
    name = unquote(iri.removeprefix(graph_iri(base, "")))
    is_own = name and ":" not in name and graph_iri(base, name) == iri
    return name if is_own else iri


class GraphRights:
    """What a writer may do with each graph.

    :param base: base IRI of the store.
    :param generation: what the writer starts from; None for an empty store.
    :param view: key of the view that the writer sees.
    :param visibility: visibility of graphs that the writer makes; None for what the view
        suggests.
    :raises AccessDeniedError: the writer would not see its own graphs.
    """

    def __init__(
        self, base: str, generation: Generation | None, view: str, visibility: str | None
    ) -> None:
        self._base, self._visibility = base, visibility
        self._seen = visible_in(view)
        if visibility is not None and check_visibility(visibility) not in self._seen:
            raise AccessDeniedError(
                f"graphs of the visibility '{visibility}' can be made by who belongs to that "
                "group alone"
            )
        graphs = generation.graphs if generation else ()
        derived = generation.derived.values() if generation else ()
        self._shown = {g.iri: g for g in graphs if g.visibility in self._seen}
        self._hidden = {g.iri for g in graphs} - self._shown.keys()
        self._derived = {g.iri for own in derived for g in own}
        #: IRI of the store's own default graph.
        self.default = graph_iri(base, OWN_DEFAULT_GRAPH)

    def is_derived(self, iri: str) -> bool:
        """Return whether a graph holds what the store works out."""
        name = graph_name(self._base, iri)
        is_named_so = name == _DERIVED or name.endswith(f"/{_DERIVED}")
        return iri in self._derived or (is_named_so and name != iri)

    def is_own(self, iri: str) -> bool:
        """Return whether the store fills a graph itself."""
        known = self._shown.get(iri)
        is_reserved = graph_name(self._base, iri) in RESERVED_GRAPHS
        return is_reserved or self.is_derived(iri) or bool(known and known.kind in _OWN_KINDS)

    def check(self, iri: str) -> None:
        """Raise where a writer may not change a graph.

        :raises GraphConflictError: the store fills it itself, or its name cannot be used.
        """
        if self.is_own(iri) or iri in self._hidden:
            raise GraphConflictError(
                f"the graph <{iri}> cannot be written to: its name is taken by a graph that is "
                "not yours to change. Choose another name"
            )

    def check_default(self) -> None:
        """Raise where statements that name no graph would be seen by more than their writer means.

        :raises InputError: the writer belongs to a group, and does not say that they are public.
        """
        if self._seen != {PUBLIC} and self._visibility != PUBLIC:
            raise InputError(
                "statements that name no graph go to the default graph, which is public: name a "
                "graph with GRAPH or WITH, or say that their visibility is 'public'"
            )

    def require(self, iri: str, *, is_there: bool) -> None:
        """Raise for a graph that has to be there and is not.

        :raises GraphNotFoundError: there is none that the writer sees.
        """
        if not is_there and iri != self.default:
            raise GraphNotFoundError(f"there is no graph <{iri}>")

    def check_visibility_of(self, iri: str) -> None:
        """Raise where the visibility that is asked for is not that of a graph that is there.

        :raises GraphConflictError: the graph has another one.
        """
        known = self._shown.get(iri)
        if known and self._visibility not in (None, known.visibility):
            raise GraphConflictError(
                f"the graph <{iri}> is there with the visibility '{known.visibility}', which "
                "writing to it does not change"
            )

    def known(self, iri: str) -> GraphInfo | None:
        """Return what is written down of a graph that the writer sees."""
        return self._shown.get(iri)

    def described(self, iri: str) -> GraphInfo:
        """Return what is to be written down of a graph that the writer changes.

        A graph that was built or loaded is marked as edited.

        :raises InputError: the graph is new, and the writer has to say who sees it.
        """
        known = self._shown.get(iri)
        if known is None:
            name = graph_name(self._base, iri)
            return GraphInfo(name, iri, self._new_visibility(iri), kind=UPDATES)
        if known.kind == UPDATES:
            return known
        # It is no longer what its source gives, so that 'if changed' looks at it again.
        info = {key: value for key, value in known.info.items() if key != "digest"}
        return replace(known, info={**info, "edited": True})

    def _new_visibility(self, iri: str) -> str:
        """Return the visibility of a new graph."""
        groups = sorted(self._seen - {PUBLIC})
        if iri == self.default:
            if self._visibility not in (None, PUBLIC):
                raise InputError("the default graph is public: name a graph for what is not")
            return PUBLIC
        if self._visibility is not None:
            return self._visibility
        if len(groups) > 1:
            raise InputError(
                f"say who sees the new graph <{iri}>: give a visibility, 'public' or one of "
                + ", ".join(groups)
            )
        return groups[0] if groups else PUBLIC
