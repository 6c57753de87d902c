"""The picture of a computational graph: values above its edges, derivatives below."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nncli.base.errors import UsageError
from nncli.explain.derivation.graph import Graph, Input, Leaf, Node
from nncli.explain.derivation.layout import Layout, layout
from nncli.explain.derivation.operations import COPY
from nncli.explain.derivation.passes import Passes
from nncli.explain.document.notation import Text
from nncli.explain.plots.style import BLUE, GRAY, GREEN, RED, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NODES = 40
_ROW = 0.95  # inches
_CHARACTER = 0.085  # of a number, in inches
_BESIDE = 0.85  # of a column, for the gate and the slope of an edge, in inches
_NODE_HEIGHT, _NUMBERS_HEIGHT = 0.5, 0.42
_SHARES = (0.5, 0.4, 0.6, 0.3, 0.7)  # of an edge, where its numbers may be
_APART = (0.62, 0.5, 0.7, 0.4, 0.76)  # where the edges of one node are apart
_PLAIN = {"facecolor": "white", "edgecolor": "none"}
_LABEL = {**_PLAIN, "pad": 0.6, "alpha": 0.8}


def picture(graph: Graph, found: Passes, digits: int) -> "Figure":
    """Draw the graph from left to right.

    Raises
    ------
    UsageError
        If it has too many nodes.
    """
    if len(graph.named) > _MOST_NODES:
        raise UsageError(
            f"derive: the graph has {len(graph.named)} nodes; a picture shows at most {_MOST_NODES}"
        )
    places = layout(graph)
    drawing = _Drawing(graph, found, places, digits)
    axes = drawing.axes
    for node in graph.named:
        drawing.draw_node(node)
    drawing.draw_edges()
    drawing.draw_result()
    rows = places.rows.values()
    axes.set_xlim(-0.6, drawing.end + 0.3)
    axes.set_ylim(min(rows) - 0.75, max(rows) + 1.05)
    axes.set_axis_off()
    return drawing.figure


class _Drawing:
    def __init__(self, graph: Graph, found: Passes, places: Layout, digits: int) -> None:
        self.graph, self.found, self.places = graph, found, places
        self.write = Text(digits)
        rows = places.rows.values()
        numbers = [*found.values.values(), *found.gradients.values()]
        longest = max(len(self.write.number(each)) for each in numbers)
        self.end = places.columns[graph.result] + 1
        self.column = _BESIDE + _CHARACTER * longest
        self.taken: list[tuple[float, float, float, float]] = []  # boxes: center and size
        self.figure = new_figure(
            (self.end + 0.9) * self.column, (max(rows) - min(rows) + 1.8) * _ROW + 0.5
        )
        self.axes: Axes = self.figure.subplots()
        self.write_legend()

    def write_legend(self) -> None:
        """Say what the colors mean."""
        words = f"derivatives of {self.graph.result.name} below"
        for text, color, y in (("values above", GREEN, 0.16), (words, RED, 0.34)):
            self.figure.text(
                0.02, 1 - y / self.figure.get_figheight(), text, color=color, fontsize=9
            )

    def draw_node(self, node: Input) -> None:
        """Draw a variable by its name, an operation as a gate with its name above."""
        x, y = self.places.columns[node], self.places.rows[node]
        if isinstance(node, Leaf):
            box: dict[str, Any] = {"boxstyle": "square,pad=0.3", **_PLAIN}
            self.axes.text(x, y, node.name, ha="center", va="center", fontsize=12, bbox=box)
            self.taken.append((x, y, len(node.name) * _CHARACTER + 0.2, _NODE_HEIGHT))
            uses = sum(edge.start is node for edge in self.places.edges)
            if uses != 1:  # else it is below the only edge
                self.write_sum(node, x, y)
            return
        label = _label(node, self.write)
        self.taken.append((x, y + 0.1, len(label) * _CHARACTER + 0.25, _NODE_HEIGHT))
        shape = "circle,pad=0.35" if len(label) < 3 else "round,pad=0.4"
        box = {"boxstyle": shape, "facecolor": "white", "edgecolor": BLUE, "linewidth": 1.4}
        self.axes.text(x, y, label, ha="center", va="center", fontsize=11, bbox=box, zorder=3)
        if node is not self.graph.result:
            self.axes.text(x, y + 0.33, node.name, ha="center", color=GRAY, fontsize=9)

    def write_sum(self, node: Input, x: float, y: float) -> None:
        """Write the derivative with respect to a variable that is used several times."""
        text = f"Σ {self.write.number(self.found.gradients[node])}"
        self.axes.text(x, y - 0.3, text, ha="center", va="top", color=RED, fontsize=9)

    def draw_edges(self) -> None:
        """Draw every edge, with the value and the derivative along this path."""
        found = self.found
        for edge in self.places.edges:
            corners = self.places.corners(edge)
            self.axes.plot(*zip(*corners, strict=True), color=GRAY, linewidth=1.2, zorder=1)
            uses = sum(other.start is edge.start for other in self.places.edges)
            gradient = found.gradients[edge.end] * found.slopes[edge.end][edge.place]
            self.write_along(corners, found.values[edge.start], gradient, apart=uses > 1)

    def write_along(
        self, corners: list[tuple[float, float]], value: float, gradient: float, *, apart: bool
    ) -> None:
        """Write two numbers along an edge, at the first place that is free."""
        width = max(len(self.write.number(each)) for each in (value, gradient)) * _CHARACTER
        places = [
            (x + share * (to_x - x), y + share * (to_y - y))
            for (x, y), (to_x, to_y) in pairwise(corners)
            for share in (_APART if apart else _SHARES)
        ]
        free = (place for place in places if self.is_free(*place, width, _NUMBERS_HEIGHT))
        x, y = next(free, places[0])
        self.taken.append((x, y, width, _NUMBERS_HEIGHT))
        self.write_numbers(x, y, value, gradient)

    def is_free(self, x: float, y: float, width: float, height: float) -> bool:
        """Return whether a box, in inches around a place, overlaps no other."""
        return all(
            abs(x - other_x) * self.column > (width + other_width) / 2
            or abs(y - other_y) * _ROW > (height + other_height) / 2
            for other_x, other_y, other_width, other_height in self.taken
        )

    def draw_result(self) -> None:
        """Draw the edge that leaves the graph."""
        result, found = self.graph.result, self.found
        x, y = self.places.columns[result], self.places.rows[result]
        self.axes.plot([x, x + 0.85], [y, y], color=GRAY, linewidth=1.2, zorder=1)
        self.axes.text(x + 0.9, y, result.name, va="center", fontsize=12)
        self.write_numbers(x + 0.5, y, found.values[result], found.gradients[result])

    def write_numbers(self, x: float, y: float, value: float, gradient: float) -> None:
        """Write a value above a place of an edge, and a derivative below."""
        for number, color, offset, at in (
            (value, GREEN, 0.06, "bottom"), (gradient, RED, -0.06, "top")
        ):  # fmt: skip
            self.axes.text(
                x, y + offset, self.write.number(number), color=color, fontsize=9,
                ha="center", va=at, bbox=_LABEL, zorder=2,
            )  # fmt: skip


def _label(node: Node, write: Text) -> str:
    """Return the sign or function of a gate, with the number that it includes, if any."""
    label = node.operation.label
    shown = [write.number(each.number) if each.is_number else "" for each in node.inputs]
    if node.operation is COPY:
        return shown[0] or label
    if len(shown) == 1 or not any(shown):
        return label
    return f"{label} {shown[1]}" if shown[1] else f"{shown[0]} {label}"
