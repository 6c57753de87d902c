"""`nncli eval` prints whether a model solves a gate."""

import json
from pathlib import Path

import pytest


@pytest.fixture
def evaluated(nncli):
    """Return a function that evaluates untrained networks on the rows of a gate."""

    def run(model, *arguments, data="data: {source: gate, gate: or}"):
        text = f"{data}\nmodel: {model}\ntraining: {{epochs: 0}}\n"
        Path("c.yaml").write_text(text, encoding="utf-8")
        assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
        done = nncli("eval", "run", *arguments)
        assert (done.code, done.err) == (0, "")
        return done.out

    return run


ONE = "{hidden_layers: [], initial_weights: [[[2], [2]]], initial_biases: [[%s]]}"


def test_a_solved_gate_and_the_line_of_the_output(evaluated):
    assert evaluated(ONE % -1).endswith(
        "\n\nSolves the gate: all 4 rows are right.\n"
        "\n"
        "where the sum of each unit of layer 1 is 0, and the rows for which it is above 0\n"
        "output  2·x1 + 2·x2 - 1 = 0  (0, 1), (1, 0), (1, 1)\n"
    )


def test_a_row_on_the_line_of_a_step_is_one_where_the_sum_is_at_least_0(evaluated):
    weights = "initial_weights: [[[1], [1]]], initial_biases: [[-2]]"
    model = f"{{hidden_layers: [], output: step, {weights}}}"
    page = evaluated(model, data="data: {source: gate, gate: and}")
    assert page.endswith(
        "\nwhere the sum of each unit of layer 1 is 0, and the rows where it is at least 0\n"
        "output  1·x1 + 1·x2 - 2 = 0  (1, 1)\n"
    )
    assert max(map(len, page.splitlines())) <= 80


def test_one_wrong_row(evaluated):
    page = evaluated(ONE % 1)
    assert "\nDoes not solve the gate: 1 of 4 rows is wrong.\n" in page
    assert "\n  (0, 0): predicts 1 instead of 0\n" in page


def test_several_wrong_rows_and_a_unit_without_a_line(evaluated):
    page = evaluated("{hidden_layers: [], initial_weights: [[[0], [0]]], initial_biases: [[-1]]}")
    assert "\nDoes not solve the gate: 3 of 4 rows are wrong.\n" in page
    assert page.count(": predicts 0 instead of 1\n") == 3
    assert page.endswith("\noutput  0·x1 + 0·x2 - 1 = 0  none (no line)\n")


def test_many_units_are_cut_and_the_json_has_all(evaluated):
    page = evaluated("{hidden_layers: [30]}")
    assert "\nh20  " in page
    assert "\nh21" not in page
    assert page.endswith("\nand 10 units more (--json has all)\n")


def test_the_json_has_every_line(evaluated):
    gate = json.loads(evaluated("{hidden_layers: [30]}", "--json"))["gate"]
    assert [each["unit"] for each in gate["lines"]] == [f"h{n}" for n in range(1, 31)]


def test_long_names_fit_80_columns(evaluated):
    rows = "[[0, 0], [0, 1], [1, 0], [1, 1]]"
    name = "a" * 60
    data = (
        f"data: {{source: rows, inputs: {rows}, labels: [{name}, {name}b, {name}b, {name}], "
        f"columns: [{name}, {name}b]}}"
    )
    page = evaluated("{hidden_layers: [2]}", data=data)
    assert " solve the gate: " in page or "Solves the gate" in page
    after = page[page.index(" the gate: ") :]
    assert max(map(len, after.splitlines())) <= 80
