"""``nncli trace --form``: the same step in matrices, from configs and from models."""

import pytest

from tests.cli.conftest import XOR


@pytest.mark.parametrize(
    ("form", "formula"), [("matrix", "Z1 = X·W1 + b1    "), ("theta", "Z1 = [1 X]·Θ1    ")]
)
def test_a_step_of_a_config_and_of_a_model_is_written_in_matrices(nncli, tmp_path, form, formula):
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    assert nncli("train", "-q", "xor.yaml", "-o", "run").code == 0
    for what in ("xor.yaml", "run", "run/weights.npz"):
        result = nncli("trace", what, "--form", form, "--row", "0-3")
        assert (result.code, result.err) == (0, "")
        assert f"  {formula}" in result.out
        assert max(map(len, result.out.splitlines())) <= 80
        for part in ("1 Forward", "2 Loss", "3 Backward", "4 Update"):
            assert f"\n{part}\n{'-' * len(part)}\n" in result.out


def test_the_scalar_form_is_the_default(nncli, tmp_path):
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    assert nncli("trace", "xor.yaml").out == nncli("trace", "xor.yaml", "--form", "scalar").out


def test_an_unknown_form_is_refused_with_the_known_ones(nncli, tmp_path):
    (tmp_path / "xor.yaml").write_text(XOR, encoding="utf-8")
    result = nncli("trace", "xor.yaml", "--form", "vector")
    assert result.code == 2
    assert "'vector' is not one of 'scalar', 'matrix', 'theta'" in result.err
