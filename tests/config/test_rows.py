"""Rows given in the config: every problem is reported with its place."""

import pytest

from nncli.data.dataset import Shape

HEAD = "data:\n  source: rows\n"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("  inputs: [[1, 2]]\n  targets: [3]\n", Shape("regression", 2, 1)),
        ("  inputs: [[1, 2]]\n  targets: [[3, 4, 5]]\n", Shape("regression", 2, 3)),
        ("  inputs: [[1], [2]]\n  labels: [a, b]\n", Shape("binary", 1, 2)),
        ("  inputs: [[1]]\n  labels: [d]\n  classes: [a, b, c, d]\n", Shape("multiclass", 1, 4)),
    ],
)
def test_the_shape_is_known_from_the_rows(load, text, shape):
    assert load(HEAD + text).config.data.shape == shape


def test_what_does_not_fit_the_task_of_the_rows_is_reported_early(problems):
    text = HEAD + "  inputs: [[1]]\n  targets: [1]\ntraining: {loss: hinge}\n"
    (line,) = problems(text)
    assert line.startswith("c.yaml:5:18: training.loss: hinge is for classes, but a regression has")
    text = text.replace("loss: hinge", "early_stopping: {monitor: validation_mae}")
    (line,) = problems(text)
    assert "there are no validation rows" in line


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "  inputs: [[1, 2], [3]]\n  targets: [1]\n",
            [
                "3:20: data.inputs[1]: found 1 number; expected 2, as in the first row",
                "4:12: data.targets: found 1 for 2 rows of inputs; expected one per row",
            ],
        ),
        (
            "  inputs: [[1, x, 1e31], y, [true, null, .nan]]\n  targets: [a, [b], -1e31, .inf]\n",
            [
                '3:16: data.inputs[0][1]: found "x"; expected a number',
                "3:19: data.inputs[0][2]: found 1e+31; expected 1e+30 or less",
                '3:26: data.inputs[1]: found "y"; expected a list',
                "3:30: data.inputs[2][0]: found true; expected a number",
                "3:36: data.inputs[2][1]: found nothing; expected a number",
                "3:42: data.inputs[2][2]: found NaN; expected a finite number",
                '4:13: data.targets[0]: found "a"; expected a number',
                '4:17: data.targets[1][0]: found "b"; expected a number',
                "4:21: data.targets[2]: found -1e+31; expected -1e+30 or more",
                "4:28: data.targets[3]: found Infinity; expected a finite number",
            ],
        ),
        (
            "  inputs: [[0, 2e-308]]\n  targets: [[-5.0e-281, 1.0e-280]]\n",
            [
                "3:16: data.inputs[0][1]: found 2e-308; expected 0, or 1e-280 or more in size",
                "4:14: data.targets[0][0]: found -5e-281; expected 0, or 1e-280 or more in size",
            ],
        ),
        (
            "  inputs: [[1]]\n  labels: [true]\n  classes: [1.5, ' a', '', \"\\n\"]\n",
            [
                "4:12: data.labels[0]: found true; expected a name or an integer",
                "5:13: data.classes[0]: found 1.5; expected a name or an integer",
                '5:18: data.classes[1]: found " a"; expected a name or an integer',
                '5:24: data.classes[2]: found ""; expected a name or an integer',
                '5:28: data.classes[3]: found "\\n"; expected a name or an integer',
            ],
        ),
        (
            "  inputs: [[1]]\n  targets: [1]\n  columns: [1]\n  target: 2\n",
            [
                "5:13: data.columns[0]: found 1; expected a name",
                "6:11: data.target: found 2; expected a name",
            ],
        ),
        (
            "  inputs: [[1]]\n",
            [
                "2:3: data: found neither targets nor labels; expected targets (numbers) or labels "
                "(class names)"
            ],
        ),
        (
            "  inputs: [[1], [2]]\n  labels: [a, c]\n  classes: [a, b]\n",
            ["4:15: data.labels[1]: found 'c'; expected one of the classes"],
        ),
        ("  targets: [1]\n", ["2:3: data.inputs: missing required key"]),
        (
            "  inputs: [[1]]\n  targets: [1]\n  validation: 1\n",
            [
                "5:3: data.validation: unknown key; expected one of source, scale, features, "
                "inputs, targets, labels, classes, columns, target"
            ],
        ),
    ],
)
def test_every_problem_is_reported_with_its_place(problems, text, lines):
    assert problems(HEAD + text) == [f"c.yaml:{line}" for line in lines]


@pytest.mark.parametrize(
    ("targets", "problem"),
    [
        ("[1, 2]", "4:16: data.targets[1]: found 2"),
        ("[[0, 1], [0.5, -1e-9]]", "4:27: data.targets[1][1]: found -1e-09"),
    ],
)
def test_targets_that_the_loss_cannot_take_have_their_place(problems, targets, problem):
    text = HEAD + f"  inputs: [[1], [2]]\n  targets: {targets}\nmodel: {{output: sigmoid}}\n"
    text += "training: {loss: sigmoid_cross_entropy}\n"
    expected = f"c.yaml:{problem}; sigmoid_cross_entropy takes targets from 0 to 1"
    assert problems(text) == [expected]


def test_numbers_and_lists_of_targets_are_not_mixed(problems):
    text = HEAD + "  inputs: [[1], [2], [3]]\n  targets: "
    assert problems(text + "[1, [2], 3]") == [
        "c.yaml:4:16: data.targets[1]: found a list; expected a number, as in the first row"
    ]
    assert problems(text + "[[1, 2], [3], 4]") == [
        "c.yaml:4:21: data.targets[1]: found 1 number; expected 2, as in the first row",
        "c.yaml:4:26: data.targets[2]: found a number; expected a list, as in the first row",
    ]


def test_the_name_alone_is_not_enough(problems):
    assert problems("data: rows") == ["c.yaml:1:7: data.inputs: missing required key"]


def test_rows_may_be_given_on_the_command_line(load, problems):
    text = HEAD + "  inputs: [[1, 2]]\n  targets: [3]\n"
    config = load(text, "data.inputs=[[1, 2], [3, 4]]", "data.targets=[[1, 2], [3, 4]]").config
    assert config.data.shape == Shape("regression", 2, 2)
    assert problems(text, "data.inputs=[[1], [3, 4]]") == [
        "c.yaml:4:12: data.targets: found 1 for 2 rows of inputs; expected one per row",
        "command line: data.inputs[1]: found 2 numbers; expected 1, as in the first row",
    ]
