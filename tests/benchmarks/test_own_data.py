"""nncli's defaults for a table are as good as scikit-learn's network."""

import re
from pathlib import Path
from statistics import fmean

import pytest

from tests.benchmarks.own_data import TABLES, nncli, reached, scikit_learn, scores_of, train

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")
FIGURE = r"(\d\.\d{4}) ± (\d\.\d{4})"


def published(table: str) -> list[float]:
    """Return the published figures of a table: nncli's, then scikit-learn's."""
    found = re.search(rf"^\| `{table}` \| `\w+` \| {FIGURE} \| {FIGURE} \|$", PAGE, re.MULTILINE)
    assert found is not None
    return [float(each) for each in found.groups()]


@pytest.mark.parametrize("table", TABLES)
def test_the_docs_show_that_nncli_is_as_good_as_scikit_learn(table: str) -> None:
    mean, _, other, deviation = published(table)
    assert mean >= other - deviation


def test_the_docs_have_the_figures_of_diabetes(tmp_path: Path) -> None:
    mean, deviation, other, other_deviation = published("diabetes")
    found = fmean(train("diabetes", tmp_path).scores)
    assert found == pytest.approx(mean, abs=deviation / 4)
    assert found >= other - other_deviation


def test_nncli_is_as_good_as_scikit_learn_on_iris_but_not_untrained(tmp_path: Path) -> None:
    own = train("iris", tmp_path)
    others = scikit_learn("iris", own.folds, own.hidden_layers)
    assert fmean(others) == pytest.approx(published("iris")[2], abs=0.02)
    assert reached(own.scores, others)
    settings = ["training.folds=5", "data.test=0", "training.epochs=1"]
    nncli(tmp_path, "train", "-q", "iris.yaml", "-o", "short", *settings)
    assert not reached(scores_of(tmp_path / "short", own.metric), others)
