"""Out of memory: one line names what needed it."""

import sys

import numpy as np
import pytest

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to limit memory")

ROWS = "x,y\n" + "1,a\n2,b\n" * 200
TABLE = "data: {path: rows.csv, target: y}\n"
ONE_EPOCH = "training: {epochs: 1}\n"


@pytest.fixture
def limited(process, tmp_path):
    """Return a function that runs a command with limited address space, given in megabytes."""
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")

    def run(config, *arguments, megabytes):
        (tmp_path / "c.yaml").write_text(config, encoding="utf-8")
        most = megabytes * 1_000_000
        running = process(
            *arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))
        )
        out, err = running.communicate(timeout=100)
        return running.returncode, out, err

    return run


CASES = {
    "made rows": ("data: {source: xor, rows: 10000000}", "for the rows of xor", "fewer rows"),
    "a file of rows": (
        "data: {source: npz, path: large.npz}",
        "for the rows of large.npz",
        "fewer rows or columns",
    ),
    "a network": (
        f"{TABLE}model: {{hidden_layers: [9000, 6000]}}",
        "for this network",
        "smaller model.hidden_layers",
    ),
    "a batch": (
        "data: {source: xor, rows: 200000}\nmodel: {hidden_layers: [500]}\n"
        "training: {epochs: 1, batch_size: full}",
        "to train this network",
        "smaller training.batch_size",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_training_names_what_needs_the_memory(limited, case, tmp_path):
    config, need, remedy = CASES[case]
    if case == "a file of rows":  # an array in Fortran order is read, not mapped
        X = np.zeros((2_000_000, 30), "f4")
        np.savez_compressed(tmp_path / "large.npz", X=X, y=np.arange(len(X)) % 2)
    code, _, err = limited(config, "train", "c.yaml", "-q", "-o", "run", megabytes=400)
    assert (code, err.count("\n")) == (1, 1), err
    assert err.startswith(f"Error: not enough memory {need} (unable to allocate")
    assert remedy in err
    assert not (tmp_path / "run" / "weights.npz").exists()


def test_rows_to_evaluate_need_memory_and_rows_to_predict_do_not(limited, tmp_path):
    train = ("train", "c.yaml", "-q", "-o", "run")
    assert limited(TABLE + ONE_EPOCH, *train, megabytes=4000)[0] == 0
    (tmp_path / "many.csv").write_text("x,y\n" + "1,a\n2,b\n" * 5_000_000, encoding="utf-8")
    code, _, err = limited("", "eval", "run", "--data", "many.csv", megabytes=280)
    assert (code, err.count("\n")) == (1, 1), err
    assert err.startswith("Error: not enough memory for the rows of many.csv (unable")
    assert limited("", "predict", "run", "many.csv", "-o", "p.csv", megabytes=280)[0] == 0


def test_a_library_that_cannot_be_loaded_is_one_line(limited):
    code, out, err = limited(TABLE, "train", "c.yaml", megabytes=40)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("Error: a library cannot be loaded (")
    assert "free some memory" in err


def test_a_lack_of_memory_is_not_blamed_on_the_data_of_a_model(limited, tmp_path):
    np.savez_compressed(tmp_path / "d.npz", X=np.zeros((1_000_000, 30), "f4"), y=[0, 1] * 500_000)
    config = "data: {source: npz, path: d.npz}\nmodel: {hidden_layers: []}\n" + ONE_EPOCH
    train = ("train", "c.yaml", "-q", "-o", "run", "training.batch_size=10000")
    assert limited(config, *train, megabytes=4000)[0] == 0
    code, _, err = limited(config, "eval", "run", megabytes=200)
    assert code == 1
    assert err.startswith("Error: not enough memory for the rows of d.npz (unable")
