"""What is asked of the graphs of a generation that is being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kmgraph.errors import GraphNotFoundError, PublicationError
from kmgraph.namespaces import graph_iri
from kmgraph.stores.meta import GraphInfo
from kmgraph.stores.plan import Change
from kmgraph.stores.triple_files import TripleFile
from kmgraph.stores.views import check_visibility


class GraphRequests:
    """Notes what is asked of graphs, until it is done to them.

    :param base: base IRI of the store.
    :param graphs: the graphs as they are.
    """

    def __init__(self, base: str, graphs: Iterable[GraphInfo]) -> None:
        self._base = base
        self._graphs = {graph.name: graph for graph in graphs}
        self._pending: dict[str, Change] = {}
        self._replaced: set[str] = set()

    @property
    def graphs(self) -> tuple[GraphInfo, ...]:
        """Return the graphs as they are after the last :meth:`prepare`, by name."""
        return tuple(self._graphs[name] for name in sorted(self._graphs))

    def replace_graph(
        self,
        name: str,
        nquads_path: str | Path | None,
        *,
        visibility: str = "public",
        kind: str = "dataset",
        info: Mapping[str, Any] | None = None,
        statements: int | None = None,
        digest: str | None = None,
        takes_file: bool = False,
    ) -> None:
        """Give a graph new content, and leave every other graph as it is.

        :param name: name of the graph; its IRI is the base, ``graph/`` and the name.
        :param nquads_path: N-Quads file whose lines are all in this graph and hold no blank
            nodes; None empties the graph. It is read by :meth:`prepare`.
        :param visibility: ``public`` or the name of the one group that sees the graph.
        :param statements: number of lines of the file, each a different triple, where known.
        :param digest: digest of the graph by :mod:`kmgraph.stores.digest`, where known. It is
            believed if the engine counts as many triples, and worked out where nothing is given.
        :param takes_file: whether the file is removed once every view has loaded it, which leaves
            its room on the disk to the views while they are optimised.
        :raises InputError: the visibility cannot be one.
        """
        described = GraphInfo(
            name,
            graph_iri(self._base, name),
            check_visibility(visibility),
            kind=kind,
            info=dict(info or {}),
        )
        files = []
        if nquads_path is not None:
            files.append(TripleFile(Path(nquads_path), described.iri, statements, takes_file))
        self._pending[name] = Change(
            is_replaced=True,
            files=files,
            described=described,
            digest=digest,
        )
        self._replaced.add(name)

    def append_to_graph(
        self, name: str, nquads_path: str | Path, *, info: Mapping[str, Any] | None = None
    ) -> None:
        """Add triples to a graph that there is.

        :param info: what to write down about the graph; None keeps what is written.
        :raises GraphNotFoundError: there is no graph of this name.
        """
        known = self._described(name)
        described = known if info is None else replace(known, info=dict(info))
        change = self._pending.setdefault(name, Change())
        change.files.append(TripleFile(Path(nquads_path), described.iri))
        change.described = described

    def change_graph(
        self,
        described: GraphInfo,
        *,
        added: TripleFile | None = None,
        deleted: TripleFile | None = None,
    ) -> None:
        """Add triples to a graph and delete others from it; nothing else of it is looked at.

        :param described: the graph as it is to be written down; it is made where it is missing.
        :param added: triples to add, none of which is deleted as well.
        :param deleted: triples to delete.
        :raises InputError: the visibility cannot be one.
        :raises PublicationError: more is asked of the same graph.
        """
        if described.name in self._pending:
            raise PublicationError(f"the graph '{described.name}' is changed twice: prepare first")
        check_visibility(described.visibility)
        files = [] if added is None else [added]
        self._pending[described.name] = Change(files=files, deleted=deleted, described=described)

    def remove_graph(self, name: str) -> None:
        """Remove a graph.

        :raises GraphNotFoundError: there is no graph of this name.
        """
        self._described(name)
        self._pending[name] = Change(is_removed=True)
        self._replaced.add(name)

    def _described(self, name: str) -> GraphInfo:
        """Return the description that a graph will have."""
        change = self._pending.get(name)
        if change is None and name in self._graphs:
            return self._graphs[name]
        if change is not None and change.described is not None:
            return change.described
        known = ", ".join(sorted(self._graphs)) or "none"
        raise GraphNotFoundError(f"there is no graph '{name}' (graphs: {known})")

    def _wanted_graphs(self) -> dict[str, GraphInfo]:
        """Return the graphs as they are to be."""
        wanted = dict(self._graphs)
        for name, change in self._pending.items():
            wanted.pop(name, None)
            if change.described is not None:
                wanted[name] = change.described
        return wanted
