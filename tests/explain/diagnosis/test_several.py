"""Diagnoses of several models: those of seeds and folds."""

from dataclasses import replace

import pytest

import nncli
from nncli.explain.diagnosis.case import case_of
from nncli.explain.diagnosis.diagnose import diagnosis_of
from nncli.explain.diagnosis.rules import fit
from nncli.explain.diagnosis.rules.several import Part, differing, overfitting
from nncli.explain.diagnosis.rules.table import RULES
from nncli.explain.diagnosis.several import diagnosis_of_several
from tests.explain.diagnosis.runs import BROKEN

SEEDS = {
    "data": {"source": "gate", "gate": "xor"},
    "model": {"hidden_layers": [2]},
    "training": {"epochs": 500, "learning_rate": 0.05, "batch_size": "full", "seeds": 5},
}
MEMORIZED = next(path for path in BROKEN if path.stem == "memorized")


@pytest.fixture(scope="module")
def case():
    rows = {"source": "xor", "rows": 60}
    return case_of(nncli.train({"data": rows, "training": {"epochs": 1}}))


def parts_with(case, word, rows, *accuracies, train=0.9):
    """Return models with these accuracies on unseen rows, each with a guess of 0.5."""
    split = "held_out" if word == "fold" else "test"
    like = replace(case.splits["test"], rows=rows, guess_metrics={"accuracy": 0.5})
    return [
        Part(
            word,
            number,
            replace(
                case,
                splits={
                    "train": replace(like, metrics={"accuracy": train}, rows=100),
                    split: replace(like, metrics={"accuracy": accuracy}),
                },
            ),
        )
        for number, accuracy in enumerate(accuracies, 1)
    ]


def test_seeds_that_fail_are_named(case):
    [found] = differing(parts_with(case, "seed", 1000, 0.9, 0.5, 0.88, 0.51))
    assert "accuracy of the test rows is from 0.5 to 0.9" in found.evidence
    assert "seeds 2, 4 fail" in found.evidence
    assert found.change is None  # 128 units are not narrow


@pytest.mark.parametrize(
    ("losses", "change"),
    [
        ([1.2, 1.15, 1.1, 1.05, 1.0, 0.95, 0.9, 0.85], "training.epochs=5"),
        ([1.2, 1.1, 1.05, 1.04, 1.035, 1.03, 1.025, 1.02], None),  # stuck
        ([1.2, 1.1, 1.0, 1.2, 0.9, 1.1, 0.8, 1.0], None),  # up and down
    ],
)
def test_seeds_that_fail_while_they_still_learn_need_more_epochs(case, losses, change):
    parts = parts_with(case, "seed", 1000, 0.9, 0.5, 0.88)
    failed = replace(parts[1].case, history={"train_loss": losses})
    [found] = differing([parts[0], parts[1]._replace(case=failed), parts[2]])
    assert (found.change and str(found.change)) == change
    assert ("still falls" in found.cause) == bool(change)


@pytest.mark.parametrize(
    ("rows", "accuracies"),
    [
        (1000, (0.9, 0.8, 0.88)),  # all gain much
        (10, (0.9, 0.5, 0.88)),  # chance may explain it
        (1000, (0.56, 0.46, 0.5)),  # none gains anything
        (1000, (0.9,)),
    ],
)
def test_models_that_differ_little_or_by_chance_are_not_found(case, rows, accuracies):
    assert not [*differing(parts_with(case, "fold", rows, *accuracies))]


def test_held_out_rows_of_all_folds_show_overfitting_that_one_fold_does_not(case):
    folds = parts_with(case, "fold", 10, *[0.7] * 8, train=1.0)
    [found] = overfitting(folds)
    assert "over all 8 folds" in found.evidence
    assert "80 held-out rows" in found.evidence
    assert not [*fit.overfitting(folds[0].case)]
    assert not [*overfitting(parts_with(case, "seed", 1000, 0.7, 0.7, train=1.0))]


def test_overfitting_of_all_folds_explains_that_each_has_too_few_rows(case):
    folds = parts_with(case, "fold", 10, *[0.7] * 8, train=1.0)

    def of_run(case, _):
        return diagnosis_of(case, ("run",))

    assert "N044" in of_run(folds[0].case, ()).codes
    codes = diagnosis_of_several("folds", folds, of_run).codes
    assert "N040" in codes
    assert "N044" not in codes


def test_seeds_in_memory_and_in_a_directory_have_the_same_findings(tmp_path):
    runs = nncli.train_seeds(SEEDS, out=tmp_path / "seeds")
    in_memory = nncli.train_seeds(SEEDS).diagnose()
    from_files = nncli.diagnose(tmp_path / "seeds")
    assert in_memory.codes == from_files.codes == runs.diagnose().codes == ["N001", "N045"]
    assert in_memory.findings == from_files.findings
    assert str(from_files.findings[-1].found.change) == "model.hidden_layers=[32]"
    assert nncli.train_seeds(SEEDS, {"model.hidden_layers": [32]}).diagnose().codes == []


def test_resumed_seeds_are_diagnosed_from_their_files(tmp_path):
    few = {**SEEDS, "training": {**SEEDS["training"], "epochs": 300, "seeds": 2}}
    nncli.train_seeds(few, out=tmp_path / "seeds")
    resumed = nncli.resume_seeds(tmp_path / "seeds")
    assert [each.training for each in resumed.seeds] == [None, None]
    assert resumed.diagnose().findings == nncli.diagnose(tmp_path / "seeds").findings


def test_a_finding_of_several_models_is_reported_once(tmp_path):
    settings = {"training.folds": 3, "data.test": 0}
    nncli.cross_validate(MEMORIZED, settings, out=tmp_path / "folds")
    [finding] = nncli.diagnose(tmp_path / "folds").findings
    assert finding.code == "N041"
    assert finding.found.evidence.startswith("in 2 of 3 folds, such as fold 1: ")


def test_the_rules_of_one_model_are_checked_for_several():
    found = nncli.train_seeds(SEEDS, {"model.hidden_layers": [32]}).diagnose()
    assert found.checked == [code for code in RULES if code != "N053"]


def test_proofs_of_several_models_train_the_first():
    found = nncli.diagnose(nncli.train_seeds(SEEDS), prove=True)
    [proof] = found.proofs
    assert (proof.code, proof.verdict) == ("N045", "helps on 3 of 3 seeds")
    assert found.part == "seed 0"
    assert "each change, on the rows of seed 0, with" in found.page()


def test_muted_findings_stay_muted():
    config = {**SEEDS, "diagnose": {"ignore": ["N001", "N045"]}}
    found = nncli.train_seeds(config).diagnose()
    assert (found.findings, found.ignored) == ([], ["N001", "N045"])
