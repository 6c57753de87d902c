"""Proofs: results with and without a change, on the same rows, and what they show."""

import json
import re

import numpy as np
import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.finding import Change, Evidence, Finding
from nncli.explain.diagnosis.proof import Proof
from nncli.explain.diagnosis.prove import helps, proofs_of
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.diagnosis.trial import MOST_PRODUCTS, MOST_ROWS, Trial
from tests.explain.diagnosis.runs import BROKEN, expected_codes

pytestmark = pytest.mark.filterwarnings("ignore::nncli.NncliWarning")

XOR = {
    "data": {"source": "xor", "rows": 200, "test": 0},
    "model": {"hidden_layers": [8], "initializer": "zeros"},
    "training": {"epochs": 50, "learning_rate": 0.01},
}

LEAK = next(path for path in BROKEN if path.stem == "leak")
CLASS_NUMBERS = next(path for path in BROKEN if path.stem == "class_numbers")

FIRST = {code: path for path in reversed(BROKEN) for code in expected_codes(path)}
"""A broken config of each finding."""


def finding(key, value, code="N051"):
    return Finding(code, "problem", Evidence("numbers", "cause", Change(key, value)))


def xor(**training):
    return case_of({**XOR, "training": {**XOR["training"], **training}})


def test_both_trainings_of_a_seed_are_those_of_train():
    proof = helps(xor(), finding("model.initializer", "he_normal"))
    assert (proof.metric, proof.split, proof.epochs) == ("loss", "train", (50, 50))
    assert list(proof.seeds) == [0, 1, 2]
    for seed, without, changed in zip(proof.seeds, proof.without, proof.changed, strict=True):
        for initializer, expected in (("zeros", without), ("he_normal", changed)):
            settings = {"seed": seed, "data_seed": 0, "model.initializer": initializer}
            trained = nncli.train(XOR, {**settings, "training.engine": "numpy"})
            assert trained.metrics["train"]["loss"] == expected


def test_a_run_and_its_config_are_proven_alike():
    run = nncli.train(XOR, {"training.engine": "numpy"})
    change = finding("model.initializer", "he_normal")
    assert helps(case_of(run), change) == helps(xor(), change)


def test_a_change_that_makes_it_worse_does_not_help():
    case = case_of({**XOR, "model": {"hidden_layers": [8]}})
    proof = helps(case, finding("model.initializer", "zeros"))
    assert (proof.better, proof.helps) == (0, False)
    assert proof.verdict == "does not help: better on 0 of 3 seeds"


def test_a_training_that_diverges_is_the_worst():
    change = finding("training.learning_rate", 0.1)
    proof = helps(xor(optimizer="sgd", learning_rate=1e300), change)
    assert proof.without == [None] * 3
    assert proof.verdict == "helps on 3 of 3 seeds"
    back = helps(xor(optimizer="sgd"), finding("training.learning_rate", 1e300))
    assert back.changed == [None] * 3
    assert back.better == 0
    assert json.loads(json.dumps(back.as_json(), allow_nan=False))["with"] == [None] * 3


def test_losses_of_other_functions_are_not_compared():
    proof = helps(xor(), finding("training.loss", "mean_squared_error"), seeds=1)
    assert proof.metric == "balanced_accuracy"


def test_a_regression_on_class_numbers_is_compared_by_its_rounded_outputs():
    case = case_of(CLASS_NUMBERS)
    proof = helps(case, finding("data.task", "multiclass", "N050"), seeds=1)
    assert (proof.metric, proof.split) == ("accuracy", "train")
    model = nncli.train(CLASS_NUMBERS, {"training.engine": "numpy"}).model
    train = case.dataset.splits["train"]
    predicted = model.predict(train.inputs[train.rows])
    expected = np.mean(np.round(predicted) == train.targets[train.rows, 0])
    assert proof.without == [pytest.approx(expected)]
    assert proof.changed[0] > 0.9


def test_the_loss_does_not_show_that_a_threshold_helps():
    proof = helps(xor(), finding("model.threshold", 0.4, "N005"), seeds=1)
    assert proof.metric == "balanced_accuracy"


def test_errors_of_scaled_targets_are_compared_in_their_own_units(tmp_path):
    rows = [f"{n},{1000 * n}" for n in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y", *rows]))
    config = {"data": {"path": str(tmp_path / "rows.csv"), "target": "y"}}
    proof = helps(case_of(config), finding("training.loss", "mean_absolute_error"), seeds=1)
    assert proof.metric == "rmse"


def test_a_finding_about_unseen_rows_is_shown_on_validation_rows(monkeypatch):
    rule = RULES["N051"]
    monkeypatch.setitem(RULES, "N051", type(rule)(rule.check, "problem", "run", shown_by="unseen"))
    config = {**XOR, "data": {"source": "xor", "rows": 200, "validation": 50, "test": 50}}
    assert helps(case_of(config), finding("model.initializer", "he_normal"), seeds=1).split == (
        "validation"
    )
    assert helps(xor(), finding("model.initializer", "he_normal"), seeds=1).split == "train"


def test_a_change_that_is_refused_says_so():
    proof = helps(xor(), finding("training.loss", "cross_entropy"))
    assert not proof.helps
    assert proof.verdict.startswith("cannot be shown: training.loss: cross_entropy does")
    assert [*proof.seeds] == []


def test_a_change_that_makes_results_honest_is_not_trained():
    found = nncli.diagnose(LEAK, prove=True)
    assert found.change.key == "data.drop"
    [proof] = found.proofs
    assert (proof.code, proof.refused, [*proof.seeds]) == ("N033", RULES["N033"].unprovable, [])
    assert proof.as_json()["helps"] is None
    assert f"cannot be shown: {proof.refused}" in " ".join(found.page().split())


def test_findings_with_the_same_change_share_the_trainings():
    change = finding("model.initializer", "he_normal")
    again = finding("model.initializer", "he_normal", "N024")
    first, second = proofs_of(xor(), [change, finding("seed", None), again][::2])
    assert (first.changed, first.without) == (second.changed, second.without)
    assert (first.code, second.code) == ("N051", "N024")


def test_many_rows_are_trained_briefly():
    case = case_of({"data": {"source": "xor", "rows": MOST_ROWS // 2, "test": 0}})
    assert Trial(case.loaded, case.dataset).epochs == (2, 10)
    case = xor(batch_size=1, epochs=1000)
    assert Trial(case.loaded, case.dataset).epochs == (100, 1000)
    wide = {"hidden_layers": [1000, 1000]}
    case = case_of({"data": {"source": "xor", "rows": 4000, "test": 0}, "model": wide})
    weights = 2 * 1000 + 1000 * 1000 + 1000 + 2 * 1000 + 1
    assert Trial(case.loaded, case.dataset).epochs == (MOST_PRODUCTS // (4000 * weights), 10)


@pytest.mark.parametrize(
    ("metric", "without", "changed", "better"),
    [
        ("loss", 1.0, 0.98, True),
        ("loss", 1.0, 0.995, False),  # so little is chance
        ("loss", -1.0, -1.5, True),
        ("loss", 0.0, 0.0, False),
        ("accuracy", 0.5, 0.51, True),
        ("accuracy", 0.5, 0.5, False),
        ("loss", None, 9.0, True),
        ("loss", 9.0, None, False),
        ("loss", None, None, False),
    ],
)
def test_a_result_is_better_by_more_than_chance(metric, without, changed, better):
    proof = Proof("N023", Change("seed", 1), metric, "train", [0], [without], [changed])
    assert proof.helps is better


@pytest.mark.parametrize(
    ("code", "split", "epochs", "words"),
    [
        ("N030", "train", (1, 1), "the training rows, which the network is to learn, after the "
         "only epoch"),
        ("N030", "train", (1, 10), "after the first of 10 epochs"),
        ("N030", "train", (3, 10), "after the first 3 of 10 epochs"),
        ("N040", "test", (9, 9), "the test rows, as the network does not see them in training, "
         "after all 9 epochs"),
        ("N040", "train", (9, 9), "the training rows, as there are no others, after all 9"),
        ("N045", "train", (9, 9), "the training rows, which the network is to learn, after"),
    ],
)  # fmt: skip
def test_the_page_says_which_rows_are_compared_and_why(code, split, epochs, words):
    proof = Proof(code, Change("a.b", 1), "loss", split, [0], [1.0], [0.5], epochs)
    page = re.sub(r"\s+", " ", nncli.Diagnosis("run", [], proofs=[proof]).page())
    assert f"{code}, a.b=1: loss on the " in page
    assert words in page


def test_the_page_shows_both_trainings_side_by_side():
    found = nncli.diagnose(XOR, prove=True)
    lines = found.page().splitlines()
    rows = [line.split() for line in lines if line.lstrip().startswith(("without ", "with "))]
    assert [row[0] for row in rows] == ["without", "with"]
    proof = found.proofs[0]
    assert rows[1][1:4] == [f"{each:.4g}" for each in proof.changed]
    assert float(rows[1][4]) == pytest.approx(sum(proof.changed) / 3, rel=1e-3)
    assert f"The change {proof.verdict}." in lines
    assert max(map(len, lines)) <= 80
    assert "helps on" in found.page("markdown")
    assert "helps on" in found.page("html")


@pytest.mark.slow
@pytest.mark.parametrize("path", [*dict.fromkeys(FIRST.values())], ids=lambda path: path.stem)
def test_every_change_helps_on_nine_of_ten_seeds(path):
    try:
        what = nncli.train(path)
    except nncli.DivergenceError as error:
        what = error.result or path
    for proof in proofs_of(case_of(what), nncli.diagnose(what).findings, seeds=10):
        is_shown = proof.better >= 9 or RULES[proof.code].unprovable
        assert is_shown, (proof.code, proof.verdict, proof.without, proof.changed)
