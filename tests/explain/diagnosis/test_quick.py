"""The diagnosis at the end of training is quick, and never fails a training."""

import csv

import pytest

import nncli
from nncli import quick_diagnosis
from tests.explain.diagnosis.runs import TRAINED, diagnosed_once, trained
from tests.timing import in_less_than

XOR = {"data": {"source": "xor", "rows": 200, "test": 50}, "training": {"epochs": 1}}


@pytest.mark.parametrize("epochs", [1, 5000])
def test_it_takes_less_than_50_ms(tmp_path, epochs):
    result = nncli.train(XOR, out=tmp_path / "run")
    file = tmp_path / "run" / "history.csv"
    header, row = [*csv.reader(file.read_text(encoding="utf-8").splitlines())]
    rows = [",".join([str(epoch), *row[1:]]) for epoch in range(1, epochs + 1)]
    file.write_text("\n".join([",".join(header), *rows, ""]), encoding="utf-8")

    def diagnose():
        vars(result).pop("history", None)  # read anew
        return quick_diagnosis(result)

    assert in_less_than(0.05, diagnose).is_trained


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
def test_it_finds_what_needs_no_data(path):
    quick, whole = quick_diagnosis(trained(path)), diagnosed_once(path)
    assert {*quick.codes} <= {*whole.codes} | {
        symptom for each in whole.findings for symptom in each.symptoms
    }


def test_a_muted_cause_that_needs_the_data_mutes_its_symptoms():
    path = next(path for path in TRAINED if path.stem == "strong_l2")
    assert quick_diagnosis(nncli.train(path)).codes == ["N002"]
    muted = nncli.train(path, ["diagnose.ignore=[N001]"])
    assert quick_diagnosis(muted).codes == []
    assert muted.diagnose().ignored == ["N001"]


def test_a_damaged_run_gives_none(tmp_path):
    result = nncli.train(XOR, out=tmp_path / "run")
    (tmp_path / "run" / "history.csv").write_text("no history\n", encoding="utf-8")
    assert quick_diagnosis(result) is None
    with pytest.raises(nncli.DataError):
        result.diagnose()
