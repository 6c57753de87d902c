import csv
import gzip
import io
import json
import os
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from nncli.data.files.array_file import read_array
from nncli.model.model_file import read_model
from nncli.model.prediction import predict_rows

parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'parquet' is not installed")

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")

ROWS = np.array([[0.0, 0.0], [0.25, 1.0], [1.0, 0.0], [1.0, 1.5]])
CSV = "x1,x2\n" + "".join(f"{a},{b}\n" for a, b in ROWS)


@pytest.fixture
def expected(weights):
    return predict_rows(read_model(weights), ROWS)


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def check_csv(content, expected, proba):
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    assert list(lines[0]) == ["row", "prediction"] + ["p_0", "p_1"] * proba
    assert [line["row"] for line in lines] == ["0", "1", "2", "3"]
    check_values(lines, expected, proba)


def check_json(content, expected, proba):
    check_objects(json.loads(content), expected, proba)


def check_jsonl(content, expected, proba):
    check_objects([json.loads(line) for line in content.splitlines()], expected, proba)


def check_objects(objects, expected, proba):
    assert [list(each) for each in objects] == [["row", "prediction"] + ["p_0", "p_1"] * proba] * 4
    assert [each["row"] for each in objects] == [0, 1, 2, 3]
    check_values(objects, expected, proba)


def check_values(rows, expected, proba):
    assert [row["prediction"] for row in rows] == expected.names
    if proba:
        found = np.array([[row["p_0"], row["p_1"]] for row in rows], np.float32)
        np.testing.assert_array_equal(found, expected.probabilities)


def check_npy(content, expected, proba):
    found = np.load(io.BytesIO(content), allow_pickle=False)
    if proba:
        np.testing.assert_array_equal(found, expected.probabilities)
        assert found.dtype == np.float32
    else:
        assert found.tolist() == expected.names


def check_parquet(content, expected, proba):
    check_objects(parquet.read_table(io.BytesIO(content)).to_pylist(), expected, proba)


CHECKS = {
    "csv": check_csv,
    "json": check_json,
    "jsonl": check_jsonl,
    "npy": check_npy,
    "parquet": check_parquet,
}

every_format = pytest.mark.parametrize("name", CHECKS)
with_or_without_proba = pytest.mark.parametrize("proba", [False, True])


@every_format
@with_or_without_proba
def test_every_format_goes_to_standard_output(nncli, weights, rows, expected, name, proba):
    result = nncli("predict", weights, rows, "--format", name, *["--proba"] * proba)
    assert (result.code, result.err) == (0, "")
    CHECKS[name](result.raw, expected, proba)


@every_format
@with_or_without_proba
def test_every_format_goes_to_a_file_by_its_ending(nncli, weights, rows, expected, name, proba):
    out = rows.with_name(f"predictions.{name.upper()}")
    result = nncli("predict", weights, rows, "-o", out, *["--proba"] * proba)
    assert (result.code, result.raw) == (0, b"")
    assert result.err == f"4 predictions in {out}\n"
    CHECKS[name](out.read_bytes(), expected, proba)


def test_the_default_format_is_csv(nncli, weights, rows, expected):
    check_csv(nncli("predict", weights, rows).raw, expected, proba=False)
    for name in ("predictions", "predictions.txt", "npy"):
        nncli("predict", weights, rows, "-o", name)
        check_csv(rows.with_name(name).read_bytes(), expected, proba=False)


def test_a_dash_is_standard_output(nncli, weights, rows, expected):
    result = nncli("predict", weights, rows, "-o", "-", "--format", "jsonl")
    assert result.code == 0
    check_jsonl(result.raw, expected, proba=False)
    assert not rows.with_name("-").exists()


def test_an_unknown_ending_is_refused_unless_a_format_is_named(nncli, weights, rows):
    result = nncli("predict", weights, rows, "-o", "predictions.xlsx")
    assert result.code == 2
    assert result.error == (
        "Error: predictions.xlsx: unknown format 'xlsx'; set --format csv|json|jsonl|npy|parquet"
    )
    assert not rows.with_name("predictions.xlsx").exists()
    assert nncli("predict", weights, rows, "-o", "predictions.xlsx", "--format=csv").code == 0


def test_the_format_beats_the_ending(nncli, weights, rows, expected):
    nncli("predict", weights, rows, "-o", "predictions.csv", "--format", "json")
    check_json(rows.with_name("predictions.csv").read_bytes(), expected, proba=False)


def test_the_lines_end_with_line_feeds_alone(nncli, weights, rows):
    raw = nncli("predict", weights, rows).raw
    assert raw.startswith(b"row,prediction\n0,")
    assert b"\r" not in raw


def test_probabilities_add_up_to_1(nncli, weights, rows):
    lines = nncli("predict", weights, rows, "--proba").out.splitlines()[1:]
    sums = [sum(map(float, line.split(",")[2:])) for line in lines]
    assert sums == pytest.approx([1] * 4, abs=1e-6)


# Input


def idx(array):
    return struct.pack(">HBBII", 0, 14, 2, *array.shape) + array.astype(">f8").tobytes()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content",
    [CSV.encode(), npy(ROWS), idx(ROWS), gzip.compress(idx(ROWS), mtime=0)],
    ids=["CSV", "npy", "IDX", "IDX.gz"],
)
def test_rows_come_from_standard_input(nncli, weights, expected, content):
    result = nncli("predict", weights, "-", stdin=content)
    assert result.code == 0
    check_csv(result.raw, expected, proba=False)


def test_many_rows_get_the_same_predictions_as_few(nncli, weights, tmp_path):
    many = np.random.default_rng(0).uniform(-1, 2, (1203, 2))
    np.save(tmp_path / "many.npy", many)
    found = nncli("predict", weights, "many.npy").out.splitlines()[1:]
    model = read_model(weights)
    one_by_one = [predict_rows(model, row[np.newaxis]).names[0] for row in many]
    assert found == [f"{row},{name}" for row, name in enumerate(one_by_one)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1,2,3\n", "has 3 columns and no header; the model takes 2 (x1, x2)"),
        ("x1,x2\n1,two\n", "line 2, column x2: found 'two'; expected a finite number"),
        (
            "x1,x2\n1,nan\n",
            "line 2, column x2: found 'nan'; expected a finite number; leave cells with "
            "missing values blank",
        ),
        ("x1,x2\n", "has no rows below its header"),
        ("", "is empty; expected rows of numbers"),
    ],
)
def test_a_wrong_input_is_one_line_and_leaves_no_file(nncli, weights, tmp_path, content, message):
    (tmp_path / "wrong.csv").write_text(content, encoding="utf-8")
    result = nncli("predict", weights, "wrong.csv", "-o", "predictions.csv")
    assert result.code == 1
    assert result.error == f"Error: wrong.csv: {message}"
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.csv"]


def test_columns_by_other_names_are_taken_in_order_with_a_note(nncli, weights, expected):
    result = nncli("predict", weights, "-", stdin=CSV.replace("x1,x2", "width,height").encode())
    assert result.code == 0
    assert result.err == (
        "Warning: standard input: the header has none of the model's names (x1, x2); "
        "columns are matched by order\n"
    )
    check_csv(result.raw, expected, proba=False)


@pytest.mark.parametrize("name", ["csv", "json", "npy", "parquet"])
def test_an_error_far_down_leaves_no_file(nncli, weights, tmp_path, name):
    lines = ["0,1"] * 40_000 + ["0,x"]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    result = nncli("predict", weights, "rows.csv", "-o", f"p.{name}")
    assert result.code == 1
    assert result.error == (
        "Error: rows.csv: line 40001, column x2: found 'x'; expected a finite number"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]


def test_on_standard_output_what_comes_before_an_error_is_written(nncli, weights, tmp_path):
    lines = ["0,1"] * 40_000 + ["0,1e300"]
    (tmp_path / "rows.csv").write_text("\n".join(lines), encoding="utf-8")
    result = nncli("predict", weights, "rows.csv")
    assert result.code == 1
    assert result.err == (
        "Error: row 40000 (from 0): a value is too large for the float32 precision of the model\n"
    )
    assert result.out.startswith("row,prediction\n0,")
    assert result.out.endswith("\n")


def test_parquet_columns_are_taken_by_name_in_any_order(nncli, weights, expected, tmp_path):
    import pyarrow

    columns = {"note": ["a", "b", "c", "d"], "x2": ROWS[:, 1], "x1": ROWS[:, 0]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "rows.parquet")
    result = nncli("predict", weights, "rows.parquet")
    assert (result.code, result.err) == (0, "")
    check_csv(result.raw, expected, proba=False)
    del columns["x2"]
    parquet.write_table(pyarrow.table(columns), tmp_path / "rows.parquet")
    assert nncli("predict", weights, "rows.parquet").error == (
        "Error: rows.parquet: has 2 columns and lacks x2; the model takes 2 (x1, x2)"
    )


@pytest.mark.parametrize("value", ["1e39", "-1e300"])
def test_a_value_beyond_the_precision_of_the_model_is_one_line(nncli, weights, value):
    result = nncli("predict", weights, "-", stdin=f"0,1\n0,{value}\n".encode())
    assert result.code == 1
    assert result.error == (
        "Error: row 1 (from 0): a value is too large for the float32 precision of the model"
    )


@pytest.mark.parametrize("missing", ["weights.npz", "rows.csv"])
def test_a_missing_file_is_one_line(nncli, weights, rows, missing):
    files = {"weights.npz": weights, "rows.csv": rows, missing: "missing"}
    result = nncli("predict", *files.values())
    assert result.code == 2
    assert result.error == "Error: missing: cannot be read (no such file or directory)"


# Output


def test_an_existing_file_is_kept_unless_forced(nncli, weights, rows, expected):
    out = rows.with_name("predictions.csv")
    out.write_text("mine")
    refused = nncli("predict", weights, rows, "-o", out)
    assert refused.code == 2
    assert refused.error == (
        f"Error: {out}: already exists; choose another file with -o, or --force to replace it"
    )
    assert out.read_text() == "mine"
    assert nncli("predict", weights, rows, "-o", out, "--force").code == 0
    check_csv(out.read_bytes(), expected, proba=False)


@on_posix
def test_a_device_is_not_replaced_by_a_file(nncli, weights, rows):
    result = nncli("predict", weights, rows, "-o", os.devnull, "--format=csv", "--force")
    assert result.code == 2
    assert result.error == f"Error: {os.devnull}: is not a regular file; choose another with -o"
    assert not Path(os.devnull).is_file()


@on_posix
def test_a_link_is_followed_to_the_file_that_is_replaced(nncli, weights, rows, expected):
    target, link = rows.with_name("target.csv"), rows.with_name("link.csv")
    target.write_text("mine")
    link.symlink_to(target)
    assert nncli("predict", weights, rows, "-o", link).code == 2
    assert target.read_text() == "mine"
    assert nncli("predict", weights, rows, "-o", link, "--force").code == 0
    assert link.is_symlink()
    check_csv(target.read_bytes(), expected, proba=False)


def test_a_failure_keeps_the_file_to_replace(nncli, weights, rows):
    out = rows.with_name("predictions.csv")
    out.write_text("mine")
    assert nncli("predict", weights, "missing", "-o", out, "--force").code == 2
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("missing/p.csv", "the folder missing does not exist; create it"),
        ("a/b/p.npy", f"the folder {Path('a/b')} does not exist; create it"),
        ("rows.csv/p.csv", "cannot be written ("),
    ],
)
def test_a_file_that_cannot_be_written_is_one_line(nncli, weights, rows, place, problem):
    result = nncli("predict", weights, rows, "-o", place)
    assert result.code == 1
    assert result.error.startswith(f"Error: {Path(place)}: {problem}")


def test_an_unknown_format_is_refused(nncli, weights, rows):
    result = nncli("predict", weights, rows, "--format", "xlsx")
    assert result.code == 2
    assert "'xlsx' is not one of 'csv', 'json', 'jsonl', 'npy', 'parquet'" in result.err


# The process


@pytest.fixture
def many_rows(tmp_path):
    path = tmp_path / "many.npy"
    np.save(path, np.zeros((100_000, 2), np.float32))
    return path


@on_posix
def test_output_goes_through_a_redirection_unchanged(process, weights, rows, expected, tmp_path):
    with (tmp_path / "out.npy").open("wb") as out, rows.open("rb") as source:
        running = process("predict", weights, "-", "--format=npy", stdin=source, stdout=out)
        assert running.communicate(timeout=60)[1] == ""
    assert running.returncode == 0
    check_npy((tmp_path / "out.npy").read_bytes(), expected, proba=False)


@on_posix
def test_a_progress_bar_shows_the_share_read_on_a_terminal(process, weights, many_rows, tmp_path):
    import fcntl
    import pty
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with os.fdopen(controller, "rb", buffering=0) as screen:
        predicting = process("predict", weights, many_rows, "-o", "p.csv", stderr=terminal)
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # on Linux, the other side of the terminal is closed
            while piece := screen.read(1 << 16):
                shown += piece
    shown = shown.decode("utf-8")
    assert predicting.communicate(timeout=60)[0] == ""
    assert predicting.returncode == 0
    assert "  0%|" in shown
    assert shown.endswith(f"\r100000 predictions in {Path('p.csv')}\r\n")


@on_posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_stops_early_gets_no_message(process, weights, many_rows, unbuffered):
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    predicting = process("predict", weights, many_rows, env=environment)
    head = subprocess.run(
        ["head", "-n", "2"], stdin=predicting.stdout, capture_output=True, text=True, timeout=60
    )
    predicting.stdout.close()
    assert predicting.stderr.read() == ""
    predicting.stderr.close()
    assert predicting.wait(timeout=60) == 1
    assert head.stdout.startswith("row,prediction\n0,")


@on_posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [[], ["--format=npy", "--proba"]])
def test_a_full_standard_output_is_one_line(process, weights, many_rows, options):
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        running = process("predict", weights, many_rows, *options, stdout=full)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert err == "Error: standard output cannot be written (no space left on device)\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_disk_that_fills_up_behind_a_redirection_is_one_line(
    process, small_files, weights, many_rows, tmp_path, unbuffered
):
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with (tmp_path / "out.csv").open("w") as out:
        options = {"stdout": out, "env": environment, "preexec_fn": small_files()}
        running = process("predict", weights, many_rows, **options)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert err == "Error: standard output cannot be written (file too large)\n"


# MNIST


def test_images_of_mnist_are_predicted_from_idx_and_from_arrays(
    nncli, mnist_run, mnist_cache, tmp_path
):
    weights = mnist_run / "weights.npz"
    images = mnist_cache / "mnist" / "t10k-images-idx3-ubyte.gz"
    labels = read_array(mnist_cache / "mnist" / "t10k-labels-idx1-ubyte.gz")
    lines = nncli("predict", weights, images).out.splitlines()[1:]
    hits = np.mean([int(line.split(",")[1]) for line in lines] == labels)
    metrics = json.loads((mnist_run / "metrics.json").read_text(encoding="utf-8"))
    assert hits == metrics["test"]["metrics"]["accuracy"]
    np.save(tmp_path / "ten.npy", read_array(images)[:10])
    assert nncli("predict", weights, "ten.npy").out.splitlines()[1:] == lines[:10]


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_may_be_called_by_any_name(nncli, weights, tmp_path, name):
    (tmp_path / "x.csv").write_text("0,0\n1,1\n", encoding="utf-8")
    expected = nncli("predict", weights, "x.csv").out
    for options in ([], ["--force"]):
        assert nncli("predict", weights, "x.csv", "-o", name, *options).out == expected
    assert nncli("init", "xor", "-o", name).out == nncli("init", "xor", "-o", "-").out
