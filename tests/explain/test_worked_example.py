"""The page of a training step has the numbers of training, and its equations are correct."""

import re

import numpy as np
import pytest

import nncli
from nncli.base.errors import DivergenceError
from nncli.config.load import load_config
from nncli.engines.engine import Sums
from nncli.explain.document.elements import Equation, Equations, MathTable
from nncli.explain.document.formats import FORMATS
from nncli.explain.document.notation import Text
from nncli.explain.trace.step import take_step
from nncli.explain.trace.worked_example import worked_example
from nncli.nn.activations import ACTIVATIONS
from nncli.nn.losses import LOSSES
from nncli.nn.optimizers import OPTIMIZERS
from nncli.runs.preparation import prepare
from tests.explain.document.reader import read_page
from tests.explain.equations import check_equations, equations_of

CONFIG = """\
data: {source: xor, rows: 40, test: 0}
model: {hidden_layers: [3, 2], activation: tanh}
training: {optimizer: sgd, learning_rate: 0.5, precision: float64}
"""
HIDDEN = [name for name, entry in ACTIVATIONS.items() if not entry.output_only]
LOSS_AND_OUTPUT = [
    (loss, output)
    for loss, entry in LOSSES.items()
    for output in entry.outputs
    if "binary" in ACTIVATIONS[output].output_for
]
SETTINGS = [
    ["training.l2=0.1"],
    ["training.l1=0.1"],
    ["training.clip_norm=0.01"],
    ["training.clip_value=0.01"],
    ["training.max_norm=0.5"],
    ["model.density=0.5"],
    ["model.hidden_layers=[]"],
    ["training.dropout=0.5"],
    ["training.schedule={name: step, warmup: 2}"],
    ["training.precision=float32"],
    ["training.clip_norm=1e6"],
    ["training.l1=0.1", "training.l2=0.2", "training.clip_value=0.05", "training.clip_norm=0.1"],
    ["training.optimizer=adam", "training.l2=0.2", "training.max_norm=0.5"],
    *([f"training.optimizer={name}"] for name in OPTIMIZERS),
    ["training.optimizer={name: sgd, momentum: 0.9, nesterov: true}"],
]


@pytest.fixture
def prepared(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG, encoding="utf-8")

    def prepare_with(*overrides):
        if "model.activation=step" in overrides:
            overrides = (*overrides, "training.epochs=0")
        return prepare(load_config(path, overrides))

    return prepare_with


def page_of(job, rows, *, digits=17, limit=100, source="c.yaml"):
    step = take_step(job, rows)
    return step, [*worked_example(step, Text(digits), source=source, limit=limit)]


@pytest.mark.parametrize("rows", [[0], [3, 5, 8]])
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_equation_holds_for_every_activation(prepared, hidden, rows):
    _, page = page_of(prepared(f"model.activation={hidden}"), rows)
    # The page shows SELU's constants with five digits.
    at_least = 30 if hidden == "step" else 50  # it cannot be trained: no step is taken
    check_equations(page, at_least=at_least, rel=1e-4 if hidden == "selu" else 1e-9)


@pytest.mark.parametrize("rows", [[0], [3, 5, 8]])
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_every_equation_holds_for_every_loss_and_output(prepared, loss, output, rows):
    job = prepared(f"model.output={output}", f"training.loss={loss}")
    _, page = page_of(job, rows)
    check_equations(page, at_least=40)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings[0])
def test_every_equation_holds_for_every_way_to_train(prepared, settings):
    _, page = page_of(prepared(*settings), [1, 2])
    check_equations(page, at_least=10, rel=1e-5 if "float32" in settings[0] else 1e-9)


def test_the_check_of_equations_can_fail(prepared):
    _, page = page_of(prepared(), [0])
    wrong = Equation("z", [["1 + 1"], ["3"]])
    with pytest.raises(AssertionError):
        check_equations([*page, Equations([wrong])], at_least=0)


def test_equations_hold_where_only_the_largest_terms_are_shown(prepared):
    _, page = page_of(prepared("model.hidden_layers=[9]"), [0], limit=2)
    check_equations(page, at_least=10)
    assert "7 more" in FORMATS["text"].write(page)


@pytest.mark.parametrize("settings", [[], *SETTINGS], ids=str)
def test_the_step_is_that_of_training(prepared, settings):
    rows = [4, 7]
    step = take_step(prepared(*settings), rows)
    job = prepared(*[each for each in settings if "dropout" not in each])
    before, sums = job.engine.snapshot()["parameters"], Sums()
    batches = job.setup.training.rows[rows].reshape(1, 2)
    assert job.engine.steps(batches, [job.plan.rate(0, 1 / job.order.batches)], sums).done == 1
    after = job.engine.snapshot()["parameters"]
    assert step.loss == sums.loss / 2
    assert not np.array_equal(before, after)
    for stage, flat in (("before", before), ("after", after)):
        found = [each.ravel() for layer in step.layers for each in getattr(layer, stage).values()]
        np.testing.assert_array_equal(np.concatenate(found), flat)


@pytest.mark.parametrize(
    ("l1", "l2", "left"),
    [
        (0.1, 0.0, "λ·Ω"),
        (0.0, 0.2, "λ·Ω"),
        (0.1, 0.2, "λ[1]·Ω[1] + λ[2]·Ω[2]"),
    ],
)
def test_the_page_adds_the_penalty_of_training_to_the_loss(prepared, l1, l2, left):
    settings = [f"training.l1={l1}", f"training.l2={l2}", "model.density=0.8"]
    step, page = page_of(prepared(*settings), [4, 7], limit=3)
    job, sums = prepared(*settings), Sums()
    weights = [w for W in job.network.weights(job.network.parameters) for w in W.ravel().tolist()]
    batches = job.setup.training.rows[[4, 7]].reshape(1, 2)
    job.engine.steps(batches, [0.5], sums)
    shown = {each.left: float(each.rights[-1][0]) for each in equations_of(page)}
    expected = sum(l1 * abs(w) + l2 / 2 * w * w for w in weights)
    assert shown[left] == pytest.approx(expected, rel=1e-12)
    assert shown[left] == pytest.approx(sums.penalty / 2, rel=1e-12)
    assert shown[f"L + {left}"] == pytest.approx(step.loss + expected, rel=1e-12)
    check_equations(page, at_least=50)


def test_the_page_has_no_penalty_if_none_is_set(prepared):
    _, page = page_of(prepared("training.max_norm=0.5"), [0])
    assert "penalty" not in FORMATS["text"].write(page)
    assert not any("λ" in each.left for each in equations_of(page))


def test_the_page_has_the_new_weights(prepared):
    job = prepared()
    step, page = page_of(job, [0])
    last = equations_of(page)[-1]
    assert last.left == "b3[1]"
    assert last.sign == "←"
    after = step.layers[-1].after["b"]
    assert float(last.rights[-1][0]) == after[0] == job.setup.network.parameters[-1]


def test_what_a_unit_does_row_by_row_is_a_table(prepared):
    _, page = page_of(prepared(), [0, 1, 2], digits=6)
    tables = [part for part in page if isinstance(part, MathTable)]
    assert [table.header for table in tables[:6]] == [
        ("row", "x[1]", "x[2]", *units.split())
        for units in ("z1[1] z1[2] z1[3]", "z2[1] z2[2]", "z3[1]",
                      "a1[1] a1[2] a1[3]", "a2[1] a2[2]", "a3[1] t[1]")
    ]  # fmt: skip
    assert {len(table.rows) for table in tables} == {3}
    assert {tuple(row[0] for row in table.rows) for table in tables} == {("0", "1", "2")}


def test_a_weight_that_is_masked_out_has_no_derivative_and_stays_zero(prepared):
    mask = "model.masks=[[[1, 0, 1], [1, 1, 1]], null, null]"
    _, page = page_of(prepared(mask), [0])
    lefts = [each.left for each in equations_of(page)]
    assert "∂L/∂w1[1,1]" in lefts
    assert "∂L/∂w1[1,2]" not in lefts
    new = next(each for each in equations_of(page) if each.left == "w1[1,2]")
    assert new.rights[-1] == ["0"]
    assert "0 for missing connections" in FORMATS["text"].write(page)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_every_activation_is_written_in_every_format(prepared, name, hidden):
    step = take_step(prepared(f"model.activation={hidden}"), [0, 1])
    notation = FORMATS[name].notation(6)
    text = FORMATS[name].write(worked_example(step, notation, source="a_b.yaml", limit=6))
    if name == "html":
        text = read_page(text).find("main")[0].text
        assert "\\" not in text
    assert re.search(r"<\w+>", text) is None
    if name == "text":
        assert max(map(len, text.splitlines())) <= 80
    elif name != "html":
        assert text.count("{") == text.count("}")
        assert text.isascii()
    assert ("a_b.yaml" if name != "latex" else r"a\_b.yaml") in text


@pytest.mark.parametrize("digits", [6, 17])
@pytest.mark.parametrize(("loss", "output"), LOSS_AND_OUTPUT)
def test_text_fits_80_columns_for_every_loss_and_output(prepared, loss, output, digits):
    job = prepared(f"model.output={output}", f"training.loss={loss}", "model.activation=mish")
    _, page = page_of(job, [0, 1], digits=digits)
    assert max(map(len, FORMATS["text"].write(page).splitlines())) <= 80


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_text_fits_80_columns_for_every_way_to_train(prepared, settings):
    _, page = page_of(prepared(*settings), [0, 1], digits=17)
    assert max(map(len, FORMATS["text"].write(page).splitlines())) <= 80


@pytest.mark.parametrize("hidden", ["[11,11]", "[101]"])
@pytest.mark.parametrize("digits", [1, 6])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_tables_with_short_numbers_fit_80_columns(prepared, hidden, digits, activation):
    job = prepared(f"model.hidden_layers={hidden}", f"model.activation={activation}")
    step = take_step(job, [*range(4)])
    page = worked_example(step, FORMATS["text"].notation(digits), source="a.yaml", limit=40)
    assert max(map(len, FORMATS["text"].write(page).splitlines())) <= 80


def test_a_loss_that_is_not_finite_is_an_error(prepared):
    job = prepared("model.activation=identity", "model.output=identity")
    job.setup.network.parameters.fill(1e200)
    with pytest.raises(DivergenceError, match=r"the loss is (inf|nan)"):
        take_step(job, [0])


def test_a_saturated_output_explains_the_logarithm_of_zero(prepared):
    job = prepared("model.hidden_layers=[]")
    said = "the formula shows a logarithm of 0"
    assert said not in FORMATS["text"].write(page_of(job, [0])[1])
    job.setup.network.parameters.fill(2000)
    assert said in FORMATS["text"].write(page_of(job, [0])[1])
    job = prepared("model.hidden_layers=[]", "model.output=step", "training.loss=perceptron")
    assert said not in FORMATS["text"].write(page_of(job, [0])[1])


def test_the_page_notes_that_dropout_is_left_out(prepared):
    said = "this example drops none"
    assert said in FORMATS["text"].write(page_of(prepared("training.dropout=0.5"), [0])[1])
    assert said not in FORMATS["text"].write(page_of(prepared(), [0])[1])


@pytest.mark.parametrize("name", ["a^b.yaml", "a\\b~c.yaml", "дом.yaml", "a#b%c&d$e{f}.yaml"])
def test_any_file_name_is_legal_latex(prepared, name):
    page = page_of(prepared(), [0])[1]
    latex = FORMATS["latex"].notation(6)
    written = latex.name(name)
    assert written.isascii()
    assert not re.search(r"(?<!\\)[#%&$~^_]", written)
    assert page


def test_greek_letters_in_a_name_are_shown_in_latex():
    assert FORMATS["latex"].notation(6).name("a_β.yaml") == r"\texttt{a\_\ensuremath{\beta}.yaml}"


def test_an_equation_breaks_between_its_pieces():
    equation = Equation("left", [["a + b"], ["1234567890", "+ 1234567890", "+ 12"], ["3"]])
    assert [*equation.lines(33)] == [
        (True, "a + b"),
        (True, "1234567890 + 1234567890"),
        (False, "+ 12 = 3"),
    ]
    assert [*equation.lines(80)] == [(True, "a + b = 1234567890 + 1234567890 + 12 = 3")]


@pytest.mark.parametrize("setting", ["data.class_weight=balanced", "data.weight=x1"])
def test_the_page_notes_that_row_weights_are_left_out(setting, tmp_path):
    lines = ["x1,x2,y", *(f"{row + 1},{row % 3},{'ab'[row % 4 == 0]}" for row in range(12))]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    data = {"source": "csv", "path": str(tmp_path / "rows.csv"), "target": "y"}
    config = {"data": data, "model": {"hidden_layers": [2]}, "training": {}}
    said = "Training multiplies the derivatives of each row by its weight; in this example, all "
    said += "rows count equally."
    found, without, forward = (
        " ".join(nncli.trace(config, overrides, **options).split())
        for overrides, options in (([setting], {}), ([], {}), ([setting], {"forward": True}))
    )
    assert said in found
    assert said not in without
    assert said not in forward  # losses count all rows equally
