"""The benchmark of findings on downloaded tables, on one that the test writes."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import first_try_findings
from tests.benchmarks.first_try_tables import PACKAGES


@pytest.mark.parametrize(("constant", "codes"), [("1", "N032"), ("{}", "none")])
def test_it_prints_the_findings_of_a_table_and_their_number(
    constant: str, codes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    X = np.random.default_rng(0).normal(size=(120, 3)).round(3)
    rows = [f"{a},{b},{constant.format(c)},{int(a > b)}\n" for a, b, c in X]
    with zipfile.ZipFile(tmp_path / f"scikit_learn-{PACKAGES['scikit-learn']}-x.whl", "w") as wheel:
        wheel.writestr("sklearn/datasets/data/iris.csv", "120,3,a,b\n" + "".join(rows))
    first_try_findings.main(["--cache", str(tmp_path), "--tables", "sk-iris"])
    assert capsys.readouterr().out == f"{'sk-iris':<20} {codes}\n\n{codes}: 1\n"
