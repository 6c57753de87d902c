"""``nncli data export`` and `nncli.export_data`: the rows that a config trains on."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nncli as library
from tests.cli.conftest import SORTED

TABLE = """\
data:
  path: rows.csv
  target: kind
  id: name
  weight: mass
  validation: 0.2
  test: 0.2
model: {hidden_layers: []}
"""


@pytest.fixture
def table(tmp_path):
    """Return a config for a table with an ID, weights and odd column names."""
    random = np.random.default_rng(0)
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as stream:
        write = csv.writer(stream).writerow
        write(["name", "split", "color", "mass", "kind"])
        for row in range(60):
            cells = round(random.normal(), 4), ["red", "blue"][row % 2]
            write([f"R{row}", *cells, 1 + row % 3, ["no", "yes"][row % 5 > 2]])
    (tmp_path / "table.yaml").write_text(TABLE, encoding="utf-8")
    return "table.yaml"


def rows_of(path):
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return [*csv.DictReader(stream)]


def test_a_table_is_written_split_by_split(nncli, table):
    done = nncli("data", "export", table, "-o", "out.csv")
    assert (done.code, done.out) == (0, "")
    assert done.err == "36 train, 12 validation, 12 test rows in out.csv\n"
    rows, data = rows_of("out.csv"), library.load_data(table)
    assert [*rows[0]] == ["split_2", "row", "weight", "name", *data.columns, "kind"]
    original, at = rows_of("rows.csv"), 0
    for name, split in data.splits.items():
        for row in split.rows:
            found, expected = rows[at], original[row]
            assert found["split_2"] == name
            assert int(found["row"]) == row
            assert found["name"] == expected["name"]
            assert float(found["weight"]) == pytest.approx(split.weights[row])
            assert found["kind"] == expected["kind"]
            inputs = [float(found[column]) for column in data.columns]
            assert inputs == split.inputs[row].tolist()
            at += 1
    assert at == len(rows) == 60


@pytest.mark.parametrize("large", [False, True])
def test_arrays_are_written_as_npz_in_blocks(
    nncli, sorted_arrays, large, everything_mapped_is_large
):
    if large:
        everything_mapped_is_large()
    assert nncli("data", "export", sorted_arrays, "-o", "out.npz").code == 0
    data = library.load_data(sorted_arrays)
    with np.load("out.npz") as found:
        assert {*found} == {"X", "y", "split", "row", "columns", "targets"}
        assert found["columns"].tolist() == [*data.columns]
        for name, split in data.splits.items():
            here = found["split"] == name
            np.testing.assert_array_equal(found["row"][here], split.rows)
            np.testing.assert_array_equal(found["X"][here], split.inputs[split.rows])
            np.testing.assert_array_equal(found["y"][here], split.targets[split.rows])
        assert found["X"].dtype == np.float32


def test_the_written_arrays_can_be_trained_on(nncli, xor_config):
    nncli("data", "export", xor_config, "-o", "out.npz")
    Path("again.yaml").write_text("data: {path: out.npz}\n", encoding="utf-8")
    assert nncli("train", "again.yaml", "-q").code == 0


def test_several_targets_and_ids(nncli, tmp_path):
    rows = [{"a": n, "u": 2.0 * n, "v": -n, "key": f"k{n}"} for n in range(30)]
    Path(tmp_path / "rows.json").write_text(json.dumps(rows), encoding="utf-8")
    config = "data: {path: rows.json, target: [u, v], id: key, test: 3}\n"
    Path(tmp_path / "c.yaml").write_text(config, encoding="utf-8")
    assert nncli("data", "export", "c.yaml", "-o", "out.npz").code == 0
    with np.load("out.npz") as found:
        np.testing.assert_array_equal(found["X"][:, 0], found["row"])
        np.testing.assert_array_equal(found["y"], found["X"] * [2, -1])
        assert found["id"].tolist() == [f"k{n}" for n in found["row"]]
        assert found["targets"].tolist() == ["u", "v"]


@pytest.mark.parametrize("name", ["out.csv", "out.npz"])
def test_an_id_column_called_weight_does_not_replace_the_weights(nncli, table, name):
    text = Path("rows.csv").read_text("utf-8").replace("name,", "weight,", 1)
    Path("rows.csv").write_text(text, "utf-8")
    config = Path(table).read_text("utf-8").replace("id: name", "id: weight")
    Path(table).write_text(config, "utf-8")
    assert nncli("data", "export", table, "-o", name).code == 0
    if name == "out.csv":
        found = rows_of(name)
        weights, ids = ([row[key] for row in found] for key in ("weight", "weight_2"))
        numbers = [int(row["row"]) for row in found]
    else:
        with np.load(name) as arrays:
            weights, ids, numbers = (arrays[key].tolist() for key in ("weight", "id", "row"))
    assert ids == [f"R{row}" for row in numbers]
    masses = [1 + row % 3 for row in numbers]  # with a mean of 2, and weights of 1
    assert [2 * float(weight) for weight in weights] == pytest.approx(masses)


def test_a_data_set_is_named_without_a_config(nncli):
    assert nncli("data", "export", "xor", "-o", "out.csv").code == 0
    assert [*rows_of("out.csv")[0]] == ["split", "row", "x1", "x2", "xor"]


def test_the_same_config_gives_the_same_bytes(nncli, xor_config):
    for name in ("a.npz", "b.npz", "a.csv", "b.csv"):
        nncli("data", "export", xor_config, "-o", name)
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_an_existing_file_is_replaced_only_if_told(nncli, xor_config):
    Path("out.csv").write_text("mine", encoding="utf-8")
    done = nncli("data", "export", xor_config, "-o", "out.csv")
    assert done.code == 2
    assert done.error.endswith("choose another file with -o, or --force to replace it")
    assert Path("out.csv").read_text(encoding="utf-8") == "mine"
    assert nncli("data", "export", xor_config, "-o", "out.csv", "--force").code == 0


@pytest.mark.parametrize("name", ["out", "out.txt", "-", "out.csv.gz"])
def test_another_ending_is_refused(nncli, xor_config, name):
    done = nncli("data", "export", xor_config, "-o", name)
    assert done.code == 2
    assert "end the name in .csv or .npz" in done.error


@pytest.mark.parametrize("name", ["out.csv", "out.npz"])
def test_nothing_is_left_of_a_file_that_cannot_be_written(process, tmp_path, small_files, name):
    (tmp_path / "c.yaml").write_text("data: xor\n", encoding="utf-8")
    before = {*tmp_path.iterdir()}
    writing = process("data", "export", "c.yaml", "-o", name, preexec_fn=small_files())
    _, err = writing.communicate(timeout=60)
    assert writing.returncode == 1
    assert err.startswith(f"Error: {name}: cannot be written")
    assert {*tmp_path.iterdir()} == before


def test_data_that_cannot_be_read_is_one_line(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(SORTED, encoding="utf-8")
    done = nncli("data", "export", "c.yaml", "-o", "out.csv")
    assert done.code == 1
    assert "x.npy" in done.error
    assert not Path("out.csv").exists()
