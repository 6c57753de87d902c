"""Files that count as larger than memory are trained on as those in memory."""

import json

import numpy as np

from nncli.model.model_file import read_model


def result(run):
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    return metrics["test"]["metrics"], read_model(run / "weights.npz").preprocessing


def test_a_large_file_trains_like_one_in_memory(
    nncli, tmp_path, sorted_arrays, everything_mapped_is_large
):
    assert nncli("train", sorted_arrays, "-q", "-o", "memory").code == 0
    everything_mapped_is_large()
    assert nncli("train", sorted_arrays, "-q", "-o", "mapped").code == 0
    (found, scaling), (expected, same) = (result(tmp_path / run) for run in ("mapped", "memory"))
    np.testing.assert_allclose(scaling.offset, same.offset, rtol=1e-12)
    np.testing.assert_allclose(scaling.scale, same.scale, rtol=1e-12)
    assert 0 < abs(found["loss"] - expected["loss"]) < 0.03  # only the order is another
    assert abs(found["accuracy"] - expected["accuracy"]) < 0.01
    assert expected["accuracy"] > 0.9
