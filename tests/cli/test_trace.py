"""``nncli trace``: its page, options and refusals."""

import subprocess
import sys

import pytest

from tests.cli.conftest import XOR

GATE = """\
data: {source: gate, gate: xor}
model:
  hidden_layers: [2]
  activation: step
  output: step
  initial_weights: [[[1, -1], [1, -1]], [[1], [1]]]
  initial_biases: [[-0.5, 1.5], [-1.5]]
training: {epochs: 0}
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    (tmp_path / "gates.yaml").write_text(GATE, encoding="utf-8")
    return "xor.yaml"


def test_the_page_has_its_four_parts_and_fits_80_columns(nncli, config):
    result = nncli("trace", config)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "A training step on row 0"
    for part in ("1 Forward", "2 Loss", "3 Backward", "4 Update"):
        assert lines[lines.index(part) + 1] == "-" * len(part)
    assert max(map(len, lines)) <= 80


def test_several_rows_show_the_truth_table_of_every_unit(nncli, config):
    out = nncli("trace", "gates.yaml", "--row", "0-3").out
    table = next(part for part in out.split("\n\n") if " a1[1] " in part.split("\n")[0])
    assert [line.split() for line in table.splitlines()] == [
        ["row", "x[1]", "x[2]", "a1[1]", "a1[2]", "a2[1]", "t[1]"],  # or, nand, their and: xor
        ["0", "0", "0", "0", "1", "0", "0"],
        ["1", "0", "1", "1", "1", "1", "1"],
        ["2", "1", "0", "1", "1", "1", "1"],
        ["3", "1", "1", "1", "0", "0", "0"],
    ]


def test_a_worksheet_of_a_config_and_of_a_run_has_a_solution(nncli, config):
    assert nncli("train", "-q", config, "-o", "run").code == 0
    for what in (config, "run"):
        plain = nncli("trace", what)
        sheets = [nncli("trace", what, "--blank", "0.4", "--seed", seed) for seed in ("1", "2")]
        solved = nncli("trace", what, "--blank", "0.4", "--seed", "2", "--solution")
        assert [each.code for each in (*sheets, solved)] == [0, 0, 0]
        assert "Worksheet 1, with " in sheets[0].out
        assert "____" in sheets[1].out
        assert sheets[0].out != sheets[1].out
        assert "Solution of worksheet 2, with " in solved.out
        assert "____" not in solved.out
        assert nncli("trace", what, "--blank", "0").out == plain.out


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--blank", "2"], "Invalid value for '--blank': 2.0 is not in the range 0<=x<=1."),
        (["--blank", "nan"], "--blank: found nan; expected a number from 0 to 1"),
        (["--seed", "-1"], "Invalid value for '--seed': -1 is not in the range x>=0."),
        (["--solution"], "--solution: no number is left out; set --blank"),
    ],
)
def test_options_of_a_worksheet_that_do_not_fit_are_refused(nncli, config, options, problem):
    result = nncli("trace", config, *options)
    assert (result.code, result.out) == (2, "")
    assert problem in result.err


def test_the_saved_weights_are_traced_as_they_are(nncli, config):
    assert nncli("train", "-q", config, "-o", "run").code == 0
    initial = nncli("trace", config, "--row", "7").out
    for trained in ("run", "run/weights.npz"):
        out = nncli("trace", trained, "--row", "7").out
        assert out.startswith("A training step on row 7\n")
        assert f"From {trained}." in out
        assert out.replace(trained, config) != initial
    import numpy as np

    with np.load("run/weights.npz") as arrays:
        weight = float(arrays["W1"][0, 0])
    assert f"{weight:.9g}" in nncli("trace", "run", "--precision", "9").out


def test_a_file_of_given_weights_is_not_needed_afterwards(nncli, config, tmp_path):
    assert nncli("train", "-q", config, "-o", "first").code == 0
    more = "model.initial_weights=first/weights.npz"
    assert nncli("train", "-q", config, more, "-o", "second").code == 0
    (tmp_path / "first" / "weights.npz").unlink()
    assert nncli("trace", "second").code == 0


def test_overrides_formats_and_precision_reach_the_page(nncli, config):
    out = nncli("trace", config, "model.activation=relu", "--precision", "3").out
    assert "Layer 1, relu: a = max(0, z)" in out
    assert "\\begin{align*}" in nncli("trace", config, "--format", "latex").out
    assert "\n$$\n" in nncli("trace", config, "--format", "markdown").out
    assert nncli("trace", config, "--format", "html").out.startswith("<!DOCTYPE html>")


def test_a_forward_pass_of_several_rows_ends_with_their_loss(nncli, config):
    result = nncli("trace", "gates.yaml", "--row", "0-3", "--forward")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("A forward pass on rows 0, 1, 2, 3\n")
    assert "3 Backward" not in result.out
    assert [line.split() for line in result.out.split("\n\n")[-1].splitlines()] == [
        ["row", "x[1]", "x[2]", "class", "L"],
        ["0", "0", "0", "0", "0"],
        ["1", "0", "1", "1", "0"],
        ["2", "1", "0", "1", "0"],
        ["3", "1", "1", "0", "0"],
    ]
    assert max(map(len, result.out.splitlines())) <= 80


def test_the_limit_leaves_units_out_and_says_so(nncli, config):
    out = nncli("trace", config, "--limit", "2").out
    assert "At most 2 inputs (the largest) and 2 units per layer" in out
    assert "At most" not in nncli("trace", config, "--limit", "4").out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--row", "60"], "--row 60: the training rows are 0 to 59"),
        (["--row", "0-60"], "--row 60: the training rows are 0 to 59"),
        (["--row", "x"], "--row x: expected a number such as 0, or a range such as 0-3"),
        (["--row", "-1"], "--row -1: expected a number such as 0, or a range such as 0-3"),
        (["--row", "3-1"], "--row 3-1: the first row comes after the last"),
        (["--row", "0-100"], "--row 0-100: expected at most 100 rows"),
        (["--row", "0-99999999999"], "--row 0-99999999999: expected at most 100 rows"),
    ],
)
def test_a_wrong_row_is_one_line(nncli, config, arguments, problem):
    result = nncli("trace", config, *arguments)
    assert result.code == 2
    assert result.error == f"Error: {problem}"


def test_a_wrong_row_of_one_row_names_that_row(nncli):
    assert nncli("init", "lecture", "backpropagation").code == 0
    result = nncli("trace", "backpropagation.yaml", "--row", "1")
    assert result.code == 2
    assert result.error == "Error: --row 1: the only training row is 0"


def test_a_model_takes_no_overrides(nncli, config):
    assert nncli("train", "-q", config, "-o", "run").code == 0
    result = nncli("trace", "run", "seed=1")
    assert result.code == 2
    assert result.error == ("Error: seed=1: a model's settings are fixed; give its config instead")


@pytest.mark.parametrize(("name", "code"), [("none.yaml", 2), ("none.npz", 2)])
def test_a_missing_file_is_one_line(nncli, config, name, code):
    result = nncli("trace", name)
    assert result.code == code
    assert name in result.error


def test_a_reader_that_stops_early_ends_it_quietly(config, tmp_path):
    command = f"{sys.executable} -m nncli trace xor.yaml --row 0-50 | head -1"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=tmp_path, timeout=60
    )
    assert done.stdout == f"A training step on rows {', '.join(map(str, range(16)))},\n"
    assert done.stderr == ""
