"""The figures of docs/scikit-learn.md are as good as scikit-learn's, and one is reproducible."""

import re
from pathlib import Path
from statistics import fmean

import pytest

from tests.benchmarks.estimators import EQUAL, TABLES, measure, nncli_estimator

PAGE = (Path(__file__).parents[2] / "docs" / "scikit-learn.md").read_text(encoding="utf-8")
FIGURE = r"(\d\.\d{4}) ± (\d\.\d{4})"


def published(table: str) -> list[list[float]]:
    """Return the page's figures of a table, for the same parameters and without parameters."""
    rows = re.findall(rf"^\| `{table}` \| [^|]+ \| {FIGURE} \| {FIGURE} \|", PAGE, re.MULTILINE)
    return [[float(each) for each in row] for row in rows]


@pytest.mark.parametrize("table", TABLES)
def test_nncli_is_as_good_as_scikit_learn(table: str) -> None:
    rows = published(table)
    assert len(rows) == 2
    for mean, _, other, deviation in rows:
        assert mean >= other - deviation / 2


def test_the_page_has_the_figures_of_iris() -> None:
    scores, _ = measure("iris", nncli_estimator, EQUAL, seeds=3)
    assert fmean(scores) == pytest.approx(published("iris")[0][0], abs=0.01)
