"""Files that are no configs are named for what they are, with a way to use them."""

import gzip
import json

import numpy as np
import pytest

CSV = "a,b,y\n1,2,3\n4,5,6\n"
INIT = "write a config for it: nncli init table --data {} --target COLUMN"
TABLES = {
    "rentals.csv": CSV.encode(),
    "one.csv": b"y\n1\n2\n",
    "cp1252.csv": "größe;y\n1;2\n".encode("cp1252"),
    "utf16.csv": CSV.encode("utf-16"),
    "t.tsv": b"a\ty\n1\t2\n",
    "t.txt": b"a;y\n1;2\n",
    "noname": CSV.encode(),
    "my rows.csv": CSV.encode(),
    "rows.jsonl": b'{"a": 1, "y": 2}\n{"a": 3, "y": 4}\n',
    "rows.log": b'{"a": 1, "y": 2}\n{"a": 3, "y": 4}\n',
    "rows.json": b'[{"a": 1, "y": 2}, {"a": 3, "y": 4}]',
    "dump": b'[{"a": 1, "y": 2}]',
}
COMMANDS = [("train",), ("show",), ("config", "check"), ("config", "show"), ("data", "show")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_no_config(nncli, tmp_path, command, name):
    (tmp_path / name).write_bytes(TABLES[name])
    result = nncli(*command, name)
    word = f"'{name}'" if " " in name else name
    assert result.code == 2
    assert result.error == f"{name}: is a table, not a config; {INIT.format(word)}"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("t.parquet", b"PAR1....", "a table (a Parquet file)"),
        ("t.db", b"SQLite format 3\0", "a table (an SQLite database)"),
        ("t.csv.gz", gzip.compress(CSV.encode(), mtime=0), "gzip data"),
    ],
)
def test_a_binary_table_is_no_config(nncli, tmp_path, name, content, what):
    (tmp_path / name).write_bytes(content)
    result = nncli("train", name)
    assert (result.code, result.error) == (
        2,
        f"{name}: is {what}, not a config; {INIT.format(name)}",
    )


def test_arrays_are_no_config(nncli, tmp_path):
    np.savez(tmp_path / "a.npz", X=np.eye(2))
    np.save(tmp_path / "a.npy", np.eye(2))
    assert nncli("train", "a.npz").error == (
        "a.npz: is an archive of arrays, not a config; write a config with data: {path: FILE}"
    )
    assert nncli("train", "a.npy").error == (
        "a.npy: is a NumPy array, not a config; write a config with data: {inputs: FILE, targets: "
        "FILE}"
    )


def test_a_model_is_no_config(nncli, xor_config):
    assert nncli("train", xor_config, "-q", "-o", "run").code == 0
    assert nncli("train", "run/weights.npz").error == (
        "run/weights.npz: is a model file, not a config; use the config of its run: run/config.yaml"
    )


@pytest.mark.parametrize("content", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"<html>", b"\x80\x04K"])
def test_any_other_kind_of_file_is_named(nncli, tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    result = nncli("train", "x")
    assert result.code == 2
    assert result.error.startswith("x: is a")
    assert ", not a config; " in result.error
    assert "nncli init" in result.error


@pytest.mark.parametrize("layout", [{}, {"indent": 2}])
@pytest.mark.parametrize("name", ["c.json", "c.yaml", "c"])
def test_a_config_in_json_stays_a_config(nncli, tmp_path, layout, name):
    values = {"data": {"source": "xor", "rows": 20}, "model": {"hidden_layers": [4, 4]}}
    (tmp_path / name).write_text(json.dumps(values, **layout), "utf-8")
    assert nncli("config", "check", name).code == 0


@pytest.mark.parametrize(
    "text", ["# a, b\ndata: xor\n", "{data: xor,\n name: a}\n", "---\ndata: xor\n", "data: {\n}\n"]
)
def test_a_config_in_any_layout_is_not_taken_for_a_table(nncli, tmp_path, text):
    (tmp_path / "c.yaml").write_text(text, "utf-8")
    assert "not a config" not in nncli("config", "check", "c.yaml").err


def test_a_long_value_keeps_its_closing_quotation_mark(nncli, tmp_path):
    (tmp_path / "c.yaml").write_text(f"data: xor\nseed: {'x' * 100}\n", "utf-8")
    assert nncli("config", "check", "c.yaml").error == (
        f'c.yaml:2:7: seed: found "{"x" * 55}..."; expected an integer'
    )
