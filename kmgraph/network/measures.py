"""Measures of an undirected graph of numbered nodes; rustworkx does what it can do.

Everything here is exact and gives the same on every run: nodes and ties come in a fixed order,
and nothing runs in threads.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

#: Betweenness and shares are rounded to six places.
SIX_PLACES: Final = Decimal("0.000001")
#: Sums of fractions are rounded here first, so that what is exactly half stays half.
_TWELVE_PLACES: Final = Decimal("0.000000000001")
#: More nodes than any graph has: rustworkx starts threads above this.
_NO_THREADS: Final = 2**31


def rounded(value: Decimal) -> Decimal:
    """Return a number rounded half to even to six places.

    >>> rounded(Decimal("0.0000005")), rounded(Decimal("0.0000015"))
    (Decimal('0.000000'), Decimal('0.000002'))
    """
    return value.quantize(SIX_PLACES, ROUND_HALF_EVEN)


class Measures:
    """Measures of one graph.

    :param size: number of nodes; they are numbered from 0.
    :param edges: pairs of different nodes, each pair once.

    >>> path = Measures(4, [(0, 1), (1, 2), (2, 3)])
    >>> path.bridges(), path.articulation_points(), path.part_sizes()
    ([(0, 1), (1, 2), (2, 3)], {1, 2}, [4, 4, 4, 4])
    """

    def __init__(self, size: int, edges: Iterable[tuple[int, int]]) -> None:
        self.size = size
        self.edges = sorted(edges)
        self.neighbours: list[list[int]] = [[] for _ in range(size)]
        for first, second in self.edges:
            self.neighbours[first].append(second)
            self.neighbours[second].append(first)
        self._graph = _graph(size, self.edges)
        self._blocks: dict[int, dict[int, int]] | None = None

    def betweenness(self) -> list[Decimal]:
        """Return for each node the share of pairs of other nodes whose shortest paths it is on.

        The sum over all pairs of other nodes of the share of their shortest paths that lead over
        the node, divided by the number of such pairs in the whole graph, ``(n - 1)(n - 2) / 2``.

        Source: Brandes 2001, https://doi.org/10.1080/0022250X.2001.9990249

        >>> [str(share) for share in Measures(3, [(0, 1), (1, 2)]).betweenness()]
        ['0.000000', '1.000000', '0.000000']
        """
        pairs = (self.size - 1) * (self.size - 2) // 2
        if pairs <= 0:
            return [rounded(Decimal(0))] * self.size
        import rustworkx as rx

        found = rx.graph_betweenness_centrality(
            self._graph, normalized=False, parallel_threshold=_NO_THREADS
        )
        sums = (Decimal(found[node]).quantize(_TWELVE_PLACES) for node in range(self.size))
        return [rounded(value / pairs) for value in sums]

    def articulation_points(self) -> set[int]:
        """Return the nodes without which their part falls apart."""
        import rustworkx as rx

        return set(rx.articulation_points(self._graph))

    def bridges(self) -> list[tuple[int, int]]:
        """Return the edges without which their part falls apart, sorted."""
        import rustworkx as rx

        return sorted((min(edge), max(edge)) for edge in rx.bridges(self._graph))

    def part_sizes(self) -> list[int]:
        """Return for each node the size of the connected part that it is in."""
        import rustworkx as rx

        sizes = [0] * self.size
        for part in rx.connected_components(self._graph):
            for node in part:
                sizes[node] = len(part)
        return sizes

    def smaller_side(self, bridge: tuple[int, int], part_size: int) -> int:
        """Return the number of nodes on the smaller side of a bridge.

        :param part_size: size of the part that the bridge is in.

        >>> Measures(4, [(0, 1), (1, 2), (2, 3)]).smaller_side((0, 1), 4)
        1
        """
        sides = self._grow(bridge, lambda node, other: {node, other} == set(bridge))
        side = min(len(side) for side in sides if side is not None)
        return min(side, part_size - side)

    def parts_without(self, node: int, part_size: int) -> list[tuple[int, frozenset[int]]]:
        """Return the parts that a node's part falls into without it.

        :param part_size: size of the part that the node is in.
        :returns: size and nodes of each part, the largest first. The nodes of a part are left
            empty where it is the only largest one, which may be nearly everything.

        >>> Measures(4, [(0, 1), (1, 2), (2, 3)]).parts_without(1, 4)
        [(2, frozenset()), (1, frozenset({0}))]
        """
        blocks = self._blocks_of(node)
        if not blocks:
            return []
        starts = sorted(blocks.values())
        grown = self._grow(starts, lambda _, other: other == node)
        known = sum(len(part) for part in grown if part is not None)
        rest = part_size - 1 - known
        largest = max((len(part) for part in grown if part is not None), default=0)
        parts: list[tuple[int, frozenset[int]]] = []
        for start, part in zip(starts, grown, strict=True):
            if part is None and rest > largest:
                parts.append((rest, frozenset()))
            else:
                nodes = part if part is not None else self._reached(start, node)
                parts.append((len(nodes), frozenset(nodes)))
        return sorted(parts, key=lambda item: (-item[0], min(item[1], default=-1)))

    def _blocks_of(self, node: int) -> dict[int, int]:
        """Return the blocks that a node is in, each with one neighbour of the node in it.

        Without the node, neighbours of one block stay connected and those of different blocks
        do not.
        """
        if self._blocks is None:
            import rustworkx as rx

            found: dict[int, dict[int, int]] = defaultdict(dict)
            for (first, second), block in rx.biconnected_components(self._graph).items():
                for one, other in ((first, second), (second, first)):
                    found[one][block] = min(other, found[one].get(block, other))
            self._blocks = dict(found)
        return self._blocks.get(node, {})

    def _grow(self, starts: Sequence[int], is_shut: Any) -> list[set[int] | None]:
        """Grow parts from their starts, one node each in turn, until at most one still grows.

        So the work is that of the smaller parts, however large the largest is.

        :param is_shut: told a node and a neighbour; whether the way between them is shut.
        :returns: the nodes of each part; None for the one that still grew.
        """
        parts = [{start} for start in starts]
        queues = [deque([start]) for start in starts]
        growing = list(range(len(starts)))
        while len(growing) > 1:
            for number in growing:
                node = queues[number].popleft()
                for other in self.neighbours[node]:
                    if other not in parts[number] and not is_shut(node, other):
                        parts[number].add(other)
                        queues[number].append(other)
            growing = [number for number in growing if queues[number]]
        return [None if number in growing else part for number, part in enumerate(parts)]

    def _reached(self, start: int, without: int) -> set[int]:
        """Return the nodes that a node reaches, another left out."""
        seen, queue = {start}, deque([start])
        while queue:
            for other in self.neighbours[queue.popleft()]:
                if other != without and other not in seen:
                    seen.add(other)
                    queue.append(other)
        return seen


def _graph(size: int, edges: list[tuple[int, int]]) -> Any:
    """Return a graph of rustworkx."""
    import rustworkx as rx

    graph: Any = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(size))
    graph.add_edges_from_no_data(edges)
    return graph
