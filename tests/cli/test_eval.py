import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nncli.cli.eval import print_evaluation
from nncli.metrics.tasks import EVALUATIONS, Answers
from nncli.model.model_file import read_model, write_model
from nncli.nn.layers.kinds import block
from nncli.nn.network import Network
from nncli.nn.objective import Objective


@pytest.fixture
def metrics(xor_run):
    return json.loads((xor_run / "metrics.json").read_text(encoding="utf-8"))


def numbers_in(lines):
    return dict(re.split("  +", line) for line in lines)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_printed_metrics_are_those_that_training_saved(nncli, weights, metrics, split):
    result = nncli("eval", weights, "--split", split)
    assert (result.code, result.err) == (0, "")
    head, classes, confusion = (block.splitlines() for block in result.out.split("\n\n"))
    found, saved = numbers_in(head), metrics[split]
    assert found.pop("split") == split
    assert (found.pop("positive_class"), found.pop("threshold")) == ("1", "0.5")
    assert int(found.pop("rows")) == saved["rows"]
    guess = saved["constant_guess"]
    assert found.pop("constant guess") == f"always {guess['values'][0]}: " + ", ".join(
        f"{name} {guess['metrics'][name]:.4f}" for name in ("accuracy", "roc_auc", "brier")
    )
    assert found == {name: f"{value:.4f}" for name, value in saved["metrics"].items()}
    assert classes[0].split() == ["class", "precision", "recall", "f1", "support"]
    for line, figures in zip(classes[1:], saved["per_class"], strict=True):
        name, *values, support = line.split()
        assert (name, int(support)) == (figures["class"], figures["support"])
        assert values == [f"{figures[each]:.4f}" for each in ("precision", "recall", "f1")]
    assert confusion[0].startswith("confusion matrix: rows are true classes")
    assert [line.split() for line in confusion[1:]] == [
        ["0", "1"],
        *([str(n), *map(str, row)] for n, row in enumerate(saved["confusion_matrix"])),
    ]


def test_the_test_split_is_evaluated_unless_another_is_named(nncli, weights):
    assert nncli("eval", weights).out == nncli("eval", weights, "--split", "test").out


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_json_is_the_object_in_the_metrics_of_the_run(nncli, weights, metrics, split):
    result = nncli("eval", weights, "--split", split, "--json")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == metrics[split]


def test_the_object_has_the_promised_shape(nncli, weights):
    found = json.loads(nncli("eval", weights, "--json").out)
    assert (found["split"], found["rows"], found["classes"]) == ("test", 60, ["0", "1"])
    assert found["metrics"].keys() == {
        "loss",
        "accuracy",
        "balanced_accuracy",
        "macro_f1",
        "weighted_f1",
        "roc_auc",
        "average_precision",
        "brier",
        "log_loss",
        "ece",
    }
    assert (found["positive_class"], found["threshold"]) == ("1", 0.5)
    matrix = np.array(found["confusion_matrix"])
    assert matrix.shape == (2, 2)
    assert matrix.sum() == 60
    assert found["metrics"]["accuracy"] == np.trace(matrix) / 60
    supports = [each["support"] for each in found["per_class"]]
    assert supports == matrix.sum(axis=1).tolist()


def test_a_missing_split_is_refused_with_the_existing_ones(nncli, xor_config):
    nncli("train", xor_config, "data.validation=0", "-o", "run")
    result = nncli("eval", "run/weights.npz", "--split", "validation")
    assert result.code == 2
    assert result.error == (
        "Error: run/weights.npz: its data has no validation rows; choose --split train or test"
    )


def test_an_unknown_split_is_refused(nncli, weights):
    result = nncli("eval", weights, "--split", "tests")
    assert result.code == 2
    assert "'tests' is not one of 'train', 'validation', 'held_out', 'test'" in result.err


def test_a_split_and_a_file_exclude_each_other(nncli, weights):
    result = nncli("eval", weights, "--split", "test", "--data", "rows.csv")
    assert result.code == 2
    assert result.error.startswith("Error: --split and --data exclude each other")


def test_a_run_is_evaluated_by_its_model(nncli, xor_run):
    assert nncli("eval", xor_run).out == nncli("eval", xor_run / "weights.npz").out


@pytest.mark.parametrize("name", ["weights.npz", "no/such/weights.npz"])
def test_a_missing_model_is_one_line(nncli, name):
    result = nncli("eval", name)
    assert result.code == 2
    assert result.error == f"Error: {name}: cannot be read (no such file or directory)"


def test_a_model_with_an_unknown_source_in_its_config_is_refused(nncli, many_classes, tmp_path):
    write_model(tmp_path / "weights.npz", many_classes(2, config={"data": {"source": "parket"}}))
    result = nncli("eval", "weights.npz")
    assert result.code == 2
    assert result.error.startswith('weights.npz: its config: data.source: unknown source "parket"')


def test_a_model_that_does_not_fit_the_data_of_its_config_is_refused(nncli, many_classes, tmp_path):
    write_model(tmp_path / "weights.npz", many_classes(2, config={"data": {"source": "xor"}}))
    result = nncli("eval", "weights.npz")
    assert result.code == 1
    assert (
        "names the source xor, but its columns, targets or classes do not match that source"
        in result.error
    )
    assert result.error.endswith("evaluate it with --data FILE")


# Labelled files


def as_csv(inputs, labels):
    rows = (f"{label},{x2!r},{x1!r}\n" for (x1, x2), label in zip(inputs, labels, strict=True))
    return "xor,x2,x1\n" + "".join(rows)


@pytest.fixture
def some_rows():
    random = np.random.default_rng(5)
    return random.uniform(-0.5, 1.5, (700, 2)), random.integers(0, 2, 700)


@pytest.mark.parametrize("kind", ["csv", "npz"])
def test_a_labelled_file_is_evaluated(nncli, weights, tmp_path, some_rows, kind):
    inputs, labels = some_rows
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        path.write_text(as_csv(inputs.tolist(), labels), encoding="utf-8")
    else:
        np.savez(path, X=inputs, y=labels)
    found = json.loads(nncli("eval", weights, "--data", path, "--json").out)
    np.save(tmp_path / "rows.npy", inputs)
    chosen = nncli("predict", weights, tmp_path / "rows.npy").out.splitlines()[1:]
    hits = sum(line.split(",")[1] == str(label) for line, label in zip(chosen, labels, strict=True))
    assert found["split"] == str(path)
    assert found["rows"] == 700
    assert found["metrics"]["accuracy"] == hits / 700
    assert found["metrics"]["loss"] == pytest.approx(found["metrics"]["log_loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x1,x2,xor\n0,1,2\n", "line 2: the class '2' is not one of the model's: 0, 1"),
        ("x1,x2,xro\n0,1,1\n", "has no column 'xor' to compare with; did you mean 'xro'?"),
        ("x1,x2,xor\n0,one,1\n", "line 2, column x2: found 'one'; expected a finite number"),
        ("x1,x2,xor\n", "has no rows below its header"),
        ("", "is empty; expected rows of numbers"),
    ],
)
def test_a_wrong_labelled_file_is_one_line(nncli, weights, tmp_path, content, message):
    (tmp_path / "rows.csv").write_text(content, encoding="utf-8")
    result = nncli("eval", weights, "--data", "rows.csv")
    assert result.code == 1
    assert result.error == f"Error: rows.csv: {message}"


@pytest.mark.parametrize("value", ["1e39", "-1e300"])
def test_a_value_beyond_the_precision_of_the_model_is_one_line(nncli, weights, tmp_path, value):
    (tmp_path / "rows.csv").write_text(f"x1,x2,xor\n0,1,1\n0,{value},1\n", encoding="utf-8")
    result = nncli("eval", weights, "--data", "rows.csv")
    assert result.code == 1
    assert "row 1 (from 0): a value is too large for the float32 precision" in result.error


# The threshold of two classes


def chosen_by(predictions, threshold):
    """Return which rows of predictions have a probability above a threshold."""
    rows = [line.split(",") for line in predictions.splitlines()[1:]]
    return [int(np.float32(row[3]) > np.float32(threshold)) for row in rows]


def test_the_threshold_of_the_config_is_the_models_own(nncli, xor_config, tmp_path, some_rows):
    inputs, labels = some_rows
    np.savez(tmp_path / "rows.npz", X=inputs, y=labels)
    np.save(tmp_path / "rows.npy", inputs)
    overrides = ("model.threshold=0.3", "training.epochs=40")
    assert nncli("train", xor_config, *overrides, "-q", "-o", "run").code == 0
    saved = json.loads((tmp_path / "run" / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(nncli("eval", "run", "--json").out) == saved["test"]
    assert saved["test"]["threshold"] == 0.3
    for options, threshold in (([], 0.3), (["--threshold", "0.6"], 0.6)):
        found = json.loads(nncli("eval", "run", "--data", "rows.npz", "--json", *options).out)
        predictions = nncli("predict", "run", "rows.npy", "--proba", *options).out
        chosen = chosen_by(predictions, threshold)
        assert found["threshold"] == threshold
        assert found["metrics"]["accuracy"] == np.mean(chosen == labels)
        names = [line.split(",")[1] for line in predictions.splitlines()[1:]]
        assert names == list(map(str, chosen))
        assert 0 < sum(chosen) < len(chosen)


def test_the_history_counts_by_the_threshold_of_the_evaluation(nncli, xor_config, tmp_path):
    """With one full batch, an epoch is measured before its step, so after the previous epoch."""
    all_rows = ("training.batch_size=full", "data.validation=0", "model.threshold=0.3")
    for epochs in (2, 3):
        options = (*all_rows, f"training.epochs={epochs}", "-q", "-o", f"run-{epochs}")
        assert nncli("train", xor_config, *options).code == 0
    saved = json.loads((tmp_path / "run-2" / "metrics.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "run-3" / "history.csv").read_text(encoding="utf-8").splitlines()
    last = dict(zip(lines[0].split(","), lines[-1].split(","), strict=True))
    accuracy = saved["train"]["metrics"]["accuracy"]
    assert float(last["train_accuracy"]) == pytest.approx(accuracy, rel=1e-6)


@pytest.mark.parametrize("command", ["eval", "predict"])
@pytest.mark.parametrize("value", ["0", "1", "-0.1", "nan", "inf"])
def test_a_threshold_outside_0_and_1_is_refused(nncli, weights, command, value):
    inputs = ["rows.npy"] if command == "predict" else []
    result = nncli(command, weights, *inputs, f"--threshold={value}")
    assert result.code == 2
    assert result.error == (
        f"Error: --threshold: found {float(value):g}; expected a probability between 0 and 1"
    )


def test_a_threshold_needs_two_classes_and_probabilities(nncli, xor_config, many_classes, tmp_path):
    write_model(tmp_path / "many.npz", many_classes(4))
    assert nncli("eval", "many.npz", "--threshold=0.3").error == (
        "Error: many.npz: its task is multiclass; a threshold applies only to binary and "
        "multilabel; leave out --threshold"
    )
    assert nncli("train", xor_config, "model.output=tanh", "-o", "run").code == 0
    assert nncli("eval", "run", "--threshold=0.3").error == (
        "Error: run: its outputs are not probabilities, so it has no threshold; leave out "
        "--threshold"
    )
    found = json.loads(nncli("eval", "run", "--json").out)
    assert "threshold" not in found
    assert "roc_auc" in found["metrics"]
    assert "brier" not in found["metrics"]


@pytest.mark.parametrize("config", [{}, {"model": {}}, {"model": {"threshold": None}}])
def test_a_model_from_before_there_were_thresholds_has_one_half(weights, config):
    assert replace(read_model(weights), config=config).threshold == 0.5


@pytest.mark.parametrize("threshold", [0, 1.0, "0.3", [0.5], True])
def test_a_damaged_threshold_is_one_line(nncli, weights, tmp_path, threshold):
    model = replace(read_model(weights), config={"model": {"threshold": threshold}})
    write_model(tmp_path / "weights.npz", model)
    result = nncli("eval", "weights.npz", "--data", "rows.csv")
    assert result.code == 1
    assert result.error.startswith(
        f"Error: the model's config: model.threshold: found {threshold!r}; expected a number"
    )


def test_rows_of_one_class_have_no_area_under_a_curve(nncli, weights, tmp_path):
    (tmp_path / "rows.csv").write_text("x1,x2,xor\n0,1,1\n1,0,1\n", encoding="utf-8")
    found = json.loads(nncli("eval", weights, "--data", "rows.csv", "--json").out)["metrics"]
    assert "roc_auc" not in found
    assert found["average_precision"] == 1
    assert "roc_auc" not in nncli("eval", weights, "--data", "rows.csv").out


# Many classes


@pytest.mark.parametrize("name", ["{}", "a rather long name for the class of number {}"])
@pytest.mark.parametrize("count", [2, 10, 12, 40])
def test_any_number_of_classes_fits_80_columns(nncli, many_classes, tmp_path, count, name):
    model = many_classes(count, name)
    write_model(tmp_path / "weights.npz", model)
    rows = [f"{n},{name.format((n + 1) % count)}\n" * 1000 for n in range(count)]
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(rows), encoding="utf-8")
    result = nncli("eval", "weights.npz", "--data", "rows.csv")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= 80
    if count == 40:
        most = result.out.split("\n\n")[-1].splitlines()
        assert most[0] == "most frequent confusions (--json has the whole matrix)"
        assert len(most) == 2 + 10
        assert [line.split()[-1] for line in most[2:]] == ["1000"] * 10


@pytest.mark.parametrize("outputs", [1, 2, 10])
def test_a_huge_loss_is_printed_as_the_same_log_loss(nncli, many_classes, tmp_path, outputs):
    model = many_classes(max(outputs, 2))
    if outputs == 1:
        network = Network(block(1, 1, "sigmoid"), np.array([1, 0.1], np.float32))
        loss = Objective("sigmoid_cross_entropy", {})
        model = replace(model, network=network, objective=loss, task="binary")
    write_model(tmp_path / "weights.npz", model)
    rows = [f"{n / 7 - 9000},{model.classes[-1 - n % 2]}\n" for n in range(700)]
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(rows), encoding="utf-8")
    printed = nncli("eval", "weights.npz", "--data", "rows.csv").out.split("\n\n")[0]
    numbers = numbers_in(printed.splitlines())
    assert numbers["loss"] == numbers["log_loss"]
    assert float(numbers["loss"]) > 4000


def test_control_characters_in_names_of_classes_do_not_reach_the_terminal(
    nncli, many_classes, tmp_path
):
    write_model(tmp_path / "weights.npz", many_classes(2, "c{}\x1b[2J\r"))
    np.savez(tmp_path / "rows.npz", X=np.zeros((1, 1)), y=np.array(["c0\x1b[2J\r"]))
    for arguments in (["eval", "weights.npz", "--data", "rows.npz"], ["show", "weights.npz"]):
        result = nncli(*arguments)
        assert result.code == 0
        assert "\x1b" not in result.out
        assert "\r" not in result.out
        assert "c0\\x1b" in result.out


def test_a_wide_matrix_is_replaced_by_the_most_frequent_confusions(nncli, many_classes, tmp_path):
    write_model(tmp_path / "weights.npz", many_classes(40, "c{}"))
    rows = ["3,c5\n"] * 3 + ["7,c7\n"] * 9 + ["8,c9\n"] * 2 + ["9,c8\n"]
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(rows), encoding="utf-8")
    most = nncli("eval", "weights.npz", "--data", "rows.csv").out.split("\n\n")[-1]
    assert [line.split() for line in most.splitlines()[2:]] == [
        ["c5", "c3", "3"],
        ["c9", "c8", "2"],
        ["c8", "c9", "1"],
    ]


def test_of_more_than_a_hundred_classes_the_worst_are_printed(nncli, many_classes, tmp_path):
    write_model(tmp_path / "weights.npz", many_classes(101, "c{}"))
    rows = [f"{n},c{n}\n" for n in range(90)] + ["3,c5\n"] * 3
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(rows), encoding="utf-8")
    _, classes, most = nncli("eval", "weights.npz", "--data", "rows.csv").out.split("\n\n")
    title, header, first, *others = classes.splitlines()
    assert title == "the 20 of 101 classes with the lowest f1 (--json has all)"
    assert header.split() == ["class", "precision", "recall", "f1", "support"]
    assert first.split()[0] == "c5"  # of the classes with the same F1, the one with the most rows
    assert len(others) == 19
    assert most.splitlines()[0] == "most frequent confusions (--json has all of them)"
    assert most.splitlines()[2].split() == ["c5", "c3", "3"]
    found = json.loads(nncli("eval", "weights.npz", "--data", "rows.csv", "--json").out)
    assert "confusion_matrix" not in found
    assert [3, 5, 3] in found["confusion_pairs"]
    assert len(found["per_class"]) == 101


# Labels


def test_the_figures_of_labels_fit_80_columns(capsys):
    random = np.random.default_rng(0)
    answers = Answers(
        split="test",
        names=["a label with rather a long name", "short"],
        truth=random.integers(0, 2, (5000, 2)),
        numbers=random.normal(size=(5000, 2)),
        loss=0.7,
        probabilities=True,
        coupled=False,
        threshold=0.4,
    )
    print_evaluation(EVALUATIONS["multilabel"].of(answers))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == ["threshold", "0.4"]
    assert lines[-3].split() == [
        *("label", "precision", "recall", "f1", "support", "roc_auc", "average_precision")
    ]
    assert lines[-2].startswith("a label with r..  ")


# MNIST


@pytest.mark.usefixtures("with_mnist")
def test_mnist_gives_the_saved_metrics_again(nncli, mnist_run):
    result = nncli("eval", mnist_run / "weights.npz", "--json")
    saved = json.loads((mnist_run / "metrics.json").read_text(encoding="utf-8"))
    assert json.loads(result.out) == saved["test"]
    text = nncli("eval", mnist_run / "weights.npz").out
    assert max(map(len, text.splitlines())) <= 80
    assert "confusion matrix" in text


@pytest.mark.usefixtures("without_mnist")
def test_a_model_does_not_need_its_data_for_a_labelled_file(nncli, mnist_run, tmp_path):
    np.savez(tmp_path / "rows.npz", X=np.zeros((3, 28, 28), np.uint8), y=np.array([1, 2, 3]))
    weights = mnist_run / "weights.npz"
    assert nncli("eval", weights, "--data", "rows.npz").code == 0
    assert nncli("eval", weights).error.startswith("Error: train-images-idx3-ubyte.gz")


# The process


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_standard_output_is_one_line(process, weights, options):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        running = process("eval", weights, *options, stdout=full)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert err == "Error: standard output cannot be written (no space left on device)\n"


# Many targets


@pytest.mark.parametrize(("rows", "title"), [(5, "lowest r2"), (1, "highest rmse")])
def test_of_more_than_a_hundred_targets_the_worst_are_printed(capsys, rows, title):
    truth = np.random.default_rng(0).normal(size=(rows, 120))
    errors = np.zeros((rows, 120))
    errors[:, 7] = 3.0
    print_evaluation(
        EVALUATIONS["regression"].of(
            Answers(
                split="test",
                names=[f"y{n}" for n in range(120)],
                truth=truth,
                numbers=truth + errors,
                loss=0.7,
                probabilities=False,
                coupled=False,
            )
        )
    )
    lines = capsys.readouterr().out.splitlines()
    at = lines.index(f"the 20 of 120 targets with the {title} (--json has all)")
    assert lines[at + 2].split()[0] == "y7"


def test_importance_prints_a_line_for_each_column(nncli, weights):
    result = nncli("eval", weights, "--importance")
    assert (result.code, result.err) == (0, "")
    head, table = (part.splitlines() for part in result.out.split("\n\n"))
    assert numbers_in(head)["split"] == "test"
    assert table[0] == "after 5 permutations of a column: mean and standard deviation"
    assert re.split("  +", table[1]) == ["column", "loss rises", "+/-", "accuracy falls", "+/-"]
    values = json.loads(nncli("eval", weights, "--importance", "--json").out)
    assert {each["column"] for each in values["columns"]} == {"x1", "x2"}
    for line, each in zip(table[2:], values["columns"], strict=True):
        assert line.split()[0] == each["column"]
        assert float(line.split()[1]) == pytest.approx(each["loss"]["mean"], abs=1e-4)


def test_importance_takes_a_split_or_a_file(nncli, weights, tmp_path):
    assert "split     train" in nncli("eval", weights, "--importance", "--split", "train").out
    (tmp_path / "rows.csv").write_text("x1,x2,xor\n0,1,1\n1,1,0\n0,0,0\n", "utf-8")
    assert nncli("eval", weights, "--importance", "--data", "rows.csv").code == 0
    (tmp_path / "one.csv").write_text("x1,x2,xor\n0,1,1\n", "utf-8")
    result = nncli("eval", weights, "--importance", "--data", "one.csv")
    assert result.code == 2
    assert "one.csv: found one row" in result.error


def test_mistakes_are_the_worst_rows_with_target_and_prediction(nncli, weights):
    done = nncli("eval", weights, "--mistakes", "2")
    found = json.loads(nncli("eval", weights, "--mistakes", "2", "--json").out)["mistakes"]
    title, header, *rows = done.out.split("\n\n")[-1].splitlines()
    assert title == "the 2 rows with the worst predictions, counted from 0"
    assert " ".join(header.split()) == "row target prediction probability probability of target"
    assert [row.split()[:3] for row in rows] == [
        [str(each["row"]), each["target"], each["prediction"]] for each in found
    ]
    assert all(each["target"] != each["prediction"] for each in found)


def test_the_number_of_mistakes_is_positive(nncli, weights):
    assert nncli("eval", weights, "--mistakes", "0").code == 2


def test_mistakes_exclude_importance(nncli, weights):
    result = nncli("eval", weights, "--mistakes", "2", "--importance")
    assert result.code == 2
    assert "--importance and --mistakes exclude each other" in result.error
