"""Cross-validation: a run for each fold, and what they come to together."""

import csv
import json
from statistics import fmean, stdev

import numpy as np
import pytest

NUMBERS = "data: {path: t.csv, target: y, id: name, test: 6, validation: 0}\n"
SHORT = "model: {hidden_layers: [3]}\ntraining: {epochs: 2, batch_size: 8, folds: 3}\n"


def lines(rows=42, target="{x:.2f}"):
    """Return a table with a name, a number, a category, and a target of the number."""
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
    table[5] = table[5].rpartition(",")[0] + ","  # row 4 has no target: it is left out
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
