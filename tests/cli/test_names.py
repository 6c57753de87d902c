"""Unnamed columns: the row index that pandas and R write is left out of every table."""

import csv
import io
import re

import pytest

import nncli as api
from nncli.base.words import yaml_key
from nncli.model.model_file import read_model

TRAINING = "model: {hidden_layers: [3]}\ntraining: {epochs: 2}\n"
NOTE = (
    "{}: column {}: left out; a column without a name{} is usually a row index; to use it, name "
    "it, or set data.columns: {{{}: number}}"
)


def rows_of(index=None):
    """Return rows of two inputs and a class, preceded by another column."""
    rows = [
        (f"{n % 7}", "red" if n % 3 else "blue", "old" if n % 2 else "young") for n in range(40)
    ]
    header = ("a", "b", "kind")
    if index is None:
        return [header, *rows]
    return [(index, *header), *((f"{n}", *row) for n, row in enumerate(rows))]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a table with an index column in a file format."""

    def do(name, index=None):
        rows = rows_of(index)
        if name.endswith(".csv"):
            stream = io.StringIO()
            csv.writer(stream).writerows(rows)
            (tmp_path / name).write_text(stream.getvalue(), encoding="utf-8")
        else:
            parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
            from pyarrow import table

            columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
            numbers = {
                each: list(map(int, columns[each])) for each in columns if each not in "bkind"
            }
            parquet.write_table(table({**columns, **numbers}), tmp_path / name)
        return name

    return do


@pytest.fixture
def config(tmp_path):
    """Return a function that writes a config for a table."""

    def do(data, keys=""):
        text = f"data: {{path: {data}, target: kind{keys}}}\n{TRAINING}"
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        return "c.yaml"

    return do


def inputs_of(run):
    return read_model(run).preprocessing.columns


WITHOUT = ["a", "b=blue", "b=red"]


@pytest.mark.parametrize("index", ["", "Unnamed: 0", "__index_level_0__"])
@pytest.mark.parametrize("file", ["t.csv", "t.parquet"])
def test_the_row_index_is_not_an_input_and_is_reported_once(
    nncli, write, config, tmp_path, file, index
):
    of_pandas = f" (pandas calls it {index!r})" if index else ""
    called = repr(index) if index else 1
    note = "Warning: " + NOTE.format(write(file, index), called, of_pandas, yaml_key(index))
    trained = nncli("train", config(file), "-o", "run")
    assert trained.err.splitlines().count(note) == 1
    assert trained.err.count(f"column {index!r}" if index else "column 1") == 1
    assert inputs_of(tmp_path / "run") == WITHOUT
    tried = nncli("train", "c.yaml", "--dry-run")
    assert (tried.code, tried.err.splitlines()) == (0, [note])
    assert nncli("data", "show", "c.yaml").err.splitlines() == [note]
    kind = "csv" if file == "t.csv" else "parquet"
    begun = nncli("init", kind, "--data", file, "--target", "kind", "-o", "i.yaml")
    assert (begun.code, begun.err.splitlines()) == (0, [note])
    assert nncli("train", "-q", "i.yaml", "-o", "of-init").code == 0
    assert inputs_of(tmp_path / "of-init") == WITHOUT


@pytest.mark.parametrize(("trained_on", "used"), [("", None), (None, ""), ("Unnamed: 0", "")])
def test_a_model_accepts_files_with_and_without_the_row_index(
    nncli, write, config, trained_on, used
):
    write("t.csv", trained_on)
    assert nncli("train", "-q", config("t.csv"), "-o", "run").code == 0
    own = nncli("predict", "run", "t.csv").out
    write("new.csv", used)
    write("new.parquet", used)
    for file in ("new.csv", "new.parquet"):
        assert nncli("predict", "run", file).out == own
        found = nncli("eval", "run", "--data", file)
        assert (found.code, found.err) == (0, "")


@pytest.mark.parametrize("form", ["pandas", "polars", "dicts"])
def test_rows_in_memory_are_the_same(write, config, tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    write("t.csv", "Unnamed: 0")
    with pytest.warns(api.NncliWarning, match="column 'Unnamed: 0': left out; a"):
        expected = api.train(config("t.csv"))
    header, *rows = rows_of("Unnamed: 0")
    given = [{**dict(zip(header, row, strict=True)), "a": int(row[1])} for row in rows]
    if form != "dicts":
        given = pytest.importorskip(form, reason=f"{form} is not installed").DataFrame(given)
    with pytest.warns(api.NncliWarning, match="^data: column 'Unnamed: 0': left out; a"):
        found = api.train(config("t.csv"), data=given)
    assert found.model.preprocessing == expected.model.preprocessing
    assert found.metrics == expected.metrics


@pytest.mark.parametrize("index", ["", "Unnamed: 0"])
def test_a_config_can_use_the_row_index(nncli, write, config, tmp_path, index):
    write("t.csv", index)
    chosen = nncli("train", "-q", config("t.csv", f", columns: {{'{index}': number}}"), "-o", "one")
    assert (chosen.code, chosen.err) == (0, "")
    assert inputs_of(tmp_path / "one") == [index, *WITHOUT]
    assert nncli("predict", "one", "t.csv").code == 0
    named = nncli("train", "-q", config("t.csv", f", id: '{index}'"), "-o", "two")
    assert (named.code, named.err) == (0, "")
    assert inputs_of(tmp_path / "two") == WITHOUT
    first, second, *_ = nncli("predict", "two", "t.csv").out.splitlines()
    assert (first, second.rpartition(",")[0]) == (f"row,{index},prediction", "0,0")
    beside = nncli("predict", "one", "t.csv", "--id", index).out
    assert beside.startswith(f"row,{index},prediction\n0,0,")
    dropped = nncli("train", "-q", config("t.csv", f", drop: ['{index}']"), "-o", "three")
    assert (dropped.code, dropped.err) == (0, "")


def test_a_target_may_have_the_name_of_a_row_index(nncli, write, tmp_path):
    write("t.csv", "Unnamed: 0")
    (tmp_path / "c.yaml").write_text(
        f"data: {{path: t.csv, target: 'Unnamed: 0'}}\n{TRAINING}", encoding="utf-8"
    )
    done = nncli("train", "-q", "c.yaml", "-o", "run")
    assert (done.code, done.err) == (0, "")
    assert read_model(tmp_path / "run").targets == ["Unnamed: 0"]


def test_a_comma_at_the_end_of_every_line_is_not_an_input(nncli, config, tmp_path):
    lines = [",".join((*row, "")) for row in rows_of("")]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = nncli("train", "-q", config("t.csv"), "-o", "run")
    assert done.err.startswith("Warning: t.csv: column 1, column 5: left out; a")
    assert inputs_of(tmp_path / "run") == WITHOUT


def test_rows_for_a_model_of_unnamed_columns_lose_the_row_index(nncli, sorted_arrays, tmp_path):
    assert nncli("train", "-q", sorted_arrays, "-o", "run").code == 0
    (tmp_path / "named.csv").write_text("a,b,c,d\n1,2,3,4\n", encoding="utf-8")
    (tmp_path / "index.csv").write_text(",a,b,c,d\n0,1,2,3,4\n", encoding="utf-8")
    (tmp_path / "few.csv").write_text(",a,b,c\n0,1,2,3\n", encoding="utf-8")
    expected, found = (nncli("predict", "run", f"{each}.csv") for each in ("named", "index"))
    assert found.out == expected.out
    assert found.err.endswith("Warning: " + NOTE.format("index.csv", 1, "", '""') + "\n")
    assert nncli("predict", "run", "few.csv").error.startswith("Error: few.csv: has 4 columns and")


def test_a_column_without_a_name_is_used_as_the_warning_says(nncli, tmp_path):
    lines = [f"{n % 7},{n * n},{n % 2}" for n in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["a,,y", *lines]), encoding="utf-8")
    base = ("init", "table", "--data", "t.csv", "--target", "y", "-o")
    warning = nncli(*base, "left_out.yaml").err
    setting = re.search(r"set (data.columns): (\{.*\})", warning)
    assert nncli(*base, "used.yaml", "=".join(setting.groups())).err == ""
    assert nncli("train", "used.yaml", "-q", "-o", "run").code == 0
    assert read_model(tmp_path / "run").preprocessing.columns == ["a", ""]


def test_a_table_with_only_a_row_index_is_refused(nncli, config, tmp_path):
    lines = [",kind", *(f"{n},{'pq'[n % 2]}" for n in range(20))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    refusal = nncli("train", config("t.csv")).error
    assert refusal == "Error: t.csv: has no input column, only 'kind'"
