"""The picture of a computational graph: its gates, values, derivatives, and its layout."""

import io
from itertools import combinations, pairwise

import pytest
from hypothesis import assume, given, settings
from matplotlib.colors import to_hex

import nncli
from nncli import UsageError
from nncli.explain.derivation.build import build
from nncli.explain.derivation.layout import layout
from nncli.explain.plots.style import GREEN, RED, save_figure
from tests.explain.derivation.expressions import expressions

PRODUCT = ("f = (x + y) * z", {"x": -2, "y": 5, "z": -4})
LARGE = (
    "s = w1*x + b1; t = w2*x + b2; E = (v1*tanh(s) + v2*sigmoid(t) - y)^2 / 2",
    {"w1": 0.1, "w2": -0.2, "b1": 0.3, "b2": 0.1, "v1": 1, "v2": -1, "x": 2, "y": 0.5},
)


def texts_in(figure, color):
    """Return the texts of a color with their places."""
    axes = figure.axes[0]
    return [(each.get_position(), each.get_text()) for each in axes.texts
            if to_hex(each.get_color()) == color.lower()]  # fmt: skip


def test_values_are_above_the_edges_and_derivatives_below():
    figure = nncli.derive_plot(*PRODUCT)
    values, gradients = (dict(texts_in(figure, color)) for color in (GREEN, RED))
    assert sorted(values.values()) == sorted(["-2", "5", "3", "-4", "-12"])
    assert sorted(gradients.values()) == sorted(["-4", "-4", "-4", "3", "1"])
    pairs = {
        text: gradients[next(p for p in gradients if p[0] == x and 0 < y - p[1] < 0.2)]
        for (x, y), text in values.items()
    }
    assert pairs == {"-2": "-4", "5": "-4", "3": "-4", "-4": "3", "-12": "1"}


def test_every_variable_gate_and_name_is_drawn():
    figure = nncli.derive_plot(*PRODUCT)
    texts = [each.get_text() for each in figure.axes[0].texts]
    assert sorted(text for text in texts if not text.lstrip("-").isdecimal()) == sorted(
        ["x", "y", "z", "q", "+", "×", "f"]
    )
    assert len(figure.axes[0].lines) == 5
    legend = {each.get_text(): each.get_color() for each in figure.texts}
    assert legend == {"values above": GREEN, "derivatives of f below": RED}


@pytest.mark.parametrize(
    ("text", "gates"),
    [
        ("f = 2*x", ["2 ×"]),
        ("f = x^2 + 1", ["^ 2", "+ 1"]),
        ("f = 1/-x", ["-", "1 /"]),
        ("f = max(0, x)", ["max 0"]),
        ("f = leaky_relu(sqrt(x))", ["√", "leaky_relu"]),
        ("f = x", ["="]),
        ("f(x) = 3", ["3"]),
    ],
)
def test_a_gate_has_its_sign_and_its_number(text, gates):
    figure = nncli.derive_plot(text, {"x": 2})
    boxed = [each for each in figure.axes[0].texts
             if each.get_bbox_patch() and each.get_bbox_patch().get_linewidth() > 1.2]  # fmt: skip
    assert [each.get_text() for each in boxed] == gates


def test_a_variable_that_is_used_several_times_has_a_sum_and_the_part_of_each_path():
    figure = nncli.derive_plot("f = x*y + x", {"x": 3, "y": 4})
    assert sorted(text for _, text in texts_in(figure, RED)) == sorted(
        ["4", "3", "1", "1", "1", "Σ 5"]
    )
    twice = nncli.derive_plot("f = x*x", {"x": 3})
    assert [text for _, text in texts_in(twice, RED)] == ["Σ 6", "3", "3", "1"]


def test_numbers_do_not_overlap():
    figure = nncli.derive_plot(*LARGE)
    figure.canvas.draw()
    boxes = [each.get_window_extent() for each in figure.axes[0].texts]
    texts = [each.get_text() for each in figure.axes[0].texts]
    overlapping = [
        (a, b)
        for (a, one), (b, other) in combinations(zip(texts, boxes, strict=True), 2)
        if one.padded(-1).overlaps(other.padded(-1))
    ]
    assert overlapping == []


@settings(max_examples=100)
@given(expressions)
def test_the_layout_of_any_graph_has_no_overlap_and_leads_to_the_right(expression):
    try:
        graph = build(f"f(x, y, z) = {expression[0]}", "xyz")
    except UsageError:  # of numbers alone, such as 1/0
        assume(False)
    places = layout(graph)
    at = [(places.columns[each], places.rows[each]) for each in graph.named]
    at += [corner for edge in places.edges for corner in places.corners(edge)[1:-1]]
    for (x, y), (other_x, other_y) in combinations(at, 2):
        assert x != other_x or abs(y - other_y) >= 1 - 1e-9
    for edge in places.edges:
        columns = [x for x, _ in places.corners(edge)]
        assert columns == [*range(places.columns[edge.start], places.columns[edge.end] + 1)]
        assert len(columns) >= 2


def test_a_tree_has_no_crossing_edges():
    places = layout(build("f = (a*b + c)*(d + g*(h + k)) / m", "abcdghkm"))
    segments = [
        (start, end)
        for edge in places.edges
        for corners in [places.corners(edge)]
        for start, end in pairwise(corners)
    ]
    for (a, b), (c, d) in combinations(segments, 2):
        if a[0] == c[0]:
            assert (a[1] - c[1]) * (b[1] - d[1]) >= 0


def test_the_same_graph_gives_the_same_bytes():
    def written():
        stream = io.BytesIO()
        save_figure(nncli.derive_plot(*LARGE), stream, "png")
        return stream.getvalue()

    assert written() == written()


def test_a_graph_that_is_too_large_for_a_picture_is_refused():
    text = "f = " + " + ".join("x" * 45)
    with pytest.raises(UsageError, match="the graph has 45 nodes; a picture shows at most 40"):
        nncli.derive_plot(text, {"x": 1})
    assert "45" not in nncli.derive(text, {"x": 1}).splitlines()[0]
