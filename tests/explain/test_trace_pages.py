"""What the page of a step says: the true classes, softmax, the loss after it, and its tables."""

import re

import numpy as np
import pytest

from nncli import DivergenceError, trace
from nncli.config.load import load_config
from nncli.explain.document.elements import Equations, MathTable
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.notation import Text
from nncli.explain.trace.step import take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.nn.losses import LOSSES
from nncli.runs.preparation import prepare
from tests.explain.equations import check_equations, equations_of

GATE = {"source": "gate", "gate": "xor"}
THREE = {
    "source": "rows",
    "inputs": [[0.5, -1], [1, 2], [-2, 0.25], [3, 1]],
    "labels": ["cat", "dog", "owl_*", "dog"],
}
MODEL = {"hidden_layers": [3], "activation": "tanh"}
EXACT = {"precision": "float64", "optimizer": "sgd", "learning_rate": 0.5}


def config_of(data, model=MODEL, **training):
    return {"data": data, "model": model, "training": {**EXACT, **training}}


def page_of(config, rows=(0,), *, limit=6, digits=17, forward=False):
    step = take_step(prepare(load_config(config)), [*rows], forward=forward)
    return step, [*worked_example(step, Text(digits), source="c.yaml", limit=limit)]


def text_of(config, rows=(0,), **options):
    """Return the page with its line breaks and special spaces replaced by single spaces."""
    return " ".join(trace(config, rows=[*rows], **options).split())


def tables_of(page):
    return [part for part in page if isinstance(part, MathTable)]


def columns_of(page):
    """Return the columns of all tables by their heads; equal heads are joined."""
    columns = {}
    for table in tables_of(page):
        for head, *cells in zip(table.header, *table.rows, strict=True):
            columns.setdefault(head, []).extend(cells)
    return columns


# The forward pass alone


@pytest.mark.parametrize("rows", [[0], [0, 1, 2, 3]])
@pytest.mark.parametrize("output", ["softmax", "identity"])
def test_a_forward_page_has_nothing_of_a_step(rows, output):
    config = config_of(THREE, {**MODEL, "output": output})
    _, page = page_of(config, rows, forward=True)
    _, whole = page_of(config, rows)
    text = FORMATS["text"].write(page)
    assert text.startswith("A forward pass on row")
    headings = re.findall(r"^\d \w+$", text, re.MULTILINE)
    assert headings == ["1 Forward", "2 Loss"]
    for word in ("∂", "←", "step", "ptimizer", "η", "gradient", "Backward", "Update"):
        assert word not in text
    lefts = {each.left: each.rights for each in equations_of(whole)}
    found = equations_of(page)
    assert len(found) > 6
    assert all(each.rights == lefts[each.left] or len(rows) > 1 for each in found)


def test_a_forward_pass_changes_no_weight_and_needs_no_finite_gradient():
    model = {**MODEL, "activation": "identity", "output": "identity"}
    job = prepare(load_config(config_of(GATE, model, loss="squared_error")))
    named = job.setup.network.named
    named["W1"][:], named["W2"][:] = 1e200, 1e-50
    before = job.setup.network.parameters.copy()
    step = take_step(job, [3], forward=True)
    np.testing.assert_array_equal(job.setup.network.parameters, before)
    assert step.loss_after == step.loss > 1e300
    assert not any(each.gradient["W"].any() for each in step.layers)
    with pytest.raises(DivergenceError, match="the largest derivative"):
        take_step(job, [3])


def test_a_forward_page_of_gates_is_a_truth_table():
    model = {"hidden_layers": [2], "activation": "step", "output": "step",
             "initial_weights": [[[1, -1], [1, -1]], [[1], [1]]],
             "initial_biases": [[-0.5, 1.5], [-1.5]]}  # fmt: skip
    _, page = page_of(config_of(GATE, model, epochs=0), range(4), digits=6, forward=True)
    table = tables_of(page)[1]
    assert table.header == ("row", "x[1]", "x[2]", "a1[1]", "a1[2]", "a2[1]", "t[1]")
    assert ["".join(row) for row in table.rows] == ["0000100", "1011111", "2101111", "3111000"]


# Several rows, and many units


def test_every_quantity_of_several_rows_has_one_table_with_its_values():
    step, page = page_of(config_of(THREE), [0, 2, 3], digits=6)
    hidden, output = step.layers
    columns = columns_of(page)
    expected = {"L": step.objective.of_rows(output.block.activation, output.S, step.T)}
    for unit in range(3):
        expected |= {
            f"z1[{unit + 1}]": hidden.Z[:, unit],
            f"a1[{unit + 1}]": hidden.A[:, unit],
            f"z2[{unit + 1}]": output.Z[:, unit],
            f"a2[{unit + 1}]": output.A[:, unit],
            f"t[{unit + 1}]": step.T[:, unit],
            f"∂L/∂z1[{unit + 1}]": hidden.dZ[:, unit],
            f"∂L/∂a1[{unit + 1}]": hidden.dA[:, unit],
            f"∂a1[{unit + 1}]/∂z1[{unit + 1}]": hidden.derivative[:, unit],
            f"∂L/∂z2[{unit + 1}]": output.dZ[:, unit],
        }
    expected |= {f"∂L/∂x[{i + 1}]": step.dX[:, i] for i in range(2)}
    for head, values in expected.items():
        assert columns.pop(head) == [f"{value:.6g}" for value in values], head
    assert columns.pop("class") == ["cat", "owl_*", "dog"]
    assert set(columns) == {"row", "x[1]", "x[2]"}
    for table in tables_of(page):
        assert table.header[:3] == ("row", "x[1]", "x[2]")
        assert [row[:3] for row in table.rows] == [
            ("0", "0.5", "-1"),
            ("2", "-2", "0.25"),
            ("3", "3", "1"),
        ]
    assert np.mean(expected["L"]) == pytest.approx(step.loss)


def test_rows_with_many_inputs_are_named_by_their_number():
    data = {"source": "rows", "inputs": np.eye(5).tolist(), "targets": [0.0, 1, 2, 3, 4]}
    _, page = page_of(config_of(data), [1, 4], digits=6)
    tables = tables_of(page)
    assert {table.header[0] for table in tables} == {"row"}
    assert not [head for table in tables for head in table.header if head.startswith("x[")]
    assert {tuple(row[0] for row in table.rows) for table in tables} == {("1", "4")}


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
@pytest.mark.parametrize("rows", [[0], [0, 1, 2, 3]])
def test_beyond_the_limit_one_unit_is_worked_out_and_tables_have_the_others(rows, loss):
    model = {"hidden_layers": [5], "activation": "tanh", "output": "softmax", "density": 0.8}
    step, page = page_of(config_of(THREE, model, loss=loss), rows, limit=3, digits=17)
    check_equations(page, at_least=10)
    hidden = step.layers[0]
    gradients = [each.header for each in tables_of(page) if each.header[0] == "∂L/∂w1"]
    units = [int(head.split()[1]) for header in gradients for head in header[1:]]
    largest = np.argsort(-np.abs(hidden.dZ).sum(axis=0))[:3]
    assert units == sorted(largest + 1)
    worked = [each.left for each in equations_of(page) if each.left.startswith("z1")]
    assert worked == [f"z1[{units[0]}]"]
    if len(rows) == 1:
        table = next(each for each in tables_of(page) if each.header == ("unit", "z1", "a1"))
        found = [tuple(map(float, row)) for row in table.rows]
        assert found == [(n, hidden.Z[0, n - 1], hidden.A[0, n - 1]) for n in units]
    parameters = [each for each in tables_of(page) if each.header[0] == "w1"]
    cells = {
        (row[0], head, at): cell
        for at, table in enumerate(parameters)
        for row in table.rows
        for head, cell in zip(table.header[1:], row[1:], strict=True)
    }
    values = {*(cell for (name, _, _), cell in cells.items() if name == "x[1]")}
    there = hidden.connected[0, [n - 1 for n in units]]
    expected = {
        f"{arrays['W'][0, n - 1]:.17g}" if is_there else "none"
        for arrays in (hidden.before, hidden.after)
        for n, is_there in zip(units, there, strict=True)
    }
    assert values == expected


def test_a_sum_over_many_rows_has_few_terms():
    step, page = page_of(config_of(THREE), [0, 1, 2, 3] * 10, limit=4)
    check_equations(page, at_least=10)
    bias = next(each for each in equations_of(page) if each.left == "∂L/∂b1[1]")
    assert len(bias.rights[1]) == 5
    assert {len(each.rows) for each in tables_of(page) if each.header[0] == "row"} == {40}
    text = text_of(config_of(THREE), [0, 1, 2, 3], limit=3)
    assert "sums over the rows: 3 terms are shown, and the sum of the others." in text
    assert step.loss > 0


# The loss after the step


@pytest.mark.parametrize("rows", [[1], [0, 1, 2, 3]])
@pytest.mark.parametrize("normalization", ["none", "batch_norm"])
def test_the_loss_after_the_step_is_that_of_the_new_weights(rows, normalization):
    rows = rows * (1 + (normalization == "batch_norm"))
    config = config_of(THREE, {**MODEL, "normalization": normalization})
    job = prepare(load_config(config))
    step = take_step(job, rows)
    again = take_step(job, rows)  # the job has the new weights
    assert step.loss_after == again.loss != step.loss
    text = text_of(config, rows, precision=9)
    same = "row" if len(rows) == 1 else "rows"
    assert text.endswith(
        f"The loss of the same {same}: L = {step.loss:.9g} before the step, L = "
        f"{step.loss_after:.9g} after it, with the new parameters."
    )


# Softmax


def test_the_sum_of_a_softmax_is_written_out_with_its_value():
    step, page = page_of(config_of(THREE), [2])
    powers = np.exp(step.layers[-1].S[0])
    (total,) = (each for each in equations_of(page) if each.left == "Σ e^z")
    assert " ".join(total.rights[0]) == "e^z2[1] + e^z2[2] + e^z2[3]"
    assert float(total.rights[-1][0]) == pytest.approx(powers.sum())
    check_equations([Equations([total])], at_least=1)
    first = next(each for each in equations_of(page) if each.left == "a2[1]")
    assert first.rights[0] == ["e^z2[1] / Σ e^z"]
    assert first.rights[1][0].endswith(f" / {total.rights[-1][0]}")
    check_equations([Equations([first])], at_least=1)
    largest = int(powers.argmax())
    text = " ".join(FORMATS["text"].write(page).split())
    largest_sum = f"{step.layers[-1].S[0, largest]:.17g}"
    assert f"subtracts the largest weighted sum, z2[{largest + 1}] = {largest_sum}, from" in text
    shown = f"({largest_sum})" if largest_sum.startswith("-") else largest_sum
    assert f"The denominator is then Σ e^(z - {shown}) = " in text
    shifted = float(re.search(r"denominator is then Σ e.*? = (\S+)\.\s", text)[1])
    assert shifted == pytest.approx((powers / powers.max()).sum())


@pytest.mark.parametrize("sums", [[1000.0, 999.0, -1000.0], [-2000.0, -1001.0, -1000.0]])
def test_a_sum_that_overflows_or_vanishes_is_shifted(sums):
    model = {"hidden_layers": [], "initial_weights": [[sums, [0, 0, 0]]]}
    data = {**THREE, "inputs": [[1, 0]] * 4}
    step, page = page_of({**config_of(data, model), "data": {**data, "scale": "none"}})
    powers = [each for each in equations_of(page) if each.left.startswith(("Σ", "a1"))]
    check_equations([Equations(powers)], at_least=4)
    (total,) = (each for each in equations_of(page) if each.left.startswith("Σ e^"))
    largest = f"{max(sums):g}" if max(sums) > 0 else f"({max(sums):g})"
    assert total.left == f"Σ e^(z - {largest})"
    assert float(total.rights[-1][0]) == pytest.approx(np.exp(np.array(sums) - max(sums)).sum())
    assert np.isfinite(step.loss)


# The true class


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["cat", "dog", "owl_*", "dog"], ["cat, output 1", "dog, output 2", "owl_*, output 3"]),
        (["no", "yes", "no", "yes"], ["no", "yes", "no"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 6])
def test_the_true_class_is_named(labels, expected, limit):
    config = config_of({**THREE, "labels": labels})
    for row, name in enumerate(expected):
        for forward in (False, True):
            text = text_of(config, [row], limit=limit, forward=forward)
            assert f"; the true class is {name}." in text
    text = text_of(config, [0, 1, 2], limit=limit)
    assert f"; the true class is {expected[0]}." in text
    (losses,) = (
        each for each in tables_of(page_of(config, [0, 1, 2], limit=limit)[1]) if "L" in each.header
    )
    assert [row[-2] for row in losses.rows] == [each.split(",")[0] for each in expected]


def test_the_output_of_the_true_class_is_shown_even_if_its_gradient_is_0():
    weights = [[[1, 0, 0, 0, 0], [0] * 5]]
    model = {"hidden_layers": [], "output": "identity", "initial_weights": weights}
    data = {"source": "rows", "inputs": [[1, 0]] * 5, "labels": [*"abcde"], "scale": "none"}
    step, page = page_of(config_of(data, model), [0], limit=2, digits=6)
    assert step.layers[0].dZ[0].tolist() == [0, 0.4, 0.4, 0.4, 0.4]
    targets = next(part.text for part in page if getattr(part, "text", "").startswith("Row 0"))
    assert "t[1]\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}1" in targets
    assert [each.left for each in equations_of(page) if each.left.startswith("a1")] == ["a1[1]"]


def test_a_regression_has_no_class():
    data = {"source": "rows", "inputs": [[0], [1]], "targets": [0.5, 1]}
    assert "class" not in text_of(config_of(data), [0, 1])


def test_the_name_of_a_class_is_legal_in_every_format():
    config = config_of({**THREE, "labels": ["a_b", "x<y|z", "$%&", "x<y|z"]})
    assert "true class is \\texttt{a\\_b}" in text_of(config, [0], format="latex")
    assert r"& \texttt{\$\%\&} &" in text_of(config, [0, 2], format="latex")
    assert r"| `x<y\|z` |" in text_of(config, [0, 1], format="markdown")
    assert "true class is `a_b`" in text_of(config, [0], format="markdown")
    assert "true class is <code>x&lt;y|z</code>" in text_of(config, [1], format="html")


# No word of what does not happen


@pytest.mark.parametrize("output", ["identity", "sigmoid", "tanh", "softmax", "step"])
def test_only_a_loss_with_a_logarithm_speaks_of_one(output):
    for name, entry in LOSSES.items():
        if output in entry.outputs:
            model = {"hidden_layers": [], "output": output, "initial_weights": [[[900]] * 2]}
            if output == "softmax":
                model["initial_weights"] = [[[900, 0]] * 2]
            text = text_of(config_of(GATE, model, loss=name), [3])
            has = "ln" in entry.term.whole.text
            assert (" ln" in text or "·ln" in text) == has, name
            assert ("logarithm" in text) == has, name


def test_a_large_network_that_does_not_change_has_tables_of_its_parameters():
    model = {"hidden_layers": [9], "activation": "tanh", "initializer": "zeros"}
    rows = {"source": "rows", "inputs": [[1, 2], [3, 4]], "targets": [0.0, 0.0]}
    step, page = page_of(config_of(rows, model), [0], limit=4)
    assert step.changes_nothing
    (start,) = (at for at, part in enumerate(page) if "4 Update" in str(part))
    tables = tables_of(page[start:])
    assert [each.header[0] for each in tables] == ["w1", "w2"]
    assert [len(each.rows) for each in tables] == [3, 5]  # inputs, and the bias
    assert not [part for part in page[start:] if isinstance(part, Equations)]


def test_a_softmax_of_1_is_no_logarithm_of_0():
    model = {"hidden_layers": [], "output": "softmax", "initial_weights": [[[9, -9]] * 2]}
    text = text_of(config_of(GATE, model, loss="cross_entropy"), [3])
    assert "·ln 1 " in text
    assert "logarithm of 0" not in text
    model["initial_weights"] = [[[900, -900]] * 2]
    text = text_of(config_of(GATE, model, loss="cross_entropy"), [3])
    assert "Where a is rounded to 0, the formula shows a logarithm of 0" in text


def test_a_perceptron_without_error_takes_no_step():
    model = {"hidden_layers": [], "output": "step", "initializer": "zeros"}
    config = config_of({"source": "gate", "gate": "or"}, model, loss="perceptron")
    text = text_of(config, [1])
    said = (
        "The gradient is 0 for every parameter. So no parameter changes, and the loss stays L = 0:"
    )
    assert text.endswith(f"4 Update -------- {said} w1[1,1] = 0 w1[2,1] = 0 b1[1] = 0")
    assert "←" not in text
    assert said not in text_of(config, [0])
    assert "b1[1] ← 0 - 0.5·1 = -0.5" in text_of(config, [0])


@pytest.mark.parametrize(
    ("training", "changes"),
    [({"optimizer": "adam"}, False), ({"l2": 0.1}, True), ({"optimizer": "adamw"}, True)],
)
def test_a_step_that_only_shrinks_the_weights_is_one(training, changes):
    model = {"hidden_layers": [], "output": "step", "initial_weights": [[[1], [1]]]}
    config = config_of({"source": "gate", "gate": "or"}, model, loss="perceptron", **training)
    text = text_of(config, [1])
    assert ("no parameter changes" in text) != changes
    assert ("w1[1,1] ←" in text) == changes


def test_without_epochs_there_is_no_optimizer():
    config = config_of(THREE, epochs=0)
    text = text_of(config, [0])
    assert text.startswith("A forward and backward pass on row 0")
    assert text.endswith("training.epochs is 0: training takes no step, and no parameter changes.")
    assert "∂L/∂w1[1,1] =" in text
    for word in ("←", "ptimizer", "η", "sgd", "after"):
        assert word not in text
    assert "←" in text_of(config_of(THREE, epochs=1), [0])


@pytest.mark.parametrize("form", ["scalar", "matrix"])
def test_a_page_of_very_many_rows_fits_80_columns(form):
    rows = {**THREE, "inputs": THREE["inputs"] * 25, "labels": THREE["labels"] * 25}
    page = trace(config_of(rows), rows=[*range(100)], form=form)
    title, rest = page.split("=" * 80)
    assert " ".join(title.split()) == f"A training step on rows {', '.join(map(str, range(100)))}"
    assert max(map(len, (title + rest).splitlines())) <= 80


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"scale": "standard", "targets": [1.5, 2.5, 3.5, 9]}, "The inputs are scaled, as in"),
        ({"scale": "none", "targets": [1.5, 2.5, 3.5, 9]}, None),
        ({"scale": "none", "labels": ["a", "b", "a", "b"]}, None),
    ],
)
def test_scaled_inputs_are_called_so(settings, said):
    data = {"source": "rows", "inputs": THREE["inputs"], **settings}
    text = text_of(config_of(data))
    assert ("scaled" in text) == (said is not None)
    assert said is None or said in text


@pytest.mark.parametrize(
    ("output", "said"), [("identity", "inputs and targets"), ("sigmoid", "inputs")]
)
def test_scaled_targets_are_called_so(output, said, tmp_path):
    rows = "".join(f"{row},{row * row}\n" for row in range(20))
    (tmp_path / "rows.csv").write_text(f"x,y\n{rows}")
    data = {"source": "csv", "path": str(tmp_path / "rows.csv"), "target": "y"}
    text = text_of(config_of(data, {"hidden_layers": [2], "output": output}))
    assert f" The {said} are scaled, as in training. " in text


def test_a_penalized_and_clipped_gradient_fits_80_columns_with_all_digits():
    config = config_of(THREE, l1=0.1, l2=0.2, clip_norm=0.01)
    page = trace(config, precision=17)
    assert max(map(len, page.splitlines())) <= 80
    assert re.search(r"g\(w1\[1,1\]\) = 0\.\d+·\(∂L/∂w1\[1,1\]", page)
    assert re.search(r"g\(b1\[1\]\) = 0\.\d+·∂L/∂b1\[1\]", page)
    latex = trace(config, format="latex")
    assert re.search(r"g\(b\^\{\(1\)\}_\{1\}\) &= 0\.\d+ \\cdot \\frac", latex)


@pytest.mark.parametrize("normalization", ["none", "layer_norm", "batch_norm"])
def test_sums_over_many_rows_show_as_many_terms_as_the_limit(normalization):
    rows = {**THREE, "inputs": THREE["inputs"] * 10, "labels": THREE["labels"] * 10}
    model = {"hidden_layers": [2], "activation": "prelu", "normalization": normalization}
    _, page = page_of(config_of(rows, model), range(40), limit=3)
    gradients = {
        each.left: " ".join(each.rights[-2])
        for each in equations_of(page)
        if re.fullmatch(r"∂L/∂[wbγβp]\d\S*", each.left)
    }
    letters = {left[4] for left in gradients}
    assert letters == {*"wbp", *("γβ" if normalization != "none" else "")}
    for left, numbers in gradients.items():
        assert numbers.endswith(" + 37 more") == (left[4] not in "wb"), left
        assert len(numbers) < 250, left
