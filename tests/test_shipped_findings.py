"""Every shipped config has the findings that docs/findings/shipped.md lists, and no others."""

import shutil

import pytest

from tests.explain.diagnosis.runs import diagnosed
from tests.shipped_configs import CONFIGS
from tests.shipped_findings import HEAD, OF_MNIST, PAGE, SHIPPED, codes_on_page, row_of, row_on_page

MNIST = CONFIGS.parents[1] / "shared" / "mnist"
QUICK = [path for path in SHIPPED if path not in OF_MNIST]


def name(path):
    return path.stem


def test_the_page_has_a_row_per_config():
    rows = [row_on_page(path) for path in SHIPPED]
    assert PAGE.read_text(encoding="utf-8") == HEAD + "\n".join([*rows, ""])


def test_configs_that_fail_on_purpose_have_findings():
    failing = {path.stem: codes_on_page(path) for path in SHIPPED if codes_on_page(path)}
    assert failing == {
        "learning_rate_0.01": ["N012"],
        "overfitting": ["N040"],
        "same_start": ["N023"],
        "vanishing_gradient_sigmoid": ["N024"],
        "xor_logistic": ["N042"],
        "xor_perceptron": ["N042"],
    }


@pytest.mark.parametrize("path", QUICK, ids=name)
def test_training_a_config_gives_its_row(path):
    found = diagnosed(path)
    assert row_of(path, found) == row_on_page(path), found.page()


@pytest.mark.slow
@pytest.mark.skipif(not MNIST.is_dir(), reason="the MNIST files are not next to the project")
@pytest.mark.parametrize("path", OF_MNIST, ids=name)
def test_training_on_mnist_gives_its_row(path, tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()  # not a link to the originals, as files are unpacked into it
    for file in MNIST.glob("*.gz"):
        shutil.copy(file, tmp_path / "mnist")
    monkeypatch.setenv("NNCLI_CACHE", str(tmp_path))
    found = diagnosed(path)
    assert row_of(path, found) == row_on_page(path), found.page()
