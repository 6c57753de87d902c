"""Training on files larger than memory gives the same results as on files in memory."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

import nncli as api
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
    assert 0 < abs(found["loss"] - expected["loss"]) < 0.03  # only the order differs
    assert abs(found["accuracy"] - expected["accuracy"]) < 0.01
    assert expected["accuracy"] > 0.9


class Overwrite(api.Observer):
    """Overwrite ``x.npy`` with other numbers, within the first epoch or after it."""

    def __init__(self, method):
        setattr(self, method, self.write)

    def write(self, report):
        with Path("x.npy").open("r+b") as stream:
            stream.seek(-1000, 2)
            stream.write(bytes(1000))


@pytest.mark.parametrize("method", ["begin", "epoch"])
def test_a_large_file_that_changes_during_training_is_reported(
    tmp_path, monkeypatch, sorted_arrays, everything_mapped_is_large, method
):
    monkeypatch.chdir(tmp_path)
    os.utime("x.npy", ns=(10**18, 10**18))
    everything_mapped_is_large()
    with pytest.raises(api.DataError, match=r"^x\.npy: was changed while in use; nothing computed"):
        api.train(sorted_arrays, observers=[Overwrite(method)], out="run")
    assert not (tmp_path / "run" / "weights.npz").exists()
