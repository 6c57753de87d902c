"""Where the nodes and edges of a computational graph are drawn: inputs left, the result right."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise

from nncli.explain.derivation.graph import Graph, Input, Node

_SWEEPS = 8


@dataclass(eq=False)
class Edge:
    """An edge from an input to a place among the inputs of a node.

    Attributes
    ----------
    bends : list of object
        What stands for the edge in each column between its ends.
    """

    start: Input
    end: Node
    place: int
    bends: list[object]


@dataclass(frozen=True)
class Layout:
    """Columns count from the left, rows from the middle upwards; neighbors are 1 apart.

    Attributes
    ----------
    columns : dict of Input to int
    rows : dict of object to float
        Also of the bends of the edges.
    edges : list of Edge
    """

    columns: dict[Input, int]
    rows: dict[object, float]
    edges: list[Edge]

    def corners(self, edge: Edge) -> list[tuple[float, float]]:
        """Return the ends and bends of an edge as columns and rows."""
        first = self.columns[edge.start]
        return [
            (first + at, self.rows[each])
            for at, each in enumerate([edge.start, *edge.bends, edge.end])
        ]


def layout(graph: Graph) -> Layout:
    """Return a layout without overlaps; edges bend around the nodes between their ends."""
    edges = [
        Edge(each, node, place, [])
        for node in graph.nodes
        for place, each in enumerate(node.inputs)
        if not each.is_number
    ]
    columns = _columns(graph, edges)
    stacks: list[list[object]] = [[] for _ in range(max(columns.values()) + 1)]
    for edge in edges:
        edge.bends = [object() for _ in range(columns[edge.end] - columns[edge.start] - 1)]
    for each in _from_top(graph, edges):
        if isinstance(each, Edge):
            for at, bend in enumerate(each.bends):
                stacks[columns[each.start] + 1 + at].append(bend)
        else:
            stacks[columns[each]].append(each)
    return Layout(columns, _rows(stacks, edges), edges)


def _columns(graph: Graph, edges: list[Edge]) -> dict[Input, int]:
    """Return the column of each node: right of its inputs; variables are next to their user."""
    columns: dict[Input, int] = dict.fromkeys(graph.variables, 0)
    for node in graph.nodes:
        inputs = [each for each in node.inputs if not each.is_number]
        # An input that occurs twice needs a column between, where its edges bend apart.
        gap = 2 if len(set(inputs)) < len(inputs) else 1
        columns[node] = max((columns[each] for each in inputs), default=0) + gap
    for each in graph.variables:
        users = [edge for edge in edges if edge.start is each]
        if len(users) == 1:
            columns[each] = columns[users[0].end] - 1
    return columns


def _from_top(graph: Graph, edges: list[Edge]) -> Iterator[Input | Edge]:
    """Yield nodes and edges in the order of the expression, depth first."""
    inputs: dict[Input, list[Edge]] = {}
    for edge in edges:
        inputs.setdefault(edge.end, []).append(edge)
    seen: set[Input] = set()
    waiting: list[Input | Edge] = [graph.result]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Edge):
            yield each
        elif each not in seen:
            seen.add(each)
            yield each
            waiting += [
                part for edge in reversed(inputs.get(each, [])) for part in (edge.start, edge)
            ]
    yield from (each for each in graph.variables if each not in seen)


def _rows(stacks: list[list[object]], edges: list[Edge]) -> dict[object, float]:
    """Return the row of everything: near its neighbors, at least 1 apart within a column."""
    paths = [[edge.start, *edge.bends, edge.end] for edge in edges]
    links = [pair for path in paths for pair in pairwise(path)]
    neighbors: dict[object, list[object]] = {each: [] for stack in stacks for each in stack}
    for left, right in links:
        neighbors[left].append(right)
        neighbors[right].append(left)
    orders = [stacks]
    for _ in range(_SWEEPS):
        rows = _swept(orders[-1], neighbors)
        orders.append([sorted(stack, key=lambda each: -rows[each][1]) for stack in orders[-1]])
    best = min(orders, key=lambda order: _crossings(order, links))
    return {each: row for each, (row, _) in _swept(best, neighbors).items()}


def _swept(
    stacks: list[list[object]], neighbors: dict[object, list[object]]
) -> dict[object, tuple[float, float]]:
    """Return the row of everything in columns of a given order, and the row it wants."""
    rows = {each: -float(at) for stack in stacks for at, each in enumerate(stack)}
    wanted = dict(rows)
    for sweep in range(_SWEEPS):
        for stack in stacks if sweep % 2 == 0 else reversed(stacks):
            for each in stack:
                if near := neighbors[each]:
                    wanted[each] = sum(rows[other] for other in near) / len(near)
            rows.update(_apart(stack, wanted))
    return {each: (row, wanted[each]) for each, row in rows.items()}


def _crossings(stacks: list[list[object]], links: list[tuple[object, object]]) -> int:
    """Return how many pairs of links between neighboring columns cross."""
    places = {each: (column, at) for column, stack in enumerate(stacks)
              for at, each in enumerate(stack)}  # fmt: skip
    return sum(
        places[a][0] == places[c][0]
        and (places[a][1] - places[c][1]) * (places[b][1] - places[d][1]) < 0
        for (a, b), (c, d) in combinations(links, 2)
    )


def _apart(stack: list[object], wanted: dict[object, float]) -> dict[object, float]:
    """Return rows at least 1 apart, as near to the wanted ones as blocks of neighbors can be."""
    blocks: list[tuple[list[object], float]] = []  # members from the top, and the row of the first
    for each in stack:
        members, first = [each], wanted[each]
        while blocks and blocks[-1][1] - len(blocks[-1][0]) < first:
            members = blocks.pop()[0] + members
            first = sum(wanted[one] + at for at, one in enumerate(members)) / len(members)
        blocks.append((members, first))
    return {one: first - at for members, first in blocks for at, one in enumerate(members)}
