"""Runs of earlier versions, which used columns as inputs that are now left out."""

import json

import numpy as np

from nncli.base.storage.npz_file import read_own_npz, write_npz


def test_a_resumed_run_says_why_columns_have_changed(nncli, tmp_path):
    lines = "".join(f"{n},{n * 7 % 13},{n * 3 % 10}\n" for n in range(1, 31))
    (tmp_path / "t.csv").write_text("n,a,y\n" + lines, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(
        "data: {path: t.csv, target: y}\ntraining: {epochs: 3}\n", encoding="utf-8"
    )
    assert nncli("train", "c.yaml", "-q", "-o", "R").code == 0
    place = tmp_path / "R" / "checkpoint.npz"
    arrays = read_own_npz(place)
    metadata = json.loads(arrays["metadata"].item())
    metadata["data"]["columns"] = "2 00000000"
    write_npz(place, {**arrays, "metadata": np.array(json.dumps(metadata))})
    (tmp_path / "R" / "weights.npz").unlink()
    done = nncli("train", "--resume", "R", "training.epochs=4", "-q")
    assert done.code == 1
    assert done.err.endswith(
        "Error: R: the data has changed since its checkpoint: the columns; an earlier nncli "
        "version may have started this run with 'n' as input, which is left out now like other row "
        "numbers, names and dates: resume with that version, or train anew; otherwise restore the "
        "data\n"
    )
