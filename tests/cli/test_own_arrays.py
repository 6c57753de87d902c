"""User arrays: npz, npy and IDX."""

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

TRAINING = "\nmodel: {hidden_layers: [4]}\ntraining: {epochs: 2}\n"
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(60, 3)) * [1, 10, 100]
CLASSES = RANDOM.integers(0, 3, 60)


@pytest.fixture
def config(tmp_path):
    def write(data):
        (tmp_path / "c.yaml").write_text(f"data: {data}{TRAINING}", encoding="utf-8")

    return write


def idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    Path(path).write_bytes(header + array.astype(np.uint8).tobytes())


def test_an_npz_is_recognized_by_its_first_bytes(nncli, config):
    np.savez("rows.data", X=X, y=CLASSES)
    Path("rows.data.npz").rename("rows.data")
    config("{path: rows.data}")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 0
    assert result.err.startswith("task     multiclass of y\nclasses  0: ")
    assert "rows     48 train, 12 test\n" in result.err
    np.save("new.npy", X[:2])
    assert nncli("predict", "run", "new.npy").out.startswith("row,prediction\n0,")
    assert nncli("eval", "run").code == 0


def test_two_npy_files_make_a_regression_with_targets_in_their_own_units(nncli, config):
    np.save("X.npy", X)
    np.save("y.npy", X @ np.ones((3, 2)) * 1000)
    config("{inputs: X.npy, targets: y.npy, validation: [X.npy, y.npy]}")
    settings = [f"training.{each}" for each in ("epochs=200", "learning_rate=0.1")]
    result = nncli("train", "c.yaml", "model.hidden_layers=[]", *settings, "-o", "run")
    assert result.code == 0
    assert "task  regression of y1, y2\nrows  48 train, 60 validation, 12 test\n" in result.err
    values = [line.split(",")[1:] for line in nncli("predict", "run", "X.npy").out.split()[1:]]
    expected = X @ np.ones(3) * 1000
    found = np.array(values, float)[:, 0]
    assert np.abs(found - expected).mean() < 0.5 * np.abs(expected - expected.mean()).mean()


def test_images_and_labels_stay_bytes(nncli, config):
    idx("i", RANDOM.integers(0, 256, (60, 4, 4)))
    idx("l", CLASSES)
    config("{images: i, labels: l}")
    shown = nncli("data", "show", "c.yaml").out
    assert "source   idx\ntask     multiclass\n" in shown
    assert "type     uint8\n" in shown
    assert nncli("train", "-q", "c.yaml").code == 0


@pytest.mark.parametrize(
    ("arrays", "keys", "problem"),
    [
        ({"a": X, "y": CLASSES}, "", "rows.npz: has no array 'X' for data.X; it has a, y"),
        ({"X": X, "yy": CLASSES}, "", "no array 'y' for data.y; did you mean 'yy'?"),
        ({"X": X[:9], "y": CLASSES}, "", "rows.npz: X: has 9 rows, and"),
        ({"X": X, "y": CLASSES * 0}, "", "column y: every row has the class '0'"),
        ({"X": X, "y": CLASSES + 0.5}, ", task: multiclass", "row 0 (from 0), column y: found"),
        ({"X": np.where(X > 0, X, np.nan), "y": CLASSES}, "", "found nan; expected a number from"),
        ({"X": X.astype("U9"), "y": CLASSES}, "", "X: holds values of type <U9; expected numbers"),
        ({"X": X[:, 0], "y": CLASSES}, "", "X: has shape (60,); expected one row per example"),
    ],
)
def test_what_is_wrong_with_arrays_is_one_line(nncli, config, arrays, keys, problem):
    np.savez("rows.npz", **arrays)
    config(f"{{path: rows.npz{keys}}}")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.code == 1
    assert problem in result.error
    assert not Path("run").exists()


@pytest.mark.parametrize(
    "y", [X[:, 0] > 0, (X[:, 0] > 0) * 7.0, np.where(X[:, 0] > 0, "b", "a"), CLASSES], ids=str
)
def test_an_npz_that_trains_is_evaluated(nncli, config, y):
    np.savez("rows.npz", X=X, y=y)
    config("{path: rows.npz}")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    result = nncli("eval", "run", "--data", "rows.npz")
    assert (result.code, result.err) == (0, "")
    assert "rows" in result.out


def test_parquet_is_evaluated_by_a_model_of_unnamed_columns(nncli, config):
    pyarrow = pytest.importorskip("pyarrow", reason="the extra 'parquet' is not installed")
    from pyarrow import parquet

    np.savez("rows.npz", X=X, y=CLASSES)
    config("{path: rows.npz}")
    assert nncli("train", "-q", "c.yaml", "-o", "run").code == 0
    columns = {f"x{n + 1}": X[:, n] for n in (2, 0, 1)} | {"y": CLASSES}
    parquet.write_table(pyarrow.table(columns), "rows.parquet")
    by_parquet = nncli("eval", "run", "--data", "rows.parquet", "--json")
    by_npz = nncli("eval", "run", "--data", "rows.npz", "--json")
    assert by_parquet.code == 0
    assert by_parquet.out.replace("rows.parquet", "rows.npz") == by_npz.out
    columns.pop("y")
    parquet.write_table(pyarrow.table(columns), "rows.parquet")
    result = nncli("eval", "run", "--data", "rows.parquet")
    assert result.error == (
        "Error: rows.parquet: has no column 'y' to compare with; add it, or predict without it"
    )


def test_rows_and_classes_of_arrays_may_have_weights(nncli):
    target = np.repeat([0.0, 10.0], 30)
    np.savez("rows.npz", X=np.zeros((60, 1)), y=target, w=np.where(target > 0, 9, 1))
    rest = ["training.epochs=200", "training.learning_rate=0.05", "training.batch_size=full"]
    Path("c.yaml").write_text(
        "data: {path: rows.npz, weight: w, task: regression, validation: 0, test: 0}\n"
        "model: {hidden_layers: []}\n",
        encoding="utf-8",
    )
    assert nncli("train", "-q", "c.yaml", *rest, "-o", "run").code == 0
    predicted = nncli("predict", "run", "rows.npz").out.splitlines()[1].split(",")[1]
    assert float(predicted) == pytest.approx(9, abs=0.5)
    result = nncli("train", "c.yaml", "data.weight=v", "-o", "run2")
    assert result.error == ("Error: rows.npz: has no array 'v' for data.weight; it has X, y, w")
    np.savez("few.npz", X=np.zeros((100, 1)), y=np.arange(100) % 10 == 0)
    shares = []
    for name, weights in (("plain", "null"), ("balanced", "balanced"), ("given", "{true: 9}")):
        data = f"{{path: few.npz, class_weight: {weights}, validation: 0, test: 0}}"
        Path("c.yaml").write_text(f"data: {data}\nmodel: {{hidden_layers: []}}\n", encoding="utf-8")
        assert nncli("train", "-q", "c.yaml", *rest, "-o", name).code == 0
        line = nncli("predict", name, "few.npz", "--proba").out.splitlines()[1]
        shares.append(float(line.split(",")[-1]))
    assert shares == pytest.approx([0.1, 0.5, 0.5], abs=0.05)


def test_a_target_that_is_not_a_number_is_refused(nncli, config):
    np.savez("rows.npz", X=X, y=np.where(np.arange(60) == 3, np.nan, X[:, 0]))
    config("{path: rows.npz}")
    result = nncli("train", "c.yaml", "-o", "run")
    assert result.error == (
        "Error: rows.npz: y: row 3 (from 0): is blank; drop rows without a target"
    )


def with_names(path):
    np.savez(path, X=X, y=CLASSES, names=np.array(["a", "b", {}], object))


def with_a_time(path):
    np.savez(path, X=X, y=CLASSES, made=np.datetime64("2024-05-01"), nothing=np.zeros((0, 3)))


def packed_anew(path):
    """Write an npz like other programs: with folders, texts and hidden files among arrays."""
    np.savez("plain.npz", X=X, y=CLASSES)
    with zipfile.ZipFile("plain.npz") as plain, zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes/", b"")
        archive.writestr("README", b"the columns are a, b, c")
        for name in plain.namelist():
            archive.writestr(f"__MACOSX/._{name}", b"\0\5\x16\7")
            archive.writestr(name, plain.read(name))
        archive.writestr("other.npy", b"no array", zipfile.ZIP_BZIP2)


@pytest.mark.parametrize("write", [with_names, with_a_time, packed_anew])
def test_unused_arrays_of_an_npz_are_never_read(nncli, config, write):
    write("rows.npz")
    config("{path: rows.npz, test: rows.npz}")
    assert nncli("train", "c.yaml", "-o", "run", "-q").code == 0
    for arguments in (("predict", "run", "rows.npz"), ("eval", "run", "--data", "rows.npz")):
        done = nncli(*arguments)
        assert (done.code, done.err) == (0, "")


def test_an_array_is_the_only_one_next_to_files_that_are_not_arrays(nncli, config):
    packed_anew("rows.npz")
    config("{path: rows.npz}")
    assert nncli("train", "c.yaml", "-o", "run", "-q").code == 0
    np.savez("new.npz", new=X[:2])
    with zipfile.ZipFile("new.npz", "a") as archive:
        archive.writestr("notes/", b"")
        archive.writestr("__MACOSX/._new.npy", b"\0\5\x16\7")
    assert nncli("predict", "run", "new.npz").out.startswith("row,prediction\n0,")


def test_a_named_array_of_objects_is_refused_by_name(nncli, config):
    with_names("rows.npz")
    for data in ("X: names", "y: names", "weight: names"):
        config(f"{{path: rows.npz, {data}}}")
        done = nncli("train", "c.yaml")
        assert done.code == 1
        assert "rows.npz: names holds Python objects or empty values, not numbers" in done.error
