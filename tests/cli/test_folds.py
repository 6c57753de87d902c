"""Cross-validation: a run for each fold, and their joint results."""

import csv
import json
import shutil
from statistics import fmean, stdev

import numpy as np
import pytest

from nncli.model.model_file import read_model

NUMBERS = "data: {path: t.csv, target: y, id: name, test: 6, validation: 0}\n"
SHORT = "model: {hidden_layers: [3]}\ntraining: {epochs: 2, batch_size: 8, folds: 3}\n"


def lines(rows=42, target="{x:.2f}"):
    """Return a table with a name, a number, a category, and a target that depends on the number."""
    random = np.random.default_rng(0)
    table = ["name,x,kind,y"]
    for n, x in enumerate(random.normal(size=rows)):
        table.append(f"{n:03},{x:.3f},{'abc'[n % 3]},{target.format(x=x, n=n)}")
    return table


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a table to ``t.csv`` and a config for it to ``c.yaml``."""

    def do(table, data=NUMBERS, rest=SHORT):
        (tmp_path / "t.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
        (tmp_path / "c.yaml").write_text(data + rest, encoding="utf-8")

    return do


def predictions(run):
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def metrics(run):
    return json.loads((run / "metrics.json").read_text(encoding="utf-8"))


def test_every_row_is_predicted_once_by_the_model_that_has_not_seen_it(nncli, write, tmp_path):
    table = lines()
    table[5] = table[5].rpartition(",")[0] + ","  # row 4 has no target, so it is skipped
    write(table)
    done = nncli("train", "-q", "c.yaml", "-o", "run")
    assert (done.code, done.err) == (0, "")
    found = predictions(tmp_path / "run")
    assert list(found[0]) == ["row", "fold", "name", "target", "prediction"]
    assert [each["name"] for each in found] == [f"{int(each['row']):03}" for each in found]
    assert [each["row"] for each in found] == sorted({each["row"] for each in found}, key=int)
    assert len(found) == 42 - 1 - 6
    assert "4" not in {each["row"] for each in found}
    cells = {row.split(",")[0]: row.split(",") for row in table[1:]}
    for number in "123":
        rows = [each for each in found if each["fold"] == number]
        assert len(rows) in (11, 12)
        assert [float(each["target"]) for each in rows] == [
            float(cells[each["name"]][3]) for each in rows
        ]
        text = ["x,kind", *(",".join(cells[each["name"]][1:3]) for each in rows)]
        (tmp_path / "rows.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
        again = nncli("predict", f"run/fold-{number}/weights.npz", "rows.csv").out
        told = [row["prediction"] for row in csv.DictReader(again.splitlines())]
        assert told == [each["prediction"] for each in rows]


def test_metrics_are_those_of_eval_with_mean_and_sample_deviation(nncli, write, tmp_path):
    write(lines())
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    saved = metrics(tmp_path / "run")
    for split in ("train", "held_out", "test"):
        for each in saved[split]["folds"]:
            weights = f"run/fold-{each['fold']}/weights.npz"
            again = json.loads(nncli("eval", weights, "--split", split, "--json").out)
            assert again["rows"] == each["rows"]
            assert again["metrics"] == pytest.approx(each["metrics"], rel=1e-6)
        for name, mean in saved[split]["mean"].items():
            values = [each["metrics"][name] for each in saved[split]["folds"]]
            assert len({*values}) == 3
            assert mean == fmean(values)
            assert saved[split]["sample_standard_deviation"][name] == stdev(values)


def test_preprocessing_is_fitted_on_the_training_rows_of_each_fold(nncli, write, tmp_path):
    table = lines()
    table[1] = "000,50,d,1"  # a unique category and an extreme number
    write(table, NUMBERS.replace("test: 6", "test: 0"))
    done = nncli("train", "-q", "c.yaml", "-o", "run")
    assert done.err.count("'d' (line 2); its inputs are all 0") == 1
    found = predictions(tmp_path / "run")
    knows = set()
    for number in "123":
        mine = [int(each["row"]) for each in found if each["fold"] != number]
        prep = read_model(tmp_path / f"run/fold-{number}").preprocessing
        x = np.array([table[1 + row].split(",")[1] for row in mine], float)
        assert prep.offset[0] == pytest.approx(x.mean(), rel=1e-5)
        assert prep.scale[0] == pytest.approx(1 / x.std(), rel=1e-5)
        y = np.array([table[1 + row].split(",")[3] for row in mine], float)
        assert prep.target_offset[0] == pytest.approx(y.mean(), rel=1e-5)
        if "d" in prep.encoding.columns[1].categories:
            knows.add(number)
    assert knows == {"1", "2", "3"} - {found[0]["fold"]}


def test_classes_are_spread_evenly_and_have_probabilities(nncli, write, tmp_path):
    rows = [f"{n:03},{n % 7},{'ab'[n % 2]},{'yes' if n % 3 else 'no'}" for n in range(40)]
    write(["name,x,kind,y", *rows])
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    found = predictions(tmp_path / "run")
    assert list(found[0])[3:] == ["target", "prediction", "p_no", "p_yes"]
    for number in "123":
        truth = [each["target"] for each in found if each["fold"] == number]
        assert truth.count("no") in (3, 4)
        assert truth.count("yes") in (7, 8)
    hits = np.mean([each["target"] == each["prediction"] for each in found])
    folds = metrics(tmp_path / "run")["held_out"]["folds"]
    expected = sum(each["metrics"]["accuracy"] * each["rows"] for each in folds) / len(found)
    assert hits == pytest.approx(expected)


def files(run):
    """Return the results that must be bit-identical."""
    found = {"predictions": (run / "predictions.csv").read_bytes()}
    for fold in sorted(run.glob("fold-*")):
        found[fold.name] = read_model(fold).network.parameters.tobytes()
    saved = metrics(run)
    return found | {split: saved[split] for split in ("train", "held_out", "test")}


def test_an_interrupted_run_resumes_with_the_remaining_folds(nncli, write, tmp_path, stop_at):
    write(lines())
    assert nncli("train", "-q", "c.yaml", "-o", "whole").code == 0
    stop_at(9)
    done = nncli("train", "-q", "c.yaml", "-o", "a run")
    assert done.code == 130
    assert done.err.splitlines()[-2:] == [
        "Interrupted in fold 2/3 after 0 of 2 epochs; to resume:",
        "  nncli train --resume 'a run'",
    ]
    run = tmp_path / "a run"
    assert not (run / "metrics.json").exists()
    first = (run / "fold-1" / "weights.npz").read_bytes()
    other = nncli("train", "-q", "--resume", "a run", "training.learning_rate=0.5")
    assert (other.code, "learning_rate was 0.002 and is 0.5" in other.error) == (2, True)
    assert nncli("train", "-q", "--resume", "a run").code == 0
    assert (run / "fold-1" / "weights.npz").read_bytes() == first
    assert files(run) == files(tmp_path / "whole")
    shutil.rmtree(run / "fold-3")
    (run / "metrics.json").unlink()
    assert nncli("train", "-q", "--resume", "a run").code == 0
    assert files(run) == files(tmp_path / "whole")
    again = nncli("train", "--resume", "a run")
    assert again.out.startswith("a run is finished: all 3 folds are done.\n")


@pytest.mark.parametrize("other", ["fold-2", "of one fold"])
def test_a_fold_refuses_the_model_of_another(nncli, write, tmp_path, other):
    write(lines())
    nncli("train", "-q", "c.yaml", "-o", "run")
    nncli("train", "-q", "c.yaml", "-o", "run/of one fold", "training.folds=null")
    weights = tmp_path / "run" / other / "weights.npz"
    shutil.copyfile(weights, tmp_path / "run" / "fold-1" / "weights.npz")
    assert nncli("train", "-q", "--resume", "run").error == (
        "Error: run/fold-1/weights.npz: is not a model of this run; restore the model of the fold"
    )


def test_all_folds_can_be_trained_for_more_epochs(nncli, write, tmp_path):
    write(lines())
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    assert nncli("train", "-q", "c.yaml", "-o", "long", "training.epochs=4").code == 0
    assert nncli("train", "-q", "--resume", "run", "training.epochs=4").code == 0
    assert files(tmp_path / "run") == files(tmp_path / "long")
    texts = [
        (tmp_path / run / "config.yaml").read_text(encoding="utf-8") for run in ("run", "long")
    ]
    assert texts[0] == texts[1]


def test_one_fold_can_be_trained_alone_and_then_all_rows(nncli, write, tmp_path):
    write(lines())
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    assert nncli("train", "-q", "c.yaml", "training.fold=2", "-o", "alone").code == 0
    assert nncli("train", "-q", "run/config.yaml", "training.folds=null", "-o", "all").code == 0
    models = [read_model(tmp_path / each) for each in ("run/fold-2", "alone", "all")]
    assert np.array_equal(models[0].network.parameters, models[1].network.parameters)
    assert [*models[2].metrics] == ["train", "test"]
    assert nncli("show", "run").error == (
        "Error: run: has a model for each fold; choose run/fold-1"
    )


def test_each_of_several_targets_has_its_columns(nncli, write, tmp_path):
    rows = [f"{n},{n % 7},{n % 2},{n % 3 % 2}" for n in range(40)]
    write(["row,x,a,b", *rows], "data: {path: t.csv, target: [a, b], id: row}\n")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    lines = (tmp_path / "run" / "predictions.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "row,fold,id,target_a,target_b,prediction_a,prediction_b,p_a,p_b"
    for line in lines[1:]:
        row, _, name, a, b, *_ = line.split(",")
        x = int(row) % 7
        assert f"{name},{x},{a},{b}" == rows[int(row)]


SOURCES = {
    "xor": "{source: xor, rows: 60, test: 20, validation: 0.1}",
    "gate": "{source: gate, gate: xor}",
    "rows": "{source: rows, inputs: [[0], [1], [2], [3]], targets: [0, 1, 2, 3]}",
    "npz": "{path: a.npz, test: 10, validation: 5}",
    "npy": "{source: npy, inputs: X.npy, targets: y.npy, test: [X.npy, y.npy], validation: 0}",
    "parquet": "{path: t.parquet, target: y}",
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_is_split_into_folds(nncli, tmp_path, source):
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 2)), np.arange(60) % 3
    np.savez(tmp_path / "a.npz", X=X, y=y)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    if source == "parquet":
        parquet = pytest.importorskip("pyarrow.parquet")
        arrow = pytest.importorskip("pyarrow")
        parquet.write_table(arrow.table({"x": X[:, 0], "y": y}), tmp_path / "t.parquet")
    text = f"data: {SOURCES[source]}\nmodel: {{hidden_layers: [2]}}\n"
    (tmp_path / "c.yaml").write_text(f"{text}training: {{epochs: 0, folds: 2}}", encoding="utf-8")
    done = nncli("train", "-q", "c.yaml", "-o", "run")
    assert (done.code, done.err) == (0, "")
    saved = metrics(tmp_path / "run")
    rows = {"gate": 4, "rows": 4, "npz": 50, "parquet": 48}.get(source, 60)
    found = predictions(tmp_path / "run")
    assert len({each["row"] for each in found}) == len(found) == rows
    assert [each["rows"] for each in saved["held_out"]["folds"]] == [rows // 2] * 2
    assert ("test" in saved) == (source not in ("gate", "rows"))


def test_the_output_has_every_fold_and_the_mean(nncli, write):
    write(lines())
    done = nncli("train", "c.yaml", "-o", "run")
    progress = [line.split("  ")[0] for line in done.err.splitlines()[-9:]]
    assert progress == [
        word for k in (1, 2, 3) for word in (f"fold {k}/3", "epoch 1/2", "epoch 2/2")
    ]
    table = done.out.splitlines()
    assert table[0].split() == ["fold", "rows", "loss", "mae", "rmse", "r2"]
    assert [line.split()[0] for line in table[1:4]] == ["1", "2", "3"]
    assert table[5] == "mean ± sample standard deviation over 3 folds"
    assert table[6].split() == ["metric", "held_out", "test", "train"]
    assert [line.split()[0] for line in table[7:11]] == ["loss", "mae", "rmse", "r2"]
    assert max(map(len, table)) <= 80
    assert table[-5:-2] == [
        "Saved in run.",
        "predictions.csv: each row predicted by the model that was not trained on it.",
        "Next, evaluate a fold again, or train a model on all rows:",
    ]
    dry = nncli("train", "c.yaml", "--dry-run").out
    assert "folds, one model each  3\n" in dry
    assert "24 train, 12 held_out, 6 test" in dry


@pytest.mark.parametrize(
    ("table", "settings", "message"),
    [
        (
            [f"{n},{n},a,{'rare' if n < 2 else 'usual'}" for n in range(30)],
            ["data.test=0", "data.rare=error"],
            "t.csv: class 'rare' has 2 rows outside the test set, fewer than the 3 folds; remove "
            "it, add rows of it, or set training.folds: 2",
        ),
        (
            [f"{n},{n},a,{n}.5" for n in range(8)],
            [],
            "t.csv: has 2 rows outside the test set, fewer than the 3 folds; add rows, or reduce "
            "training.folds",
        ),
        (
            [f"{n},{n},a,{n}.5" for n in range(30)],
            ["data.validation=16"],
            "t.csv: has 30 rows; data.test: 6 and data.validation: 16 and a fold leave none for "
            "training",
        ),
    ],
)
def test_too_few_rows_are_refused_in_one_line(nncli, write, tmp_path, table, settings, message):
    write(["name,x,kind,y", *table])
    done = nncli("train", "-q", "c.yaml", "-o", "run", *settings)
    assert (done.code, done.error) == (1, f"Error: {message}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["training.folds=null", "training.fold=1"], "found 1, but no training.folds; set both"),
        (["training.fold=4"], "found 4; expected 1 to 3 (training.folds)"),
    ],
)
def test_a_fold_is_one_of_the_folds(nncli, write, settings, message):
    write(lines())
    done = nncli("train", "-q", "c.yaml", *settings)
    assert (done.code, done.err.splitlines()[0]) == (
        2,
        f"command line: training.fold: {message}",
    )


def test_a_diverged_fold_is_named(nncli, write):
    write(lines())
    huge = ["training.optimizer=sgd", "training.learning_rate=1e30"]
    done = nncli("train", "-q", "c.yaml", "-o", "run", *huge)
    assert done.code == 1
    assert done.divergence.startswith("Error: fold 1/3: epoch 1, batch 2: ")
    assert "To see why:\n  nncli diagnose run/fold-1\n" in done.err
